package multisafepay

import (
	"time"

	"kassa"
	"kassa/doctor"
)

// What the rules of terminals look at: the device, the span that is asked about, and what was known then.

// orderOf gives the order that is asked about; nil when something else is.
func orderOf(c *doctor.Chart) *kassa.Order {
	if c.Subject.Kind != doctor.Order {
		return nil
	}
	return c.Order
}

// deviceOf is the POIID of the device that is asked about: that of the order, which the terminal may have lost
// since, or the one that is there now.
func deviceOf(c *doctor.Chart) string {
	switch o := orderOf(c); {
	case o != nil && o.POIID != "":
		return o.POIID
	case c.Terminal != nil && c.Terminal.POIID != "":
		return c.Terminal.POIID
	case c.Device != nil:
		return c.Device.POIID
	}
	return ""
}

// nameOf is what a terminal is called in texts.
func nameOf(c *doctor.Chart) string {
	switch {
	case c.Terminal != nil && c.Terminal.Name != "":
		return c.Terminal.Name
	case c.Terminal != nil:
		return c.Terminal.TID
	}
	return deviceOf(c)
}

// about are the arguments of every text of a terminal.
func about(c *doctor.Chart) map[string]string {
	args := map[string]string{"name": nameOf(c), "terminal": deviceOf(c), "poiid": deviceOf(c)}
	if c.Terminal != nil {
		args["terminal"] = c.Terminal.TID
	}
	return args
}

// span is what is asked about: the life of the order so far, or this moment.
func span(c *doctor.Chart) (from, until time.Time) {
	o := orderOf(c)
	if o == nil {
		return c.Now, c.Now
	}
	if o.EndedAt.IsZero() {
		return o.CreatedAt, c.Now
	}
	return o.CreatedAt, o.EndedAt
}

// wantsLink tells whether the want of a link may be what is wrong: an order that its terminal showed and finished
// had one, and one that the terminal itself refused too.
func wantsLink(c *doctor.Chart) bool {
	o := orderOf(c)
	switch {
	case o == nil:
		return true
	case o.Status == kassa.Completed || o.End == kassa.POIUnable:
		return false
	case o.ShownAt.IsZero():
		return true
	}
	return o.End == kassa.NotCompleted || o.End == kassa.CompletionMissing
}

// linkWasThere is why a rule about links has nothing to say of an order.
func linkWasThere() doctor.Sign {
	return doctor.No("the terminal had the order on its screen, or answered it")
}

// wantsDevice tells whether the device itself may be what is wrong: it showed an order that anybody but itself ended.
func wantsDevice(c *doctor.Chart) bool {
	o := orderOf(c)
	switch {
	case o == nil:
		return true
	case o.Status == kassa.Completed:
		return false
	case o.ShownAt.IsZero():
		return true
	}
	switch o.End {
	case kassa.POIUnable, kassa.CardDataUnreadable, kassa.KeyReplay, kassa.Configuration, kassa.NotCompleted, kassa.CompletionMissing:
		return true
	}
	return false
}

// deviceWorked is why a rule about the device has nothing to say of an order.
func deviceWorked() doctor.Sign { return doctor.No("the terminal did its part of the order") }

// telemetryThen gives what the device had told of itself by the end of the span; false when that is not known.
func telemetryThen(c *doctor.Chart) (doctor.Telemetry, bool) {
	list := told(c)
	if len(list) == 0 {
		return doctor.Telemetry{}, false
	}
	return list[len(list)-1], true
}

// told gives what the device told of itself up to the end of the span, the newest last.
func told(c *doctor.Chart) []doctor.Telemetry {
	_, until := span(c)
	poiid := deviceOf(c)
	var list []doctor.Telemetry
	for _, e := range c.Of(doctor.TelemetryReported) {
		t, ok := doctor.Read[doctor.Telemetry](e)
		if !ok || poiid != "" && t.POIID != poiid || e.At.After(until) {
			continue
		}
		t.At, t.Seq = e.At, e.Seq
		list = append(list, t)
	}
	last := c.Telemetry
	fits := last != nil && (poiid == "" || last.POIID == poiid) && !last.At.After(until)
	if fits && (len(list) == 0 || list[len(list)-1].At.Before(last.At)) {
		list = append(list, *last)
	}
	return list
}

// reported makes evidence of what a device told.
func reported(t doctor.Telemetry, says string) doctor.Evidence {
	return doctor.Evidence{At: t.At, Source: "telemetry", Seq: t.Seq, Ref: "telemetry/" + t.POIID, Says: says}
}

// notTold is why nothing can be said of a device that has not told how it was.
func notTold() doctor.Sign {
	return doctor.NotKnown(doctor.NeedTelemetry, "the terminal had not told how it is by then")
}

// instant says a time, for people.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
