package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/charging"
	"kassa/driver"
	"kassa/estate"
	"kassa/poilink"
)

// This file joins the charging sessions with the unattended terminals that sell them.

// Limits of what a terminal is told.
const (
	offerEvery = 2 * time.Second  // how often what terminals sell is looked at anew
	tellFor    = 10 * time.Minute // how long after its end a session is still told of
	maxTold    = 20               // sessions of one terminal
	maxEnded   = 64               // sessions whose charger is to be asked about
	askFor     = 5 * time.Second  // how long an operator may take to tell of a charger
)

// points are the charging points that terminals sell.
type points struct {
	c     *cloud
	nudge chan struct{}
	ended chan charging.Session // those whose charger is asked about

	mu      sync.Mutex
	selling map[string]bool               // TIDs of terminals that have asked what they sell
	changed map[string]bool               // of them, those to tell
	told    map[string][]charging.Session // by POIID, the latest of each session, the newest last
}

func newPoints(c *cloud) *points {
	return &points{c: c, nudge: make(chan struct{}, 1), ended: make(chan charging.Session, maxEnded), selling: map[string]bool{}, changed: map[string]bool{}, told: map[string][]charging.Session{}}
}

// run tells terminals what changes: at once how their sessions stand, and every while what they sell.
func (p *points) run(ctx context.Context) error {
	tick := time.NewTicker(offerEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, tid := range p.due(true) {
				p.c.pois.Offered(tid)
			}
		case <-p.nudge:
			for _, tid := range p.due(false) {
				p.c.pois.Offered(tid)
			}
		}
	}
}

// look asks the operators how the chargers are whose sessions have ended: they may tell of it late, or not at all.
func (p *points) look(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-p.ended:
			ask, cancel := context.WithTimeout(ctx, askFor)
			_, err := p.c.ocpi.EVSE(ask, s.Peer, s.Location, s.EVSE)
			cancel()
			if err == nil {
				p.tell(s.TerminalID)
			}
		}
	}
}

// tell has a terminal told what it sells.
func (p *points) tell(tid string) {
	p.mu.Lock()
	p.changed[tid] = true
	p.mu.Unlock()
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// due gives the terminals to tell: those with news, or all that sell.
func (p *points) due(all bool) (tids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := p.changed
	if all {
		from = p.selling
	}
	for tid := range from {
		tids = append(tids, tid)
	}
	clear(p.changed)
	return tids
}

// show notes how a session stands and has its terminal told. It does not wait.
func (p *points) show(s charging.Session) {
	p.mu.Lock()
	list := slices.DeleteFunc(p.told[s.POIID], func(o charging.Session) bool { return o.Ref == s.Ref })
	list = append(list, s)
	p.told[s.POIID] = list[max(0, len(list)-maxTold):]
	p.mu.Unlock()
	p.tell(s.TerminalID)
	if s.State.Final() && s.Report.SessionID != "" {
		select {
		case p.ended <- s:
		default: // the hourly look at all chargers will do
		}
	}
}

// sells tells whether a terminal stands at chargers: it has asked what it sells.
func (p *points) sells(tid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.selling[tid]
}

// sessions are those of a terminal that it is told of: the open ones, and those that ended a short while ago.
func (p *points) sessions(poiid string) (list []charging.Session) {
	now := p.c.now()
	p.mu.Lock()
	p.told[poiid] = slices.DeleteFunc(p.told[poiid], func(s charging.Session) bool { return !s.EndedAt.IsZero() && now.Sub(s.EndedAt) > tellFor })
	list = slices.Clone(p.told[poiid])
	p.mu.Unlock()
	for _, ref := range p.c.charging.Book.At(poiid, "") { // after a restart nothing has been shown yet
		if slices.ContainsFunc(list, func(s charging.Session) bool { return s.Ref == ref }) {
			continue
		}
		if s, ok, err := p.c.charging.Book.Load(ref); err == nil && ok {
			list = append(list, s)
		}
	}
	return list
}

// Offer gives what a terminal sells.
func (p *points) Offer(tid string) (poilink.Sells, []poilink.Charging, bool) {
	t, ok := p.c.registry.Terminal(tid)
	if !ok || t.POIID == "" || p.c.charging == nil {
		return poilink.Sells{}, nil, false
	}
	sales, err := p.c.charging.Offer(context.Background(), t.POIID)
	if err != nil {
		return poilink.Sells{}, nil, false
	}
	sessions := p.sessions(t.POIID)
	p.mu.Lock()
	sold := p.selling[tid] || len(sales) > 0 || strings.HasPrefix(t.POIID, unattendedModel)
	if sold {
		p.selling[tid] = true
	}
	p.mu.Unlock()
	if !sold && len(sessions) == 0 {
		return poilink.Sells{}, nil, false
	}
	sells := poilink.Sells{Sessions: []string{}}
	for _, sale := range sales {
		sells.HelpPhone = cmp.Or(sells.HelpPhone, sale.HelpLine)
		sells.Points = append(sells.Points, pointOf(sale, sessions))
	}
	var open []poilink.Charging
	for _, s := range sessions {
		open = append(open, p.chargingOf(s))
		sells.Sessions = append(sells.Sessions, s.Ref)
	}
	return sells, open, true
}

// unattendedModel begins the POIID of a terminal that may be told of charging points before it has any.
const unattendedModel = "EV1-"

func pointOf(s charging.Sale, sessions []charging.Session) poilink.Point {
	point := poilink.Point{EVSE: s.EVSE, Connector: s.Connector, Label: s.Label, HoldMinor: s.Hold, Currency: string(s.Currency), Prices: pricesOf(s.Rates)}
	switch s.Status {
	case "AVAILABLE", "BLOCKED":
		point.Status = poilink.PointAvailable
	case "CHARGING":
		point.Status = poilink.PointOccupied
	case "RESERVED":
		point.Status = poilink.PointReserved
	case "UNKNOWN":
		point.Status = poilink.PointOffline
	default:
		point.Status = poilink.PointUnavailable
	}
	if slices.ContainsFunc(sessions, func(o charging.Session) bool { return o.EVSE == s.EVSE && o.Open() && !o.State.Final() }) {
		point.Status = poilink.PointOccupied
	}
	return point
}

// pricesOf are the prices as the link has them.
func pricesOf(r charging.Rates) (lines []poilink.PriceLine) {
	for _, p := range r.Prices() {
		lines = append(lines, poilink.PriceLine{Per: poilink.PriceUnit(p.Per), Price: p.Amount, FromMinutes: p.FromMinutes})
	}
	return lines
}

// chargingOf says how a session stands, for the screen.
func (p *points) chargingOf(s charging.Session) poilink.Charging {
	c := poilink.Charging{
		Reference: s.Ref, EVSE: s.EVSE, Connector: s.Connector, HeldMinor: s.Order.Amount, Currency: string(s.Currency),
	}
	began := s.Report.SessionID != ""
	switch s.State {
	case charging.Authorising:
		c.State = poilink.ChargingPaying
	case charging.Starting:
		c.State = poilink.ChargingStarting
	case charging.Charging:
		c.State = poilink.ChargingActive
	case charging.Settled:
		c.State = poilink.ChargingFinished
	case charging.Stopping, charging.AwaitingPrice, charging.Priced, charging.Settling:
		c.State = poilink.ChargingStopping
	default:
		c.State = poilink.ChargingFailed
		if began && s.State != charging.Failed {
			c.State = poilink.ChargingFinished // it cost nothing
		}
		if s.State == charging.Releasing && began {
			c.State = poilink.ChargingStopping
		}
	}
	if kwh, ok := new(big.Rat).SetString(string(s.Report.Energy)); ok {
		wh := kwh.Mul(kwh, big.NewRat(1000, 1))
		c.WattHours = new(big.Int).Quo(wh.Num(), wh.Denom()).Int64()
	}
	if at := s.Report.StartedAt; !at.IsZero() {
		c.StartedMS = at.UnixMilli()
	}
	if at := cmp.Or(s.Report.EndedAt, s.EndedAt); !at.IsZero() {
		c.EndedMS = at.UnixMilli()
	}
	c.ReceiptURL = p.c.ocpiURL + driver.Path + s.Ref
	c.CostMinor, _ = s.Cost()
	if c.State.Ended() {
		c.CostMinor, c.ReleasedMinor = s.Net(), s.Order.Released
	}
	return c
}

// reference is the authorisation reference of what a driver chose: the same choice has the same one, and nobody
// guesses it without the installation's key.
func (p *points) reference(poiid, id string) string {
	sum := sha256.Sum256([]byte(p.c.secure.LookupHash([]byte("charging reference\x00" + poiid + "\x00" + id))))
	return base32.StdEncoding.EncodeToString(sum[:])[:26]
}

// Choose opens a session; the same choice gets the same answer.
func (p *points) Choose(ctx context.Context, t estate.Terminal, chosen poilink.Chosen) (poilink.Charging, error) {
	s, err := p.c.charging.Choose(ctx, t.POIID, chosen.EVSE, chosen.Connector, chosen.Language, p.reference(t.POIID, chosen.ID))
	if refused := (*charging.Refused)(nil); errors.As(err, &refused) {
		return poilink.Charging{Answers: chosen.ID, State: poilink.ChargingRefused, EVSE: chosen.EVSE, Connector: chosen.Connector, Text: "This charger cannot be used now"}, nil
	}
	if err != nil {
		return poilink.Charging{}, err
	}
	answer := p.chargingOf(s)
	answer.Answers = chosen.ID
	return answer, nil
}

// Stop ends a session of the terminal; the terminal has compared the cards.
func (p *points) Stop(ctx context.Context, t estate.Terminal, stop poilink.Stop) (poilink.Charging, error) {
	s, ok, err := p.c.charging.Book.Load(stop.Reference)
	if err == nil && ok && s.POIID == t.POIID {
		s, err = p.c.charging.Give(ctx, stop.Reference, charging.AskStop{Trusted: true})
	} else if err == nil {
		return poilink.Charging{Reference: stop.Reference, Answers: stop.ID, State: poilink.ChargingRefused, Text: "Nothing is charging here"}, nil
	}
	if err != nil {
		return poilink.Charging{}, err
	}
	answer := p.chargingOf(s)
	answer.Answers = stop.ID
	return answer, nil
}
