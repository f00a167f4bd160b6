package multisafepay_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"kassa"
	"kassa/sale/multisafepay"
)

// paperSafe seals by turning a card around.
type paperSafe struct{ broken bool }

func (s *paperSafe) Seal(order string, c multisafepay.EnteredCard) (kassa.CardFacts, []byte, error) {
	switch {
	case s.broken:
		return kassa.CardFacts{}, nil, errors.New("the safe is stuck")
	case len(c.Number) != 16 || c.Number[15] == '9' || len(c.Expiry) != 4 || len(c.Code) != 3 && len(c.Code) != 0:
		return kassa.CardFacts{}, nil, multisafepay.ErrCard
	}
	brand := map[byte]string{'4': "VISA", '5': "MASTERCARD"}[c.Number[0]]
	return kassa.CardFacts{BIN: c.Number[:6], Last4: c.Number[12:], Brand: brand, Expiry: c.Expiry, CVM: kassa.CVMNone},
		[]byte(order + "|" + strings.ToUpper(c.Number[6:12])), nil
}

// Pay asks a host that answers with what the till is told to.
func (e *till) Pay(_ context.Context, n kassa.NewOrder, card kassa.EnteredCard) (kassa.Order, kassa.Reason, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken {
		return kassa.Order{}, kassa.None, errors.New("the store is gone")
	}
	s, ok, _ := e.record.Find(ref(n.Dialect, n.Scope, n.Ref))
	if ok {
		var o kassa.Order
		if err := json.Unmarshal(s.State, &o); err != nil {
			return o, kassa.None, err
		}
		_, _, _, refused := o.Step(e.tick(), kassa.Create{Order: n, Card: &card})
		return o, refused, nil
	}
	n.Number = e.take()
	card.STAN, card.RRN, card.NextAttempt = "000051", "612413000051", e.take()
	stream := "order/" + n.ID()
	o, refused, err := e.apply(e.tick(), stream, kassa.Create{Order: n, Card: &card})
	if err != nil || refused != kassa.None {
		return o, refused, err
	}
	answer := kassa.HostAnswered{Request: 1, ResponseCode: "00", AuthCode: "005151", Approved: n.Amount}
	if e.decline != kassa.None {
		answer = kassa.HostAnswered{Request: 1, ResponseCode: "51", Reason: e.decline}
	}
	return e.apply(e.tick(), stream, answer)
}

func (e *till) CancelRefund(_ context.Context, dialect, scope, id string, number int64) (kassa.Order, kassa.Reason, error) {
	return e.input(dialect, scope, id, func() kassa.Input { return kassa.CancelRefund{Number: number} })
}

func (e *till) Capture(_ context.Context, dialect, scope, id string, ask kassa.AskCapture) (kassa.Order, int64, kassa.Reason, error) {
	ask.Number = e.take()
	ask.STAN, ask.RRN = "000088", "612345000088"
	o, reason, err := e.input(dialect, scope, id, func() kassa.Input { return ask })
	return o, ask.Number, reason, err
}

func (e *till) Release(_ context.Context, dialect, scope, id string) (kassa.Order, kassa.Reason, error) {
	return e.input(dialect, scope, id, func() kassa.Input { return kassa.ReleaseHold{} })
}

func (s *paperSafe) Keep(name string, c multisafepay.EnteredCard) ([]byte, error) {
	return []byte(name + "|" + c.Number[6:12]), nil
}

func (s *paperSafe) SealKept(order, name string, kept []byte, expiry string) ([]byte, error) {
	number, ok := strings.CutPrefix(string(kept), name+"|")
	if !ok {
		return nil, errors.New("sealed under another name")
	}
	return []byte(order + "|" + number + "|" + expiry), nil
}
