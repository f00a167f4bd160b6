package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/acquirer"
	"kassa/charging"
	"kassa/driver"
	"kassa/ocpi"
	"kassa/operator"
	"kassa/sale/ocpi/call"
)

// chargingPorts gives charging sessions their operators and their terminals.
type chargingPorts struct {
	c     *cloud
	terms kassa.HoldTerms // where no operator says otherwise
	rails *acquirer.Rails // nil narrows nothing
}

// joinCharging makes the sessions' keeper; it comes before the operators' door, which brings it their word.
func (c *cloud) joinCharging(o serveOptions, log *slog.Logger) error {
	var terms kassa.HoldTerms
	if o.terms != "" {
		if err := json.Unmarshal([]byte(o.terms), &terms); err != nil {
			return fmt.Errorf("--charging-terms: %w", err)
		}
	}
	book, err := charging.OpenBook(c.store)
	if err != nil {
		return err
	}
	p := chargingPorts{c: c, terms: terms}
	if c.ceilings, p.rails, err = boundsOf(o); err != nil {
		return err
	}
	c.charging = &charging.Keeper{
		Book: book, Orders: c.store, Money: c.engine, Operator: p, POI: p, Now: c.now, Random: rand.Reader, Log: log,
	}
	c.driver, err = driver.New(driver.Config{Session: book.Load, Now: c.now})
	return err
}

// boundsOf reads the ceilings and the rail profiles.
func boundsOf(o serveOptions) (map[string]charging.Ceiling, *acquirer.Rails, error) {
	var table []byte
	if o.ceilings != "" {
		var err error
		if table, err = os.ReadFile(o.ceilings); err != nil {
			return nil, nil, fmt.Errorf("--ceilings: %w", err)
		}
	}
	ceilings, err := charging.Ceilings(table)
	if err != nil {
		return nil, nil, fmt.Errorf("--ceilings: %w", err)
	}
	if o.rails == "" {
		return ceilings, nil, nil
	}
	f, err := os.Open(o.rails)
	if err != nil {
		return nil, nil, fmt.Errorf("--rails: %w", err)
	}
	defer f.Close()
	rails, err := acquirer.ReadRails(f)
	if err != nil {
		return nil, nil, fmt.Errorf("--rails: %w", err)
	}
	return ceilings, &rails, nil
}

// refusedOr gives a peer's definite no as the sessions know it.
func refusedOr(err error) error {
	if no := (*call.Refused)(nil); errors.As(err, &no) {
		return &charging.Refused{Code: int(no.Status), Text: no.Message}
	}
	return err
}

func (p chargingPorts) Start(ctx context.Context, s charging.Session) (int, error) {
	r, err := p.c.ocpi.Start(ctx, s.Peer, s.StartID, s.StartOf(p.c.ocpiCountry, p.c.ocpiParty, "", p.c.now()))
	return r.Timeout, refusedOr(err)
}

func (p chargingPorts) Stop(ctx context.Context, s charging.Session, sessionID string) error {
	_, err := p.c.ocpi.Stop(ctx, s.Peer, s.StopID, sessionID)
	return refusedOr(err)
}

// Seek finds the operator's session by the reference, the token or the id that it had.
func (p chargingPorts) Seek(ctx context.Context, s charging.Session, since time.Time) (*charging.Report, error) {
	all, err := p.c.ocpi.Sessions(ctx, s.Peer, since)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if !means(s, o.AuthorisationReference, o.CDRToken.UID, o.ID) {
			continue
		}
		r, refused := charging.ReportOf(o)
		if refused != nil {
			return nil, refused
		}
		return &r, nil
	}
	return nil, nil
}

func means(s charging.Session, ref, uid, sessionID string) bool {
	return strings.EqualFold(ref, s.Ref) || ref == "" && (strings.EqualFold(uid, s.Ref) || sessionID != "" && sessionID == s.Report.SessionID)
}

func (p chargingPorts) CDRs(ctx context.Context, s charging.Session, since time.Time) ([]charging.CDR, error) {
	all, err := p.c.ocpi.CDRs(ctx, s.Peer, since)
	if err != nil {
		return nil, err
	}
	var found []charging.CDR
	for _, d := range all {
		if !means(s, d.AuthorisationReference, d.CDRToken.UID, d.SessionID) {
			continue
		}
		if c, refused := charging.CDROf(d); refused == nil {
			found = append(found, c)
		}
	}
	return found, nil
}

func (p chargingPorts) Confirm(ctx context.Context, s charging.Session, c charging.Confirmation) error {
	f, err := c.Advice()
	if err != nil {
		return err
	}
	return refusedOr(p.c.ocpi.Confirm(ctx, s.Peer, f))
}

// Authorise makes the order at the terminal that the driver stands at.
func (p chargingPorts) Authorise(ctx context.Context, s charging.Session) (kassa.Order, kassa.Reason, error) {
	n := s.NewOrder()
	t, ok := p.c.registry.TerminalByPOIID(s.POIID)
	group, known := p.c.registry.Group(s.Group)
	if !ok || !known || t.Group != s.Group {
		return kassa.Order{}, kassa.POIUnable, nil
	}
	if may, _ := t.May(); !may {
		return kassa.Order{}, kassa.TerminalBarred, nil
	}
	n.TID, n.MID, n.Environment = t.TID, group.Merchant.MID, string(t.Environment)
	return p.c.engine.Create(ctx, n)
}

// Show tells the terminal how a session stands.
func (p chargingPorts) Show(s charging.Session) { p.c.points.show(s) }

// Fresh asks the operator how an EVSE is.
func (p chargingPorts) Fresh(ctx context.Context, s charging.Sale) (string, error) {
	e, err := p.c.ocpi.EVSE(ctx, s.Peer, s.Location, s.EVSE)
	return e.Status, err
}

// Sells lists the connectors that the terminal's operator has assigned to it and that have a price.
func (p chargingPorts) Sells(_ context.Context, poiid string) ([]charging.Sale, error) {
	t, ok := p.c.registry.TerminalByPOIID(poiid)
	if !ok {
		return nil, nil
	}
	point, ok, err := p.c.ocpi.Assigned(t.TID)
	if err != nil || !ok || !point.Active {
		return nil, err
	}
	locations, err := p.c.ocpi.KeptLocations(point.Peer)
	if err != nil {
		return nil, err
	}
	tariffs, err := p.c.ocpi.KeptTariffs(point.Peer)
	if err != nil {
		return nil, err
	}
	var sales []charging.Sale
	for _, l := range locations {
		for _, e := range l.EVSEs {
			if !slices.Contains(point.LocationIDs, l.ID) && !slices.Contains(point.EVSEUIDs, e.UID) {
				continue
			}
			for _, connector := range e.Connectors {
				base := charging.New{
					InvoiceBy: charging.InvoiceBy(point.InvoiceCreator), InvoiceBase: point.InvoiceBaseURL, Place: placeOf(l, e),
					Peer: point.Peer, Account: t.Account, Group: t.Group, POIID: poiid, TerminalID: t.TID, Contract: point.CustomerReference,
					Location: l.ID, EVSE: e.UID, Connector: connector.ID, Late: charging.LastKnown, Terms: p.terms,
				}
				if sale, ok := p.sale(base, l, e, connector, tariffs); ok {
					sales = append(sales, sale)
				}
			}
		}
	}
	return sales, nil
}

// sale prices one connector. A hold that is given for no tariff would be for nobody knows what: such a one is
// not sold.
func (p chargingPorts) sale(n charging.New, l ocpi.Location, e ocpi.EVSE, c ocpi.Connector, tariffs []ocpi.Tariff) (charging.Sale, bool) {
	var own []ocpi.Tariff
	for _, t := range tariffs {
		if slices.Contains(c.TariffIDs, t.ID) {
			own = append(own, t)
		}
	}
	tariff, ok := charging.Chosen(own, p.c.now())
	if !ok {
		return charging.Sale{}, false
	}
	n.Currency = kassa.Currency(tariff.Currency)
	for _, t := range tariff.AltText {
		if n.Place.Tariff == nil {
			n.Place.Tariff = map[string]string{}
		}
		n.Place.Tariff[t.Language] = t.Text
	}
	world := p.c.operators.World(n.Account)
	var set operator.Payment
	mcc := chargingMCC
	if station, ok := world.StationAt(l.ID, e.UID); ok {
		set, mcc = world.PaymentAt(station), cmp.Or(world.MCC(station), chargingMCC)
	}
	var computable bool
	n.Rates, computable = charging.RatesOf(tariff)
	preauthorise, most := charging.HoldOf(tariff)
	from := charging.Proposal{Preauthorise: preauthorise, Most: most, Free: computable && n.Rates.Free()}
	if set.Currency == tariff.Currency { // amounts of another currency say nothing here
		from.Override, from.Contract, from.Minimum = set.Hold, set.Most, set.Minimum
		n.Terms.Minimum, n.Terms.MinCapture, n.Grow = cmp.Or(set.Minimum, n.Terms.Minimum), cmp.Or(set.MinCapture, n.Terms.MinCapture), set.Step
	}
	n.Hold = from.Propose(p.c.ceilings[l.Country])
	p.bend(&n, set, mcc)
	n.Margin = n.Hold / 20
	if n.Hold == 0 && !from.Free {
		return charging.Sale{}, false
	}
	return charging.Sale{New: n, Label: cmp.Or(e.PhysicalReference, e.EVSEID, e.UID), Status: e.Status, HelpLine: l.HelpPhone}, true
}

// placeOf is what a driver is told of a place.
func placeOf(l ocpi.Location, e ocpi.EVSE) charging.Place {
	p := charging.Place{Name: l.Name, Address: l.Address, City: l.City, TimeZone: l.TimeZone, Help: l.HelpPhone, EVSEID: e.EVSEID, Label: e.PhysicalReference}
	if l.Operator != nil {
		p.Operator = l.Operator.Name
	}
	return p
}

// chargingMCC is the merchant category of charging (ISO 18245), where no set-up has another.
const chargingMCC = "5552"

// bend says how far the hold may be bent: as the operator says, narrowed to what the acquirer's rails keep.
func (p chargingPorts) bend(n *charging.New, set operator.Payment, mcc string) {
	if set.OverCommit != nil {
		n.Terms.OverCommit = *set.OverCommit
	}
	if set.Increments != nil {
		n.Terms.Increments = *set.Increments
	}
	if p.rails != nil {
		n.Terms, n.HoldFor = p.rails.Terms(mcc, n.Hold, n.Terms)
	}
	n.Terms.Minimum = min(n.Terms.Minimum, n.Hold)
	if n.Grow == 0 && n.Terms.Increments > 0 {
		n.Grow = n.Hold / 5
	}
}

// chargePorts give the API the sessions.
type chargePorts struct{ keeper *charging.Keeper }

func (p chargePorts) Open() []string { return p.keeper.Book.Open() }

func (p chargePorts) Load(ref string) (charging.Session, bool, error) { return p.keeper.Book.Load(ref) }

func (p chargePorts) Give(ctx context.Context, ref string, in charging.Input) (charging.Session, error) {
	return p.keeper.Ask(ctx, ref, in)
}
