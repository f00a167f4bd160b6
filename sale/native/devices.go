package native

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"kassa/estate"
)

// Device is a POI as the API shows it.
type Device struct {
	ID       string           `json:"id"`
	POIID    string           `json:"poiid"`
	State    estate.LifeState `json:"state"`
	Account  string           `json:"account,omitempty"` // whose stock it is in; none for the operator's
	Terminal string           `json:"terminal,omitempty"`
	// Configured tells that it holds its initial key, KCV that key's check value.
	Configured bool           `json:"configured"`
	KCV        string         `json:"kcv,omitempty"`
	Seen       bool           `json:"seen"` // it has connected once
	BoardedAt  time.Time      `json:"boardedAt,omitzero"`
	LockedTill time.Time      `json:"lockedUntil,omitzero"` // after too many wrong codes
	Tampered   *estate.Tamper `json:"tampered,omitempty"`
	Returned   *estate.Return `json:"returned,omitempty"`
	// Developer tells that it is in developer mode: not PCI compliant any more, and never in the live environment.
	Developer bool       `json:"developer,omitempty"`
	Injection *Injection `json:"injection,omitempty"`
}

func (h *Handler) device(d estate.Device) any {
	state, _ := h.Registry.LifeOfDevice(d.POIID)
	var injection *Injection
	if d.Injection != nil {
		injection = new(h.injection(d))
	}
	t, _ := h.Registry.Terminal(d.TID)
	return Device{
		ID: h.shown(deviceID, d.POIID), POIID: d.POIID, State: state, Account: h.shown(accountID, h.accountOf(d)), Terminal: h.shown(terminalID, d.TID),
		Configured: d.Configured, KCV: d.KCV, Seen: len(d.PublicKey) > 0, BoardedAt: d.BoardedAt, LockedTill: d.LockedUntil,
		Tampered: d.Tampered, Returned: d.Returned,
		Developer: d.Developer || t.Developer, Injection: injection,
	}
}

// accountOf is whose a device is: that of its terminal, or else of the stock that it is in.
func (h *Handler) accountOf(d estate.Device) string {
	if t, ok := h.Registry.Terminal(d.TID); ok && d.TID != "" {
		return t.Account
	}
	return d.Account
}

func idOfDevice(d estate.Device) string { return d.POIID }

// seesDevice: a bound one goes with its terminal, another with the stock of the whole account.
func (h *Handler) seesDevice(who Caller, d estate.Device) bool {
	if t, ok := h.Registry.Terminal(d.TID); ok && d.TID != "" {
		return who.sees(t.Account, t.Group)
	}
	return who.operator() || d.Account != "" && who.wholeAccount(d.Account)
}

// listDevices lists the devices: the stock and those in use.
func (h *Handler) listDevices(w http.ResponseWriter, c *call) *problem {
	account, refused := h.bare(accountID, c.query.Get("account"))
	if refused != nil {
		return refused
	}
	state := c.query.Get("state")
	if known := lives(); state != "" && !slices.Contains(known, estate.LifeState(state)) {
		return badInput(mistake{Parameter: "state", Detail: fmt.Sprintf("must be one of %v", known)})
	}
	list := slices.DeleteFunc(h.Registry.Devices(), func(d estate.Device) bool {
		life, _ := h.Registry.LifeOfDevice(d.POIID)
		return !h.seesDevice(c.caller, d) || account != "" && h.accountOf(d) != account || state != "" && string(life) != state
	})
	return listOf(w, c, byID(list, idOfDevice), idOfDevice, h.device)
}

func (h *Handler) deviceIn(c *call) (estate.Device, *problem) {
	id, refused := h.bare(deviceID, c.path["device"])
	if refused != nil {
		return estate.Device{}, refused
	}
	d, ok := h.Registry.Device(id)
	if !ok || !h.seesDevice(c.caller, d) {
		return estate.Device{}, noSuch("device")
	}
	return d, nil
}

func (h *Handler) showDevice(w http.ResponseWriter, c *call) *problem {
	d, refused := h.deviceIn(c)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.device(d))
}

// boardDevice makes a device known, in the stock of an account or the operator's.
func (h *Handler) boardDevice(w http.ResponseWriter, c *call) *problem {
	var in struct {
		POIID   string `json:"poiid"`
		Account string `json:"account"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	account := ""
	if in.Account != "" {
		a, refused := h.accountIn(c, in.Account)
		if refused != nil {
			return inBody(refused, "/account")
		}
		account = a.ID
	}
	d, err := h.Registry.BoardDevice(h.Now(), in.POIID)
	if err != nil {
		return estateProblem(err, "device")
	}
	if account != "" {
		if err := h.Registry.AssignDevice(h.Now(), d.POIID, account, c.actor()); err != nil {
			return estateProblem(err, "device is boarded; its account")
		}
	}
	d, _ = h.Registry.Device(d.POIID)
	return answer(w, http.StatusCreated, h.device(d))
}

// assignDevice puts a device into the stock of an account, or with "" of the operator.
func (h *Handler) assignDevice(w http.ResponseWriter, c *call) *problem {
	d, refused := h.deviceIn(c)
	if refused != nil {
		return refused
	}
	var in struct {
		Account *string `json:"account"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if in.Account == nil {
		return badInput(mistake{Pointer: "/account", Detail: `must be the id of an account, or "" for the operator's stock`})
	}
	account := ""
	if *in.Account != "" {
		a, refused := h.accountIn(c, *in.Account)
		if refused != nil {
			return inBody(refused, "/account")
		}
		account = a.ID
	}
	return h.deviceChanged(w, d.POIID, h.Registry.AssignDevice(h.Now(), d.POIID, account, c.actor()))
}

func (h *Handler) deviceChanged(w http.ResponseWriter, poiid string, err error) *problem {
	if err != nil {
		return estateProblem(err, "change")
	}
	d, _ := h.Registry.Device(poiid)
	return answer(w, http.StatusOK, h.device(d))
}

// returnDevice takes a device out of use at once, to be sent back; a second time changes nothing.
func (h *Handler) returnDevice(w http.ResponseWriter, c *call) *problem {
	d, refused := h.deviceIn(c)
	if refused != nil {
		return refused
	}
	var in struct {
		Why string `json:"why"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if in.Why == "" || len(in.Why) > maxDescription {
		return badInput(mistake{Pointer: "/why", Detail: fmt.Sprintf("must say in 1 to %d bytes what is wrong with it", maxDescription)})
	}
	return h.deviceServed(w, d.POIID, h.Workshop.TakeBack(d.POIID, c.actor(), in.Why))
}

// clearTamper notes that a device was inspected after an alarm. It needs a new initial key.
func (h *Handler) clearTamper(w http.ResponseWriter, c *call) *problem {
	d, refused := h.deviceIn(c)
	if refused != nil {
		return refused
	}
	if d.Tampered == nil {
		return answer(w, http.StatusOK, h.device(d))
	}
	return h.deviceServed(w, d.POIID, h.Workshop.Inspected(d.POIID, c.actor()))
}

// deviceServed answers with a device after a job.
func (h *Handler) deviceServed(w http.ResponseWriter, poiid string, err error) *problem {
	if err != nil {
		return jobProblem(err, "change")
	}
	return h.deviceChanged(w, poiid, nil)
}
