package native

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"kassa/estate"
)

// estateRoutes are those to who and what there is.
func estateRoutes() []route {
	return []route{
		{"GET", "me", anyKey, "", false, (*Handler).me, nil},
		{"GET", "accounts", terminalsRead, "limit after", false, (*Handler).listAccounts, nil},
		{"POST", "accounts", estateOperate, "", true, (*Handler).makeAccount, nil},
		{"GET", "accounts/{account}", terminalsRead, "", false, (*Handler).showAccount, nil},
		{"PATCH", "accounts/{account}", estateOperate, "", false, (*Handler).changeAccount, nil},
		{"GET", "groups", terminalsRead, "account limit after", false, (*Handler).listGroups, nil},
		{"POST", "groups", estateOperate, "", true, (*Handler).makeGroup, nil},
		{"GET", "groups/{group}", terminalsRead, "", false, (*Handler).showGroup, nil},
		{"PATCH", "groups/{group}", shopsManage, "", false, (*Handler).changeGroup, nil},
		{"GET", "shops", terminalsRead, "account reference limit after", false, (*Handler).listShops, nil},
		{"POST", "shops", shopsManage, "", true, (*Handler).makeShop, nil},
		{"GET", "shops/{shop}", terminalsRead, "", false, (*Handler).showShop, nil},
		{"PATCH", "shops/{shop}", shopsManage, "", false, (*Handler).changeShop, nil},

		{"GET", "terminals", terminalsRead, "account group shop state reach q limit after", false, (*Handler).listTerminals, nil},
		{"POST", "terminals", terminalsManage, "", true, (*Handler).boardTerminal, nil},
		{"POST", "terminals/import", terminalsManage, "account dry_run", true, (*Handler).importTerminals, nil},
		{"GET", "terminals/{terminal}", terminalsRead, "", false, (*Handler).showTerminal, nil},
		{"PATCH", "terminals/{terminal}", terminalsManage, "", false, (*Handler).moveTerminal, nil},
		{"DELETE", "terminals/{terminal}", terminalsManage, "", false, (*Handler).retireTerminal, nil},
		{"POST", "terminals/{terminal}/code", terminalsManage, "", true, (*Handler).renewCode, nil},
		{"POST", "terminals/{terminal}/unbind", terminalsManage, "", true, (*Handler).unbind, nil},
		{"POST", "terminals/{terminal}/block", terminalsManage, "", true, (*Handler).block, nil},
		{"POST", "terminals/{terminal}/unblock", terminalsManage, "", true, (*Handler).unblock, nil},
		{"POST", "terminals/{terminal}/developer-mode", estateOperate, "", true, (*Handler).developerMode, nil},
		{"GET", "terminals/{terminal}/history", terminalsRead, "", false, (*Handler).history, nil},
		{"POST", "terminals/{terminal}/test", terminalsTest, "", false, (*Handler).testTerminal, nil},
		{"GET", "presence", terminalsRead, "", false, (*Handler).presence, nil},
		{"GET", "devices", terminalsRead, "account state limit after", false, (*Handler).listDevices, nil},
		{"POST", "devices", estateOperate, "", true, (*Handler).boardDevice, nil},
		{"GET", "devices/{device}", terminalsRead, "", false, (*Handler).showDevice, nil},
		{"PATCH", "devices/{device}", estateOperate, "", false, (*Handler).assignDevice, nil},
		{"POST", "devices/{device}/return", devicesService, "", true, (*Handler).returnDevice, nil},
		{"DELETE", "devices/{device}/tampered", estateOperate, "", false, (*Handler).clearTamper, nil},
	}
}

func (h *Handler) account(a estate.Account) any {
	return map[string]any{
		"id": h.shown(accountID, a.ID), "number": a.ID, "name": a.Name, "merchant": a.Merchant, "company": a.Company,
		"partner": a.Partner, "environment": h.Environment,
	}
}

func (h *Handler) listAccounts(w http.ResponseWriter, c *call) *problem {
	return listOf(w, c, byID(h.accountsOf(c.caller), idOfAccount), idOfAccount, h.account)
}

func idOfAccount(a estate.Account) string { return a.ID }

// byID puts a list into the order of its ids.
func byID[T any](list []T, id func(T) string) []T {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	return list
}

// accountIn finds the account that the caller means, if it sees all of it.
func (h *Handler) accountIn(c *call, given string) (estate.Account, *problem) {
	id, refused := h.bare(accountID, given)
	if refused != nil {
		return estate.Account{}, refused
	}
	a, ok := h.Registry.Account(id)
	if !ok || !c.caller.wholeAccount(id) {
		return estate.Account{}, noSuch("account")
	}
	return a, nil
}

func (h *Handler) showAccount(w http.ResponseWriter, c *call) *problem {
	a, refused := h.accountIn(c, c.path["account"])
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.account(a))
}

// accountChange is the body that makes or changes an account; what is absent stays.
type accountChange struct {
	Name     *string `json:"name"`
	Merchant *string `json:"merchant"`
	Company  *string `json:"company"`
	Partner  *bool   `json:"partner"`
}

func (b accountChange) on(a *estate.Account) {
	set(&a.Name, b.Name)
	set(&a.Merchant, b.Merchant)
	set(&a.Company, b.Company)
	set(&a.Partner, b.Partner)
}

// set changes a field when there is something to change it to.
func set[T any](field, to *T) {
	if to != nil {
		*field = *to
	}
}

func (h *Handler) makeAccount(w http.ResponseWriter, c *call) *problem {
	var body accountChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	var a estate.Account
	body.on(&a)
	a, err := h.Registry.MakeAccount(h.Now(), a)
	if err != nil {
		return estateProblem(err, "account")
	}
	return answer(w, http.StatusCreated, h.account(a))
}

func (h *Handler) changeAccount(w http.ResponseWriter, c *call) *problem {
	a, refused := h.accountIn(c, c.path["account"])
	if refused != nil {
		return refused
	}
	var body accountChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	a, err := h.Registry.ChangeAccount(h.Now(), a.ID, body.on)
	if err != nil {
		return estateProblem(err, "change")
	}
	return answer(w, http.StatusOK, h.account(a))
}

func (h *Handler) group(g estate.Group) any {
	shown := map[string]any{
		"id": h.shown(groupID, g.ID), "number": g.ID, "account": h.shown(accountID, g.Account), "name": g.Name,
		"merchant": g.Merchant, "creditLimit": g.CreditLimit, "cardChecks": g.CardChecks, "fees": g.Fees, "environment": h.Environment,
	}
	if g.Fees == nil {
		shown["fees"] = []estate.Fee{}
	}
	if g.WebhookURL != "" {
		shown["webhookURL"] = g.WebhookURL
	}
	return shown
}

func idOfGroup(g estate.Group) string { return g.ID }

func (h *Handler) listGroups(w http.ResponseWriter, c *call) *problem {
	list := h.groupsOf(c.caller)
	if given := c.query.Get("account"); given != "" {
		id, refused := h.bare(accountID, given)
		if refused != nil {
			return refused
		}
		list = slices.DeleteFunc(list, func(g estate.Group) bool { return g.Account != id })
	}
	return listOf(w, c, byID(list, idOfGroup), idOfGroup, h.group)
}

// groupIn finds the group that the caller means, if it sees it.
func (h *Handler) groupIn(c *call, given string) (estate.Group, *problem) {
	id, refused := h.bare(groupID, given)
	if refused != nil {
		return estate.Group{}, refused
	}
	g, ok := h.Registry.Group(id)
	if !ok || !c.caller.sees(g.Account, g.ID) {
		return estate.Group{}, noSuch("group")
	}
	return g, nil
}

func (h *Handler) showGroup(w http.ResponseWriter, c *call) *problem {
	g, refused := h.groupIn(c, c.path["group"])
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.group(g))
}

// groupChange is the body that makes or changes a group; what is absent stays.
type groupChange struct {
	Account    *string `json:"account"` // when it is made
	Name       *string `json:"name"`
	WebhookURL *string `json:"webhookURL"`
	// The rest is the operator's: it is what the acquirer knows the merchant by, and what money it allows.
	Merchant    *estate.Merchant `json:"merchant"`
	CreditLimit *int64           `json:"creditLimit"`
	CardChecks  *bool            `json:"cardChecks"`
	Fees        *[]estate.Fee    `json:"fees"`
}

func (b groupChange) on(g *estate.Group) {
	set(&g.Name, b.Name)
	set(&g.WebhookURL, b.WebhookURL)
	set(&g.Merchant, b.Merchant)
	set(&g.CreditLimit, b.CreditLimit)
	set(&g.CardChecks, b.CardChecks)
	set(&g.Fees, b.Fees)
}

func (b groupChange) operators() bool {
	return b.Merchant != nil || b.CreditLimit != nil || b.CardChecks != nil || b.Fees != nil
}

func (h *Handler) makeGroup(w http.ResponseWriter, c *call) *problem {
	var body groupChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if body.Account == nil {
		return badInput(mistake{Pointer: "/account", Detail: "must be the id of an account"})
	}
	a, refused := h.accountIn(c, *body.Account)
	if refused != nil {
		return inBody(refused, "/account")
	}
	if refused := h.checkWebhookURL(body.WebhookURL); refused != nil {
		return refused
	}
	g := estate.Group{Account: a.ID}
	body.on(&g)
	g, err := h.Registry.MakeGroup(h.Now(), g)
	if err != nil {
		return estateProblem(err, "group")
	}
	return answer(w, http.StatusCreated, h.group(g))
}

func (h *Handler) changeGroup(w http.ResponseWriter, c *call) *problem {
	g, refused := h.groupIn(c, c.path["group"])
	if refused != nil {
		return refused
	}
	var body groupChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	switch {
	case body.Account != nil:
		return badInput(mistake{Pointer: "/account", Detail: "stays: a group does not change its account"})
	case body.operators() && !c.caller.can(estateOperate):
		return fault("not_allowed", "merchant, creditLimit, cardChecks and fees are for the operator to change")
	}
	if refused := h.checkWebhookURL(body.WebhookURL); refused != nil {
		return refused
	}
	g, err := h.Registry.ChangeGroup(h.Now(), g.ID, body.on)
	if err != nil {
		return estateProblem(err, "change")
	}
	return answer(w, http.StatusOK, h.group(g))
}

func (h *Handler) checkWebhookURL(given *string) *problem {
	if given == nil || *given == "" {
		return nil
	}
	if err := h.Webhooks.CheckURL(*given); err != nil {
		return badInput(mistake{Pointer: "/webhookURL", Detail: err.Error()})
	}
	return nil
}

// inBody says of a problem with an id that the id stands in the body.
func inBody(p *problem, pointer string) *problem {
	if p.Code != "not_found" {
		return p
	}
	return badInput(mistake{Pointer: pointer, Detail: "means nothing here: " + p.Detail})
}

func (h *Handler) shop(s estate.Shop) any {
	return struct {
		ID          string             `json:"id"`
		Number      string             `json:"number"`
		Account     string             `json:"account"`
		Reference   string             `json:"reference"`
		Description string             `json:"description"`
		Statement   string             `json:"shopperStatement,omitempty"`
		Phone       string             `json:"phone,omitempty"`
		Address     estate.Address     `json:"address"`
		External    string             `json:"externalReference,omitempty"`
		Status      estate.ShopStatus  `json:"status"`
		CreatedAt   time.Time          `json:"createdAt"`
		Environment estate.Environment `json:"environment"`
	}{
		h.shown(shopID, s.ID), s.ID, h.shown(accountID, s.Account), s.Reference, s.Description, s.ShopperStatement, s.Phone,
		s.Address, s.ExternalReference, s.Status, s.CreatedAt, h.Environment,
	}
}

func idOfShop(s estate.Shop) string { return s.ID }

func (h *Handler) listShops(w http.ResponseWriter, c *call) *problem {
	id, refused := h.bare(accountID, c.query.Get("account"))
	if refused != nil {
		return refused
	}
	var list []estate.Shop
	for _, a := range h.accountsOf(c.caller) {
		if id == "" || a.ID == id {
			list = append(list, h.Registry.ShopsOf(a.ID)...)
		}
	}
	if reference := c.query.Get("reference"); reference != "" {
		list = slices.DeleteFunc(list, func(s estate.Shop) bool { return s.Reference != reference })
	}
	return listOf(w, c, byID(list, idOfShop), idOfShop, h.shop)
}

// shopIn finds the shop that the caller means, if it sees its account.
func (h *Handler) shopIn(c *call, given string) (estate.Shop, *problem) {
	id, refused := h.bare(shopID, given)
	if refused != nil {
		return estate.Shop{}, refused
	}
	s, ok := h.Registry.Shop(id)
	if !ok || !c.caller.wholeAccount(s.Account) {
		return estate.Shop{}, noSuch("shop")
	}
	return s, nil
}

func (h *Handler) showShop(w http.ResponseWriter, c *call) *problem {
	s, refused := h.shopIn(c, c.path["shop"])
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.shop(s))
}

// shopChange is the body that makes or changes a shop; what is absent stays.
type shopChange struct {
	Account     *string            `json:"account"` // when it is made; a key of an account may leave it out
	Reference   *string            `json:"reference"`
	Description *string            `json:"description"`
	Statement   *string            `json:"shopperStatement"`
	Phone       *string            `json:"phone"`
	Address     *estate.Address    `json:"address"`
	External    *string            `json:"externalReference"`
	Status      *estate.ShopStatus `json:"status"`
}

func (b shopChange) on(s *estate.Shop) {
	set(&s.Reference, b.Reference)
	set(&s.Description, b.Description)
	set(&s.ShopperStatement, b.Statement)
	set(&s.Phone, b.Phone)
	set(&s.Address, b.Address)
	set(&s.ExternalReference, b.External)
	set(&s.Status, b.Status)
}

// ownAccount is the account that a body names, or else the caller's.
func (h *Handler) ownAccount(c *call, given *string) (estate.Account, *problem) {
	id := c.caller.Account
	if given != nil {
		id = *given
	}
	if id == "" {
		return estate.Account{}, badInput(mistake{Pointer: "/account", Detail: "must be the id of an account"})
	}
	a, refused := h.accountIn(c, id)
	if refused != nil {
		return a, inBody(refused, "/account")
	}
	return a, nil
}

func (h *Handler) makeShop(w http.ResponseWriter, c *call) *problem {
	var body shopChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	a, refused := h.ownAccount(c, body.Account)
	if refused != nil {
		return refused
	}
	if body.Status != nil && *body.Status != estate.ShopActive {
		return badInput(mistake{Pointer: "/status", Detail: fmt.Sprintf("of a new shop is %s", estate.ShopActive)})
	}
	s := estate.Shop{Account: a.ID}
	body.on(&s)
	s, err := h.Registry.MakeShop(h.Now(), s)
	if err != nil {
		return estateProblem(err, "shop")
	}
	return answer(w, http.StatusCreated, h.shop(s))
}

func (h *Handler) changeShop(w http.ResponseWriter, c *call) *problem {
	s, refused := h.shopIn(c, c.path["shop"])
	if refused != nil {
		return refused
	}
	var body shopChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if body.Account != nil {
		return badInput(mistake{Pointer: "/account", Detail: "stays: a shop does not change its account"})
	}
	s, err := h.Registry.ChangeShop(h.Now(), s.ID, body.on)
	if err != nil {
		return estateProblem(err, "change")
	}
	return answer(w, http.StatusOK, h.shop(s))
}
