package terminal

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kassa/poilink"
	"kassa/virtual/deck"
)

// maxInbox is how many inputs may wait for a terminal.
const maxInbox = 256

// errStopped tells that the terminal's goroutine has ended.
var errStopped = errors.New("the terminal has stopped")

// unit is one terminal with the world around its machine: journal, link, clock and listeners.
type unit struct {
	entry   Device
	url     string
	tls     *tls.Config
	now     func() time.Time
	log     *slog.Logger
	machine *Machine
	journal *journalFile
	logbook *logFile
	cards   *cardBox
	feed    *feed
	inbox   chan event
	stopped chan struct{}
	end     context.CancelFunc // set while it runs
	playing sync.Mutex

	// The loop's own. heard is what the input at hand was answered with.
	heard heard
	link  *link
	epoch int
	wg    sync.WaitGroup

	mu     sync.Mutex
	status Status
	failed string
	linkNo string // why the last connection did not come to be
}

// event is an input with where it comes from: epoch is that of a connection, 0 of a person.
type event struct {
	in    Input
	epoch int
	link  *link
	no    string
	done  chan struct{}
	heard *heard
}

// heard is the machine's answer to an input: an objection, or the identity of what it began.
type heard struct{ objection, id string }

// run is the terminal's life in this process. It ends with ctx, or when the journal fails: a device
// that cannot write must not speak.
func (u *unit) run(ctx context.Context) {
	defer close(u.stopped)
	defer u.drain()
	defer u.wg.Wait()
	defer u.hangUp()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	err := u.handle(ctx, event{in: PowerOn{}})
	for err == nil {
		wait := time.Hour
		if due, ok := u.machine.NextDue(); ok {
			wait = max(due.Sub(u.now()), 0)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case e := <-u.inbox:
			err = u.handle(ctx, e)
		case <-timer.C:
			err = u.handle(ctx, event{in: Tick{}})
		}
	}
	u.log.Error("virtual terminal stopped", "poiid", u.entry.POIID, "error", err)
	u.mu.Lock()
	u.failed = err.Error()
	u.mu.Unlock()
	u.publish()
}

func (u *unit) handle(ctx context.Context, e event) error {
	u.heard = heard{}
	if e.done != nil {
		defer func() {
			if e.heard != nil {
				*e.heard = u.heard
			}
			close(e.done)
		}()
	}
	if e.epoch != 0 {
		if e.epoch != u.epoch {
			if e.link != nil {
				e.link.close()
			}
			return nil
		}
		u.linked(ctx, e)
	}
	first := true
	for _, o := range u.machine.Handle(u.now(), e.in) {
		if p, ok := o.(Persist); ok {
			if err := u.journal.append(p.Record); err != nil {
				return err
			}
			continue
		}
		// Records in a row share one sync. Only then is the new state for others to see, and before
		// anybody hears of a screen or an end that belongs to it.
		if err := u.journal.sync(); err != nil {
			return err
		}
		if first {
			u.keep()
			first = false
		}
		if err := u.do(ctx, o); err != nil {
			return err
		}
	}
	if err := u.journal.sync(); err != nil {
		return err
	}
	if u.journal.long() {
		if err := u.journal.compact(u.machine.Snapshot()); err != nil {
			return err
		}
	}
	u.publish()
	return nil
}

// do carries one output out that is no record.
func (u *unit) do(ctx context.Context, o Output) error {
	switch o := o.(type) {
	case Send:
		return u.send(o.Frame)
	case Connect:
		u.connect(ctx, o.Broken)
	case Disconnect:
		u.part()
	case Test:
		u.test(ctx, o)
	case Log:
		return u.logbook.append(o.Lines)
	case ReadLog:
		return u.readLog(ctx, o.Asked)
	case LookedAt:
		u.feed.tell(Note{Tests: &o.Tests})
	case Abandon:
		u.epoch++
		u.link = nil
	case Freeze:
		if u.link != nil {
			u.link.freeze()
		}
	case Show:
		u.feed.tell(Note{Screen: &o.Screen})
	case Print:
		u.feed.tell(Note{Receipt: &o.Receipt})
	case Finished:
		u.feed.tell(Note{Finished: &o.Attempt})
	case Ordered:
		u.feed.tell(Note{Ordered: &o.Outcome})
	case Told:
		u.feed.tell(Note{Told: &o})
	case Objection:
		u.heard.objection = o.Text
	case Took:
		u.heard.id = o.ID
	}
	return nil
}

func (u *unit) send(f poilink.Frame) error {
	raw, err := poilink.Encode(f)
	if err != nil {
		return err
	}
	if u.link != nil && !u.link.send(raw) {
		u.link.close() // its reader reports the end
	}
	return nil
}

func (u *unit) hangUp() {
	u.epoch++
	if u.link != nil {
		u.link.close()
		u.link = nil
	}
}

// part ends the connection when what was to be said on it has been said.
func (u *unit) part() {
	l := u.link
	u.link = nil
	u.hangUp()
	if l != nil {
		l.finish()
	}
}

func (u *unit) connect(ctx context.Context, broken []Fault) {
	u.hangUp()
	epoch := u.epoch
	u.wg.Go(func() {
		l, err := dial(ctx, u.url, u.tls, broken)
		if err != nil {
			u.post(ctx, event{in: LinkDown{Step: stepOf(err), Why: short(err)}, epoch: epoch, no: err.Error()})
			return
		}
		if !u.post(ctx, event{in: LinkUp{Address: l.address()}, epoch: epoch, link: l}) {
			l.close()
		}
	})
}

// linked follows a connection's coming and going.
func (u *unit) linked(ctx context.Context, e event) {
	switch e.in.(type) {
	case LinkUp:
		u.link = e.link
		u.setLinkNo("")
		u.serve(ctx, e.link, e.epoch)
	case LinkDown:
		u.setLinkNo(e.no)
		u.hangUp()
	}
}

// drain closes a connection that came when nobody took events any more.
func (u *unit) drain() {
	for {
		select {
		case e := <-u.inbox:
			if e.link != nil {
				e.link.close()
			}
		default:
			return
		}
	}
}

func (u *unit) setLinkNo(why string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.linkNo = why
}

func (u *unit) serve(ctx context.Context, l *link, epoch int) {
	u.wg.Go(l.write)
	u.wg.Go(func() {
		l.read(func(raw []byte) bool {
			f, err := poilink.Decode(raw)
			if err != nil {
				u.log.Warn("frame from the cloud does not fit", "poiid", u.entry.POIID, "error", err)
				return false
			}
			return u.post(ctx, event{in: FrameReceived{f}, epoch: epoch})
		})
		u.post(ctx, event{in: LinkDown{}, epoch: epoch, no: "the connection ended"})
	})
	u.wg.Go(func() { // an end of the process ends the reader
		select {
		case <-ctx.Done():
			l.close()
		case <-l.done:
		}
	})
}

func (u *unit) post(ctx context.Context, e event) bool {
	select {
	case u.inbox <- e:
		return true
	case <-ctx.Done():
		return false
	case <-u.stopped:
		return false
	}
}

// act gives the terminal an input of a person and returns when it has been handled.
func (u *unit) act(ctx context.Context, in Input) error {
	_, err := u.ask(ctx, in)
	return err
}

// ask is act with what the terminal says to it.
func (u *unit) ask(ctx context.Context, in Input) (heard, error) {
	e := event{in: in, done: make(chan struct{}), heard: &heard{}}
	if !u.post(ctx, e) {
		return heard{}, errStopped
	}
	select {
	case <-e.done:
		return *e.heard, nil
	case <-ctx.Done():
		return heard{}, ctx.Err()
	case <-u.stopped:
		return heard{}, errStopped
	}
}

// startOrder starts an order on the terminal and waits for its end. When it returns an error the end
// is not known yet: the same call again waits on, or tells it.
func (u *unit) startOrder(ctx context.Context, in StartOrder) (o Outcome, err error) {
	for {
		listened := u.follow(ctx, in, func(n Note, h heard) bool {
			if n.Ordered == nil || n.Ordered.Reference != h.id {
				return false
			}
			o = *n.Ordered
			return true
		}, &err)
		if listened || err != nil {
			return o, err
		}
	}
}

// asked gives an input whose answer comes from the cloud, and waits for that.
func (u *unit) asked(ctx context.Context, in Input) (told Told, h heard, err error) {
	u.follow(ctx, in, func(n Note, took heard) bool {
		if h = took; took.objection != "" {
			return true
		}
		if n.Told == nil || n.Told.ID != took.id {
			return false
		}
		told = *n.Told
		return true
	}, &err)
	return told, h, err
}

// follow gives an input and listens until end says so. It is false when it could not listen to the end.
func (u *unit) follow(ctx context.Context, in Input, end func(Note, heard) bool, err *error) bool {
	notes, leave := u.feed.listen()
	defer leave()
	h, failed := u.ask(ctx, in)
	if *err = failed; failed != nil {
		return false
	}
	if end(Note{}, h) {
		return true
	}
	for {
		select {
		case <-ctx.Done():
			*err = ctx.Err()
			return false
		case <-u.stopped:
			*err = errStopped
			return false
		case n, ok := <-notes:
			if !ok {
				return false
			}
			if end(n, h) {
				return true
			}
		}
	}
}

// put presents a card once.
func (u *unit) put(ctx context.Context, entry Entry, c deck.Card) error {
	atc := uint16(0)
	if entry != Swipe {
		var err error
		if atc, err = u.cards.next(c); err != nil {
			return err
		}
	}
	return u.act(ctx, CardPresented{Entry: entry, Card: c, ATC: atc})
}

// keep makes the present state the one that others see.
func (u *unit) keep() Status {
	s := u.machine.Status()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.status = s
	return s
}

func (u *unit) publish() {
	s := u.keep()
	u.feed.tell(Note{Status: &s})
}

// State is what GET state answers.
type State struct {
	Status
	// Auto is the card that the terminal takes by itself.
	Auto string `json:"auto,omitempty"`
	// Why tells why there is no link, or why the terminal stopped.
	Why string `json:"why,omitempty"`
}

func (u *unit) state() State {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := State{Status: u.status, Auto: u.entry.Auto}
	if s.Name == "" {
		s.Name = u.entry.Name
	}
	if !s.Online {
		s.Why = u.linkNo
	}
	if u.failed != "" {
		s.Why, s.Online, s.Powered = u.failed, false, false
	}
	return s
}
