package multisafepay

import (
	"slices"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
	"kassa/journal"
)

// ups gives the links that the device opened.
func ups(c *doctor.Chart) []journal.Entry {
	return slices.DeleteFunc(c.Of("LinkUp"), func(e journal.Entry) bool {
		up, ok := doctor.Read[estate.LinkUp](e)
		return !ok || up.POIID != past.Device(c)
	})
}

// lasted tells how long a gap lasted, or has lasted so far.
func lasted(g past.Gap, now time.Time) time.Duration {
	if g.Until.IsZero() {
		return now.Sub(g.From)
	}
	return g.Until.Sub(g.From)
}

// losses are the links that broke within a span, the newest last. One that was still open when the next one came was
// lost too: the device knew it before the cloud did. Unless two links of its key were alive at once, when
// somebody else may have taken its place.
func losses(c *doctor.Chart, from, until time.Time) []past.Gap {
	list := slices.DeleteFunc(past.Gaps(c), func(g past.Gap) bool { return !g.Broke() })
	if _, cloned := c.Last("CloneSuspected"); !cloned {
		list = append(list, swapped(c)...)
	}
	slices.SortStableFunc(list, func(x, y past.Gap) int { return x.From.Compare(y.From) })
	return slices.DeleteFunc(list, func(g past.Gap) bool { return !g.From.After(from) || g.From.After(until) })
}

// powerless are the gaps in which the device was off: it started anew before it came back.
func powerless(c *doctor.Chart, list []past.Gap) (off []past.Gap) {
	for _, g := range list {
		if bootedAfter(c, g) != nil {
			off = append(off, g)
		}
	}
	return off
}

// rekeyed are the gaps at whose ends the device lost its keys or got new ones: it closes its link then, and opens one
// with what it has.
func rekeyed(c *doctor.Chart, list []past.Gap) (own []past.Gap) {
	const around = 5 * time.Second
	keys := c.Of("DeviceTampered", "TamperCleared", "KeyInjected")
	for _, g := range list {
		if slices.ContainsFunc(keys, func(e journal.Entry) bool {
			return e.At.After(g.From.Add(-around)) && (g.Until.IsZero() || e.At.Before(g.Until.Add(around)))
		}) {
			own = append(own, g)
		}
	}
	return own
}

// swapped are the ends of links in whose place there was another one already.
func swapped(c *doctor.Chart) []past.Gap {
	var list []past.Gap
	epoch := uint64(0)
	for _, e := range c.Of("LinkUp", "LinkDown") {
		down, ok := doctor.Read[estate.LinkDown](e) // both have POIID and epoch
		switch {
		case !ok || down.POIID != past.Device(c):
		case e.Kind == "LinkUp":
			epoch = down.Epoch
		case down.Epoch < epoch && down.Reason == past.Replaced:
			list = append(list, past.Gap{Down: e, Reason: "replaced by another one of the device", From: e.At, Until: e.At})
		}
	}
	return list
}

// The rhythm of the restarts that the card schemes ask for.
const (
	day        = 24 * time.Hour
	dayDrift   = 10 * time.Minute // a restart takes its time, and the next day counts from its end
	shortBreak = 5 * time.Minute
)

// daily gives the gaps that came a day apart up to the one that is asked about; one alone has no rhythm.
func daily(c *doctor.Chart, last past.Gap) []past.Gap {
	list := []past.Gap{last}
	for _, g := range slices.Backward(past.Gaps(c)) {
		apart := list[0].From.Sub(g.From)
		if (apart-day).Abs() <= dayDrift && lasted(g, c.Now) <= shortBreak {
			list = append([]past.Gap{g}, list...)
		}
	}
	return list
}
