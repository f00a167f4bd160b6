package estate

import (
	"bytes"
	"slices"
	"strings"
)

// Account finds an account.
func (r *Registry) Account(id string) (Account, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a, ok := r.accounts[id]
	return a, ok
}

// Group finds a terminal group.
func (r *Registry) Group(id string) (Group, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g, ok := r.groups[id]
	return g, ok
}

// Terminal finds a terminal by its TID.
func (r *Registry) Terminal(tid string) (Terminal, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, ok := r.terminals[tid]
	return r.standing(t), ok
}

// standing tells of a terminal what depends on its shop and its device. The caller holds a lock.
func (r *Registry) standing(t Terminal) Terminal {
	t.ShopStatus = r.shops[t.Shop].Status
	if alarm := r.devices[t.POIID].Tampered; alarm != nil {
		t.Tampered, t.Alarm = true, alarm.What
	}
	return t
}

// TerminalByPOIID finds the terminal to which a device is bound.
func (r *Registry) TerminalByPOIID(poiid string) (Terminal, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, ok := r.terminals[r.devices[poiid].TID]
	return r.standing(t), ok
}

// Device finds a device by its serial.
func (r *Registry) Device(poiid string) (Device, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.devices[poiid]
	if d.Retired {
		return Device{}, false
	}
	d.PublicKey = bytes.Clone(d.PublicKey)
	return d, ok
}

// Accounts lists the accounts by id.
func (r *Registry) Accounts() []Account {
	return listed(r, func() map[string]Account { return r.accounts }, func(Account) bool { return true },
		func(a Account) string { return a.ID })
}

// Groups lists the groups of an account by id.
func (r *Registry) Groups(account string) []Group {
	return listed(r, func() map[string]Group { return r.groups },
		func(g Group) bool { return g.Account == account }, func(g Group) string { return g.ID })
}

// Terminals lists the terminals of a group by TID.
func (r *Registry) Terminals(group string) []Terminal {
	return r.terminalsWhere(func(t Terminal) bool { return t.Group == group })
}

func (r *Registry) terminalsWhere(want func(Terminal) bool) []Terminal {
	list := listed(r, func() map[string]Terminal { return r.terminals },
		func(t Terminal) bool { return !t.Retired && want(t) }, func(t Terminal) string { return t.TID })
	r.mu.RLock()
	defer r.mu.RUnlock()
	for i := range list {
		list[i] = r.standing(list[i])
	}
	return list
}

// Devices lists the devices by POIID.
func (r *Registry) Devices() []Device {
	return listed(r, func() map[string]Device { return r.devices }, func(d Device) bool { return !d.Retired },
		func(d Device) string { return d.POIID })
}

func listed[T any](r *Registry, from func() map[string]T, want func(T) bool, id func(T) string) []T {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []T
	for _, v := range from() {
		if want(v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b T) int { return strings.Compare(id(a), id(b)) })
	return out
}
