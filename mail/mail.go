// Package mail sends receipts by e-mail, over SMTP.
//
// Who asks for a letter gets his answer when the wish is durable; from then on the letter is tried until
// the mail server has taken it, or given up after the last try. A crash between the server's word and
// the record of it sends the same letter again, under the same Message-ID, which mail programs show once.
// It decides nothing about what is in a letter, and writes no letter down: only whose receipt goes where.
package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"kassa/journal"
)

// Wish is a receipt that somebody wants: of an order, or of one of its refunds.
type Wish struct {
	// ID is its identity: the same one again is the same wish.
	ID     string `json:"id"`
	Scope  string `json:"scope"`
	Order  string `json:"order"`
	Refund int64  `json:"refund,omitempty"`
	To     string `json:"to"`
}

// Letter is what goes out.
type Letter struct {
	Subject, Text, HTML string
	PDF                 []byte
	Name                string // of the PDF
}

// Status is where a letter stands.
type Status string

// The statuses.
const (
	Waiting Status = "waiting"
	Sent    Status = "sent"
	GivenUp Status = "given_up"
)

// State is the state of a stream "mail/…".
type State struct {
	Wish
	Status Status    `json:"status"`
	Made   time.Time `json:"made"`
	Due    time.Time `json:"due,omitzero"`
	Tries  int       `json:"tries,omitempty"`
	// Failure is why the last try failed, in the words of the mail server.
	Failure string `json:"failure,omitempty"`
}

// Kinds of the facts about letters. Their payload is the State.
const (
	ReceiptWanted = "ReceiptWanted"
	ReceiptSent   = "ReceiptSent"
	ReceiptFailed = "ReceiptFailed" // one try
	ReceiptLost   = "ReceiptGivenUp"
)

// Store keeps the letters.
type Store interface {
	Load(stream string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
	Commit(ctx context.Context, b journal.Batch) (journal.Receipt, error)
}

// Config is what an Outbox works with.
type Config struct {
	Store Store
	// Write writes the letter of a wish; ok is false when there is none, and never will be.
	Write func(w Wish) (l Letter, ok bool, err error)
	// Send hands a letter to the mail server.
	Send func(ctx context.Context, to, messageID string, l Letter) error
	Now  func() time.Time
}

// Outbox sends letters.
type Outbox struct {
	Config
	fresh chan struct{}
}

// ErrAddress tells that an address is none.
var ErrAddress = errors.New("mail: this is not an e-mail address")

// retries are the pauses after each try that failed: mail servers are down for minutes, not for days.
func retries() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour}
}

// Bounds.
const (
	maxAddress = 254 // RFC 5321, 4.5.3.1.3 less the brackets
	sendTime   = 30 * time.Second
	pollEvery  = 10 * time.Second
)

// New makes an outbox.
func New(c Config) (*Outbox, error) {
	if c.Store == nil || c.Write == nil || c.Send == nil || c.Now == nil {
		return nil, errors.New("mail: a field of Config is missing")
	}
	return &Outbox{Config: c, fresh: make(chan struct{}, 1)}, nil
}

// CheckAddress tells whether an address can be written to: a bare one, in ASCII.
func CheckAddress(address string) error {
	a, err := netmail.ParseAddress(address)
	if err != nil || a.Address != address || len(address) > maxAddress || !strings.Contains(address, "@") ||
		strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ErrAddress
	}
	return nil
}

// Ask makes a wish durable. The same one again changes nothing.
func (o *Outbox) Ask(ctx context.Context, w Wish) error {
	if err := CheckAddress(w.To); err != nil {
		return err
	}
	s := State{Wish: w, Status: Waiting, Made: o.Now(), Due: o.Now()}
	if _, known, err := o.Store.Load(stream(w.ID)); known || err != nil {
		return err
	}
	err := o.commit(ctx, s, 0, ReceiptWanted)
	if errors.Is(err, journal.ErrConflict) {
		return nil // asked twice at once
	}
	if err == nil {
		o.Wake()
	}
	return err
}

// Wake lets the outbox look at what is due anew.
func (o *Outbox) Wake() {
	select {
	case o.fresh <- struct{}{}:
	default:
	}
}

func stream(id string) string { return "mail/" + id }

func (o *Outbox) commit(ctx context.Context, s State, expect uint64, kind string) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("mail: encode: %w", err)
	}
	_, err = o.Store.Commit(ctx, journal.Batch{{
		Stream: stream(s.ID), Expect: expect, State: raw, Open: s.Status == Waiting, Scope: s.Scope,
		Facts: []journal.Fact{{At: o.Now(), Kind: kind, Scope: s.Scope, Payload: raw}},
	}})
	return err
}

// Run sends what is due until ctx ends or the store fails.
func (o *Outbox) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-o.fresh:
		case <-timer.C:
		}
		next, err := o.round(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		timer.Reset(next)
	}
}

// round tries what is due, and tells how long nothing else will be.
func (o *Outbox) round(ctx context.Context) (time.Duration, error) {
	type open struct {
		State
		version uint64
	}
	var list []open
	err := o.Store.OpenStreams("mail", func(s journal.Stream) error {
		item := open{version: s.Version}
		if err := json.Unmarshal(s.State, &item.State); err != nil {
			return fmt.Errorf("mail: state of %s: %w", s.ID, err)
		}
		list = append(list, item)
		return nil
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(list, func(a, b open) int { return a.Due.Compare(b.Due) })
	for _, item := range list {
		if wait := item.Due.Sub(o.Now()); wait > 0 {
			return min(wait, pollEvery), nil
		}
		if ctx.Err() != nil {
			return 0, nil
		}
		if err := o.try(ctx, item.State, item.version); err != nil {
			return 0, err
		}
	}
	return pollEvery, nil
}

// try sends one letter and writes down how that ended. A try that the end of the process cuts short
// does not count.
func (o *Outbox) try(ctx context.Context, s State, version uint64) error {
	letter, ok, err := o.Write(s.Wish)
	hopeless := err == nil && !ok
	if hopeless {
		err = errors.New("there is no such receipt")
	} else if err == nil {
		sending, cancel := context.WithTimeout(ctx, sendTime)
		err = o.Send(sending, s.To, s.ID, letter)
		cancel()
	}
	if ctx.Err() != nil {
		return nil
	}
	s.Tries++
	kind := ReceiptSent
	pauses := retries()
	switch {
	case err == nil:
		s.Status, s.Failure, s.Due = Sent, "", time.Time{}
	case hopeless || s.Tries > len(pauses):
		kind, s.Status, s.Failure, s.Due = ReceiptLost, GivenUp, err.Error(), time.Time{}
	default:
		kind, s.Failure, s.Due = ReceiptFailed, err.Error(), o.Now().Add(pauses[s.Tries-1])
	}
	return o.commit(context.WithoutCancel(ctx), s, version, kind)
}
