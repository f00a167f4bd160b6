package poi_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"kassa"
	"kassa/poi"
	"kassa/poilink"

	"github.com/google/go-cmp/cmp"
)

func TestARequestReachesTheEngineWhole(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	r := request("A1", 2)
	r.FollowUpOf, r.PIN, r.Card.CVM = 1, make([]byte, 16), poilink.CVMOnlinePIN
	out := all[poi.ToEngine](d.frame(1, poilink.Frame{Type: poilink.TypeAuthorisationRequest, Seq: 1, AuthorisationRequest: r}))
	want := []poi.ToEngine{{Seq: 1, TID: tid, Order: "A1", Input: kassa.Authorise{
		Request: 2, FollowUpOf: 1, Entry: kassa.Contactless,
		Card: kassa.CardFacts{
			BIN: "476173", Last4: "0004", Brand: "VISA", AID: "A0000000031010", Label: "VISA DEBIT", Expiry: "3112", PSN: "00",
			CVM: kassa.CVMOnlinePIN, SingleTap: true,
		},
		Sealed: kassa.SealedCard{KSN: r.KSN, Track2: r.Sealed, PIN: r.PIN, EMV: r.EMV},
	}}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("the engine hears (-want +got):\n%s", diff)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRequestsThatAreRefused(t *testing.T) {
	const pan = "4761739000000004"
	for name, change := range map[string]func(*poilink.AuthorisationRequest){
		"no exchange":           func(r *poilink.AuthorisationRequest) { r.Exchange = "" },
		"long exchange":         func(r *poilink.AuthorisationRequest) { r.Exchange = "ABCDEFGHIJK" },
		"request 0":             func(r *poilink.AuthorisationRequest) { r.Request = 0 },
		"request too high":      func(r *poilink.AuthorisationRequest) { r.Request = 1001 },
		"follows itself":        func(r *poilink.AuthorisationRequest) { r.FollowUpOf = r.Request },
		"entry":                 func(r *poilink.AuthorisationRequest) { r.Entry = "manual" },
		"BIN of 8":              func(r *poilink.AuthorisationRequest) { r.Card.BIN = pan[:8] },
		"whole number as BIN":   func(r *poilink.AuthorisationRequest) { r.Card.BIN = pan },
		"last 6":                func(r *poilink.AuthorisationRequest) { r.Card.Last4 = pan[10:] },
		"cvm":                   func(r *poilink.AuthorisationRequest) { r.Card.CVM = "yes" },
		"expiry":                func(r *poilink.AuthorisationRequest) { r.Card.Expiry = "12/31" },
		"psn":                   func(r *poilink.AuthorisationRequest) { r.Card.PSN = "0000" },
		"brand":                 func(r *poilink.AuthorisationRequest) { r.Card.Brand = "Visa 4" },
		"aid":                   func(r *poilink.AuthorisationRequest) { r.Card.AID = "XYZ" },
		"label too long":        func(r *poilink.AuthorisationRequest) { r.Card.Label = strings.Repeat("x", 33) },
		"label with escapes":    func(r *poilink.AuthorisationRequest) { r.Card.Label = "\x1b[2J" },
		"number in the label":   func(r *poilink.AuthorisationRequest) { r.Card.Label = "CARD " + pan },
		"number in the AID":     func(r *poilink.AuthorisationRequest) { r.Card.AID = "A0" + pan },
		"ksn":                   func(r *poilink.AuthorisationRequest) { r.KSN = r.KSN[:22] },
		"ksn in lower case":     func(r *poilink.AuthorisationRequest) { r.KSN = "00112233000000010000000a" },
		"nothing sealed":        func(r *poilink.AuthorisationRequest) { r.Sealed = nil },
		"too much sealed":       func(r *poilink.AuthorisationRequest) { r.Sealed = make([]byte, 257) },
		"pin of 4 digits":       func(r *poilink.AuthorisationRequest) { r.PIN = []byte("1234") },
		"emv too long":          func(r *poilink.AuthorisationRequest) { r.EMV = make([]byte, 1025) },
		"emv cut":               func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x9F, 0x02, 0x06, 0} },
		"emv tag cut":           func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x9F} },
		"emv length cut":        func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x82, 0x81} },
		"tag 57":                func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x57, 1, 0} },
		"tag 5A":                func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x82, 2, 0, 0, 0x5A, 0x81, 1, 0} },
		"tag 5F20":              func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x5F, 0x20, 0x82, 0, 1, 'X'} },
		"number in another tag": func(r *poilink.AuthorisationRequest) { r.EMV = append([]byte{0x9F, 0x7C, 8}, unhex(t, pan)...) },
		"number as text in emv": func(r *poilink.AuthorisationRequest) { r.EMV = append([]byte{0x9F, 0x7C, 16}, pan...) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1)
			r := request("A1", 2)
			change(r)
			out := d.frame(1, poilink.Frame{Type: poilink.TypeAuthorisationRequest, Seq: 1, AuthorisationRequest: r})
			no := refusal(t, out, 1)
			if no.Code != poilink.RefusedBadFrame || len(all[poi.ToEngine](out)) != 0 || len(all[poi.Close](out)) != 1 {
				t.Errorf("refused %q: %+v", no.Code, out)
			}
			if strings.Contains(no.Text, pan) {
				t.Error("the refusal holds the card number")
			}
			// It does not come again for ever.
			if w := only(t, sent(d.hello(2, nil), 2), welcomeOf); w == nil || w.Received != 1 {
				t.Errorf("welcome after it: %+v", w)
			}
		})
	}
}

func TestRealEMVIsTaken(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	r := request("A1", 1)
	r.EMV = unhex(t, "9F2608A1B2C3D4E5F607089F2701809F100706011203A000009F3704DEADBEEF9F36020001950500000080009A032611219C01009F02060000000012505F2A020978820220009F1A0205289F03060000000000009F34031F03028407A0000000031010")
	if out := all[poi.ToEngine](d.frame(1, poilink.Frame{Type: poilink.TypeAuthorisationRequest, Seq: 1, AuthorisationRequest: r})); len(out) != 1 {
		t.Error("refused")
	}
}
