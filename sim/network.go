package sim

import (
	"slices"
	"time"

	"kassa/acquirer"
	"kassa/virtual/host"
)

// pipe is one direction of a stream: what goes in comes out in its order.
type pipe struct{ last time.Time }

// through delivers after a delay, behind what went in before.
func (p *pipe) through(w *world, delay time.Duration, deliver func()) {
	at := w.now.Add(delay)
	if at.Before(p.last) {
		at = p.last
	}
	p.last = at
	w.at(at, deliver)
}

// poiLink is one connection between a terminal and Kassa: a stream of frames in each direction,
// which can be slow, cut with what is in flight, or end for one side only.
type poiLink struct {
	w        *world
	id       uint64
	device   *device
	life     *life
	up, down pipe
	atDevice bool // the terminal holds it open
	atKassa  bool
	cut      bool // nothing arrives any more
}

// delay is how long a frame takes, and whether the link survives it.
func (l *poiLink) delay() time.Duration {
	w := l.w
	if w.strikes(POICut) {
		l.break_()
	}
	if w.strikes(POIDelay) {
		return w.between(time.Second, 30*time.Second)
	}
	return w.between(time.Millisecond, 40*time.Millisecond)
}

// copies is how often a frame arrives.
func (l *poiLink) copies(sequenced bool) int {
	if sequenced && l.w.strikes(POIRepeat) {
		return 2
	}
	return 1
}

func (l *poiLink) toKassa(raw []byte, sequenced bool) {
	if !l.atDevice {
		return
	}
	delay := l.delay()
	for range l.copies(sequenced) {
		l.up.through(l.w, delay, func() {
			if !l.cut && l.atKassa {
				l.life.poiFrame(l.id, raw)
			}
		})
	}
}

func (l *poiLink) toDevice(raw []byte, sequenced bool) {
	if !l.atKassa {
		return
	}
	delay := l.delay()
	for range l.copies(sequenced) {
		l.down.through(l.w, delay, func() {
			if !l.cut && l.atDevice {
				l.device.frame(l, raw)
			}
		})
	}
}

// break_ cuts the link: frames in flight are lost, and each side hears of it, or does not.
func (l *poiLink) break_() {
	l.cut = true
	l.tellDevice()
	l.tellKassa()
}

// tellDevice lets the terminal hear that the link has ended.
func (l *poiLink) tellDevice() {
	if l.w.strikes(POIHalfOpen) {
		return
	}
	l.down.through(l.w, l.w.between(time.Millisecond, 200*time.Millisecond), func() {
		if l.atDevice {
			l.atDevice = false
			l.device.linkDown(l)
		}
	})
}

func (l *poiLink) tellKassa() {
	if l.w.strikes(POIHalfOpen) {
		return
	}
	l.up.through(l.w, l.w.between(time.Millisecond, 200*time.Millisecond), func() {
		if l.atKassa {
			l.atKassa = false
			l.life.poiDown(l.id)
		}
	})
}

func (l *poiLink) closeAtDevice() {
	if l.atDevice {
		l.atDevice = false
		l.tellKassa()
	}
}

func (l *poiLink) closeAtKassa() {
	if l.atKassa {
		l.atKassa = false
		l.tellDevice()
	}
}

// hostLink is one connection between Kassa and the host. Its frames may also be lost, late, in
// another order, twice or broken one by one: what stands between the two is more than a cable.
type hostLink struct {
	w         *world
	id        uint64
	life      *life
	hostLife  int
	up, down  pipe
	writes    pipe
	waiting   []acquirer.Send // handed over and not yet written
	atKassa   bool
	atHost    bool
	signedOff bool // by the host, once
}

// write takes a frame as the socket's queue does: it is written a moment later, in order.
func (l *hostLink) write(out acquirer.Send) {
	if !l.atKassa {
		l.life.toAcquirer(acquirer.NotStarted{Conn: out.Conn, ID: out.ID})
		return
	}
	l.waiting = append(l.waiting, out)
	delay := l.w.between(0, time.Millisecond)
	if l.w.strikes(ISOStalled) {
		delay = l.w.between(time.Second, 25*time.Second)
	}
	l.writes.through(l.w, delay, func() {
		i := slices.IndexFunc(l.waiting, func(s acquirer.Send) bool { return s.ID == out.ID })
		if i < 0 || l.life.dead {
			return
		}
		l.waiting = slices.Delete(l.waiting, i, i+1)
		if !out.NotAfter.IsZero() && !l.life.clock().Before(out.NotAfter) {
			l.w.mark(WriteTooLate)
			l.life.toAcquirer(acquirer.NotStarted{Conn: out.Conn, ID: out.ID})
			return
		}
		l.w.books.sent(out.Frame)
		l.transmit(&l.up, out.Frame, func(frame []byte) {
			if l.atHost && l.w.host.life == l.hostLife {
				l.w.host.handle(host.Received{Conn: l.id, Frame: frame})
			}
		})
	})
}

func (l *hostLink) answer(frame []byte) {
	if !l.atHost {
		return
	}
	l.transmit(&l.down, frame, func(frame []byte) {
		if l.atKassa {
			l.w.books.heard(frame)
			l.life.toAcquirer(acquirer.FrameReceived{Conn: l.id, Frame: frame})
		}
	})
}

// transmit takes a frame to the other side. A copy that the network makes does not arrive on both
// sides of a sign-off: a host takes no note of what it refuses there, so the two would be two
// requests to it.
func (l *hostLink) transmit(p *pipe, frame []byte, deliver func([]byte)) {
	w := l.w
	frame = slices.Clone(frame)
	delay := w.between(time.Millisecond, 60*time.Millisecond)
	arrive := func() { deliver(frame) }
	switch {
	case w.strikes(ISOCut):
		if w.often(0.5) {
			p.through(w, delay, arrive)
		}
		l.break_()
	case w.strikes(ISOLost):
	case w.strikes(ISOLate):
		w.after(w.between(2*time.Second, 50*time.Second), arrive)
	case w.strikes(ISOReordered):
		w.after(w.between(50*time.Millisecond, time.Second), arrive)
	case w.strikes(ISORepeated):
		p.through(w, delay, arrive)
		w.after(w.between(delay, 30*time.Second), func() {
			if !l.signedOff {
				arrive()
			}
		})
	case w.strikes(ISOBroken):
		frame[w.chance.IntN(len(frame))] ^= 1 << w.chance.IntN(8)
		p.through(w, delay, arrive)
	default:
		p.through(w, delay, arrive)
	}
}

func (l *hostLink) break_() {
	l.tellKassa()
	l.tellHost()
}

func (l *hostLink) tellKassa() {
	if l.w.strikes(ISOHalfOpen) {
		return
	}
	l.down.through(l.w, l.w.between(time.Millisecond, 100*time.Millisecond), l.closeAtKassa)
}

func (l *hostLink) tellHost() {
	if l.w.strikes(ISOHalfOpen) {
		return
	}
	l.up.through(l.w, l.w.between(time.Millisecond, 100*time.Millisecond), func() { l.closeAtHost() })
}

// closeAtKassa ends Kassa's side, as its socket does: what was not written is reported, then the end.
func (l *hostLink) closeAtKassa() {
	if !l.atKassa {
		return
	}
	l.atKassa = false
	waiting := l.waiting
	l.waiting = nil
	if !l.life.dead {
		for _, out := range waiting {
			l.life.toAcquirer(acquirer.NotStarted{Conn: out.Conn, ID: out.ID})
		}
		l.life.toAcquirer(acquirer.LinkDown{Conn: l.id})
		l.life.dialHost(l.w.between(100*time.Millisecond, 2*time.Second))
	}
	l.tellHost()
}

func (l *hostLink) closeAtHost() {
	if !l.atHost {
		return
	}
	l.atHost = false
	if l.w.host.life == l.hostLife && l.w.host.machine != nil {
		l.w.host.handle(host.Closed{Conn: l.id})
	}
	l.tellKassa()
}
