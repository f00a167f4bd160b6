package management

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"kassa/estate"
)

// webhookObject is a webhook as it is shown. The fields of webhookAsked that are not secret are alike.
type webhookObject struct {
	ID            string          `json:"id"`
	Type          string          `json:"type"`
	URL           string          `json:"url"`
	Username      string          `json:"username,omitempty"`
	Description   string          `json:"description,omitempty"`
	HasPassword   bool            `json:"hasPassword"`
	Active        bool            `json:"active"`
	HasError      bool            `json:"hasError"`
	Format        string          `json:"communicationFormat"`
	Encryption    string          `json:"encryptionProtocol,omitempty"`
	NetworkType   string          `json:"networkType,omitempty"`
	Expired       bool            `json:"acceptsExpiredCertificate"`
	SelfSigned    bool            `json:"acceptsSelfSignedCertificate"`
	UntrustedRoot bool            `json:"acceptsUntrustedRootCertificate"`
	HMACKeyCheck  string          `json:"hmacKeyCheckValue,omitempty"`
	Additional    json.RawMessage `json:"additionalSettings,omitempty"`
	Filter        string          `json:"filterMerchantAccountType,omitempty"`
	Merchants     []string        `json:"filterMerchantAccounts,omitempty"`
	Links         map[string]link `json:"_links"`
}

func (h *Handler) webhookObject(c *call, o owner, e estate.Endpoint) webhookObject {
	at := func(more ...string) link { return h.at(c, slices.Concat(o.path, []string{"webhooks", e.ID}, more)...) }
	out := webhookObject{
		ID: e.ID, Type: e.Type, URL: e.URL, Username: e.Username, Description: e.Description, HasPassword: e.HasPassword(), Active: e.Active,
		HasError: h.Webhooks.Failing(e.ID), Format: e.Format, Encryption: e.Encryption, NetworkType: e.NetworkType, Expired: e.AcceptsExpired,
		SelfSigned: e.AcceptsSelfSigned, UntrustedRoot: e.AcceptsUntrustedRoot, Additional: e.AdditionalSettings, Filter: e.Filter,
		Merchants: e.Merchants,
		Links: map[string]link{
			"self": at(), "generateHmac": at("generateHmac"), "testWebhook": at("test"), o.kind(): h.at(c, slices.Clone(o.path)...),
		},
	}
	if len(e.Secrets) > 0 {
		out.HMACKeyCheck = e.Secrets[0].Check
	}
	return out
}

// endpoints are those of an owner that speak this dialect.
func (h *Handler) endpoints(o owner) []estate.Endpoint {
	list := h.Estate.CompanyEndpoints(o.company)
	if o.company == "" {
		list = h.Estate.Endpoints(o.one().ID)
	}
	return slices.DeleteFunc(list, func(e estate.Endpoint) bool { return e.Dialect != estate.DialectAdyen || e.Group != "" })
}

// webhookOwner is the owner of a path. A company's webhooks hear of all its accounts, of those to come
// too, so that they are the operator's alone.
func (h *Handler) webhookOwner(c *call) (owner, *fault) {
	o, no := h.owner(c)
	if no == nil && o.company != "" && c.caller.Account != "" {
		return o, forbidden("webhooks of a company take the operator's key; use those of the merchant account")
	}
	return o, no
}

func (h *Handler) listWebhooks(_ http.ResponseWriter, c *call) (reply, *fault) {
	o, no := h.webhookOwner(c)
	if no != nil {
		return reply{}, no
	}
	var list []webhookObject
	for _, e := range h.endpoints(o) {
		list = append(list, h.webhookObject(c, o, e))
	}
	p, no := paged(h, c, usualStores, list)
	if no != nil {
		return reply{}, no
	}
	account := o.company
	if account == "" {
		account = o.one().Merchant
	}
	return ok(struct {
		page
		Account string `json:"accountReference"`
	}{p, account})
}

// webhook finds the one that a path names.
func (h *Handler) webhook(c *call) (owner, estate.Endpoint, *fault) {
	o, no := h.webhookOwner(c)
	if no != nil {
		return o, estate.Endpoint{}, no
	}
	for _, e := range h.endpoints(o) {
		if e.ID == c.values["webhookId"] {
			return o, e, nil
		}
	}
	return o, estate.Endpoint{}, notYours("webhook")
}

func (h *Handler) showWebhook(_ http.ResponseWriter, c *call) (reply, *fault) {
	o, e, no := h.webhook(c)
	if no != nil {
		return reply{}, no
	}
	return ok(h.webhookObject(c, o, e))
}

// webhookAsked is what a request says of a webhook. A nil field is not there.
type webhookAsked struct {
	Type          *string         `json:"type"`
	URL           *string         `json:"url"`
	Username      *string         `json:"username"`
	Password      *string         `json:"password"`
	Description   *string         `json:"description"`
	Active        *bool           `json:"active"`
	Format        *string         `json:"communicationFormat"`
	Encryption    *string         `json:"encryptionProtocol"`
	NetworkType   *string         `json:"networkType"`
	Expired       *bool           `json:"acceptsExpiredCertificate"`
	SelfSigned    *bool           `json:"acceptsSelfSignedCertificate"`
	UntrustedRoot *bool           `json:"acceptsUntrustedRootCertificate"`
	Additional    json.RawMessage `json:"additionalSettings"`
	Filter        *string         `json:"filterMerchantAccountType"`
	Merchants     *[]string       `json:"filterMerchantAccounts"`
}

// put writes what the request says into an endpoint.
func (in *webhookAsked) put(e *estate.Endpoint) {
	set(&e.Type, in.Type)
	set(&e.URL, in.URL)
	set(&e.Username, in.Username)
	set(&e.Description, in.Description)
	set(&e.Active, in.Active)
	set(&e.Format, in.Format)
	set(&e.Encryption, in.Encryption)
	set(&e.NetworkType, in.NetworkType)
	set(&e.AcceptsExpired, in.Expired)
	set(&e.AcceptsSelfSigned, in.SelfSigned)
	set(&e.AcceptsUntrustedRoot, in.UntrustedRoot)
	set(&e.Filter, in.Filter)
	set(&e.Merchants, in.Merchants)
	e.NewPassword = in.Password
	if len(in.Additional) > 0 && string(in.Additional) != "null" {
		e.AdditionalSettings, e.Events = in.Additional, in.events()
	}
}

// set writes what is there.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// events are the codes that additionalSettings asks for.
func (in *webhookAsked) events() []string {
	var a struct {
		Include []string `json:"includeEventCodes"`
	}
	_ = json.Unmarshal(in.Additional, &a) // check has read it
	return a.Include
}

// check holds a request against the owner and the environment.
func (in *webhookAsked) check(h *Handler, c *call, o owner) *fault {
	if in.Format != nil && *in.Format != "json" {
		return invalid(invalidField{Name: "communicationFormat", Value: *in.Format, Message: "must be json: Kassa sends no other"})
	}
	if in.URL != nil {
		if err := h.Webhooks.CheckURL(h.Estate.Environment(), *in.URL); err != nil {
			return invalid(invalidField{Name: "url", Message: "cannot be used: " + err.Error()})
		}
	}
	var a struct {
		Include []string `json:"includeEventCodes"`
		Exclude []string `json:"excludeEventCodes"`
	}
	if err := json.Unmarshal(in.Additional, &a); len(in.Additional) > 0 && err != nil {
		return badRequest("additionalSettings has the wrong type", invalidField{Name: "additionalSettings", Message: "has the wrong type"})
	}
	if len(a.Exclude) > 0 {
		return invalid(invalidField{Name: "additionalSettings.excludeEventCodes", Message: "is not kept: name those to include"})
	}
	if o.company == "" {
		if in.Filter != nil || in.Merchants != nil {
			return invalid(invalidField{Name: "filterMerchantAccountType", Message: "is for the webhooks of a company"})
		}
		return nil
	}
	if in.Merchants != nil {
		for _, code := range *in.Merchants {
			if a, no := h.merchant(c, code); no != nil || a.Company != o.company {
				return notYours("merchant account")
			}
		}
	}
	return nil
}

func (h *Handler) makeWebhook(w http.ResponseWriter, c *call) (reply, *fault) {
	o, no := h.webhookOwner(c)
	if no != nil {
		return reply{}, no
	}
	var in webhookAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	var missing []invalidField
	for _, need := range []struct {
		name  string
		there bool
	}{
		{"type", in.Type != nil}, {"url", in.URL != nil}, {"active", in.Active != nil}, {"communicationFormat", in.Format != nil},
	} {
		if !need.there {
			missing = append(missing, invalidField{Name: need.name, Message: "is required"})
		}
	}
	if len(missing) > 0 {
		return reply{}, invalid(missing...)
	}
	if no := in.check(h, c, o); no != nil {
		return reply{}, no
	}
	e := estate.Endpoint{Dialect: estate.DialectAdyen, Company: o.company}
	if o.company == "" {
		e.Account = o.one().ID
	}
	in.put(&e)
	e, err := h.Estate.MakeEndpoint(h.Now(), e, c.caller.KeyID)
	if err != nil {
		return reply{}, estateFault(err)
	}
	return ok(h.webhookObject(c, o, e))
}

func (h *Handler) changeWebhook(w http.ResponseWriter, c *call) (reply, *fault) {
	o, e, no := h.webhook(c)
	if no != nil {
		return reply{}, no
	}
	var in webhookAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	if in.Type != nil && *in.Type != e.Type {
		return reply{}, invalid(invalidField{Name: "type", Value: *in.Type, Message: "cannot be changed"})
	}
	if no := in.check(h, c, o); no != nil {
		return reply{}, no
	}
	e, err := h.Estate.ChangeEndpoint(h.Now(), e.ID, c.caller.KeyID, func(e *estate.Endpoint) { in.put(e) })
	if err != nil {
		return reply{}, estateFault(err)
	}
	return ok(h.webhookObject(c, o, e))
}

func (h *Handler) removeWebhook(_ http.ResponseWriter, c *call) (reply, *fault) {
	_, e, no := h.webhook(c)
	if no != nil {
		return reply{}, no
	}
	if err := h.Estate.DeleteEndpoint(h.Now(), e.ID, c.caller.KeyID); err != nil && !errors.Is(err, estate.ErrUnknown) {
		return reply{}, estateFault(err)
	}
	return reply{http.StatusNoContent, nil}, nil
}

func (h *Handler) generateHMAC(_ http.ResponseWriter, c *call) (reply, *fault) {
	_, e, no := h.webhook(c)
	if no != nil {
		return reply{}, no
	}
	_, clear, err := h.Estate.NewSecret(h.Now(), e.ID, 0, c.caller.KeyID)
	if err != nil {
		return reply{}, estateFault(err)
	}
	return ok(map[string]string{"hmacKey": clear})
}

type tried struct {
	MerchantID   string `json:"merchantId"`
	Output       string `json:"output"`
	RequestSent  string `json:"requestSent"`
	ResponseCode string `json:"responseCode"`
	ResponseTime string `json:"responseTime"`
	Status       string `json:"status"`
}

func (h *Handler) testWebhook(w http.ResponseWriter, c *call) (reply, *fault) {
	o, e, no := h.webhook(c)
	if no != nil {
		return reply{}, no
	}
	var in struct {
		Types        []string        `json:"types"`
		Notification json.RawMessage `json:"notification"`
		Merchants    []string        `json:"merchantIds"`
	}
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	accounts := o.accounts
	if len(in.Merchants) > 0 {
		accounts = nil
		for _, code := range in.Merchants {
			a, no := h.merchant(c, code)
			if no != nil || o.company != "" && a.Company != o.company || o.company == "" && a.ID != o.one().ID {
				return reply{}, notYours("merchant account")
			}
			accounts = append(accounts, a)
		}
	}
	if len(in.Types) == 0 {
		in.Types = []string{"AUTHORISATION"}
	}
	if len(in.Types)*len(accounts) > maxTrials {
		return reply{}, invalid(invalidField{Name: "types", Message: fmt.Sprintf("make more than %d notifications", maxTrials)})
	}
	list := []tried{}
	for _, a := range accounts {
		for _, kind := range in.Types {
			t, err := h.Webhooks.Try(c.Context(), e.ID, a.Merchant, kind, in.Notification)
			if err != nil {
				return reply{}, invalid(invalidField{Name: "types", Value: kind, Message: err.Error()})
			}
			list = append(list, shownTrial(a.Merchant, t))
		}
	}
	return ok(map[string]any{"data": list})
}

// maxTrials bounds the notifications of one test.
const maxTrials = 20

func shownTrial(merchant string, t Trial) tried {
	out := tried{
		MerchantID: merchant, Output: t.Answer, RequestSent: t.Sent, ResponseTime: fmt.Sprintf("%d ms", t.Took.Milliseconds()), Status: "success",
	}
	if t.Status != 0 {
		out.ResponseCode = strconv.Itoa(t.Status)
	}
	if t.Failure != "" {
		out.Status = "failed"
		if out.Output == "" {
			out.Output = t.Failure
		}
	}
	return out
}
