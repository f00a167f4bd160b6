// Package words is what a virtual terminal says in each of its languages. A text is named by its
// English, so that the code that shows it can be read; what the cloud says is not translated.
package words

import (
	"fmt"
	"maps"
	"slices"
)

// English is the language of a new terminal.
const English = "en"

// Languages lists the codes (ISO 639-1), the first being English.
func Languages() []string { return []string{English, "nl", "fr", "it", "es"} }

// Say gives a text in a language, with its arguments put in as fmt.Sprintf does.
func Say(language, text string, args ...any) string {
	if t, ok := table(language)[text]; ok {
		text = t
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Texts lists all that has a translation in a language.
func Texts(language string) []string { return slices.Sorted(maps.Keys(table(language))) }

func table(language string) map[string]string {
	switch language {
	case "nl":
		return dutch
	case "fr":
		return french
	case "it":
		return italian
	case "es":
		return spanish
	}
	return nil
}
