package poi_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/nexo"
	"kassa/poi"
	"kassa/poilink"

	"github.com/google/go-cmp/cmp"
)

func progress(seq uint64, exchange string) poilink.Frame {
	return poilink.Frame{Type: poilink.TypeProgress, Seq: seq, Progress: &poilink.Progress{Exchange: exchange, Screen: poilink.ScreenPresentCard}}
}

func TestAFrameUpIsTakenOverOnce(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	var heard []int
	for _, seq := range []uint64{1, 2, 2, 1, 3} {
		out := d.frame(1, progress(seq, "A1"))
		heard = append(heard, len(all[poi.ToEngine](out)))
		acks := sent(out, 1)
		if len(acks) != 1 || acks[0].Type != poilink.TypeAck || acks[0].Ack < seq {
			t.Errorf("seq %d is answered by %+v", seq, acks)
		}
	}
	if diff := cmp.Diff([]int{1, 1, 0, 0, 1}, heard); diff != "" {
		t.Errorf("inputs to the engine by frame (-want +got):\n%s", diff)
	}
	// The same business again is a new frame: it goes to the engine, which repeats its answer.
	for seq := range uint64(2) {
		out := d.frame(1, poilink.Frame{Type: poilink.TypeAuthorisationRequest, Seq: 4 + seq, AuthorisationRequest: request("A1", 1)})
		if got := all[poi.ToEngine](out); len(got) != 1 || got[0].Order != "A1" {
			t.Errorf("request, time %d: %+v", seq+1, out)
		}
	}
	if r := refusal(t, d.frame(1, progress(9, "A1")), 1); r.Code != poilink.RefusedBadFrame {
		t.Errorf("a gap: %+v", r)
	}
}

// A frame is acknowledged when what it caused is durable, and not before: a cloud that dies between
// gets it again.
func TestAFrameIsAcknowledgedWhenItIsDurable(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.hold = true
	if acks := sent(d.frame(1, progress(1, "A1")), 1); len(acks) != 0 {
		t.Fatalf("acknowledged before it is durable: %+v", acks)
	}
	d.frame(1, progress(2, "A2"))
	if out := d.frame(1, progress(1, "A1")); len(all[poi.ToEngine](out)) != 0 || len(sent(out, 1)) != 0 {
		t.Errorf("a repeat of what is being written: %+v", out)
	}
	if acks := sent(d.do(poi.Settled{Seq: 2}), 1); len(acks) != 0 {
		t.Errorf("2 is durable and 1 is not: %+v", acks)
	}
	if pong := sent(d.frame(1, poilink.Frame{Type: poilink.TypePing}), 1); len(pong) != 1 || pong[0].Ack != 0 {
		t.Errorf("the pong: %+v", pong)
	}
	if acks := sent(d.do(poi.Settled{Seq: 1}), 1); len(acks) != 1 || acks[0].Ack != 2 {
		t.Errorf("both are durable: %+v", acks)
	}
	d.frame(1, progress(3, "A3"))
	if w := only(t, sent(d.hello(2, nil), 2), welcomeOf); w == nil || w.Received != 2 {
		t.Errorf("the welcome names what is durable: %+v", w)
	}
	if acks := sent(d.do(poi.Settled{Seq: 3}), 2); len(acks) != 1 || acks[0].Ack != 3 {
		t.Errorf("the acknowledgement goes over the newest link: %+v", acks)
	}
}

func TestSequencesGoOnOverARestart(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.frame(1, progress(1, "A1"))
	d.restart()
	out := d.hello(1, func(h *poilink.Hello) { h.Received = 41 })
	if w := only(t, sent(out, 1), welcomeOf); w == nil || w.Received != 0 {
		t.Fatalf("welcome: %+v", w)
	}
	if got := all[poi.ToEngine](d.frame(1, progress(77, "A1"))); len(got) != 1 {
		t.Error("the first frame after a restart was not taken")
	}
	if r := refusal(t, d.frame(1, progress(79, "A1")), 1); r.Code != poilink.RefusedBadFrame {
		t.Error("a gap after a restart was taken")
	}
	d.hello(2, func(h *poilink.Hello) { h.Received = 41 })
	offers := sent(d.do(poi.Tell{Order: order(1), Effect: kassa.Offer{}}), 2)
	if len(offers) != 1 || offers[0].Seq != 42 || offers[0].Ack != 77 {
		t.Errorf("the first frame down after a restart: %+v", offers)
	}
}

func TestResend(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.do(poi.Tell{Order: order(1), Effect: kassa.Offer{}})                                                    // 1
	d.do(poi.Tell{Order: order(2), Effect: kassa.TellDecision{Answer: kassa.POIAnswer{Verdict: "approved"}}}) // 2
	long := order(3)
	long.Lifetime = time.Hour
	d.do(poi.Tell{Order: long, Effect: kassa.Offer{}})                                      // 3
	d.do(poi.Tell{Order: order(4), Effect: kassa.TellAbort{Reason: kassa.CancelledBySale}}) // 4
	d.do(poi.Lost{Link: 1, Reason: "gone"})
	d.now = d.now.Add(90 * time.Second)
	type told struct {
		Seq   uint64
		Type  poilink.Type
		Valid int64
	}
	list := func(frames []poilink.Frame) (out []told) {
		for _, f := range frames {
			if f.Type.Sequenced() {
				out = append(out, told{f.Seq, f.Type, f.ValidForMS})
			}
		}
		return out
	}
	// The first offer is stale by now; the POI has taken over nothing.
	want := []told{{1, poilink.TypeDecision, 0}, {2, poilink.TypeNexo, 210_000}, {3, poilink.TypeNexo, 0}}
	if diff := cmp.Diff(want, list(sent(d.hello(2, nil), 2))); diff != "" {
		t.Errorf("told again (-want +got):\n%s", diff)
	}
	if again := sent(d.do(poi.Tell{Order: long, Effect: kassa.Offer{}}), 2); len(again) != 0 {
		t.Errorf("an offer that waits for its acknowledgement was made twice: %+v", again)
	}
	// It took over 1 and acknowledged it, and then took over 2 without a word.
	d.frame(2, poilink.Frame{Type: poilink.TypeAck, Ack: 1})
	out := d.hello(3, func(h *poilink.Hello) { h.Received = 2 })
	if diff := cmp.Diff([]told{{3, poilink.TypeNexo, 0}}, list(sent(out, 3))); diff != "" {
		t.Errorf("told again after 2 (-want +got):\n%s", diff)
	}
	d.frame(3, poilink.Frame{Type: poilink.TypePing, Ack: 3})
	if out := list(sent(d.hello(4, func(h *poilink.Hello) { h.Received = 3 }), 4)); len(out) != 0 {
		t.Errorf("told again after all was acknowledged: %+v", out)
	}
}

func TestAResetTerminalHearsFromOne(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	for n := range int64(5) {
		d.do(poi.Tell{Order: order(n), Effect: kassa.TellDecision{}})
	}
	d.frame(1, poilink.Frame{Type: poilink.TypeAck, Ack: 3})
	var seqs []uint64
	for _, f := range sent(d.hello(2, nil), 2) {
		if f.Type == poilink.TypeDecision {
			seqs = append(seqs, f.Seq)
		}
	}
	if diff := cmp.Diff([]uint64{1, 2}, seqs); diff != "" {
		t.Errorf("seqs to a terminal that has forgotten all (-want +got):\n%s", diff)
	}
}

func TestOrdersThatEndWhileTheTerminalIsAwayAreNotShown(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.do(poi.Tell{Order: order(1), Effect: kassa.Offer{}})
	d.do(poi.Lost{Link: 1})
	if out := d.do(poi.Tell{Order: order(1), Effect: kassa.TellAbort{Reason: kassa.CancelledBySale}}); len(out) != 0 {
		t.Errorf("told while away: %+v", out)
	}
	for _, f := range sent(d.hello(2, nil), 2) {
		if f.Type == poilink.TypeNexo {
			t.Error("a cancelled order was offered again")
		}
	}
}

func TestTheNewestLinkGetsCommandsAndAnyGivesResults(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	out := d.hello(2, nil)
	bye := only(t, sent(out, 1), func(f poilink.Frame) *poilink.Bye { return f.Bye })
	closes := all[poi.Close](out)
	if bye == nil || bye.Reason != "replaced" || len(closes) != 1 || closes[0].Link != 1 || closes[0].Now {
		t.Fatalf("the older link: %+v", out)
	}
	if frames := d.do(poi.Tell{Order: order(1), Effect: kassa.Offer{}}); len(sent(frames, 2)) != 1 || len(sent(frames, 1)) != 0 {
		t.Errorf("a command: %+v", frames)
	}
	if got := all[poi.ToEngine](d.frame(1, progress(1, "A1"))); len(got) != 1 {
		t.Error("a result on the older link was lost")
	}
	if got := all[poi.ToEngine](d.frame(2, progress(1, "A1"))); len(got) != 0 {
		t.Error("the same result on the newer link was taken twice")
	}
	if out := d.do(poi.Lost{Link: 1}); len(all[poi.Down](out)) != 0 || !d.m.Online() {
		t.Errorf("the end of the older link: %+v", out)
	}
	if out := d.do(poi.Lost{Link: 2, Reason: "connection lost"}); len(all[poi.Down](out)) != 1 || d.m.Online() {
		t.Errorf("the end of the newer link: %+v", out)
	}
}

func TestLinksOfOnePOIAreFew(t *testing.T) {
	d := newDesk(t)
	for link := poi.LinkID(1); link <= 4; link++ {
		d.open(link)
	}
	closes := all[poi.Close](d.hello(5, nil))
	if len(closes) != 2 || closes[0] != (poi.Close{Link: 1, Now: true}) || !d.m.Online() {
		t.Errorf("a fifth link: %+v", closes)
	}
	if out := d.frame(1, progress(1, "A1")); len(out) != 0 {
		t.Errorf("the dropped link still speaks: %+v", out)
	}
}

func TestASilentTerminalIsOffline(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	for range 5 {
		d.now = d.now.Add(20*time.Second - time.Millisecond)
		if out := d.do(poi.Tick{}); len(all[poi.Close](out)) != 0 || !d.m.Online() {
			t.Fatalf("within two heartbeats: %+v", out)
		}
		if frames := sent(d.frame(1, poilink.Frame{Type: poilink.TypePing}), 1); len(frames) != 1 || frames[0].Type != poilink.TypePong {
			t.Fatalf("ping: %+v", frames)
		}
	}
	seen := d.now
	if due, ok := d.m.NextDue(); !ok || !due.Equal(seen.Add(20*time.Second)) {
		t.Errorf("due %v, %v", due, ok)
	}
	d.now = d.now.Add(20 * time.Second)
	closes := all[poi.Close](d.do(poi.Tick{}))
	if len(closes) != 1 || !closes[0].Now || d.m.Online() {
		t.Fatalf("after 20 s: %+v, online %v", closes, d.m.Online())
	}
	if out := d.do(poi.Tell{Order: order(1), Effect: kassa.Offer{}}); len(out) != 0 {
		t.Errorf("told a dead link: %+v", out)
	}
	downs := all[poi.Down](d.do(poi.Lost{Link: 1, Reason: "connection lost"}))
	if len(downs) != 1 || downs[0].Reason != "no heartbeat" {
		t.Errorf("fact: %+v", downs)
	}
	want := poi.Presence{POIID: poiid, TID: tid, Since: d.now, LastSeen: seen, Reason: "no heartbeat"}
	if diff := cmp.Diff(want, d.m.Presence()); diff != "" {
		t.Errorf("presence (-want +got):\n%s", diff)
	}
}

func TestATerminalThatDoesNotAcknowledgeIsCut(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	var closes []poi.Close
	for n := range int64(100) {
		closes = append(closes, all[poi.Close](d.do(poi.Tell{Order: order(n), Effect: kassa.TellDecision{}}))...)
	}
	if len(closes) != 1 || !closes[0].Now || d.m.Online() {
		t.Errorf("closed %d times, online %v", len(closes), d.m.Online())
	}
	d.do(poi.Lost{Link: 1})
	d.open(2)
}

func TestShutdownSaysGoodbye(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	out := d.do(poi.Shutdown{RetryAfter: 3 * time.Second})
	bye := only(t, sent(out, 1), func(f poilink.Frame) *poilink.Bye { return f.Bye })
	if bye == nil || bye.Reason != "shutdown" || bye.RetryAfterMS != 3000 || len(all[poi.Close](out)) != 1 {
		t.Errorf("shutdown: %+v", out)
	}
	if downs := all[poi.Down](d.do(poi.Lost{Link: 1})); len(downs) != 1 || downs[0].Reason != "shutdown" {
		t.Errorf("fact: %+v", downs)
	}
}

func TestThePOIsOwnEnds(t *testing.T) {
	for _, test := range []struct {
		is   nexo.Response
		want kassa.Reason
	}{
		{nexo.Response{Result: nexo.ResultFailure, ErrorCondition: nexo.ErrorCancel}, kassa.CancelledAtPOI},
		{nexo.Response{Result: nexo.ResultFailure, ErrorCondition: nexo.ErrorDeviceOut}, kassa.POIUnable},
		{nexo.Response{Result: nexo.ResultFailure, ErrorCondition: nexo.ErrorNotAllowed}, kassa.POIUnable},
		{nexo.Response{Result: nexo.ResultFailure, ErrorCondition: nexo.ErrorBusy}, kassa.None},
		{nexo.Response{Result: nexo.ResultFailure, ErrorCondition: nexo.ErrorAborted}, kassa.None},
		{nexo.Response{Result: nexo.ResultSuccess}, kassa.None},
	} {
		d := newDesk(t)
		d.open(1)
		got := kassa.None
		for _, e := range all[poi.ToEngine](d.frame(1, poilink.Frame{Type: poilink.TypeNexo, Seq: 1, Nexo: nexoEnd(t, "A1", test.is)})) {
			got = e.Input.(kassa.POIEnded).Reason
		}
		if got != test.want {
			t.Errorf("%s %s: %q, want %q", test.is.Result, test.is.ErrorCondition, got, test.want)
		}
	}
}

func TestTheChipsLastWord(t *testing.T) {
	for outcome, want := range map[poilink.CardOutcome]kassa.CardOutcome{
		poilink.CardApproved: kassa.CardSaidYes, poilink.CardRefused: kassa.CardSaidNo, poilink.CardRemoved: kassa.CardGone,
	} {
		d := newDesk(t)
		d.open(1)
		out := all[poi.ToEngine](d.frame(1, poilink.Frame{
			Type: poilink.TypeCompletionAdvice, Seq: 1,
			CompletionAdvice: &poilink.CompletionAdvice{Exchange: "A1", Request: 2, Outcome: outcome},
		}))
		if len(out) != 1 || out[0].Input != (kassa.CardCompleted{Request: 2, Outcome: want}) {
			t.Errorf("%s: %+v", outcome, out)
		}
	}
}

// TestAnUnboundDeviceStartsNothing: what an unbound device still sends before the nudge of the estate has come
// reaches neither the host nor the till's records, also when another device has its place by then.
func TestAnUnboundDeviceStartsNothing(t *testing.T) {
	start := &poilink.Start{Reference: "r-1", Kind: poilink.StartPayment, Origin: poilink.OriginManual, AmountMinor: 100, Currency: "EUR"}
	for name, f := range map[string]poilink.Frame{
		"a card":  {Type: poilink.TypeAuthorisationRequest, Seq: 1, AuthorisationRequest: request("A1", 1)},
		"a start": {Type: poilink.TypeStart, Seq: 1, Start: start},
	} {
		d := newDesk(t)
		d.open(1)
		d.estate.terminals["VT1-000002"] = d.estate.terminals[poiid]
		delete(d.estate.terminals, poiid)
		out := d.frame(1, f)
		for _, to := range all[poi.ToEngine](out) {
			if _, ended := to.Input.(kassa.POIEnded); !ended {
				t.Errorf("%s reaches the engine: %+v", name, to)
			}
		}
		if asks := all[poi.Ask](out); len(asks) > 0 {
			t.Errorf("%s is asked for: %+v", name, asks)
		}
		if bye := only(t, sent(out, 1), func(f poilink.Frame) *poilink.Bye { return f.Bye }); bye == nil || bye.Reason != "unbound" {
			t.Errorf("%s: the device hears %+v", name, sent(out, 1))
		}
	}
}
