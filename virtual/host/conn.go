package host

import (
	"bufio"
	"context"
	"net"
	"sync"
	"time"

	"kassa/iso8583"
)

// conn is one connection: a reader, and a writer that drains a queue of frames.
type conn struct {
	number uint64
	socket net.Conn
	queue  chan []byte
	// mu guards closing the queue.
	mu       sync.Mutex
	finished bool
}

func newConn(number uint64, socket net.Conn) *conn {
	return &conn{number: number, socket: socket, queue: make(chan []byte, maxQueued)}
}

// send queues bytes, framed as they must be. A peer that does not read is disconnected rather than waited for.
func (c *conn) send(framed []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return
	}
	select {
	case c.queue <- framed:
	default:
		_ = c.socket.Close()
	}
}

// finish lets what is queued be written and then closes the connection.
func (c *conn) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.finished {
		c.finished = true
		close(c.queue)
	}
}

// end closes the connection at once.
func (c *conn) end() {
	c.finish()
	_ = c.socket.Close()
}

// write drains the queue, several frames in one write when they wait.
func (c *conn) write() {
	defer c.socket.Close()
	w := bufio.NewWriterSize(c.socket, 16<<10)
	for framed := range c.queue {
		if c.socket.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
			return
		}
		if _, err := w.Write(framed); err != nil {
			return
		}
		if len(c.queue) == 0 && w.Flush() != nil {
			return
		}
	}
	_ = w.Flush()
}

// serve runs a connection until it ends.
func (s *Server) serve(ctx context.Context, c *conn) {
	var writer sync.WaitGroup
	writer.Go(c.write)
	if s.put(ctx, Opened{Conn: c.number}) {
		s.read(ctx, c)
		s.put(ctx, Closed{Conn: c.number})
	}
	s.conns.Delete(c.number)
	c.end()
	writer.Wait()
}

func (s *Server) read(ctx context.Context, c *conn) {
	r := bufio.NewReaderSize(c.socket, 16<<10)
	for {
		frame, err := iso8583.ReadFrame(r, iso8583.MaxFrame)
		if err != nil {
			return
		}
		if !s.gate.pass(ctx) || !s.put(ctx, Received{Conn: c.number, Frame: frame}) {
			return
		}
	}
}

// gate holds readers back while it is shut.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
	shut bool
}

func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open, g.shut = make(chan struct{}), true
	}
	switch {
	case open && g.shut:
		close(g.open)
		g.shut = false
	case !open && !g.shut:
		g.open, g.shut = make(chan struct{}), true
	}
}

// pass waits until the gate is open, false when the context ends first.
func (g *gate) pass(ctx context.Context) bool {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
