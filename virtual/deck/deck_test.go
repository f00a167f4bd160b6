package deck_test

import (
	"strings"
	"testing"

	"kassa/card"
	"kassa/virtual/deck"
)

func TestNumbersAreThePublishedOnes(t *testing.T) {
	for asked, want := range map[string]string{
		"visa":           "4761739000000004",
		"visa:051":       "4761739000000517",
		"visa:055":       "4761739000000558",
		"visa:070":       "4761739000000707",
		"visa:100":       "4761739000001002",
		"mastercard":     "5413339000000002",
		"mastercard:065": "5413339000000655",
		"mastercard:101": "5413339000001018",
		"maestro":        "6799999000000005",
		"vpay":           "4013259000000009",
		"bancontact":     "6703449000000006",
	} {
		c, err := deck.Parse(asked)
		if err != nil {
			t.Errorf("Parse(%q): %v", asked, err)
			continue
		}
		if c.PAN.Reveal() != want {
			t.Errorf("Parse(%q): another number, ends in %s", asked, c.PAN.Last4())
		}
		again, err := deck.Parse(want)
		if err != nil || again.ID() != c.ID() {
			t.Errorf("by its number %s is %s, %v", c.ID(), again.ID(), err)
		}
	}
}

func TestEveryCardIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range deck.All() {
		id := c.ID()
		if seen[id] {
			t.Errorf("%s occurs twice", id)
		}
		seen[id] = true
		if !deck.IsTest(c.PAN) || card.BrandOf(c.PAN) != c.Brand {
			t.Errorf("%s: not a test number of its brand", id)
		}
		if c.PIN.Reveal() != "1234" || (c.Expiry != "3112") != (c.Row == 54) || c.PSN != "00" || c.ServiceCode != "201" {
			t.Errorf("%s: not personalised like the others", id)
		}
		if c.AID == "" || c.Label == "" || len(c.IssuerApplication) == 0 || !c.Track2().PAN().Equal(c.PAN) {
			t.Errorf("%s: incomplete", id)
		}
		clone := !c.MasterKey.Equal(deck.IssuerMasterKey())
		if clone != (c.Row == 82) {
			t.Errorf("%s: cloned = %t", id, clone)
		}
	}
	if len(seen) < 200 {
		t.Errorf("%d cards", len(seen))
	}
}

func TestWhatIsNotThereIsExplained(t *testing.T) {
	for asked, want := range map[string]string{
		"":                 "there are visa, mastercard, maestro, vpay, bancontact",
		"viza":             "did you mean visa?",
		"mc":               "did you mean mastercard?",
		"mastercrad:065":   "did you mean mastercard?",
		"banco":            "there are visa",
		"visa:059":         "visa has 000, 001, 003, 005, 010,",
		"visa:065":         "did you mean mastercard:065?",
		"visa:":            "not a row",
		"visa:abc":         "not a row",
		"visa:-01":         "not a row",
		"4761739000000005": "check digit",
		"5555555555554444": "not in the deck",
		"476173900000000":  "not in the deck",
		"4761739000000590": "no row 059",
	} {
		_, err := deck.Parse(asked)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want it to say %q", asked, err, want)
		}
	}
}

func TestErrorsNeverRepeatANumber(t *testing.T) {
	for _, asked := range []string{"5555555555554444", "5555 5555 5555 4444", "visa:5555555555554444", "x5555555555554444", "4761739000000005"} {
		_, err := deck.Parse(asked)
		if err == nil {
			t.Errorf("%q was found", asked)
			continue
		}
		if strings.Contains(err.Error(), "555555555555") || strings.Contains(err.Error(), "476173900000") {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
}

func TestIsTest(t *testing.T) {
	for number, want := range map[string]bool{"4761739000000582": true, "4111111111111111": false, "5555555555554444": false} {
		pan, err := card.ParsePAN(number)
		if err != nil {
			t.Fatal(err)
		}
		if deck.IsTest(pan) != want {
			t.Errorf("%s: %t", pan.Masked(), !want)
		}
	}
}
