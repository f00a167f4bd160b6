package multisafepay

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"kassa/estate"
)

// scopes are the groups that a caller may see. They are never nil, which would mean all.
func (h *Handler) scopes(caller Caller) []string {
	if caller.Group != "" {
		return []string{caller.Group}
	}
	return append([]string{}, h.Directory.Groups(caller.Account)...)
}

func forbidden(what string) *refusal {
	return &refusal{http.StatusForbidden, codeKey, what, causeKey}
}

func (h *Handler) listTerminals(w http.ResponseWriter, c *call) *refusal {
	return h.terminalPage(w, c, h.scopes(c.caller))
}

// listGroupTerminals does not tell another account's group from none.
func (h *Handler) listGroupTerminals(w http.ResponseWriter, c *call) *refusal {
	group := c.values["group_id"]
	if !slices.Contains(h.scopes(c.caller), group) {
		return forbidden("this key does not see this terminal group")
	}
	return h.terminalPage(w, c, []string{group})
}

func (h *Handler) terminalPage(w http.ResponseWriter, c *call, groups []string) *refusal {
	q := readQuery(c.Request)
	page := q.whole("page", 1, 1_000_000, 1, "from 1 to 1000000")
	limit := q.whole("limit", 1, maxPage, 50, "from 1 to 1000")
	if q.refused != nil {
		return q.refused
	}
	var terminals []estate.Terminal
	for _, g := range groups {
		terminals = append(terminals, h.Estate.Terminals(g)...)
	}
	slices.SortFunc(terminals, func(a, b estate.Terminal) int { return strings.Compare(a.TID, b.TID) })
	from := min((page-1)*limit, int64(len(terminals)))
	list := []any{}
	for _, t := range terminals[from:min(from+limit, int64(len(terminals)))] {
		list = append(list, h.terminalObject(t))
	}
	writeList(w, list, object{"limit": limit, "page": page, "total_items": len(terminals)})
	return nil
}

// terminalObject shows a terminal. Kassa keeps no activation code in clear, so that only the answer
// to a new terminal has it.
func (h *Handler) terminalObject(t estate.Terminal) object {
	out := object{
		"active": t.POIID != "", "country": nil, "created": wireTime(t.CreatedAt), "group_id": number(t.Group), "id": t.TID,
		"last_updated": wireTime(t.CreatedAt), "manufacturer_id": nil, "name": t.Name, "provider": "SMARTPOS",
		"serial_number": nil,
	}
	if t.Provider == estate.CTAP {
		out["provider"] = "CTAP"
	}
	if model, serial, ok := strings.Cut(t.POIID, "-"); ok {
		group, _ := h.Directory.Group(t.Group)
		out["country"] = known(group.Merchant.Country)
		out["last_updated"] = wireTime(t.ActivatedAt)
		out["manufacturer_id"], out["serial_number"] = manufacturer(model), serial
		if out["manufacturer_id"] == verifone || strings.HasPrefix(model, "CTAP") {
			out["provider"] = "CTAP" // no Android, so that no SmartPOS runs on it
		}
	}
	return out
}

const verifone = "VERIFONE"

func manufacturer(model string) string {
	switch {
	case strings.HasPrefix(model, "P2"), strings.HasPrefix(model, "P3"):
		return "SUNMI"
	case strings.HasPrefix(model, "V400"), strings.HasPrefix(model, "P400"):
		return verifone
	}
	return strings.ToUpper(model)
}

// createTerminal makes a place for a device; its activation code is in the answer and nowhere else.
func (h *Handler) createTerminal(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	if err := variants(body, "", "provider", "group_id", "name"); err != nil {
		return badBody(err)
	}
	provider := body["provider"]
	if provider != "CTAP" && provider != "SMARTPOS" {
		return field(codeUnknown, `provider must be "CTAP" or "SMARTPOS"`)
	}
	if absent(body, "name") {
		return field(codeMissing, "name is missing; it must be a string of 1 to 100 characters")
	}
	name, ok := body["name"].(string)
	if !ok {
		return field(codeUnknown, "name must be a string of 1 to 100 characters")
	}
	group, ok := digits(body["group_id"])
	if !ok {
		return field(codeMissing, "group_id must be the number of a terminal group")
	}
	if !slices.Contains(h.scopes(c.caller), group) {
		return forbidden("group_id: this key does not see this terminal group")
	}
	board := func() (estate.Terminal, string, error) { return h.Estate.BoardTerminal(h.Now(), group, name, "") }
	if provider == "CTAP" {
		board = func() (estate.Terminal, string, error) { return h.Estate.BoardCTAP(h.Now(), group, name) }
	}
	t, code, err := board()
	if err != nil {
		return estateRefused(err, "name")
	}
	out := h.terminalObject(t)
	out["code"] = code
	writeSuccess(w, out, nil)
	return nil
}

// digits reads an id that is a number on the wire.
func digits(v any) (string, bool) {
	s, ok := v.(string)
	if n, isNumber := v.(number); isNumber {
		s, ok = string(n), true
	}
	return s, ok && s != "" && len(s) <= 18 && strings.Trim(s, "0123456789") == ""
}

func estateRefused(err error, about string) *refusal {
	if errors.Is(err, estate.ErrInvalid) {
		return field(codeUnknown, "%s: %s", about, strings.TrimPrefix(err.Error(), estate.ErrInvalid.Error()+": "))
	}
	return worldFailed("the change may not have been stored")
}

// me tells whose key it is.
func (h *Handler) me(w http.ResponseWriter, c *call) *refusal {
	role := "account"
	if c.caller.Group != "" {
		role = "terminal_group"
	}
	out := object{"account_id": number(c.caller.Account), "role": role, "site_id": nil}
	if c.caller.Group != "" {
		out["site_id"] = number(c.caller.Group)
	}
	writeSuccess(w, out, nil)
	return nil
}

// site finds the group that a site's id means to the caller.
func (h *Handler) site(c *call) (estate.Group, *refusal) {
	id := c.values["site_id"]
	group, ok := h.Directory.Group(id)
	if !ok || !slices.Contains(h.scopes(c.caller), id) {
		return estate.Group{}, notFound("there is no such site for this key")
	}
	return group, nil
}

func notFound(what string) *refusal {
	return &refusal{http.StatusNotFound, codeUnknown, "Not found: " + what, causeNotFound}
}

func (h *Handler) getSite(w http.ResponseWriter, c *call) *refusal {
	group, refused := h.site(c)
	if refused != nil {
		return refused
	}
	writeSuccess(w, siteObject(group), nil)
	return nil
}

// siteObject shows a group as MultiSafepay shows a site. Its API key is shown once, when it is made.
func siteObject(g estate.Group) object {
	return object{
		"account_id": number(g.Account), "api_key": nil, "id": number(g.ID), "name": g.Name,
		"notification_url": known(g.WebhookURL), "price_from": nil, "price_till": nil, "support_email": nil,
		"support_phone": nil, "url": nil,
	}
}

// updateSite changes the name and the webhook URL of a group.
func (h *Handler) updateSite(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	group, refused := h.site(c)
	if refused != nil {
		return refused
	}
	for _, attribute := range sortedKeys(body) {
		switch v, isString := body[attribute].(string); {
		case attribute == "plugin": // the SDKs add it to whatever they send
		case attribute != "name" && attribute != "notification_url":
			return invalid(attribute, "only name and notification_url can be changed")
		case attribute == "notification_url" && (body[attribute] == nil || isString && v == ""):
		case !isString || v == "":
			return invalid(attribute, "must be a string that is not empty")
		case attribute == "notification_url":
			if err := h.CheckURL(h.Estate.Environment(), v); err != nil {
				return invalid(attribute, err.Error())
			}
		}
	}
	group, err := h.Estate.ChangeGroup(h.Now(), group.ID, func(g *estate.Group) {
		if name, ok := body["name"].(string); ok {
			g.Name = name
		}
		if address, ok := body["notification_url"]; ok {
			g.WebhookURL, _ = address.(string)
		}
	})
	switch {
	case errors.Is(err, estate.ErrInvalid):
		return invalid("name", strings.TrimPrefix(err.Error(), estate.ErrInvalid.Error()+": "))
	case err != nil:
		return worldFailed("the change may not have been stored")
	}
	writeSuccess(w, siteObject(group), nil)
	return nil
}

// invalid refuses an attribute of a site.
func invalid(attribute, rule string) *refusal {
	return &refusal{http.StatusUnprocessableEntity, codeUnknown, attribute + ": " + rule, causeAttribute}
}
