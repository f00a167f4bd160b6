package network

import (
	"slices"
	"strings"

	"kassa/doctor"
	"kassa/doctor/past"
)

// fails looks at the step of its way to the cloud at which the device failed: as it found just now, or told when it
// was back. Until then nobody knows.
func fails(step string) func(*doctor.Chart) doctor.Sign {
	return func(c *doctor.Chart) doctor.Sign {
		if !past.NeedsLink(c) {
			return past.LinkWasThere()
		}
		f, ok := past.Failed(c)
		switch {
		case ok && noNetwork(f):
			return doctor.No("it had no network at all: " + f.Detail)
		case ok && f.Step == step:
			evidence := []doctor.Evidence{f.Evidence}
			if g, away := past.Without(c); away {
				evidence = append(evidence, g.Evidence())
			}
			return doctor.Found(past.Args(c), evidence...)
		case ok:
			return doctor.No("it failed at the step " + f.Step)
		case c.Reach.State == "offline" && past.Order(c) == nil:
			if g, away := past.Without(c); away && g.Broke() {
				return doctor.NotKnown(doctor.NeedProbe, "which step of its way to the cloud fails it tells when it is back")
			}
		}
		return doctor.No("it did not fail to connect")
	}
}

// noNetwork tells that the device itself was on no network: it could not try any step of its way.
func noNetwork(f past.Failure) bool {
	return slices.ContainsFunc([]string{"unreachable", "no network", "no route"}, func(s string) bool {
		return strings.Contains(strings.ToLower(f.Detail), s)
	})
}
