package cases_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/hsm"
	"kassa/store/sqlite"
	"kassa/support/cases"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is the cases with the real store and secure module.
type world struct {
	*cases.Shelf
	t      *testing.T
	store  *sqlite.Store
	secure *hsm.Module
	now    time.Time
}

// Of knows terminals "A-1", "B-1": the first letter is the account's.
func (*world) Of(who cases.Who, about cases.Subject) (cases.Facts, error) {
	if about.Kind == "" {
		return cases.Facts{Account: who.Account, Group: who.Group, Contact: "help@kassa.example"}, nil
	}
	account, _, _ := strings.Cut(about.ID, "-")
	return cases.Facts{
		Account: account, Group: account + "g", TID: about.ID, Serial: "P2-" + about.ID, Title: "Terminal " + about.ID, Contact: "pos@kassa.example",
		Lines: []string{"12:00 offline " + about.ID},
	}, nil
}

func (*world) Around(serial string, at time.Time) ([]cases.LogFile, error) {
	return []cases.LogFile{{Name: "../syslog", Body: []byte(serial + " at " + at.Format(time.TimeOnly))}}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, now: noon}
	var err error
	w.store, err = sqlite.Open(filepath.Join(dir, "kassa.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, w.store.Close()) })
	w.secure, err = hsm.Open(filepath.Join(dir, "hsm"), rand.Reader, hsm.Options{})
	must(t, err)
	w.reopen()
	return w
}

func (w *world) reopen() {
	w.t.Helper()
	var err error
	w.Shelf, err = cases.New(cases.Config{
		Store: w.store, Vault: w.secure, Known: w, Logs: w, Environment: "test", Random: rand.Reader,
		Now: func() time.Time { w.now = w.now.Add(time.Second); return w.now },
	})
	must(w.t, err)
}

func (w *world) opened(who cases.Who, tid string) cases.Case {
	w.t.Helper()
	c, err := w.Open(who, cases.Asked{Subject: cases.Subject{Kind: cases.AboutTerminal, ID: tid}, Note: "it does nothing: " + tid})
	must(w.t, err)
	return c
}

func png() []byte { return []byte("\x89PNG\r\n\x1a\n and so on") }
func mp4() []byte { return append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), 1, 2, 3) }

var anna = cases.Who{Account: "A", By: "key_anna"}

func TestACaseIsFilledInAndKept(t *testing.T) {
	w := newWorld(t)
	c := w.opened(anna, "A-1")
	if c.Title != "Terminal A-1" || c.Contact != "pos@kassa.example" || c.Account != "A" || c.Group != "Ag" || c.State != cases.Open ||
		len(c.Facts) != 1 || c.Facts[0].Serial != "P2-A-1" || len(c.Notes) != 1 {
		t.Errorf("%+v", c)
	}
	_, err := w.Move(anna, c.ID, cases.Waiting)
	must(t, err)
	c, err = w.Note(anna, c.ID, "it is on again")
	must(t, err)
	if c.State != cases.Open {
		t.Errorf("a note leaves the case %s", c.State)
	}
	_, err = w.Attach(anna, c.ID, `C:\pictures\screen.png`, png())
	must(t, err)
	c, err = w.Attach(anna, c.ID, "film.mp4", mp4())
	must(t, err)
	w.reopen()
	again, err := w.Find(anna, c.ID)
	must(t, err)
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
	a, body, err := w.File(anna, c.ID, c.Attachments[0].ID)
	must(t, err)
	if a.Name != "screen.png" || a.Type != "image/png" || !bytes.Equal(body, png()) || c.Attachments[1].Type != "video/mp4" {
		t.Errorf("%+v %+v", a, c.Attachments)
	}
	stream, _, err := w.store.Load("casefile/" + a.ID)
	must(t, err)
	if bytes.Contains(stream.State, []byte("and so on")) {
		t.Error("the file is kept in clear")
	}
}

func TestWhatACaseRefuses(t *testing.T) {
	w := newWorld(t)
	c := w.opened(anna, "A-1")
	for field, try := range map[string]func() error{
		"subject/kind": func() error {
			_, err := w.Open(anna, cases.Asked{Subject: cases.Subject{Kind: "shop", ID: "1"}})
			return err
		},
		"subject/id": func() error { _, err := w.Open(anna, cases.Asked{Subject: cases.Subject{Kind: "order"}}); return err },
		"title":      func() error { _, err := w.Open(anna, cases.Asked{}); return err },
		"note": func() error {
			_, err := w.Open(anna, cases.Asked{Title: "x", Note: "card 4111 1111 1111 1111"})
			return err
		},
		"text":  func() error { _, err := w.Note(anna, c.ID, ""); return err },
		"state": func() error { _, err := w.Move(anna, c.ID, "lost"); return err },
		"into":  func() error { _, err := w.Merge(anna, c.ID, c.ID); return err },
		"file": func() error {
			_, err := w.Attach(anna, c.ID, "a.png", []byte("\x7fELF\x02\x01\x01\x00\x00"))
			return err
		},
		"name": func() error { _, err := w.Attach(anna, c.ID, strings.Repeat("n", 101), png()); return err },
	} {
		if err := try(); !errors.Is(err, cases.ErrInvalid) || !strings.Contains(err.Error(), ": "+field+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	big := append(png(), make([]byte, cases.MaxFile)...)
	if _, err := w.Attach(anna, c.ID, "big.png", big); !errors.Is(err, cases.ErrInvalid) {
		t.Errorf("too big: %v", err)
	}
	for i := range 40 {
		_, err := w.Attach(anna, c.ID, fmt.Sprintf("%d.png", i), png())
		must(t, err)
	}
	if _, err := w.Attach(anna, c.ID, "more.png", png()); !errors.Is(err, cases.ErrFull) {
		t.Errorf("too many: %v", err)
	}
	after, err := w.Find(anna, c.ID)
	must(t, err)
	if len(after.Attachments) != 40 || len(after.Notes) != 1 {
		t.Errorf("what was refused changed the case: %+v", after)
	}
}

func TestTwoCasesBecomeOne(t *testing.T) {
	w := newWorld(t)
	first, second := w.opened(anna, "A-1"), w.opened(anna, "A-2")
	_, err := w.Attach(anna, first.ID, "one.png", png())
	must(t, err)
	_, err = w.Attach(anna, second.ID, "two.mp4", mp4())
	must(t, err)
	for range 2 { // the second time nothing changes
		c, err := w.Merge(anna, second.ID, first.ID)
		must(t, err)
		if len(c.Notes) != 2 || len(c.Attachments) != 2 || len(c.Facts) != 2 || len(c.Merged) != 1 || c.Merged[0] != second.ID {
			t.Errorf("%+v", c)
		}
		w.reopen()
	}
	gone, err := w.Find(anna, second.ID)
	must(t, err)
	if gone.Into != first.ID || gone.State != cases.Closed {
		t.Errorf("%+v", gone)
	}
	if _, err := w.Note(anna, second.ID, "still here?"); !errors.Is(err, cases.ErrState) {
		t.Errorf("a note on a merged case: %v", err)
	}
	var file bytes.Buffer
	must(t, w.Bundle(anna, first.ID, &file))
	z, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	must(t, err)
	got := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		body, err := io.ReadAll(r)
		must(t, err)
		got[f.Name] = string(body)
	}
	for name, holds := range map[string]string{
		"case.json": "12:00 offline A-2", "attachments/01-one.png": "and so on", "attachments/02-two.mp4": "mp42",
		"logs/P2-A-1/01-_syslog": "P2-A-1 at 12:00", "logs/P2-A-2/01-_syslog": "P2-A-2",
	} {
		if !strings.Contains(got[name], holds) {
			t.Errorf("%s does not hold %q; the bundle has %v", name, holds, got)
		}
	}
}

func TestACaseIsSeenByItsOwn(t *testing.T) {
	w := newWorld(t)
	c := w.opened(anna, "A-1")
	c, err := w.Attach(anna, c.ID, "one.png", png())
	must(t, err)
	for _, who := range []cases.Who{{Account: "B"}, {Account: "A", Group: "other"}, {}} {
		mine, err := w.Open(who, cases.Asked{Title: "mine"})
		if who.Account == "" {
			if !errors.Is(err, cases.ErrUnknown) {
				t.Errorf("nobody opens a case: %v", err)
			}
		} else {
			must(t, err)
		}
		_, find := w.Find(who, c.ID)
		_, note := w.Note(who, c.ID, "hello")
		_, move := w.Move(who, c.ID, cases.Closed)
		_, attach := w.Attach(who, c.ID, "x.png", png())
		_, _, file := w.File(who, c.ID, c.Attachments[0].ID)
		_, merge := w.Merge(who, c.ID, mine.ID)
		_, other := w.Merge(who, mine.ID, c.ID)
		_, open := w.Open(who, cases.Asked{Subject: cases.Subject{Kind: cases.AboutTerminal, ID: "A-1"}})
		for i, err := range []error{find, note, move, attach, file, merge, other, open, w.Bundle(who, c.ID, io.Discard)} {
			if !errors.Is(err, cases.ErrUnknown) {
				t.Errorf("%+v, step %d: %v", who, i, err)
			}
		}
		seen, _, err := w.List(who, cases.Filter{})
		must(t, err)
		for _, listed := range seen {
			if listed.ID == c.ID {
				t.Errorf("%+v lists it", who)
			}
		}
	}
	if got, _, err := w.List(cases.Who{Operator: true}, cases.Filter{State: cases.Open}); err != nil || len(got) < 3 {
		t.Errorf("the operator lists %d, %v", len(got), err)
	}
}

func TestCasesAreListedByPages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for range 5 {
		c := w.opened(anna, "A-1")
		want = append(want, c.ID)
	}
	slices.Sort(want)
	closed, err := w.Move(anna, want[0], cases.Closed)
	must(t, err)
	var got []string
	for after := ""; ; {
		page, next, err := w.List(anna, cases.Filter{State: cases.Open, After: after, Limit: 2})
		must(t, err)
		for _, c := range page {
			got = append(got, c.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	if slices.Sort(got); !slices.Equal(got, want[1:]) {
		t.Errorf("the pages have %v, want %v without %s", got, want, closed.ID)
	}
	for field, f := range map[string]cases.Filter{"state": {State: "lost"}, "after": {After: "x"}} {
		if _, _, err := w.List(anna, f); !errors.Is(err, cases.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
