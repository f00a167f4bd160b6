package status_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/journal"
	"kassa/sim/disk"
	"kassa/status"
)

// house is a board over a pretended disk, with a clock and figures that a test sets.
type house struct {
	t       *testing.T
	mu      sync.Mutex
	disk    *disk.Disk
	now     time.Time
	figures status.Figures
	commits int
	board   *status.Board
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, disk: disk.New(), now: noon, figures: well()}
	h.start()
	return h
}

// start starts a process over what is stored.
func (h *house) start() {
	h.t.Helper()
	var err error
	h.board, err = status.New(status.Config{
		Store: h.disk, Submit: h.submit, Measure: func() status.Figures { return h.figures },
		Committed: func(time.Duration, bool) { h.commits++ }, Prefix: "inc_test_", Every: 5 * time.Second,
		Now: func() time.Time { return h.now }, Random: strings.NewReader(strings.Repeat("random", 1000)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) submit(b journal.Batch, done func(journal.Receipt, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disk.Submit(b, done)
	h.disk.Flush(-1)
}

// pass lets time pass, with its looks.
func (h *house) pass(d time.Duration) {
	for end := h.now.Add(d); h.now.Before(end); {
		h.now = h.now.Add(5 * time.Second)
		h.board.Look()
	}
}

func (h *house) facts(kind string) (list []journal.Entry) {
	h.t.Helper()
	entries, err := h.disk.Entries(0, 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}

func (h *house) row(name string) status.Row {
	h.t.Helper()
	for _, r := range h.board.Rows() {
		if r.Name == name {
			return r
		}
	}
	h.t.Fatalf("no component %s", name)
	return status.Row{}
}

// TestAnOutageIsFollowedToItsEnd: a component that fails is a fact, an incident and a day that shows it, all of which
// outlive the process; when it works again, that is one too.
func TestAnOutageIsFollowedToItsEnd(t *testing.T) {
	h := newHouse(t)
	h.pass(10 * time.Minute)
	if len(h.facts(status.ComponentChanged)) != 0 || len(h.board.Incidents("", 10)) != 0 || h.commits < 15 {
		t.Fatalf("while all is well: %d facts, %d commits", len(h.facts(status.ComponentChanged)), h.commits)
	}
	h.figures.Acquirer.SignedOn = 0
	h.pass(5 * time.Minute)
	changes := h.facts(status.ComponentChanged)
	if len(changes) != 1 || changes[0].Stream != status.Stream || changes[0].Scope != "" {
		t.Fatalf("facts %+v", changes)
	}
	var c status.Change
	if err := json.Unmarshal(changes[0].Payload, &c); err != nil || c.Name != status.Acquirer || c.State != status.Down || c.Former != status.Operational {
		t.Errorf("changed %+v %v", c, err)
	}
	h.start() // a new process
	if r := h.row(status.Acquirer); r.State != status.Down || r.Says == "" {
		t.Errorf("in a new process: %+v", r.Component)
	}
	h.pass(5 * time.Minute)
	open := h.board.Incidents("", 10)
	if len(open) != 1 || !open[0].Open() || open[0].OpenedBy != status.Kassa || open[0].Worst != status.Down || len(open[0].Notes) != 1 || !strings.HasPrefix(open[0].ID, "inc_test_") {
		t.Fatalf("incidents %+v", open)
	}
	h.figures.Acquirer.SignedOn = 2
	h.pass(2 * time.Minute)
	over := h.board.Incidents("", 10)
	if len(over) != 1 || over[0].Open() || len(over[0].Notes) != 2 || over[0].State != status.Operational {
		t.Errorf("incidents %+v", over)
	}
	if len(h.facts(status.IncidentOpened)) != 1 || len(h.facts(status.IncidentResolved)) != 1 {
		t.Error("the incident is not in the record")
	}
	r := h.row(status.Acquirer)
	today := r.Days[len(r.Days)-1]
	if len(r.Days) != status.HistoryDays || today.Day != "2026-11-25" || today.Worst != status.Down || r.Days[0].Worst != "" || r.Days[0].Uptime != nil {
		t.Errorf("days %+v", today)
	}
	if up := *today.Uptime; up < 45 || up > 55 || *r.Uptime != up { // 11 of 22 minutes
		t.Errorf("uptime %f", up)
	}
	if api := h.row(status.API); *api.Uptime != 100 || api.State != status.Operational {
		t.Errorf("another component: %+v %f", api.Component, *api.Uptime)
	}
	h.start()
	if again := h.row(status.Acquirer); *again.Uptime < 45 || *again.Uptime > 57 || again.Days[len(again.Days)-1].Worst != status.Down {
		t.Errorf("in a new process the day is %+v", again.Days[len(again.Days)-1])
	}
	h.now = noon.AddDate(0, 0, 89)
	if r := h.row(status.Acquirer); r.Days[0].Worst != status.Down {
		t.Error("it is forgotten too soon")
	}
	h.now = noon.AddDate(0, 0, 91)
	h.pass(10 * time.Second)
	if r := h.row(status.Acquirer); r.Days[0].Worst != "" || *r.Uptime != 100 {
		t.Errorf("it is not forgotten: %+v", r.Days[0])
	}
}

// TestSlowIsAnIncidentWhenItLasts: and what becomes worse is noted in the same one.
func TestSlowIsAnIncidentWhenItLasts(t *testing.T) {
	h := newHouse(t)
	h.figures.API = status.Traffic{Answers: 100, Failed: 10}
	h.pass(2 * time.Minute)
	if len(h.board.Incidents("", 10)) != 0 || h.row(status.API).State != status.Degraded {
		t.Fatalf("after two minutes: %+v", h.board.Incidents("", 10))
	}
	h.pass(5 * time.Minute)
	h.figures.API.Failed = 90
	h.pass(time.Minute)
	list := h.board.Incidents("", 10)
	if len(list) != 1 || list[0].Worst != status.Down || len(list[0].Notes) != 2 || !strings.Contains(list[0].Title, "not working") {
		t.Fatalf("incidents %+v", list)
	}
}

// TestIncidentsOfTheOperator: they are made, noted and resolved by hand, and nothing that is measured touches them.
func TestIncidentsOfTheOperator(t *testing.T) {
	h := newHouse(t)
	for _, bad := range []status.NewIncident{
		{}, {Title: strings.Repeat("x", 121)}, {Title: "x", Components: []string{"coffee"}}, {Title: "x", Worst: "on fire"}, {Title: "x", Text: strings.Repeat("x", 2001)},
	} {
		if _, err := h.board.Open(bad); !errors.Is(err, status.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	i, err := h.board.Open(status.NewIncident{Title: "Works on the network", Components: []string{status.Acquirer}, Text: "Tonight.", By: "key_test_A"})
	if err != nil {
		t.Fatal(err)
	}
	h.figures.Acquirer.SignedOn = 0
	h.pass(time.Minute)
	h.figures.Acquirer.SignedOn = 2
	h.pass(2 * time.Minute)
	list := h.board.Incidents("", 10)
	if len(list) != 2 || !list[1].Open() || list[0].Open() || list[1].ID != i.ID {
		t.Fatalf("incidents %+v", list)
	}
	if page := h.board.Incidents(list[0].ID, 10); len(page) != 1 || page[0].ID != i.ID {
		t.Errorf("before the newest: %+v", page)
	}
	if _, err := h.board.Note(i.ID, "key_test_A", "", true); !errors.Is(err, status.ErrInvalid) {
		t.Errorf("an empty note: %v", err)
	}
	if _, err := h.board.Note("inc_test_X", "key_test_A", "x", false); !errors.Is(err, status.ErrUnknown) {
		t.Errorf("of none: %v", err)
	}
	if over, err := h.board.Note(i.ID, "key_test_A", "Done.", true); err != nil || over.Open() {
		t.Errorf("resolved: %+v %v", over, err)
	}
	if _, err := h.board.Note(i.ID, "key_test_A", "Again.", true); !errors.Is(err, status.ErrOver) {
		t.Errorf("resolved twice: %v", err)
	}
	if after, err := h.board.Note(i.ID, "key_test_A", "It was a cable.", false); err != nil || len(after.Notes) != 3 {
		t.Errorf("a note afterwards: %+v %v", after, err)
	}
	h.start()
	if kept, err := h.board.Incident(i.ID); err != nil || len(kept.Notes) != 3 || kept.Open() {
		t.Errorf("in a new process: %+v %v", kept, err)
	}
}

// TestThePageTellsEverybodyAndNobodysBusiness: people and programs read it without a key, and it names no key.
func TestThePageTellsEverybodyAndNobodysBusiness(t *testing.T) {
	h := newHouse(t)
	if _, err := h.board.Open(status.NewIncident{Title: "Slow <answers>", Text: "We look into it.", By: "key_test_SECRET"}); err != nil {
		t.Fatal(err)
	}
	h.figures.Store.Failed = true
	h.pass(time.Minute)
	page, err := status.NewPage(h.board, "test")
	if err != nil {
		t.Fatal(err)
	}
	get := func(method, path string) (int, http.Header, string) {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		text, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.Code, w.Header(), string(text)
	}
	code, header, text := get("GET", "/status")
	for _, want := range []string{"Something does not work", "Record of payments", "Not working", "The record cannot be written.", "Slow &lt;answers&gt;", "We look into it.", "viewport"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if code != 200 || !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(text, "SECRET") || strings.Contains(text, "<script") {
		t.Errorf("the page: %d %v", code, header)
	}
	code, header, text = get("GET", "/status.json")
	var d struct {
		State      status.State
		Components []status.Row
		Incidents  []status.Incident
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil || code != 200 || header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %s", code, err, text)
	}
	if d.State != status.Down || len(d.Components) != 7 || len(d.Components[6].Days) != 90 || len(d.Incidents) != 2 || d.Incidents[1].OpenedBy != "operator" || strings.Contains(text, "SECRET") {
		t.Errorf("JSON %s", text)
	}
	if code, _, _ = get("POST", "/status"); code != 405 {
		t.Errorf("POST: %d", code)
	}
}
