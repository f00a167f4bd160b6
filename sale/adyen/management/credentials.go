package management

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"kassa/estate"
)

// oldKeyLives is how long the key before the one that generateApiKey makes is good.
const oldKeyLives = 24 * time.Hour

// maxCredentialText is the length of a description.
const maxCredentialText = 50

// roleOf is a role of Adyen's with the permissions that it stands for.
type roleOf struct {
	name        string
	permissions []string
}

// roles are those that a credential may have. No two of them stand for the same.
func roles() []roleOf {
	const m = "Management API—"
	return []roleOf{
		{"Cloud Device API role", []string{"payments.take", "payments.refund", "orders.read", readTerminals}},
		{m + "Terminal actions read", []string{readTerminals}},
		{m + "Terminal actions read and write", []string{readTerminals, manageTerminal}},
		{m + "Terminal settings read", []string{readSettings}},
		{m + "Terminal settings read and write", []string{readSettings, writeSettings}},
		{m + "Terminal settings Advanced read and write", []string{readSettings, writeSettings, writeSecrets}},
		{m + "Stores read and write", []string{readTerminals, manageShops}},
		{m + "Webhooks read and write", []string{manageWebhooks}},
		{m + "API credentials read and write", []string{manageKeys}},
	}
}

// jobPrefix begins the names of Kassa's own roles, which a credential has alone.
const jobPrefix = "Kassa "

// jobs are Kassa's roles that a key of an account may have.
func jobs() []estate.Role {
	return slices.DeleteFunc(estate.Roles(), func(r estate.Role) bool { return r == estate.RoleOperator })
}

// granted turns the names of roles into what a key has.
func granted(names []string) (role estate.Role, only []estate.Permission, no *fault) {
	if len(names) == 1 {
		if job := estate.Role(strings.TrimPrefix(names[0], jobPrefix)); names[0] != string(job) && slices.Contains(jobs(), job) {
			return job, nil, nil
		}
	}
	for i, name := range names {
		all := roles()
		at := slices.IndexFunc(all, func(r roleOf) bool { return r.name == name })
		if at < 0 {
			return "", nil, invalid(invalidField{
				Name: fmt.Sprintf("roles[%d]", i), Value: name, Message: "is not a role here; docs/divergences/adyen.md lists them",
			})
		}
		for _, p := range all[at].permissions {
			if !slices.Contains(only, estate.Permission(p)) {
				only = append(only, estate.Permission(p))
			}
		}
	}
	if len(only) == 0 {
		return "", nil, invalid(invalidField{Name: "roles", Message: "needs at least one role"})
	}
	return estate.RoleAdmin, only, nil
}

// roleNames are the roles that a key has: those that no other of them includes.
func roleNames(k estate.Key) []string {
	if len(k.Only) == 0 {
		return []string{jobPrefix + string(k.Role)}
	}
	has := func(list []string, p string) bool { return slices.Contains(list, p) }
	var fit []roleOf
	for _, r := range roles() {
		if !slices.ContainsFunc(r.permissions, func(p string) bool { return !slices.Contains(k.Only, estate.Permission(p)) }) {
			fit = append(fit, r)
		}
	}
	names := []string{}
	for _, r := range fit {
		within := slices.ContainsFunc(fit, func(other roleOf) bool {
			return len(other.permissions) > len(r.permissions) &&
				!slices.ContainsFunc(r.permissions, func(p string) bool { return !has(other.permissions, p) })
		})
		if !within {
			names = append(names, r.name)
		}
	}
	return names
}

// mayGrant holds that nobody gives away more than they have.
func (h *Handler) mayGrant(c *call, role estate.Role, only []estate.Permission) *fault {
	mine, _ := h.Estate.Key(c.caller.KeyID)
	if len(only) == 0 {
		if len(mine.Only) > 0 || c.caller.Role != estate.RoleOperator && c.caller.Role != estate.RoleAdmin {
			return forbidden("only a key with all of the role admin may give the role " + string(role))
		}
		return nil
	}
	for _, p := range only {
		if !c.caller.May(string(p)) {
			return forbidden("the API key cannot give the permission " + string(p) + ", which it does not have")
		}
	}
	return nil
}

// credential is a line of keys, each of which replaced the one before. Its id is the first one's.
type credential struct {
	id     string
	key    estate.Key   // the newest
	former []estate.Key // those before it, some of which may still be good
}

// credentials are those of an account, by id.
func (h *Handler) credentials(account string) []credential {
	keys := h.Estate.Keys(account)
	byID := make(map[string]estate.Key, len(keys))
	replaced := make(map[string]bool)
	for _, k := range keys {
		byID[k.ID] = k
		if k.Replaces != "" {
			replaced[k.Replaces] = true
		}
	}
	var list []credential
	for _, k := range keys {
		if !replaced[k.ID] {
			former := formerOf(byID, k)
			list = append(list, credential{idOf(k, former), k, former})
		}
	}
	slices.SortFunc(list, func(a, b credential) int { return cmp.Compare(a.id, b.id) })
	return list
}

// formerOf are the keys before one, the newest first.
func formerOf(byID map[string]estate.Key, k estate.Key) (list []estate.Key) {
	for {
		former, ok := byID[k.Replaces]
		if k.Replaces == "" || !ok {
			return list
		}
		list, k = append(list, former), former
	}
}

func idOf(k estate.Key, former []estate.Key) string {
	if len(former) > 0 {
		return former[len(former)-1].ID
	}
	return k.ID
}

type credentialObject struct {
	ID          string          `json:"id"`
	Username    string          `json:"username"`
	Description string          `json:"description,omitempty"`
	Active      bool            `json:"active"`
	Roles       []string        `json:"roles"`
	Addresses   []string        `json:"allowedIpAddresses"`
	Origins     []string        `json:"allowedOrigins"` // always empty: no browser calls Kassa with a client key
	ClientKey   string          `json:"clientKey"`      // likewise
	Merchants   []string        `json:"associatedMerchantAccounts"`
	CompanyName string          `json:"companyName,omitempty"`
	APIKey      string          `json:"apiKey,omitempty"`
	Password    string          `json:"password,omitempty"`
	LastUsed    *time.Time      `json:"lastUsedAt,omitempty"`
	Links       map[string]link `json:"_links,omitempty"`
}

func (h *Handler) credentialObject(c *call, o *owner, cr credential) credentialObject {
	k := cr.key
	out := credentialObject{
		ID: cr.id, Description: k.Name, Active: k.Usable(h.Now()), Roles: roleNames(k), Addresses: []string{}, Origins: []string{}, Merchants: []string{},
	}
	company := "Kassa"
	if a, ok := h.Estate.Account(k.Account); ok {
		company, out.Merchants = a.Company, []string{a.Merchant}
	}
	out.Username = "ws_" + cr.id[max(0, len(cr.id)-8):] + "@Company." + company
	for _, network := range k.Networks {
		p, err := netip.ParsePrefix(network)
		if err == nil && p.IsSingleIP() {
			network = p.Addr().String()
		}
		out.Addresses = append(out.Addresses, network)
	}
	if at, _ := h.Estate.LastUsed(k.ID); !at.IsZero() {
		out.LastUsed = &at
	}
	if o != nil {
		at := func(more ...string) link {
			return h.at(c, slices.Concat(o.path, []string{"apiCredentials", cr.id}, more)...)
		}
		out.Links = map[string]link{"self": at(), "generateApiKey": at("generateApiKey"), o.kind(): h.at(c, slices.Clone(o.path)...)}
	}
	return out
}

// kind is what the owner is called in links.
func (o owner) kind() string {
	if o.company != "" {
		return "company"
	}
	return "merchant"
}

func (h *Handler) listCredentials(_ http.ResponseWriter, c *call) (reply, *fault) {
	o, no := h.owner(c)
	if no != nil {
		return reply{}, no
	}
	var list []credentialObject
	for _, a := range o.accounts {
		for _, cr := range h.credentials(a.ID) {
			list = append(list, h.credentialObject(c, &o, cr))
		}
	}
	p, no := paged(h, c, usualStores, list)
	if no != nil {
		return reply{}, no
	}
	return ok(p)
}

// credential finds the one that a path names.
func (h *Handler) credential(c *call) (owner, credential, *fault) {
	o, no := h.owner(c)
	if no != nil {
		return o, credential{}, no
	}
	for _, a := range o.accounts {
		for _, cr := range h.credentials(a.ID) {
			if cr.id == c.values["apiCredentialId"] {
				return o, cr, nil
			}
		}
	}
	return o, credential{}, notYours("API credential")
}

func (h *Handler) showCredential(_ http.ResponseWriter, c *call) (reply, *fault) {
	o, cr, no := h.credential(c)
	if no != nil {
		return reply{}, no
	}
	return ok(h.credentialObject(c, &o, cr))
}

type credentialAsked struct {
	Active      *bool     `json:"active"`
	Roles       *[]string `json:"roles"`
	Description *string   `json:"description"`
	Addresses   *[]string `json:"allowedIpAddresses"`
	Origins     []string  `json:"allowedOrigins"`
	Merchants   []string  `json:"associatedMerchantAccounts"`
}

// check reads what does not depend on who has the credential.
func (in *credentialAsked) check() (networks []string, no *fault) {
	if len(in.Origins) > 0 {
		return nil, invalid(invalidField{Name: "allowedOrigins", Message: "are not kept: Kassa has no client keys"})
	}
	if in.Description != nil && len([]rune(*in.Description)) > maxCredentialText {
		return nil, invalid(invalidField{Name: "description", Message: fmt.Sprintf("may have %d characters", maxCredentialText)})
	}
	if in.Addresses == nil {
		return nil, nil
	}
	for i, text := range *in.Addresses {
		name := fmt.Sprintf("allowedIpAddresses[%d]", i)
		if p, err := netip.ParsePrefix(text); err == nil {
			networks = append(networks, p.Masked().String())
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return nil, invalid(invalidField{Name: name, Value: text, Message: "is neither an IP address nor a range like 192.0.2.0/24"})
		}
		networks = append(networks, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()).String())
	}
	return networks, nil
}

func (h *Handler) makeCredential(w http.ResponseWriter, c *call) (reply, *fault) {
	o, no := h.owner(c)
	if no != nil {
		return reply{}, no
	}
	var in credentialAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	networks, no := in.check()
	if no != nil {
		return reply{}, no
	}
	if in.Roles == nil {
		in.Roles = &[]string{}
	}
	role, only, no := granted(*in.Roles)
	if no == nil {
		no = h.mayGrant(c, role, only)
	}
	if no != nil {
		return reply{}, no
	}
	a, no := h.credentialAccount(c, o, in.Merchants)
	if no != nil {
		return reply{}, no
	}
	n := estate.NewKey{Account: a.ID, Role: role, Only: only, Networks: networks, By: c.caller.KeyID}
	if in.Description != nil {
		n.Name = *in.Description
	}
	k, clear, err := h.Estate.MakeKey(h.Now(), n)
	if err != nil {
		return reply{}, estateFault(err)
	}
	out := h.credentialObject(c, &o, credential{id: k.ID, key: k})
	// Basic authentication with the key as the password works too.
	out.APIKey, out.Password = clear, clear
	return ok(out)
}

// credentialAccount is the account of a new credential: a key of Kassa is for one.
func (h *Handler) credentialAccount(c *call, o owner, merchants []string) (estate.Account, *fault) {
	accounts := o.accounts
	if len(merchants) > 0 {
		accounts = nil
		for _, code := range merchants {
			a, no := h.merchant(c, code)
			if no != nil {
				return estate.Account{}, no
			}
			if !slices.Contains(o.accounts, a) {
				return estate.Account{}, notYours("merchant account")
			}
			accounts = append(accounts, a)
		}
	}
	if len(accounts) != 1 {
		return estate.Account{}, invalid(invalidField{
			Name: "associatedMerchantAccounts", Message: "must name one merchant account: a key of Kassa is for one",
		})
	}
	return accounts[0], nil
}

// changeCredential changes what a credential may do, and where from. One that was made inactive cannot
// be made active again: its key is revoked.
func (h *Handler) changeCredential(w http.ResponseWriter, c *call) (reply, *fault) {
	o, cr, no := h.credential(c)
	if no == nil {
		no = h.mayGrant(c, cr.key.Role, cr.key.Only) // who has less than the credential does not open it to others
	}
	if no != nil {
		return reply{}, no
	}
	var in credentialAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	networks, no := in.check()
	if no != nil {
		return reply{}, no
	}
	role, only := cr.key.Role, cr.key.Only
	if in.Roles != nil {
		if role, only, no = granted(*in.Roles); no == nil {
			no = h.mayGrant(c, role, only)
		}
		if no != nil {
			return reply{}, no
		}
	}
	if len(in.Merchants) > 0 {
		a, no := h.credentialAccount(c, o, in.Merchants)
		if no != nil {
			return reply{}, no
		}
		if a.ID != cr.key.Account {
			return reply{}, invalid(invalidField{Name: "associatedMerchantAccounts", Message: "cannot be changed"})
		}
	}
	usable := cr.key.Usable(h.Now())
	if in.Active != nil && *in.Active && !usable {
		return reply{}, invalid(invalidField{Name: "active", Message: "cannot be true again: the key is revoked or expired; make a new credential"})
	}
	end := in.Active != nil && !*in.Active && usable
	for _, k := range append([]estate.Key{cr.key}, cr.former...) { // the former keys too, while they are good
		if k.ID != cr.key.ID && !k.Usable(h.Now()) {
			continue
		}
		if err := h.changeKey(c, k.ID, end, func(k *estate.Key) {
			k.Role, k.Only = role, only
			set(&k.Name, in.Description)
			if in.Addresses != nil {
				k.Networks = networks
			}
		}); err != nil {
			return reply{}, estateFault(err)
		}
	}
	cr.key, _ = h.Estate.Key(cr.key.ID)
	return ok(h.credentialObject(c, &o, cr))
}

func (h *Handler) changeKey(c *call, id string, end bool, change func(*estate.Key)) error {
	if _, err := h.Estate.ChangeKey(h.Now(), id, c.caller.KeyID, change); err != nil || !end {
		return err
	}
	return h.Estate.RevokeKey(h.Now(), id, c.caller.KeyID)
}

func (h *Handler) generateAPIKey(_ http.ResponseWriter, c *call) (reply, *fault) {
	_, cr, no := h.credential(c)
	if no != nil {
		return reply{}, no
	}
	if no := h.mayGrant(c, cr.key.Role, cr.key.Only); no != nil {
		return reply{}, no
	}
	_, clear, err := h.Estate.RotateKey(h.Now(), cr.key.ID, oldKeyLives, c.caller.KeyID)
	if err != nil {
		return reply{}, estateFault(err)
	}
	return ok(map[string]string{"apiKey": clear})
}

func (h *Handler) me(_ http.ResponseWriter, c *call) (reply, *fault) {
	k, found := h.Estate.Key(c.caller.KeyID)
	if !found {
		return reply{}, unreadable()
	}
	byID := make(map[string]estate.Key)
	for _, other := range h.Estate.Keys(k.Account) {
		byID[other.ID] = other
	}
	out := h.credentialObject(c, nil, credential{id: idOf(k, formerOf(byID, k)), key: k})
	_, out.CompanyName, _ = strings.Cut(out.Username, "@Company.")
	if c.caller.Account == "" {
		for _, a := range h.accounts(c) {
			out.Merchants = append(out.Merchants, a.Merchant)
		}
	}
	out.Links = map[string]link{"self": h.at(c, "me")}
	return ok(out)
}
