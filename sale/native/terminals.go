package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/estate"
)

// Terminal is one terminal as the API shows it.
type Terminal struct {
	ID          string `json:"id"`
	TID         string `json:"tid"`
	POIID       string `json:"poiid"`
	Name        string `json:"name"`
	Group       string `json:"group"` // the group's name; GroupID is its id
	GroupID     string `json:"groupId"`
	Account     string `json:"account"`
	Shop        string `json:"shop,omitempty"`
	Environment string `json:"environment"`
	Provider    string `json:"provider,omitempty"`
	// State is where it stands in its life; May whether it may take payments, and MayNot why not.
	State       estate.LifeState `json:"state"`
	May         bool             `json:"mayTakePayments"`
	MayNot      string           `json:"mayNot,omitempty"`
	Blocked     *estate.Block    `json:"blocked,omitempty"`
	CreatedAt   time.Time        `json:"createdAt,omitzero"`
	ActivatedAt time.Time        `json:"activatedAt,omitzero"`
	CodeExpires time.Time        `json:"codeExpires,omitzero"`
	Activated   bool             `json:"activated"`
	Configured  bool             `json:"configured"` // the initial key is loaded and confirmed
	KCV         string           `json:"kcv,omitempty"`
	Reach       Reach            `json:"reach"`
	// What follows says the same as Reach, shorter.
	Online   bool      `json:"online"`
	Since    time.Time `json:"since,omitzero"`
	LastSeen time.Time `json:"lastSeen,omitzero"`
	Reason   string    `json:"reason,omitempty"` // why it is offline
}

func (h *Handler) terminal(t estate.Terminal) Terminal {
	g, _ := h.Registry.Group(t.Group)
	d, _ := h.Registry.Device(t.POIID)
	r := h.Links.Reach(t.TID)
	may, mayNot := t.May()
	return Terminal{
		ID: h.shown(terminalID, t.TID), TID: t.TID, POIID: t.POIID, Name: t.Name, Group: g.Name, GroupID: h.shown(groupID, t.Group),
		Account: h.shown(accountID, t.Account), Shop: h.shown(shopID, t.Shop), Environment: string(t.Environment), Provider: string(t.Provider),
		State: t.Life(), May: may, MayNot: mayNot, Blocked: t.Blocked, CreatedAt: t.CreatedAt, ActivatedAt: t.ActivatedAt,
		CodeExpires: t.CodeExpires, Activated: t.POIID != "", Configured: d.Configured, KCV: d.KCV, Reach: r,
		Online: t.POIID != "" && r.State == "online", Since: r.Since, LastSeen: r.LastSeen, Reason: r.Words,
	}
}

// terminalsOf are the terminals that a caller sees, by TID.
func (h *Handler) terminalsOf(who Caller) []estate.Terminal {
	var list []estate.Terminal
	for _, g := range h.groupsOf(who) {
		list = append(list, h.Registry.Terminals(g.ID)...)
	}
	return byID(list, idOfTerminal)
}

func idOfTerminal(t estate.Terminal) string { return t.TID }

// terminalIn finds the terminal that the caller means, if it sees it. A retired one can be looked at.
func (h *Handler) terminalIn(c *call, given string) (estate.Terminal, *problem) {
	id, refused := h.bare(terminalID, given)
	if refused != nil {
		return estate.Terminal{}, refused
	}
	t, ok := h.Registry.Terminal(id)
	if !ok || !c.caller.sees(t.Account, t.Group) {
		return estate.Terminal{}, noSuch("terminal")
	}
	return t, nil
}

// listTerminals lists terminals by TID: those of an account, group or shop, in a state of life, with a
// reach, or with a word (q) in their name, TID or POIID.
func (h *Handler) listTerminals(w http.ResponseWriter, c *call) *problem {
	var ids [3]string
	for i, parameter := range []string{"account", "group", "shop"} {
		var refused *problem
		if ids[i], refused = h.bare([]string{accountID, groupID, shopID}[i], c.query.Get(parameter)); refused != nil {
			return refused
		}
	}
	state, reach, q := c.query.Get("state"), c.query.Get("reach"), strings.ToLower(c.query.Get("q"))
	if known := []string{"online", "stale", "offline", "unknown"}; reach != "" && !slices.Contains(known, reach) {
		return badInput(mistake{Parameter: "reach", Detail: fmt.Sprintf("must be one of %v", known)})
	}
	if known := lives(); state != "" && !slices.Contains(known, estate.LifeState(state)) {
		return badInput(mistake{Parameter: "state", Detail: fmt.Sprintf("must be one of %v", known)})
	}
	list := slices.DeleteFunc(h.terminalsOf(c.caller), func(t estate.Terminal) bool {
		return ids[0] != "" && t.Account != ids[0] || ids[1] != "" && t.Group != ids[1] || ids[2] != "" && t.Shop != ids[2] ||
			state != "" && string(t.Life()) != state || reach != "" && h.Links.Reach(t.TID).State != reach ||
			q != "" && !strings.Contains(strings.ToLower(t.Name+" "+t.TID+" "+t.POIID), q)
	})
	return listOf(w, c, list, idOfTerminal, func(t estate.Terminal) any { return h.terminal(t) })
}

func lives() []estate.LifeState {
	return []estate.LifeState{
		estate.LifeBoarded, estate.LifeKeyed, estate.LifeActive, estate.LifeBlocked, estate.LifeTampered, estate.LifeDeveloper,
		estate.LifeInventory, estate.LifeReturned, estate.LifeRetired,
	}
}

func (h *Handler) showTerminal(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.terminal(t))
}

// Boarded is a terminal that was added. Code is its activation code, told here and never again.
type Boarded struct {
	ID    string `json:"id"`
	TID   string `json:"tid"`
	POIID string `json:"poiid,omitempty"`
	Code  string `json:"code"`
}

// boardTerminal makes a place for a device in a group, and boards the device where its serial is given.
func (h *Handler) boardTerminal(w http.ResponseWriter, c *call) *problem {
	var in struct {
		Group    string `json:"group"` // id or name
		Shop     string `json:"shop"`  // id or reference
		Name     string `json:"name"`
		POIID    string `json:"poiid"`
		Provider string `json:"provider"` // SMARTPOS or CTAP
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	group, refused := h.oneGroup(c, in.Group)
	if refused != nil {
		return refused
	}
	shop, refused := h.shopNamed(c, group.Account, in.Shop)
	if refused != nil {
		return refused
	}
	row := estate.CSVRow{POIID: in.POIID, Name: in.Name, Group: group.ID, Shop: shop, Provider: in.Provider}
	if d, known := h.Registry.Device(in.POIID); known && d.TID == "" && !d.Retired && d.Returned == nil && (d.Account == "" || d.Account == group.Account) {
		row.POIID = "" // in stock already: only the place is new
	}
	boarded, err := h.Registry.BoardCSV(h.Now(), group.Account, csvOf(row), false, c.actor())
	if err != nil {
		if len(boarded) == 1 && boarded[0].Error != "" {
			return refusedRow(boarded[0])
		}
		return estateProblem(err, "terminal")
	}
	b := boarded[0]
	shown := Boarded{h.shown(terminalID, b.TID), b.TID, in.POIID, b.Code}
	h.once(c, map[string]any{"id": shown.ID, "tid": shown.TID, "poiid": shown.POIID, "code": onceHidden})
	return answer(w, http.StatusCreated, shown)
}

// refusedRow names the field that the reason of a row begins with.
func refusedRow(row estate.CSVRow) *problem {
	for _, field := range []string{"poiid", "shop", "group", "provider"} {
		if i := strings.Index(row.Error, field+": "); i >= 0 {
			return badInput(mistake{Pointer: "/" + field, Detail: row.Error[i+len(field)+2:]})
		}
	}
	if strings.Contains(row.Error, "terminal name") {
		return badInput(mistake{Pointer: "/name", Detail: row.Error})
	}
	if strings.Contains(row.Error, "terminals are offered in") {
		return fault("country_not_offered", row.Error)
	}
	return badInput(mistake{Detail: row.Error})
}

// oneGroup is the group that a body names by its id or, when only one has it, by its name.
func (h *Handler) oneGroup(c *call, given string) (estate.Group, *problem) {
	id, refused := h.bare(groupID, given)
	if refused != nil {
		return estate.Group{}, refused
	}
	var found []estate.Group
	for _, g := range h.groupsOf(c.caller) {
		if g.ID == id {
			return g, nil
		}
		if g.Name == id {
			found = append(found, g)
		}
	}
	if len(found) != 1 {
		return estate.Group{}, badInput(mistake{Pointer: "/group", Detail: "there is no such terminal group"})
	}
	return found[0], nil
}

// shopNamed is the shop of an account that a body names by its id or its reference; empty is none. A key
// of a group sees no shops.
func (h *Handler) shopNamed(c *call, account, given string) (string, *problem) {
	id, refused := h.bare(shopID, given)
	if refused != nil || id == "" {
		return "", refused
	}
	if !c.caller.wholeAccount(account) {
		return "", badInput(mistake{Pointer: "/shop", Detail: "the account has no such shop"})
	}
	if s, ok := h.Registry.Shop(id); ok && s.Account == account {
		return s.ID, nil
	}
	if s, ok := h.Registry.ShopByReference(account, id); ok {
		return s.ID, nil
	}
	return "", badInput(mistake{Pointer: "/shop", Detail: "the account has no such shop"})
}

// importTerminals boards the terminals of a CSV (poiid,name,group,shop,provider): all of them or none.
func (h *Handler) importTerminals(w http.ResponseWriter, c *call) *problem {
	account := c.caller.Account
	if given := c.query.Get("account"); given != "" {
		a, refused := h.accountIn(c, given)
		if refused != nil {
			return refused
		}
		account = a.ID
	}
	if c.caller.Group != "" {
		return fault("forbidden", "a key of a group boards terminals one by one; a CSV is for a key of the account")
	}
	dry := c.query.Get("dry_run")
	if dry != "" && dry != "true" && dry != "false" {
		return badInput(mistake{Parameter: "dry_run", Detail: "must be true or false"})
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, c.Body, maxImport))
	if err != nil {
		return fault("too_large", fmt.Sprintf("the CSV may have %d bytes at most", maxImport))
	}
	rows, err := h.Registry.BoardCSV(h.Now(), account, bytes.NewReader(text), dry == "true", c.actor())
	result := map[string]any{"dry_run": dry == "true", "boarded": err == nil && dry != "true", "rows": rows}
	switch {
	case err != nil && len(rows) > 0:
		p := fault("invalid_input", strings.ReplaceAll(err.Error(), estate.ErrInvalid.Error()+": ", ""))
		for _, row := range rows {
			if row.Error != "" {
				p.Errors = append(p.Errors, mistake{Line: row.Line, Detail: row.Error})
			}
		}
		return p
	case err != nil:
		return estateProblem(err, "terminals")
	case dry == "true":
		return answer(w, http.StatusOK, result)
	}
	hidden := slices.Clone(rows)
	for i := range hidden {
		hidden[i].Code = onceHidden
	}
	h.once(c, map[string]any{"dry_run": false, "boarded": true, "rows": hidden})
	return answer(w, http.StatusCreated, result)
}

// csvOf is one row as the estate reads it.
func csvOf(row estate.CSVRow) io.Reader {
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	return strings.NewReader("poiid,name,group,shop,provider\n" + strings.Join([]string{
		quoted(row.POIID), quoted(row.Name), quoted(row.Group), quoted(row.Shop), quoted(row.Provider),
	}, ",") + "\n")
}

// moveTerminal gives a terminal another group, another shop, or puts it into the inventory.
func (h *Handler) moveTerminal(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	var in struct {
		Group     *string `json:"group"`
		Shop      *string `json:"shop"` // empty takes it out of its shop
		Inventory *bool   `json:"inventory"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	var err error
	switch {
	case in.Inventory != nil && *in.Inventory:
		if in.Group != nil || in.Shop != nil {
			return badInput(mistake{Pointer: "/inventory", Detail: "what is in the inventory is in no shop: leave group and shop out"})
		}
		err = h.Registry.ToInventory(h.Now(), t.TID, c.actor())
	default:
		to := estate.Place{Group: t.Group, Shop: t.Shop}
		if in.Group != nil {
			g, refused := h.oneGroup(c, *in.Group)
			if refused != nil {
				return refused
			}
			to.Group = g.ID
		}
		if in.Shop != nil {
			if to.Shop, refused = h.shopNamed(c, t.Account, *in.Shop); refused != nil {
				return refused
			}
		}
		err = h.Registry.MoveTerminal(h.Now(), t.TID, to, c.actor())
	}
	return h.changed(w, t.TID, err)
}

// changed answers with the terminal as it is after a step.
func (h *Handler) changed(w http.ResponseWriter, tid string, err error) *problem {
	if err != nil {
		return terminalProblem(err)
	}
	t, _ := h.Registry.Terminal(tid)
	return answer(w, http.StatusOK, h.terminal(t))
}

func terminalProblem(err error) *problem {
	if errors.Is(err, estate.ErrUnknown) && strings.HasSuffix(err.Error(), ": terminal") {
		return fault("wrong_state", "the terminal is retired")
	}
	return estateProblem(err, "change")
}

// retireTerminal retires a terminal that is not connected: a payment on its screen has an end first.
func (h *Handler) retireTerminal(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	if r := h.Links.Reach(t.TID); t.POIID != "" && (r.Linked) {
		return fault("terminal_online", "a terminal is removed when it is not connected").with("switch it off, then remove it")
	}
	if err := h.Registry.RetireTerminal(h.Now(), t.TID); err != nil {
		return terminalProblem(err)
	}
	return done(w)
}

// renewCode gives a terminal that no device is bound to a new activation code.
func (h *Handler) renewCode(w http.ResponseWriter, c *call) *problem {
	return h.coded(w, c, func(tid string) (string, error) { return h.Registry.RenewCode(h.Now(), tid) })
}

// unbind takes the device from a terminal, which gets a new activation code.
func (h *Handler) unbind(w http.ResponseWriter, c *call) *problem {
	return h.coded(w, c, func(tid string) (string, error) { return h.Registry.Unbind(h.Now(), tid, c.actor()) })
}

func (h *Handler) coded(w http.ResponseWriter, c *call, make func(tid string) (string, error)) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	code, err := make(t.TID)
	if err != nil {
		return terminalProblem(err)
	}
	t, _ = h.Registry.Terminal(t.TID)
	shown := map[string]any{"id": h.shown(terminalID, t.TID), "tid": t.TID, "code": code, "codeExpires": t.CodeExpires}
	h.once(c, map[string]any{"id": shown["id"], "tid": t.TID, "code": onceHidden, "codeExpires": t.CodeExpires})
	return answer(w, http.StatusOK, shown)
}

func (h *Handler) block(w http.ResponseWriter, c *call) *problem {
	return h.blocking(w, c, h.Registry.Block)
}

func (h *Handler) unblock(w http.ResponseWriter, c *call) *problem {
	return h.blocking(w, c, h.Registry.Unblock)
}

func (h *Handler) blocking(w http.ResponseWriter, c *call, step func(now time.Time, tid, by, why string) error) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	var in struct {
		Why string `json:"why"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if len(in.Why) > maxDescription {
		return badInput(mistake{Pointer: "/why", Detail: fmt.Sprintf("may have %d bytes at most", maxDescription)})
	}
	return h.changed(w, t.TID, step(h.Now(), t.TID, c.actor(), in.Why))
}

// developerMode notes that the device is in developer mode, which it never leaves.
func (h *Handler) developerMode(w http.ResponseWriter, c *call) *problem {
	t, refused := h.terminalIn(c, c.path["terminal"])
	if refused != nil {
		return refused
	}
	var in struct {
		On *bool `json:"on"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if in.On == nil {
		return badInput(mistake{Pointer: "/on", Detail: "must be true or false"})
	}
	switch {
	case !*in.On && t.Developer:
		return fault("developer_mode_irreversible", "the device of this terminal is in developer mode, and never leaves it").with("ask for a return: POST /api/v1/returns")
	case *in.On && h.Environment == estate.Live:
		return fault("developer_mode_in_live", "there is no developer mode in the live environment")
	}
	return h.changed(w, t.TID, h.Registry.SetDeveloperMode(h.Now(), t.TID, *in.On, c.actor()))
}
