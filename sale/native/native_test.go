package native_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kassa"
)

func TestPaths(t *testing.T) {
	w := newWorld(t)
	o := w.order("100", "one", 1250)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/api/v1/terminals", 200}, {"GET", "/api/v1/status", 200}, {"HEAD", "/api/v1/status", 200},
		{"GET", "/api/v1/orders", 200}, {"GET", "/api/v1/orders/one", 200}, {"GET", "/api/v1/orders/" + o.ID(), 200},
		{"GET", "/api/v1/events", 200}, {"GET", "/api/v1/deliveries", 200}, {"GET", "/api/v1/notices", 406},
		{"GET", "/api/v1/clock", 200}, {"PUT", "/api/v1/clock", 405}, {"GET", "/api/v1/nothing", 404}, {"GET", "/api/v1//status", 404}, {"GET", "/api/v1/x/../status", 404},
		{"GET", "/api/v1/status/", 404}, {"GET", "/api/v1/", 404}, {"GET", "/api/v1/Status", 404},
		{"GET", "/api/v1/orders/none", 404}, {"GET", "/api/v1/orders/%2e%2e", 404}, {"GET", "/api/v1/orders/a%2fb", 404},
		{"GET", "/api/v1/orders/%00", 404}, {"GET", "/api/v1/orders/" + strings.Repeat("x", 5000), 404},
		{"DELETE", "/api/v1/terminals", 405}, {"POST", "/api/v1/status", 405}, {"POST", "/api/v1/orders", 405},
		{"GET", "/api/v1/orders/one/cancel", 405}, {"POST", "/api/v1/orders/none/cancel", 404},
		{"POST", "/api/v1/deliveries/1/resend", 404},
	} {
		if got, body := w.call(c.method, c.path, ""); got != c.want {
			t.Errorf("%s %s: %d, want %d: %v", c.method, c.path, got, c.want, body)
		}
		for _, auth := range []string{"", "Bearer other", "Basic " + w.token, w.token} {
			answer := w.request(c.method, c.path, "", "Authorization", auth)
			if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s with %q: %s", c.method, c.path, auth, answer.Status)
			}
		}
	}
	answer := w.request("POST", "/api/v1/status", "", "Authorization", "bearer  "+w.token) // a scheme has no case (RFC 9110, 11.1)
	if answer.StatusCode != 405 || answer.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s, Allow %q", answer.Status, answer.Header.Get("Allow"))
	}
	for advance, want := range map[string]string{"90s": "1m30s", "next": "0s"} {
		if status, body := w.call("POST", "/api/v1/clock", `{"advance":"`+advance+`"}`); status != 200 || body["ahead"] != want {
			t.Errorf("the clock moved by %s: %d %v", advance, status, body)
		}
	}
	_, body := w.call("GET", "/api/v1/status", "")
	terminals, store := body["terminals"].(object), body["store"].(object)
	if terminals["activated"] != 2.0 || terminals["online"] != 1.0 || body["acquirer"].(object)["signedOn"] != 2.0 ||
		store["commits"] != 3.0 || store["batches"] != 8.0 {
		t.Errorf("status: %v", body)
	}
}

// TestBadInput: what is wrong is named, nothing changes, and nothing is a 500.
func TestBadInput(t *testing.T) {
	w := newWorld(t)
	w.pay(w.order("100", "paid", 1000))
	before := w.store.Last()
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/api/v1/orders?colour=red", "", 400, `"colour"`},
		{"GET", "/api/v1/orders?limit=0", "", 400, "limit"},
		{"GET", "/api/v1/orders?limit=1e3", "", 400, "limit"},
		{"GET", "/api/v1/orders?limit=10&limit=10", "", 400, "more than once"},
		{"GET", "/api/v1/orders?status=paid", "", 400, "status"},
		{"GET", "/api/v1/orders?group=Cellar", "", 400, "group"},
		{"GET", "/api/v1/orders?before=../x", "", 400, "before"},
		{"GET", "/api/v1/orders?reference=", "", 400, "empty"},
		{"GET", "/api/v1/orders?reference=" + strings.Repeat("x", 3000), "", 400, "reference"},
		{"GET", "/api/v1/orders?a=%zz", "", 400, "parsed"},
		{"GET", "/api/v1/orders/paid?x=1", "", 400, `"x"`},
		{"GET", "/api/v1/events?after=-1", "", 400, "after"},
		{"GET", "/api/v1/events?after=99999999999999999999", "", 400, "after"},
		{"GET", "/api/v1/events?after=1000000", "", 400, "the newest"},
		{"GET", "/api/v1/events?order=none", "", 404, "no order"},
		{"GET", "/api/v1/deliveries?status=lost", "", 400, "status"},
		{"GET", "/api/v1/deliveries?before=x", "", 400, "before"},
		{"POST", "/api/v1/orders/paid/cancel", `{"why":"because"}`, 400, "/why"},
		{"POST", "/api/v1/orders/paid/cancel", ``, 409, "approved before"},
		{"POST", "/api/v1/orders/paid/refunds", `not JSON`, 400, "JSON"},
		{"POST", "/api/v1/orders/paid/refunds", `[]`, 400, "object"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a"}{}`, 400, "not JSON"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","id":"b"}`, 400, "more than once"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","Amount":1}`, 400, "/Amount"},
		{"POST", "/api/v1/orders/paid/refunds", `{"amount":1}`, 400, "Idempotency-Key"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a b","amount":1}`, 400, "/id"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":7,"amount":1}`, 400, "/id"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","amount":-1}`, 400, "/amount"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","amount":1.5}`, 400, "/amount"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","amount":"1"}`, 400, "/amount"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","amount":1e30}`, 400, "/amount"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","amount":1001}`, 409, "exceeds"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":"a","description":"` + strings.Repeat("x", 201) + `"}`, 400, "/description"},
		{"POST", "/api/v1/orders/paid/refunds", strings.Repeat("[", 100000), 413, "bytes"},
		{"POST", "/api/v1/orders/paid/refunds", `{"id":` + strings.Repeat("[", 20000) + `}`, 400, ""},
		{"POST", "/api/v1/notices/verdict", `{"status":1}`, 400, "/status"},
		{"POST", "/api/v1/clock", ``, 400, "/advance"},
		{"POST", "/api/v1/clock", `{"advance":60}`, 400, "/advance"},
		{"POST", "/api/v1/clock", `{"advance":"-60s"}`, 400, "/advance"},
		{"POST", "/api/v1/clock", `{"advance":"99999h"}`, 400, "/advance"},
		{"POST", "/api/v1/clock", `{"advance":"1h"}`, 403, "live"},
	} {
		status, body := w.call(c.method, c.path, c.body)
		detail, _ := body["detail"].(string)
		if status != c.status || !strings.Contains(detail, c.says) || body["code"] == "" || body["title"] == "" {
			t.Errorf("%s %.80s %.60s: %d %v, want %d with %q", c.method, c.path, c.body, status, body, c.status, c.says)
		}
	}
	entries, err := w.store.Entries(before, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s of %s was stored", e.Kind, e.Stream)
	}
}

func TestOrders(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 7 {
		scope := []string{"100", "200"}[i%2]
		ids = append([]string{w.order(scope, fmt.Sprintf("o-%d", i), int64(100+i)).ID()}, ids...)
	}
	w.pay(w.order("200", "paid", 1250))
	list := func(query string) (refs []string, next string) {
		status, body := w.call("GET", "/api/v1/orders?"+query, "")
		if status != 200 {
			t.Fatalf("%s: %d %v", query, status, body)
		}
		for _, o := range body["data"].([]any) {
			refs = append(refs, o.(object)["reference"].(string))
		}
		next, _ = body["next"].(string)
		if body["has_more"] != (next != "") {
			t.Errorf("%s: has_more %v with next %q", query, body["has_more"], next)
		}
		return refs, next
	}
	for query, want := range map[string]string{
		"limit=200":                 "paid o-6 o-5 o-4 o-3 o-2 o-1 o-0",
		"group=Bar":                 "o-6 o-4 o-2 o-0",
		"group=200&limit=50":        "paid o-5 o-3 o-1",
		"status=completed":          "paid",
		"status=offered&group=shop": "o-5 o-3 o-1",
		"terminal=T-o-3":            "o-3",
		"reference=o-2":             "o-2",
		"reference=o-2&group=Shop":  "",
		"before=" + ids[4]:          "o-1 o-0",
	} {
		if got, next := list(query); strings.Join(got, " ") != want || next != "" {
			t.Errorf("%s: %v (next %q), want %s", query, got, next, want)
		}
	}
	var all []string
	for cursor := ""; ; {
		refs, next := list("group=Bar&limit=1" + cursor)
		all = append(all, refs...)
		if next == "" {
			break
		}
		cursor = "&before=" + next
	}
	if want := []string{"o-6", "o-4", "o-2", "o-0"}; !slices.Equal(all, want) {
		t.Errorf("page by page: %v", all)
	}
}

func TestOneOrder(t *testing.T) {
	w := newWorld(t)
	o := w.order("100", "shown/slowly", 1250)
	w.pay(o)
	status, body := w.call("GET", "/api/v1/orders/shown%2Fslowly", "")
	if status != 200 || body["id"] != o.ID() || body["status"] != "completed" || body["groupName"] != "Bar" {
		t.Fatalf("%d %v", status, body)
	}
	var said []string
	for _, row := range body["timeline"].([]any) {
		e := row.(object)
		said = append(said, e["who"].(string)+" "+e["what"].(string))
	}
	want := []string{
		"till asks for EUR 12.50 on T-shown/slowly", "terminal shows presentCard", "cloud the first attempt begins",
		"terminal read VISA …0119 (contactless); the host is asked for EUR 12.50, STAN 000001",
		"acquirer approves (00), authorisation code 705151", "cloud the attempt is approved", "cloud the order is paid",
	}
	if !slices.Equal(said, want) {
		t.Errorf("the timeline says\n%s", strings.Join(said, "\n"))
	}
	if text := fmt.Sprint(body); strings.Contains(text, "not@shown") || !strings.Contains(text, "705151") {
		t.Errorf("the order shows %s", text)
	}
	w.order("200", "shown/slowly", 5) // the same reference in another group
	if status, body := w.call("GET", "/api/v1/orders/shown%2Fslowly", ""); status != 409 || !strings.Contains(fmt.Sprint(body["fix"]), o.ID()) {
		t.Errorf("an ambiguous reference: %d %v", status, body)
	}
	if status, _ := w.call("GET", "/api/v1/orders/"+o.ID(), ""); status != 200 {
		t.Errorf("by id: %d", status)
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	w.order("100", "unwanted", 100)
	for range 2 { // again changes nothing, and says the same
		if status, body := w.call("POST", "/api/v1/orders/unwanted/cancel", ""); status != 200 || body["status"] != "cancelled" ||
			body["reason"] != string(kassa.CancelledBySale) {
			t.Errorf("%d %v", status, body)
		}
	}
}

func TestRefunds(t *testing.T) {
	w := newWorld(t)
	o := w.order("100", "paid", 1000)
	if status, body := w.call("POST", "/api/v1/orders/paid/refunds", `{"id":"early"}`); status != 409 || body["code"] != "not_refundable" {
		t.Errorf("before it is paid: %d %v", status, body)
	}
	w.pay(o)
	const path = "/api/v1/orders/paid/refunds"
	status, first := w.call("POST", path, `{"amount":300,"description":"cold"}`, "Idempotency-Key", `"r-1"`)
	if status != 201 || first["status"] != "accepted" || first["ref"] != "r-1" {
		t.Fatalf("%d %v", status, first)
	}
	answer := w.request("POST", path, `{"id":"r-1","amount":300,"description":"cold"}`)
	if answer.StatusCode != 200 || answer.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same again: %s %v", answer.Status, answer.Header)
	}
	if status, _ := w.call("POST", path, `{"id":"r-1","amount":400}`); status != 422 {
		t.Errorf("the same id for another amount: %d", status)
	}
	if status, body := w.call("POST", path, `{"id":"r-2","amount":300}`); status != 409 || body["code"] != "refund_duplicate" {
		t.Errorf("the same amount within five minutes: %d %v", status, body)
	}
	if status, body := w.call("POST", path, `{"id":"r-2","amount":701}`); status != 409 || body["code"] != "refund_too_high" {
		t.Errorf("too much: %d %v", status, body)
	}
	if status, _ := w.call("POST", path, `{"id":"r-3"}`, "Idempotency-Key", "r-4"); status != 400 {
		t.Errorf("two ids: %d", status)
	}
	w.engine.first = func() { // the same one, while this one is looked at
		if status, body := w.call("POST", path, `{"id":"rest"}`); status != 201 {
			t.Errorf("the rest: %d %v", status, body)
		}
	}
	if answer := w.request("POST", path, `{"id":"rest"}`); answer.StatusCode != 200 || answer.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the rest, asked for by two at once: %s", answer.Status)
	}
	_, body := w.call("GET", "/api/v1/orders/paid", "")
	if body["amountRefunded"] != 1000.0 || len(body["refunds"].([]any)) != 2 {
		t.Errorf("refunded %v: %v", body["amountRefunded"], body["refunds"])
	}
}
