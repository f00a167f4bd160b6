package support_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"image"
	"image/png"
	"path/filepath"
	"testing"
	"time"

	"kassa/estate"
	"kassa/hsm"
	"kassa/journal"
	"kassa/store/sqlite"
	"kassa/support"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

var errPower = errors.New("the power is cut")

// mortal is a store whose process dies at one of its commits: before it, or after it and before anybody hears.
type mortal struct {
	*sqlite.Store
	commits int
	dieAt   int // 0 for never
	after   bool
	dead    bool
}

func (m *mortal) Submit(batch journal.Batch, done func(journal.Receipt, error)) {
	m.commits++
	switch {
	case m.dead:
		done(journal.Receipt{}, errPower)
	case m.commits != m.dieAt:
		m.Store.Submit(batch, done)
	case m.after:
		m.dead = true
		kept := make(chan struct{})
		m.Store.Submit(batch, func(journal.Receipt, error) { close(kept) })
		<-kept
		done(journal.Receipt{}, errPower)
	default:
		m.dead = true
		done(journal.Receipt{}, errPower)
	}
}

// links are devices that the test holds in its hands.
type links struct {
	online map[string]bool
	told   []string
}

func (l *links) DeviceOnline(poiid string) bool { return l.online[poiid] }

func (l *links) InjectKeys(poiid, id string) error {
	if !l.online[poiid] {
		return errors.New("offline")
	}
	l.told = append(l.told, poiid+" "+id)
	return nil
}

// world is the jobs with the real estate, store and secure module.
type world struct {
	*support.Desk
	t      *testing.T
	store  *mortal
	estate *estate.Registry
	secure *hsm.Module
	links  *links
	env    estate.Environment
	now    time.Time
	tid    string
	code   string // of another terminal
}

func newWorld(t *testing.T, env estate.Environment) *world {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlite.Open(filepath.Join(dir, "kassa.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	w := &world{t: t, store: &mortal{Store: store}, links: &links{online: map[string]bool{}}, env: env, now: noon}
	w.secure, err = hsm.Open(filepath.Join(dir, "hsm"), rand.Reader, hsm.Options{})
	must(t, err)
	w.reopen()
	a, err := w.estate.MakeAccount(noon, estate.Account{Name: "Bar"})
	must(t, err)
	g, err := w.estate.MakeGroup(noon, estate.Group{Account: a.ID, Name: "Bar", Merchant: estate.Merchant{Country: "NL"}})
	must(t, err)
	term, code, err := w.estate.BoardTerminal(noon, g.ID, "Counter", "")
	must(t, err)
	w.tid = term.TID
	_, w.code, err = w.estate.BoardTerminal(noon, g.ID, "Terrace", "")
	must(t, err)
	for _, poiid := range []string{"P2-1", "P2-2", "P3MIX-2"} {
		_, err := w.estate.BoardDevice(noon, poiid)
		must(t, err)
	}
	w.keyed("P2-1")
	_, _, no, err := w.estate.Activate(noon, "P2-1", code)
	must(t, err)
	if no.Refused() {
		t.Fatal(no.Text())
	}
	return w
}

// reopen is the same data after the process has ended.
func (w *world) reopen() {
	w.t.Helper()
	w.store.dead, w.store.dieAt, w.store.commits = false, 0, 0
	var err error
	w.estate, err = estate.Open(w.store, w.secure, rand.Reader, w.env)
	must(w.t, err)
	w.Desk, err = support.Open(support.Config{
		Store: w.store, Vault: w.secure, Estate: w.estate, Links: w.links, Environment: w.env, Random: rand.Reader,
		Now: func() time.Time { return w.now },
	})
	must(w.t, err)
}

// keyed gives a device an initial key that it confirms.
func (w *world) keyed(poiid string) {
	w.t.Helper()
	n, err := w.estate.AllocateDeviceNumber(w.now, poiid)
	must(w.t, err)
	must(w.t, w.estate.RecordInjection(w.now, poiid, n, "00000000000000AB", "ABCDEF"))
	must(w.t, w.estate.ConfirmKeys(w.now, poiid, "00000000000000AB", "ABCDEF"))
}

func (w *world) device(poiid string) estate.Device {
	d, _ := w.estate.Device(poiid)
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wrong fails unless an error is of a kind.
func wrong(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v", what, err)
	}
}

func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 60, 60))
	if _, err := rand.Read(img.Pix); err != nil { // so that it is larger than a secret may be
		t.Fatal(err)
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

func address() support.Address {
	return support.Address{Name: "Bar", Street: "Kade 1", PostalCode: "1012 LG", City: "Amsterdam", Country: "NL"}
}

// other is another code of as many digits.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}
