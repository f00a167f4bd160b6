package poi

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"kassa/poilink"
)

// link is one WebSocket. Its reader is a goroutine for as long as it lives; a writer exists only
// while there is something to write, and no buffer is kept while it idles.
type link struct {
	hub   *Hub
	id    LinkID
	conn  net.Conn
	early []byte // what was read and not looked at yet: what came with the upgrade, or of ahead
	ahead [aheadSize]byte
	head  [ws.MaxHeaderSize]byte

	unit   *unit     // once its hello named one
	pinged time.Time // when the last WebSocket ping of ours went out
	// measured is the number of that ping.
	measured uint64
	mu       sync.Mutex
	queue    [][]byte
	writing  bool
	ending   bool // closed once the queue is written
	dead     bool // the reader has gone
}

// malformed tells that the other side does not speak the protocol; it is said to it.
type malformed string

func (e malformed) Error() string { return string(e) }

// errClosed tells that the other side ended the link in order.
var errClosed = errors.New("poi: closed by the terminal")

// ServeHTTP upgrades a request to a link, and returns at once: an HTTP handler that stays keeps the
// buffers of its connection.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Origin") != "":
		// A browser never is a POI (cross-site WebSocket hijacking).
		http.Error(w, "a terminal sends no Origin", http.StatusForbidden)
		return
	case !asksFor(r.Header.Values("Sec-WebSocket-Protocol"), poilink.Subprotocol):
		http.Error(w, "ask for the subprotocol "+poilink.Subprotocol, http.StatusBadRequest)
		return
	}
	l, retry := h.admit()
	if l == nil {
		w.Header().Set("Retry-After", strconv.Itoa(retry))
		http.Error(w, "too many terminals connect at once, try again", http.StatusServiceUnavailable)
		return
	}
	up := ws.HTTPUpgrader{
		Timeout:  handshakeTime,
		Protocol: func(p string) bool { return p == poilink.Subprotocol },
	}
	conn, rw, _, err := up.Upgrade(r, w)
	if err != nil {
		if conn != nil {
			_ = conn.Close() // the upgrade has failed; there is nobody to tell
		}
		h.dismiss(l)
		return
	}
	if n := rw.Reader.Buffered(); n > 0 {
		if ahead, err := rw.Reader.Peek(n); err == nil {
			l.early = slices.Clone(ahead)
		}
	}
	l.mu.Lock()
	l.conn = conn
	if l.ending {
		_ = conn.Close()
	}
	l.mu.Unlock()
	go l.handshake()
}

func asksFor(headers []string, protocol string) bool {
	for _, header := range headers {
		for p := range strings.SplitSeq(header, ",") {
			if strings.TrimSpace(p) == protocol {
				return true
			}
		}
	}
	return false
}

// admit gives a link to a newcomer, or the seconds to wait.
func (h *Hub) admit() (l *link, retry int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.engine == nil || h.ended || len(h.links) >= h.cfg.MaxLinks || !h.gate.admit(now) {
		return nil, int(h.gate.retry(now) / time.Second)
	}
	h.last++
	l = &link{hub: h, id: h.last}
	h.links[l.id] = l
	h.wg.Add(1)
	return l, 0
}

// dismiss is the last thing done with a link.
func (h *Hub) dismiss(l *link) {
	l.mu.Lock()
	l.dead, l.queue = true, nil
	l.mu.Unlock()
	h.mu.Lock()
	delete(h.links, l.id)
	h.mu.Unlock()
	h.wg.Done()
}

// handshake says the challenge and takes the hello. The goroutine that goes on is a fresh one,
// without the stack that a signature check needs.
func (l *link) handshake() {
	l.readDeadline(handshakeTime)
	u, err := l.meet()
	if err != nil {
		l.end(err)
		return
	}
	go l.serve(u)
}

func (l *link) meet() (*unit, error) {
	nonce := make([]byte, nonceSize)
	if _, err := io.ReadFull(l.hub.cfg.Random, nonce); err != nil {
		return nil, fmt.Errorf("poi: randomness: %w", err)
	}
	l.send(Challenge(l.hub.cfg.Now(), l.hub.cfg.Host, nonce))
	f, err := l.frame()
	if err != nil {
		return nil, err
	}
	if f.Type != poilink.TypeHello {
		return nil, malformed(fmt.Sprintf("frame: %s before hello", f.Type))
	}
	u, ok := l.hub.unitFor(f.Hello.POIID)
	if !ok {
		l.send(refused(poilink.RefusedUnknownPOI, textUnknownPOI, 0))
		l.close(false)
		return nil, l.drain()
	}
	l.unit = u
	u.add(l)
	l.hub.settle(u, Hello{Link: l.id, Nonce: nonce, Hello: *f.Hello})
	return u, nil
}

// end ends a link that never became one of a POI.
func (l *link) end(err error) {
	if text, ok := errors.AsType[malformed](err); ok {
		l.send(refused(poilink.RefusedBadFrame, string(text), 0))
		l.close(false)
		_ = l.drain()
	}
	_ = l.conn.Close() // it is over, however closing goes
	l.hub.dismiss(l)
}

// serve reads until the link ends.
func (l *link) serve(u *unit) {
	reason := l.read(u)
	_ = l.conn.Close()
	l.hub.settle(u, Lost{Link: l.id, Reason: reason})
	u.remove(l)
	l.hub.dismiss(l)
}

func (l *link) read(u *unit) (reason string) {
	for {
		u.mu.Lock()
		due, ok := u.machine.DueOf(l.id) // of this link alone: a deadline may fall into a message
		u.mu.Unlock()
		if ok {
			l.readDeadline(max(due.Sub(l.hub.cfg.Now()), time.Millisecond))
		}
		f, err := l.frame()
		text, bad := errors.AsType[malformed](err)
		switch {
		case err == nil:
			l.hub.settle(u, Arrived{Link: l.id, Frame: f})
		case bad:
			l.hub.settle(u, Malformed{Link: l.id, Text: string(text), Seq: f.Seq})
			_ = l.drain()
			return "bad frame"
		case errors.Is(err, os.ErrDeadlineExceeded) && !l.isEnding():
			l.hub.settle(u, Tick{})
		case errors.Is(err, errClosed):
			return endedByTerminal
		default:
			return "connection lost"
		}
	}
}

// drain reads what still comes after our last word, so that the reset that TCP sends for unread
// bytes does not overtake it. It ends with the other side, with closeTime, or with enough.
func (l *link) drain() error {
	if _, err := io.CopyN(io.Discard, l, maxDrain); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// frame reads the next frame.
func (l *link) frame() (poilink.Frame, error) {
	data, err := l.message()
	if err != nil {
		return poilink.Frame{}, err
	}
	if !utf8.Valid(data) {
		return poilink.Frame{}, malformed("frame: not UTF-8")
	}
	f, err := poilink.Decode(data)
	if err != nil {
		return poilink.Frame{Seq: poilink.SeqOf(data)}, malformed(err.Error())
	}
	return f, nil
}

// message reads the next text message, and answers control frames (RFC 6455).
func (l *link) message() ([]byte, error) {
	var message []byte
	state := ws.StateServerSide
	for {
		h, err := ws.ReadHeaderBuffer(l, l.head[:])
		if err != nil {
			return nil, err
		}
		if err := ws.CheckHeader(h, state); err != nil {
			return nil, malformed("frame: " + err.Error())
		}
		if h.Length > poilink.MaxFrame || int64(len(message))+h.Length > poilink.MaxFrame {
			return nil, malformed(fmt.Sprintf("frame: longer than %d bytes", poilink.MaxFrame))
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(l, payload); err != nil {
			return nil, err
		}
		ws.Cipher(payload, h.Mask, 0)
		switch h.OpCode {
		case ws.OpPing:
			l.enqueue(ws.NewPongFrame(payload))
		case ws.OpPong:
			l.ponged(payload)
		case ws.OpClose:
			return nil, errClosed
		case ws.OpBinary:
			return nil, malformed("frame: binary, where text is spoken")
		default:
			message = append(message, payload...)
			if h.Fin {
				return message, nil
			}
			state = state.Set(ws.StateFragmented)
		}
	}
}

// Read gives what came with the upgrade, and then the connection. A header is a few bytes: it is
// read together with what follows it, which is all of a small frame.
func (l *link) Read(p []byte) (int, error) {
	if len(l.early) == 0 {
		if len(p) >= len(l.ahead) {
			return l.conn.Read(p)
		}
		n, err := l.conn.Read(l.ahead[:])
		if n == 0 {
			return 0, err
		}
		l.early = l.ahead[:n] // an error comes again with the next read
	}
	n := copy(p, l.early)
	if l.early = l.early[n:]; len(l.early) == 0 {
		l.early = nil
	}
	return n, nil
}

// readDeadline says how long the next message may take. Once the link ends, close has said it.
func (l *link) readDeadline(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ending {
		_ = l.conn.SetReadDeadline(time.Now().Add(d)) // on a closed connection the read fails at once
	}
}

func (l *link) isEnding() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ending
}

func (l *link) send(f poilink.Frame) {
	data, err := poilink.Encode(f)
	if err != nil {
		l.hub.cfg.Log.Error("poi.encode", "type", f.Type, "error", err)
		return
	}
	l.enqueue(ws.NewTextFrame(data))
}

// enqueue never blocks: a link whose other side does not read is cut.
func (l *link) enqueue(f ws.Frame) {
	raw, err := ws.CompileFrame(f)
	if err != nil {
		return // only a frame that is too long for its kind does not compile
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.dead || l.ending:
	case len(l.queue) >= maxQueue:
		l.ending, l.queue = true, nil
		_ = l.conn.Close()
	default:
		l.queue = append(l.queue, raw)
		l.startWriting()
	}
}

func (l *link) startWriting() {
	if !l.writing {
		l.writing = true
		l.hub.wg.Go(l.write)
	}
}

// close ends the link after what is queued, or at once.
func (l *link) close(atOnce bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		l.ending = true // the upgrade is going on; whoever does it closes the connection
		return
	}
	if l.dead || (l.ending && !atOnce) {
		return
	}
	if atOnce {
		l.ending, l.queue = true, nil
		_ = l.conn.Close()
		return
	}
	l.ending = true
	l.queue = append(l.queue, ws.CompiledCloseNormalClosure)
	_ = l.conn.SetReadDeadline(time.Now().Add(closeTime))
	l.startWriting()
}

// write writes until nothing is left.
func (l *link) write() {
	for {
		l.mu.Lock()
		batch := l.queue
		l.queue = nil
		ending := l.ending
		if len(batch) == 0 {
			l.writing = false
			l.mu.Unlock()
			if ending {
				l.halfClose()
			}
			return
		}
		l.mu.Unlock()
		limit := writeTime
		if ending {
			limit = closeTime
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(limit))
		buffers := net.Buffers(batch)
		if _, err := buffers.WriteTo(l.conn); err != nil {
			_ = l.conn.Close() // the reader notices
			return
		}
	}
}

// halfClose lets the other side read our last word before the connection goes.
func (l *link) halfClose() {
	if c, ok := l.conn.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		return
	}
	_ = l.conn.Close()
}
