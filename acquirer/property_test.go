package acquirer_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kassa"
	"kassa/acquirer"
)

// world is a machine with an engine, a host and a network that do as they please.
type world struct {
	*desk
	rt      *rapid.T
	n       int64
	conns   []uint64
	last    uint64
	air     []acquirer.Send // what left and may be answered still
	sales   map[int]*fate   // by request
	owed    map[string]map[int]bool
	refunds map[int64]bool // true when answered
}

// fate is what is known of one sale.
type fate struct {
	in       acquirer.Authorise
	deadline time.Time
	sends    int
	genuine  bool // a right answer was delivered
	resolved kassa.Input
	unstart  bool
	late     int
}

func (w *world) check(out []acquirer.Output) {
	for _, o := range out {
		switch o := o.(type) {
		case acquirer.Send:
			w.sent(o)
		case acquirer.Outcome:
			w.came(o)
		}
	}
}

func (w *world) sent(s acquirer.Send) {
	m := w.message(s)
	w.air = append(w.air, s)
	if m.MTI == "0200" && m.Get(3) == "000000" {
		var n int
		_, _ = fmt.Sscanf(m.Get(11), "%d", &n)
		f := w.sales[n]
		if f.sends++; f.sends > 1 {
			w.rt.Fatalf("sale %d left twice", n)
		}
		if f.resolved != nil {
			w.rt.Fatalf("sale %d left after it was resolved as %T", n, f.resolved)
		}
		if len(w.owed[f.in.Order.TID]) > 0 {
			w.rt.Fatalf("sale %d overtook a reversal of its terminal", n)
		}
	}
}

func (w *world) came(o acquirer.Outcome) {
	resolve := func(n int, in kassa.Input) *fate {
		f := w.sales[n]
		if f.resolved != nil {
			w.rt.Fatalf("sale %d is %T after it was %T", n, in, f.resolved)
		}
		if o.Order != f.in.Order.ID() {
			w.rt.Fatalf("the outcome of sale %d went to order %s", n, o.Order)
		}
		f.resolved = in
		return f
	}
	switch in := o.Input.(type) {
	case kassa.HostAnswered:
		if !resolve(in.Request, in).genuine {
			w.rt.Fatalf("sale %d was answered by nobody", in.Request)
		}
	case kassa.HostRequestNotSent:
		if f := resolve(in.Request, in); f.sends > 0 && !f.unstart {
			w.rt.Fatalf("sale %d had left", in.Request)
		}
	case kassa.HostOutcomeUnknown:
		f := resolve(in.Request, in)
		if f.sends == 0 {
			w.rt.Fatalf("sale %d had never left", in.Request)
		}
		tid := f.in.Order.TID
		if w.owed[tid] == nil {
			w.owed[tid] = map[int]bool{}
		}
		w.owed[tid][in.Request] = true
		w.check(w.do(undo(f.in)))
	case kassa.LateAnswer:
		f := w.sales[in.Request]
		if f.late++; f.late > 1 {
			w.rt.Fatalf("sale %d is late twice", in.Request)
		}
	case kassa.ReversalAnswered:
		tid := w.sales[in.Request].in.Order.TID
		if !w.owed[tid][in.Request] {
			w.rt.Fatalf("reversal %d accepted twice", in.Request)
		}
		delete(w.owed[tid], in.Request)
	case kassa.RefundAnswered:
		if w.refunds[in.Number] {
			w.rt.Fatalf("refund %d answered twice", in.Number)
		}
		w.refunds[in.Number] = true
	}
}

// pick takes something out of the air.
func (w *world) pick(t *rapid.T) (acquirer.Send, int) {
	if len(w.air) == 0 {
		t.Skip("nothing in the air")
	}
	i := rapid.IntRange(0, len(w.air)-1).Draw(t, "which")
	return w.air[i], i
}

func (w *world) mark(s acquirer.Send) {
	m := w.message(s)
	var n int
	_, _ = fmt.Sscanf(m.Get(11), "%d", &n)
	if f := w.sales[n]; f != nil && m.MTI == "0200" && m.Get(3) == "000000" {
		f.genuine = true
	}
}

func (w *world) tid(t *rapid.T) string { return rapid.SampledFrom([]string{"T1", "T2"}).Draw(t, "tid") }

func (w *world) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"sale": func(t *rapid.T) {
			w.n++
			in := sale(w.n, w.tid(t), w.now)
			w.sales[int(w.n)] = &fate{in: in, deadline: w.now.Add(15 * time.Second)}
			w.check(w.do(in))
		},
		"refund": func(t *rapid.T) {
			w.n++
			w.refunds[w.n] = false
			w.check(w.do(payBack(sale(999_999, w.tid(t), w.now), w.n, w.now)))
		},
		"up": func(t *rapid.T) {
			w.last++
			w.conns = append(w.conns, w.last)
			w.check(w.do(acquirer.LinkUp{Conn: w.last}))
		},
		"down": func(t *rapid.T) {
			if len(w.conns) > 0 {
				w.check(w.do(acquirer.LinkDown{Conn: rapid.SampledFrom(w.conns).Draw(t, "conn")}))
			}
		},
		"answer": func(t *rapid.T) {
			s, _ := w.pick(t)
			w.mark(s)
			rc := rapid.SampledFrom([]string{"00", "00", "00", "25", "51", "96", "68", "65"}).Draw(t, "rc")
			conn := rapid.SampledFrom(append([]uint64{s.Conn}, w.conns...)).Draw(t, "over")
			w.check(w.do(w.replyOver(conn, s, set(39, rc))))
		},
		"badAnswer": func(t *rapid.T) {
			s, _ := w.pick(t)
			if w.message(s).MTI == "0800" {
				return
			}
			w.check(w.do(w.reply(s, set(4, "000000000777"))))
			f := w.reply(s, nil)
			f.Frame[len(f.Frame)-3] ^= 4
			w.check(w.do(f))
		},
		"notStarted": func(t *rapid.T) {
			s, i := w.pick(t)
			if i != len(w.air)-1 {
				return // it has been written long ago
			}
			w.air = w.air[:i]
			m := w.message(s)
			var n int
			_, _ = fmt.Sscanf(m.Get(11), "%d", &n)
			if f := w.sales[n]; f != nil && m.MTI == "0200" && m.Get(3) == "000000" {
				if f.genuine {
					return
				}
				f.unstart = true
			}
			w.check(w.do(acquirer.NotStarted{Conn: s.Conn, ID: s.ID}))
		},
		"pass": func(t *rapid.T) {
			w.check(w.pass(time.Duration(rapid.IntRange(1, 20_000).Draw(t, "ms")) * time.Millisecond))
		},
		"": func(t *rapid.T) {
			for n, f := range w.sales {
				if f.resolved == nil && !w.now.Before(f.deadline) {
					t.Fatalf("sale %d is open after its deadline", n)
				}
			}
		},
	}
}

func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{
			desk: newDesk(t, func(c *acquirer.Config) { c.MaxInFlight = 3; c.MaxWaiting = 3 }), rt: rt,
			sales: map[int]*fate{}, owed: map[string]map[int]bool{}, refunds: map[int64]bool{},
		}
		rt.Repeat(w.actions())
		// The world heals: one link, and a host that answers everything.
		for _, c := range w.conns {
			w.check(w.do(acquirer.LinkDown{Conn: c}))
		}
		w.air = nil
		w.check(w.do(acquirer.LinkUp{Conn: 1 << 40}))
		for end := w.now.Add(time.Hour); w.now.Before(end); {
			for len(w.air) > 0 {
				s := w.air[0]
				w.air = w.air[1:]
				w.mark(s)
				w.check(w.do(w.reply(s, nil)))
			}
			w.check(w.pass(time.Second))
		}
		for tid, owed := range w.owed {
			if len(owed) > 0 {
				rt.Fatalf("%s still owes %v", tid, owed)
			}
		}
		for n, done := range w.refunds {
			if !done {
				rt.Fatalf("refund %d is not answered", n)
			}
		}
		for n, f := range w.sales {
			if f.resolved == nil {
				rt.Fatalf("sale %d is not resolved", n)
			}
		}
	})
}

func TestTheSameInputsGiveTheSameOutputs(t *testing.T) {
	run := func() string {
		d := newDesk(t, func(c *acquirer.Config) { c.MaxInFlight = 20 })
		d.up(1)
		d.up(2)
		var sends []acquirer.Send
		for n := range int64(60) {
			s := sale(n+1, fmt.Sprintf("T%d", n%7), d.now)
			out := d.do(s)
			if n%3 == 0 {
				out = append(out, d.do(undo(s), payBack(s, 500+n, d.now))...)
			}
			sends = append(sends, all[acquirer.Send](out)...)
			d.pass(300 * time.Millisecond)
		}
		for i, s := range sends {
			if i%4 == 0 {
				d.do(d.reply(s, nil))
			}
		}
		d.do(acquirer.LinkDown{Conn: 1})
		d.pass(time.Minute)
		d.do(acquirer.Stop{})
		text := ""
		for _, o := range d.outputs {
			if s, ok := o.(acquirer.Send); ok {
				text += fmt.Sprintf("%x", []byte(s.Frame))
			}
			text += fmt.Sprintf("%#v\n", o)
		}
		return text
	}
	first := run()
	for range 5 {
		if run() != first {
			t.Fatal("a second run differs")
		}
	}
}
