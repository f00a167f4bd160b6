// Package past tells what a chart knows of the time that is asked about: which device it was, when it had a link and
// when it had none, and how it said that it was.
//
// It promises that an order is judged by what was known while it lasted, and a terminal by this moment. It finds
// nothing by itself: rules do.
package past

import (
	"fmt"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

// Recently is how long ago something may be over and still be what somebody asks about.
const Recently = time.Hour

// Order gives the order that is asked about; nil when something else is.
func Order(c *doctor.Chart) *kassa.Order {
	if c.Subject.Kind != doctor.Order {
		return nil
	}
	return c.Order
}

// Device is the POIID of the device that is asked about: the order's, or the one that is bound now.
func Device(c *doctor.Chart) string {
	switch o := Order(c); {
	case o != nil && o.POIID != "":
		return o.POIID
	case c.Terminal != nil && c.Terminal.POIID != "":
		return c.Terminal.POIID
	case c.Device != nil:
		return c.Device.POIID
	}
	return ""
}

// Args are the arguments of every text about a terminal: {name} and {terminal}.
func Args(c *doctor.Chart) map[string]string {
	args := map[string]string{"name": Device(c), "terminal": Device(c)}
	if t := c.Terminal; t != nil {
		args["name"], args["terminal"] = t.Name, t.TID
		if t.Name == "" {
			args["name"] = t.TID
		}
	}
	return args
}

// Span is what is asked about: the life of the order so far, or this moment.
func Span(c *doctor.Chart) (from, until time.Time) {
	o := Order(c)
	switch {
	case o == nil:
		return c.Now, c.Now
	case o.EndedAt.IsZero():
		return o.CreatedAt, c.Now
	}
	return o.CreatedAt, o.EndedAt
}

// NeedsLink tells whether the want of a link may be what is wrong: a terminal had one while it showed an order.
func NeedsLink(c *doctor.Chart) bool {
	o := Order(c)
	switch {
	case o == nil:
		return true
	case o.Status == kassa.Completed, o.Channel.CardAbsent():
		return false
	case o.ShownAt.IsZero():
		return true
	}
	return o.End == kassa.NotCompleted || o.End == kassa.CompletionMissing || !o.Status.Final()
}

// LinkWasThere is why a rule about links has nothing to say of an order.
func LinkWasThere() doctor.Sign {
	return doctor.No("the terminal showed the order, or answered it")
}

// Instant says a time, for people.
func Instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// The ends of links that somebody wanted, as the journal has them.
const (
	cleanly  = "closed by the terminal: "
	Shutdown = cleanly + "shutdown"
	Restart  = cleanly + "restart"
	Replaced = "replaced"
)

// Gap is a time without a link, from the end of one to the beginning of the next.
type Gap struct {
	Down   journal.Entry // of the present alone, when its Seq is 0
	Reason string
	Opened time.Time // when the link that ended began; zero when that is not known
	From   time.Time
	Until  time.Time // zero while it goes on
}

// Broke tells that nobody wanted the link to end.
func (g Gap) Broke() bool {
	switch g.Reason {
	case "connection lost", "no heartbeat", "no answer to a probe", "does not acknowledge", "too many links", "closed by the terminal", "":
		return true
	}
	return false
}

// Overlaps tells whether there was no link at some time of a span.
func (g Gap) Overlaps(from, until time.Time) bool {
	return !g.From.After(until) && (g.Until.IsZero() || g.Until.After(from))
}

// Evidence is the end of the link.
func (g Gap) Evidence() doctor.Evidence {
	says := "its link ended: " + g.Reason
	if g.Reason == "" {
		says = "it has no link"
	}
	switch {
	case g.Until.IsZero():
		says += "; it has not come back"
	default:
		says += fmt.Sprintf("; it was back after %s", g.Until.Sub(g.From).Round(time.Second))
	}
	if g.Down.Seq == 0 {
		return doctor.Evidence{At: g.From, Source: "link", Says: says}
	}
	return doctor.Entry(g.Down, "link", says)
}

// Gaps gives the times without a link of the device that is asked about, the newest last.
func Gaps(c *doctor.Chart) []Gap {
	var list []Gap
	poiid, epoch, opened := Device(c), uint64(0), time.Time{}
	for _, e := range c.Of("LinkUp", "LinkDown") {
		up, ok := doctor.Read[estate.LinkUp](e) // both have POIID and epoch
		if !ok || up.POIID != poiid {
			continue
		}
		last := len(list) - 1
		if e.Kind == "LinkUp" {
			if last >= 0 && list[last].Until.IsZero() {
				list[last].Until = e.At
			}
			epoch, opened = up.Epoch, e.At
			continue
		}
		down, _ := doctor.Read[estate.LinkDown](e)
		if down.Epoch >= epoch && (last < 0 || !list[last].Until.IsZero()) {
			list = append(list, Gap{Down: e, Reason: down.Reason, Opened: opened, From: e.At})
		}
	}
	return list
}

// Without gives the last time without a link within the span; where the journal's entries do not reach so far
// back, what is known of the present tells.
func Without(c *doctor.Chart) (Gap, bool) {
	from, until := Span(c)
	list := Gaps(c)
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Overlaps(from, until) {
			return list[i], true
		}
	}
	r := c.Reach
	if len(list) == 0 && r != nil && r.State == "offline" && !r.Linked && !r.Since.IsZero() && !r.Since.After(until) && r.Reason == "link_lost" {
		return Gap{From: r.Since}, true
	}
	return Gap{}, false
}

// Told gives what the device told of itself up to the end of the span, the newest last.
func Told(c *doctor.Chart) []doctor.Telemetry {
	_, until := Span(c)
	var list []doctor.Telemetry
	for _, t := range All(c) {
		if !t.At.After(until) {
			list = append(list, t)
		}
	}
	return list
}

// Last gives the last that the device told of itself by the end of the span.
func Last(c *doctor.Chart) (doctor.Telemetry, bool) {
	list := Told(c)
	if len(list) == 0 {
		return doctor.Telemetry{}, false
	}
	return list[len(list)-1], true
}

// All gives everything that the device has told of itself, the newest last: what it says when it is back tells of
// the time that it was away.
func All(c *doctor.Chart) []doctor.Telemetry {
	poiid := Device(c)
	var list []doctor.Telemetry
	for _, e := range c.Of(doctor.TelemetryReported) {
		if t, ok := doctor.Read[doctor.Telemetry](e); ok && (poiid == "" || t.POIID == poiid) {
			t.At, t.Seq = e.At, e.Seq
			list = append(list, t)
		}
	}
	t := c.Telemetry
	if t != nil && (poiid == "" || t.POIID == poiid) && (len(list) == 0 || list[len(list)-1].At.Before(t.At)) {
		list = append(list, *t)
	}
	return list
}

// Signal says how strong a network was, where that is known.
func Signal(t doctor.Telemetry) string {
	if t.Signal == 0 {
		return ""
	}
	return fmt.Sprintf(", signal %d %%", t.Signal)
}

// Reported makes evidence of what a device told.
func Reported(t doctor.Telemetry, says string) doctor.Evidence {
	return doctor.Evidence{At: t.At, Source: "telemetry", Seq: t.Seq, Ref: "telemetry/" + t.POIID, Says: says}
}

// Failure is a way to the cloud that did not work: what the device found just now, or told when it was back.
type Failure struct {
	Step, Detail string
	Evidence     doctor.Evidence
}

// Failed gives how the device failed to reach the cloud within the span, or shortly before this moment; false when
// it did not, or has not told.
func Failed(c *doctor.Chart) (Failure, bool) {
	if p := c.Probe; p != nil && Order(c) == nil {
		for _, check := range p.Checks {
			if !check.OK && way(check.Name) {
				says := "its own check " + check.Name + " failed: " + check.Detail
				return Failure{check.Name, check.Detail, doctor.Evidence{At: p.At, Source: "terminal", Ref: Device(c), Says: says}}, true
			}
		}
	}
	from, until := Span(c)
	if Order(c) == nil {
		from = from.Add(-Recently)
	}
	told := make(map[time.Time]bool) // the first report of a failure is the one that ended it
	var found Failure
	for _, t := range All(c) {
		f := t.LastFailure
		if f == nil || f.Times < leastFailures || told[f.Since] {
			continue
		}
		told[f.Since] = true
		ended := t.At
		if r := c.Reach; r != nil && r.State == "online" && r.Since.After(f.Since) && r.Since.Before(ended) {
			ended = r.Since
		}
		if f.Since.After(until) || ended.Before(from) {
			continue
		}
		says := fmt.Sprintf("it failed to connect %d times from %s on, at the step %s", f.Times, Instant(f.Since), f.Step)
		if f.Detail != "" {
			says += ": " + f.Detail
		}
		found = Failure{f.Step, f.Detail, Reported(t, says)}
	}
	return found, found.Step != ""
}

// leastFailures is how often in a row a device must fail to connect: once is nothing, as when the cloud is started.
const leastFailures = 2

// way tells whether a check is a step of the way to the cloud.
func way(name string) bool {
	switch name {
	case "resolve", "connect", "tls", "write", "read":
		return true
	}
	return false
}
