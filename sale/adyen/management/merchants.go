package management

import (
	"net/http"
	"slices"
	"strings"

	"kassa/estate"
)

// usualStores is the page size of stores, merchants, companies, webhooks and credentials.
const usualStores = 10

type merchantObject struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	CompanyID    string          `json:"companyId"`
	Status       string          `json:"status"`
	CaptureDelay string          `json:"captureDelay"`
	DataCenters  []dataCenter    `json:"dataCenters"`
	Links        map[string]link `json:"_links"`
}

type dataCenter struct {
	Name       string `json:"name"`
	LivePrefix string `json:"livePrefix"`
}

func (h *Handler) merchantObject(c *call, a estate.Account) merchantObject {
	at := func(segments ...string) link {
		return h.at(c, append([]string{"merchants", a.Merchant}, segments...)...)
	}
	return merchantObject{
		ID: a.Merchant, Name: a.Name, CompanyID: a.Company, Status: "Active",
		CaptureDelay: "immediate", // a payment on a terminal is captured as it is authorised
		DataCenters:  []dataCenter{{Name: "default"}},
		Links: map[string]link{
			"self": at(), "apiCredentials": at("apiCredentials"), "webhooks": at("webhooks"), "stores": at("stores"),
		},
	}
}

func (h *Handler) merchantPage(c *call, accounts []estate.Account) (reply, *fault) {
	slices.SortFunc(accounts, func(a, b estate.Account) int { return strings.Compare(a.Merchant, b.Merchant) })
	var list []merchantObject
	for _, a := range accounts {
		list = append(list, h.merchantObject(c, a))
	}
	p, no := paged(h, c, usualStores, list)
	if no != nil {
		return reply{}, no
	}
	return ok(p)
}

func (h *Handler) listMerchants(_ http.ResponseWriter, c *call) (reply, *fault) {
	return h.merchantPage(c, h.accounts(c))
}

func (h *Handler) listMerchantsOf(_ http.ResponseWriter, c *call) (reply, *fault) {
	list, no := h.company(c, c.values["companyId"])
	if no != nil {
		return reply{}, no
	}
	return h.merchantPage(c, list)
}

func (h *Handler) showMerchant(_ http.ResponseWriter, c *call) (reply, *fault) {
	a, no := h.merchant(c, c.values["merchantId"])
	if no != nil {
		return reply{}, no
	}
	return ok(h.merchantObject(c, a))
}

type companyObject struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Status      string          `json:"status"`
	DataCenters []dataCenter    `json:"dataCenters"`
	Links       map[string]link `json:"_links"`
}

func (h *Handler) companyObject(c *call, code string) companyObject {
	at := func(segments ...string) link { return h.at(c, append([]string{"companies", code}, segments...)...) }
	return companyObject{
		ID: code, Name: code, Status: "Active", DataCenters: []dataCenter{{Name: "default"}},
		Links: map[string]link{
			"self": at(), "apiCredentials": at("apiCredentials"), "webhooks": at("webhooks"), "merchants": at("merchants"),
		},
	}
}

func (h *Handler) listCompanies(_ http.ResponseWriter, c *call) (reply, *fault) {
	var codes []string
	for _, a := range h.accounts(c) {
		codes = append(codes, a.Company)
	}
	slices.Sort(codes)
	var list []companyObject
	for _, code := range slices.Compact(codes) {
		list = append(list, h.companyObject(c, code))
	}
	p, no := paged(h, c, usualStores, list)
	if no != nil {
		return reply{}, no
	}
	return ok(p)
}

func (h *Handler) showCompany(_ http.ResponseWriter, c *call) (reply, *fault) {
	if _, no := h.company(c, c.values["companyId"]); no != nil {
		return reply{}, no
	}
	return ok(h.companyObject(c, c.values["companyId"]))
}
