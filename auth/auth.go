// Package auth says who may act: it turns an API key that somebody presents into a caller, and
// tells what that caller may do, and with which accounts, terminal groups and terminals.
//
// It promises that a key opens nothing beyond the account or group it was made for and nothing beyond
// its role, and that who may do what stands in one table ([Table]). How a key travels in a request is
// each dialect's own; it never sees a request, and keeps nothing.
package auth

import (
	"fmt"
	"slices"
	"time"

	"kassa/estate"
)

// Keys finds keys and what they may open; the estate does.
type Keys interface {
	Identify(now time.Time, key, remote string) (estate.Key, estate.KeyProblem)
	Environment() estate.Environment
	Account(id string) (estate.Account, bool)
	Group(id string) (estate.Group, bool)
	Terminal(tid string) (estate.Terminal, bool)
}

// Guard answers who may do what.
type Guard struct {
	keys     Keys
	now      func() time.Time
	otherURL string
}

// NewGuard makes a Guard over the estate's keys. otherURL is the base URL of the installation for the
// other environment; empty when there is none.
func NewGuard(keys Keys, now func() time.Time, otherURL string) *Guard {
	return &Guard{keys: keys, now: now, otherURL: otherURL}
}

// Caller is who holds a key. The zero value may do nothing.
type Caller struct {
	KeyID string
	// Account is empty for the operator, who has all of them.
	Account string
	// Group is set for a key of one group only.
	Group string
	Role  estate.Role
	// Only narrows the role; empty leaves all of it.
	Only []estate.Permission
}

// Problem says why a key opens nothing; the zero value is no problem.
type Problem struct {
	Code estate.KeyProblem
	env  estate.Environment
	// OtherURL is where a key of the other environment belongs, as far as that is known.
	OtherURL string
}

// Bad tells whether there is a problem.
func (p Problem) Bad() bool { return p.Code != "" }

// Text says it for who presented the key.
func (p Problem) Text() string {
	switch p.Code {
	case "":
		return ""
	case estate.KeyRevokedAlready:
		return "this API key has been revoked"
	case estate.KeyExpired:
		return "this API key has expired"
	case estate.KeyOtherNetwork:
		return "this API key may not be used from this address"
	case estate.KeyOtherEnvironment:
		other := estate.Live
		if p.env == estate.Live {
			other = estate.Test
		}
		if p.OtherURL == "" {
			return fmt.Sprintf("this is the %s environment, and the API key is of the %s environment", p.env, other)
		}
		return fmt.Sprintf("this is the %s environment, and the API key is of the %s environment: use it at %s", p.env, other, p.OtherURL)
	}
	return "this API key is not known"
}

// Identify tells whose key it is. remote is the address that it came from, without a port. With a
// problem the caller is nobody.
func (g *Guard) Identify(key, remote string) (Caller, Problem) {
	k, problem := g.keys.Identify(g.now(), key, remote)
	if problem != "" {
		p := Problem{Code: problem, env: g.keys.Environment()}
		if problem == estate.KeyOtherEnvironment {
			p.OtherURL = g.otherURL
		}
		return Caller{}, p
	}
	return Caller{KeyID: k.ID, Account: k.Account, Group: k.Group, Role: k.Role, Only: k.Only}, Problem{}
}

// Operator tells whether the caller runs the installation.
func (c Caller) Operator() bool { return c.Role == estate.RoleOperator && c.Account == "" }

// May lists what a caller may do.
func (c Caller) May() (list []estate.Permission) {
	for _, p := range Permissions() {
		if c.Can(p) {
			list = append(list, p)
		}
	}
	return list
}

// Can tells whether a caller may do something somewhere; where is for the MayUse methods to say.
func (c Caller) Can(p estate.Permission) bool {
	if len(c.Only) > 0 && !slices.Contains(c.Only, p) {
		return false
	}
	return Allows(c.Role, p)
}

// MayUse tells whether a caller may use a terminal group: its own, one of its account, or, for the
// operator, any. A group that does not exist is nobody's.
func (g *Guard) MayUse(c Caller, group string) bool {
	found, ok := g.keys.Group(group)
	if !ok || !known(c.Role) {
		return false
	}
	if c.Group != "" {
		return c.Group == found.ID && c.Account == found.Account
	}
	return c.Operator() || c.Account != "" && c.Account == found.Account
}

// MayUseAccount tells whether a caller may use an account as a whole: a key of one of its groups may
// not.
func (g *Guard) MayUseAccount(c Caller, account string) bool {
	if _, ok := g.keys.Account(account); !ok || !known(c.Role) {
		return false
	}
	return c.Operator() || c.Group == "" && c.Account == account
}

// MayUseTerminal tells whether a caller may use a terminal, which is where its group is.
func (g *Guard) MayUseTerminal(c Caller, tid string) bool {
	t, ok := g.keys.Terminal(tid)
	return ok && g.MayUse(c, t.Group)
}

func known(role estate.Role) bool { return slices.Contains(estate.Roles(), role) }
