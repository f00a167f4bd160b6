package help

import "kassa/doctor"

// Words are the texts of the pages.
func Words() map[string]doctor.Text { return words() }
