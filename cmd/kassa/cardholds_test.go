package main

import (
	"testing"
	"time"

	"kassa"
)

// TestACardHasSoManyHoldsAnHour: the same order again is the same hold, another account's are others, and an hour later
// there is room again.
func TestACardHasSoManyHoldsAnHour(t *testing.T) {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	h := &cardHolds{most: 3, of: map[string][]asked{}}
	one, two := kassa.CardFacts{BIN: "476173", Last4: "0004"}, kassa.CardFacts{BIN: "476173", Last4: "0012"}
	for i, c := range []struct {
		account, order string
		card           kassa.CardFacts
		after          time.Duration
		want           bool
	}{
		{"1", "A", one, 0, true}, {"1", "B", one, time.Minute, true}, {"1", "B", one, time.Minute, true}, {"1", "C", one, time.Minute, true},
		{"1", "D", one, time.Minute, false}, {"1", "C", one, time.Minute, true}, {"1", "E", two, time.Minute, true}, {"2", "F", one, time.Minute, true},
		{"1", "G", kassa.CardFacts{}, time.Minute, true}, {"1", "H", one, 59 * time.Minute, false}, {"1", "I", one, time.Hour, true},
	} {
		if got := h.take(c.account, c.order, c.card, now.Add(c.after)); got != c.want {
			t.Errorf("%d, order %s: %v", i, c.order, got)
		}
	}
	h.forget(now.Add(3 * time.Hour))
	if len(h.of) != 0 {
		t.Errorf("cards of long ago are kept: %v", h.of)
	}
}

func TestWhoKassaIsOnOCPI(t *testing.T) {
	if country, party, err := partyOf(""); err != nil || country != "NL" || party != "KAS" {
		t.Errorf("%s %s %v", country, party, err)
	}
	if country, party, err := partyOf("DE*8AA"); err != nil || country != "DE" || party != "8AA" {
		t.Errorf("%s %s %v", country, party, err)
	}
	for _, wrong := range []string{"NLKAS", "nl*kas", "NL*KA", "NL*KASS", "NL*K*S"} {
		if _, _, err := partyOf(wrong); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}
