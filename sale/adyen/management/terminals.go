package management

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/estate"
)

// usualTerminals is the page size of terminals and actions.
const usualTerminals = 20

// The statuses of an assignment.
const (
	assignedInventory    = "inventory"
	assignedDeployed     = "deployed" // and has not fetched its settings yet
	assignedBoarded      = "boarded"
	assignedReassignment = "reassignmentInProgress" // until it has fetched those of its new place
)

type terminalObject struct {
	ID             string        `json:"id"`
	Model          string        `json:"model"`
	SerialNumber   string        `json:"serialNumber"`
	Firmware       string        `json:"firmwareVersion,omitempty"`
	Assignment     assignment    `json:"assignment"`
	Connectivity   *connectivity `json:"connectivity,omitempty"`
	Endpoint       string        `json:"cloudDeviceApiEndpoint"`
	Country        string        `json:"countryCode,omitempty"`
	LastActivityAt *time.Time    `json:"lastActivityAt,omitempty"`
	RestartTime    string        `json:"restartLocalTime,omitempty"`
	Kassa          terminalFacts `json:"kassa"`
}

type assignment struct {
	CompanyID  string              `json:"companyId"`
	MerchantID string              `json:"merchantId,omitempty"`
	StoreID    string              `json:"storeId,omitempty"`
	Status     string              `json:"status"`
	Target     *reassignmentTarget `json:"reassignmentTarget,omitempty"`
}

type reassignmentTarget struct {
	CompanyID  string `json:"companyId,omitempty"`
	MerchantID string `json:"merchantId,omitempty"`
	StoreID    string `json:"storeId,omitempty"`
	Inventory  bool   `json:"inventory"`
}

type connectivity struct {
	Wifi     *wifi     `json:"wifi,omitempty"`
	Ethernet *ethernet `json:"ethernet,omitempty"`
}

type wifi struct {
	Address string `json:"ipAddress,omitempty"`
	SSID    string `json:"ssid,omitempty"`
}

type ethernet struct {
	Address string `json:"ipAddress,omitempty"`
}

// terminalFacts is what Kassa tells beyond Adyen.
type terminalFacts struct {
	TID        string      `json:"tid,omitempty"`
	Name       string      `json:"name,omitempty"`
	Group      string      `json:"group,omitempty"`
	Life       string      `json:"life"`
	Connection *connection `json:"connection,omitempty"`
	Battery    *int        `json:"battery,omitempty"`
	// SettingsPending tells that it has not taken its newest settings yet.
	SettingsPending bool `json:"settingsPending"`
	// MayPay tells whether it may take payments, and Why why not.
	MayPay bool   `json:"mayPay"`
	Why    string `json:"why,omitempty"`
}

func (h *Handler) terminalObject(c *call, u unit) terminalObject {
	o := terminalObject{ID: u.device.POIID, Endpoint: h.origin(c.Request) + "/v1"}
	o.Model, o.SerialNumber = modelOf(u.device.POIID)
	life, _ := h.Estate.LifeOfDevice(u.device.POIID)
	o.Kassa.Life = string(life)
	if !u.bound() {
		o.Assignment = h.stock(u.account)
		o.Kassa.Why = "the device is not activated"
		return o
	}
	t := u.terminal
	is := h.connection(t)
	o.Country = h.country(t)
	o.Kassa = terminalFacts{TID: t.TID, Name: t.Name, Group: t.Group, Life: string(life), Connection: &is}
	o.Kassa.MayPay, o.Kassa.Why = t.May()
	if !is.LastSeen.IsZero() {
		at := is.LastSeen.UTC()
		o.LastActivityAt = &at
	}
	if hour, _, set := h.Estate.Setting(estate.Owner{Level: estate.LevelTerminal, ID: t.TID}, "hardware.restartHour"); set {
		o.RestartTime = fmt.Sprintf("%02s:00", string(hour))
	}
	if said, known := h.Presence.Report(t.TID); known {
		o.Firmware, o.Kassa.Battery = said.Firmware, said.Battery
		o.Connectivity = connectivityOf(said)
	}
	o.Assignment, o.Kassa.SettingsPending = h.assignment(t)
	return o
}

func connectivityOf(said Report) *connectivity {
	switch said.Network {
	case "wifi":
		return &connectivity{Wifi: &wifi{said.Address, said.Name}}
	case "ethernet":
		return &connectivity{Ethernet: &ethernet{said.Address}}
	}
	return nil
}

// stock is where an unbound device is: at a merchant, or with the operator.
func (h *Handler) stock(account string) assignment {
	a, ok := h.Estate.Account(account)
	if !ok {
		return assignment{CompanyID: operatorCompany, Status: assignedInventory}
	}
	return assignment{CompanyID: a.Company, MerchantID: a.Merchant, Status: assignedInventory}
}

// operatorCompany is the company that the operator's own stock is shown under.
const operatorCompany = "Kassa"

// assignment is where a terminal stands. Kassa moves it at once; what lasts until the terminal has
// fetched the settings of its new place is shown as Adyen's reassignment.
func (h *Handler) assignment(t estate.Terminal) (out assignment, pending bool) {
	a, _ := h.Estate.Account(t.Account)
	out = assignment{CompanyID: a.Company, MerchantID: a.Merchant, StoreID: t.Shop, Status: assignedBoarded}
	version, _ := h.Estate.Desired(t.TID)
	said, known := h.Estate.Reported(t.TID)
	pending = said.Version < version // 0 is the defaults, which nobody has to fetch
	switch {
	case t.Inventory:
		out.Status = assignedInventory
	case !known && pending:
		out.Status = assignedDeployed
	case said.Version < t.SettingsSince:
		out.Status = assignedReassignment
		out.Target = &reassignmentTarget{CompanyID: a.Company, MerchantID: a.Merchant, StoreID: t.Shop}
	}
	return out, pending
}

func (h *Handler) country(t estate.Terminal) string {
	if s, ok := h.Estate.Shop(t.Shop); ok && s.Address.Country != "" {
		return s.Address.Country
	}
	g, _ := h.Estate.Group(t.Group)
	return g.Merchant.Country
}

func (h *Handler) listTerminals(_ http.ResponseWriter, c *call) (reply, *fault) {
	q, no := c.query("searchQuery", "otpQuery", "countries", "merchantIds", "storeIds", "brandModels")
	if no != nil {
		return reply{}, no
	}
	want, no := h.terminalFilter(c, q)
	if no != nil {
		return reply{}, no
	}
	list := slices.DeleteFunc(h.units(c), func(u unit) bool { return !want(u) })
	p, no := paged(h, c, usualTerminals, list)
	if no != nil {
		return reply{}, no
	}
	data := []terminalObject{}
	for _, u := range p.Data.([]unit) { // only those of the page are looked at closely
		data = append(data, h.terminalObject(c, u))
	}
	p.Data = data
	return ok(p)
}

// terminalFilter reads which terminals a list is to have. A search for an id overrides the other filters.
func (h *Handler) terminalFilter(c *call, q url.Values) (func(unit) bool, *fault) {
	if search := strings.ToLower(q.Get("searchQuery")); search != "" {
		return func(u unit) bool { return strings.Contains(strings.ToLower(u.device.POIID), search) }, nil
	}
	if q.Get("otpQuery") != "" {
		return func(unit) bool { return false }, nil // no terminal of Kassa shows such a password
	}
	accounts, shops := make(map[string]bool), make(map[string]bool)
	for _, code := range list(q, "merchantIds") {
		a, no := h.merchant(c, code)
		if no != nil {
			return nil, no
		}
		accounts[a.ID] = true
	}
	for _, id := range list(q, "storeIds") {
		s, no := h.store(c, "", id)
		if no != nil {
			return nil, no
		}
		shops[s.ID] = true
	}
	countries, models := list(q, "countries"), list(q, "brandModels")
	in := func(list []string, is func(string) bool) bool { return len(list) == 0 || slices.ContainsFunc(list, is) }
	return func(u unit) bool {
		model, _ := modelOf(u.device.POIID)
		return (len(accounts) == 0 || accounts[u.account]) && (len(shops) == 0 || shops[u.terminal.Shop]) &&
			in(countries, func(s string) bool { return u.bound() && strings.EqualFold(s, h.country(u.terminal)) }) &&
			in(models, func(s string) bool { return strings.EqualFold(s[strings.LastIndexByte(s, '.')+1:], model) })
	}, nil
}

// reassignAsked is where a terminal is to go: one of the three.
type reassignAsked struct {
	CompanyID  *string `json:"companyId"`
	MerchantID *string `json:"merchantId"`
	StoreID    *string `json:"storeId"`
	Inventory  *bool   `json:"inventory"`
}

func (in reassignAsked) check() *fault {
	named := 0
	for _, id := range []*string{in.CompanyID, in.MerchantID, in.StoreID} {
		if id != nil && *id != "" {
			named++
		}
	}
	switch {
	case named != 1:
		return invalid(invalidField{Name: "companyId, merchantId, storeId", Message: "one of the three must be there"})
	case in.MerchantID != nil && *in.MerchantID != "" && in.Inventory == nil:
		return invalid(invalidField{Name: "inventory", Message: "is required with merchantId"})
	}
	return nil
}

func (h *Handler) reassign(w http.ResponseWriter, c *call) (reply, *fault) {
	u, no := h.unit(c, c.values["terminalId"])
	if no != nil {
		return reply{}, no
	}
	var in reassignAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	if no = in.check(); no != nil {
		return reply{}, no
	}
	switch {
	case in.StoreID != nil && *in.StoreID != "":
		no = h.toStore(c, u, *in.StoreID)
	case in.MerchantID != nil && *in.MerchantID != "":
		no = h.toMerchant(c, u, *in.MerchantID, *in.Inventory)
	default:
		no = h.toCompany(c, u, *in.CompanyID)
	}
	if no != nil {
		return reply{}, no
	}
	return reply{http.StatusOK, nil}, nil
}

// cannotMove is the answer to a move that the estate does not have.
func cannotMove(detail string) *fault {
	return &fault{status: http.StatusUnprocessableEntity, title: "The terminal cannot be reassigned", detail: detail}
}

// movable holds that a terminal is bound, in an account.
func movable(u unit, account string) *fault {
	switch {
	case !u.bound():
		return cannotMove("the device is not activated: make a terminal for it and enter its activation code, then assign it")
	case u.account != account:
		return cannotMove("the terminal belongs to another merchant account: move it to the company first")
	}
	return nil
}

func (h *Handler) toStore(c *call, u unit, store string) *fault {
	s, no := h.store(c, "", store)
	if no == nil {
		no = movable(u, s.Account)
	}
	if no != nil {
		return no
	}
	err := h.Estate.MoveTerminal(h.Now(), u.terminal.TID, estate.Place{Group: u.terminal.Group, Shop: s.ID}, c.caller.KeyID)
	return moved(err)
}

func (h *Handler) toMerchant(c *call, u unit, merchant string, inventory bool) *fault {
	a, no := h.merchant(c, merchant)
	if no != nil {
		return no
	}
	if inventory && !u.bound() {
		return moved(h.Estate.AssignDevice(h.Now(), u.device.POIID, a.ID, c.caller.KeyID))
	}
	if no := movable(u, a.ID); no != nil {
		return no
	}
	if inventory {
		return moved(h.Estate.ToInventory(h.Now(), u.terminal.TID, c.caller.KeyID))
	}
	return moved(h.Estate.MoveTerminal(h.Now(), u.terminal.TID, estate.Place{Group: u.terminal.Group}, c.caller.KeyID))
}

// toCompany puts a terminal into the inventory of the company. For the operator that is the operator's
// stock: the device forgets who it was. An account's key cannot give a device away; for it the company's
// inventory is the account's.
func (h *Handler) toCompany(c *call, u unit, company string) *fault {
	if _, no := h.company(c, company); no != nil {
		return no
	}
	now, by := h.Now(), c.caller.KeyID
	switch {
	case c.caller.Account != "" && u.bound():
		return moved(h.Estate.ToInventory(now, u.terminal.TID, by))
	case c.caller.Account != "":
		return nil
	}
	if u.bound() {
		// The new activation code is not kept: who wants the place for another device renews it.
		if _, err := h.Estate.Unbind(now, u.terminal.TID, by); err != nil {
			return moved(err)
		}
	}
	return moved(h.Estate.AssignDevice(now, u.device.POIID, "", by))
}

func moved(err error) *fault {
	if err == nil {
		return nil
	}
	return estateFault(err)
}
