package ocpi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kassa/journal"
	"kassa/ocpi"
	"kassa/sale/ocpi/peers"
)

// The kinds of streams. An id is kind, peer and a hash of what names the object, so that nothing a peer
// writes gets into it.
const (
	kindTerminal = "ocpiterminal"
	kindFAC      = "ocpifac"
	kindLocation = "ocpilocation"
	kindTariff   = "ocpitariff"
	kindSession  = "ocpisession"
	kindCDR      = "ocpicdr"
	kindCommand  = "ocpicommand"
	kindOutgoing = "ocpioutgoing"
	loadPage     = 1000
)

// kept is an object with the version of its stream; 0 for one that is not there.
type kept[T any] struct {
	Object  T         `json:"object"`
	Made    time.Time `json:"made"`
	Deleted bool      `json:"deleted,omitempty"`
	// Heard is when the peer last said it; what was kept before lacks it.
	Heard time.Time `json:"heard,omitzero"`
	// Oddities are departures from the document that were tolerated.
	Oddities []string `json:"oddities,omitempty"`

	stream  string
	version uint64
	open    bool
}

func (k kept[T]) there() bool { return k.version > 0 && !k.Deleted }

// streamOf names the stream of an object by its parts, which are compared as CiStrings.
func streamOf(kind, peer string, parts ...string) string {
	return kind + "/" + peer + "/" + keyOf(parts...)
}

func keyOf(parts ...string) string {
	sum := sha256.Sum256([]byte(ocpi.Fold(strings.Join(parts, "\x00"))))
	return hex.EncodeToString(sum[:16])
}

func load[T any](h *Handler, stream string) (kept[T], error) {
	s, ok, err := h.Store.Load(stream)
	if err != nil {
		return kept[T]{}, fmt.Errorf("ocpi: %w", err)
	}
	if !ok {
		return kept[T]{stream: stream}, nil
	}
	return read[T](s)
}

func read[T any](s journal.Stream) (kept[T], error) {
	var k kept[T]
	if err := json.Unmarshal(s.State, &k); err != nil {
		return k, fmt.Errorf("ocpi: state of %s: %w", s.ID, err)
	}
	k.stream, k.version, k.open = s.ID, s.Version, s.Open
	return k, nil
}

// list reads all objects of a kind and a peer that are there.
func list[T any](h *Handler, kind, peer string) ([]kept[T], error) {
	prefix := kind + "/" + peer + "/"
	after := prefix
	var all []kept[T]
	for {
		page, err := h.Store.Streams(kind, after, loadPage)
		if err != nil {
			return nil, fmt.Errorf("ocpi: %w", err)
		}
		for _, s := range page {
			if !strings.HasPrefix(s.ID, prefix) {
				return all, nil
			}
			k, err := read[T](s)
			if err != nil {
				return nil, err
			}
			if !k.Deleted {
				all = append(all, k)
			}
			after = s.ID
		}
		if len(page) < loadPage {
			return all, nil
		}
	}
}

// note is a fact of the door: what happened to which object of which peer. No object is in it.
type note struct {
	Peer   string `json:"peer"`
	Object string `json:"object"`
	Text   string `json:"text,omitempty"`
}

// change is the next state of an object, and the fact about it when that is worth one.
func (k kept[T]) change(h *Handler, peer peers.Peer, fact string, n note) (journal.Change, error) {
	if k.Made.IsZero() {
		k.Made = h.Now()
	}
	state, err := json.Marshal(k)
	if err != nil {
		return journal.Change{}, fmt.Errorf("ocpi: %w", err)
	}
	c := journal.Change{Stream: k.stream, Expect: k.version, State: state, Scope: peer.Account, Open: k.open}
	if fact != "" {
		n.Peer = peer.ID
		payload, err := json.Marshal(n)
		if err != nil {
			return journal.Change{}, fmt.Errorf("ocpi: %w", err)
		}
		c.Facts = []journal.Fact{{At: h.Now(), Kind: fact, Scope: peer.Account, Payload: payload}}
	}
	return c, nil
}

// commit makes changes durable together and waits for it.
func (h *Handler) commit(changes ...journal.Change) error {
	done := make(chan error, 1)
	h.Store.Submit(changes, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return fmt.Errorf("ocpi: %w", err)
	}
	return nil
}

// keep makes one object durable.
func keep[T any](h *Handler, peer peers.Peer, k kept[T], fact string, n note) error {
	c, err := k.change(h, peer, fact, n)
	if err != nil {
		return err
	}
	return h.commit(c)
}
