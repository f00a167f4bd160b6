package terminallog_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/estate"
	"kassa/journal"
	"kassa/store/sqlite"
	"kassa/support/terminallog"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// world is a store, a stock and terminals that the test holds in its hands.
type world struct {
	t     *testing.T
	store *sqlite.Store
	k     *terminallog.Keeper
	now   time.Time

	mu        sync.Mutex
	devices   map[string]estate.Device
	terminals map[string]estate.Terminal
	log       map[string][]terminallog.Line
	fail      error
	asked     []terminallog.Question
	perChunk  int
	dieAt     int // the commit that is lost; 0 for none
	commits   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	w := &world{t: t, store: store, now: noon, perChunk: 3, devices: map[string]estate.Device{}, terminals: map[string]estate.Terminal{}, log: map[string][]terminallog.Line{}}
	w.bind("P2-A", "T1", "1", "100")
	w.bind("P2-B", "T2", "1", "200")
	w.bind("P2-C", "T3", "2", "300")
	w.restart()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) bind(serial, tid, account, group string) {
	w.devices[serial] = estate.Device{POIID: serial, TID: tid, Account: account}
	w.terminals[tid] = estate.Terminal{TID: tid, POIID: serial, Account: account, Group: group}
}

func (w *world) restart() {
	w.t.Helper()
	var err error
	w.k, err = terminallog.New(terminallog.Config{
		Store: w, Stock: w, Terminals: w, Environment: "test", Now: func() time.Time { return w.now }, Random: rand.Reader,
	})
	must(w.t, err)
}

func (w *world) Device(id string) (estate.Device, bool)      { d, ok := w.devices[id]; return d, ok }
func (w *world) Terminal(id string) (estate.Terminal, bool)  { t, ok := w.terminals[id]; return t, ok }
func (w *world) Load(s string) (journal.Stream, bool, error) { return w.store.Load(s) }
func (w *world) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	return w.store.Streams(kind, after, limit)
}

// Submit loses a commit where the process dies.
func (w *world) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	w.mu.Lock()
	w.commits++
	dead := w.dieAt > 0 && w.commits >= w.dieAt
	w.mu.Unlock()
	if dead {
		done(journal.Receipt{}, errors.New("the power is cut"))
		return
	}
	w.store.Submit(b, done)
}

func (w *world) Collect(_ context.Context, tid string, q terminallog.Question) (c terminallog.Chunk, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked = append(w.asked, q); w.fail != nil {
		return c, w.fail
	}
	for _, l := range w.log[tid] {
		switch {
		case l.N <= q.After || l.At().Before(q.From) || !l.At().Before(q.Until):
		case len(c.Lines) == w.perChunk:
			c.Left++
		default:
			c.Lines = append(c.Lines, l)
		}
	}
	return c, nil
}

// wrote puts lines into a terminal's log, a second apart.
func (w *world) wrote(tid string, first uint64, from time.Time, n int) {
	for i := range n {
		w.log[tid] = append(w.log[tid], terminallog.Line{
			N: first + uint64(i), AtMS: from.Add(time.Duration(i) * time.Second).UnixMilli(), Part: "link", Text: fmt.Sprintf("%s line %d", tid, first+uint64(i)),
		})
	}
}

func (w *world) work() error { return w.k.Work(context.Background()) }

func (w *world) task(id string) terminallog.Task {
	w.t.Helper()
	t, err := w.k.Task(id)
	must(w.t, err)
	return t
}

func (w *world) past(serials ...string) terminallog.Task {
	w.t.Helper()
	t, err := w.k.Make(terminallog.Ask{Type: "syslog", Kind: "last_two_hours", Serials: serials, By: "me"})
	must(w.t, err)
	return t
}

func TestATaskRunsAfterItsReleaseOnly(t *testing.T) {
	w := newWorld(t)
	w.wrote("T1", 1, noon.Add(-3*time.Hour), 2)
	w.wrote("T1", 3, noon.Add(-time.Hour), 8)
	task := w.past("P2-A")
	must(t, w.work())
	if len(w.asked) != 0 || w.task(task.ID).State != terminallog.Draft {
		t.Fatalf("a draft asks %v", w.asked)
	}
	_, err := w.k.Release(task.ID, "you")
	must(t, err)
	must(t, w.work())
	got := w.task(task.ID)
	if got.State != terminallog.Ready || got.Devices[0].Lines != 8 || got.Devices[0].Chunks != 3 || got.ReleasedBy != "you" || got.Group != "100" {
		t.Fatalf("%+v", got)
	}
	lines, err := w.k.Lines(task.ID, "P2-A")
	must(t, err)
	if len(lines) != 8 || lines[0].N != 3 || lines[7].Text != "T1 line 10" {
		t.Errorf("%v", lines)
	}
	if _, err := w.k.Release(task.ID, "you"); !errors.Is(err, terminallog.ErrState) {
		t.Errorf("released twice: %v", err)
	}
	if _, err := w.k.Lines(task.ID, "P2-B"); !errors.Is(err, terminallog.ErrUnknown) {
		t.Errorf("the log of another device: %v", err)
	}
	if text := string(terminallog.Text(lines[:1])); text != "2026-11-25T11:00:00.000Z\t3\tlink\t-\tT1 line 3\n" {
		t.Errorf("%q", text)
	}
}

// TestNothingIsLostOrDoubledWhereverItDies cuts the power at each commit of a transfer.
func TestNothingIsLostOrDoubledWhereverItDies(t *testing.T) {
	for at := 1; at <= 5; at++ {
		w := newWorld(t)
		w.wrote("T1", 1, noon.Add(-time.Hour), 10)
		task := w.past("P2-A")
		_, err := w.k.Release(task.ID, "me")
		must(t, err)
		w.dieAt = w.commits + at
		_ = w.work()
		w.dieAt = 0
		w.restart()
		for range 3 {
			w.now = w.now.Add(5 * time.Second)
			must(t, w.work())
		}
		lines, err := w.k.Lines(task.ID, "P2-A")
		must(t, err)
		for i, l := range lines {
			if l.N != uint64(i+1) {
				t.Fatalf("died at %d: line %d is %d", at, i, l.N)
			}
		}
		if got := w.task(task.ID); len(lines) != 10 || got.State != terminallog.Ready || got.Devices[0].Gaps != 0 {
			t.Errorf("died at %d: %d lines, %+v", at, len(lines), got)
		}
	}
}

func TestARecordingFollowsItsWindow(t *testing.T) {
	w := newWorld(t)
	ask := terminallog.Ask{Type: "syslog", Kind: "recording", Serials: []string{"P2-A", "P2-B"}, From: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)}
	task, err := w.k.Make(ask)
	must(t, err)
	_, err = w.k.Release(task.ID, "me")
	must(t, err)
	must(t, w.work())
	if len(w.asked) != 0 {
		t.Error("it asks before its start")
	}
	w.wrote("T1", 5, ask.From, 2)
	w.wrote("T1", 9, ask.From.Add(10*time.Minute), 2) // the ring has lost two
	w.wrote("T2", 1, ask.From.Add(-time.Minute), 1)
	w.now = ask.From.Add(30 * time.Minute)
	must(t, w.work())
	if got := w.task(task.ID); got.State != terminallog.Collecting || got.Devices[0].Lines != 4 || got.Devices[0].Gaps != 1 || got.Group != "" {
		t.Errorf("%+v", got)
	}
	w.fail = terminallog.ErrOffline
	w.now = ask.Until.Add(time.Minute)
	must(t, w.work())
	if got := w.task(task.ID); got.State != terminallog.Collecting || !strings.Contains(got.Devices[1].Reason, "offline") {
		t.Errorf("%+v", got)
	}
	w.fail = nil
	w.wrote("T1", 11, ask.Until.Add(-time.Minute), 1)
	w.now = ask.Until.Add(2 * time.Minute)
	must(t, w.work())
	if got := w.task(task.ID); got.State != terminallog.Ready || got.Devices[0].Lines != 5 || got.Devices[1].Lines != 0 {
		t.Errorf("%+v", got)
	}
	late, err := w.k.Make(terminallog.Ask{Type: "syslog", Kind: "recording", Serials: []string{"P2-A"}, From: w.now.Add(time.Minute), Until: w.now.Add(time.Hour)})
	must(t, err)
	w.now = w.now.Add(2 * time.Minute)
	if _, err := w.k.Release(late.ID, "me"); !errors.Is(err, terminallog.ErrState) {
		t.Errorf("released after its start: %v", err)
	}
}

func TestWhatEndsATaskWithoutLines(t *testing.T) {
	w := newWorld(t)
	old, gone, moved := w.past("P2-A"), w.past("P2-B"), w.past("P2-C")
	for _, task := range []terminallog.Task{old, moved} {
		_, err := w.k.Release(task.ID, "me")
		must(t, err)
	}
	w.bind("P2-C", "T3", "1", "100") // another account has it now
	w.fail = terminallog.ErrNoAnswer
	for range 5 {
		must(t, w.work())
		w.now = w.now.Add(time.Minute)
	}
	if got := w.task(old.ID); got.State != terminallog.Failed || !strings.Contains(got.Reason, "too old") {
		t.Errorf("%+v", got)
	}
	if got := w.task(moved.ID); got.State != terminallog.Failed || !strings.Contains(got.Reason, "any more") {
		t.Errorf("%+v", got)
	}
	w.fail = terminallog.ErrOffline
	_, err := w.k.Release(gone.ID, "me")
	must(t, err)
	must(t, w.work())
	w.now = w.now.Add(25 * time.Hour)
	must(t, w.work())
	if got := w.task(gone.ID); got.State != terminallog.Failed || !strings.Contains(got.Reason, "24 hours") {
		t.Errorf("%+v", got)
	}
}

func TestLinesFromBeforeTheDeviceWasTheirsAreNotShown(t *testing.T) {
	w := newWorld(t)
	w.wrote("T1", 1, noon.Add(-time.Hour), 1)
	w.wrote("T1", 2, noon.Add(-time.Minute), 1)
	mine := w.terminals["T1"]
	mine.ActivatedAt = noon.Add(-30 * time.Minute)
	w.terminals["T1"] = mine
	task := w.past("P2-A")
	_, err := w.k.Release(task.ID, "me")
	must(t, err)
	must(t, w.work())
	lines, err := w.k.Lines(task.ID, "P2-A")
	must(t, err)
	if len(lines) != 1 || lines[0].N != 2 {
		t.Errorf("%v", lines)
	}
	for _, who := range [][2]string{{"2", ""}, {"1", "200"}} {
		if lines, err := w.k.Around(t.Context(), who[0], who[1], "P2-A", noon); err != nil || len(lines) != 0 {
			t.Errorf("%v sees %v, %v", who, lines, err)
		}
	}
	w.wrote("T1", 3, noon, 1)
	for _, group := range []string{"", "100"} {
		if lines, err := w.k.Around(t.Context(), "1", group, "P2-A", noon); err != nil || len(lines) != 2 {
			t.Errorf("around: %v, %v", lines, err)
		}
	}
	w.fail = terminallog.ErrOffline
	if lines, err := w.k.Around(t.Context(), "1", "100", "P2-A", noon); err != nil || len(lines) != 1 {
		t.Errorf("around, offline: %v, %v", lines, err)
	}
}

func TestExpiryEmptiesTheStore(t *testing.T) {
	w := newWorld(t)
	w.wrote("T1", 1, noon.Add(-time.Hour), 10)
	task, draft := w.past("P2-A"), w.past("P2-A")
	_, err := w.k.Release(task.ID, "me")
	must(t, err)
	must(t, w.work())
	w.now = w.now.Add(terminallog.Keep - time.Minute)
	must(t, w.work())
	if got := w.task(task.ID); got.State != terminallog.Ready {
		t.Fatalf("%+v", got)
	}
	w.now = w.now.Add(2 * time.Minute)
	w.dieAt = w.commits + 1
	if w.work() == nil {
		t.Error("a commit that fails is no error")
	}
	w.dieAt = 0
	w.restart()
	must(t, w.work())
	for _, id := range []string{task.ID, draft.ID} {
		if got := w.task(id); got.State != terminallog.Expired {
			t.Errorf("%+v", got)
		}
	}
	if _, err := w.k.Lines(task.ID, "P2-A"); !errors.Is(err, terminallog.ErrState) {
		t.Errorf("lines after expiry: %v", err)
	}
	chunks, err := w.store.Streams("terminallogchunk", "", 100)
	must(t, err)
	for _, c := range chunks {
		if !bytes.Equal(c.State, []byte("{}")) {
			t.Errorf("%s holds %s", c.ID, c.State)
		}
	}
	if len(chunks) == 0 {
		t.Error("there was no chunk")
	}
}

func TestWhatIsAskedForIsChecked(t *testing.T) {
	w := newWorld(t)
	w.devices["P2-D"] = estate.Device{POIID: "P2-D"}
	hour := noon.Add(time.Hour)
	many := strings.Split(strings.Repeat("P2-A ", 21), " ")
	for want, ask := range map[string]terminallog.Ask{
		"type: must be syslog":      {Type: "core", Kind: "recording", Serials: []string{"P2-A"}, From: hour, Until: hour.Add(1)},
		"kind: must be":             {Type: "syslog", Serials: []string{"P2-A"}, From: hour, Until: hour.Add(1)},
		"from: must be later":       {Type: "syslog", Kind: "recording", Serials: []string{"P2-A"}, From: noon, Until: hour},
		"from: must be within":      {Type: "syslog", Kind: "recording", Serials: []string{"P2-A"}, From: noon.Add(200 * time.Hour), Until: noon.Add(201 * time.Hour)},
		"until: must be later":      {Type: "syslog", Kind: "recording", Serials: []string{"P2-A"}, From: hour, Until: hour},
		"until: must be at most":    {Type: "syslog", Kind: "recording", Serials: []string{"P2-A"}, From: hour, Until: hour.Add(25 * time.Hour)},
		"from: does not go":         {Type: "syslog", Kind: "last_two_hours", Serials: []string{"P2-A"}, From: hour},
		"serials: must be 1 to 20":  {Type: "syslog", Kind: "last_two_hours", Serials: many},
		"serials: must be devices":  {Type: "syslog", Kind: "last_two_hours", Serials: []string{"P2-A", "P2-C"}},
		"serials: P2-A is there":    {Type: "syslog", Kind: "last_two_hours", Serials: []string{"P2-A", "P2-A"}},
		"serials: there is no":      {Type: "syslog", Kind: "last_two_hours", Serials: []string{"P2-X"}},
		"serials: P2-D is bound to": {Type: "syslog", Kind: "last_two_hours", Serials: []string{"P2-D"}},
	} {
		if _, err := w.k.Make(ask); !errors.Is(err, terminallog.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if len(w.k.Tasks()) != 0 {
		t.Error("something was made")
	}
	for range terminallog.MaxOpen {
		w.past("P2-A")
	}
	if _, err := w.k.Make(terminallog.Ask{Type: "syslog", Kind: "last_two_hours", Serials: []string{"P2-A"}}); !errors.Is(err, terminallog.ErrState) {
		t.Errorf("one more than may wait: %v", err)
	}
}
