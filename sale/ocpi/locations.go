package ocpi

import (
	"net/http"
	"slices"

	"kassa/ocpi"
	"kassa/sale/ocpi/peers"
)

func evseOf(l *ocpi.Location, uid string) *ocpi.EVSE {
	i := slices.IndexFunc(l.EVSEs, func(e ocpi.EVSE) bool { return ocpi.Fold(e.UID) == ocpi.Fold(uid) })
	if i < 0 {
		return nil
	}
	return &l.EVSEs[i]
}

func connectorOf(e *ocpi.EVSE, id string) *ocpi.Connector {
	i := slices.IndexFunc(e.Connectors, func(c ocpi.Connector) bool { return ocpi.Fold(c.ID) == ocpi.Fold(id) })
	if i < 0 {
		return nil
	}
	return &e.Connectors[i]
}

// getLocation answers with what is kept, at the level that the URL names.
func (h *Handler) getLocation(q *request) reply {
	k, err := load[ocpi.Location](h, streamOf(kindLocation, q.peer.ID, q.args[:3]...))
	switch {
	case err != nil:
		return failed(err)
	case foreign(q) || !k.there():
		return notFound("the location")
	case len(q.args) == 3:
		return reply{data: k.Object}
	}
	e := evseOf(&k.Object, q.args[3])
	if e == nil {
		return notFound("the EVSE")
	}
	if len(q.args) == 4 {
		return reply{data: e}
	}
	c := connectorOf(e, q.args[4])
	if c == nil {
		return notFound("the connector")
	}
	return reply{data: c}
}

// putLocation takes a location, an EVSE or a connector, whole (PUT) or what has changed of it (PATCH).
func (h *Handler) putLocation(q *request) reply {
	if foreign(q) {
		return notFound("the party")
	}
	h.turns.Lock()
	defer h.turns.Unlock()
	k, err := load[ocpi.Location](h, streamOf(kindLocation, q.peer.ID, q.args[:3]...))
	if err != nil {
		return failed(err)
	}
	was := k.there()
	if !was && (len(q.args) > 3 || q.Method == http.MethodPatch) {
		if q.Method == http.MethodPatch {
			return notFound("the location")
		}
		return refused(ocpi.Refuse(ocpi.StatusUnknownLocation, "the location %s is not known: put it first", q.args[2]))
	}
	created := !was
	switch len(q.args) {
	case 3:
		var l ocpi.Location
		if l, err = taken(q, k.Object); err == nil {
			if a, wrong := differs(q, l.CountryCode, l.PartyID, l.ID); wrong {
				return a
			}
			k.Object = l
		}
	case 4:
		created, err = putEVSE(q, &k.Object)
	default:
		created, err = putConnector(q, &k.Object)
	}
	switch {
	case err == errMissing:
		return notFound("the EVSE or connector")
	case err != nil:
		return invalid(err)
	}
	k.Deleted, k.Heard = false, h.Now()
	return stored(created, keep(h, q.peer, k, "", note{}))
}

// taken is an object from the body: whole, or what has changed over what it was.
func taken[T interface{ Check() error }](q *request, former T) (T, error) {
	body := q.body
	if q.Method == http.MethodPatch {
		var err error
		if body, err = merged(former, q.body); err != nil {
			return former, err
		}
	}
	return readInto[T](body)
}

func putEVSE(q *request, l *ocpi.Location) (created bool, err error) {
	at := evseOf(l, q.args[3])
	if at == nil {
		if q.Method == http.MethodPatch {
			return false, errMissing
		}
		at = &ocpi.EVSE{}
	}
	e, err := taken(q, *at)
	if err != nil {
		return false, err
	}
	if ocpi.Fold(e.UID) != ocpi.Fold(q.args[3]) {
		return false, &ocpi.Error{Field: "uid", Rule: "is not the one in the URL"}
	}
	created = at.UID == ""
	if *at = e; created {
		l.EVSEs = append(l.EVSEs, e)
	}
	l.LastUpdated = later(l.LastUpdated, e.LastUpdated)
	return created, nil
}

func putConnector(q *request, l *ocpi.Location) (created bool, err error) {
	e := evseOf(l, q.args[3])
	if e == nil {
		return false, errMissing
	}
	at := connectorOf(e, q.args[4])
	if at == nil {
		if q.Method == http.MethodPatch {
			return false, errMissing
		}
		at = &ocpi.Connector{}
	}
	c, err := taken(q, *at)
	if err != nil {
		return false, err
	}
	if ocpi.Fold(c.ID) != ocpi.Fold(q.args[4]) {
		return false, &ocpi.Error{Field: "id", Rule: "is not the one in the URL"}
	}
	created = at.ID == ""
	if *at = c; created {
		e.Connectors = append(e.Connectors, c)
	}
	e.LastUpdated = later(e.LastUpdated, c.LastUpdated)
	l.LastUpdated = later(l.LastUpdated, c.LastUpdated)
	return created, nil
}

func later(a, b ocpi.DateTime) ocpi.DateTime {
	if b.After(a.Time) {
		return b
	}
	return a
}

// hear keeps the status of an EVSE that its operator was asked for.
func (h *Handler) hear(p peers.Peer, location string, e ocpi.EVSE) error {
	h.turns.Lock()
	defer h.turns.Unlock()
	all, err := list[ocpi.Location](h, kindLocation, p.ID)
	if err != nil {
		return err
	}
	for _, k := range all {
		at := evseOf(&k.Object, e.UID)
		if ocpi.Fold(k.Object.ID) != ocpi.Fold(location) || at == nil || at.Status == e.Status {
			continue
		}
		at.Status, at.LastUpdated = e.Status, later(at.LastUpdated, e.LastUpdated)
		k.Object.LastUpdated, k.Heard = later(k.Object.LastUpdated, e.LastUpdated), h.Now()
		return keep(h, p, k, "", note{})
	}
	return nil
}
