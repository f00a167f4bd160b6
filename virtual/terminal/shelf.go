package terminal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/virtual/deck"
)

// maxTerminals bounds one process.
const maxTerminals = 1000

// Device is one terminal of a shelf, as terminals.json lists it.
type Device struct {
	POIID string `json:"poiid"`
	// Name is shown until the cloud says what the terminal is called.
	Name string `json:"name,omitempty"`
	// Code is an activation code to use without a person.
	Code string `json:"code,omitempty"`
	// Auto is a card of the deck ("visa:000") that is tapped by itself when the card screen shows;
	// AutoPIN is typed for it, 1234 when empty.
	Auto    string `json:"auto,omitempty"`
	AutoPIN string `json:"autoPIN,omitempty"`
	// Removed tells that the terminal is no more.
	Removed bool `json:"removed,omitempty"`
}

// ShelfConfig is what a process of terminals needs.
type ShelfConfig struct {
	Dir string // where the terminals keep their memory
	URL string // ws:// or wss://, the cloud's link path
	// CAFile names a PEM file of the authorities to trust; empty: those of the system.
	CAFile string
	// Devices are added to those that terminals.json in Dir lists.
	Devices []Device
	Now     func() time.Time
	Random  io.Reader
	Log     *slog.Logger
}

// Shelf is the terminals of one process.
type Shelf struct {
	cfg    ShelfConfig
	tls    *tls.Config
	cards  *cardBox
	random io.Reader
	lock   *os.File
	log    *slog.Logger

	mu    sync.Mutex
	units []*unit  // in the order of terminals.json
	gone  []string // POIIDs that were removed: a configuration that lists them brings none back
	life  context.Context
	wg    sync.WaitGroup
}

// Open reads the folder and makes the terminals, switched off.
func Open(cfg ShelfConfig) (*Shelf, error) {
	if cfg.Now == nil || cfg.Random == nil || cfg.Log == nil {
		return nil, errors.New("shelf: Now, Random and Log are required")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("shelf folder: %w", err)
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Shelf{cfg: cfg, lock: lock, log: cfg.Log, random: &sharedReader{r: cfg.Random}}
	if err := s.fill(cfg); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *Shelf) fill(cfg ShelfConfig) error {
	var err error
	if s.tls, err = trust(cfg.URL, cfg.CAFile); err != nil {
		return err
	}
	devices, err := listed(filepath.Join(cfg.Dir, "terminals.json"), cfg.Devices)
	if err != nil {
		return err
	}
	if s.cards, err = openCardBox(filepath.Join(cfg.Dir, "cards.json")); err != nil {
		return err
	}
	for _, d := range devices {
		if d.Removed {
			s.gone = append(s.gone, d.POIID)
			continue
		}
		u, err := s.unit(d, nil)
		if err != nil {
			return err
		}
		s.units = append(s.units, u)
	}
	return nil
}

// unit wakes a device. settings are what a new one begins with.
func (s *Shelf) unit(d Device, settings []Record) (*unit, error) {
	u := &unit{
		entry: d, url: s.cfg.URL, tls: s.tls, now: s.cfg.Now, log: s.log, cards: s.cards,
		feed: newFeed(), inbox: make(chan event, maxInbox), stopped: make(chan struct{}),
	}
	if err := u.wake(filepath.Join(s.cfg.Dir, d.POIID), s.random, settings); err != nil {
		return nil, fmt.Errorf("terminal %s: %w", d.POIID, err)
	}
	return u, nil
}

// wake reads the terminal's memory and shortens it.
func (u *unit) wake(dir string, random io.Reader, settings []Record) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	secret, err := deviceSecret(filepath.Join(dir, "secret"), random)
	if err != nil {
		return err
	}
	journal, records, err := openJournal(filepath.Join(dir, "journal"))
	if err != nil {
		return err
	}
	u.journal = journal
	if u.logbook, err = openLog(filepath.Join(dir, "log")); err != nil {
		return errors.Join(err, journal.close())
	}
	if len(records) == 0 {
		for _, r := range settings {
			if err := journal.append(r); err != nil {
				return errors.Join(err, journal.close())
			}
		}
		records = settings
	}
	u.machine, err = New(Config{POIID: u.entry.POIID, Secret: secret, ActivationCode: u.entry.Code}, records, random)
	if err != nil {
		return errors.Join(err, journal.close(), u.logbook.close())
	}
	u.status = u.machine.Status()
	if len(records) > 1 {
		return journal.compact(u.machine.Snapshot())
	}
	return nil
}

// deviceSecret is the 32 bytes that make the device this one: made once, readable by the owner only.
func deviceSecret(path string, random io.Reader) (s [32]byte, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := io.ReadFull(random, s[:]); err != nil {
			return s, fmt.Errorf("device secret: %w", err)
		}
		return s, replaceFile(path, s[:])
	}
	if err != nil {
		return s, fmt.Errorf("device secret: %w", err)
	}
	if len(raw) != len(s) {
		return s, errors.New("device secret: the file is not 32 bytes")
	}
	return [32]byte(raw), nil
}

// listed joins the file's terminals with those of the configuration, and writes what is new.
func listed(path string, more []Device) ([]Device, error) {
	var devices []Device
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("terminals.json: %w", err)
	default:
		if err := json.Unmarshal(raw, &devices); err != nil {
			return nil, fmt.Errorf("terminals.json: %w", err)
		}
	}
	added := false
	for _, d := range more {
		same := func(o Device) bool { return o.POIID == d.POIID }
		if i := slices.IndexFunc(devices, same); i >= 0 {
			if devices[i].Removed {
				continue
			}
			added = added || devices[i] != d
			devices[i] = d
			continue
		}
		devices, added = append(devices, d), true
	}
	if err := check(devices); err != nil {
		return nil, err
	}
	if !added {
		return devices, nil
	}
	return devices, writeList(path, devices)
}

func writeList(path string, devices []Device) error {
	out, err := json.MarshalIndent(devices, "", "  ")
	if err != nil {
		return fmt.Errorf("terminals.json: %w", err)
	}
	return replaceFile(path, append(out, '\n'))
}

func check(devices []Device) error {
	if len(devices) > maxTerminals {
		return fmt.Errorf("shelf: %d terminals, the most is %d", len(devices), maxTerminals)
	}
	seen := map[string]bool{}
	for _, d := range devices {
		switch {
		case !plainName(d.POIID):
			return fmt.Errorf("terminal %q: a POIID is 2 to 64 letters, digits, hyphens, dots or underscores", d.POIID)
		case seen[d.POIID]:
			return fmt.Errorf("terminal %s is listed twice", d.POIID)
		case len(d.Code) > maxCode:
			return fmt.Errorf("terminal %s: code is longer than %d characters", d.POIID, maxCode)
		}
		seen[d.POIID] = true
		if d.Auto == "" {
			continue
		}
		if _, err := deck.Parse(d.Auto); err != nil {
			return fmt.Errorf("terminal %s: auto: %w", d.POIID, err)
		}
	}
	return nil
}

// plainName holds for what is safe as a folder and in a link.
func plainName(s string) bool {
	if len(s) < 2 || len(s) > 64 || s[0] == '.' || s == "static" || s == "models" || s == "deck" {
		return false
	}
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" &&
		!strings.ContainsAny(s, "/\\")
}

func trust(rawURL, caFile string) (*tls.Config, error) {
	u, err := url.Parse(rawURL)
	if err != nil || (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "" {
		return nil, errors.New("shelf: URL is not ws:// or wss:// with a host")
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("CA file: no certificate in it")
	}
	return conf, nil
}

// Run switches the terminals on and returns when ctx has ended and all of them are off.
func (s *Shelf) Run(ctx context.Context) error {
	s.mu.Lock()
	s.life = ctx
	for _, u := range s.units {
		s.live(u)
	}
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock() // from here on nothing is added
	defer s.mu.Unlock()
	s.wg.Wait()
	return s.close()
}

// live switches a terminal on, with the lock held.
func (s *Shelf) live(u *unit) {
	ctx, cancel := context.WithCancel(s.life)
	u.end = cancel
	s.wg.Go(func() {
		defer cancel()
		u.run(ctx)
	})
	if u.entry.Auto != "" {
		s.wg.Go(func() { u.auto(ctx) })
	}
}

func (s *Shelf) close() error {
	var errs []error
	for _, u := range s.units {
		errs = append(errs, u.journal.close(), u.logbook.close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// all is the terminals that there are now.
func (s *Shelf) all() []*unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.units)
}

// find looks a terminal up by its POIID or its TID.
func (s *Shelf) find(id string) (*unit, bool) {
	units := s.all()
	for _, u := range units {
		if u.entry.POIID == id {
			return u, true
		}
	}
	for _, u := range units {
		if tid := u.state().TID; tid != "" && tid == id {
			return u, true
		}
	}
	return nil, false
}

// sharedReader lets many machines read one source of randomness.
type sharedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (s *sharedReader) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(p)
}
