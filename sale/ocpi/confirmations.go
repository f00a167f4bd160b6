package ocpi

import (
	"context"
	"errors"
	"fmt"

	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

const pathFACs = "financial-advice-confirmations"

// Confirm keeps a confirmation, so that the peer can pull it from now on, and sends it. The same id again
// is the same confirmation. A *call.Refused tells that the peer said no for good; any other error that it
// has not arrived yet: it is sent again until it has, whoever calls.
func (h *Handler) Confirm(ctx context.Context, peer string, f ocpi.FinancialAdviceConfirmation) error {
	p, ok := h.peers.Peer(peer)
	if !ok {
		return peers.ErrUnknown
	}
	f.LastUpdated = ocpi.At(f.LastUpdated.Time)
	if err := f.Check(); err != nil {
		return fmt.Errorf("ocpi: confirmation: %w", err)
	}
	o, err := h.keepFAC(p, f)
	if err != nil {
		return err
	}
	if o.State == outPending && p.Registered() {
		if o, err = h.send(ctx, p, o); err != nil {
			return err
		}
	}
	switch o.State {
	case outAccepted:
		return nil
	case outRejected:
		return &call.Refused{HTTP: 200, Status: ocpi.StatusClientError, Message: o.Reply}
	}
	return errors.New("ocpi: the confirmation has not arrived yet: " + o.Reply)
}

// keepFAC makes a confirmation durable together with the duty to send it.
func (h *Handler) keepFAC(p peers.Peer, f ocpi.FinancialAdviceConfirmation) (Outgoing, error) {
	h.turns.Lock()
	defer h.turns.Unlock()
	k, err := load[ocpi.FinancialAdviceConfirmation](h, streamOf(kindFAC, p.ID, f.ID))
	if err != nil {
		return Outgoing{}, err
	}
	if k.there() {
		o, err := load[Outgoing](h, streamOf(kindOutgoing, p.ID, outFAC, f.ID))
		return o.Object, err
	}
	k.Object = f
	c, err := k.change(h, p, "OCPIConfirmationMade", note{Object: f.ID})
	if err != nil {
		return Outgoing{}, err
	}
	out, err := h.owe(p, outFAC, f.ID)
	if err != nil {
		return Outgoing{}, err
	}
	if err := h.commit(c, out); err != nil {
		return Outgoing{}, err
	}
	o, err := load[Outgoing](h, streamOf(kindOutgoing, p.ID, outFAC, f.ID))
	return o.Object, err
}

func (h *Handler) listFACs(q *request) reply {
	all, err := list[ocpi.FinancialAdviceConfirmation](h, kindFAC, q.peer.ID)
	if err != nil {
		return failed(err)
	}
	for i := range all {
		all[i].Object = all[i].Object.For(h.priceVersion(q))
	}
	return paged(h, q, all, func(f ocpi.FinancialAdviceConfirmation) ocpi.DateTime { return f.LastUpdated })
}

// priceVersion is the version whose Price a call is answered with: that of the URL, but for the peer's quirk.
func (h *Handler) priceVersion(q *request) ocpi.Version {
	if q.peer.Quirks.Price != "" {
		return q.peer.Quirks.Price
	}
	return q.version
}

func (h *Handler) getFAC(q *request) reply {
	return shown[ocpi.FinancialAdviceConfirmation](h, q, streamOf(kindFAC, q.peer.ID, q.args[0]), "the confirmation")
}
