package clinic

import (
	"fmt"
	"slices"
	"time"

	"kassa/doctor"
	"kassa/estate"
)

// stock gathers what is known of a device that is bound to no terminal; it is its account's, and of nobody else but
// the operator.
func (g *gathering) stock(poiid string) error {
	d, ok := g.Registry.Device(poiid)
	if !ok || d.TID != "" || !g.who.sees(d.Account, "") {
		return fmt.Errorf("%w: terminal", ErrUnknown)
	}
	g.chart.Subject.ID = d.POIID
	g.place(d.Account, "")
	g.device(d.Account, d, time.Time{})
	return nil
}

// tried gathers what is known of the device that was last refused as a terminal which has none: why nobody can pay on
// the terminal may be there to see. A device of another account's stock is none of its business.
func (g *gathering) tried(t estate.Terminal, since time.Time) {
	if t.POIID != "" {
		return
	}
	for _, e := range slices.Backward(g.chart.Entries) {
		refused, ok := doctor.Read[estate.ActivationRefused](e)
		if !ok || e.Kind != "ActivationRefused" || refused.TID != t.TID {
			continue
		}
		if d, ok := g.Registry.Device(refused.POIID); ok && d.TID == "" && (d.Account == t.Account || d.Account == "") {
			g.device(t.Account, d, since)
		}
		return
	}
}
