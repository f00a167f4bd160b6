package ocpi

import (
	"encoding/json"
	"net/http"
	"slices"

	"kassa/ocpi"
	"kassa/sale/ocpi/peers"
)

func objectRoutes(ptp string) []route {
	const (
		object    = "/{x}/{x}/{x}" // country, party, id
		evse      = object + "/{x}"
		connector = evse + "/{x}"
	)
	return []route{
		{http.MethodGet, ptp + "locations" + object, false, false, (*Handler).getLocation},
		{http.MethodPut, ptp + "locations" + object, false, false, (*Handler).putLocation},
		{http.MethodPatch, ptp + "locations" + object, false, false, (*Handler).putLocation},
		{http.MethodGet, ptp + "locations" + evse, false, false, (*Handler).getLocation},
		{http.MethodPut, ptp + "locations" + evse, false, false, (*Handler).putLocation},
		{http.MethodPatch, ptp + "locations" + evse, false, false, (*Handler).putLocation},
		{http.MethodGet, ptp + "locations" + connector, false, false, (*Handler).getLocation},
		{http.MethodPut, ptp + "locations" + connector, false, false, (*Handler).putLocation},
		{http.MethodPatch, ptp + "locations" + connector, false, false, (*Handler).putLocation},
		{http.MethodGet, ptp + "tariffs" + object, false, false, (*Handler).getTariff},
		{http.MethodPut, ptp + "tariffs" + object, false, false, (*Handler).putTariff},
		{http.MethodDelete, ptp + "tariffs" + object, false, false, (*Handler).deleteTariff},
		{http.MethodGet, ptp + "sessions" + object, false, false, (*Handler).getSession},
		{http.MethodPut, ptp + "sessions" + object, false, false, (*Handler).putSession},
		{http.MethodPatch, ptp + "sessions" + object, false, false, (*Handler).putSession},
		{http.MethodPost, ptp + "cdrs", false, false, (*Handler).postCDR},
		{http.MethodGet, ptp + "cdrs/{x}", false, false, (*Handler).getCDR},
	}
}

// foreign tells that the party in the URL is not one of the caller's.
func foreign(q *request) bool { return !q.peer.Is(q.args[0], q.args[1]) }

// differs is the answer to an object that names itself otherwise than the URL does.
func differs(q *request, country, party, id string) (reply, bool) {
	for i, f := range []struct{ name, said string }{{"country_code", country}, {"party_id", party}, {"id", id}} {
		if ocpi.Fold(f.said) != ocpi.Fold(q.args[i]) {
			return invalid(&ocpi.Error{Field: f.name, Rule: "is not the one in the URL"}), true
		}
	}
	return reply{}, false
}

// merged is an object with the fields of a PATCH over those that it had. A field that is null is gone.
func merged(former any, patch []byte, appended ...string) ([]byte, error) {
	fields, err := fieldsOf(patch)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(former)
	if err != nil {
		return nil, err
	}
	was, err := fieldsOf(text)
	if err != nil {
		return nil, err
	}
	for name, value := range fields {
		switch {
		case string(value) == "null":
			delete(was, name)
		case slices.Contains(appended, name):
			var a, b []json.RawMessage
			if err := json.Unmarshal(value, &b); err != nil {
				return nil, &ocpi.Error{Field: name, Rule: "must be a list"}
			}
			_ = json.Unmarshal(was[name], &a) // absent: nothing to append to
			if was[name], err = json.Marshal(append(a, b...)); err != nil {
				return nil, err
			}
		default:
			was[name] = value
		}
	}
	return json.Marshal(was)
}

// shown answers with what is kept in a stream, in the version that is spoken.
func shown[T interface{ For(ocpi.Version) T }](h *Handler, q *request, stream, what string) reply {
	k, err := load[T](h, stream)
	switch {
	case err != nil:
		return failed(err)
	case !k.there():
		return notFound(what)
	}
	return reply{data: k.Object.For(h.priceVersion(q))}
}

func (h *Handler) getTariff(q *request) reply {
	if foreign(q) {
		return notFound("the tariff")
	}
	return shown[ocpi.Tariff](h, q, streamOf(kindTariff, q.peer.ID, q.args...), "the tariff")
}

func (h *Handler) putTariff(q *request) reply {
	if foreign(q) {
		return notFound("the party")
	}
	t, err := readInto[ocpi.Tariff](q.body)
	if err != nil {
		return invalid(err)
	}
	if a, wrong := differs(q, t.CountryCode, t.PartyID, t.ID); wrong {
		return a
	}
	created, err := keepObject(h, q.peer, streamOf(kindTariff, q.peer.ID, q.args...), t, nil)
	return stored(created, err)
}

func stored(created bool, err error) reply {
	switch {
	case err != nil:
		return failed(err)
	case created:
		return reply{http: http.StatusCreated}
	}
	return reply{}
}

// keepObject replaces an object; created tells that it was not there.
func keepObject[T any](h *Handler, p peers.Peer, stream string, v T, oddities []string) (created bool, err error) {
	h.turns.Lock()
	defer h.turns.Unlock()
	k, err := load[T](h, stream)
	if err != nil {
		return false, err
	}
	created = !k.there()
	k.Object, k.Deleted, k.Oddities, k.Heard = v, false, oddities, h.Now()
	return created, keep(h, p, k, "", note{})
}

func (h *Handler) deleteTariff(q *request) reply {
	h.turns.Lock()
	defer h.turns.Unlock()
	k, err := load[ocpi.Tariff](h, streamOf(kindTariff, q.peer.ID, q.args...))
	switch {
	case err != nil:
		return failed(err)
	case foreign(q) || !k.there():
		return notFound("the tariff")
	}
	k.Deleted = true
	if err := keep(h, q.peer, k, "", note{}); err != nil {
		return failed(err)
	}
	return reply{}
}

func (h *Handler) getSession(q *request) reply {
	if foreign(q) {
		return notFound("the session")
	}
	return shown[ocpi.Session](h, q, streamOf(kindSession, q.peer.ID, q.args...), "the session")
}

// putSession takes a session whole (PUT) or what has changed of it (PATCH, which appends charging periods).
func (h *Handler) putSession(q *request) reply {
	if foreign(q) {
		return notFound("the party")
	}
	stream := streamOf(kindSession, q.peer.ID, q.args...)
	defer h.turn(stream)() // a PATCH builds on what is kept
	body := q.body
	if q.Method == http.MethodPatch {
		k, err := load[ocpi.Session](h, stream)
		switch {
		case err != nil:
			return failed(err)
		case !k.there():
			return notFound("the session")
		}
		if body, err = merged(k.Object, q.body, "charging_periods"); err != nil {
			return invalid(err)
		}
	}
	s, err := readInto[ocpi.Session](body)
	if err != nil {
		return invalid(err)
	}
	if a, wrong := differs(q, s.CountryCode, s.PartyID, s.ID); wrong {
		return a
	}
	if _, refusal, err := h.Charging.SessionPut(q.Context(), q.peer.ID, s); err != nil || refusal != nil {
		if err != nil {
			return failed(err)
		}
		return refused(refusal)
	}
	created, err := keepObject(h, q.peer, stream, s, nil)
	return stored(created, err)
}

// postCDR takes a bill. One that is known already is answered as it was the first time, and a different
// one with the same id is refused: a CDR never changes.
func (h *Handler) postCDR(q *request) reply {
	d, err := readInto[ocpi.CDR](q.body)
	if err != nil {
		return invalid(err)
	}
	if !q.peer.Is(d.CountryCode, d.PartyID) {
		return invalid(&ocpi.Error{Field: "party_id", Rule: "is not a party of this connection"})
	}
	stream := streamOf(kindCDR, q.peer.ID, d.CountryCode, d.PartyID, d.ID)
	defer h.turn(stream)()
	at := map[string]string{"Location": h.module(q.version, ocpi.ModuleCDRs) + "/" + keyOf(d.CountryCode, d.PartyID, d.ID)}
	k, err := load[ocpi.CDR](h, stream)
	if err != nil {
		return failed(err)
	}
	if k.there() {
		if !same(k.Object, d) {
			return invalid(&ocpi.Error{Field: "id", Rule: "is that of another CDR: a CDR never changes, a credit CDR takes it back"})
		}
		return reply{header: at}
	}
	created, refusal, err := h.Charging.CDRPosted(q.Context(), q.peer.ID, d)
	switch {
	case err != nil:
		return failed(err)
	case refusal != nil:
		return refused(refusal)
	}
	var oddities []string
	a := reply{header: at}
	if d.TotalCost.Shape != ocpi.ShapeOf(q.version) {
		oddities = append(oddities, "total_cost has the shape of another version")
		a.message = "taken; total_cost has the shape of another version than " + string(q.version)
	}
	if _, err := keepObject(h, q.peer, stream, d, oddities); err != nil {
		return failed(err)
	}
	if created {
		a.http = http.StatusCreated
	}
	return a
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func (h *Handler) getCDR(q *request) reply {
	return shown[ocpi.CDR](h, q, kindCDR+"/"+q.peer.ID+"/"+q.args[0], "the CDR")
}
