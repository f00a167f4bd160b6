package ocpi

import (
	"net/http"
	"sync"
	"time"

	"kassa/ocpi"
	"kassa/sale/ocpi/call"
)

// Contact is what the answers of a peer have told since this process began. It is kept in memory only: what matters is how
// it is now, and the next call tells.
type Contact struct {
	// Refused is when it last answered that our token is not known (HTTP 401), Answered when it last answered anything else.
	Refused, Answered time.Time
	// Skew is how far its clock was ahead of ours at SkewAt, by the timestamp of its answer or, without one, its Date.
	Skew   time.Duration
	SkewAt time.Time
}

// contacts are those of all peers.
type contacts struct {
	mu   sync.Mutex
	with map[string]Contact
}

// answered notes an answer of a peer.
func (h *Handler) answered(a call.Answer) {
	if a.Peer == "" {
		return // a handshake, in which tokens change
	}
	h.contacts.mu.Lock()
	defer h.contacts.mu.Unlock()
	c, now := h.contacts.with[a.Peer], h.Now()
	if a.Status == http.StatusUnauthorized {
		c.Refused = now
	} else {
		c.Answered = now
	}
	if !a.Stamp.IsZero() {
		c.Skew, c.SkewAt = a.Stamp.Sub(now), now
	}
	if h.contacts.with == nil {
		h.contacts.with = make(map[string]Contact)
	}
	h.contacts.with[a.Peer] = c
}

// Contact tells what the answers of a peer have told since the start.
func (h *Handler) Contact(peer string) Contact {
	h.contacts.mu.Lock()
	defer h.contacts.mu.Unlock()
	return h.contacts.with[peer]
}

// Told is a location as its operator last said it, and when it was last heard of: itself, or in what a refresh found
// unchanged.
type Told struct {
	ocpi.Location
	Heard time.Time
}

// ToldLocations are the locations of a peer, with when each was heard of.
func (h *Handler) ToldLocations(peer string) ([]Told, error) {
	all, err := list[ocpi.Location](h, kindLocation, peer)
	if err != nil {
		return nil, err
	}
	refresh, err := load[Outgoing](h, streamOf(kindOutgoing, peer, outRefresh, ""))
	if err != nil {
		return nil, err
	}
	var out []Told
	for _, k := range all {
		heard := k.Heard
		if asked := refresh.Object.Since; asked.After(heard) {
			heard = asked
		}
		out = append(out, Told{Location: k.Object, Heard: heard})
	}
	return out, nil
}
