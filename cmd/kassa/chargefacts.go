package main

import (
	"slices"

	"kassa/charging"
	"kassa/doctor"
	"kassa/ocpi"
	ocpidoor "kassa/sale/ocpi"
)

// chargingFacts are what the doctor asks about charging.
type chargingFacts struct{ c *cloud }

func (f chargingFacts) Session(ref string) (charging.Session, bool, error) {
	return f.c.charging.Book.Load(ref)
}

// Terminal finds an account's terminal by its serial number.
func (f chargingFacts) Terminal(account, serial string) (tid string, ok bool) {
	u, problem := ocpiPorts(f).BySerial(serial)
	return u.TID, problem == "" && u.Account == account
}

// Place tells what a terminal sells and how the link with its operator is; false when no operator has assigned it.
func (f chargingFacts) Place(tid string) (place doctor.Charge, ok bool, err error) {
	place.TID = tid
	at, ok, err := f.c.ocpi.Assigned(tid)
	if err != nil || !ok {
		return place, false, err
	}
	locations, err := f.c.ocpi.ToldLocations(at.Peer)
	if err != nil {
		return place, false, err
	}
	tariffs, err := f.c.ocpi.KeptTariffs(at.Peer)
	if err != nil {
		return place, false, err
	}
	place.Peer = f.peer(at.Peer)
	place.Assigned = doctor.Assigned{Locations: at.LocationIDs, EVSEs: at.EVSEUIDs}
	found := map[string]bool{}
	for _, l := range locations {
		found[l.ID] = true
		for _, e := range l.EVSEs {
			if e.Status == ocpi.EVSERemoved {
				continue
			}
			found[e.UID] = true
			if slices.Contains(at.LocationIDs, l.ID) || slices.Contains(at.EVSEUIDs, e.UID) {
				place.Points = append(place.Points, pointsOf(l, e, tariffs)...)
			}
		}
	}
	for _, id := range slices.Concat(at.LocationIDs, at.EVSEUIDs) {
		if !found[id] {
			place.Assigned.Missing = append(place.Assigned.Missing, id)
		}
	}
	if len(place.Points) > 0 {
		place.Ceiling = f.c.ceilings[place.Points[0].Country]
	}
	return place, true, nil
}

// pointsOf are the connectors of an EVSE with their tariffs.
func pointsOf(l ocpidoor.Told, e ocpi.EVSE, tariffs []ocpi.Tariff) (list []doctor.Point) {
	for _, c := range e.Connectors {
		p := doctor.Point{Location: l.ID, Country: l.Country, EVSE: e, Connector: c, Heard: l.Heard}
		for _, t := range tariffs {
			if slices.Contains(c.TariffIDs, t.ID) {
				p.Tariffs = append(p.Tariffs, t)
			}
		}
		list = append(list, p)
	}
	return list
}

// peer is the connection with an operator, and what its answers have told since the start.
func (f chargingFacts) peer(id string) *doctor.Peer {
	p, ok := f.c.ocpi.Peers().Peer(id)
	if !ok {
		return nil
	}
	told := f.c.ocpi.Contact(id)
	return &doctor.Peer{ID: id, Name: p.Name, Refused: told.Refused, Answered: told.Answered, Skew: told.Skew, SkewAt: told.SkewAt}
}
