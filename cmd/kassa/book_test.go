package main

import "testing"

// TestTheBookIsWhole: the rules of all groups go together, and what one explains is there.
func TestTheBookIsWhole(t *testing.T) {
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	observable := 0
	for _, r := range b.Rules() {
		if !r.Guided() {
			observable++
		}
		for _, code := range r.Explains {
			if _, ok := b.Rule(code); !ok {
				t.Errorf("%s explains %s, which is no rule", r.Code, code)
			}
		}
	}
	const least = 40
	if observable < least {
		t.Errorf("%d causes can be observed, of %d", observable, least)
	}
}
