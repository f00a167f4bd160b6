package host

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"kassa/iso8583"
)

var errStopped = errors.New("host: it has stopped")

// Options is what a Server needs.
type Options struct {
	// Ledger is the path of the ledger file.
	Ledger string
	Config
	Log *slog.Logger
}

// Server runs a Machine: it reads frames from real connections, makes what the machine persists
// durable (many inputs share one write to the disk), and only then sends.
type Server struct {
	machine *Machine
	ledger  *Ledger
	log     *slog.Logger
	inputs  chan Input
	calls   chan call
	stopped chan struct{} // closed when the loop has ended
	gate    gate
	conns   sync.Map // by number: *conn
	count   atomic.Int64
	number  atomic.Uint64
}

// call is a function to run on the machine, and what to close when its outputs are executed.
type call struct {
	run  func(*Machine) []Output
	done chan struct{}
}

// NewServer opens the ledger and replays it. Run serves it and closes it.
func NewServer(o Options) (*Server, error) {
	m, err := NewMachine(o.Config)
	if err != nil {
		return nil, err
	}
	l, err := OpenLedger(o.Ledger, m.Restore)
	if err != nil {
		return nil, err
	}
	s := &Server{
		machine: m, ledger: l, log: o.Log, inputs: make(chan Input, maxBatch),
		calls: make(chan call), stopped: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.gate.set(true)
	return s, nil
}

// Run serves connections of the listener until the context ends or the ledger fails, then closes
// everything. It runs once.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	var accepted error
	running.Go(func() {
		defer cancel()
		accepted = s.accept(ctx, listener, &running)
	})
	running.Go(func() {
		<-ctx.Done()
		s.gate.set(true) // whoever waits there shall see the end
		_ = listener.Close()
	})
	err := s.loop(ctx)
	cancel()
	close(s.stopped)
	s.conns.Range(func(_, c any) bool {
		c.(*conn).end()
		return true
	})
	running.Wait()
	return errors.Join(err, accepted, s.ledger.Close())
}

func (s *Server) accept(ctx context.Context, listener net.Listener, running *sync.WaitGroup) error {
	for {
		socket, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			s.log.Warn("host: accept", "error", err)
			if !wait(ctx, 50*time.Millisecond) { // out of file descriptors, as a rule
				return nil
			}
			continue
		}
		if s.count.Load() >= maxConns {
			_ = socket.Close()
			continue
		}
		c := newConn(s.number.Add(1), socket)
		s.count.Add(1)
		s.conns.Store(c.number, c)
		if ctx.Err() != nil {
			c.end()
		}
		running.Go(func() {
			defer s.count.Add(-1)
			s.serve(ctx, c)
		})
	}
}

// loop owns the machine.
func (s *Server) loop(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var batch []Output
	for {
		timer.Stop()
		if due, ok := s.machine.NextDue(); ok {
			timer.Reset(time.Until(due))
		}
		batch = batch[:0]
		var done chan struct{}
		select {
		case <-ctx.Done():
			return nil
		case in := <-s.inputs:
			batch = append(batch, s.machine.Handle(time.Now(), in)...)
		case call := <-s.calls:
			done = call.done
			batch = append(batch, call.run(s.machine)...)
		case <-timer.C:
			batch = append(batch, s.machine.Handle(time.Now(), Tick{})...)
		}
		for more := 1; more < maxBatch; more++ {
			select {
			case in := <-s.inputs:
				batch = append(batch, s.machine.Handle(time.Now(), in)...)
				continue
			default:
			}
			break
		}
		if err := s.execute(batch); err != nil {
			s.log.Error("host: the ledger failed; the host stops", "error", err)
			return err
		}
		if done != nil {
			close(done)
		}
	}
}

// execute makes all records of a batch durable with one write, then does the rest in order. That
// sends nothing before its record, which is what the order of outputs asks for.
func (s *Server) execute(batch []Output) error {
	var records []Record
	for _, out := range batch {
		if p, ok := out.(Persist); ok {
			records = append(records, p.Record)
		}
	}
	if len(records) > 0 {
		if err := s.ledger.Append(records); err != nil {
			return err
		}
	}
	for _, out := range batch {
		switch out := out.(type) {
		case Send:
			if c, ok := s.conns.Load(out.Conn); ok {
				c.(*conn).send(iso8583.AppendFrame(nil, out.Frame))
			}
		case Raw:
			if c, ok := s.conns.Load(out.Conn); ok {
				c.(*conn).send(out.Bytes)
			}
		case CloseConn:
			if c, ok := s.conns.Load(out.Conn); ok {
				c.(*conn).finish()
			}
		case Reading:
			s.gate.set(out.On)
		}
	}
	return nil
}

// put hands an input to the loop, false when the host ends.
func (s *Server) put(ctx context.Context, in Input) bool {
	select {
	case s.inputs <- in:
		return true
	case <-ctx.Done():
		return false
	}
}

// call runs a function on the machine between two batches, so that it sees nothing that is not
// durable, and returns when its outputs are executed.
func (s *Server) call(ctx context.Context, f func(*Machine) []Output) error {
	c := call{run: f, done: make(chan struct{})}
	select {
	case s.calls <- c:
	case <-s.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.done:
		return nil
	case <-s.stopped:
		return errStopped
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
