package multisafepay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"kassa"
	"kassa/estate"
)

// AtPOI is an order that somebody starts on the terminal itself: typed in, or by an app or a page on it.
type AtPOI struct {
	Reference, Description, NotifyURL string
	Origin                            kassa.Origin
	Kind                              kassa.OrderKind
	Amount                            kassa.Money
	// SessionID, when the app has it, is that of the order which is taken up.
	SessionID string
}

// StartAtPOI makes an order on the terminal, or gives it the one of its group that was made without a
// terminal under this reference. A repeat changes nothing and gets the same answer. The refusal is a
// text for the screen.
func (h *Handler) StartAtPOI(ctx context.Context, t estate.Terminal, a AtPOI) (o kassa.Order, refused string, err error) {
	if !h.orderIDForm.MatchString(a.Reference) {
		return o, "order_id must have 1 to 50 characters out of A-Z a-z 0-9 / _ . -", nil
	}
	if a.NotifyURL != "" {
		if err := h.CheckURL(t.Environment, a.NotifyURL); err != nil {
			return o, "notification_url: " + err.Error(), nil
		}
	}
	group, _ := h.Directory.Group(t.Group)
	if refused := gate(a.Kind, a.Amount.Minor, group); refused != nil {
		return o, refused.info, nil
	}
	known, ok, err := h.Orders.Find(ctx, Dialect, t.Group, a.Reference)
	if err != nil {
		return o, "", err
	}
	if ok && !startedHere(known) {
		return h.claim(ctx, t, group, known, a)
	}
	kept := object{}
	if a.NotifyURL != "" {
		kept["notification_url"] = a.NotifyURL
	}
	keepFees(kept, group)
	o, reason, err := h.Orders.Create(ctx, kassa.NewOrder{
		Dialect: Dialect, Account: t.Account, Scope: t.Group, Ref: a.Reference, Fingerprint: a.fingerprint(t.TID),
		Environment: string(t.Environment), Kind: a.Kind, Origin: a.Origin,
		POIID: t.POIID, TID: t.TID, MID: group.Merchant.MID,
		Amount: a.Amount, Description: a.Description, Door: encode(kept),
		Inactivity: kassa.DefaultInactivity, Lifetime: kassa.DefaultLifetime,
	})
	if reason == kassa.OrderFinished || reason == kassa.DuplicateOrder {
		o = known
	}
	return o, refusalText(reason, o), err
}

// startedHere tells whether an order began at a terminal: the same start again is then a repeat.
func startedHere(o kassa.Order) bool {
	return o.Origin.AtPOI() && strings.HasPrefix(o.Fingerprint, atPOI)
}

func (h *Handler) claim(ctx context.Context, t estate.Terminal, group estate.Group, known kassa.Order, a AtPOI) (kassa.Order, string, error) {
	asked := known.Amount
	asked.Minor -= known.Tip.Minor
	switch {
	case known.Status.Final():
		return known, refusalText(kassa.OrderFinished, known), nil
	case a.SessionID != "" && a.SessionID != h.session(known.Number):
		return known, "session_id belongs to another order", nil
	case a.Amount != asked:
		return known, fmt.Sprintf("The order is for %s, and the app asks for %s", asked, a.Amount), nil
	case a.Kind != known.Kind:
		return known, "The order is of another kind than the app asks for", nil
	}
	o, reason, err := h.Orders.Claim(ctx, Dialect, t.Group, known.Ref, kassa.Claim{
		POIID: t.POIID, TID: t.TID, MID: group.Merchant.MID, Origin: a.Origin,
	})
	if reason != kassa.None {
		o = known
	}
	return o, refusalText(reason, o), err
}

// refusalText tells who started something why it is not shown. An id is good for one payment, so that
// nobody pays twice when an app starts it again.
func refusalText(r kassa.Reason, o kassa.Order) string {
	switch {
	case r == kassa.None:
		return ""
	case r != kassa.OrderFinished && r != kassa.DuplicateOrder:
		return r.Text()
	case o.Status == kassa.Completed:
		return "order_id: this order has been paid; a new payment needs another order_id"
	case o.Status.Final():
		return "order_id: this order has been cancelled; a new payment needs another order_id"
	}
	return "order_id: another order with this id is under way"
}

// atPOI marks the fingerprints of orders that were started on a terminal.
const atPOI = "poi:"

func (a AtPOI) fingerprint(tid string) string {
	sum := sha256.Sum256(encode(object{
		"tid": tid, "origin": string(a.Origin), "kind": string(a.Kind), "amount": a.Amount.Minor,
		"currency": string(a.Amount.Currency), "description": a.Description, "notification_url": a.NotifyURL,
	}))
	return atPOI + hex.EncodeToString(sum[:])
}
