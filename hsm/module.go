package hsm

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"kassa/card"
	"kassa/dukpt"
)

// The sizes of the keys, in bytes.
const (
	rootSize = 32
	aesSize  = 16 // BDK, initial keys, zone keys: AES-128
	sealSize = 32
	bdkID    = 4
)

// What each key derived from the root key is for (HKDF info).
const (
	purposeBDK    = "kassa.hsm.v1 base derivation key"
	purposeSecret = "kassa.hsm.v1 secret"
	purposeLookup = "kassa.hsm.v1 lookup"
	purposeEnter  = "kassa.hsm.v1 entered card"
)

// The files in a module's folder.
const (
	rootFile  = "hsm.root"
	stateFile = "hsm.json"
	zoneName  = "zone.json"
)

// Errors that tell the caller what to do. Errors about files are the other ones.
var (
	// ErrKSN tells that a KSN is malformed, has no key, or belongs to another base key.
	ErrKSN = errors.New("hsm: KSN is malformed or of an unknown base key")
	// ErrSealed tells that sealed data were not made by this terminal, for this purpose, as they are.
	ErrSealed = errors.New("hsm: sealed data do not open")
	// ErrPIN tells that a PIN block holds no PIN for this card.
	ErrPIN = errors.New("hsm: PIN block does not decrypt")
	// ErrEntered tells that what was typed in is not a card.
	ErrEntered = errors.New("hsm: not a card number, an expiry YYMM and a verification code of 3 or 4 digits")
	// ErrInjection tells that a terminal's request for a key is malformed.
	ErrInjection = errors.New("hsm: key injection request is malformed")
	// ErrSecret tells that a secret or its name is empty or too long.
	ErrSecret = errors.New("hsm: secret or its name is empty or too long")
)

// Zone holds the keys that are shared with the host: for PIN blocks and for MACs, AES-128 both.
type Zone struct {
	PIN card.Key
	MAC card.Key
}

// Options are what Open may be told.
type Options struct {
	// ZoneFile is where the zone keys are; empty means zone.json in the module's folder.
	ZoneFile string
}

// Module is an open secure module.
type Module struct {
	random *guarded
	id     [bdkID]byte
	bdk    card.Key
	zone   Zone
	secret card.Key // seals secrets
	lookup card.Key // hashes secrets
	enter  card.Key // seals cards that were typed in
}

// guarded lets goroutines share a source of randomness that was not made for that.
type guarded struct {
	mu  sync.Mutex
	src io.Reader
}

func (g *guarded) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, err := io.ReadFull(g.src, p)
	if err != nil {
		return n, fmt.Errorf("hsm: randomness: %w", err)
	}
	return n, nil
}

// Open opens the module of a folder, and makes its root key, base key and zone keys at the first
// start. It refuses files that others may read, that are damaged, or that do not belong together.
func Open(dir string, random io.Reader, opts Options) (*Module, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("hsm: make folder: %w", err)
	}
	m := &Module{random: &guarded{src: random}}
	root, err := ensureRoot(dir, m.random)
	if err != nil {
		return nil, err
	}
	if err := m.ensureBase(filepath.Join(dir, stateFile), root); err != nil {
		return nil, err
	}
	if opts.ZoneFile == "" {
		opts.ZoneFile = filepath.Join(dir, zoneName)
	}
	if err := EnsureZone(opts.ZoneFile, m.random); err != nil {
		return nil, err
	}
	if m.zone, err = readZone(opts.ZoneFile); err != nil {
		return nil, err
	}
	if err := m.takeRoot(root); err != nil {
		return nil, err
	}
	return m, nil
}

// NewInMemory makes a module with fresh keys that exists until it is dropped.
func NewInMemory(random io.Reader, zone Zone) (*Module, error) {
	if zone.PIN.Len() != aesSize || zone.MAC.Len() != aesSize {
		return nil, fmt.Errorf("hsm: zone keys are not %d bytes", aesSize)
	}
	m := &Module{random: &guarded{src: random}, zone: zone}
	root, err := newKey(m.random, rootSize)
	if err != nil {
		return nil, err
	}
	if err := m.newBase(); err != nil {
		return nil, err
	}
	if err := m.takeRoot(root); err != nil {
		return nil, err
	}
	return m, nil
}

// newBase draws a base key and its id.
func (m *Module) newBase() error {
	if _, err := m.random.Read(m.id[:]); err != nil {
		return err
	}
	bdk, err := newKey(m.random, aesSize)
	m.bdk = bdk
	return err
}

// takeRoot derives the keys that seal and hash secrets.
func (m *Module) takeRoot(root card.Key) error {
	var err error
	if m.secret, err = subkey(root, purposeSecret); err != nil {
		return err
	}
	if m.enter, err = subkey(root, purposeEnter); err != nil {
		return err
	}
	m.lookup, err = subkey(root, purposeLookup)
	return err
}

// MAC computes the MAC of the host link over data: AES-CMAC under the zone MAC key, left half.
func (m *Module) MAC(data []byte) ([8]byte, error) {
	mac, err := dukpt.CMAC(m.zone.MAC, data)
	if err != nil {
		return [8]byte{}, err
	}
	return [8]byte(mac[:8]), nil
}

func newKey(random io.Reader, size int) (card.Key, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(random, b); err != nil {
		return card.Key{}, err
	}
	return card.NewKey(b), nil
}

func subkey(root card.Key, purpose string) (card.Key, error) {
	b, err := hkdf.Key(sha256.New, root.Reveal(), nil, purpose, sealSize)
	if err != nil {
		return card.Key{}, fmt.Errorf("hsm: derive: %w", err)
	}
	return card.NewKey(b), nil
}
