package multisafepay

import (
	"fmt"
	"slices"
	"time"

	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

// The ends of links, as the journal has them.
const (
	endedCleanly   = "closed by the terminal"
	endedByRestart = endedCleanly + ": restart"
	endedByReplace = "replaced"
)

// gap is a time without a link, from the end of one to the beginning of the next.
type gap struct {
	Down   journal.Entry
	Reason string
	From   time.Time
	Until  time.Time // zero while it goes on
}

// says tells of a gap in words.
func (g gap) says() string {
	if g.Until.IsZero() {
		return g.Reason + "; it has not come back"
	}
	return fmt.Sprintf("%s; back after %s", g.Reason, g.Until.Sub(g.From).Round(time.Second))
}

// evidence is what a gap rests on.
func (g gap) evidence() doctor.Evidence {
	if g.Down.Seq == 0 {
		return doctor.Evidence{At: g.From, Source: "link", Says: g.says()}
	}
	return doctor.Entry(g.Down, "link", g.says())
}

// lasts tells how long a gap lasted, or has lasted so far.
func (g gap) lasts(now time.Time) time.Duration {
	if g.Until.IsZero() {
		return now.Sub(g.From)
	}
	return g.Until.Sub(g.From)
}

// overlaps tells whether there was no link at some time of a span.
func (g gap) overlaps(from, until time.Time) bool {
	return !g.From.After(until) && (g.Until.IsZero() || g.Until.After(from))
}

// history is what the journal has of a device's links.
type history struct {
	gaps []gap
	// swapped are ends of links that were still open when the next one came: the device had lost them before
	// the cloud noticed.
	swapped []gap
	ups     []journal.Entry
	cloned  bool // two links of its key were alive at once: somebody else may have swapped them
}

// links reads the history of the device that is asked about.
func links(c *doctor.Chart) history {
	var h history
	poiid, epoch := deviceOf(c), uint64(0)
	for _, e := range c.Of("LinkUp", "LinkDown", "CloneSuspected") {
		up, ok := doctor.Read[estate.LinkUp](e) // the three have POIID and epoch
		if !ok || up.POIID != poiid {
			continue
		}
		switch e.Kind {
		case "LinkUp":
			epoch = up.Epoch
			h.ups = append(h.ups, e)
			if n := len(h.gaps); n > 0 && h.gaps[n-1].Until.IsZero() {
				h.gaps[n-1].Until = e.At
			}
		case "LinkDown":
			down, _ := doctor.Read[estate.LinkDown](e)
			g := gap{Down: e, Reason: down.Reason, From: e.At}
			switch n := len(h.gaps); {
			case down.Epoch < epoch:
				g.Until = e.At
				h.swapped = append(h.swapped, g)
			case n == 0 || !h.gaps[n-1].Until.IsZero():
				h.gaps = append(h.gaps, g)
			}
		case "CloneSuspected":
			h.cloned = true
		}
	}
	return h
}

// without gives the gap in which the span has no link: the last one that overlaps it. Where the journal's
// entries do not reach back so far, what is known of the present tells.
func without(c *doctor.Chart) (gap, bool) {
	from, until := span(c)
	list := links(c).gaps
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].overlaps(from, until) {
			return list[i], true
		}
	}
	r := c.Reach
	if len(list) == 0 && r != nil && r.State == "offline" && !r.Linked && !r.Since.IsZero() && !r.Since.After(until) {
		return gap{Reason: r.Words, From: r.Since}, true
	}
	return gap{}, false
}

// broke tells whether a link ended without anybody wanting it.
func broke(reason string) bool {
	switch reason {
	case "connection lost", "no heartbeat", "no answer to a probe", "does not acknowledge", "too many links", endedCleanly:
		return true
	}
	return false
}

// losses are the links that broke within a span, the newest last.
func (h history) losses(from, until time.Time) []gap {
	var list []gap
	for _, g := range h.gaps {
		if broke(g.Reason) && g.From.After(from) && !g.From.After(until) {
			list = append(list, g)
		}
	}
	if h.cloned {
		return list
	}
	for _, g := range h.swapped {
		if g.Reason == endedByReplace && g.From.After(from) && !g.From.After(until) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(x, y gap) int { return x.From.Compare(y.From) })
	return list
}

// The rhythm of the restarts that the card schemes ask for.
const (
	day        = 24 * time.Hour
	dayDrift   = 10 * time.Minute // a restart takes its time, and the next day counts from its end
	shortBreak = 5 * time.Minute
)

// daily gives the gaps that came a day apart up to the one that is asked about; one alone has no rhythm.
func (h history) daily(last gap, now time.Time) []gap {
	list := []gap{last}
	for i := len(h.gaps) - 1; i >= 0; i-- {
		g := h.gaps[i]
		apart := list[0].From.Sub(g.From)
		if (apart-day).Abs() <= dayDrift && g.lasts(now) <= shortBreak {
			list = append([]gap{g}, list...)
		}
	}
	return list
}
