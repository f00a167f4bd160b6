package acquirer

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"kassa/iso8583"
)

const (
	// readCredit is how many frames of one connection may wait for the machine: a peer that floods
	// is then slowed down by its own window.
	readCredit = 64
	// writeBatch is how many bytes of waiting frames leave with one write.
	writeBatch = 32 << 10
	// networkRoom is the room in a write queue for network messages, beside the requests.
	networkRoom = 64
)

// socket is one connection with its bounded write queue.
type socket struct {
	id       uint64
	conn     net.Conn
	maxFrame int
	patience time.Duration // of a write
	queue    chan Send
	credit   chan struct{}
	done     chan struct{}
	once     sync.Once
	signedOn atomic.Bool

	mu        sync.Mutex
	abandoned bool
}

func newSocket(id uint64, c net.Conn, cfg LinkConfig) *socket {
	return &socket{
		id: id, conn: c, maxFrame: cfg.Profile.MaxFrame(), patience: cfg.WriteTimeout,
		queue: make(chan Send, cfg.MaxInFlight+networkRoom), credit: make(chan struct{}, readCredit),
		done: make(chan struct{}),
	}
}

// close ends reader and writer.
func (s *socket) close() {
	s.once.Do(func() {
		close(s.done)
		_ = s.conn.Close() // there is nothing left to lose on it
	})
}

// send queues a frame; false when no byte of it will ever leave.
func (s *socket) send(f Send) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.abandoned {
		return false
	}
	select {
	case s.queue <- f:
		return true
	default:
		return false
	}
}

// abandon refuses further frames, and gives the IDs of those that were never started. Reader and
// writer have ended.
func (s *socket) abandon() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = true
	var ids []uint64
	for {
		select {
		case f := <-s.queue:
			ids = append(ids, f.ID)
		default:
			return ids
		}
	}
}

func (s *socket) release() { <-s.credit }

// read takes frames in until the connection ends. After a bad length there is no telling where the
// next frame starts, so that is an end too.
func (s *socket) read(frame func(Frame)) {
	defer s.close()
	r := bufio.NewReaderSize(s.conn, 16<<10)
	for {
		b, err := iso8583.ReadFrame(r, s.maxFrame)
		if err != nil {
			return
		}
		select {
		case s.credit <- struct{}{}:
			frame(b)
		case <-s.done:
			return
		}
	}
}

// write sends what is queued, several frames at once when several wait. A frame counts as started
// before its write begins.
func (s *socket) write(notStarted func(id uint64)) {
	defer s.close()
	buf := make([]byte, 0, writeBatch+iso8583.MaxFrame)
	for {
		buf = buf[:0]
		select {
		case <-s.done:
			return
		case f := <-s.queue:
			buf = s.pack(buf, f, notStarted)
		}
		for more := true; more && len(buf) < writeBatch; {
			select {
			case f := <-s.queue:
				buf = s.pack(buf, f, notStarted)
			default:
				more = false
			}
		}
		if len(buf) == 0 {
			continue
		}
		if err := s.conn.SetWriteDeadline(time.Now().Add(s.patience)); err != nil {
			return
		}
		_, err := s.conn.Write(buf)
		clear(buf) // it held card data
		if err != nil {
			return
		}
	}
}

func (s *socket) pack(buf []byte, f Send, notStarted func(id uint64)) []byte {
	if !f.NotAfter.IsZero() && !time.Now().Before(f.NotAfter) {
		notStarted(f.ID)
		return buf
	}
	return iso8583.AppendFrame(buf, f.Frame)
}
