package clinic

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/doctor"
	"kassa/journal"
	"kassa/operator"
)

// Charging tells of charging sessions, and of what stands in no record of theirs.
type Charging interface {
	// Session gives a session by its reference, which is that of its order too.
	Session(ref string) (charging.Session, bool, error)
	// Place tells what a terminal sells and how the link with its operator is; false when no operator has assigned it.
	Place(tid string) (doctor.Charge, bool, error)
	// Terminal finds an account's terminal by its serial number.
	Terminal(account, serial string) (tid string, ok bool)
}

// chargesAt gathers what the terminal that is bound to a charger sells. A terminal that is not one of this installation, or
// that no operator has assigned, leaves it unknown.
func (g *gathering) chargesAt(account string, p operator.Placed) {
	if g.Charging == nil {
		return
	}
	tid, ok := g.Charging.Terminal(account, p.Binding.EnteredSerial)
	if !ok {
		return
	}
	c, ok, err := g.Charging.Place(tid)
	if err != nil || !ok {
		g.err = cmp.Or(g.err, err)
		return
	}
	c.Station = &doctor.StationFacts{ID: p.Station.ID, Certified: p.Station.Certified}
	if p.Setup != nil {
		c.Setup = kassa.Currency(p.Setup.Currency)
	}
	if t := p.Terminal; t != nil {
		c.PIN = t.PIN
		c.Reader = doctor.Reader{State: t.State, Since: t.StateAt, Online: t.Online != nil && *t.Online}
	}
	g.chart.Charge = &c
	g.past(tid, "")
	g.tries(account)
	g.have(doctor.NeedCharge)
}

// Limits of comparing terminals.
const (
	maxCompared = 20 // terminals of an account
	triesAge    = 24 * time.Hour
)

// tries counts how cards fared at the terminals of an account within a day.
func (g *gathering) tries(account string) {
	own := g.chart.Charge.TID
	tids := []string{own}
	for _, t := range g.Registry.TerminalsOf(account) {
		if t.TID != own && len(tids) < maxCompared && g.who.sees(t.Account, t.Group) {
			tids = append(tids, t.TID)
		}
	}
	for _, tid := range tids {
		count := doctor.CardTries{TID: tid}
		for _, seq := range g.index.of("orders:" + tid) {
			list, err := g.Feed.Entries(seq-1, 1)
			if err != nil || len(list) == 0 || g.chart.Now.Sub(list[0].At) > triesAge {
				g.err = cmp.Or(g.err, err)
				continue
			}
			stream, ok, err := g.Records.Load(list[0].Stream)
			var o kassa.Order
			if err != nil || !ok || json.Unmarshal(stream.State, &o) != nil || o.TID != tid || !g.who.sees(o.Account, o.Scope) {
				g.err = cmp.Or(g.err, err)
				continue
			}
			for _, a := range o.Attempts {
				if last := a.Last(); last != nil && (last.State == kassa.HostApproved || last.State == kassa.HostDeclined) {
					count.Tries++
					if last.State == kassa.HostDeclined {
						count.Declined++
					}
				}
			}
		}
		g.chart.Charge.Tries = append(g.chart.Charge.Tries, count)
	}
}

// billed notes how long the bill of a session took.
func billed(p *doctor.Peer, s charging.Session) {
	if p == nil || s.Peer != p.ID || s.OverAt.IsZero() || len(s.CDRs) == 0 || s.CDRs[0].At.IsZero() {
		return
	}
	p.Bills = append(p.Bills, doctor.Bill{Session: s.Ref, At: s.CDRs[0].At, After: max(0, s.CDRs[0].At.Sub(s.OverAt))})
}

// charge gathers what is known of the session whose money an order holds. Of other orders it is known that there is none.
func (g *gathering) charge() {
	o := g.chart.Order
	if o.Dialect != charging.Dialect || g.Charging == nil {
		g.chart.Charge = &doctor.Charge{}
		g.have(doctor.NeedCharge)
		return
	}
	s, ok, err := g.Charging.Session(o.Ref)
	if err != nil || !ok || s.Group != o.Scope {
		g.err = cmp.Or(g.err, err)
		return
	}
	c, _, err := g.Charging.Place(o.TID)
	g.err = cmp.Or(g.err, err)
	c.Session = &s
	billed(c.Peer, s)
	g.chart.Charge = &c
	g.past(o.TID, s.Ref)
	list, err := g.Records.StreamEntries("charging/"+s.Ref, 0)
	g.take(list[max(0, len(list)-maxOfOrder):], err, func(journal.Entry) bool { return true })
	g.have(doctor.NeedCharge)
}

// past gathers the other sessions at a terminal that the reader sees, the newest first.
func (g *gathering) past(tid, but string) {
	seqs := g.index.of("charges:" + tid)
	for _, seq := range slices.Backward(seqs) {
		list, err := g.Feed.Entries(seq-1, 1)
		if err != nil || len(list) == 0 {
			g.err = cmp.Or(g.err, err)
			return
		}
		begun, ok := doctor.Read[charging.ChargingChosen](list[0])
		if !ok || begun.New.Ref == but {
			continue
		}
		s, ok, err := g.Charging.Session(begun.New.Ref)
		if err != nil {
			g.err = cmp.Or(g.err, err)
			return
		}
		if ok && s.TerminalID == tid && g.who.sees(s.Account, s.Group) {
			g.chart.Charge.Past = append(g.chart.Charge.Past, s)
			billed(g.chart.Charge.Peer, s)
		}
	}
}
