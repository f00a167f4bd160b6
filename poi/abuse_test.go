package poi_test

import (
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/poi"
	"kassa/poilink"
)

func progressFrame(seq, ack uint64) poilink.Frame {
	return poilink.Frame{Type: poilink.TypeProgress, Seq: seq, Ack: ack,
		Progress: &poilink.Progress{Exchange: "HR60J2F2O0", Screen: poilink.ScreenPIN}}
}

func TestAFrameThatTheEngineCouldNotStoreIsGivenAgain(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.hold = true // the store has an error, and says nothing of the frame
	d.frame(1, progressFrame(1, 0))
	d.now = d.now.Add(20 * time.Second)
	d.frame(1, poilink.Frame{Type: poilink.TypePing})
	due, ok := d.m.NextDue()
	if !ok || due.After(noon.Add(22*time.Second)) {
		t.Fatalf("next look at %v, %v", due, ok)
	}
	d.now = due
	if out := d.do(poi.Tick{}); len(all[poi.Close](out)) != 1 {
		t.Fatalf("a link on which nothing becomes durable goes on: %+v", out)
	}
	d.do(poi.Lost{Link: 1})
	w := only(t, sent(d.hello(2, nil), 2), func(f poilink.Frame) *poilink.Welcome { return f.Welcome })
	if w == nil || w.Received != 0 {
		t.Fatalf("welcome %+v", w)
	}
	d.hold = false
	out := d.frame(2, progressFrame(1, 0))
	if len(all[poi.ToEngine](out)) != 1 {
		t.Fatalf("the repeat does not reach the engine: %+v", out)
	}
	if acks := sent(out, 2); len(acks) != 1 || acks[0].Ack != 1 {
		t.Errorf("acknowledgement %+v", acks)
	}
}

func TestADeviceThatIsFasterThanTheDiskIsCut(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.hold = true
	given := 0
	for seq := uint64(1); seq < 5000; seq++ {
		given += len(all[poi.ToEngine](d.frame(1, progressFrame(seq, 0))))
	}
	if given > 1000 {
		t.Errorf("%d inputs of one terminal wait for the disk", given)
	}
	if d.m.Online() {
		t.Error("the link goes on")
	}
	d.do(poi.Lost{Link: 1})
	d.open(2)
	d.hold = false
	if out := d.frame(2, progressFrame(1, 0)); len(all[poi.ToEngine](out)) != 1 {
		t.Errorf("it cannot go on: %+v", out)
	}
}

func TestAReplacedLinkAcknowledgesNothing(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.do(poi.Tell{Order: order(1), Effect: kassa.Offer{}})
	d.open(2) // it has received nothing: the request goes down again, as number 1
	d.frame(1, poilink.Frame{Type: poilink.TypePing, Ack: 1})
	d.do(poi.Lost{Link: 2})
	if frames := sent(d.hello(3, nil), 3); only(t, frames, func(f poilink.Frame) *poilink.Frame {
		if f.Type == poilink.TypeNexo {
			return &f
		}
		return nil
	}) == nil {
		t.Errorf("a number of the old link took the request back: %+v", frames)
	}
}

// A frame without its body fails to be read before it is looked at; it too must not come for ever.
func TestAFrameThatCannotBeReadCountsAsTakenOver(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.frame(1, progressFrame(1, 0))
	_, err := poilink.Decode([]byte(`{"t":"progress","seq":2}`))
	if err == nil {
		t.Fatal("it can be read")
	}
	seq := poilink.SeqOf([]byte(`{"t":"progress","seq":2}`))
	if r := refusal(t, d.do(poi.Malformed{Link: 1, Text: err.Error(), Seq: seq}), 1); r.Code != poilink.RefusedBadFrame {
		t.Errorf("refusal %+v", r)
	}
	d.do(poi.Lost{Link: 1})
	w := only(t, sent(d.hello(2, nil), 2), func(f poilink.Frame) *poilink.Welcome { return f.Welcome })
	if w == nil || w.Received != 2 {
		t.Fatalf("welcome %+v", w)
	}
	// A number that skips one, or is long over, takes nothing over.
	for _, seq := range []uint64{0, 1, 9} {
		d.do(poi.Malformed{Link: 2, Text: "x", Seq: seq})
		d.do(poi.Lost{Link: 2})
		w := only(t, sent(d.hello(2, nil), 2), func(f poilink.Frame) *poilink.Welcome { return f.Welcome })
		if w == nil || w.Received != 2 {
			t.Fatalf("seq %d: welcome %+v", seq, w)
		}
	}
}

func TestWhatIsNotedOfALinkHoldsNoTextOfTheDevice(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.frame(1, poilink.Frame{Type: poilink.TypeBye, Bye: &poilink.Bye{Reason: "4761739000000004" + strings.Repeat("x", 60_000)}})
	down := all[poi.Down](d.do(poi.Lost{Link: 1}))
	if len(down) != 1 || strings.Contains(down[0].Reason, "4761") || len(d.m.Presence().Reason) > 100 {
		t.Errorf("noted %d bytes: %.60s", len(down[0].Reason), down[0].Reason)
	}
	out := d.hello(2, func(h *poilink.Hello) { h.Software = "card 4761 7390 0000 0004" })
	if r := refusal(t, out, 2); r.Code != poilink.RefusedBadFrame {
		t.Errorf("a card number as the software: %+v", r)
	}
	for link, software := range []string{3: "terminal 20261121120005", 4: "v1.2.3 build 700000000003"} {
		if software == "" {
			continue
		}
		out := d.hello(poi.LinkID(link), func(h *poilink.Hello) { h.Software = software })
		if r := refusal(t, out, poi.LinkID(link)); r.Code != "" {
			t.Errorf("software %q: %+v", software, r)
		}
	}
}

func TestAClearNumberIsFoundWhateverTheCardSaysOfItself(t *testing.T) {
	d := newDesk(t)
	for name, change := range map[string]func(*poilink.AuthorisationRequest){
		"in the label":  func(r *poilink.AuthorisationRequest) { r.Card.BIN, r.Card.Label = "400000", "4761739000000004" },
		"in a template": func(r *poilink.AuthorisationRequest) { r.EMV = []byte{0x70, 0x04, 0x5F, 0x20, 0x01, 'A'} },
		"deep in templates": func(r *poilink.AuthorisationRequest) {
			r.EMV = []byte{0x77, 0x08, 0x70, 0x06, 0x82, 0x01, 0x00, 0x5A, 0x01, 0x00}
		},
	} {
		d.restart()
		d.open(1)
		r := request("HR60J2F2O0", 1)
		change(r)
		out := d.frame(1, poilink.Frame{Type: poilink.TypeAuthorisationRequest, Seq: 1, AuthorisationRequest: r})
		if len(all[poi.ToEngine](out)) != 0 || refusal(t, out, 1).Code != poilink.RefusedBadFrame {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestActivationIsAskedForAFewTimesAMinute(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	asked := 0
	for range 1000 {
		asked += len(all[poi.DecideActivation](d.frame(1, poilink.Frame{Type: poilink.TypeActivate, Activate: &poilink.Activate{Code: "22222222"}})))
	}
	if asked == 0 || asked > 20 {
		t.Errorf("%d decisions, each of which is written down", asked)
	}
	d.now = d.now.Add(61 * time.Second)
	d.open(2)
	if out := d.frame(2, poilink.Frame{Type: poilink.TypeActivate, Activate: &poilink.Activate{Code: "22222222"}}); len(all[poi.DecideActivation](out)) != 1 {
		t.Errorf("a minute later: %+v", out)
	}
}
