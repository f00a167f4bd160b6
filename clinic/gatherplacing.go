package clinic

import (
	"fmt"
	"slices"
	"strings"

	"kassa/doctor"
	"kassa/ocpi"
	"kassa/operator"
)

// charger gathers what is known of a charger, which is its account's as a whole. An operator of the installation may name
// the account before the charger: ACCOUNT/STATION.
func (g *gathering) charger(id string) error {
	account, w := g.owner(id)
	if w == nil {
		return fmt.Errorf("%w: charger", ErrUnknown)
	}
	station := id[strings.LastIndex(id, "/")+1:]
	g.chart.Subject.ID = station
	if g.who.Operator {
		g.chart.Subject.ID = account + "/" + station
	}
	g.place(account, "")
	p, bound, err := w.Placed(g.Now(), station)
	if err != nil || !bound { // what was bound names something that is gone: then nothing is known of it
		return nil
	}
	g.live(account, &p)
	g.chargesAt(account, p)
	g.heard(&p)
	g.chart.Placing = doctor.PlacingOf(p)
	g.have(doctor.NeedPlacing)
	return nil
}

// owner tells whose a charger is; nil when there is none that the reader sees, or when it is not clear which.
func (g *gathering) owner(id string) (account string, w *operator.World) {
	if g.Operators == nil {
		return "", nil
	}
	owner, station, named := strings.Cut(id, "/")
	if !named {
		owner, station = g.who.Account, id
	}
	accounts := []string{owner}
	if !named && g.who.Operator {
		accounts = nil
		for _, a := range g.Registry.Accounts() {
			accounts = append(accounts, a.ID)
		}
	}
	for _, a := range accounts {
		if !g.who.sees(a, "") {
			continue
		}
		its := g.Operators(a)
		if _, ok := its.Station(station); !ok {
			continue
		}
		if w != nil {
			return "", nil
		}
		account, w = a, its
	}
	return account, w
}

// heard tells by the operator's word on its EVSEs whether the charger can be reached, and leaves out what the terminal
// sells at other chargers.
func (g *gathering) heard(p *operator.Placed) {
	c := g.chart.Charge
	if c == nil || p.Station.Location == "" {
		return
	}
	c.Points = slices.DeleteFunc(slices.Clone(c.Points), func(at doctor.Point) bool {
		return at.Location != p.Station.Location || len(p.Station.EVSEs) > 0 && !slices.Contains(p.Station.EVSEs, at.EVSE.UID)
	})
	if p.Station.Online != nil || len(c.Points) == 0 {
		return
	}
	online := slices.ContainsFunc(c.Points, func(at doctor.Point) bool { return at.EVSE.Status != ocpi.EVSEUnknown })
	p.Station.Online = &online
}

// live puts the link that is held here in the place of what was written down of a terminal of this installation.
func (g *gathering) live(account string, p *operator.Placed) {
	if p.Terminal == nil {
		return
	}
	d, ok := g.Registry.Device(p.Terminal.Model + "-" + p.Terminal.Serial)
	if !ok {
		d, ok = g.Registry.Device(p.Terminal.Serial)
	}
	t, bound := g.Registry.Terminal(d.TID)
	if !ok || !bound || t.Account != account {
		return
	}
	link := g.World.Link(d.TID)
	p.Terminal.Online, p.Terminal.LastSeen = &link.Linked, link.Seen
}
