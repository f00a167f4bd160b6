package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/journal"
	"kassa/mail"
	"kassa/sim/disk"
	"kassa/virtual/inbox"
)

// record is a pretended disk behind a lock.
type record struct {
	mu   sync.Mutex
	disk *disk.Disk
}

func (r *record) Load(stream string) (journal.Stream, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Load(stream)
}

func (r *record) OpenStreams(kind string, each func(journal.Stream) error) error {
	r.mu.Lock()
	var open []journal.Stream
	err := r.disk.OpenStreams(kind, func(s journal.Stream) error { open = append(open, s); return nil })
	r.mu.Unlock()
	for _, s := range open {
		if err == nil {
			err = each(s)
		}
	}
	return err
}

func (r *record) Commit(_ context.Context, b journal.Batch) (receipt journal.Receipt, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.disk.Submit(b, func(at journal.Receipt, no error) { receipt, err = at, no })
	r.disk.Flush(-1)
	return receipt, err
}

// world is an outbox with a real mail server in front of it.
type world struct {
	t      *testing.T
	record *record
	box    *inbox.Mailbox
	server mail.Server
	outbox *mail.Outbox

	mu     sync.Mutex
	now    time.Time
	broken error // what Write fails with
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func newWorld(t *testing.T) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, record: &record{disk: disk.New()}, box: inbox.NewMailbox(time.Now), now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.box.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	w.server = mail.Server{Address: func() string { return l.Addr().String() }, From: "receipts@example.com", Plain: true}
	w.outbox, err = mail.New(mail.Config{Store: w.record, Now: w.clock, Send: w.server.Send, Write: w.write})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) write(wish mail.Wish) (mail.Letter, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return mail.Letter{
		Subject: "Café: your receipt " + wish.Order, Text: "TOTAL EUR 13.75", HTML: "<p>TOTAL EUR 13.75</p>", PDF: []byte("%PDF-1.3"), Name: "r.pdf",
	}, wish.Order != "none", w.broken
}

// run runs the outbox until the letter stands at a status.
func (w *world) run(id string, want mail.Status, tries int) mail.State {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.outbox.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}()
	deadline := time.After(10 * time.Second)
	for {
		var s mail.State
		stream, _, _ := w.record.Load("mail/" + id)
		_ = json.Unmarshal(stream.State, &s)
		if s.Status == want && s.Tries == tries {
			return s
		}
		select {
		case <-deadline:
			w.t.Fatalf("the letter stands at %+v, want %s after %d tries", s, want, tries)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (w *world) letters() (list []inbox.Received) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.box.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	for line := range strings.Lines(rec.Body.String()) {
		var m inbox.Received
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			w.t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func (w *world) ask(wish mail.Wish) {
	w.t.Helper()
	if err := w.outbox.Ask(w.t.Context(), wish); err != nil {
		w.t.Fatal(err)
	}
}

func TestALetterIsSentOnce(t *testing.T) {
	w := newWorld(t)
	wish := mail.Wish{ID: "57001-M-1", Scope: "57001", Order: "HR60J2F2O0", To: "guest@example.com"}
	w.ask(wish)
	w.ask(wish)
	w.run(wish.ID, mail.Sent, 1)
	w.ask(wish)
	list := w.letters()
	if len(list) != 1 {
		t.Fatalf("%d letters", len(list))
	}
	m := list[0]
	if m.From != "receipts@example.com" || len(m.To) != 1 || m.To[0] != "guest@example.com" || m.Subject != "Café: your receipt HR60J2F2O0" {
		t.Errorf("letter %+v", m)
	}
	for _, want := range []string{"TOTAL EUR 13.75", "text/html", "application/pdf", "r.pdf"} {
		if !strings.Contains(m.Raw, want) {
			t.Errorf("the letter lacks %s", want)
		}
	}
}

func TestARefusedLetterIsTriedAgainAndGivenUp(t *testing.T) {
	w := newWorld(t)
	refuse := func(text string) {
		w.box.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"refuse":"`+text+`"}`)))
	}
	refuse("mailbox is being moved")
	for _, id := range []string{"a", "b"} {
		w.ask(mail.Wish{ID: id, Order: "X", To: "guest@example.com"})
	}
	s := w.run("a", mail.Waiting, 1)
	if !strings.Contains(s.Failure, "mailbox is being moved") || s.Due.Sub(w.clock()) != time.Minute {
		t.Errorf("after a refusal: %+v", s)
	}
	for try := 2; try <= 5; try++ {
		w.run("b", mail.Waiting, try-1)
		w.mu.Lock()
		w.now = w.now.Add(8 * time.Hour)
		w.mu.Unlock()
		w.run("a", mail.Waiting, try)
	}
	refuse("")
	w.mu.Lock()
	w.now = w.now.Add(8 * time.Hour)
	w.mu.Unlock()
	w.run("a", mail.Sent, 6)
	refuse("no")
	w.ask(mail.Wish{ID: "c", Order: "X", To: "guest@example.com"})
	for try := 1; try <= 5; try++ {
		w.run("c", mail.Waiting, try)
		w.mu.Lock()
		w.now = w.now.Add(8 * time.Hour)
		w.mu.Unlock()
	}
	w.run("c", mail.GivenUp, 6)
}

func TestALetterThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	w.ask(mail.Wish{ID: "none", Order: "none", To: "guest@example.com"})
	w.run("none", mail.GivenUp, 1)
	w.mu.Lock()
	w.broken = errors.New("the order cannot be read")
	w.mu.Unlock()
	w.ask(mail.Wish{ID: "later", Order: "X", To: "guest@example.com"})
	w.run("later", mail.Waiting, 1)
	w.mu.Lock()
	w.broken, w.now = nil, w.now.Add(time.Minute)
	w.mu.Unlock()
	w.run("later", mail.Sent, 2)
}

// TestACrashBeforeTheRecordSendsTheSameLetterAgain, under the same Message-ID.
func TestACrashBeforeTheRecordSendsTheSameLetterAgain(t *testing.T) {
	w := newWorld(t)
	w.ask(mail.Wish{ID: "a", Order: "X", To: "guest@example.com"})
	letter, _, _ := w.write(mail.Wish{ID: "a", Order: "X"})
	if err := w.server.Send(t.Context(), "guest@example.com", "a", letter); err != nil { // and the process dies
		t.Fatal(err)
	}
	w.record.disk = w.record.disk.Crash()
	w.run("a", mail.Sent, 1)
	list := w.letters()
	if len(list) != 2 || list[0].ID == "" || list[0].ID != list[1].ID {
		t.Errorf("%d letters, ids %q", len(list), []string{list[0].ID, list[len(list)-1].ID})
	}
}

func TestAddresses(t *testing.T) {
	for _, good := range []string{"guest@example.com", "a.b+c@sub.example.nl"} {
		if err := mail.CheckAddress(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "guest", "guest@", "a b@example.com", "a@example.com\r\nBcc: x@example.com", "Guest <guest@example.com>",
		"a@example.com, b@example.com", "<a@example.com>", strings.Repeat("x", 250) + "@example.com", "é@example.com",
	} {
		if err := mail.CheckAddress(bad); !errors.Is(err, mail.ErrAddress) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
