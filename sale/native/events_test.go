package native_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"kassa/journal"
	"kassa/sale/native"
)

func TestEventPages(t *testing.T) {
	w := newWorld(t)
	w.order("100", "a", 1)
	w.pay(w.order("100", "b", 2))
	var seqs []float64
	cursor, pages := "0", 0
	for {
		_, body := w.call("GET", "/api/v1/events?limit=2&after="+cursor, "")
		for _, e := range body["data"].([]any) {
			seqs = append(seqs, e.(object)["seq"].(float64))
		}
		cursor = body["next"].(string)
		pages++
		if body["has_more"] == false {
			break
		}
	}
	for i, seq := range seqs {
		if seq != float64(i+1) {
			t.Fatalf("there is a gap: %v", seqs)
		}
	}
	if last := w.store.Last(); uint64(len(seqs)) != last || cursor != strconv.FormatUint(last, 10) || pages != int(last+1)/2 {
		t.Errorf("%d facts in %d pages up to %s, want %d", len(seqs), pages, cursor, last)
	}
	_, body := w.call("GET", "/api/v1/events?order=b", "")
	for _, e := range body["data"].([]any) {
		if e.(object)["reference"] != "b" {
			t.Errorf("of order b: %v", e)
		}
	}
	if n := len(body["data"].([]any)); n != 7 {
		t.Errorf("%d facts of order b", n)
	}
}

// TestEventStream: nothing is missed or doubled, whenever the client comes back.
func TestEventStream(t *testing.T) {
	w := newWorld(t)
	w.order("100", "before", 1)
	fresh := w.follow("/api/v1/events")
	old := w.follow("/api/v1/events?after=0")
	w.pay(w.order("100", "after", 2))
	if e, body := w.next(fresh); body["reference"] != "after" || e.id != fmt.Sprint(uint64(body["seq"].(float64))) {
		t.Errorf("the first event of a new stream: %+v", e)
	}
	last := w.store.Last()
	for seq := uint64(1); seq <= last; seq++ {
		if e, _ := w.next(old); e.id != strconv.FormatUint(seq, 10) {
			t.Fatalf("event %s after %d", e.id, seq-1)
		}
	}
	back := w.follow("/api/v1/events?after=0", "Last-Event-ID", "3")
	if e, _ := w.next(back); e.id != "4" {
		t.Errorf("back after 3: %s", e.id)
	}
	reset := w.follow("/api/v1/events", "Last-Event-ID", "999999")
	w.order("100", "new", 3)
	if _, body := w.next(reset); body["reference"] != "new" {
		t.Errorf("back after data that are gone: %v", body)
	}
}

func TestStreamsAreLimited(t *testing.T) {
	w := newWorld(t)
	for range 64 {
		w.follow("/api/v1/events")
	}
	answer := w.request("GET", "/api/v1/events", "", "Accept", "text/event-stream")
	if answer.StatusCode != 503 {
		t.Errorf("one stream too many: %s", answer.Status)
	}
}

func TestNotices(t *testing.T) {
	w := newWorld(t)
	stream := w.follow("/api/v1/notices")
	w.order("100", "ended", 1)
	if status, _ := w.call("POST", "/api/v1/orders/ended/cancel", ""); status != 200 {
		t.Fatal(status)
	}
	w.pay(w.order("100", "told", 2))
	if _, n := w.next(stream); n["failure"] != "cannot be rendered" {
		t.Errorf("a notice that cannot be made: %v", n)
	}
	e, n := w.next(stream)
	if n["event"] != "completed" || n["body"] != "{}" || !strings.HasPrefix(n["query"].(string), "timestamp=") {
		t.Errorf("the notice: %v", n)
	}
	w.pay(w.order("100", "told-again", 3))
	if again, _ := w.next(w.follow("/api/v1/notices", "Last-Event-ID", e.id)); again.id != fmt.Sprint(w.store.Last()) {
		t.Errorf("back after %s: %s", e.id, again.id)
	}
	for body, want := range map[string]string{"OK": "", "fine": "your body lacks OK"} {
		_, got := w.call("POST", "/api/v1/notices/verdict", `{"status":200,"body":"`+body+`"}`)
		if got["failure"] != want || got["acknowledged"] != (want == "") {
			t.Errorf("the reply %q: %v", body, got)
		}
	}
}

func TestDeliveries(t *testing.T) {
	w := newWorld(t)
	o := w.order("100", "told", 2)
	w.pay(o)
	entries, err := w.store.StreamEntries("order/"+o.ID(), 0)
	if err != nil {
		t.Fatal(err)
	}
	first := entries[0].Seq
	id := func(i uint64) string { return fmt.Sprintf("%016d", first+i) }
	for i, status := range []string{"delivered", "parked", "waiting"} {
		d := native.Delivery{ID: id(uint64(i)), Order: o.ID(), Reference: "told", Status: status, Attempts: []native.Try{{Failure: "your body lacks OK"}}}
		if i == 0 {
			d.Order = "OTHER"
		}
		w.sent[d.ID] = d
		state, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		report := []byte(`{"order":"order/` + o.ID() + `","orderRef":"told","event":"completed","tries":1,"try":{"failure":"your body lacks OK"}}`)
		if _, err := w.store.Commit(t.Context(), journal.Batch{{
			Stream: "webhook/" + d.ID, State: state, Facts: []journal.Fact{{At: time.Now(), Kind: "WebhookFailed", Payload: report}},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]int{"": 3, "?status=parked": 1, "?order=told": 2, "?limit=1": 1, "?before=" + id(2): 2} {
		_, body := w.call("GET", "/api/v1/deliveries"+query, "")
		list := body["data"].([]any)
		if len(list) != want || !strings.Contains(fmt.Sprint(list[0]), "your body lacks OK") {
			t.Errorf("%s: %v", query, body)
		}
	}
	_, shown := w.call("GET", "/api/v1/orders/told", "")
	if !strings.Contains(fmt.Sprint(shown["timeline"]), "completed, try 1: your body lacks OK") {
		t.Errorf("the timeline has no webhook: %v", shown["timeline"])
	}
	for id, want := range map[string]int{id(0): 409, id(2): 202, "7": 404} {
		if status, body := w.call("POST", "/api/v1/deliveries/"+id+"/ignore", ""); status != want {
			t.Errorf("ignore %s: %d %v", id, status, body)
		}
	}
	for id, want := range map[string]int{id(0): 202, id(2): 409, "7": 404} {
		if status, body := w.call("POST", "/api/v1/deliveries/"+id+"/resend", ""); status != want {
			t.Errorf("resend %s: %d %v", id, status, body)
		}
	}
}
