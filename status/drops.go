package status

import "time"

// How long a lost link counts: one alone for a minute, and one of many that were lost at once until it is back, or so
// long that whoever it belongs to has switched it off.
const (
	dropCounts  = time.Minute
	burstCounts = 30 * time.Minute
	maxDrops    = 20_000
)

// Drops follows which terminals lost their links. It is not safe for concurrent use.
type Drops struct {
	lost map[string]drop // by the terminal
}

type drop struct {
	at    time.Time
	burst bool
}

// Lost takes that a terminal lost its link without wanting to; Back that it has one again, or needs none.
func (d *Drops) Lost(terminal string, at time.Time) {
	if d.lost == nil {
		d.lost = make(map[string]drop)
	}
	if len(d.lost) < maxDrops {
		d.lost[terminal] = drop{at: at}
	}
}

// Back ends that a terminal counts as lost.
func (d *Drops) Back(terminal string) { delete(d.lost, terminal) }

// Fleet gives the figures when so many terminals have a link.
func (d *Drops) Fleet(now time.Time, online int) Fleet {
	for terminal, l := range d.lost {
		if past := now.Sub(l.at); past > burstCounts || past > dropCounts && !l.burst {
			delete(d.lost, terminal)
		}
	}
	f := Fleet{Online: online, Dropped: len(d.lost)}
	if fleet(f).State == Operational {
		return f
	}
	for terminal, l := range d.lost {
		l.burst = true
		d.lost[terminal] = l
	}
	return f
}
