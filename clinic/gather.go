package clinic

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

// Limits of a chart.
const (
	maxRecent   = 50
	maxOwn      = 60  // facts of a terminal, a device, its telemetry
	maxOfOrder  = 400 // facts of one order
	maxTries    = 40
	maxLinks    = 20             // terminals of an installation whose links are looked at
	acquirerAge = 24 * time.Hour // of what is looked at of the acquirer's link
)

// gathering is a chart on its way.
type gathering struct {
	*Clinic
	who   Reader
	chart *doctor.Chart
	err   error
	seen  map[uint64]bool
}

// chart gathers what is known of a subject and what the reader may see of it.
func (k *Clinic) chart(ctx context.Context, who Reader, ask Ask) (*doctor.Chart, error) {
	g := &gathering{Clinic: k, who: who, seen: make(map[uint64]bool), chart: &doctor.Chart{
		Now: k.Now(), Environment: string(k.Registry.Environment()), OtherURL: k.OtherURL, Heartbeat: k.Heartbeat, Subject: ask.Subject, Symptom: ask.Symptom,
	}}
	var err error
	switch ask.Subject.Kind {
	case doctor.Order:
		err = g.order(ctx, ask.Subject.ID)
	case doctor.Terminal:
		err = g.subjectTerminal(ask.Subject.ID)
	case doctor.Webhook:
		err = g.webhook(ask.Subject.ID)
	case doctor.Key:
		err = g.key(ask.Subject.ID)
	case doctor.Installation:
		err = g.installation()
	case doctor.Charger:
		err = g.charger(ask.Subject.ID)
	default:
		return nil, fmt.Errorf("%w: subject type", ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	if ask.Probe && g.chart.Terminal != nil {
		p := k.World.Probe(ctx, g.chart.Terminal.TID)
		g.chart.Probe = &p
		g.have(doctor.NeedProbe)
	}
	g.acquirer()
	g.components()
	if g.err != nil {
		return nil, g.err
	}
	slices.SortFunc(g.chart.Entries, func(a, b journal.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return g.chart, nil
}

func (g *gathering) have(needs ...doctor.Need) { g.chart.Parts = append(g.chart.Parts, needs...) }

// take adds entries that the reader may see: those of the chart's account. What has no scope is the installation's;
// it is taken where own says that it is about this very subject.
func (g *gathering) take(list []journal.Entry, err error, mine func(journal.Entry) bool) {
	if err != nil {
		g.err = cmp.Or(g.err, err)
		return
	}
	for _, e := range list {
		if !g.seen[e.Seq] && mine(e) {
			g.seen[e.Seq] = true
			g.chart.Entries = append(g.chart.Entries, e)
		}
	}
}

// shared adds facts of shared streams by what they are about.
func (g *gathering) shared(subject string, mine func(journal.Entry) bool) {
	for _, seq := range g.index.of(subject) {
		if !g.seen[seq] {
			list, err := g.Feed.Entries(seq-1, 1)
			g.take(list, err, mine)
		}
	}
}

// accountOf tells whose account a scope is: a group, or the account itself.
func (g *gathering) accountOf(scope string) string {
	if t, ok := g.Registry.Group(scope); ok {
		return t.Account
	}
	return scope
}

// ours tells whether a fact is of the chart's account, and of what the reader sees of it: his group's, or the account's
// own.
func (g *gathering) ours(e journal.Entry) bool {
	return g.chart.Account != nil && e.Scope != "" && g.seesScope(g.chart.Account.ID, e.Scope)
}

// seesScope tells whether the reader sees what has a scope of an account.
func (g *gathering) seesScope(account, scope string) bool {
	return g.accountOf(scope) == account && (scope == account && g.who.sees(account, g.who.Group) || g.who.sees(account, scope))
}

// held is since when a terminal is where the reader sees it. Before, another group of the account had it, and what it did
// there is that group's.
func (g *gathering) held(t estate.Terminal) (since time.Time) {
	if g.who.Operator || g.who.Group == "" {
		return since
	}
	list, err := g.Records.StreamTail("terminal/"+t.TID, maxOwn)
	g.err = cmp.Or(g.err, err)
	return g.heldIn(list)
}

// heldIn is held for a terminal whose newest facts are there already.
func (g *gathering) heldIn(list []journal.Entry) (since time.Time) {
	if g.who.Operator || g.who.Group == "" {
		return since
	}
	if len(list) == maxOwn { // a move may have been before
		since = list[0].At
	}
	for _, e := range list {
		if moved, ok := doctor.Read[estate.TerminalMoved](e); ok && e.Kind == "TerminalMoved" && moved.FromGroup != moved.Group {
			since = e.At
		}
	}
	return since
}

// ourCall tells whether a call was made by a key of the chart's account. One whose key nobody knows is the
// operator's to see.
func (g *gathering) ourCall(e journal.Entry) bool {
	call, ok := doctor.Read[doctor.Call](e)
	switch {
	case !ok || e.Kind == doctor.EventStreamLeft:
		return ok && g.ours(e)
	case call.Account == "" && call.Scope == "":
		return g.who.Operator
	}
	account := cmp.Or(call.Account, g.accountOf(call.Scope))
	return g.chart.Account != nil && account == g.chart.Account.ID && g.who.sees(account, call.Scope)
}

func (g *gathering) order(ctx context.Context, id string) error {
	o, ok, err := g.findOrder(ctx, id)
	if err != nil {
		return err
	}
	if !ok || !g.who.sees(o.Account, o.Scope) {
		return fmt.Errorf("%w: order", ErrUnknown)
	}
	g.chart.Subject.ID, g.chart.Order, g.chart.Dialect = o.ID(), &o, o.Dialect
	g.place(o.Account, o.Scope)
	list, err := g.Records.StreamEntries("order/"+o.ID(), 0)
	g.take(list[max(0, len(list)-maxOfOrder):], err, func(journal.Entry) bool { return true })
	if t, ok := g.Registry.Terminal(o.TID); ok && t.Account == o.Account && g.who.sees(t.Account, t.Group) {
		g.terminal(t)
	}
	g.have(doctor.NeedOrder)
	g.charge()
	g.shared("ref:"+o.Ref, g.ourCall)
	g.shared("stream:"+o.ID(), g.ours)
	g.shared("alarm:"+o.ID(), func(journal.Entry) bool { return true })
	for _, attempt := range o.Attempts {
		for _, auth := range attempt.Authorisations {
			g.shared("trace:"+o.TID+"/"+auth.STAN, func(e journal.Entry) bool { return !e.At.Before(o.CreatedAt) && g.chart.Now.Sub(e.At) < acquirerAge })
		}
	}
	g.calls()
	g.shared("hookorder:"+o.ID(), g.ours)
	g.hooks()
	return nil
}

// findOrder finds an order by its id here, or by its reference in the reader's groups.
func (g *gathering) findOrder(ctx context.Context, id string) (o kassa.Order, ok bool, err error) {
	if id != "" && len(id) <= 13 && strings.ToUpper(id) == id && !strings.ContainsAny(id, "/ ") {
		stream, found, err := g.Records.Load("order/" + id)
		if err != nil {
			return o, false, err
		}
		if found {
			if err := json.Unmarshal(stream.State, &o); err != nil {
				return o, false, fmt.Errorf("clinic: state of %s: %w", stream.ID, err)
			}
			if g.who.sees(o.Account, o.Scope) {
				return o, true, nil
			}
		}
	}
	return g.FindOrder(ctx, g.groups(), id)
}

// groups are the groups that the reader sees.
func (g *gathering) groups() (ids []string) {
	accounts := []estate.Account{{ID: g.who.Account}}
	if g.who.Operator {
		accounts = g.Registry.Accounts()
	}
	for _, a := range accounts {
		for _, group := range g.Registry.Groups(a.ID) {
			if g.who.sees(a.ID, group.ID) {
				ids = append(ids, group.ID)
			}
		}
	}
	return ids
}

// place is whose the subject is.
func (g *gathering) place(account, group string) {
	if a, ok := g.Registry.Account(account); ok {
		g.chart.Account = &a
	}
	if found, ok := g.Registry.Group(group); ok && found.Account == account {
		g.chart.Group = &found
	}
}

func (g *gathering) subjectTerminal(id string) error {
	t, ok := g.Registry.Terminal(id)
	if !ok {
		t, ok = g.Registry.TerminalByPOIID(id)
	}
	if !ok {
		return g.stock(id)
	}
	if !g.who.sees(t.Account, t.Group) {
		return fmt.Errorf("%w: terminal", ErrUnknown)
	}
	g.chart.Subject.ID = t.TID
	g.place(t.Account, t.Group)
	g.terminal(t)
	g.calls()
	g.shared("hook:"+t.Group, g.ours)
	g.hooks()
	return nil
}

// terminal gathers what is known of a terminal.
func (g *gathering) terminal(t estate.Terminal) {
	g.chart.Terminal, g.chart.Tampered = &t, t.Tampered
	if s, ok := g.Registry.Shop(t.Shop); ok && s.Account == t.Account {
		g.chart.Shop = &s
	}
	g.have(doctor.NeedTerminal)
	link := g.World.Link(t.TID)
	g.chart.Reach = &link
	g.have(doctor.NeedReach)
	list, err := g.Records.StreamTail("terminal/"+t.TID, maxOwn)
	since := g.heldIn(list)
	g.take(list, err, g.ours)
	if d, ok := g.Registry.Device(t.POIID); ok && t.POIID != "" {
		g.device(t.Account, d, since)
	}
	for _, owner := range []string{"terminal:" + t.TID, "shop:" + t.Shop, "group:" + t.Group, "account:" + t.Account} {
		list, err := g.Records.StreamTail("settings/"+owner, 10)
		g.take(list, err, g.ours)
	}
	if t.POIID != "" { // Adyen's messages name the device
		g.shared("tid:"+t.POIID, g.ourCall)
	}
	g.shared("tid:"+t.TID, func(e journal.Entry) bool {
		if journal.Kind(e.Stream) == "calls" {
			return g.ourCall(e)
		}
		return g.ours(e) || e.Scope == "" && !e.At.Before(since)
	})
	g.tried(t, since)
	g.settings(t)
	g.recent(t)
	g.fleet(t)
}

// device gathers what is known of a device since an instant, since it belongs to an account, and to no terminal before:
// what it did elsewhere is others'.
func (g *gathering) device(account string, d estate.Device, from time.Time) {
	g.chart.Device = &d
	g.have(doctor.NeedDevice)
	list, err := g.Records.StreamTail("device/"+d.POIID, maxOwn)
	if d.BoardedAt.After(from) {
		from = d.BoardedAt
	}
	if d.Unbound.After(from) {
		from = d.Unbound
	}
	for _, e := range list {
		if e.Kind == "DeviceAssigned" && e.At.After(from) {
			from = e.At
		}
	}
	since := func(e journal.Entry) bool {
		return !e.At.Before(from) && (e.Scope == "" || g.seesScope(account, e.Scope))
	}
	g.take(list, err, since)
	g.shared("poi:"+d.POIID, since)
	list, err = g.Records.StreamTail("telemetry/"+d.POIID, maxOwn)
	g.take(list, err, since)
	for _, e := range slices.Backward(list) {
		if said, ok := doctor.Read[doctor.Telemetry](e); ok && since(e) {
			said.Seq, said.At = e.Seq, e.At
			g.chart.Telemetry = &said
			g.have(doctor.NeedTelemetry)
			return
		}
	}
}

func (g *gathering) settings(t estate.Terminal) {
	g.chart.Settings = make(map[string]doctor.Setting)
	said, _ := g.Registry.Reported(t.TID)
	for _, v := range g.Registry.Effective(estate.Owner{Level: estate.LevelTerminal, ID: t.TID}) {
		if v.Secret {
			continue
		}
		g.chart.Settings[v.Name] = doctor.Setting{
			Value: v.Value, Origin: cmp.Or(string(v.Origin.Level), "default"), Reported: said.Values[v.Name], Refused: said.Refused[v.Name],
		}
	}
	g.have(doctor.NeedSettings)
}

// recent gathers the other orders of the terminal.
func (g *gathering) recent(t estate.Terminal) {
	seqs := g.index.of("orders:" + t.TID)
	for _, seq := range slices.Backward(seqs) {
		list, err := g.Feed.Entries(seq-1, 1)
		if err != nil || len(list) == 0 {
			g.err = cmp.Or(g.err, err)
			return
		}
		if g.chart.Order != nil && list[0].Stream == "order/"+g.chart.Order.ID() {
			continue
		}
		stream, ok, err := g.Records.Load(list[0].Stream)
		var o kassa.Order
		if err != nil || !ok || json.Unmarshal(stream.State, &o) != nil {
			g.err = cmp.Or(g.err, err)
			return
		}
		if o.Account == t.Account && g.who.sees(o.Account, o.Scope) && o.TID == t.TID && len(g.chart.Recent) < maxRecent {
			g.chart.Recent = append(g.chart.Recent, o)
		}
	}
	g.have(doctor.NeedRecent)
}

// fleet counts the terminals of the account, of the shop, and of those that came from the same address.
func (g *gathering) fleet(t estate.Terminal) {
	f := &doctor.FleetFacts{}
	host := hostOf(g.chart.Reach.Address)
	for _, other := range g.Registry.TerminalsOf(t.Account) {
		if other.POIID == "" || !g.who.sees(other.Account, other.Group) {
			continue
		}
		link := g.World.Link(other.TID)
		off := link.State == "offline"
		count := func(all, offline *int, same bool) {
			if same {
				*all++
				if off {
					*offline++
				}
			}
		}
		count(&f.Terminals, &f.Offline, true)
		count(&f.SameShop, &f.SameShopOffline, t.Shop != "" && other.Shop == t.Shop)
		count(&f.SameAddress, &f.SameAddressOffline, host != "" && hostOf(link.Address) == host)
	}
	if g.chart.Telemetry != nil {
		f.Software = g.index.programOf(g.chart.Telemetry.Model)
	}
	g.chart.Fleet = f
	g.have(doctor.NeedFleet)
}

func hostOf(address string) string {
	if i := strings.LastIndexByte(address, ':'); i > 0 {
		return address[:i]
	}
	return address
}

// calls tells that the refused calls were looked at.
func (g *gathering) calls() { g.have(doctor.NeedCalls) }

func (g *gathering) acquirer() {
	g.chart.Acquirer = &doctor.AcquirerFacts{SignedOn: g.World.SignedOn()}
	g.shared("acquirer", func(e journal.Entry) bool {
		if e.Kind == doctor.AcquirerAlarm { // it may name somebody's order
			return false
		}
		return g.chart.Now.Sub(e.At) < acquirerAge
	})
	if e, ok := g.chart.Last(doctor.AcquirerLink); ok {
		g.chart.Acquirer.Since = e.At
	}
	g.have(doctor.NeedAcquirer)
}

func (g *gathering) components() {
	list, ok := g.Components()
	if !ok {
		return
	}
	g.chart.Components = list
	g.shared("status", func(e journal.Entry) bool { return g.chart.Now.Sub(e.At) < acquirerAge })
	g.have(doctor.NeedComponents)
}
