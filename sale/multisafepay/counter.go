package multisafepay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

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
	o, reason, err := h.Orders.Create(ctx, kassa.NewOrder{
		Dialect: Dialect, Account: t.Account, Scope: t.Group, Ref: a.Reference, Fingerprint: a.fingerprint(t.TID),
		Environment: string(t.Environment), Kind: a.Kind, Origin: a.Origin,
		POIID: t.POIID, TID: t.TID, MID: group.Merchant.MID,
		Amount: a.Amount, Description: a.Description, Door: encode(kept),
		Inactivity: kassa.DefaultInactivity, Lifetime: kassa.DefaultLifetime,
	})
	return o, refusalText(reason), err
}

// startedHere tells whether an order began at a terminal: the same start again is then a repeat.
func startedHere(o kassa.Order) bool { return o.Origin.AtPOI() && o.Fingerprint[:len(atPOI)] == atPOI }

func (h *Handler) claim(ctx context.Context, t estate.Terminal, group estate.Group, known kassa.Order, a AtPOI) (kassa.Order, string, error) {
	asked := known.Amount
	asked.Minor -= known.Tip.Minor
	switch {
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
	return o, refusalText(reason), err
}

func refusalText(r kassa.Reason) string {
	if r == kassa.None {
		return ""
	}
	return r.Text()
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
