package charging

import "kassa"

// Input is what can happen to a session. The set is closed.
type Input interface{ input() }

// Choose opens a session: a driver chose what a terminal sells.
type Choose struct{ New New }

// OrderSeen brings what the order says now. It may come any number of times.
type OrderSeen struct{ View HoldView }

// StartAnswered is the operator's answer to START_SESSION. Timeout is how many seconds it asked to wait
// for its result, 0 when it named none.
type StartAnswered struct {
	Outcome Outcome
	Timeout int
	Result  string
}

// CommandResulted is the operator's later word on a command; ID is its secret name.
type CommandResulted struct {
	ID     string
	Result string
}

// StopAnswered is the operator's answer to STOP_SESSION.
type StopAnswered struct {
	Outcome Outcome
	Result  string
}

// Reported is the operator's word on its session.
type Reported struct{ Report Report }

// Looked tells how a search for the session ended; with Accepted and no Report the operator has none.
type Looked struct {
	Outcome Outcome
	Report  *Report
}

// CDRSought tells that the operator was asked for CDRs. One that was found comes as CDRPosted.
type CDRSought struct{}

// CDRPosted brings a charge detail record.
type CDRPosted struct{ CDR CDR }

// AskStop is a driver's wish to stop. Card is the token of the card that was tapped; Trusted tells that
// somebody with a right to it asks, and no card is needed.
type AskStop struct {
	Card    string
	Trusted bool
}

// AskRelease is the wish of somebody with a right to it that the hold goes back, before anything is captured.
type AskRelease struct{ Why string }

// Collect tells that a part of what is short has come in another way; Ref is its identity.
type Collect struct {
	Ref    string
	Amount int64
	How    string
}

// Dispute tells that the driver's bank takes an amount back (a chargeback); Ref is its identity.
type Dispute struct {
	Ref    string
	Amount int64
	Why    string
}

// WriteOff gives up what is still short.
type WriteOff struct{ Reason string }

// AskConfirm sends the last confirmation again that the operator has rejected.
type AskConfirm struct{}

// Confirmed is the operator's answer to a confirmation.
type Confirmed struct {
	ID      string
	Outcome Outcome
	Message string
}

// DutyFailed tells that a duty towards the order was refused for good: its order has no hold.
type DutyFailed struct {
	Key    string
	Reason kassa.Reason
}

// Tick tells that time has passed.
type Tick struct{}

// Restarted tells that the process which kept the session is dead. What it may have sent once only has
// an unknown outcome; everything else that is owed is done again.
type Restarted struct{}

func (Choose) input()          {}
func (OrderSeen) input()       {}
func (StartAnswered) input()   {}
func (CommandResulted) input() {}
func (StopAnswered) input()    {}
func (Reported) input()        {}
func (Looked) input()          {}
func (CDRSought) input()       {}
func (CDRPosted) input()       {}
func (AskStop) input()         {}
func (AskRelease) input()      {}
func (AskConfirm) input()      {}
func (Collect) input()         {}
func (WriteOff) input()        {}
func (Dispute) input()         {}
func (Confirmed) input()       {}
func (DutyFailed) input()      {}
func (Tick) input()            {}
func (Restarted) input()       {}
