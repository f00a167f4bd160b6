package native

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// Upcoming is something that will happen by itself at an instant.
type Upcoming struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // "order" or "webhook"
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
	MayOperate(key string) bool
}

// ErrLiveClock tells that the clock of a live environment cannot be moved.
var ErrLiveClock = errors.New("the clock of a live environment cannot be moved")

// MaxAdvance bounds one move: longer than any hold, retry or session lives.
const MaxAdvance = 400 * 24 * time.Hour

// ClockHandler serves the test clock at Prefix+"clock": GET shows it, POST {"advance":"60s"} or
// {"advance":"next"} moves it on.
func ClockHandler(c Clock) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !operates(w, r, c.MayOperate) {
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			s, err := c.State()
			if err != nil {
				problem(w, r, http.StatusServiceUnavailable, "Store unavailable", "the record could not be read")
				return
			}
			answer(w, s)
		case http.MethodPost:
			moveClock(w, r, c)
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			problem(w, r, http.StatusMethodNotAllowed, "Method not allowed", "the clock is read with GET and moved with POST")
		}
	})
}

func moveClock(w http.ResponseWriter, r *http.Request, c Clock) {
	const rule = `send {"advance":"60s"}, a duration above 0 and up to 9600h, or {"advance":"next"}`
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
	dec.DisallowUnknownFields()
	var body struct{ Advance string }
	if err := dec.Decode(&body); err != nil {
		problem(w, r, http.StatusBadRequest, "Bad request", rule)
		return
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		problem(w, r, http.StatusBadRequest, "Bad request", "there is something after the object; "+rule)
		return
	}
	var by time.Duration
	if body.Advance != "next" {
		var err error
		if by, err = time.ParseDuration(body.Advance); err != nil || by <= 0 || by > MaxAdvance {
			problem(w, r, http.StatusBadRequest, "Bad request", "advance: "+rule)
			return
		}
	}
	moved, err := c.Advance(context.WithoutCancel(r.Context()), by)
	switch {
	case errors.Is(err, ErrLiveClock):
		problem(w, r, http.StatusForbidden, "Forbidden", err.Error())
	case err != nil:
		problem(w, r, http.StatusServiceUnavailable, "Store unavailable", "the move could not be written down")
	default:
		answer(w, moved)
	}
}
