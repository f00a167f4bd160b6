package native

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Upcoming is something that will happen by itself at an instant.
type Upcoming struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // "order", "webhook", "letter" or "charging"
	ID   string    `json:"id"`
	// Reference is the merchant's order id.
	Reference string `json:"reference,omitempty"`
	What      string `json:"what"`
}

// ClockState is what the test clock shows, and what will happen next.
type ClockState struct {
	Now      time.Time  `json:"now"`
	Ahead    string     `json:"ahead"` // of the wall clock
	Upcoming []Upcoming `json:"upcoming"`
}

// Moved is where a clock that was moved on is now, and what happened on the way.
type Moved struct {
	ClockState
	Passed []Upcoming `json:"passed"`
	// Pending is what was due and has not ended: it is still at work.
	Pending []Upcoming `json:"pending,omitempty"`
}

// Clock is the test clock of an installation.
type Clock interface {
	State() (ClockState, error)
	// Advance moves the clock on, stopping wherever something is due; by 0 means: to the next such
	// instant. It never goes back.
	Advance(ctx context.Context, by time.Duration) (Moved, error)
}

// ErrLiveClock tells that the clock of a live environment cannot be moved.
var ErrLiveClock = errors.New("the clock of a live environment cannot be moved")

// MaxAdvance bounds one move: longer than any hold, retry or session lives.
const MaxAdvance = 400 * 24 * time.Hour

// clock shows the test clock.
func (h *Handler) clock(w http.ResponseWriter, c *call) *problem {
	s, err := h.Clock.State()
	if err != nil {
		return unreadable("the record could not be read")
	}
	return answer(w, http.StatusOK, s)
}

// moveClock moves the test clock on: {"advance":"60s"} or {"advance":"next"}.
func (h *Handler) moveClock(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Advance string `json:"advance"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	var by time.Duration
	if body.Advance != "next" {
		var err error
		if by, err = time.ParseDuration(body.Advance); err != nil || by <= 0 || by > MaxAdvance {
			return badInput(mistake{Pointer: "/advance", Detail: `must be a duration above 0 and up to 9600h, such as "60s", or "next"`})
		}
	}
	moved, err := h.Clock.Advance(context.WithoutCancel(c.Context()), by)
	switch {
	case errors.Is(err, ErrLiveClock):
		return fault("live_clock", err.Error())
	case err != nil:
		return unreadable("the move could not be written down")
	}
	return answer(w, http.StatusOK, moved)
}
