package charging

import (
	"strconv"
	"strings"
	"time"
)

// Effect is something that must happen outside because of what was stored. The set is closed.
//
// SendStart is once-only: after a restart its outcome is unknown. All others are repeatable: each has
// an identity by which whoever gets it twice does it once. Show may be lost.
type Effect interface{ effect() }

// AuthoriseHold asks the terminal for a card that holds Session.Hold, as the order with the session's Ref.
type AuthoriseHold struct{}

// SendStart sends START_SESSION.
type SendStart struct{}

// SendStop sends STOP_SESSION for the operator's session.
type SendStop struct{ SessionID string }

// SeekSession asks the operator for the session.
type SeekSession struct{ Since time.Time }

// SeekCDR asks the operator for the CDR.
type SeekCDR struct{ Since time.Time }

// Increment lets the hold grow; Number is its identity.
type Increment struct {
	Number int
	Amount int64
}

// Settle gives the order its price: at most once for each order.
type Settle struct{ Price int64 }

// Release gives the hold back.
type Release struct{}

// PayBack refunds what was captured above the price; Ref is its identity.
type PayBack struct {
	Ref    string
	Amount int64
}

// Confirm sends a financial advice confirmation; its ID is its identity.
type Confirm struct{ Confirmation Confirmation }

// Show tells the terminal how the session stands.
type Show struct{}

// Alert tells people.
type Alert struct{ Text string }

func (AuthoriseHold) effect() {}
func (SendStart) effect()     {}
func (SendStop) effect()      {}
func (SeekSession) effect()   {}
func (SeekCDR) effect()       {}
func (Increment) effect()     {}
func (Settle) effect()        {}
func (Release) effect()       {}
func (PayBack) effect()       {}
func (Confirm) effect()       {}
func (Show) effect()          {}
func (Alert) effect()         {}

// Duty is an effect that is owed until it is answered. Key names it within its session.
type Duty struct {
	Key   string    `json:"key"`
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next"` // when it is done again
}

// The keys of duties; increments, refunds and confirmations have one each.
const (
	dutyAuthorise = "authorise"
	dutyStop      = "stop"
	dutySeek      = "seek"
	dutyPrice     = "price"
	dutySettle    = "settle"
	dutyRelease   = "release"
	dutyIncrement = "increment/"
	dutyRefund    = "refund/"
	dutyConfirm   = "confirm/"
)

// again is how long a duty waits for its next try after so many.
func (d Duty) again() time.Duration {
	kind, _, _ := strings.Cut(d.Key, "/")
	switch kind {
	case "seek":
		return min(15*time.Second<<min(d.Tries, 8), 15*time.Minute)
	case "price":
		return min(15*time.Minute<<min(d.Tries, 2), time.Hour)
	case "confirm":
		return min(time.Minute<<min(d.Tries, 6), time.Hour)
	}
	switch { // spec 3.5: 1/min ×5, 1/h ×24, then 1/day
	case d.Tries < 5:
		return time.Minute
	case d.Tries < 29:
		return time.Hour
	}
	return 24 * time.Hour
}

// effect is what a duty does now; nil when there is nothing to do it to.
func (s *Session) effect(d Duty) Effect {
	kind, id, _ := strings.Cut(d.Key, "/")
	switch kind {
	case dutyAuthorise:
		return AuthoriseHold{}
	case dutyStop:
		if s.Report.SessionID == "" {
			return SeekSession{Since: s.since()}
		}
		return SendStop{SessionID: s.Report.SessionID}
	case dutySeek:
		return SeekSession{Since: s.since()}
	case dutyPrice:
		return SeekCDR{Since: s.since()}
	case dutySettle:
		return Settle{Price: s.Price}
	case dutyRelease:
		return Release{}
	case "increment":
		n, _ := strconv.Atoi(id)
		return Increment{Number: n, Amount: s.Grow}
	case "refund":
		for _, r := range s.Refunds {
			if r.Ref == id {
				return PayBack{Ref: r.Ref, Amount: r.Amount}
			}
		}
	case "confirm":
		for _, c := range s.Confirmations {
			if c.ID == id {
				return Confirm{Confirmation: c}
			}
		}
	}
	return nil
}

// since is from when the operator's changes can be about this session; clocks may differ by minutes.
func (s *Session) since() time.Time { return s.OpenedAt.Add(-10 * time.Minute) }
