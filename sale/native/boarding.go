package native

import (
	"errors"
	"fmt"
	"net/http"
)

// Boarding changes which terminals there are.
type Boarding interface {
	// AddTerminal makes a place in a group, and boards the device where its serial is given. Its error
	// is ErrNoGroup, ErrNotBoarded with the reason, or the store's.
	AddTerminal(group, name, poiid string) (tid, code string, err error)
	// RemoveTerminal retires a terminal and its device; ErrNoTerminal when there is none.
	RemoveTerminal(tid string) error
}

// What Boarding says no with.
var (
	ErrNoGroup    = errors.New("there is no such terminal group")
	ErrNotBoarded = errors.New("not possible")
	ErrNoTerminal = errors.New("there is no such terminal")
)

// Boarded is a terminal that was added. Code is its activation code, told here and never again.
type Boarded struct {
	TID   string `json:"tid"`
	POIID string `json:"poiid,omitempty"`
	Code  string `json:"code"`
}

func (h *Handler) addTerminal(w http.ResponseWriter, c *call) *problem {
	if _, refused := c.query(); refused != nil {
		return refused
	}
	var in struct {
		Group string `json:"group"`
		Name  string `json:"name"`
		POIID string `json:"poiid"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	group := ""
	for _, g := range h.Estate.Groups() {
		if g.ID == in.Group || g.Name == in.Group {
			group = g.ID
		}
	}
	if group == "" {
		return badInput(mistake{Pointer: "/group", Detail: ErrNoGroup.Error()})
	}
	if in.Name == "" || len(in.Name) > maxName { // before a device is boarded that then has no terminal
		return badInput(mistake{Pointer: "/name", Detail: fmt.Sprintf("must have 1 to %d bytes", maxName)})
	}
	tid, code, err := h.Boarding.AddTerminal(group, in.Name, in.POIID)
	switch {
	case errors.Is(err, ErrNotBoarded):
		return badInput(mistake{Pointer: "/poiid", Detail: err.Error()})
	case err != nil:
		return unreadable("the terminal may not have been stored")
	}
	return answer(w, http.StatusCreated, Boarded{TID: tid, POIID: in.POIID, Code: code})
}

// removeTerminal retires a terminal that is not connected: a payment on its screen has an end first.
func (h *Handler) removeTerminal(w http.ResponseWriter, c *call) *problem {
	if _, refused := c.query(); refused != nil {
		return refused
	}
	for _, t := range h.Estate.Terminals() {
		if t.TID == c.id && t.Online {
			return &problem{
				Status: http.StatusConflict, Code: "terminal_online", Title: "The terminal is online",
				Detail: "a terminal is removed when it is not connected", Fix: "switch it off, then remove it",
			}
		}
	}
	switch err := h.Boarding.RemoveTerminal(c.id); {
	case errors.Is(err, ErrNoTerminal):
		return nothingHere()
	case err != nil:
		return unreadable("the removal may not have been stored")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
