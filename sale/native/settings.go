package native

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"kassa/estate"
)

// accessRoutes are those to settings, keys and endpoints, and the document that describes all.
func accessRoutes() []route {
	return []route{
		{"GET", "settings-definitions", settingsRead, "", false, (*Handler).definitions, nil},
		{"GET", "accounts/{account}/settings", settingsRead, "", false, (*Handler).showSettings, nil},
		{"PATCH", "accounts/{account}/settings", settingsWrite, "", false, (*Handler).changeSettings, nil},
		{"GET", "groups/{group}/settings", settingsRead, "", false, (*Handler).showSettings, nil},
		{"PATCH", "groups/{group}/settings", settingsWrite, "", false, (*Handler).changeSettings, nil},
		{"GET", "shops/{shop}/settings", settingsRead, "", false, (*Handler).showSettings, nil},
		{"PATCH", "shops/{shop}/settings", settingsWrite, "", false, (*Handler).changeSettings, nil},
		{"GET", "terminals/{terminal}/settings", settingsRead, "", false, (*Handler).showSettings, nil},
		{"PATCH", "terminals/{terminal}/settings", settingsWrite, "", false, (*Handler).changeSettings, nil},
		{"POST", "terminals/{terminal}/settings-wishes", settingsWrite, "", true, (*Handler).wish, nil},
		{"GET", "settings-wishes", settingsRead, "status limit after", false, (*Handler).listWishes, nil},
		{"POST", "settings-wishes/{wish}/grant", settingsOperator, "", true, (*Handler).grantWish, nil},
		{"POST", "settings-wishes/{wish}/refuse", settingsOperator, "", true, (*Handler).refuseWish, nil},

		{"GET", "keys", keysManage, "account group limit after", false, (*Handler).listKeys, nil},
		{"POST", "keys", keysManage, "", true, (*Handler).makeKey, nil},
		{"GET", "keys/{key}", keysManage, "", false, (*Handler).showKey, nil},
		{"POST", "keys/{key}/rotate", keysManage, "", true, (*Handler).rotateKey, nil},
		{"DELETE", "keys/{key}", keysManage, "", false, (*Handler).revokeKey, nil},

		{"GET", "webhooks", webhooksManage, "limit after", false, (*Handler).listEndpoints, nil},
		{"POST", "webhooks", webhooksManage, "", true, (*Handler).makeEndpoint, nil},
		{"GET", "webhooks/{webhook}", webhooksManage, "", false, (*Handler).showEndpoint, nil},
		{"PATCH", "webhooks/{webhook}", webhooksManage, "", false, (*Handler).changeEndpoint, nil},
		{"DELETE", "webhooks/{webhook}", webhooksManage, "", false, (*Handler).deleteEndpoint, nil},
		{"POST", "webhooks/{webhook}/secret", webhooksManage, "", true, (*Handler).newSecret, nil},
		{"POST", "webhooks/{webhook}/test", webhooksManage, "", true, (*Handler).testEndpoint, nil},

		{"GET", "openapi.json", noKey, "", false, (*Handler).document, nil},
	}
}

// Setting is one setting in effect, with where it comes from.
type Setting struct {
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value,omitempty"` // none where nothing sets it
	Secret bool            `json:"secret,omitempty"`
	Origin struct {
		Level estate.Level `json:"level"`
		ID    string       `json:"id,omitempty"`
	} `json:"origin"`
	// Desired tells that the terminal is to have it; Reported is what it says that it has, and Refused why
	// it did not take it. Only of terminals.
	Desired  bool            `json:"desired,omitempty"`
	Reported json.RawMessage `json:"reported,omitempty"`
	Refused  string          `json:"refused,omitempty"`
}

// settingsView is the settings of an owner.
type settingsView struct {
	Level estate.Level               `json:"level"`
	ID    string                     `json:"id"`
	Set   map[string]json.RawMessage `json:"set"` // at this level itself
	Data  []Setting                  `json:"data"`
	// Version is the one that the terminal is to have, Reported the one that it has taken.
	Version  uint64    `json:"version,omitempty"`
	Reported *reported `json:"reported,omitempty"`
}

type reported struct {
	Version uint64    `json:"version"`
	At      time.Time `json:"at"`
	Current bool      `json:"current"` // it has taken this version; what it refused is said with each setting
}

// ownerIn is whose settings the path means, if the caller sees all of it.
func (h *Handler) ownerIn(c *call) (estate.Owner, *problem) {
	switch {
	case c.path["account"] != "":
		a, refused := h.accountIn(c, c.path["account"])
		return estate.Owner{Level: estate.LevelAccount, ID: a.ID}, refused
	case c.path["group"] != "":
		g, refused := h.groupIn(c, c.path["group"])
		return estate.Owner{Level: estate.LevelGroup, ID: g.ID}, refused
	case c.path["shop"] != "":
		s, refused := h.shopIn(c, c.path["shop"])
		return estate.Owner{Level: estate.LevelShop, ID: s.ID}, refused
	}
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused == nil && t.Retired {
		refused = fault("wrong_state", "the terminal is retired")
	}
	return estate.Owner{Level: estate.LevelTerminal, ID: t.TID}, refused
}

func (h *Handler) ownerID(o estate.Owner) string {
	switch o.Level {
	case estate.LevelAccount:
		return h.shown(accountID, o.ID)
	case estate.LevelGroup:
		return h.shown(groupID, o.ID)
	case estate.LevelShop:
		return h.shown(shopID, o.ID)
	case estate.LevelTerminal:
		return h.shown(terminalID, o.ID)
	}
	return o.ID
}

// showSettings shows what is in effect, with its origin, and of a terminal beside it what the terminal
// reports.
func (h *Handler) showSettings(w http.ResponseWriter, c *call) *problem {
	at, refused := h.ownerIn(c)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.settingsOf(at))
}

func (h *Handler) settingsOf(at estate.Owner) settingsView {
	v := settingsView{Level: at.Level, ID: h.ownerID(at), Set: h.Registry.SettingsAt(at), Data: []Setting{}}
	var desired map[string]json.RawMessage
	var report estate.Report
	if at.Level == estate.LevelTerminal {
		v.Version, desired = h.Registry.Desired(at.ID)
		var ok bool
		if report, ok = h.Registry.Reported(at.ID); ok {
			v.Reported = &reported{report.Version, report.At, report.Version == v.Version}
		}
	}
	for _, value := range h.Registry.Effective(at) {
		s := Setting{Name: value.Name, Value: value.Value, Secret: value.Secret, Reported: report.Values[value.Name], Refused: report.Refused[value.Name]}
		s.Origin.Level, s.Origin.ID = value.Origin.Level, h.ownerID(value.Origin)
		_, s.Desired = desired[value.Name]
		delete(report.Values, value.Name)
		delete(report.Refused, value.Name)
		v.Data = append(v.Data, s)
	}
	// What the terminal has, or did not take, although nothing sets it.
	for _, d := range estate.Definitions() {
		value, has := report.Values[d.Name]
		refused, did := report.Refused[d.Name]
		if has || did {
			s := Setting{Name: d.Name, Secret: secret(d), Reported: value, Refused: refused}
			s.Origin.Level = estate.LevelDefault
			v.Data = append(v.Data, s)
		}
	}
	return v
}

// changeSettings sets some settings of a level, and leaves others to the levels above: all or nothing.
func (h *Handler) changeSettings(w http.ResponseWriter, c *call) *problem {
	at, refused := h.ownerIn(c)
	if refused != nil {
		return refused
	}
	var in struct {
		Set   map[string]json.RawMessage `json:"set"`
		Unset []string                   `json:"unset"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if !c.caller.can(settingsSecrets) && h.secretAmong(in.Set, in.Unset) {
		return fault("forbidden", "this key has the role "+string(c.caller.Role)+", which does not include "+string(settingsSecrets))
	}
	by := estate.Actor{Key: c.actor(), Role: c.caller.Role}
	if err := h.Registry.ChangeSettings(h.Now(), at, in.Set, in.Unset, by); err != nil {
		return estateProblem(err, "settings")
	}
	return answer(w, http.StatusOK, h.settingsOf(at))
}

// secretAmong tells whether one of some settings is secret.
func (h *Handler) secretAmong(set map[string]json.RawMessage, unset []string) bool {
	return slices.ContainsFunc(estate.Definitions(), func(d estate.Definition) bool {
		_, among := set[d.Name]
		return secret(d) && (among || slices.Contains(unset, d.Name))
	})
}

// secret tells whether a setting is secret, or has a secret in it.
func secret(d estate.Definition) bool { return d.Secret || len(d.Hidden) > 0 }

// definitions lists what can be set.
func (h *Handler) definitions(w http.ResponseWriter, _ *call) *problem {
	list := []any{}
	for _, d := range estate.Definitions() {
		shown := map[string]any{"name": d.Name, "form": d.Form, "rule": d.Rule(), "secret": secret(d), "by": d.By, "pushed": d.Pushed, "levels": d.Levels}
		if len(d.Default) > 0 {
			shown["default"] = d.Default
		}
		if len(d.Levels) == 0 {
			shown["levels"] = []estate.Level{estate.LevelAccount, estate.LevelGroup, estate.LevelShop, estate.LevelTerminal}
		}
		list = append(list, shown)
	}
	return answer(w, http.StatusOK, map[string]any{"data": list})
}

// wish asks the operator for a setting of a terminal that only the operator may change.
func (h *Handler) wish(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	var in struct {
		Setting string          `json:"setting"`
		Value   json.RawMessage `json:"value"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	asked, err := h.Registry.AskSetting(h.Now(), t.TID, in.Setting, in.Value, c.actor())
	if err != nil {
		return terminalProblem(err)
	}
	return answer(w, http.StatusCreated, h.wished(asked))
}

func (h *Handler) wished(a estate.Wish) any {
	shown := map[string]any{
		"id": a.ID, "terminal": h.shown(terminalID, a.TID), "tid": a.TID, "account": h.shown(accountID, a.Account),
		"setting": a.Setting, "value": a.Value, "by": a.By, "at": a.At, "status": a.Status,
	}
	if a.DecidedBy != "" {
		shown["decidedBy"], shown["decidedAt"] = a.DecidedBy, a.DecidedAt
	}
	return shown
}

func idOfWish(a estate.Wish) string { return a.ID }

// listWishes lists the wishes that the caller's terminals have made.
func (h *Handler) listWishes(w http.ResponseWriter, c *call) *problem {
	status := c.query.Get("status")
	if known := []string{"open", "granted", "refused"}; status != "" && !slices.Contains(known, status) {
		return badInput(mistake{Parameter: "status", Detail: fmt.Sprintf("must be one of %v", known)})
	}
	list := slices.DeleteFunc(h.Registry.Wishes(c.caller.Account), func(a estate.Wish) bool {
		t, _ := h.Registry.Terminal(a.TID)
		return !c.caller.sees(a.Account, t.Group) || status != "" && string(a.Status) != status
	})
	return listOf(w, c, byID(list, idOfWish), idOfWish, h.wished)
}

func (h *Handler) grantWish(w http.ResponseWriter, c *call) *problem { return h.decide(w, c, true) }

func (h *Handler) refuseWish(w http.ResponseWriter, c *call) *problem { return h.decide(w, c, false) }

func (h *Handler) decide(w http.ResponseWriter, c *call, grant bool) *problem {
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	if !slices.ContainsFunc(h.Registry.Wishes(c.caller.Account), func(a estate.Wish) bool {
		t, _ := h.Registry.Terminal(a.TID)
		return a.ID == c.path["wish"] && c.caller.sees(a.Account, t.Group)
	}) {
		return noSuch("wish")
	}
	decided, err := h.Registry.DecideWish(h.Now(), c.path["wish"], grant, c.actor())
	if err != nil {
		return estateProblem(err, "decision")
	}
	return answer(w, http.StatusOK, h.wished(decided))
}
