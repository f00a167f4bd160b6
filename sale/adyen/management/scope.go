package management

import (
	"cmp"
	"slices"
	"strings"

	"kassa/estate"
)

// owns tells whether the caller's key is for an account.
func (c *call) owns(account string) bool {
	return c.caller.Account == "" || c.caller.Account == account
}

// accounts are those that the caller's key is for.
func (h *Handler) accounts(c *call) []estate.Account {
	if c.caller.Account == "" {
		return h.Estate.Accounts()
	}
	if a, ok := h.Estate.Account(c.caller.Account); ok {
		return []estate.Account{a}
	}
	return nil
}

// merchant finds an account of the caller by its merchant account code.
func (h *Handler) merchant(c *call, code string) (estate.Account, *fault) {
	a, ok := h.Estate.AccountByMerchant(code)
	if !ok || !c.owns(a.ID) {
		return estate.Account{}, notYours("merchant account")
	}
	return a, nil
}

// company finds the caller's accounts of a company.
func (h *Handler) company(c *call, code string) ([]estate.Account, *fault) {
	list := h.accounts(c)
	list = slices.DeleteFunc(list, func(a estate.Account) bool { return a.Company != code })
	if len(list) == 0 {
		return nil, notYours("company account")
	}
	return list, nil
}

// owner is who a path below a merchant or a company speaks of.
type owner struct {
	path     []string // merchants or companies, and the id
	company  string   // empty for a merchant
	accounts []estate.Account
}

// one is the account of a merchant.
func (o owner) one() estate.Account { return o.accounts[0] }

func (h *Handler) owner(c *call) (owner, *fault) {
	if code, ok := c.values["companyId"]; ok {
		list, no := h.company(c, code)
		return owner{[]string{"companies", code}, code, list}, no
	}
	a, no := h.merchant(c, c.values["merchantId"])
	return owner{[]string{"merchants", a.Merchant}, "", []estate.Account{a}}, no
}

// store finds a shop of the caller by its id; with an account, by the id or the reference that it has
// there.
func (h *Handler) store(c *call, account, id string) (estate.Shop, *fault) {
	s, ok := h.Estate.Shop(id)
	if account != "" {
		if !ok || s.Account != account {
			s, ok = h.Estate.ShopByReference(account, id)
		}
		ok = ok && s.Account == account
	}
	if !ok || !c.owns(s.Account) {
		return estate.Shop{}, notYours("store")
	}
	return s, nil
}

// unit is a device, and the place in the estate that it is bound to; the place of an unbound one is
// empty.
type unit struct {
	device   estate.Device
	terminal estate.Terminal
	account  string // empty for the operator's stock
}

func (u unit) bound() bool { return u.terminal.TID != "" }

// sees tells whether the caller's key is for a unit.
func (c *call) sees(u unit) bool {
	switch {
	case c.caller.Group != "":
		return u.bound() && u.terminal.Group == c.caller.Group && u.account == c.caller.Account
	case c.caller.Account != "":
		return u.account == c.caller.Account
	}
	return true
}

func (h *Handler) unitOf(d estate.Device) unit {
	t, ok := h.Estate.Terminal(d.TID)
	if !ok || d.TID == "" {
		return unit{device: d, account: d.Account}
	}
	return unit{device: d, terminal: t, account: t.Account}
}

// unit finds a terminal of the caller.
func (h *Handler) unit(c *call, poiid string) (unit, *fault) {
	d, ok := h.Estate.Device(poiid)
	if ok {
		if u := h.unitOf(d); c.sees(u) {
			return u, nil
		}
	}
	return unit{}, notYours("terminal")
}

// units are the caller's terminals by id.
func (h *Handler) units(c *call) []unit {
	var list []unit
	for _, d := range h.Estate.Devices() {
		if u := h.unitOf(d); c.sees(u) {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b unit) int { return cmp.Compare(a.device.POIID, b.device.POIID) })
	return list
}

// modelOf is the part of a POIID before the serial number.
func modelOf(poiid string) (model, serial string) {
	model, serial, _ = strings.Cut(poiid, "-")
	return model, serial
}
