package ocpi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kassa/ocpi"
	"kassa/sale/ocpi/peers"
)

// terminal is a terminal as an operator sees it.
type terminal struct {
	ocpi.Terminal
	// Active tells that it may sell.
	Active bool `json:"active"`
}

func paymentRoutes(base string) []route {
	return []route{
		{http.MethodGet, base + "terminals", false, false, (*Handler).listTerminals},
		{http.MethodPost, base + "terminals/activate", false, false, (*Handler).activate},
		{http.MethodPost, base + "terminals/{x}/deactivate", false, false, (*Handler).deactivate},
		{http.MethodGet, base + "terminals/{x}", false, false, (*Handler).getTerminal},
		{http.MethodPut, base + "terminals/{x}", false, false, (*Handler).putTerminal},
		{http.MethodPatch, base + "terminals/{x}", false, false, (*Handler).patchTerminal},
		{http.MethodGet, base + "financial-advice-confirmations", false, false, (*Handler).listFACs},
		{http.MethodGet, base + "financial-advice-confirmations/{x}", false, false, (*Handler).getFAC},
	}
}

// owned finds a terminal of a peer; one whose contract is no longer the peer's is not there.
func (h *Handler) owned(p peers.Peer, id string) (kept[terminal], bool, error) {
	k, err := load[terminal](h, streamOf(kindTerminal, p.ID, id))
	if err != nil || !k.there() {
		return k, false, err
	}
	u, known := h.Estate.Unit(k.Object.TerminalID)
	return k, known && h.sees(p, u), nil
}

// sees tells whether a terminal of the estate is of a peer's own contracts.
func (h *Handler) sees(p peers.Peer, u Unit) bool {
	return u.Account == p.Account && (u.Contract == "" && len(p.Contracts) == 0 || u.Contract != "" && p.Covers(u.Contract))
}

func (h *Handler) listTerminals(q *request) reply {
	h.turns.Lock()
	all, err := list[terminal](h, kindTerminal, q.peer.ID)
	h.turns.Unlock()
	if err != nil {
		return failed(err)
	}
	all = slices.DeleteFunc(all, func(k kept[terminal]) bool {
		u, known := h.Estate.Unit(k.Object.TerminalID)
		return !known || !h.sees(q.peer, u)
	})
	var wire []kept[ocpi.Terminal]
	for _, k := range all {
		wire = append(wire, kept[ocpi.Terminal]{Object: k.Object.Terminal, Made: k.Made})
	}
	return paged(h, q, wire, func(t ocpi.Terminal) ocpi.DateTime { return t.LastUpdated })
}

func (h *Handler) getTerminal(q *request) reply {
	k, ok, err := h.owned(q.peer, q.args[0])
	switch {
	case err != nil:
		return failed(err)
	case !ok:
		return notFound("the terminal")
	}
	return reply{data: k.Object.Terminal}
}

// activate lets a terminal sell. It is found by its reference, which is its serial number, or by its id.
func (h *Handler) activate(q *request) reply {
	asked, err := readInto[ocpi.Terminal](q.body)
	if err != nil {
		return invalid(err)
	}
	u, field, problem := h.seek(asked)
	if problem == "" && !h.sees(q.peer, u) {
		problem = "is not known" // as if it were nobody's: whose it is, is nobody else's affair
	}
	if problem != "" {
		return invalid(&ocpi.Error{Field: field, Rule: problem})
	}
	if err := h.admit(q.peer, u, asked, true); err != nil {
		return failed(err)
	}
	return reply{}
}

func (h *Handler) seek(asked ocpi.Terminal) (u Unit, field, problem string) {
	if asked.Reference != "" {
		u, problem = h.Estate.BySerial(asked.Reference)
		if problem == "" && asked.TerminalID != "" && ocpi.Fold(asked.TerminalID) != ocpi.Fold(u.TID) {
			return u, "terminal_id", "is not the terminal with this reference"
		}
		return u, "reference", problem
	}
	if asked.TerminalID == "" {
		return u, "reference", "is required: the serial number of the terminal"
	}
	u, ok := h.Estate.Unit(asked.TerminalID)
	if !ok {
		return u, "terminal_id", "is not known"
	}
	return u, "terminal_id", ""
}

// admit makes a terminal one that a peer sees, and owes the peer the word of it.
func (h *Handler) admit(p peers.Peer, u Unit, asked ocpi.Terminal, active bool) error {
	h.turns.Lock()
	defer h.turns.Unlock()
	k, err := load[terminal](h, streamOf(kindTerminal, p.ID, u.TID))
	if err != nil {
		return err
	}
	if !k.there() {
		k.Object, k.Made, k.Deleted = terminal{}, h.Now(), false
	}
	writable(&k.Object.Terminal, asked, true)
	k.Object.Active = active
	k.Object.TerminalID, k.Object.Reference, k.Object.LastUpdated = u.TID, u.Serial, ocpi.At(h.Now())
	if u.Contract != "" {
		k.Object.CustomerReference = u.Contract
	}
	fact := "OCPITerminalAnnounced"
	if active {
		fact = "OCPITerminalActivated"
	}
	c, err := k.change(h, p, fact, note{Object: u.TID})
	if err != nil {
		return err
	}
	out, err := h.owe(p, outTerminal, u.TID)
	if err != nil {
		return err
	}
	load, err := h.owe(p, outLocations, u.TID)
	if err != nil {
		return err
	}
	return h.commitAndWake(c, out, load)
}

// writable takes over what an operator may say of a terminal. With merge, what is absent stays as it is.
func writable(t *ocpi.Terminal, from ocpi.Terminal, merge bool) {
	for _, f := range []struct {
		into *string
		said string
	}{
		{&t.CustomerReference, from.CustomerReference},
		{&t.PartyID, from.PartyID},
		{&t.CountryCode, from.CountryCode},
		{&t.Address, from.Address},
		{&t.City, from.City},
		{&t.PostalCode, from.PostalCode},
		{&t.State, from.State},
		{&t.Country, from.Country},
		{&t.InvoiceBaseURL, from.InvoiceBaseURL},
		{&t.InvoiceCreator, from.InvoiceCreator},
	} {
		if f.said != "" || !merge {
			*f.into = f.said
		}
	}
	if from.Coordinates != nil || !merge {
		t.Coordinates = from.Coordinates
	}
	if from.LocationIDs != nil || !merge {
		t.LocationIDs = from.LocationIDs
	}
	if from.EVSEUIDs != nil || !merge {
		t.EVSEUIDs = from.EVSEUIDs
	}
}

func (h *Handler) deactivate(q *request) reply {
	return h.edit(q, "OCPITerminalDeactivated", func(t *terminal) error {
		t.Active = false
		return nil
	})
}

// putTerminal replaces what the operator may write. A body without terminal_id is taken as a change of
// what it names, because the document's own example would otherwise undo every assignment (spec 1.12 Q8).
func (h *Handler) putTerminal(q *request) reply {
	asked, err := readInto[ocpi.Terminal](q.body)
	if err != nil {
		return invalid(err)
	}
	if asked.TerminalID != "" && ocpi.Fold(asked.TerminalID) != ocpi.Fold(q.args[0]) {
		return invalid(&ocpi.Error{Field: "terminal_id", Rule: "is not the one in the URL"})
	}
	return h.edit(q, "OCPITerminalEdited", func(t *terminal) error {
		writable(&t.Terminal, asked, asked.TerminalID == "")
		return nil
	})
}

// patchTerminal assigns: an empty list takes the assignment away, an absent one keeps it.
func (h *Handler) patchTerminal(q *request) reply {
	fields, err := fieldsOf(q.body)
	if err != nil {
		return invalid(err)
	}
	_, locations := fields["location_ids"]
	_, evses := fields["evse_uids"]
	if !locations && !evses {
		return invalid(&ocpi.Error{Field: "location_ids", Rule: "or evse_uids is required"})
	}
	asked, err := readInto[ocpi.Terminal](q.body)
	if err != nil {
		return invalid(err)
	}
	return h.edit(q, "OCPITerminalAssigned", func(t *terminal) error {
		if locations {
			t.LocationIDs = asked.LocationIDs
		}
		if evses {
			t.EVSEUIDs = asked.EVSEUIDs
		}
		return nil
	})
}

// edit changes a terminal of the caller, and notes which fields are otherwise.
func (h *Handler) edit(q *request, fact string, change func(*terminal) error) reply {
	h.turns.Lock()
	defer h.turns.Unlock()
	k, ok, err := h.owned(q.peer, q.args[0])
	switch {
	case err != nil:
		return failed(err)
	case !ok:
		return notFound("the terminal")
	}
	former := k.Object
	if err := change(&k.Object); err != nil {
		return invalid(err)
	}
	changed := difference(former, k.Object)
	if len(changed) == 0 {
		return reply{}
	}
	k.Object.LastUpdated = ocpi.At(h.Now())
	c, err := k.change(h, q.peer, fact, note{Object: k.Object.TerminalID, Text: "changed: " + strings.Join(changed, ", ")})
	if err != nil {
		return failed(err)
	}
	load, err := h.owe(q.peer, outLocations, k.Object.TerminalID)
	if err != nil {
		return failed(err)
	}
	if err := h.commitAndWake(c, load); err != nil {
		return failed(err)
	}
	return reply{}
}

// difference names the fields in which two terminals differ.
func difference(a, b terminal) (names []string) {
	var fields [2]map[string]json.RawMessage
	for i, t := range []terminal{a, b} {
		text, err := json.Marshal(t)
		if err != nil || json.Unmarshal(text, &fields[i]) != nil {
			return []string{"?"}
		}
	}
	for name, value := range fields[1] {
		if string(fields[0][name]) != string(value) {
			names = append(names, name)
		}
	}
	for name := range fields[0] {
		if _, still := fields[1][name]; !still {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Announce tells a peer of a terminal of its own that stands alone: it is not assigned yet.
func (h *Handler) Announce(peer, tid string) error {
	p, ok := h.peers.Peer(peer)
	if !ok {
		return peers.ErrUnknown
	}
	u, known := h.Estate.Unit(tid)
	if !known || !h.sees(p, u) {
		return fmt.Errorf("%w: terminal %s of this connection", peers.ErrUnknown, tid)
	}
	return h.admit(p, u, ocpi.Terminal{}, true)
}

// Point is a terminal as a peer has assigned it.
type Point struct {
	Peer string
	ocpi.Terminal
	Active bool
}

// Assigned finds the terminal as the peer that it is assigned to sees it.
func (h *Handler) Assigned(tid string) (Point, bool, error) {
	for _, p := range h.peers.All() {
		k, ok, err := h.owned(p, tid)
		if err != nil {
			return Point{}, false, err
		}
		if ok && p.Registered() {
			return Point{Peer: p.ID, Terminal: k.Object.Terminal, Active: k.Object.Active}, true, nil
		}
	}
	return Point{}, false, nil
}
