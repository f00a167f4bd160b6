package peers

import (
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/journal"
	"kassa/ocpi"
)

// Errors of bad requests; anything else is the store's or the vault's.
var (
	ErrInvalid = errors.New("peers: invalid")
	ErrUnknown = errors.New("peers: unknown")
	ErrState   = errors.New("peers: not in this state")
)

const (
	kind     = "ocpipeer"
	maxPeers = 1000
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
}

// Vault hashes and seals what must not be kept in clear (the secure module).
type Vault interface {
	LookupHash(secret []byte) string
	SealSecret(name string, secret []byte) ([]byte, error)
	OpenSecret(name string, sealed []byte) ([]byte, error)
}

// Book is the connections of an installation. It is safe for concurrent use.
type Book struct {
	store  Store
	vault  Vault
	random io.Reader

	writing sync.Mutex
	mu      sync.RWMutex
	peers   map[string]Peer
	version map[string]uint64
	tokens  map[string]string // peer by the hash of a token that it calls us with
}

// Open reads the connections.
func Open(store Store, vault Vault, random io.Reader) (*Book, error) {
	b := &Book{
		store: store, vault: vault, random: random,
		peers: make(map[string]Peer), version: make(map[string]uint64), tokens: make(map[string]string),
	}
	streams, err := store.Streams(kind, "", 10_000)
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	for _, s := range streams {
		var p Peer
		if err := json.Unmarshal(s.State, &p); err != nil {
			return nil, fmt.Errorf("peers: state of %s: %w", s.ID, err)
		}
		b.version[p.ID] = s.Version
		b.show(p)
	}
	return b, nil
}

// Facts of connections. No token is in them.
type (
	// PeerMade is the first fact of a connection.
	PeerMade struct {
		Peer    string `json:"peer"`
		Name    string `json:"name"`
		Account string `json:"account"`
		By      string `json:"by,omitempty"`
	}
	// PeerChanged tells that something about a connection is otherwise; What names it in a word.
	PeerChanged struct {
		Peer string `json:"peer"`
		What string `json:"what"`
		By   string `json:"by,omitempty"`
	}
)

// Make adds a connection and draws its token A, which is given here and never again.
func (b *Book) Make(now time.Time, p Peer, by string) (Peer, string, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	switch {
	case strings.TrimSpace(p.Name) == "" || len(p.Name) > 100:
		return Peer{}, "", fmt.Errorf("%w: name must have 1 to 100 characters", ErrInvalid)
	case p.Account == "":
		return Peer{}, "", fmt.Errorf("%w: account is required", ErrInvalid)
	case len(b.peers) >= maxPeers:
		return Peer{}, "", fmt.Errorf("%w: %d connections at most", ErrInvalid, maxPeers)
	}
	id, err := b.draw(20)
	if err != nil {
		return Peer{}, "", err
	}
	token, err := b.NewToken()
	if err != nil {
		return Peer{}, "", err
	}
	p = Peer{
		ID: id, Name: p.Name, Account: p.Account, Contracts: p.Contracts, Quirks: p.Quirks, MadeAt: now,
		Registering: b.hash(token),
	}
	return p, token, b.write(now, p, "PeerMade", PeerMade{p.ID, p.Name, p.Account, by})
}

// Change changes a connection; what names the change in a word for the record.
func (b *Book) Change(now time.Time, id, what, by string, change func(*Peer) error) (Peer, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	p, ok := b.Peer(id)
	if !ok {
		return Peer{}, fmt.Errorf("%w: connection %s", ErrUnknown, id)
	}
	if err := change(&p); err != nil {
		return Peer{}, err
	}
	p.ID = id
	return p, b.write(now, p, "PeerChanged", PeerChanged{id, what, by})
}

// NewToken draws a token: 32 symbols of base 32, which is 160 bits.
func (b *Book) NewToken() (string, error) { return b.draw(32) }

// Accept is the change that lets a token open our side, and takes token A from it.
func (b *Book) Accept(p *Peer, token string) {
	p.Inbound, p.Offered, p.Registering = b.hash(token), "", ""
}

// Offer is the change that lets a token open our side beside the one that does.
func (b *Book) Offer(p *Peer, token string) { p.Offered = b.hash(token) }

// Withdraw is the change that takes an offered token back.
func (b *Book) Withdraw(p *Peer, token string) {
	if p.Offered == b.hash(token) {
		p.Offered = ""
	}
}

// NewTokenA is the change that draws a token for a registration.
func (b *Book) NewTokenA(now time.Time, id, by string) (string, error) {
	token, err := b.NewToken()
	if err != nil {
		return "", err
	}
	_, err = b.Change(now, id, "token A drawn", by, func(p *Peer) error {
		p.Registering = b.hash(token)
		return nil
	})
	return token, err
}

// Seal is the change by which a token that opens their side is kept.
func (b *Book) Seal(p *Peer, token string) error {
	sealed, err := b.vault.SealSecret("ocpi-token/"+p.ID, []byte(token))
	if err != nil {
		return fmt.Errorf("peers: seal the token of %s: %w", p.ID, err)
	}
	p.Outbound = sealed
	return nil
}

// Token is the token in clear by which we call a peer.
func (b *Book) Token(p Peer) (string, error) {
	if len(p.Outbound) == 0 {
		return "", fmt.Errorf("%w: no token opens the side of %s", ErrState, p.Name)
	}
	clear, err := b.vault.OpenSecret("ocpi-token/"+p.ID, p.Outbound)
	if err != nil {
		return "", fmt.Errorf("peers: open the token of %s: %w", p.ID, err)
	}
	return string(clear), nil
}

// Identify finds whose token it is, of those that a header may carry, and tells whether it only
// registers. Each candidate costs one keyed hash, found or not.
func (b *Book) Identify(tokens []string) (p Peer, registering, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, token := range tokens {
		hash := b.hash(token)
		if id, known := b.tokens[hash]; known {
			p = b.peers[id]
			return p, p.Registering == hash, true
		}
	}
	return Peer{}, false, false
}

// Peer finds a connection that is not deleted.
func (b *Book) Peer(id string) (Peer, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	p, ok := b.peers[id]
	return p, ok && !p.Deleted
}

// All lists the connections, the oldest first.
func (b *Book) All() []Peer {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []Peer
	for _, p := range b.peers {
		if !p.Deleted {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(x, y Peer) int {
		if c := x.MadeAt.Compare(y.MadeAt); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list
}

func (b *Book) hash(token string) string { return b.vault.LookupHash([]byte("ocpi token " + token)) }

func (b *Book) draw(n int) (string, error) {
	raw := make([]byte, (n*5+7)/8)
	if _, err := io.ReadFull(b.random, raw); err != nil {
		return "", fmt.Errorf("peers: randomness: %w", err)
	}
	return base32.StdEncoding.EncodeToString(raw)[:n], nil
}

// write makes a connection durable and then visible. The caller holds writing.
func (b *Book) write(now time.Time, p Peer, name string, fact any) error {
	state, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	payload, err := json.Marshal(fact)
	if err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	done := make(chan error, 1)
	b.store.Submit(journal.Batch{{
		Stream: kind + "/" + p.ID, Expect: b.version[p.ID], State: state, Scope: p.Account,
		Facts: []journal.Fact{{At: now, Kind: name, Scope: p.Account, Payload: payload}},
	}}, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	b.version[p.ID]++
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(p)
	return nil
}

func (b *Book) show(p Peer) {
	former := b.peers[p.ID]
	for _, hash := range []string{former.Inbound, former.Offered, former.Registering} {
		delete(b.tokens, hash)
	}
	b.peers[p.ID] = p
	if p.Deleted {
		return
	}
	for _, hash := range []string{p.Inbound, p.Offered, p.Registering} {
		if hash != "" {
			b.tokens[hash] = p.ID
		}
	}
}

// Common is the newest version that a peer and we both speak.
func Common(theirs []ocpi.VersionLink) (ocpi.VersionLink, bool) {
	var best ocpi.VersionLink
	for _, ours := range ocpi.Versions() {
		for _, v := range theirs {
			if v.Version == ours {
				best = v
			}
		}
	}
	return best, best.Version != ""
}
