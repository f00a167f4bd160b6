package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// fly makes one try of a delivery, keeps what came of it, and lands. A try that the end of ctx cut
// short lands nowhere: the next process makes it again.
func (d *Deliverer) fly(ctx context.Context, it item, crowded bool) {
	next, err := d.tryAndKeep(ctx, it, crowded)
	if err != nil && ctx.Err() != nil {
		return
	}
	select {
	case d.landed <- landing{item: it, next: next, err: err}:
	case <-ctx.Done():
	}
}

func (d *Deliverer) tryAndKeep(ctx context.Context, it item, crowded bool) (Delivery, error) {
	s, ok, err := d.Store.Load("webhook/" + it.id)
	if err == nil && !ok {
		err = errors.New("there is no such stream")
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("webhook: read delivery %s: %w", it.id, err)
	}
	delivery, err := readDelivery(s)
	if err != nil {
		return Delivery{}, err
	}
	policy := Policy{}
	if dialect, ok := d.Dialects[delivery.Dialect]; ok {
		policy = dialect.Policy()
	}
	t, url, forGood := d.try(ctx, delivery, crowded)
	if ctx.Err() != nil {
		return Delivery{}, ctx.Err()
	}
	next, kind := delivery.after(t, forGood, policy)
	next.URL = url
	kinds := []string{kind}
	if kind == WebhookFailed && len(next.Tries) == policy.Warn {
		kinds = append(kinds, WebhookWarned)
	}
	change, err := next.change(s.Version, t, policy, kinds...)
	if err != nil {
		return Delivery{}, err
	}
	if _, err := d.Store.Commit(context.WithoutCancel(ctx), journal.Batch{change}); err != nil {
		return Delivery{}, fmt.Errorf("webhook: keep delivery %s: %w", it.id, err)
	}
	d.note(next)
	return next, nil
}

// note remembers whether an endpoint's last try failed.
func (d *Deliverer) note(delivery Delivery) {
	d.failingMu.Lock()
	defer d.failingMu.Unlock()
	if delivery.Endpoint == "" || delivery.Tries[len(delivery.Tries)-1].Failure == "" {
		delete(d.failing, delivery.Endpoint)
		return
	}
	d.failing[delivery.Endpoint] = true
}

// Failing tells whether the last try to deliver to an endpoint failed; after a restart, as far as something
// waits for it.
func (d *Deliverer) Failing(endpoint string) bool {
	d.failingMu.Lock()
	defer d.failingMu.Unlock()
	return d.failing[endpoint]
}

// try sends once, to the URL that the endpoint has now. forGood tells that no other try can do better.
func (d *Deliverer) try(ctx context.Context, delivery Delivery, crowded bool) (t Try, url string, forGood bool) {
	t.At, url = d.Now(), delivery.URL
	if crowded {
		t.Failure = fmt.Sprintf("not tried: more than %d deliveries wait for this host", maxHostQueue)
		return t, url, true
	}
	dialect, ok := d.Dialects[delivery.Dialect]
	if !ok {
		t.Failure = "not tried: its dialect is not served any more"
		return t, url, true
	}
	env := estate.Environment(delivery.Environment)
	if env != estate.Test {
		env = estate.Live
	}
	request, err := dialect.Prepare(delivery.notice(), t.At)
	switch {
	case errors.Is(err, ErrGone):
		t.Failure = "not tried: " + ErrGone.Error()
		return t, url, true
	case err != nil:
		t.Failure = "the webhook could not be made: " + err.Error()
		return t, url, false
	}
	if rest, ok := strings.CutPrefix(request.URL, url); !ok || rest != "" && rest[0] != '?' && rest[0] != '&' {
		url = request.URL // the endpoint has moved; a query is the dialect's
	}
	if err := CheckURL(env, url); err != nil {
		t.Failure = err.Error()
		return t, url, true
	}
	status, reply, failure, forGood := d.senders[env].try(ctx, request)
	t.LatencyMS = int64(d.Now().Sub(t.At) / time.Millisecond)
	t.Status, t.Failure = status, failure
	if failure == "" {
		t.Failure = dialect.Judge(status, reply)
	}
	t.Reply = keep(withoutHeaders(reply, request))
	return t, url, forGood
}

// withoutHeaders takes out what a receiver echoes of the request's headers: a signature or a password is
// nobody else's business.
func withoutHeaders(reply []byte, r Request) []byte {
	text := string(reply)
	for name, values := range r.Header {
		for _, v := range values {
			if credentials, ok := strings.CutPrefix(v, "Basic "); ok && name == "Authorization" {
				text = strings.ReplaceAll(text, credentials, "[removed]")
			} else if len(v) > 40 {
				text = strings.ReplaceAll(text, v, "[removed]")
			}
		}
	}
	return []byte(text)
}
