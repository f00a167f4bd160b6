package native

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/estate"
)

// Callers tells who holds a key, and what each role may do.
type Callers interface {
	// Identify finds the holder of a key that came from an address; a Stranger without a code is none.
	Identify(key, remote string) (Caller, Stranger)
	// Permissions lists what a role may do.
	Permissions(role estate.Role) []estate.Permission
}

// Caller is who holds a key. Without an account it is the installation's, with one it sees that account,
// and with a group that group alone.
type Caller struct {
	Key            string // its id
	Account, Group string
	Role           estate.Role
	May            []estate.Permission
}

// Stranger says why a key opens nothing.
type Stranger struct {
	// Code is "unauthorised", "key_revoked", "key_expired", "other_environment" or "key_network".
	Code string
	// Text says it to people; for a key of the other environment it names the right base URL.
	Text string
}

func (c Caller) can(p estate.Permission) bool { return slices.Contains(c.May, p) }

// operator tells whether the key is the installation's.
func (c Caller) operator() bool { return c.Account == "" }

// wholeAccount tells whether the key sees all of an account.
func (c Caller) wholeAccount(account string) bool {
	return c.operator() || c.Account == account && c.Group == ""
}

// sees tells whether the key sees what belongs to a group of an account; group is empty for what is the
// whole account's.
func (c Caller) sees(account, group string) bool {
	return c.wholeAccount(account) || c.Account == account && group != "" && c.Group == group
}

// scopes are the groups whose orders the caller sees; nil is all.
func (h *Handler) scopes(c Caller) []string {
	if c.operator() {
		return nil
	}
	scopes := []string{}
	for _, g := range h.groupsOf(c) {
		scopes = append(scopes, g.ID)
	}
	return scopes
}

// feed are the groups and the account whose facts the caller sees; nil is all. A number that is an
// account's and another one's group's is nobody's but the installation's.
func (h *Handler) feed(c Caller) []string {
	if c.operator() {
		return nil
	}
	scopes := slices.DeleteFunc(h.scopes(c), func(id string) bool {
		a, twice := h.Registry.Account(id)
		return twice && a.ID != c.Account
	})
	if g, twice := h.Registry.Group(c.Account); c.Group == "" && (!twice || g.Account == c.Account) {
		scopes = append(scopes, c.Account)
	}
	return scopes
}

func within(scopes []string, scope string) bool {
	return scopes == nil || scope != "" && slices.Contains(scopes, scope)
}

// Me is a key as it sees itself.
type Me struct {
	Key         string              `json:"key"`
	Name        string              `json:"name,omitempty"`
	Role        estate.Role         `json:"role"`
	Environment estate.Environment  `json:"environment"`
	Account     string              `json:"account,omitempty"` // none for the installation's keys
	Group       string              `json:"group,omitempty"`
	Permissions []estate.Permission `json:"permissions"`
	Networks    []string            `json:"networks,omitempty"`
	Expires     time.Time           `json:"expires,omitzero"`
}

// me tells a key what it is.
func (h *Handler) me(w http.ResponseWriter, c *call) *problem {
	k := c.caller
	me := Me{
		Key: k.Key, Role: k.Role, Environment: h.Environment, Permissions: slices.Clone(k.May),
		Account: h.shown(accountID, k.Account), Group: h.shown(groupID, k.Group),
	}
	slices.Sort(me.Permissions)
	if key, ok := h.Registry.Key(k.Key); ok {
		me.Name, me.Expires, me.Networks = key.Name, key.Expires, key.Networks
	}
	return answer(w, http.StatusOK, me)
}

// prefixes of ids; each is followed by the environment, so that nobody mistakes one for the other.
const (
	accountID  = "acct"
	groupID    = "grp"
	shopID     = "shop"
	terminalID = "term"
	deviceID   = "dev"
)

// shown is an id as the API shows it; an empty one stays empty.
func (h *Handler) shown(prefix, bare string) string {
	if bare == "" {
		return ""
	}
	return prefix + "_" + string(h.Environment) + "_" + bare
}

// bare is the id that somebody gave, with or without its prefix. One of the other environment is refused
// by name: it is not unknown, it is elsewhere.
func (h *Handler) bare(prefix, given string) (string, *problem) {
	rest, ok := strings.CutPrefix(given, prefix+"_")
	if !ok {
		return given, nil
	}
	env, id, ok := strings.Cut(rest, "_")
	switch {
	case !ok:
		return given, nil
	case env == string(h.Environment):
		return id, nil
	case env == string(estate.Test) || env == string(estate.Live):
		return "", fault("id_of_other_environment", given+" belongs to the "+env+" environment; this is "+string(h.Environment))
	}
	return given, nil
}
