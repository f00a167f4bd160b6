package native

import (
	"net/http"
	"slices"
	"time"
)

// Return is a device that somebody wants to send back.
type Return struct {
	ID string `json:"id"`
	Owner
	Name    string        `json:"name,omitempty"` // of its terminal
	State   string        `json:"state"`
	Next    []string      `json:"next"` // the steps that can be done now
	Reason  string        `json:"reason,omitempty"`
	Ticket  string        `json:"ticket,omitempty"`
	Note    string        `json:"note,omitempty"`
	Address ReturnAddress `json:"address,omitzero"`
	By      string        `json:"by"`
	At      time.Time     `json:"at"`
	// Parcel is what to write on it, once there is a label.
	Parcel      string       `json:"parcel,omitempty"`
	Replacement string       `json:"replacement,omitempty"`
	Outcome     string       `json:"outcome,omitempty"`
	Steps       []ReturnDone `json:"steps"`
}

// ReturnAddress is where a repaired device or a replacement is sent.
type ReturnAddress struct {
	Name       string `json:"name"`
	Street     string `json:"street"`
	PostalCode string `json:"postal_code"`
	City       string `json:"city"`
	Country    string `json:"country"`
}

// ReturnDone is one step that was done.
type ReturnDone struct {
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	State string    `json:"state"`
	Note  string    `json:"note,omitempty"`
}

// NewReturn asks for a return.
type NewReturn struct {
	Device   string        `json:"device,omitempty"`
	Terminal string        `json:"terminal,omitempty"`
	Reason   string        `json:"reason"`
	Ticket   string        `json:"ticket"`
	Note     string        `json:"note,omitempty"`
	Address  ReturnAddress `json:"address,omitzero"`
}

// ReturnStep is something to do with a return.
type ReturnStep struct {
	Step string `json:"step"`
	Note string `json:"note"`
	// Device goes with replace, Outcome with close.
	Device  string `json:"device"`
	Outcome string `json:"outcome"`
}

func returnOf(r Return) (id, state string, o Owner) { return r.ID, r.State, r.Owner }

func (h *Handler) returned(r Return) any {
	r.Owner, r.Replacement = h.owned(r.Owner), h.shown(deviceID, r.Replacement)
	if r.Next == nil {
		r.Next = []string{}
	}
	return r
}

func (h *Handler) listReturns(w http.ResponseWriter, c *call) *problem {
	return jobsOf(h, w, c, h.Workshop.Returns(), returnOf, h.returned)
}

func (h *Handler) showReturn(w http.ResponseWriter, c *call) *problem {
	r, refused := jobIn(c, "return", h.Workshop.Returns(), returnOf)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.returned(r))
}

// askReturn asks the operator to take a device back. It stays in use until it is sent.
func (h *Handler) askReturn(w http.ResponseWriter, c *call) *problem {
	var in NewReturn
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	device, refused := h.deviceNamed(c, in.Device, in.Terminal)
	if refused != nil {
		return refused
	}
	r, err := h.Workshop.AskReturn(device, in, c.actor())
	if err != nil {
		return jobProblem(err, "return")
	}
	return answer(w, http.StatusCreated, h.returned(r))
}

// ownSteps are those of who sends the device; the others are decided by who takes it back.
func ownSteps() []string { return []string{"send", "withdraw"} }

func (h *Handler) moveReturn(w http.ResponseWriter, c *call) *problem {
	r, refused := jobIn(c, "return", h.Workshop.Returns(), returnOf)
	if refused != nil {
		return refused
	}
	var in ReturnStep
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if !slices.Contains(ownSteps(), in.Step) && !c.caller.can(devicesService) {
		return fault("forbidden", "this key has the role "+string(c.caller.Role)+", which does not include "+string(devicesService)+": it may send and withdraw")
	}
	if in.Device != "" {
		device, refused := h.deviceNamed(c, in.Device, "")
		if refused != nil {
			return refused
		}
		in.Device = device
	}
	r, err := h.Workshop.MoveReturn(r.ID, in, c.actor())
	if err != nil {
		return jobProblem(err, "step")
	}
	return answer(w, http.StatusOK, h.returned(r))
}
