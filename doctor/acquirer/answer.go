package acquirer

import (
	"fmt"
	"slices"

	"kassa"
	"kassa/doctor"
)

// decides looks at the host's last answer to an order: the rule is about some response codes (DE39).
func decides(codes ...string) func(*doctor.Chart) doctor.Sign {
	return func(c *doctor.Chart) doctor.Sign {
		auth, no := refused(c)
		switch {
		case auth == nil:
			return doctor.No(no)
		case !slices.Contains(codes, auth.ResponseCode):
			return doctor.No("the issuer's answer was " + auth.ResponseCode)
		}
		return answered(c, auth)
	}
}

// refused gives the authorisation that kept an order from being paid, or why there is none. A soft decline asks for
// more, and is another matter.
func refused(c *doctor.Chart) (auth *kassa.Authorisation, no string) {
	if c.Order.Status == kassa.Completed {
		return nil, "the order was paid"
	}
	switch auth = lastTry(c.Order); {
	case auth == nil:
		return nil, "the acquirer was not asked"
	case auth.State != kassa.HostDeclined:
		return nil, "the acquirer's last word was no decline"
	case auth.Reason.Soft():
		return nil, "the issuer asked for more than a tap, and did not decline"
	}
	return auth, ""
}

// lastTry is the newest authorisation of an order; nil when there is none.
func lastTry(o *kassa.Order) *kassa.Authorisation {
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		if last := o.Attempts[i].Last(); last != nil {
			return last
		}
	}
	return nil
}

// answered is the finding that rests on the answer to an authorisation.
func answered(c *doctor.Chart, auth *kassa.Authorisation) doctor.Sign {
	args := map[string]string{"code": auth.ResponseCode, "brand": auth.Card.Brand, "last": auth.Card.Last4}
	says := fmt.Sprintf("the acquirer answered %s to %s …%s, %s", auth.ResponseCode, auth.Card.Brand, auth.Card.Last4, auth.Amount)
	return doctor.Found(args, of(c, auth.Request, says, "AuthorisationAnswered"))
}

// of makes evidence of the entry about one authorisation; without the entry it is the order's own.
func of(c *doctor.Chart, request int, says string, kinds ...string) doctor.Evidence {
	for _, e := range slices.Backward(c.Of(kinds...)) {
		body, ok := doctor.Read[struct{ Request int }](e)
		if ok && body.Request == request && e.Stream == "order/"+c.Order.ID() {
			return doctor.Entry(e, "acquirer", says)
		}
	}
	return doctor.Evidence{At: c.Order.ModifiedAt, Source: "order", Ref: "order/" + c.Order.ID(), Says: says}
}

// alarm gives the newest alarm of some kinds on the acquirer's link about the order.
func alarm(c *doctor.Chart, kinds ...string) (doctor.Alarm, doctor.Evidence, bool) {
	for _, e := range slices.Backward(c.Of(doctor.AcquirerAlarm)) {
		a, ok := doctor.Read[doctor.Alarm](e)
		if !ok || !slices.Contains(kinds, a.Kind) || c.Order != nil && a.Order != c.Order.ID() {
			continue
		}
		says := "alarm " + a.Kind
		if a.Times > 0 {
			says += fmt.Sprintf(", %d times", a.Times)
		}
		if a.Detail != "" {
			says += ": " + a.Detail
		}
		return a, doctor.Entry(e, "acquirer", says), true
	}
	return doctor.Alarm{}, doctor.Evidence{}, false
}

// misconfigured is decides for what the merchant's set-up is to blame for.
func misconfigured(codes ...string) func(*doctor.Chart) doctor.Sign {
	look := decides(codes...)
	return func(c *doctor.Chart) doctor.Sign {
		sign := look(c)
		if sign.State == doctor.Present {
			sign.Args["mid"], sign.Args["tid"], sign.Args["amount"] = c.Order.MID, c.Order.TID, c.Order.Amount.String()
			if _, e, ok := alarm(c, "format", "keys"); ok {
				sign.Evidence = append(sign.Evidence, e)
			}
		}
		return sign
	}
}
