package cli

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

const (
	// silence is how long a stream may say nothing: Kassa says something every 10 s.
	silence    = 30 * time.Second
	retryFirst = 200 * time.Millisecond
	retryMost  = 5 * time.Second
	maxEvent   = 1 << 20
)

// errDone ends a stream from within.
var errDone = errors.New("cli: the stream has said what it was asked for")

// stream is an event stream (server-sent events) to be read.
type stream struct {
	ask  func(context.Context) (*http.Request, error)
	each func(event string, data []byte) error
	// lost, when not nil, hears of breaks.
	lost func()
	// last is the id of the newest event that is known already.
	last string

	reached bool // there has been a connection
}

// follow reads a stream until each gives an error, ctx ends or the server says that there is no
// more. It comes back after a break, with the id of what it has seen last, so that each gets
// everything once. errDone is no error.
func (c *client) follow(ctx context.Context, s stream) error {
	wait := retryFirst
	each := s.each
	s.each = func(event string, data []byte) error {
		wait = retryFirst
		return each(event, data)
	}
	for {
		err := c.readStream(ctx, &s)
		broken, isBroken := errors.AsType[streamBroken](err)
		switch {
		case errors.Is(err, errDone) || err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !isBroken:
			return err
		case !s.reached:
			return broken.error
		}
		if s.lost != nil && wait == retryFirst {
			s.lost()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
	}
}

// streamBroken is an end that says nothing about what would come next.
type streamBroken struct{ error }

// readStream reads one connection.
func (c *client) readStream(ctx context.Context, s *stream) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(silence, cancel)
	defer watch.Stop()
	r, err := s.ask(ctx)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/event-stream")
	if s.last != "" {
		r.Header.Set("Last-Event-ID", s.last)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return streamBroken{c.unreachable(err)}
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNoContent:
		return nil
	case answer.StatusCode >= 500 && s.reached:
		return streamBroken{c.refused(answer)}
	case answer.StatusCode != http.StatusOK:
		return c.refused(answer)
	}
	s.reached = true
	scan := bufio.NewScanner(answer.Body)
	scan.Buffer(nil, maxEvent)
	id, event, data := s.last, "", ""
	for scan.Scan() {
		watch.Reset(silence)
		name, value, _ := strings.Cut(scan.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			id = value
		case "event":
			event = value
		case "data":
			data += value
		case "":
			if scan.Text() != "" {
				continue // a comment
			}
			if data != "" {
				if err := s.each(event, []byte(data)); err != nil {
					return err
				}
			}
			s.last, event, data = id, "", ""
		}
	}
	return streamBroken{Failure{Failed, "the connection to " + c.at.URL + " was lost", "look with kassa terminals whether it still runs"}}
}

// operator gives what asks for an event stream of Kassa's own API.
func (c *client) operator(path string) func(context.Context) (*http.Request, error) {
	return func(ctx context.Context) (*http.Request, error) {
		r, err := c.request(ctx, http.MethodGet, path, nil)
		if err != nil {
			return nil, err
		}
		if c.at.Token != "" {
			r.Header.Set("Authorization", "Bearer "+c.at.Token)
		}
		return r, nil
	}
}
