package webhook

import (
	"context"
	"errors"
	"time"

	"kassa/estate"
)

// ErrTooManyTests tells that as many test webhooks as may be are in the air.
var ErrTooManyTests = errors.New("webhook: too many test webhooks at once")

// Tested is what came of a test webhook.
type Tested struct {
	Request Request
	Try     Try
}

// Once sends a notice of a dialect at once and only once, and keeps nothing: people test an endpoint with it.
// The time it takes is at most that of a try.
func (d *Deliverer) Once(ctx context.Context, speaks Dialect, n Notice) (Tested, error) {
	select {
	case d.tests <- struct{}{}:
		defer func() { <-d.tests }()
	default:
		return Tested{}, ErrTooManyTests
	}
	at := time.Now()
	request, err := speaks.Prepare(n, at)
	if err != nil {
		return Tested{}, err
	}
	out := Tested{Request: request, Try: Try{At: at}}
	env := estate.Environment(n.Environment)
	if env != estate.Test {
		env = estate.Live
	}
	if err := CheckURL(env, request.URL); err != nil {
		out.Try.Failure = err.Error()
		return out, nil
	}
	status, reply, failure, _ := d.senders[env].try(ctx, request)
	out.Try.Status, out.Try.Failure, out.Try.LatencyMS = status, failure, time.Since(at).Milliseconds()
	if failure == "" {
		out.Try.Failure = speaks.Judge(status, reply)
	}
	out.Try.Reply = keep(withoutHeaders(reply, request))
	return out, nil
}
