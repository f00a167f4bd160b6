package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"kassa/acquirer"
	"kassa/engine"
	"kassa/hsm"
	"kassa/iso8583"
	"kassa/journal"
	"kassa/poi"
	"kassa/sim/disk"
)

// kassaNode is Kassa's machine: what survives a crash, and the life that is going on.
type kassaNode struct {
	w      *world
	disk   *disk.Disk
	module *hsm.Module
	estate *estateBook
	ahead  time.Duration // its wall clock is wrong by this
	life   *life
	lives  int
	links  uint64
}

// life is one process of Kassa: the production machines, and the queues between them that the
// goroutines of the production shell have.
type life struct {
	w     *world
	k     *kassaNode
	dead  bool
	clock func() time.Time

	engine   *engine.Machine
	acquirer *acquirer.Machine
	pois     map[string]*poi.Machine
	poiConns map[uint64]*poiConn

	engineBox, acquirerBox, poiBox *inbox
	armed                          map[string]time.Time

	tickets  map[engine.Ticket]func(engine.Reply)
	ticket   engine.Ticket
	flushing bool
	deaf     bool // the last flush is durable, and nobody hears of it
	links    map[uint64]*hostLink
}

func newKassa(w *world) (*kassaNode, error) {
	module, err := hsm.NewInMemory(w, w.stock.zone)
	if err != nil {
		return nil, err
	}
	k := &kassaNode{w: w, disk: disk.New(), module: module, estate: newEstate()}
	if w.often(0.2) {
		k.wearOut()
	}
	return k, nil
}

// wearOut begins with terminals that have almost used up their trace numbers, which then wrap.
func (k *kassaNode) wearOut() {
	for n := range mostDevices {
		k.disk.Submit(journal.Batch{{Stream: "poi/" + tidOf(n+1), State: []byte(`{"stan":999998}`)}}, func(journal.Receipt, error) {})
	}
	k.disk.Flush(-1)
}

// inbox is the queue of a goroutine: what is put in is handled a moment later, in order.
type inbox struct {
	l     *life
	items []func()
	busy  bool
}

func (b *inbox) put(do func()) {
	if b.l.dead {
		return
	}
	b.items = append(b.items, do)
	if b.busy {
		return
	}
	b.busy = true
	b.l.w.after(b.l.w.between(0, 2*time.Millisecond), func() {
		b.busy = false
		items := b.items
		b.items = nil
		for _, do := range items {
			if !b.l.dead {
				do()
			}
		}
	})
}

// start begins a life with what the disk has.
func (k *kassaNode) start() {
	w := k.w
	k.lives++
	w.note("kassa", "starts", "")
	l := &life{
		w: w, k: k, pois: make(map[string]*poi.Machine), poiConns: make(map[uint64]*poiConn),
		tickets: make(map[engine.Ticket]func(engine.Reply)), links: make(map[uint64]*hostLink),
		armed: make(map[string]time.Time),
	}
	l.engineBox, l.acquirerBox, l.poiBox = &inbox{l: l}, &inbox{l: l}, &inbox{l: l}
	k.life = l
	l.clock = k.clock()
	w.books.restarts(k.disk)
	random := rand.New(rand.NewPCG(w.chance.Uint64(), w.chance.Uint64()))
	var err error
	l.acquirer, err = acquirer.NewMachine(acquirer.Config{RepeatMax: repeatMax, LinkPatience: 2 * time.Second}, secure{k.module}, random)
	if err != nil {
		w.books.wrong(lost, "", "the acquirer's side does not start: "+err.Error())
		return
	}
	var first []engine.Output
	if l.engine, first, err = engine.NewMachine(l.clock(), w.bug.reader(k.disk), true); err != nil {
		w.books.wrong(lost, "", "the engine does not start: "+err.Error())
		return
	}
	l.engineBox.put(func() { l.do(first); l.armEngine() })
	w.bug.started(l)
	for range 2 {
		l.dialHost(w.between(0, 200*time.Millisecond))
	}
}

// clock is the clock of a life: the engine's own over a wall clock that may be wrong. A wall clock
// that is set in the middle of a life shows in the next one only, because a process measures spans
// with its monotonic clock.
func (k *kassaNode) clock() func() time.Time {
	ahead := k.ahead
	wall := func() time.Time { return k.w.now.Add(ahead) }
	var newest time.Time
	if last := k.disk.Last(); last > 0 {
		if entries, err := k.disk.Entries(last-1, 1); err == nil && len(entries) == 1 {
			newest = entries[0].At
		}
	}
	return engine.Clock(wall, newest)
}

// crash ends the life: memory, what was not flushed, and what was not sent are gone.
func (k *kassaNode) crash(why string) {
	l := k.life
	if l == nil {
		return
	}
	k.w.note("kassa", "dies", why)
	l.dead, k.life = true, nil
	k.disk = k.disk.Crash()
	for _, id := range sortedKeys(l.links) {
		if link := l.links[id]; link.atKassa {
			link.atKassa = false
			link.tellHost()
		}
	}
	for _, id := range sortedKeys(l.poiConns) {
		l.poiConns[id].link.closeAtKassa()
	}
	k.w.after(k.w.between(100*time.Millisecond, 20*time.Second), k.start)
}

// stop ends the life in order: the terminals are told, and every authorisation gets an outcome as
// far as the time suffices.
func (k *kassaNode) stop() {
	l := k.life
	if l == nil {
		return
	}
	k.w.note("kassa", "stops", "")
	for _, d := range k.w.devices {
		l.toPOI(d.poiid, poi.Shutdown{RetryAfter: time.Second})
	}
	l.toAcquirer(acquirer.Stop{})
	k.w.after(k.w.between(time.Millisecond, 200*time.Millisecond), func() {
		if !l.dead {
			k.crash("after a stop")
		}
	})
}

func sortedKeys[V any](m map[uint64]V) []uint64 {
	keys := make([]uint64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (k *kassaNode) busy() string {
	if k.life == nil {
		return "Kassa is down"
	}
	if k.disk.Waiting() > 0 {
		return "Kassa writes"
	}
	open := ""
	err := k.disk.OpenStreams("order", func(s journal.Stream) error {
		open = s.ID + " is open: " + string(s.State)
		return nil
	})
	if err != nil {
		return err.Error()
	}
	return open
}

// secure is the secure module as the acquirer's side asks it.
type secure struct{ module *hsm.Module }

func (s secure) CompleteSale(m *iso8583.Message, ksn string, aad, track2, pin []byte) error {
	return s.module.CompleteSale(m, hsm.Card{KSN: ksn, AAD: aad, Sealed: track2, PIN: pin})
}

func (s secure) CompleteEntered(m *iso8583.Message, aad, sealed []byte) error {
	return s.module.CompleteEntered(m, aad, sealed)
}

func (s secure) MAC(b []byte) ([8]byte, error) { return s.module.MAC(b) }

// toEngine puts an input into the engine's inbox.
func (l *life) toEngine(in engine.Input) {
	l.engineBox.put(func() {
		l.do(l.engine.Handle(l.clock(), in))
		l.armEngine()
	})
}

// arm wants a tick of a machine. A due instant that has been asked for already is not asked again.
func (l *life) arm(who string, due time.Time, ok bool, tick func()) {
	if !ok || l.dead || l.armed[who].Equal(due) {
		return
	}
	l.armed[who] = due
	l.w.after(due.Sub(l.clock()), func() {
		if !l.dead && l.armed[who].Equal(due) {
			delete(l.armed, who)
			tick()
		}
	})
}

func (l *life) armEngine() {
	due, ok := l.engine.NextDue()
	l.arm("engine", due, ok, func() { l.toEngine(engine.Tick{}) })
}

// do carries out what the engine wants.
func (l *life) do(outputs []engine.Output) {
	for _, out := range outputs {
		switch out := out.(type) {
		case engine.Commit:
			l.commit(out)
		case engine.Reply:
			if reply, ok := l.tickets[out.Ticket]; ok {
				delete(l.tickets, out.Ticket)
				reply(out)
			}
		case engine.ToAcquirer:
			l.w.bug.toAcquirer(l, out)
		case engine.ToPOI:
			l.tell(out)
		case engine.Alarm:
			l.w.books.wrong(lost, out.Order, "the engine's alarm: "+out.Text)
		}
	}
}

func (l *life) commit(c engine.Commit) {
	early := l.w.bug.early(l, c)
	l.k.disk.Submit(c.Batch, func(_ journal.Receipt, err error) {
		if err != nil {
			l.w.books.wrong(lost, c.Batch[0].Stream, "the store refused a batch: "+err.Error())
		}
		if !l.deaf && !early {
			l.toEngine(engine.Committed{Token: c.Token, Err: err})
		}
	})
	l.flushLater()
}

func (l *life) flushLater() {
	if l.flushing {
		return
	}
	l.flushing = true
	delay := l.w.between(time.Millisecond, 8*time.Millisecond)
	if l.w.strikes(DiskSlow) {
		delay = l.w.between(100*time.Millisecond, 4*time.Second)
	}
	l.w.after(delay, l.flush)
}

func (l *life) flush() {
	if l.dead {
		return
	}
	l.flushing = false
	if l.w.strikes(KassaCrashBefore) {
		l.k.crash("before a flush")
		return
	}
	n := -1
	if waiting := l.k.disk.Waiting(); waiting > 1 && l.w.often(0.2) {
		n = 1 + l.w.chance.IntN(waiting)
	}
	l.deaf = l.w.strikes(KassaCrashAfter)
	l.w.note("kassa", "flushes", "")
	l.k.disk.Flush(n)
	if l.deaf {
		l.k.crash("after a flush")
		return
	}
	if l.k.disk.Waiting() > 0 {
		l.flushLater()
	}
}

// ask gives the engine an input with a ticket.
func (l *life) ask(in func(engine.Ticket) engine.Input, reply func(engine.Reply)) {
	l.ticket++
	l.tickets[l.ticket] = reply
	l.toEngine(in(l.ticket))
}

// effect hands an effect to the acquirer's side.
func (l *life) effect(out engine.ToAcquirer) {
	if in, ok := acquirer.ForHost(out.Order, out.Effect); ok {
		l.toAcquirer(in)
	}
}

func (l *life) toAcquirer(in acquirer.Input) {
	l.acquirerBox.put(func() {
		for _, out := range l.acquirer.Handle(l.clock(), in) {
			l.doAcquirer(out)
		}
		due, ok := l.acquirer.NextDue()
		l.arm("acquirer", due, ok, func() { l.toAcquirer(acquirer.Tick{}) })
	})
}

func (l *life) doAcquirer(out acquirer.Output) {
	switch out := out.(type) {
	case acquirer.Send:
		if link := l.links[out.Conn]; link != nil {
			link.write(out)
			return
		}
		l.toAcquirer(acquirer.NotStarted{Conn: out.Conn, ID: out.ID})
	case acquirer.CloseLink:
		if link := l.links[out.Conn]; link != nil {
			link.closeAtKassa()
		}
	case acquirer.Outcome:
		l.w.bug.fromAcquirer(l, out)
	case acquirer.LinkChanged:
		l.w.note("acquirer", "link", string(out.State)+" "+out.Detail)
	case acquirer.Alarm:
		l.w.note("acquirer", "alarm", string(out.Kind)+" "+out.Order+" "+out.STAN+" "+out.Detail)
	}
}

// outcome gives the engine what came of an effect.
func (l *life) outcome(out acquirer.Outcome) {
	l.toEngine(engine.FromAcquirer{Order: out.Order, Input: out.Input})
}

// dialHost makes a connection to the host, and makes it again when it has ended.
func (l *life) dialHost(after time.Duration) {
	l.w.after(after, func() {
		if l.dead {
			return
		}
		h := l.w.host
		if h.machine == nil || l.w.strikes(ISORefused) {
			l.toAcquirer(acquirer.DialFailed{Detail: "refused"})
			l.dialHost(l.w.between(250*time.Millisecond, 3*time.Second))
			return
		}
		l.k.links++
		link := &hostLink{w: l.w, id: l.k.links, life: l, hostLife: h.life, atKassa: true, atHost: true}
		l.links[link.id] = link
		h.open(link)
		l.toAcquirer(acquirer.LinkUp{Conn: link.id})
	})
}
