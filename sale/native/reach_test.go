package native_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/doctor"
	"kassa/estate"
	"kassa/sale/native"
)

// named is one event of a stream that has names.
type named struct {
	name string
	data object
}

// watch opens a stream of named events.
func (w *world) watch(method, path string, headers ...string) <-chan named {
	w.t.Helper()
	answer := w.request(method, path, "", append([]string{"Accept", "text/event-stream"}, headers...)...)
	if answer.StatusCode != 200 || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		w.t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	list := make(chan named, 100)
	go func() {
		defer close(list)
		var e named
		for scan := bufio.NewScanner(answer.Body); scan.Scan(); {
			name, value, _ := strings.Cut(scan.Text(), ": ")
			switch name {
			case "event":
				e.name = value
			case "data":
				_ = json.Unmarshal([]byte(value), &e.data)
			case "":
				if e.name != "" {
					list <- e
				}
				e = named{}
			}
		}
	}()
	return list
}

func (w *world) await1(stream <-chan named) named {
	w.t.Helper()
	select {
	case e, ok := <-stream:
		if !ok {
			w.t.Fatal("the stream ended")
		}
		forms := map[string]string{"terminals": "Presence", "terminal": "PresenceOf", "rung": "Rung", "verdict": "Verdict"}
		text, err := json.Marshal(e.data)
		if err != nil {
			w.t.Fatal(err)
		}
		if form, known := forms[e.name]; known {
			d := mustReadDocument(w.t)
			fits(w.t, "an event "+e.name, d.Components.Schemas[form].Value, text)
		} else if e.name != "gone" {
			w.t.Errorf("an event of an unknown name: %+v", e)
		}
		return e
	case <-time.After(10 * time.Second):
		w.t.Fatal("nothing came")
	}
	return named{}
}

// TestPresence: first the whole list, then each change, and only of what the key sees.
func TestPresence(t *testing.T) {
	w := newWorld(t)
	_, list := w.call("GET", "/api/v1/presence", "")
	if n := len(list["terminals"].([]any)); n != 3 {
		t.Errorf("%d terminals", n)
	}
	all, others := w.watch("GET", "/api/v1/presence"), w.watch("GET", "/api/v1/presence", w.as("other")...)
	first := w.await1(all)
	if first.name != "terminals" || len(first.data["terminals"].([]any)) != 3 {
		t.Fatalf("first came %+v", first)
	}
	if theirs := w.await1(others); len(theirs.data["terminals"].([]any)) != 1 {
		t.Fatalf("the other account sees %+v", theirs)
	}
	w.setReach("00000ABC", native.Reach{State: "offline", Reason: "link_lost", Words: "its link was lost", Since: noon, Enabled: true})
	change := w.await1(all)
	reach, _ := change.data["reach"].(object)
	if change.name != "terminal" || change.data["id"] != "term_test_00000ABC" || reach["state"] != "offline" || reach["reason"] != "link_lost" {
		t.Errorf("the change: %+v", change)
	}
	w.setReach("00000ABE", native.Reach{State: "online", Linked: true, LastSeen: noon, Enabled: true})
	if theirs := w.await1(others); theirs.data["tid"] != "00000ABE" {
		t.Errorf("the other account hears of %+v", theirs)
	}
	if err := w.estate.RetireTerminal(time.Now(), "00000ABC"); err != nil {
		t.Fatal(err)
	}
	for {
		if e := w.await1(all); e.name == "gone" {
			if e.data["id"] != "term_test_00000ABC" {
				t.Errorf("gone is %+v", e)
			}
			break
		}
	}
}

// TestTheListTellsReach, and finds terminals by it.
func TestTheListTellsReach(t *testing.T) {
	w := newWorld(t)
	w.setReach("00000ABE", native.Reach{State: "stale", Reason: "silent", Linked: true, Enabled: true})
	for query, want := range map[string]string{
		"": "00000ABC 00000ABD 00000ABE", "?reach=online": "00000ABC", "?reach=stale": "00000ABE", "?reach=offline": "00000ABD", "?state=boarded": "00000ABD",
		"?q=abd": "00000ABD", "?q=p2-": "00000ABC 00000ABE", "?account=acct_test_2": "00000ABE", "?group=100": "00000ABC", "?limit=2": "00000ABC 00000ABD",
		"?limit=2&after=00000ABD": "00000ABE", "?state=retired": "", "?shop=none": "",
	} {
		_, body := w.call("GET", "/api/v1/terminals"+query, "")
		var got []string
		for _, row := range body["data"].([]any) {
			got = append(got, fmt.Sprint(row.(object)["tid"]))
		}
		if strings.Join(got, " ") != want || body["has_more"] != (query == "?limit=2") {
			t.Errorf("%s: %v, has_more %v", query, got, body["has_more"])
		}
	}
	_, one := w.call("GET", "/api/v1/terminals/00000ABC", "")
	reach := one["reach"].(object)
	if reach["state"] != "online" || reach["rtt_ms"] != 12.5 || reach["enabled"] != true || one["online"] != true || one["state"] != "active" {
		t.Errorf("%v", one)
	}
	_, past := w.call("GET", "/api/v1/terminals/00000ABC/history", "")
	if list := past["data"].([]any); len(list) != 2 || list[0].(object)["state"] != "offline" {
		t.Errorf("history: %v", past)
	}
}

// climb runs the connection test and gives its rungs and its verdict.
func (w *world) climb(tid string) (rungs []object, verdict object) {
	w.t.Helper()
	answer := w.request("POST", "/api/v1/terminals/"+tid+"/test", "")
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "application/x-ndjson" {
		w.t.Fatalf("%s as %s", answer.Status, answer.Header.Get("Content-Type"))
	}
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	conforms(w.t, answer.Request, "", answer.StatusCode, answer.Header.Get("Content-Type"), all)
	for scan := bufio.NewScanner(bytes.NewReader(all)); scan.Scan(); {
		var line object
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			w.t.Fatal(err)
		}
		if line["verdict"] != nil {
			verdict = line
		} else {
			rungs = append(rungs, line)
		}
	}
	if len(rungs) != doctor.Rungs() || verdict == nil {
		w.t.Fatalf("%d rungs, verdict %v", len(rungs), verdict)
	}
	return rungs, verdict
}

// falling is a state of a terminal, and where the ladder must end in it.
type falling struct {
	name    string
	reach   native.Reach
	probe   *native.Probed
	failed  float64 // the rung; 0 for none
	verdict string
	reason  string
}

func fallings() []falling {
	good := native.Probed{Took: 20 * time.Millisecond, CloudMode: true, Software: "Kassa 1.0", Checks: []doctor.Check{{Name: "resolve", OK: true}, {Name: "connect", OK: true}}}
	online := native.Reach{State: "online", Linked: true, Since: time.Now(), LastSeen: time.Now(), Enabled: true}
	bad := good
	bad.Checks = []doctor.Check{{Name: "resolve", OK: true}, {Name: "printer", Detail: "no paper"}}
	standalone := good
	standalone.CloudMode = false
	off := online
	off.State, off.Reason, off.Words, off.Enabled = "offline", "not_enabled", "the WebSocket connection is not enabled for it", false
	return []falling{
		{"all is well", online, &good, 0, doctor.Connected, ""},
		{"lost", native.Reach{State: "offline", Reason: "link_lost", Words: "its link was lost", LastSeen: noon, Since: noon, Enabled: true}, nil, 3, doctor.Disconnected, "link_lost"},
		{"never", native.Reach{State: "offline", Reason: "never_connected", Enabled: true}, nil, 3, doctor.Disconnected, "never_connected"},
		{"silent", native.Reach{State: "stale", Reason: "silent", Linked: true, LastSeen: time.Now(), Enabled: true}, nil, 4, doctor.Disconnected, "heartbeat_late"},
		{"restarted", native.Reach{State: "unknown", Reason: "restarted", Enabled: true, LastSeen: noon}, nil, 4, doctor.Disconnected, "server_restarted"},
		{"no answer", online, nil, 5, doctor.Disconnected, "no_answer"},
		{"no paper", online, &bad, 6, doctor.Connected, "terminal_printer"},
		{"standalone", online, &standalone, 7, doctor.Disconnected, "cloud_mode_off"},
		{"not enabled", off, &good, 7, doctor.Disconnected, "cloud_connection_disabled"},
	}
}

// TestTheLadder: the first failing rung is the headline, what follows is not blamed, and the last line says
// whether the terminal is connected.
func TestTheLadder(t *testing.T) {
	w := newWorld(t)
	for _, c := range fallings() {
		w.setReach("00000ABC", c.reach)
		w.mu.Lock()
		delete(w.probe, "00000ABC")
		if c.probe != nil {
			w.probe["00000ABC"] = *c.probe
		}
		w.mu.Unlock()
		rungs, verdict := w.climb("00000ABC")
		failed, _ := verdict["rung"].(float64)
		reason, _ := verdict["reason"].(string)
		if verdict["verdict"] != c.verdict || failed != c.failed || reason != c.reason || c.failed != 0 && verdict["fix"] == nil {
			t.Errorf("%s: %v", c.name, verdict)
		}
		for i, r := range rungs {
			want := "pass"
			switch n := float64(i + 1); {
			case n == c.failed:
				want = "fail"
			case c.failed != 0 && n > c.failed, n == 10, n == 11:
				want = "skipped" // 10 is for those who ask for it, and 11 has no endpoint to look at
			}
			if r["result"] != want || r["n"] != float64(i+1) || r["title"] == "" || r["detail"] == "" {
				t.Errorf("%s: rung %d is %v, want %s", c.name, i+1, r, want)
			}
		}
	}
	if err := w.estate.Block(time.Now(), "00000ABC", "", "stolen"); err != nil {
		t.Fatal(err)
	}
	if _, verdict := w.climb("00000ABC"); verdict["rung"] != 2.0 || !strings.Contains(fmt.Sprint(verdict["headline"]), "stolen") {
		t.Errorf("blocked: %v", verdict)
	}
	if _, verdict := w.climb("00000ABD"); verdict["reason"] != "not_onboarded" {
		t.Errorf("without a device: %v", verdict)
	}
	stream := w.watch("POST", "/api/v1/terminals/00000ABC/test")
	for n := 1; n <= doctor.Rungs(); n++ {
		if e := w.await1(stream); e.name != "rung" || e.data["n"] != float64(n) {
			t.Errorf("as events: %+v", e)
		}
	}
	if e := w.await1(stream); e.name != "verdict" {
		t.Errorf("as events: %+v", e)
	}
}

// TestTestsAreLimited: who comes when as many are on the way as there can be hears when to come again.
func TestTestsAreLimited(t *testing.T) {
	w := newWorld(t)
	held := make(chan struct{})
	w.mu.Lock()
	w.probe["00000ABC"] = native.Probed{CloudMode: true}
	w.held = held
	w.mu.Unlock()
	var streams []<-chan named
	for range 16 {
		stream := w.watch("POST", "/api/v1/terminals/00000ABC/test")
		w.await1(stream) // the first rung: it is on its way
		streams = append(streams, stream)
	}
	answer := w.request("POST", "/api/v1/terminals/00000ABC/test", "")
	if answer.StatusCode != 429 || answer.Header.Get("Retry-After") != "3" || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("one test too many: %s %v", answer.Status, answer.Header)
	}
	close(held)
	for _, stream := range streams {
		for e := w.await1(stream); e.name != "verdict"; e = w.await1(stream) {
		}
	}
}

// TestTheLadderLooksAtWebhooks by their last deliveries, without sending anything.
func TestTheLadderLooksAtWebhooks(t *testing.T) {
	w := newWorld(t)
	w.mu.Lock()
	w.probe["00000ABC"] = native.Probed{Took: time.Millisecond, CloudMode: true, Checks: []doctor.Check{{Name: "tls", OK: true}}}
	w.mu.Unlock()
	now := time.Now()
	if _, err := w.estate.MakeEndpoint(now, estate.Endpoint{Dialect: estate.DialectNative, Type: estate.EndpointEvents, Account: "1", URL: "https://one.example/?key=1", Active: true}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.estate.MakeEndpoint(now, estate.Endpoint{Dialect: estate.DialectNative, Type: estate.EndpointEvents, URL: "https://operator.example/", Active: true}, ""); err != nil {
		t.Fatal(err)
	}
	for who, sees := range map[string][]string{"operator": {"operator", "one"}, "account": {"one"}, "group": nil} {
		w.token = w.keys[who]
		rungs, _ := w.climb("00000ABC")
		for _, name := range []string{"operator", "one"} {
			if strings.Contains(fmt.Sprint(rungs[10]), name+".example") != slices.Contains(sees, name) {
				t.Errorf("%s is told of %v", who, rungs[10])
			}
		}
	}
	w.token = w.keys["operator"]
	if rungs, _ := w.climb("00000ABC"); rungs[10]["result"] != "pass" || strings.Contains(fmt.Sprint(rungs[10]), "key=1") {
		t.Errorf("an endpoint without news: %v", rungs[10])
	}
	d := native.Delivery{ID: "0000000000000001", Group: "100", URL: "https://two.example/hook?order=1", Status: "waiting", Attempts: []native.Try{{At: now, Failure: "your body lacks OK"}}}
	w.deliver(d)
	rungs, verdict := w.climb("00000ABC")
	if rungs[10]["result"] != "fail" || verdict["reason"] != "webhook_not_acknowledged" || verdict["connected"] != true || !strings.Contains(fmt.Sprint(verdict["headline"]), "https://two.example/hook failed: your body lacks OK") {
		t.Errorf("%v\n%v", rungs[10], verdict)
	}
}
