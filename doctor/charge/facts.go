package charge

import (
	"cmp"
	"slices"
	"strings"

	"kassa"
	"kassa/charging"
	"kassa/doctor"
	"kassa/journal"
)

// settled gives the settlement of a charging order and what was held for it, or why there is none.
func settled(c *doctor.Chart) (t *kassa.Settlement, held int64, no string) {
	if c.Order.Dialect != charging.Dialect {
		return nil, 0, "the order holds no charging session's money"
	}
	t = c.Order.Settlement()
	if t == nil || !t.Done {
		return nil, 0, "the price of the session has not been settled"
	}
	return t, c.Order.HeldAmount().Minor, ""
}

// amount says an amount of the order's currency.
func amount(c *doctor.Chart, minor int64) string {
	return kassa.Money{Minor: minor, Currency: c.Order.Amount.Currency}.String()
}

// sums are the arguments of every text about a settlement.
func sums(c *doctor.Chart, t *kassa.Settlement, held int64) map[string]string {
	return map[string]string{"price": amount(c, t.Price.Minor), "held": amount(c, held), "taken": amount(c, t.Captured), "open": amount(c, t.Short)}
}

// recorded makes evidence of the order's newest fact of some kinds.
func recorded(c *doctor.Chart, says string, kinds ...string) doctor.Evidence {
	own := *c
	own.Entries = slices.DeleteFunc(slices.Clone(c.Entries), func(e journal.Entry) bool { return !strings.HasPrefix(e.Stream, "order/") })
	return own.Recorded("order", "order/"+c.Order.ID(), says, kinds...)
}

// session is the one whose money the order holds, or what there is to say without it.
func session(c *doctor.Chart) (*charging.Session, doctor.Sign) {
	switch {
	case c.Order != nil && c.Order.Dialect != charging.Dialect:
		return nil, doctor.No("the order holds no charging session's money")
	case !c.Has(doctor.NeedCharge) || c.Charge.Session == nil:
		return nil, doctor.NotKnown(doctor.NeedCharge, "the session of the order is not known")
	}
	return c.Charge.Session, doctor.Sign{}
}

// sum says an amount of a session's currency.
func sum(s charging.Session, minor int64) string {
	return kassa.Money{Minor: minor, Currency: s.Currency}.String()
}

// ofSession makes evidence of a session.
func ofSession(s charging.Session, says string) doctor.Evidence {
	return doctor.Evidence{At: s.OpenedAt, Source: "operator", Ref: "charging/" + s.Ref, Says: "session " + s.Ref + ": " + says}
}

// label is how people know an EVSE.
func label(p doctor.Point) string { return cmp.Or(p.EVSE.PhysicalReference, p.EVSE.EVSEID, p.EVSE.UID) }
