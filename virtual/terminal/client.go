package terminal

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"kassa/poilink"
)

// The limits of one connection.
const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	maxWrites    = 512 // frames that wait for the socket; above it the link is given up
)

// link is one WebSocket to the cloud.
type link struct {
	conn   net.Conn
	in     io.Reader
	writes chan []byte
	cold   bool        // frozen
	over   atomic.Bool // nothing more is said, and nothing more is heard
	mu     sync.Mutex
	once   sync.Once
	done   chan struct{}
}

// dial opens the connection and asks for the subprotocol, without which the other side is no cloud.
func dial(ctx context.Context, url string, conf *tls.Config, broken []Fault) (*link, error) {
	if err := stops(broken, "resolve", "connect", "tls"); err != nil {
		return nil, err
	}
	d := ws.Dialer{Timeout: dialTimeout, Protocols: []string{poilink.Subprotocol}, TLSConfig: conf}
	conn, br, hs, err := d.Dial(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if hs.Protocol != poilink.Subprotocol {
		return nil, errors.Join(fmt.Errorf("connect: the server does not speak %s", poilink.Subprotocol), conn.Close())
	}
	l := &link{conn: conn, in: conn, writes: make(chan []byte, maxWrites), done: make(chan struct{})}
	if br != nil {
		l.in = br // frames that came with the answer to the upgrade
	} else {
		l.in = bufio.NewReader(conn)
	}
	return l, nil
}

// close ends the connection, once.
func (l *link) close() {
	l.once.Do(func() {
		close(l.done)
		_ = l.conn.Close() // nothing is left to be said on it
	})
}

// finish closes the connection after what waits to be written, or soon.
func (l *link) finish() {
	l.mu.Lock()
	cold := l.cold
	l.mu.Unlock()
	if cold || !l.send(nil) {
		l.close()
		return
	}
	time.AfterFunc(time.Second, l.close)
}

// address is the terminal's own on its network.
func (l *link) address() string {
	host, _, err := net.SplitHostPort(l.conn.LocalAddr().String())
	if err != nil {
		return ""
	}
	return host
}

// freeze stops reading and writing; only close ends that.
func (l *link) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cold = true
}

// waitFrozen tells whether the link is frozen, and then waits until it is closed: who reads nothing does
// not hear that the other side has gone either.
func (l *link) waitFrozen() bool {
	l.mu.Lock()
	cold := l.cold
	l.mu.Unlock()
	if cold {
		<-l.done
	}
	return cold
}

// send queues a frame. A queue that is full means that the other side does not read.
func (l *link) send(payload []byte) bool {
	select {
	case l.writes <- payload:
		return true
	default:
		return false
	}
}

// write is the writing goroutine.
func (l *link) write() {
	for {
		select {
		case <-l.done:
			return
		case p := <-l.writes:
			if p == nil { // finished
				l.endWriting()
				return
			}
			if l.writeFrame(ws.NewTextFrame(p)) != nil {
				l.close()
				return
			}
		}
	}
}

// endWriting tells the other side that nothing follows, and lets it close: to close with something unread would reset
// the connection, and take with it what was written last.
func (l *link) endWriting() {
	l.over.Store(true)
	half, ok := l.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		l.close()
	}
}

func (l *link) writeFrame(f ws.Frame) error {
	raw, err := ws.CompileFrame(ws.MaskFrameInPlace(f))
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if _, err := l.conn.Write(raw); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// read is the reading goroutine: it gives each text message to take, until the link ends.
func (l *link) read(take func([]byte) bool) {
	defer l.close()
	var message []byte
	for {
		h, err := ws.ReadHeader(l.in)
		if err != nil || h.Length > poilink.MaxDownFrame || int64(len(message))+h.Length > poilink.MaxDownFrame {
			l.waitFrozen()
			return
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(l.in, payload); err != nil {
			l.waitFrozen()
			return
		}
		if l.waitFrozen() {
			return
		}
		if l.over.Load() {
			continue
		}
		switch h.OpCode {
		case ws.OpPing:
			if l.writeControl(payload) != nil {
				return
			}
		case ws.OpPong:
		case ws.OpText, ws.OpContinuation:
			message = append(message, payload...)
			if !h.Fin {
				continue
			}
			if !take(message) {
				return
			}
			message = nil
		default: // close, and binary, which nobody sends here
			return
		}
	}
}

// writeControl answers a WebSocket ping. One Write call holds the whole frame, so it cannot fall
// into the middle of another goroutine's frame.
func (l *link) writeControl(payload []byte) error {
	return l.writeFrame(ws.NewPongFrame(payload))
}
