package host_test

import (
	"fmt"
	"testing"
)

// TestAmountCodes: the last three digits of an amount decide where the request asks for it, for a card
// that would be approved and for no other.
func TestAmountCodes(t *testing.T) {
	for end, rc := range map[int64]string{
		121: "17", 122: "59", 123: "05", 124: "51", 125: "62", 126: "54", 127: "13", 128: "14", 129: "58", 130: "06", 133: "01",
		134: "55", 135: "75", 136: "91", 137: "61", 138: "61", 139: "51", 144: "12", 146: "57", 147: "N7", 148: "62", 151: "59",
		158: "R1", 162: "63", 142: "1A", 143: "1A", 154: "1A", 166: "70", 120: "00", 131: "00", 222: "00",
	} {
		t.Run(fmt.Sprint(end), func(t *testing.T) {
			play(t, []step{
				{use{amount: 4000 + end, amountCodes: true}, rc, false},
				{use{amount: 4000 + end}, "00", false},
				{use{card: "visa:051", amount: 4000 + end, amountCodes: true}, "51", false},
			})
		})
	}
	play(t, []step{
		{use{amount: 4142, amountCodes: true}, "1A", false},
		{use{entry: chip, amount: 4142, pin: "1234", amountCodes: true}, "00", false},
		{use{amount: 166, amountCodes: true}, "70", false},
		{use{amount: 166, pin: "1234", followUp: true, atc: 3, amountCodes: true}, "00", false},
	})
}
