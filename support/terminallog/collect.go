package terminallog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kassa/journal"
)

// Question asks a terminal for lines of a window after one that is known.
type Question struct {
	Task        string
	From, Until time.Time
	After       uint64
}

// Chunk is what a terminal answers; Left lines follow.
type Chunk struct {
	Lines []Line
	Left  int
}

// Terminals reaches terminals. Collect wraps ErrOffline or ErrNoAnswer where nothing came.
type Terminals interface {
	Collect(ctx context.Context, tid string, q Question) (Chunk, error)
}

// Errors of a terminal that gives no lines.
var (
	ErrOffline  = errors.New("terminallog: the terminal is offline")
	ErrNoAnswer = errors.New("terminallog: the terminal did not answer")
)

const (
	workEvery = time.Second
	// whileRecording is the pause between two looks at a terminal whose window is not over, again that after a try
	// that failed.
	whileRecording = 15 * time.Second
	again          = 2 * time.Second
	// grace is for lines of the last moment, which a terminal whose clock is behind has not written yet.
	grace = 2 * time.Second
	// maxSilent answers that never came, from a terminal that is online, are a program that keeps no log.
	maxSilent  = 5
	maxAtOnce  = 8
	perBatch   = 200
	maxPerLook = 50 // chunks of one device in a row, so that others have their turn
)

// place is one device of a task.
type place struct {
	task   string
	device int
}

// pace is when each place was looked at last, and how often in a row it said nothing. A restart forgets it.
type pace struct {
	mu     sync.Mutex
	last   map[place]time.Time
	silent map[place]int
}

func (p *pace) due(at place, now time.Time, every time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.last[at]
	if ok && now.Sub(last) < every && !now.Before(last) {
		return false
	}
	p.last[at] = now
	return true
}

// heard counts the answers that did not come in a row.
func (p *pace) heard(at place, silent bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !silent {
		delete(p.silent, at)
		return 0
	}
	p.silent[at]++
	return p.silent[at]
}

func (p *pace) forget(task string, devices int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range devices {
		delete(p.last, place{task, i})
		delete(p.silent, place{task, i})
	}
}

// Run works until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(workEvery)
	defer ticker.Stop()
	for {
		if err := k.Work(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-k.nudge:
		case <-ticker.C:
		}
	}
}

// Work does once what is due: it collects, and empties what has expired. An error is the store's.
func (k *Keeper) Work(ctx context.Context) error {
	var work sync.WaitGroup
	turns, failed := make(chan struct{}, maxAtOnce), make(chan error, 1)
	now := k.cfg.Now()
	note := func(err error) {
		select {
		case failed <- err:
		default:
		}
	}
	for _, t := range k.Tasks() {
		if !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) && (t.State != Expired || t.holds()) {
			if err := k.expire(t.ID); err != nil {
				note(err)
			}
			continue
		}
		if !t.Running() || now.Before(t.From) {
			continue
		}
		every := again
		if now.Before(t.Until) {
			every = whileRecording
		}
		for i, d := range t.Devices {
			if d.over() || !k.pace.due(place{t.ID, i}, now, every) {
				continue
			}
			turns <- struct{}{}
			work.Go(func() {
				defer func() { <-turns }()
				if err := k.collect(ctx, t.ID, i); err != nil {
					note(err)
				}
			})
		}
	}
	work.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// collect asks one device for what follows, until nothing does.
func (k *Keeper) collect(ctx context.Context, id string, i int) error {
	for range maxPerLook {
		t, err := k.Task(id)
		if err != nil || !t.Running() || t.Devices[i].over() || ctx.Err() != nil {
			return nil
		}
		d, asked := t.Devices[i], k.cfg.Now()
		from, why := k.allowed(t.Account, d, t.From)
		final := t.Kind == LastHours || !asked.Before(t.Until.Add(grace))
		switch {
		case why != "":
			return k.moved(id, i, func(d *Device) { d.State, d.Reason = Failed, why }, nil)
		case d.Lines >= MaxLines:
			return k.moved(id, i, func(d *Device) { d.State, d.Reason = Ready, fmt.Sprintf("the limit of %d lines", MaxLines) }, nil)
		case !from.Before(t.Until):
			return k.moved(id, i, func(d *Device) { d.State = Ready }, nil)
		}
		chunk, err := k.cfg.Terminals.Collect(ctx, d.TID, Question{Task: id, From: from, Until: t.Until, After: d.After})
		if err != nil {
			return k.missed(ctx, t, i, err)
		}
		k.pace.heard(place{id, i}, false)
		if err := k.took(id, i, chunk, final); err != nil || chunk.Left == 0 {
			return err
		}
	}
	return nil
}

// allowed is from when on the lines of a device may be read: those from before it was this terminal's are somebody
// else's. The text says why none may be.
func (k *Keeper) allowed(account string, d Device, from time.Time) (time.Time, string) {
	device, known := k.cfg.Stock.Device(d.Serial)
	t, bound := k.cfg.Stock.Terminal(d.TID)
	if !known || !bound || device.TID != d.TID || t.Account != account || t.Group != d.Group {
		return from, "the device is not this terminal's any more"
	}
	if t.ActivatedAt.After(from) {
		from = t.ActivatedAt
	}
	return from, ""
}

// missed notes why nothing came: the terminal is asked again until its time is over.
func (k *Keeper) missed(ctx context.Context, t Task, i int, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	reason, silent := "the terminal is offline", errors.Is(err, ErrNoAnswer)
	if silent {
		reason = "the terminal does not answer"
	}
	times := k.pace.heard(place{t.ID, i}, silent)
	switch {
	case times >= maxSilent:
		reason = "the terminal is online and does not answer: its program may be too old to keep a log"
	case k.cfg.Now().After(t.Until.Add(patience)):
		reason = "the terminal could not be reached within 24 hours after the window"
	case t.Devices[i].Reason == reason:
		return nil
	default:
		return k.moved(t.ID, i, func(d *Device) { d.Reason = reason }, nil)
	}
	return k.moved(t.ID, i, func(d *Device) { d.State, d.Reason = Failed, reason }, nil)
}

// took makes a chunk durable together with where the task is then.
func (k *Keeper) took(id string, i int, c Chunk, final bool) error {
	t, err := k.Task(id)
	if err != nil {
		return nil
	}
	before := t.Devices[i]
	done := final && c.Left == 0
	if len(c.Lines) == 0 && !done && before.State == Collecting && before.Reason == "" {
		return nil
	}
	var batch journal.Batch
	after := before
	after.State, after.Reason, after.Left = Collecting, "", c.Left
	if done {
		after.State = Ready
	}
	for _, l := range c.Lines {
		if after.After > 0 && l.N > after.After+1 {
			after.Gaps++
		}
		after.After = l.N
	}
	if len(c.Lines) > 0 {
		state, err := packed(c.Lines)
		if err != nil {
			return err
		}
		batch = journal.Batch{{Stream: chunkStream(id, i, before.Chunks), State: state}}
		after.Lines, after.Chunks = before.Lines+len(c.Lines), before.Chunks+1
	}
	return k.moved(id, i, func(d *Device) { *d = after }, batch)
}

// moved changes how a task stands with a device, and ends the task with its last one.
func (k *Keeper) moved(id string, i int, change func(*Device), chunks journal.Batch) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	t, err := k.Task(id)
	if err != nil || !t.Running() || t.Devices[i].over() {
		return nil
	}
	change(&t.Devices[i])
	if t.State = Collecting; !t.done() {
		return k.commit(t, chunks)
	}
	now := k.cfg.Now()
	t.State, t.EndedAt, t.ExpiresAt = Failed, now, now.Add(Keep)
	lines := 0
	for _, d := range t.Devices {
		if lines += d.Lines; d.State == Ready {
			t.State = Ready
		}
	}
	if t.State == Failed {
		t.Reason = t.Devices[0].Reason
	}
	k.pace.forget(id, len(t.Devices))
	return k.commit(t, chunks, LogTaskEnded{ID: id, State: t.State, Reason: t.Reason, Lines: lines})
}

// expire ends a task, and then empties its chunks, so many at once: a restart goes on where it was.
func (k *Keeper) expire(id string) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	t, err := k.Task(id)
	if err != nil {
		return nil
	}
	var facts []any
	if t.State != Expired {
		facts = append(facts, LogTaskEnded{ID: id, State: Expired})
	}
	t.State = Expired
	for {
		var batch journal.Batch
		for i := range t.Devices {
			for d := &t.Devices[i]; d.Chunks > 0 && len(batch) < perBatch; {
				d.Chunks--
				batch = append(batch, journal.Change{Stream: chunkStream(id, i, d.Chunks), Expect: 1, State: []byte(`{}`)})
			}
		}
		if err := k.commit(t, batch, facts...); err != nil || !t.holds() {
			return err
		}
		facts = nil
	}
}

func chunkStream(id string, device, number int) string {
	return fmt.Sprintf("%s/%s.%02d.%05d", kindChunk, id, device, number)
}
