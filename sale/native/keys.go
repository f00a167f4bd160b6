package native

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"kassa/estate"
)

// defaultOverlap is how long a key that was rotated, or a secret, is good beside its successor.
const defaultOverlap = 24 * time.Hour

// Key is an API key as the API shows it: never in clear, but where it is made.
type Key struct {
	ID          string              `json:"id"`
	Name        string              `json:"name,omitempty"`
	Role        estate.Role         `json:"role"`
	Account     string              `json:"account,omitempty"`
	Group       string              `json:"group,omitempty"`
	Only        []estate.Permission `json:"only,omitempty"`
	Networks    []string            `json:"networks,omitempty"`
	Hint        string              `json:"hint"` // its last four characters
	Status      string              `json:"status"`
	CreatedAt   time.Time           `json:"createdAt"`
	Expires     time.Time           `json:"expires,omitzero"`
	Revoked     time.Time           `json:"revoked,omitzero"`
	Replaces    string              `json:"replaces,omitempty"`
	LastUsed    time.Time           `json:"lastUsed,omitzero"`
	LastFrom    string              `json:"lastUsedFrom,omitempty"`
	Environment estate.Environment  `json:"environment"`
	// Key is the key itself, where it is made: here and never again.
	Key string `json:"key,omitempty"`
}

func (h *Handler) key(k estate.Key) Key {
	shown := Key{
		ID: k.ID, Name: k.Name, Role: k.Role, Account: h.shown(accountID, k.Account), Group: h.shown(groupID, k.Group), Only: k.Only,
		Networks: k.Networks, Hint: k.Hint, Status: "active", CreatedAt: k.Made, Expires: k.Expires, Revoked: k.Revoked,
		Replaces: k.Replaces, Environment: h.Environment,
	}
	switch {
	case !k.Revoked.IsZero():
		shown.Status = "revoked"
	case !k.Usable(h.Now()):
		shown.Status = "expired"
	}
	shown.LastUsed, shown.LastFrom = h.Registry.LastUsed(k.ID)
	return shown
}

func idOfKey(k estate.Key) string { return k.ID }

// seesKey: a key manages those of its own account or group.
func seesKey(who Caller, k estate.Key) bool {
	return who.operator() || k.Account != "" && who.sees(k.Account, k.Group)
}

// listKeys lists the keys, with those that are of no use any more.
func (h *Handler) listKeys(w http.ResponseWriter, c *call) *problem {
	account, refused := h.bare(accountID, c.query.Get("account"))
	if refused != nil {
		return refused
	}
	group, refused := h.bare(groupID, c.query.Get("group"))
	if refused != nil {
		return refused
	}
	list := h.Registry.Keys(c.caller.Account)
	if c.caller.operator() {
		for _, a := range h.Registry.Accounts() {
			list = append(list, h.Registry.Keys(a.ID)...)
		}
	}
	list = slices.DeleteFunc(list, func(k estate.Key) bool {
		return !seesKey(c.caller, k) || account != "" && k.Account != account || group != "" && k.Group != group
	})
	return listOf(w, c, byID(list, idOfKey), idOfKey, func(k estate.Key) any { return h.key(k) })
}

// keyIn finds the key that the path means, if the caller may manage it.
func (h *Handler) keyIn(c *call) (estate.Key, *problem) {
	k, ok := h.Registry.Key(c.path["key"])
	if _, refused := h.bare("key", c.path["key"]); refused != nil {
		return estate.Key{}, refused
	}
	if !ok || !seesKey(c.caller, k) {
		return estate.Key{}, noSuch("key")
	}
	return k, nil
}

func (h *Handler) showKey(w http.ResponseWriter, c *call) *problem {
	k, refused := h.keyIn(c)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.key(k))
}

// makeKey makes a key that may do no more than the one that makes it.
func (h *Handler) makeKey(w http.ResponseWriter, c *call) *problem {
	var in struct {
		Account  string              `json:"account"`
		Group    string              `json:"group"`
		Role     estate.Role         `json:"role"`
		Name     string              `json:"name"`
		Only     []estate.Permission `json:"only"`
		Networks []string            `json:"networks"`
		Expires  time.Time           `json:"expires"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	n := estate.NewKey{Role: in.Role, Name: in.Name, Only: in.Only, Networks: in.Networks, Expires: in.Expires, By: c.actor()}
	if in.Role != estate.RoleOperator || in.Account != "" || in.Group != "" {
		var refused *problem
		if n.Account, n.Group, refused = h.placeOfKey(c, in.Account, in.Group); refused != nil {
			return refused
		}
	}
	if refused := h.mayGrant(c, n.Role, n.Only); refused != nil {
		return refused
	}
	k, clear, err := h.Registry.MakeKey(h.Now(), n)
	if err != nil {
		return estateProblem(err, "key")
	}
	return h.keyMade(w, c, http.StatusCreated, k, clear)
}

// placeOfKey is whose key it is to be: as named, or else the caller's own.
func (h *Handler) placeOfKey(c *call, account, group string) (string, string, *problem) {
	if group == "" && (account == "" || c.caller.Account == "") {
		group = c.caller.Group
	}
	if group != "" {
		g, refused := h.groupIn(c, group)
		if refused != nil {
			return "", "", inBody(refused, "/group")
		}
		if id, refused := h.bare(accountID, account); refused != nil || id != "" && id != g.Account {
			return "", "", badInput(mistake{Pointer: "/account", Detail: "the group belongs to another account"})
		}
		return g.Account, g.ID, nil
	}
	given := &account
	if account == "" {
		given = nil
	}
	a, refused := h.ownAccount(c, given)
	return a.ID, "", refused
}

// mayGrant refuses a key that could do more than the caller.
func (h *Handler) mayGrant(c *call, role estate.Role, only []estate.Permission) *problem {
	all := h.Callers.Permissions(role)
	if len(all) == 0 {
		return badInput(mistake{Pointer: "/role", Detail: fmt.Sprintf("must be one of %v", estate.Roles())})
	}
	if i := slices.IndexFunc(only, func(p estate.Permission) bool { return !slices.Contains(all, p) }); i >= 0 {
		return badInput(mistake{Pointer: fmt.Sprintf("/only/%d", i), Detail: fmt.Sprintf("must be one of those of the role %s: %v", role, all)})
	}
	if len(only) > 0 {
		all = only
	}
	for _, p := range all {
		if !c.caller.can(p) {
			return fault("forbidden", fmt.Sprintf("this key cannot give what it does not have: %s", p))
		}
	}
	return nil
}

func (h *Handler) keyMade(w http.ResponseWriter, c *call, status int, k estate.Key, clear string) *problem {
	shown := h.key(k)
	hidden := shown
	shown.Key, hidden.Key = clear, onceHidden
	h.once(c, hidden)
	return answer(w, status, shown)
}

// rotateKey makes the successor of a key; the old one expires after the overlap.
func (h *Handler) rotateKey(w http.ResponseWriter, c *call) *problem {
	k, refused := h.keyIn(c)
	if refused != nil {
		return refused
	}
	overlap, refused := c.overlap(w)
	if refused != nil {
		return refused
	}
	if refused := h.mayGrant(c, k.Role, k.Only); refused != nil {
		return refused
	}
	k, clear, err := h.Registry.RotateKey(h.Now(), k.ID, overlap, c.actor())
	if err != nil {
		return estateProblem(err, "successor")
	}
	return h.keyMade(w, c, http.StatusCreated, k, clear)
}

// overlap reads {"overlap":"24h"}.
func (c *call) overlap(w http.ResponseWriter) (time.Duration, *problem) {
	in := struct {
		Overlap string `json:"overlap"`
	}{defaultOverlap.String()}
	if refused := c.body(w, &in); refused != nil {
		return 0, refused
	}
	d, err := time.ParseDuration(in.Overlap)
	if err != nil || d < 0 {
		return 0, badInput(mistake{Pointer: "/overlap", Detail: `must be a duration from "0s" to "720h"`})
	}
	return d, nil
}

// revokeKey ends a key: once this is answered it opens nothing any more.
func (h *Handler) revokeKey(w http.ResponseWriter, c *call) *problem {
	k, refused := h.keyIn(c)
	if refused != nil {
		return refused
	}
	if refused := h.mayGrant(c, k.Role, k.Only); refused != nil {
		return refused
	}
	if err := h.Registry.RevokeKey(h.Now(), k.ID, c.actor()); err != nil {
		return estateProblem(err, "revocation")
	}
	return done(w)
}
