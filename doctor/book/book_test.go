package book_test

import (
	"testing"

	"kassa/doctor"
	"kassa/doctor/book"
)

// TestTheBookIsWhole: the rules of all groups go together, and what one explains is another one.
func TestTheBookIsWhole(t *testing.T) {
	b, err := book.Whole()
	if err != nil {
		t.Fatal(err)
	}
	observable, sources := 0, map[doctor.Source]bool{}
	for _, r := range b.Rules() {
		sources[r.Source] = true
		if !r.Guided() {
			observable++
		}
		for _, code := range r.Explains {
			if _, ok := b.Rule(code); !ok || code == r.Code {
				t.Errorf("%s explains %s, which is no other rule", r.Code, code)
			}
		}
	}
	if observable < 40 || len(sources) != 6 {
		t.Errorf("%d observable rules of %d sources", observable, len(sources))
	}
}
