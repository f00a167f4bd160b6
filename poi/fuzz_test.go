package poi_test

import (
	"bytes"
	"testing"

	"kassa"
	"kassa/poi"
	"kassa/poilink"
)

// FuzzFrames throws whole conversations at a machine. Whatever comes, it must live, answer within
// bounds, number what it sends without gaps, and let no clear card number through.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		`{"t":"ping"}`,
		`{"t":"ack","ack":18446744073709551615}`,
		`{"t":"progress","seq":1,"progress":{"exchange":"A1","screen":"pin"}}` + "\n" + `{"t":"progress","seq":1,"progress":{"exchange":"A1","screen":"pin"}}`,
		`{"t":"nexo","seq":18446744073709551615,"nexo":{"MessageHeader":{"MessageCategory":"Payment"}}}`,
		`{"t":"activate","activate":{"code":"7K3M9QXP"}}` + "\n" + `{"t":"bye","bye":{"reason":"restart"}}`,
		`{"t":"authorisationRequest","seq":2,"authorisationRequest":{"exchange":"A1","request":1,"entry":"chip","card":{"bin":"476173","last4":"0004","cvm":"none","label":"4761739000000004"},"sealed":"AA==","ksn":"001122330000000100000001"}}`,
		`{"t":"injectKeys","injectKeys":{"ephemeral":"","nonce":"","signature":""}}`,
		`{"t":"completionAdvice","seq":1,"completionAdvice":{"exchange":"A1","request":1,"outcome":"approved","emv":"WgA="}}`,
		`{"t":"welcome","welcome":{}}`, `[]`, `{"t":"nexo","seq":1,"nexo":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDesk(t)
		d.open(1)
		down := uint64(0)
		for i, line := range bytes.Split(data, []byte("\n")) {
			if i > 64 {
				return
			}
			var in poi.Input = poi.Malformed{Link: 1, Text: "frame: malformed"}
			if frame, err := poilink.Decode(line); err == nil {
				in = poi.Arrived{Link: 1, Frame: frame}
			}
			out := d.do(in)
			out = append(out, d.do(poi.Tell{Order: order(int64(i)), Effect: kassa.TellDecision{}})...)
			if len(out) > 4 {
				t.Fatalf("one frame led to %d outputs", len(out))
			}
			for _, frame := range sent(out, 1) {
				if !frame.Type.Sequenced() {
					continue
				}
				if down++; frame.Seq != down {
					t.Fatalf("seq %d after %d", frame.Seq, down-1)
				}
			}
			for _, e := range all[poi.ToEngine](out) {
				if a, ok := e.Input.(kassa.Authorise); ok && bytes.Contains([]byte(a.Card.Label), []byte("4761739000000004")) {
					t.Fatal("a card number went through")
				}
			}
		}
	})
}
