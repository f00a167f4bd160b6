package hsm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kassa/card"
	"kassa/hsm"
	"kassa/iso8583"
)

func TestEnteredCards(t *testing.T) {
	m := open(t)
	pan, err := card.ParsePAN(visa)
	if err != nil {
		t.Fatal(err)
	}
	aad := []byte("multisafepay/100/order-1")
	for _, code := range []string{"123", "1234", ""} {
		sealed, err := m.SealEntered(aad, hsm.EnteredCard{PAN: pan, Expiry: "3112", Code: code})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(sealed), visa) {
			t.Error("the number is there to read")
		}
		msg := sale()
		if err := m.CompleteEntered(msg, aad, sealed); err != nil {
			t.Fatal(err)
		}
		if msg.Get(2) != visa || msg.Get(14) != "3112" || msg.Get(126) != code {
			t.Error("another card")
		}
		if _, err := iso8583.Kassa87().Pack(msg); err != nil {
			t.Errorf("does not pack: %v", err)
		}
		if text := fmt.Sprint(msg); strings.Contains(text, visa) || strings.Contains(text, "3112") || code != "" && strings.Contains(text, "DE126="+code) {
			t.Errorf("a log would show %s", text)
		}
		for name, c := range map[string]struct{ aad, sealed []byte }{
			"another order": {[]byte("multisafepay/100/order-2"), sealed},
			"a flipped bit": {aad, append(append([]byte{}, sealed[:20]...), append([]byte{sealed[20] ^ 1}, sealed[21:]...)...)},
			"nothing":       {aad, nil},
		} {
			msg := sale()
			if err := m.CompleteEntered(msg, c.aad, c.sealed); !errors.Is(err, hsm.ErrSealed) || msg.Has(2) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := open(t).CompleteEntered(sale(), aad, sealed); !errors.Is(err, hsm.ErrSealed) {
			t.Errorf("another module: %v", err)
		}
		if secret, err := m.OpenSecret(string(aad), sealed); err == nil {
			t.Errorf("the key of secrets opens it: %d bytes", len(secret))
		}
	}
	for _, in := range []hsm.EnteredCard{
		{Expiry: "3112"}, {PAN: pan}, {PAN: pan, Expiry: "311"}, {PAN: pan, Expiry: "3113"}, {PAN: pan, Expiry: "3100"},
		{PAN: pan, Expiry: "31a2"}, {PAN: pan, Expiry: "3112", Code: "12"}, {PAN: pan, Expiry: "3112", Code: "12345"},
		{PAN: pan, Expiry: "3112", Code: "1|3"},
	} {
		if _, err := m.SealEntered(aad, in); !errors.Is(err, hsm.ErrEntered) {
			t.Errorf("expiry %q, code of %d characters: %v", in.Expiry, len(in.Code), err)
		}
	}
}
