package charging

import (
	"crypto/sha256"
	"encoding/base32"
	"time"

	"kassa"
)

// Dialect is that of the orders of charging sessions.
const Dialect = "ocpi"

// ViewOf is what a session sees of its order.
func ViewOf(o kassa.Order) HoldView {
	v := HoldView{At: o.ModifiedAt, State: HoldAsked}
	switch {
	case o.Status == kassa.Completed:
		v.State = HoldHeld
	case o.Status.Final() || o.Parked != "":
		v.State, v.Reason = HoldRefused, o.End
	}
	h := o.Hold
	if v.State != HoldHeld || h == nil {
		return v
	}
	v.Amount, v.HeldAt, v.Expires = o.HeldAmount().Minor, o.EndedAt, h.Expires
	if auth := o.Paid(); auth != nil {
		v.Card = Card{Token: CardToken(auth.Card), Lines: cardLines(*auth)}
	}
	v.Increments, v.Closed = len(h.Increments), h.Closed
	for _, n := range h.Increments {
		v.Growing = v.Growing || n.Status == kassa.IncrementOpen
		v.NoMore = v.NoMore || n.Status == kassa.IncrementDeclined
	}
	v.Freed = h.Release != nil && !h.Release.Owed()
	if t := h.Settlement; t != nil {
		v.Taken, v.Done, v.Refusal = true, t.Done, t.Reason
		v.Captured, v.Short, v.Released = t.Captured, t.Short, t.Released
	}
	for _, r := range o.Refunds {
		v.Refunds = append(v.Refunds, RefundView{Ref: r.Ref, Done: r.Status == kassa.RefundCompleted,
			Failed: r.Status == kassa.RefundDeclined || r.Status == kassa.RefundVoided})
	}
	return v
}

// CardToken is the same for the same card: what of it may be kept, hashed. A phone's device number is
// another one than its plastic card's.
func CardToken(c kassa.CardFacts) string {
	if c.Last4 == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("charging card\x00" + c.BIN + "\x00" + c.Last4 + "\x00" + c.Expiry + "\x00" + c.PSN))
	return base32.StdEncoding.EncodeToString(sum[:15])
}

func cardLines(a kassa.Authorisation) []string {
	lines := []string{a.Card.Brand}
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+value)
		}
	}
	add("AID: ", a.Card.AID)
	pan := "PAN: **** " + a.Card.Last4
	if a.Card.PSN != "" {
		pan += " SEQ: " + a.Card.PSN
	}
	lines = append(lines, pan)
	add("Cryptogram: ", a.Card.Cryptogram)
	add("Auth: ", a.AuthCode)
	return lines
}

// NewOrder is the order that holds a session's money, without the terminal's ids, which the caller fills in.
// Times are those of a driver at a charger: a minute to present the card.
func (s *Session) NewOrder() kassa.NewOrder {
	return kassa.NewOrder{
		Dialect: Dialect, Account: s.Account, Scope: s.Group, Ref: s.Ref, Fingerprint: s.Ref,
		Capture: kassa.CaptureLater, Amount: kassa.Money{Minor: s.Hold, Currency: s.Currency}, Terms: s.Terms, HoldFor: s.HoldFor,
		POIID: s.POIID, Description: s.Location + " " + s.EVSE, OneTry: true, NoQueue: true,
		Lifetime: time.Minute, Inactivity: time.Minute,
	}
}
