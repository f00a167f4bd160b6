package clinic

import (
	"cmp"
	"slices"

	"kassa/charging"
	"kassa/doctor"
	"kassa/journal"
)

// Charging tells of charging sessions, and of what stands in no record of theirs.
type Charging interface {
	// Session gives a session by its reference, which is that of its order too.
	Session(ref string) (charging.Session, bool, error)
	// Place tells what a terminal sells and how the link with its operator is; false when no operator has assigned it.
	Place(tid string) (doctor.Charge, bool, error)
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
		}
	}
}
