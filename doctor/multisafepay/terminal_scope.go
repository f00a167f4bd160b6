package multisafepay

import (
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// about are the arguments of every text of a terminal.
func about(c *doctor.Chart) map[string]string {
	args := past.Args(c)
	args["poiid"] = past.Device(c)
	return args
}

// wantsLink tells whether the want of a link may be what is wrong: who refuses an order has one.
func wantsLink(c *doctor.Chart) bool {
	o := past.Order(c)
	return past.NeedsLink(c) && (o == nil || o.End != kassa.POIUnable)
}

// wantsDevice tells whether the device itself may be what is wrong: it showed an order that anybody but itself ended.
func wantsDevice(c *doctor.Chart) bool {
	o := past.Order(c)
	switch {
	case o == nil:
		return true
	case o.Status == kassa.Completed, o.Channel.CardAbsent():
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

// knownBy is until when what was heard of the device speaks of the order: a device that refused one may tell why only
// over its next link.
func knownBy(c *doctor.Chart) time.Time {
	_, until := past.Span(c)
	if o := past.Order(c); o != nil && o.End == kassa.POIUnable {
		until = until.Add(time.Minute)
	}
	return until
}

// toldBy gives what the device had told of itself by then; false when that is not known.
func toldBy(c *doctor.Chart) (doctor.Telemetry, bool) {
	for _, t := range slices.Backward(past.All(c)) {
		if !t.At.After(knownBy(c)) {
			return t, true
		}
	}
	return doctor.Telemetry{}, false
}

// deviceWorked is why a rule about the device has nothing to say of an order.
func deviceWorked() doctor.Sign { return doctor.No("the terminal did its part of the order") }

// notTold is why nothing can be said of a device that has not told how it was.
func notTold() doctor.Sign {
	return doctor.NotKnown(doctor.NeedTelemetry, "the terminal had not told how it is by then")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
