package native

// Causes are the causes of all problems that have one.
func Causes() map[string]string {
	list := make(map[string]string)
	for _, t := range troubles() {
		if cause := causeOf(t.code); cause != "" {
			list[t.code] = cause
		}
	}
	return list
}
