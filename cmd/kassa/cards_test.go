package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kassa/hsm"
	"kassa/iso8583"
	"kassa/sale/multisafepay"
)

// TestCardsAreSealed: what a customer types in comes out where the acquirer's link opens it, for its own
// order only, and of what is kept for later the verification code does not.
func TestCardsAreSealed(t *testing.T) {
	const number, order, name = "4761739000000004", "multisafepay/107265/d-1", "token/107265/abc"
	secure, err := hsm.Open(t.TempDir(), rand.Reader, hsm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := cardPorts{m: secure}
	entered := multisafepay.EnteredCard{Number: number, Expiry: "3112", Code: "123", Holder: "Zoë"}
	facts, sealed, err := p.Seal(order, entered)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Brand != "VISA" || facts.BIN != "476173" || facts.Last4 != "0004" || facts.Expiry != "3112" {
		t.Errorf("facts %+v", facts)
	}
	kept, err := p.Keep(name, entered)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.SealKept(order, name, kept, "3201")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		sealed []byte
		want   string
	}{"typed in": {sealed, number + " 3112 123"}, "kept": {again, number + " 3201 "}} {
		if strings.Contains(string(c.sealed)+string(kept), number) {
			t.Errorf("%s: the number is there to read", what)
		}
		msg := new(iso8583.Message)
		if err := secure.CompleteEntered(msg, []byte(order+"x"), c.sealed); err == nil {
			t.Errorf("%s: another order opens it", what)
		}
		if err := secure.CompleteEntered(msg, []byte(order), c.sealed); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got := fmt.Sprintf("%s %s %s", msg.Get(2), msg.Get(14), msg.Get(126)); got != c.want {
			t.Errorf("%s: another card than the one typed in", what)
		}
	}
	if _, err := p.SealKept(order, name+"x", kept, "3112"); err == nil {
		t.Error("another token opens the card")
	}
	for _, bad := range []multisafepay.EnteredCard{
		{Number: "4761739000000005", Expiry: "3112", Code: "123"}, {Number: number, Expiry: "3113", Code: "123"},
		{Number: number, Expiry: "3112", Code: "12"}, {Expiry: "3112", Code: "123"}, {Number: number, Expiry: "99", Code: "123"},
	} {
		if _, _, err := p.Seal(order, bad); !errors.Is(err, multisafepay.ErrCard) {
			t.Errorf("what is no card: %v", err)
		}
	}
}
