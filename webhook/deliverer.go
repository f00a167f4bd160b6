package webhook

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// Config is what a Deliverer works with. Resolver, Dial and Roots may be left out: the system's.
type Config struct {
	Store    Store
	Dialects map[string]Dialect // by the name that their deliveries are kept under
	Now      func() time.Time
	Resolver Resolver
	Dial     Dial
	Roots    *x509.CertPool
}

// Deliverer follows the journal and delivers.
type Deliverer struct {
	Config
	names   []string
	senders map[estate.Environment]*sender
	cursor  cursor

	fresh chan []item
	asked chan wish
	tests chan struct{} // a place for each test webhook in the air

	failingMu sync.Mutex
	failing   map[string]bool // endpoints whose last try failed
	landed    chan landing
	woken     chan struct{}
	ended     chan struct{} // closed when Run returns
}

// landing is the end of a try.
type landing struct {
	item item
	// next is the delivery as it is kept now; its Status says whether there will be another try.
	next Delivery
	err  error
}

// wish is what a person wants of a delivery that waits.
type wish struct {
	delivery Delivery
	drop     bool // give it up; else try it now
	granted  chan bool
}

const cursorStream = "cursor/webhook"

// cursor is how far the journal has been read.
type cursor struct {
	After   uint64 `json:"after"`
	version uint64
	kept    uint64
}

// New makes a deliverer.
func New(c Config) (*Deliverer, error) {
	if c.Store == nil || len(c.Dialects) == 0 || c.Now == nil {
		return nil, errors.New("webhook: a field of Config is missing")
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	return &Deliverer{
		Config: c, names: slices.Sorted(maps.Keys(c.Dialects)),
		senders: map[estate.Environment]*sender{
			estate.Live: newSender(estate.Live, c.Resolver, c.Dial, c.Roots),
			estate.Test: newSender(estate.Test, c.Resolver, c.Dial, c.Roots),
		},
		failing: make(map[string]bool), asked: make(chan wish), tests: make(chan struct{}, maxTests),
		fresh: make(chan []item), landed: make(chan landing), woken: make(chan struct{}, 1), ended: make(chan struct{}),
	}, nil
}

// Wake tells that the clock was moved on: what is due is looked at anew.
func (d *Deliverer) Wake() {
	select {
	case d.woken <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends or the store fails; the error is nil in the first case. When it
// returns, nothing of it runs any more. A try that ctx cuts short does not count.
func (d *Deliverer) Run(ctx context.Context) error {
	defer close(d.ended)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	backlog, err := d.open()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		if err := d.follow(ctx); err != nil {
			cancel(err)
		}
	})
	err = d.work(ctx, backlog, &wg)
	cancel(err)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

// open reads where the last process stopped.
func (d *Deliverer) open() ([]item, error) {
	s, ok, err := d.Store.Load(cursorStream)
	if err != nil {
		return nil, fmt.Errorf("webhook: read the cursor: %w", err)
	}
	if ok {
		if err := json.Unmarshal(s.State, &d.cursor); err != nil {
			return nil, fmt.Errorf("webhook: state of the cursor: %w", err)
		}
		d.cursor.version, d.cursor.kept = s.Version, d.cursor.After
	}
	var backlog []item
	err = d.Store.OpenStreams("webhook", func(s journal.Stream) error {
		delivery, err := readDelivery(s)
		if err != nil {
			return err
		}
		backlog = append(backlog, delivery.item())
		if len(delivery.Tries) > 0 {
			d.note(delivery)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: read open deliveries: %w", err)
	}
	slices.SortFunc(backlog, func(a, b item) int { return cmp.Compare(a.seq, b.seq) })
	return backlog, nil
}

// follow turns facts into deliveries.
func (d *Deliverer) follow(ctx context.Context) error {
	nudges := d.Store.Watch(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		more, err := d.read(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if more && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-nudges:
			if !ok {
				nudges = nil
			}
		case <-poll.C:
		}
	}
}

// read takes one page of facts: the deliveries they call for and the cursor past them become
// durable together. It tells whether there may be more.
func (d *Deliverer) read(ctx context.Context) (more bool, err error) {
	entries, err := d.Store.Entries(d.cursor.After, entriesPage)
	if err != nil {
		return false, fmt.Errorf("webhook: read the journal: %w", err)
	}
	if len(entries) == 0 {
		return false, nil
	}
	more = len(entries) == entriesPage
	var batch journal.Batch
	var items []item
	for i, e := range entries {
		changes, its, err := d.render(e)
		if err != nil {
			return false, err
		}
		if len(batch)+len(changes) > maxPerFact { // the rest has the next batch
			more, entries = true, entries[:i]
			break
		}
		batch, items = append(batch, changes...), append(items, its...)
	}
	d.cursor.After = entries[len(entries)-1].Seq
	if len(batch) == 0 && d.cursor.After-d.cursor.kept < cursorStride {
		return more, nil
	}
	state, err := json.Marshal(d.cursor)
	if err != nil {
		return false, fmt.Errorf("webhook: encode the cursor: %w", err)
	}
	batch = append(batch, journal.Change{Stream: cursorStream, Expect: d.cursor.version, State: state})
	if _, err := d.Store.Commit(context.WithoutCancel(ctx), batch); err != nil {
		return false, fmt.Errorf("webhook: keep deliveries: %w", err)
	}
	d.cursor.version++
	d.cursor.kept = d.cursor.After
	if len(items) == 0 {
		return more, nil
	}
	select {
	case d.fresh <- items:
	case <-ctx.Done():
	}
	return more, nil
}

// render makes the deliveries that a fact calls for, maxPerFact at the most. A fact that a dialect cannot
// render must not stop all the others: it is kept as such.
func (d *Deliverer) render(e journal.Entry) (changes []journal.Change, items []item, err error) {
	now := d.Now()
	for _, name := range d.names {
		notices, failed := d.Dialects[name].Render(e)
		if failed == nil && len(changes)+len(notices) > maxPerFact-len(d.names) {
			failed = fmt.Errorf("it calls for %d webhooks", len(notices))
		}
		if failed != nil {
			lost := Delivery{ID: idOf(e.Seq, name), Dialect: name, Seq: e.Seq, Order: e.Stream, CreatedAt: now, Status: Parked}
			t := Try{At: now, Failure: "the fact could not be made into a webhook: " + failed.Error()}
			lost.Tries, lost.Group = []Try{t}, e.Scope
			c, err := lost.change(0, t, Policy{}, WebhookUnrendered)
			if err != nil {
				return nil, nil, err
			}
			changes = append(changes, c)
			continue
		}
		for _, n := range notices {
			delivery := newDelivery(name, e, n, now)
			if slices.ContainsFunc(changes, func(c journal.Change) bool { return c.Stream == delivery.stream() }) {
				continue // told once already
			}
			c, err := delivery.change(0, Try{}, Policy{})
			if err != nil {
				return nil, nil, err
			}
			changes, items = append(changes, c), append(items, delivery.item())
		}
	}
	return changes, items, nil
}

// work tries what is due until ctx ends.
func (d *Deliverer) work(ctx context.Context, backlog []item, wg *sync.WaitGroup) error {
	s := newSchedule()
	for _, it := range backlog {
		s.add(it)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		for _, it := range s.start(d.Now()) {
			crowded := s.crowded(it.host)
			wg.Go(func() { d.fly(ctx, it, crowded) })
		}
		var due <-chan time.Time
		if at, ok := s.next(); ok {
			timer.Reset(max(0, at.Sub(d.Now())))
			due = timer.C
		}
		fresh := d.fresh
		if s.count >= maxPending {
			fresh = nil // the follower waits, and with it the cursor: nothing is lost
		}
		select {
		case <-ctx.Done():
			return nil
		case <-due:
		case <-d.woken:
		case w := <-d.asked:
			d.grant(ctx, s, w, wg)
		case items := <-fresh:
			for _, it := range items {
				s.add(it)
			}
		case l := <-d.landed:
			if l.err != nil {
				return l.err
			}
			if l.next.Status == Waiting {
				s.again(l.item, l.next.Due)
			} else {
				s.finish(l.item)
			}
		}
	}
}
