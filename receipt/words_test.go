package receipt

import (
	"maps"
	"slices"
	"testing"
)

// TestEveryLanguageIsWhole: the receipts of one language have no word less than those of another.
func TestEveryLanguageIsWhole(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(words)), slices.Sorted(slices.Values(Languages())); !slices.Equal(got, want) {
		t.Errorf("words in %v, languages %v", got, want)
	}
	for _, lang := range Languages() {
		for id := range words["en"] {
			if words[lang][id] == "" {
				t.Errorf("%s has no word for %s", lang, id)
			}
		}
		if len(words[lang]) != len(words["en"]) {
			t.Errorf("%s has %d words, English %d", lang, len(words[lang]), len(words["en"]))
		}
	}
}
