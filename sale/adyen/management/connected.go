package management

import (
	"net/http"
	"time"

	"kassa/estate"
)

// The states that details tell apart. Adyen's answers have the first only.
const (
	stateOnline     = "online"
	stateStale      = "stale" // a heartbeat is missing
	stateOff        = "off"
	stateNotEnabled = "notEnabled" // its link takes no cloud payments
	stateUnknown    = "unknown"
)

// details is what Kassa knows of connections beyond Adyen's answer.
type details struct {
	Terminals []connection `json:"terminals"`
}

// connection is whether one terminal can be reached.
type connection struct {
	ID         string    `json:"uniqueTerminalId"`
	State      string    `json:"state"`
	Reason     string    `json:"reason,omitempty"` // a word for programs
	Text       string    `json:"text,omitempty"`   // the reason for people
	Since      time.Time `json:"since,omitzero"`
	LastSeen   time.Time `json:"lastSeen,omitzero"`
	AgeSeconds *int64    `json:"ageSeconds,omitempty"` // of lastSeen
}

func (h *Handler) connection(t estate.Terminal) connection {
	reach := h.Presence.Reach(t.TID)
	c := connection{ID: t.POIID, Reason: reach.Reason, Text: reach.Text, Since: reach.Since, LastSeen: reach.LastSeen}
	if !reach.LastSeen.IsZero() {
		age := max(0, int64(h.Now().Sub(reach.LastSeen)/time.Second))
		c.AgeSeconds = &age
	}
	switch {
	case !reach.Enabled:
		c.State, c.Reason, c.Text = stateNotEnabled, "not_enabled", "the WebSocket connection is not enabled for this terminal"
	case reach.State == "online":
		c.State, c.Reason, c.Text = stateOnline, "", ""
	case reach.State == "stale":
		c.State = stateStale
	case reach.State == "offline":
		c.State = stateOff
	default:
		c.State = stateUnknown
	}
	return c
}

// connections looks at the bound terminals of an account, of one of its shops or of one device.
func (h *Handler) connections(c *call, account, shop, poiid string) []connection {
	list := []connection{}
	for _, t := range h.Estate.TerminalsOf(account) {
		if t.Retired || t.POIID == "" || shop != "" && t.Shop != shop || poiid != "" && t.POIID != poiid ||
			c.caller.Group != "" && t.Group != c.caller.Group {
			continue
		}
		list = append(list, h.connection(t))
	}
	return list
}

// online are the ids of those that can be reached.
func online(list []connection) []string {
	ids := []string{}
	for _, c := range list {
		if c.State == stateOnline {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// wrongMerchant is the code of a merchant account that is not the key's.
const wrongMerchant = "901"

// connectedTerminals is the older of the two calls. Its errors have the older form too.
func (h *Handler) connectedTerminals(w http.ResponseWriter, c *call) (reply, *fault) {
	var in struct {
		Merchant *string `json:"merchantAccount"`
		Store    string  `json:"store"`
		Terminal string  `json:"uniqueTerminalId"`
	}
	if no := c.body(w, &in); no != nil {
		no.legacy, no.code = "validation", "702"
		return reply{}, no
	}
	if in.Merchant == nil || *in.Merchant == "" {
		return reply{}, &fault{
			status: http.StatusInternalServerError, code: "702", detail: "Required field 'merchantAccount' is null", legacy: "validation",
		}
	}
	a, no := h.merchant(c, *in.Merchant)
	if no != nil {
		return reply{}, &fault{status: http.StatusForbidden, code: wrongMerchant, detail: "Invalid Merchant Account", legacy: "security"}
	}
	shop := ""
	if in.Store != "" {
		s, no := h.store(c, a.ID, in.Store)
		if no != nil {
			return reply{}, no
		}
		shop = s.ID
	}
	if in.Terminal != "" {
		if _, no := h.unitOfMerchant(c, a.ID, in.Terminal); no != nil {
			return reply{}, no
		}
	}
	list := h.connections(c, a.ID, shop, in.Terminal)
	return ok(struct {
		IDs     []string `json:"uniqueTerminalIds"`
		Details details  `json:"details"`
	}{online(list), details{list}})
}

// unitOfMerchant finds a terminal of the caller that belongs to an account.
func (h *Handler) unitOfMerchant(c *call, account, poiid string) (unit, *fault) {
	u, no := h.unit(c, poiid)
	if no == nil && u.account != account {
		no = notYours("terminal")
	}
	return u, no
}

func (h *Handler) connectedDevices(_ http.ResponseWriter, c *call) (reply, *fault) {
	a, no := h.merchant(c, c.values["merchantAccount"])
	if no != nil {
		return reply{}, no
	}
	q, no := c.query("store")
	if no != nil {
		return reply{}, no
	}
	shop := q.Get("store")
	if shop != "" {
		s, no := h.store(c, a.ID, shop)
		if no != nil {
			return reply{}, no
		}
		shop = s.ID
	}
	list := h.connections(c, a.ID, shop, "")
	return ok(struct {
		IDs     []string `json:"uniqueDeviceIds"`
		Details details  `json:"details"`
	}{online(list), details{list}})
}

func (h *Handler) deviceStatus(_ http.ResponseWriter, c *call) (reply, *fault) {
	a, no := h.merchant(c, c.values["merchantAccount"])
	if no != nil {
		return reply{}, no
	}
	u, no := h.unitOfMerchant(c, a.ID, c.values["deviceId"])
	if no != nil {
		return reply{}, no
	}
	status := "OFFLINE"
	is := connection{ID: u.device.POIID, State: stateUnknown, Reason: "not_activated", Text: "the device is not activated"}
	if u.bound() {
		is = h.connection(u.terminal)
	}
	if is.State == stateOnline {
		status = "ONLINE"
	}
	return ok(struct {
		ID      string     `json:"deviceId"`
		Status  string     `json:"status"`
		Details connection `json:"details"`
	}{u.device.POIID, status, is})
}
