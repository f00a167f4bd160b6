package kassa

import "time"

// AttemptKind says why an attempt was opened.
type AttemptKind string

// The kinds of attempt.
const (
	FirstTry AttemptKind = "first"
	StepUp   AttemptKind = "step_up" // follows a soft decline
	NextTry  AttemptKind = "next"    // another card, or the same one again, after a decline
)

// AttemptStatus is what became of an attempt.
type AttemptStatus string

// The attempt statuses.
const (
	AttemptOpen     AttemptStatus = "open"
	AttemptApproved AttemptStatus = "approved"
	AttemptDeclined AttemptStatus = "declined"
	AttemptEnded    AttemptStatus = "ended" // without an answer that counts: cancelled, reversed, abandoned
)

// Attempt is one try to pay an order. A soft decline and its step-up are two; a wrong PIN is only
// another authorisation of the same one.
type Attempt struct {
	// Number identifies it in the whole installation; dialects show it as the transaction id.
	Number   int64         `json:"number"`
	Kind     AttemptKind   `json:"kind"`
	Status   AttemptStatus `json:"status"`
	Reason   Reason        `json:"reason,omitempty"`
	OpenedAt time.Time     `json:"openedAt"`
	EndedAt  time.Time     `json:"endedAt,omitzero"`

	Authorisations []Authorisation `json:"authorisations,omitempty"`
}

// Last is the attempt's newest authorisation, nil when it has none.
func (a *Attempt) Last() *Authorisation {
	if len(a.Authorisations) == 0 {
		return nil
	}
	return &a.Authorisations[len(a.Authorisations)-1]
}
