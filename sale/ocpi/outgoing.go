package ocpi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"kassa/journal"
	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

// What is owed to a peer.
const (
	outTerminal  = "terminal"  // POST terminals
	outFAC       = "fac"       // POST financial-advice-confirmations
	outLocations = "locations" // GET the locations that a terminal is assigned to, and the tariffs
	outRefresh   = "refresh"   // GET the locations and tariffs: all, and from then on every hour what changed
)

const refreshEvery = time.Hour

// The states of what is owed.
const (
	outPending  = "pending"
	outRetrying = "retrying" // tried, and not known to have arrived
	outAccepted = "accepted"
	outRejected = "rejected" // the peer said no: people must look at it
)

// Outgoing is something that is owed to a peer until the peer has it or says no.
type Outgoing struct {
	Peer  string    `json:"peer"`
	What  string    `json:"what"`
	ID    string    `json:"id"`
	State string    `json:"state"`
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next,omitzero"`
	Reply string    `json:"reply,omitempty"`
	// Since is from when on a refresh asks for what has changed; zero for all.
	Since time.Time `json:"since,omitzero"`
	// Round counts how often it was owed anew; a try of an earlier round says nothing about this one.
	Round int `json:"round,omitempty"`
}

// owe is the change by which something is owed from now on. The caller holds turns.
func (h *Handler) owe(p peers.Peer, what, id string) (journal.Change, error) {
	k, err := load[Outgoing](h, streamOf(kindOutgoing, p.ID, what, id))
	if err != nil {
		return journal.Change{}, err
	}
	k.Object = Outgoing{Peer: p.ID, What: what, ID: id, State: outPending, Next: h.Now(), Round: k.Object.Round + 1}
	k.open = true
	return k.change(h, p, "", note{})
}

func (h *Handler) commitAndWake(changes ...journal.Change) error {
	err := h.commit(changes...)
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return err
}

// Run sends what is owed until the context ends. What a crash interrupted is sent again: every message
// has an id by which the peer knows it.
func (h *Handler) Run(ctx context.Context) error {
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	for {
		if err := h.sendDue(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		case <-poll.C:
		}
	}
}

// sendDue sends what is due, each peer beside the others so that a slow one holds up itself only.
func (h *Handler) sendDue(ctx context.Context) error {
	due := map[string][]kept[Outgoing]{}
	err := h.Store.OpenStreams(kindOutgoing, func(s journal.Stream) error {
		k, err := read[Outgoing](s)
		if err == nil && !k.Object.Next.After(h.Now()) {
			due[k.Object.Peer] = append(due[k.Object.Peer], k)
		}
		return err
	})
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	for id, list := range due {
		p, ok := h.peers.Peer(id)
		if !ok || !p.Registered() {
			continue // it waits for the next handshake
		}
		wait.Go(func() {
			for _, k := range list {
				if ctx.Err() == nil {
					h.send(ctx, p, k.Object) //nolint:errcheck // what could not be noted is due still
				}
			}
		})
	}
	wait.Wait()
	return nil
}

// send makes one try and notes what came of it.
func (h *Handler) send(ctx context.Context, p peers.Peer, o Outgoing) (Outgoing, error) {
	began := h.Now()
	err := h.deliver(ctx, p, o)
	if ctx.Err() != nil {
		return o, ctx.Err()
	}
	h.turns.Lock()
	defer h.turns.Unlock()
	k, loadErr := load[Outgoing](h, streamOf(kindOutgoing, p.ID, o.What, o.ID))
	if loadErr != nil || k.Object.Round != o.Round || !k.open {
		return k.Object, loadErr
	}
	fact := "OCPIDelivered"
	k.Object.Tries++
	k.Object.State, k.Object.Reply, k.open = outAccepted, "", false
	var no *call.Refused
	switch {
	case err == nil && o.What == outRefresh:
		// Spread, so that not all peers are asked at once, and within the hour; a minute back, because clocks differ.
		pause := refreshEvery - time.Duration(began.UnixNano()%int64(refreshEvery/10))
		fact, k.open, k.Object.Tries = "", true, 0
		k.Object.Next, k.Object.Since = h.Now().Add(pause), began.Add(-time.Minute)
	case err == nil:
	case errors.As(err, &no) && !passing(no):
		fact, k.Object.State, k.Object.Reply = "OCPIRejected", outRejected, no.Error()
	default:
		fact, k.Object.State, k.Object.Reply, k.open = "OCPIRetrying", outRetrying, err.Error(), true
		k.Object.Next = h.Now().Add(h.pause(k.Object.Tries))
		if k.Object.Tries > 1 {
			fact = "" // one fact tells that it is being tried again
		}
	}
	return k.Object, keep(h, p, k, fact, note{Object: o.What + " " + o.ID, Text: k.Object.Reply})
}

// passing tells whether a refusal is about the moment and not about what was sent: a token that is just
// being rotated, a path that is not up, too many calls.
func passing(no *call.Refused) bool {
	switch no.HTTP {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return no.HTTP >= 300 && no.HTTP < 400
}

func (h *Handler) pause(tries int) time.Duration {
	pause := h.RetryFirst
	for range tries - 1 {
		if pause *= 2; pause >= h.RetryMost {
			return h.RetryMost
		}
	}
	return pause
}

func (h *Handler) deliver(ctx context.Context, p peers.Peer, o Outgoing) error {
	switch o.What {
	case outTerminal:
		k, ok, err := h.owned(p, o.ID)
		if err != nil || !ok {
			return err
		}
		_, err = h.call(ctx, p, http.MethodPost, ocpi.ModulePayments, ocpi.Receiver, "terminals", k.Object.Terminal)
		return err
	case outFAC:
		k, err := load[ocpi.FinancialAdviceConfirmation](h, streamOf(kindFAC, p.ID, o.ID))
		if err != nil || !k.there() {
			return err
		}
		_, err = h.call(ctx, p, http.MethodPost, ocpi.ModulePayments, ocpi.Receiver, pathFACs, k.Object.For(p.PriceVersion()))
		return err
	case outLocations:
		return h.loadAssigned(ctx, p, o.ID)
	case outRefresh:
		return h.Refresh(ctx, p.ID, o.Since)
	}
	return fmt.Errorf("ocpi: %q is nothing that is owed", o.What)
}

// Owed lists what is owed to a peer and has not arrived, with what was rejected left out.
func (h *Handler) Owed(peer string) ([]Outgoing, error) {
	var list []Outgoing
	err := h.Store.OpenStreams(kindOutgoing, func(s journal.Stream) error {
		k, err := read[Outgoing](s)
		if err == nil && k.Object.Peer == peer {
			list = append(list, k.Object)
		}
		return err
	})
	return list, err
}
