package clinic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

// Times of what is done by itself.
const (
	pollEvery = 500 * time.Millisecond // when nudges are lost
	keepEvery = 5 * time.Second        // how far the journal was read is written down
	// settle is how long an end of an order or a webhook's failure is left to itself, for what belongs to it may still
	// be on its way.
	settle = 300 * time.Millisecond
	// perSecond bounds what is examined by itself: a storm must not stand in the way of payments. What is too much
	// waits, and what waits too long is left out: who asks is answered all the same.
	perSecond  = 20
	maxWaiting = 20_000
)

const cursorStream = "cursor/clinic"

// cursor is how far the journal was followed.
type cursor struct {
	After   uint64 `json:"after"`
	version uint64
	kept    time.Time
}

func (k *Clinic) openCursor() error {
	s, ok, err := k.Records.Load(cursorStream)
	if err != nil {
		return err
	}
	if !ok { // an installation begins with what happens from now on, also when it dies before it has read any of it
		return k.writeCursor(context.Background(), cursor{After: k.Feed.Last()})
	}
	if err := json.Unmarshal(s.State, &k.cursor); err != nil {
		return fmt.Errorf("state of %s: %w", cursorStream, err)
	}
	k.cursor.version = s.Version
	return nil
}

// task is something to examine by itself.
type task struct {
	due     time.Time
	seq     uint64
	at      time.Time
	subject doctor.Subject
	trigger string
	owner   Reader // whose it is
}

// Run follows the journal until ctx ends: it keeps the index, and examines what went wrong.
func (k *Clinic) Run(ctx context.Context) error {
	nudges := k.Feed.Watch(ctx)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	read := k.cursor.After
	var waiting []task
	take := func(e journal.Entry) {
		if t, ok := k.taskOf(e); ok && len(waiting) < maxWaiting {
			waiting = append(waiting, t)
		}
	}
	if err := k.behind(&read, take); err != nil {
		return stopped(ctx, err)
	}
	for {
		if err := k.index.catchUp(k.Feed, k.Feed.Last(), func(e journal.Entry) {
			if e.Seq > read {
				read = e.Seq
				take(e)
			}
		}); err != nil {
			return stopped(ctx, err)
		}
		var err error
		if waiting, err = k.work(ctx, waiting); err != nil {
			return stopped(ctx, err)
		}
		if err := k.keepCursor(ctx, read, waiting); err != nil {
			return stopped(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-nudges:
		}
	}
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, journal.ErrClosed) {
		return nil
	}
	return fmt.Errorf("clinic: %w", err)
}

// behind reads what happened between the cursor and where the index is: an earlier process did not get to it.
func (k *Clinic) behind(read *uint64, take func(journal.Entry)) error {
	for *read < k.index.at {
		page, err := k.Feed.Entries(*read, entriesPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, e := range page {
			if e.Seq > k.index.at {
				return nil
			}
			*read = e.Seq
			take(e)
		}
	}
	return nil
}

// taskOf tells what a fact gives cause to examine.
func (k *Clinic) taskOf(e journal.Entry) (t task, ok bool) {
	t = task{due: k.Now().Add(settle), seq: e.Seq, at: e.At, owner: k.ownerOf(e.Scope)}
	switch e.Kind {
	case "OrderCancelled", "OrderExpired", "OrderParked", "AttemptClosed":
		if e.Kind == "AttemptClosed" {
			var closed struct{ Status string }
			if json.Unmarshal(e.Payload, &closed) != nil || closed.Status != "declined" {
				return t, false
			}
		}
		t.subject, t.trigger = doctor.Subject{Kind: doctor.Order, ID: strings.TrimPrefix(e.Stream, "order/")}, OnOrder
		return t, strings.HasPrefix(e.Stream, "order/")
	case "LinkDown":
		var down estate.LinkDown
		if json.Unmarshal(e.Payload, &down) != nil {
			return t, false
		}
		terminal, bound := k.Registry.TerminalByPOIID(down.POIID)
		t.subject, t.trigger, t.due = doctor.Subject{Kind: doctor.Terminal, ID: terminal.TID}, OnOffline, k.Now().Add(2*k.Heartbeat)
		t.owner = k.ownerOf(terminal.Group)
		return t, bound
	case doctor.WebhookFailed, doctor.WebhookParked:
		t.subject, t.trigger = doctor.Subject{Kind: doctor.Webhook, ID: strings.TrimPrefix(e.Stream, "webhook/")}, OnWebhook
		return t, strings.HasPrefix(e.Stream, "webhook/")
	}
	return t, false
}

// ownerOf is who sees what a scope has: a group, or an account. What has none is the installation's.
func (k *Clinic) ownerOf(scope string) Reader {
	if g, ok := k.Registry.Group(scope); ok {
		return Reader{Account: g.Account, Group: g.ID}
	}
	return Reader{Operator: scope == "", Account: scope}
}

// work examines what is due, so many at a time, and gives what is left.
func (k *Clinic) work(ctx context.Context, waiting []task) (left []task, err error) {
	now := k.Now()
	if now.Sub(k.began) >= time.Second {
		k.began, k.spent = now, 0
	}
	for i, t := range waiting {
		if t.due.After(now) || k.spent == perSecond {
			left = append(left, waiting[i])
			continue
		}
		k.spent++
		// What cannot be examined is left out: payments do not stop for it. When the store has failed, who watches it
		// ends the process.
		if err := k.examineSafely(ctx, t); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			k.failed(now, t, err)
		}
	}
	return left, nil
}

// logEvery is how often what could not be examined is logged.
const logEvery = time.Minute

// failed logs what could not be examined, and how many were not logged before it.
func (k *Clinic) failed(now time.Time, t task, err error) {
	if !k.told.IsZero() && now.Sub(k.told) < logEvery {
		k.unsaid++
		return
	}
	k.Log.Error("automatic examination failed", "subject", string(t.subject.Kind)+" "+t.subject.ID, "trigger", t.trigger, "err", err, "not logged before", k.unsaid)
	k.told, k.unsaid = now, 0
}

// examineSafely makes a rule that breaks on a chart into an error.
func (k *Clinic) examineSafely(ctx context.Context, t task) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("clinic: examine %s %s: %v", t.subject.Kind, t.subject.ID, broken)
		}
	}()
	return k.examine(ctx, t)
}

// examine makes a diagnosis by itself, and keeps it when it says something new of its subject.
func (k *Clinic) examine(ctx context.Context, t task) error {
	if t.trigger == OnOffline && k.World.Link(t.subject.ID).State != "offline" {
		return nil // it has come back
	}
	chart, err := k.chart(ctx, t.owner, Ask{Subject: t.subject})
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	d := k.diagnosed(t.owner, chart, t.trigger)
	k.mu.Lock()
	last, known := k.last[d.Diagnosis.Subject]
	k.mu.Unlock()
	if codes := strings.Join(codesOf(d.Diagnosis), " "); codes == "" || known && codes == last {
		return nil
	}
	d.Seq, d.ID = t.seq, k.idAt(t.at, "a"+strconv.FormatUint(t.seq, base))
	return k.keep(ctx, d)
}

// keepCursor writes down now and then how far the journal was followed: up to the first task that still waits. What
// is done twice after a crash has the same id.
func (k *Clinic) keepCursor(ctx context.Context, read uint64, waiting []task) error {
	for _, t := range waiting {
		read = min(read, t.seq-1)
	}
	if read <= k.cursor.After || k.Now().Sub(k.cursor.kept) < keepEvery {
		return nil
	}
	next := k.cursor
	next.After = read
	return k.writeCursor(ctx, next)
}

func (k *Clinic) writeCursor(ctx context.Context, next cursor) error {
	state, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if _, err := k.Records.Commit(ctx, journal.Batch{{Stream: cursorStream, Expect: next.version, State: state}}); err != nil {
		return err
	}
	next.version, next.kept = next.version+1, k.Now()
	k.cursor = next
	return nil
}
