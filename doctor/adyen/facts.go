package adyen

import (
	"fmt"
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
)

// The settings that the cloud connection hangs on.
const (
	webSocket = "cloud.webSocketEnabled"
	terminal  = "cloud.apiEnabled"
)

// day is how long a refused call says something of the present.
const day = 24 * time.Hour

// lately gives the newest call of the last day that was refused for one of some reasons, and is about the order that
// is asked about, if one is.
func lately(c *doctor.Chart, reasons ...string) (doctor.Call, bool) {
	for _, call := range slices.Backward(c.Calls()) {
		if slices.Contains(reasons, call.Reason) && c.Now.Sub(call.At) <= day && about(c, call) {
			return call, true
		}
	}
	return doctor.Call{}, false
}

func about(c *doctor.Chart, call doctor.Call) bool {
	switch o := past.Order(c); {
	case o != nil:
		return call.OrderID == o.Ref || call.OrderID == o.ID()
	case c.Subject.Kind == doctor.Key && c.Key != nil && c.Key.ID != "":
		return call.Key == c.Key.ID
	}
	return true
}

// said makes evidence of a refused call.
func said(call doctor.Call) doctor.Evidence {
	says := fmt.Sprintf("%s was answered with %d", call.Route, call.Status)
	if call.ErrorInfo != "" {
		says += ": " + call.ErrorInfo
	}
	return doctor.Entry(call.Entry, "call", says)
}

// reachedSince tells whether the terminal has shown an order that was made after a call: then it is mended.
func reachedSince(c *doctor.Chart, call doctor.Call) bool {
	return slices.ContainsFunc(c.Recent, func(o kassa.Order) bool { return o.CreatedAt.After(call.At) && !o.ShownAt.IsZero() })
}

// switchedOff looks at a setting that must be on: what it is now, unless it was changed after what is asked about.
func switchedOff(c *doctor.Chart, name string) (doctor.Evidence, doctor.Sign) {
	s, ok := c.Settings[name]
	switch {
	case !ok || len(s.Value) == 0:
		return doctor.Evidence{}, doctor.NotKnown(doctor.NeedSettings, name+" is not known")
	case string(s.Value) != "false":
		return doctor.Evidence{}, doctor.No(name + " is " + string(s.Value))
	}
	says := name + " is false"
	if s.Origin != "" {
		says += ", set at the level " + s.Origin
	}
	_, until := past.Span(c)
	for _, e := range slices.Backward(c.Of("SettingsChanged")) {
		change, ok := doctor.Read[estate.SettingsChanged](e)
		if _, its := change.Set[name]; !ok || !its {
			continue
		}
		if e.At.After(until) {
			return doctor.Evidence{}, doctor.No(name + " was switched off afterwards")
		}
		return doctor.Entry(e, "settings", says), doctor.Sign{State: doctor.Present}
	}
	return doctor.Evidence{Source: "settings", Ref: name, Says: says}, doctor.Sign{State: doctor.Present}
}

// offline looks at a setting that keeps the terminal from cloud payments while it is off.
func offline(name string) func(*doctor.Chart) doctor.Sign {
	return func(c *doctor.Chart) doctor.Sign {
		if o := past.Order(c); o != nil && (o.Status == kassa.Completed || !o.ShownAt.IsZero() || o.Channel.CardAbsent()) {
			return past.LinkWasThere()
		}
		e, sign := switchedOff(c, name)
		if sign.State != doctor.Present {
			return sign
		}
		evidence := []doctor.Evidence{e}
		if call, ok := lately(c, string(kassa.TerminalBarred), "poi_unreachable"); ok {
			evidence = append(evidence, said(call))
		}
		return doctor.Found(past.Args(c), evidence...)
	}
}

// state makes evidence of where the terminal's link stands.
func state(c *doctor.Chart, says string) doctor.Evidence {
	return doctor.Evidence{At: c.Reach.Since, Source: "link", Ref: past.Device(c), Says: says}
}
