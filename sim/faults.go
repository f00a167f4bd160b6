package sim

import "slices"

// Fault is a kind of fault.
type Fault string

// The kinds of fault. Each must have happened at least once over a full run.
const (
	POIDelay    Fault = "poi-delay"     // everything after it on the link waits too
	POICut      Fault = "poi-cut"       // frames in flight are lost
	POIHalfOpen Fault = "poi-half-open" // one side does not hear of the end
	POIRepeat   Fault = "poi-repeat"    // a sequenced frame comes twice
	POIRefused  Fault = "poi-refused"   // no connection

	ISOLost      Fault = "iso-lost"
	ISOLate      Fault = "iso-late"
	ISORepeated  Fault = "iso-repeated"
	ISOReordered Fault = "iso-reordered"
	ISOBroken    Fault = "iso-broken" // a bit is flipped
	ISOCut       Fault = "iso-cut"
	ISOHalfOpen  Fault = "iso-half-open"
	ISOStalled   Fault = "iso-stalled" // a write has to wait
	ISORefused   Fault = "iso-refused"

	KassaCrashBefore Fault = "kassa-crash-before-flush"
	KassaCrashAfter  Fault = "kassa-crash-after-flush"
	KassaCrash       Fault = "kassa-crash" // at any instant
	KassaStop        Fault = "kassa-stop"  // in order, as with SIGTERM
	DiskSlow         Fault = "disk-slow"

	TerminalCrashBefore Fault = "terminal-crash-before-write"
	TerminalCrashAfter  Fault = "terminal-crash-after-write"
	TerminalForgets     Fault = "terminal-forgets" // its journal is set back, as no good device does
	TerminalFault       Fault = "terminal-fault"   // those that a person can set

	HostCrashBefore Fault = "host-crash-before-write"
	HostCrashAfter  Fault = "host-crash-after-write"
	HostFault       Fault = "host-fault" // those that a person can set

	ClockForward Fault = "clock-forward"
	ClockBack    Fault = "clock-back"

	SaleLost     Fault = "sale-request-lost"
	SaleDeaf     Fault = "sale-answer-lost"
	SaleRepeated Fault = "sale-request-repeated"
)

// odds is how often each kind of fault happens where it can, before a seed makes it more or less.
func odds() map[Fault]float64 {
	return map[Fault]float64{
		POIDelay: 0.01, POICut: 0.006, POIHalfOpen: 0.3, POIRepeat: 0.01, POIRefused: 0.15,
		ISOLost: 0.03, ISOLate: 0.03, ISORepeated: 0.03, ISOReordered: 0.03, ISOBroken: 0.01,
		ISOCut: 0.02, ISOHalfOpen: 0.3, ISOStalled: 0.03, ISORefused: 0.15,
		KassaCrashBefore: 0.012, KassaCrashAfter: 0.012, KassaCrash: 0.12, KassaStop: 0.04, DiskSlow: 0.03,
		TerminalCrashBefore: 0.005, TerminalCrashAfter: 0.005, TerminalForgets: 0.03, TerminalFault: 0.25,
		HostCrashBefore: 0.02, HostCrashAfter: 0.02, HostFault: 0.2,
		ClockForward: 0.1, ClockBack: 0.1,
		SaleLost: 0.05, SaleDeaf: 0.05, SaleRepeated: 0.05,
	}
}

// Faults lists the kinds of fault, sorted.
func Faults() []Fault {
	var all []Fault
	for f := range odds() {
		all = append(all, f)
	}
	slices.Sort(all)
	return all
}

// crashes are the faults that end a party's life.
func crashes() []Fault {
	return []Fault{KassaCrashBefore, KassaCrashAfter, KassaCrash, TerminalCrashBefore, TerminalCrashAfter, HostCrashBefore, HostCrashAfter}
}

// weather is how often each fault happens in one seed, and how often each has happened.
type weather struct {
	odds map[Fault]float64
	seen map[Fault]int
	calm bool // the second phase: everything heals
}

// newWeather draws a climate: a mild one or a harsh one, and in it a kind of fault may never happen,
// or often.
func newWeather(s *scheduler) *weather {
	w := &weather{odds: odds(), seen: make(map[Fault]int)}
	all := []float64{0.1, 0.5, 1, 1}[s.chance.IntN(4)]
	for _, f := range Faults() {
		w.odds[f] *= all * []float64{0, 0.3, 1, 1, 3}[s.chance.IntN(5)]
	}
	return w
}

// strikes tells whether a fault happens now.
func (w *world) strikes(f Fault) bool {
	p := w.weather.odds[f]
	if w.weather.calm || p == 0 || !w.often(p) {
		return false
	}
	w.weather.seen[f]++
	w.note("fault", string(f), "")
	return true
}
