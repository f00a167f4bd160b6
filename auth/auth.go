// Package auth says who may act: it turns an API key that somebody presents into a caller, and
// tells which terminal groups that caller may use.
//
// It promises that a key opens nothing beyond the group or account it was made for. How a key
// travels in a request is each dialect's own; it never sees a request, and keeps nothing.
package auth

import "kassa/estate"

// Keys finds keys and groups; the estate does.
type Keys interface {
	Authenticate(key string) (estate.Key, bool)
	Group(id string) (estate.Group, bool)
}

// Guard answers who may do what.
type Guard struct{ keys Keys }

// NewGuard makes a Guard over the estate's keys.
func NewGuard(keys Keys) *Guard { return &Guard{keys: keys} }

// Caller is who holds a key.
type Caller struct {
	Account string
	// Group is set for a group key only.
	Group string
	Role  estate.Role
}

// Caller tells whose key it is; false means nobody's.
func (g *Guard) Caller(key string) (Caller, bool) {
	k, ok := g.keys.Authenticate(key)
	if !ok {
		return Caller{}, false
	}
	return Caller{Account: k.Account, Group: k.Group, Role: k.Role}, true
}

// MayUse tells whether a caller may use a terminal group: its own, one of its account, or, for the
// operator, any. A group that does not exist is nobody's.
func (g *Guard) MayUse(c Caller, group string) bool {
	found, ok := g.keys.Group(group)
	if !ok {
		return false
	}
	switch c.Role {
	case estate.RoleGroup:
		return c.Group == found.ID && c.Account == found.Account
	case estate.RoleAccount:
		return c.Account == found.Account
	case estate.RoleOperator:
		return true
	}
	return false
}
