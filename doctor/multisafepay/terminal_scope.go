package multisafepay

import (
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
