package charging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"kassa"
	"kassa/journal"
)

// Carry does one effect and gives what came of it. Whoever calls it twice for the same effect has it done once.
func Carry(ctx context.Context, s Session, e Effect, money Money, operator Operator, poi interface {
	Authorise(ctx context.Context, s Session) (kassa.Order, kassa.Reason, error)
}) []Input {
	switch e := e.(type) {
	case AuthoriseHold:
		o, reason, err := poi.Authorise(ctx, s)
		return said(dutyAuthorise, o, reason, err)
	case SendStart:
		timeout, err := operator.Start(ctx, s)
		outcome, result := outcomeOf(err)
		return []Input{StartAnswered{Outcome: outcome, Timeout: timeout, Result: result}}
	case SendStop:
		outcome, result := outcomeOf(operator.Stop(ctx, s, e.SessionID))
		return []Input{StopAnswered{Outcome: outcome, Result: result}}
	case SeekSession:
		report, err := operator.Seek(ctx, s, e.Since)
		outcome, _ := outcomeOf(err)
		return []Input{Looked{Outcome: outcome, Report: report}}
	case SeekCDR:
		found, _ := operator.CDRs(ctx, s, e.Since) // none yet is asked for again
		inputs := make([]Input, len(found))
		for i, c := range found {
			inputs[i] = CDRPosted{CDR: c}
		}
		return inputs
	case Confirm:
		outcome, result := outcomeOf(operator.Confirm(ctx, s, e.Confirmation))
		return []Input{Confirmed{ID: e.Confirmation.ID, Outcome: outcome, Message: result}}
	default:
		return carryMoney(ctx, s, e, money)
	}
}

func carryMoney(ctx context.Context, s Session, e Effect, money Money) []Input {
	amount := kassa.Money{Currency: s.Currency}
	switch e := e.(type) {
	case Increment:
		key := incrementKey(e.Number)
		o, ok, err := money.Find(ctx, Dialect, s.Group, s.Ref)
		if err != nil || !ok || o.Hold == nil {
			return nil
		}
		if len(o.Hold.Increments) >= e.Number { // an increment has no identity of its own: this one was asked
			return []Input{OrderSeen{View: ViewOf(o)}}
		}
		amount.Minor = e.Amount
		o, reason, err := money.Increment(ctx, Dialect, s.Group, s.Ref, amount)
		return said(key, o, reason, err)
	case Settle:
		amount.Minor = e.Price
		o, reason, err := money.Settle(ctx, Dialect, s.Group, s.Ref, amount)
		return said(dutySettle, o, reason, err)
	case Release:
		o, reason, err := money.Release(ctx, Dialect, s.Group, s.Ref)
		return said(dutyRelease, o, reason, err)
	case PayBack:
		ask := kassa.AskRefund{Amount: e.Amount, Currency: s.Currency, Ref: e.Ref, Description: "correction"}
		o, _, reason, err := money.Refund(ctx, Dialect, s.Group, s.Ref, ask)
		if reason == kassa.RefundRepeated {
			reason = kassa.None
		}
		return said(dutyRefund+e.Ref, o, reason, err)
	}
	return nil
}

// said is what an order's answer tells its session. A refusal that another moment may lift tells nothing:
// the duty is done again.
func said(key string, o kassa.Order, reason kassa.Reason, err error) []Input {
	switch {
	case err != nil || reason == kassa.WorldBusy || reason == kassa.RefundDuplicate || reason == kassa.OutOfTurn:
		return nil
	case reason == kassa.None || o.Number != 0 && (reason == kassa.NoHold || reason == kassa.OrderFinished):
		return []Input{OrderSeen{View: ViewOf(o)}}
	}
	return []Input{DutyFailed{Key: key, Reason: reason}}
}

func outcomeOf(err error) (Outcome, string) {
	refused := (*Refused)(nil)
	switch {
	case err == nil:
		return Accepted, ""
	case errors.As(err, &refused):
		return Refusal, strconv.Itoa(refused.Code) + " " + refused.Text
	}
	return Unknown, err.Error()
}

type streams interface {
	Load(stream string) (kept journal.Stream, ok bool, err error)
}

func loadOrder(from streams, stream string) (kassa.Order, bool, error) {
	kept, ok, err := from.Load(stream)
	if err != nil || !ok {
		return kassa.Order{}, false, err
	}
	var o kassa.Order
	if err := json.Unmarshal(kept.State, &o); err != nil {
		return kassa.Order{}, false, fmt.Errorf("charging: state of %s: %w", stream, err)
	}
	return o, true, nil
}
