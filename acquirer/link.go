package acquirer

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"kassa"
)

// LinkConfig is the host's address and how its connections are made. A zero value means the
// default.
type LinkConfig struct {
	Config
	// Address gives the host's address; it is asked before each connection, so that it may change.
	Address func() string
	// Connections is how many are kept; default 2.
	Connections int
	// Dial makes a connection; default TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// DialTimeout and WriteTimeout bound the making of a connection and one write; default 5 s, but
	// for WriteTimeout at most a third of Timeout: it must be less, so that a peer that reads
	// nothing is noticed in time.
	DialTimeout, WriteTimeout time.Duration
	// RedialFirst and RedialMax are the pauses between connections that fail; default 250 ms, 30 s.
	RedialFirst, RedialMax time.Duration
	// Observe hears of connections and alarms. It is called from one goroutine, in order, and must
	// not block.
	Observe func(Notice)
	// Random gives the jitter; default a seed of its own.
	Random *rand.Rand
	// Now is the clock; default the wall's.
	Now func() time.Time
}

func (c LinkConfig) withDefaults() (LinkConfig, error) {
	c.Config = c.Config.withDefaults()
	if c.Address == nil {
		return c, errors.New("acquirer: no address")
	}
	if c.Connections <= 0 {
		c.Connections = 2
	}
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	for _, d := range []struct {
		at   *time.Duration
		then time.Duration
	}{
		{&c.DialTimeout, 5 * time.Second}, {&c.WriteTimeout, min(5*time.Second, c.Timeout/3)},
		{&c.RedialFirst, 250 * time.Millisecond}, {&c.RedialMax, 30 * time.Second},
	} {
		if *d.at <= 0 {
			*d.at = d.then
		}
	}
	if c.WriteTimeout >= c.Timeout {
		return c, errors.New("acquirer: WriteTimeout must be less than Timeout")
	}
	if c.Observe == nil {
		c.Observe = func(Notice) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return c, nil
}

// Link runs a Machine over sockets. One goroutine owns the machine; each connection has one
// reader and one writer.
type Link struct {
	cfg      LinkConfig
	machine  *Machine
	outcome  func(order string, in kassa.Input)
	signedOn atomic.Int64
	lastConn atomic.Uint64

	mu     sync.Mutex
	inbox  []item
	closed bool
	wake   chan struct{}

	sockets map[uint64]*socket // of the goroutine that owns the machine
	next    []Input            // what an output has caused, before anything else
}

// item is an input on its way to the machine. The socket is that of a LinkUp or a FrameReceived.
type item struct {
	in     Input
	socket *socket
}

// New makes a link. outcome hears what came of each effect; it is called from one goroutine and
// must not wait for the link.
func New(cfg LinkConfig, secure SecureModule, outcome func(order string, in kassa.Input)) (*Link, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := NewMachine(cfg.Config, secure, cfg.Random)
	if err != nil {
		return nil, err
	}
	return &Link{
		cfg: cfg, machine: m, outcome: outcome, wake: make(chan struct{}, 1), sockets: make(map[uint64]*socket),
	}, nil
}

// Take takes an effect that is for the host. It never blocks. What comes in after Run has ended is
// not reported on: it is the next process that settles it.
func (l *Link) Take(o kassa.NewOrder, e kassa.Effect) {
	if in, ok := ForHost(o, e); ok {
		l.put(item{in: in})
	}
}

// State is the number of connections that are signed on.
func (l *Link) State() int { return int(l.signedOn.Load()) }

// put adds an input. The inbox holds at most one entry for each order that is open, a fixed credit
// of frames for each connection, and what connections say of their end.
func (l *Link) put(it item) {
	l.mu.Lock()
	if !l.closed {
		l.inbox = append(l.inbox, it)
	}
	l.mu.Unlock()
	l.Wake()
}

// Wake tells that the clock was moved on: what is due is looked at anew.
func (l *Link) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Link) take() []item {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := l.inbox
	l.inbox = nil
	return batch
}

// Run keeps the connections until ctx ends. Then every authorisation is resolved and everything
// it has started has ended. It is called once.
func (l *Link) Run(ctx context.Context) error {
	var dialers sync.WaitGroup
	for range l.cfg.Connections {
		random := rand.New(rand.NewPCG(l.cfg.Random.Uint64(), l.cfg.Random.Uint64()))
		dialers.Go(func() { l.keep(ctx, random) })
	}
	over := make(chan struct{})
	go func() {
		dialers.Wait()
		close(over)
	}()
	l.loop(over)
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for _, it := range l.take() {
		l.step(it)
	}
	l.handle(Stop{})
	return context.Cause(ctx)
}

// loop feeds the machine until all connections have ended for good.
func (l *Link) loop(over <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		for _, it := range l.take() {
			l.step(it)
			l.tick() // a long queue must not make deadlines late
		}
		timer.Reset(l.tick())
		select {
		case <-l.wake:
		case <-timer.C:
		case <-over:
			return
		}
	}
}

// tick does what is due and tells how long nothing else will be.
func (l *Link) tick() time.Duration {
	for {
		due, ok := l.machine.NextDue()
		if !ok {
			return time.Hour
		}
		wait := due.Sub(l.cfg.Now())
		if wait > 0 {
			return wait
		}
		l.handle(Tick{})
	}
}

func (l *Link) step(it item) {
	switch in := it.in.(type) {
	case LinkUp:
		l.sockets[in.Conn] = it.socket
	case LinkDown:
		delete(l.sockets, in.Conn)
	case FrameReceived:
		defer it.socket.release()
	}
	l.handle(it.in)
}

// handle gives the machine an input and does what it says.
func (l *Link) handle(in Input) {
	l.next = append(l.next, in)
	for len(l.next) > 0 {
		in := l.next[0]
		l.next = l.next[1:]
		outputs := l.machine.Handle(l.cfg.Now(), in)
		l.signedOn.Store(int64(l.machine.SignedOn()))
		for _, out := range outputs {
			l.do(out)
		}
	}
	l.next = nil
}

func (l *Link) do(out Output) {
	switch out := out.(type) {
	case Send:
		if s := l.sockets[out.Conn]; s == nil || !s.send(out) {
			l.next = append(l.next, NotStarted{Conn: out.Conn, ID: out.ID})
		}
	case CloseLink:
		if s := l.sockets[out.Conn]; s != nil {
			s.close()
		}
	case Outcome:
		l.outcome(out.Order, out.Input)
	case Alarm:
		l.cfg.Observe(out)
	case LinkChanged:
		if s := l.sockets[out.Conn]; s != nil && out.State == LinkSignedOn {
			s.signedOn.Store(true)
		}
		l.cfg.Observe(out)
	}
}

// keep holds one connection up. The pause before the next one grows until one has signed on.
func (l *Link) keep(ctx context.Context, random *rand.Rand) {
	pause := l.cfg.RedialFirst
	for ctx.Err() == nil {
		good := false
		dialling, cancel := context.WithTimeout(ctx, l.cfg.DialTimeout)
		c, err := l.cfg.Dial(dialling, l.cfg.Address())
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				l.put(item{in: DialFailed{Detail: err.Error()}})
			}
		} else {
			good = l.serve(ctx, c)
		}
		if good {
			pause = l.cfg.RedialFirst
		}
		wait := time.NewTimer(pause/2 + time.Duration(random.Float64()*float64(pause)/2))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, l.cfg.RedialMax)
	}
}

// serve reads and writes one connection until it ends. It tells whether the host let it sign on.
func (l *Link) serve(ctx context.Context, c net.Conn) bool {
	s := newSocket(l.lastConn.Add(1), c, l.cfg)
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	l.put(item{in: LinkUp{Conn: s.id}, socket: s})
	var both sync.WaitGroup
	both.Go(func() { s.read(func(f Frame) { l.put(item{in: FrameReceived{Conn: s.id, Frame: f}, socket: s}) }) })
	both.Go(func() { s.write(func(id uint64) { l.put(item{in: NotStarted{Conn: s.id, ID: id}}) }) })
	both.Wait()
	for _, id := range s.abandon() {
		l.put(item{in: NotStarted{Conn: s.id, ID: id}})
	}
	l.put(item{in: LinkDown{Conn: s.id}})
	return s.signedOn.Load()
}
