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
	"kassa/estate"
	"kassa/poilink"
)

// pointPorts is what unattended terminals sell, and their sessions, in the words of the POI link.
type pointPorts struct {
	c *cloud

	mu    sync.Mutex
	ended map[string][]charging.Session // by POIID: those that came to their end a short while ago
}

const (
	// maxEnded is how many sessions that have ended a terminal is told of.
	maxEnded = 8
	// pointsEvery is how often a terminal is told what has changed at its operator.
	pointsEvery = time.Second
	// unattendedModel is what the POIIDs of unattended terminals begin with.
	unattendedModel = "EV1-"
)

// run offers each unattended terminal what it sells, again and again: an operator's word has no other herald.
func (p *pointPorts) run(ctx context.Context) error {
	tick := time.NewTicker(pointsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if len(p.c.ocpi.Peers().All()) == 0 {
			continue
		}
		for _, d := range p.c.registry.Devices() {
			if strings.HasPrefix(d.POIID, unattendedModel) && d.TID != "" {
				p.c.pois.Offered(d.TID)
			}
		}
	}
}

// show keeps what has ended and tells the terminal. Nobody waits for it: the terminal may not be there.
func (p *pointPorts) show(s charging.Session) {
	if s.State.Final() {
		p.mu.Lock()
		list := slices.DeleteFunc(p.ended[s.POIID], func(e charging.Session) bool { return e.Ref == s.Ref })
		list = append(list, s)
		p.ended[s.POIID] = list[max(0, len(list)-maxEnded):]
		p.mu.Unlock()
	}
	go p.c.pois.Offered(s.TerminalID)
}

// Offer gives what a terminal sells, and its sessions.
func (p *pointPorts) Offer(tid string) (poilink.Sells, []poilink.Charging, bool) {
	t, ok := p.c.registry.Terminal(tid)
	if !ok || !strings.HasPrefix(t.POIID, unattendedModel) {
		return poilink.Sells{}, nil, false
	}
	sales, err := p.c.charging.Offer(context.Background(), t.POIID)
	if err != nil {
		return poilink.Sells{}, nil, false
	}
	sells := poilink.Sells{Points: []poilink.Point{}}
	for _, s := range sales {
		sells.HelpPhone = cmp.Or(sells.HelpPhone, s.HelpLine)
		status := pointStatus(s.Status)
		if len(p.c.charging.Book.At(t.POIID, s.EVSE)) > 0 {
			status = poilink.PointOccupied
		}
		sells.Points = append(sells.Points, poilink.Point{
			EVSE: s.EVSE, Connector: s.Connector, Label: s.Label, Status: status, Prices: priceLines(s.Rates),
			HoldMinor: s.Hold, Currency: string(s.Currency),
		})
	}
	var open []poilink.Charging
	p.mu.Lock()
	for _, s := range p.ended[t.POIID] {
		open = append(open, charged(s))
	}
	p.mu.Unlock()
	for _, ref := range p.c.charging.Book.At(t.POIID, "") {
		if s, ok, err := p.c.charging.Book.Load(ref); err == nil && ok {
			open = append(open, charged(s))
		}
	}
	return sells, open, len(sells.Points)+len(open) > 0
}

func pointStatus(evse string) poilink.PointStatus {
	switch evse {
	case "AVAILABLE", "BLOCKED": // a car that is in before it is paid for blocks
		return poilink.PointAvailable
	case "CHARGING":
		return poilink.PointOccupied
	case "RESERVED":
		return poilink.PointReserved
	case "UNKNOWN":
		return poilink.PointOffline
	}
	return poilink.PointUnavailable
}

// priceLines are a tariff's prices with taxes, in the order in which they are shown.
func priceLines(r charging.Rates) (lines []poilink.PriceLine) {
	tax := big.NewRat(1, 1)
	if vat, ok := new(big.Rat).SetString(string(r.VAT)); ok && r.Net {
		tax.Add(tax, vat.Quo(vat, big.NewRat(100, 1)))
	}
	add := func(per poilink.PriceUnit, price charging.Decimal, parts int64) {
		of, ok := new(big.Rat).SetString(string(price))
		if !ok || of.Sign() == 0 {
			return
		}
		text := of.Mul(of, tax).Quo(of, big.NewRat(parts, 1)).FloatString(4)
		lines = append(lines, poilink.PriceLine{Per: per, Price: strings.TrimSuffix(strings.TrimRight(text, "0"), ".")})
	}
	add(poilink.PerKWh, r.Energy, 1)
	add(poilink.PerMinute, r.Hour, 60)
	add(poilink.PerSession, r.Flat, 1)
	return lines
}

// Choose opens a session under a name that comes from the choice, so that a repeat finds it.
func (p *pointPorts) Choose(ctx context.Context, t estate.Terminal, chosen poilink.Chosen) (poilink.Charging, error) {
	sum := sha256.Sum256([]byte(p.c.secure.LookupHash([]byte("charging choice\x00" + t.POIID + "\x00" + chosen.ID))))
	ref := base32.StdEncoding.EncodeToString(sum[:17])[:26]
	s, err := p.c.charging.ChooseAs(ctx, ref, t.POIID, chosen.EVSE, chosen.Connector, chosen.Language)
	return answeredCharge(s, err, chosen.EVSE, chosen.Connector)
}

// Stop ends a session. Which card was tapped the terminal has judged.
func (p *pointPorts) Stop(ctx context.Context, t estate.Terminal, stop poilink.Stop) (poilink.Charging, error) {
	s, ok, err := p.c.charging.Book.Load(stop.Reference)
	if err != nil {
		return poilink.Charging{}, err
	}
	if !ok || s.POIID != t.POIID {
		return poilink.Charging{State: poilink.ChargingRefused, Text: "no such session at this terminal"}, nil
	}
	if s.State.Final() || s.Stopped != "" {
		return charged(s), nil
	}
	next, err := p.c.charging.Give(ctx, s.Ref, charging.AskStop{Trusted: true})
	return answeredCharge(next, err, s.EVSE, s.Connector)
}

func answeredCharge(s charging.Session, err error, evse, connector string) (poilink.Charging, error) {
	if no := (*charging.Refused)(nil); errors.As(err, &no) {
		return poilink.Charging{State: poilink.ChargingRefused, Text: no.Text, EVSE: evse, Connector: connector}, nil
	}
	if err != nil {
		return poilink.Charging{}, err
	}
	return charged(s), nil
}

// charged is a session as its terminal shows it.
func charged(s charging.Session) poilink.Charging {
	c := poilink.Charging{
		Reference: s.Ref, EVSE: s.EVSE, Connector: s.Connector, State: chargingState(s), HeldMinor: s.Order.Amount, Currency: string(s.Currency),
		WattHours: wattHours(s.Report.Energy),
	}
	if c.State == poilink.ChargingFailed {
		c.Text = s.Why
	}
	if !s.Report.StartedAt.IsZero() {
		c.StartedMS = s.Report.StartedAt.UnixMilli()
	}
	if !s.Report.EndedAt.IsZero() {
		c.EndedMS = s.Report.EndedAt.UnixMilli()
	}
	if cost, ok := s.Cost(); ok {
		c.CostMinor = cost
	}
	if c.State == poilink.ChargingFinished {
		c.CostMinor, c.ReleasedMinor = s.Order.Captured, s.Order.Released
	}
	return c
}

func wattHours(kWh charging.Decimal) int64 {
	of, ok := new(big.Rat).SetString(string(kWh))
	if !ok {
		return 0
	}
	of.Mul(of, big.NewRat(1000, 1))
	return new(big.Int).Quo(of.Num(), of.Denom()).Int64()
}

func chargingState(s charging.Session) poilink.ChargingState {
	switch s.State {
	case charging.Authorising:
		return poilink.ChargingPaying
	case charging.Starting:
		return poilink.ChargingStarting
	case charging.Charging:
		if s.Report.Status == charging.Active {
			return poilink.ChargingActive
		}
		return poilink.ChargingStarting
	case charging.Settled:
		return poilink.ChargingFinished
	case charging.Released:
		if s.Report.Status == charging.Completed {
			return poilink.ChargingFinished
		}
		return poilink.ChargingFailed
	case charging.Declined, charging.Failed, charging.Expired:
		return poilink.ChargingFailed
	}
	return poilink.ChargingStopping
}
