package management

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Route is one call of the API.
type Route struct {
	Method string
	// Pattern is its path; {name} stands for one segment.
	Pattern string
	// Permission is what the key must have.
	Permission string
	// IDs are where the call names something that belongs to somebody: "path x", "query x", or "body x"
	// with "x[]" for a list.
	IDs []string
	// Account tells that keys of one terminal group are refused.
	Account bool
	// Legacy tells that errors have the older form.
	Legacy bool

	serve func(*Handler, http.ResponseWriter, *call) (reply, *fault)
}

// The permissions, as the table of who may do what names them.
const (
	readTerminals  = "terminals.read"
	manageTerminal = "terminals.manage"
	readSettings   = "settings.read"
	writeSettings  = "settings.write"
	writeSecrets   = "settings.secrets"
	manageShops    = "shops.manage"
	manageWebhooks = "webhooks.manage"
	manageKeys     = "keys.manage"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// Routes lists all calls.
func Routes() []Route {
	list := slices.Concat(terminalRoutes(), accountRoutes(), settingRoutes(), ownedRoutes())
	for i := range list {
		var path []string
		for _, part := range split(list[i].Pattern) {
			if name := strings.Trim(part, "{}"); name != part {
				path = append(path, "path "+name)
			}
		}
		list[i].IDs = slices.Concat(path, list[i].IDs)
	}
	return list
}

// terminalRoutes are the calls about terminals.
func terminalRoutes() []Route {
	return []Route{
		{Method: post, Pattern: "/connectedTerminals", Permission: readTerminals, Legacy: true,
			IDs: []string{"body merchantAccount", "body store", "body uniqueTerminalId"}, serve: (*Handler).connectedTerminals},
		{Method: get, Pattern: "/v1/merchants/{merchantAccount}/connectedDevices", Permission: readTerminals, IDs: []string{"query store"}, serve: (*Handler).connectedDevices},
		{Method: get, Pattern: "/v1/merchants/{merchantAccount}/devices/{deviceId}/status", Permission: readTerminals, serve: (*Handler).deviceStatus},

		{Method: get, Pattern: "/v3/terminals", Permission: readTerminals, IDs: []string{"query merchantIds", "query storeIds"}, serve: (*Handler).listTerminals},
		{Method: post, Pattern: "/v3/terminals/{terminalId}/reassign", Permission: manageTerminal, Account: true,
			IDs: []string{"body companyId", "body merchantId", "body storeId"}, serve: (*Handler).reassign},
		{Method: post, Pattern: "/v3/terminals/scheduleActions", Permission: manageTerminal,
			IDs: []string{"body storeId", "body terminalIds[]"}, serve: (*Handler).scheduleActions},
		{Method: get, Pattern: "/v3/companies/{companyId}/terminalActions", Permission: readTerminals, Account: true, serve: (*Handler).listActions},
		{Method: get, Pattern: "/v3/companies/{companyId}/terminalActions/{actionId}", Permission: readTerminals, Account: true, serve: (*Handler).showAction},
	}
}

// accountRoutes are the calls about who and what there is above terminals.
func accountRoutes() []Route {
	return []Route{
		{Method: get, Pattern: "/v3/companies", Permission: readTerminals, Account: true, serve: (*Handler).listCompanies},
		{Method: get, Pattern: "/v3/companies/{companyId}", Permission: readTerminals, Account: true, serve: (*Handler).showCompany},
		{Method: get, Pattern: "/v3/companies/{companyId}/merchants", Permission: readTerminals, Account: true, serve: (*Handler).listMerchantsOf},
		{Method: get, Pattern: "/v3/merchants", Permission: readTerminals, Account: true, serve: (*Handler).listMerchants},
		{Method: get, Pattern: "/v3/merchants/{merchantId}", Permission: readTerminals, Account: true, serve: (*Handler).showMerchant},

		{Method: get, Pattern: "/v3/stores", Permission: readTerminals, Account: true, IDs: []string{"query merchantId"}, serve: (*Handler).listStores},
		{Method: post, Pattern: "/v3/stores", Permission: manageShops, Account: true, IDs: []string{"body merchantId"}, serve: (*Handler).makeStore},
		{Method: get, Pattern: "/v3/stores/{storeId}", Permission: readTerminals, Account: true, serve: (*Handler).showStore},
		{Method: patch, Pattern: "/v3/stores/{storeId}", Permission: manageShops, Account: true, serve: (*Handler).changeStore},
		{Method: get, Pattern: "/v3/merchants/{merchantId}/stores", Permission: readTerminals, Account: true, serve: (*Handler).listStores},
		{Method: post, Pattern: "/v3/merchants/{merchantId}/stores", Permission: manageShops, Account: true, serve: (*Handler).makeStore},
		{Method: get, Pattern: "/v3/merchants/{merchantId}/stores/{storeId}", Permission: readTerminals, Account: true, serve: (*Handler).showStore},
		{Method: patch, Pattern: "/v3/merchants/{merchantId}/stores/{storeId}", Permission: manageShops, Account: true, serve: (*Handler).changeStore},

		{Method: get, Pattern: "/v3/me", Permission: "", serve: (*Handler).me},
	}
}

// settingRoutes are the calls about settings, at five levels.
func settingRoutes() (list []Route) {
	for _, pattern := range []string{
		"/v3/terminals/{terminalId}/terminalSettings",
		"/v3/stores/{storeId}/terminalSettings",
		"/v3/merchants/{merchantId}/stores/{reference}/terminalSettings",
		"/v3/merchants/{merchantId}/terminalSettings",
		"/v3/companies/{companyId}/terminalSettings",
	} {
		above := !strings.HasPrefix(pattern, "/v3/terminals/")
		list = append(list,
			Route{Method: get, Pattern: pattern, Permission: readSettings, Account: above, serve: (*Handler).showSettings},
			Route{Method: patch, Pattern: pattern, Permission: writeSettings, Account: above, serve: (*Handler).changeSettings})
	}
	return list
}

// ownedRoutes are the calls about what a merchant or a company has.
func ownedRoutes() (list []Route) {
	for _, owner := range []string{"/v3/merchants/{merchantId}", "/v3/companies/{companyId}"} {
		hooks, credentials := owner+"/webhooks", owner+"/apiCredentials"
		var merchants []string
		if strings.Contains(owner, "companyId") {
			merchants = []string{"body filterMerchantAccounts[]"}
		}
		list = append(list,
			Route{Method: get, Pattern: hooks, Permission: manageWebhooks, Account: true, serve: (*Handler).listWebhooks},
			Route{Method: post, Pattern: hooks, Permission: manageWebhooks, Account: true, IDs: merchants, serve: (*Handler).makeWebhook},
			Route{Method: get, Pattern: hooks + "/{webhookId}", Permission: manageWebhooks, Account: true, serve: (*Handler).showWebhook},
			Route{Method: patch, Pattern: hooks + "/{webhookId}", Permission: manageWebhooks, Account: true, IDs: merchants, serve: (*Handler).changeWebhook},
			Route{Method: remove, Pattern: hooks + "/{webhookId}", Permission: manageWebhooks, Account: true, serve: (*Handler).removeWebhook},
			Route{Method: post, Pattern: hooks + "/{webhookId}/generateHmac", Permission: manageWebhooks, Account: true, serve: (*Handler).generateHMAC},
			Route{Method: post, Pattern: hooks + "/{webhookId}/test", Permission: manageWebhooks, Account: true, IDs: []string{"body merchantIds[]"}, serve: (*Handler).testWebhook},

			Route{Method: get, Pattern: credentials, Permission: manageKeys, Account: true, serve: (*Handler).listCredentials},
			Route{Method: post, Pattern: credentials, Permission: manageKeys, Account: true, IDs: []string{"body associatedMerchantAccounts[]"}, serve: (*Handler).makeCredential},
			Route{Method: get, Pattern: credentials + "/{apiCredentialId}", Permission: manageKeys, Account: true, serve: (*Handler).showCredential},
			Route{Method: patch, Pattern: credentials + "/{apiCredentialId}", Permission: manageKeys, Account: true, IDs: []string{"body associatedMerchantAccounts[]"}, serve: (*Handler).changeCredential},
			Route{Method: post, Pattern: credentials + "/{apiCredentialId}/generateApiKey", Permission: manageKeys, Account: true, serve: (*Handler).generateAPIKey})
	}
	return list
}

// match finds the route of an escaped path and the values that stand in it. A path that only other
// methods take gives those.
func match(table []Route, method, path string) (found *Route, values map[string]string, allowed []string) {
	segments := split(path)
	if method == http.MethodHead {
		method = http.MethodGet
	}
	best := -1
	for i := range table {
		r := &table[i]
		at, ok := r.values(segments)
		switch {
		case !ok:
		case r.Method != method:
			allowed = append(allowed, r.Method)
		case best < 0 || len(at) < len(values):
			best, values = i, at
		}
	}
	if best < 0 {
		slices.Sort(allowed)
		return nil, nil, slices.Compact(allowed)
	}
	return &table[best], values, nil
}

// values are what stands in a path, if it is the route's.
func (r *Route) values(segments []string) (map[string]string, bool) {
	parts := split(r.Pattern)
	if len(parts) != len(segments) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range parts {
		if part[0] != '{' {
			if part != segments[i] {
				return nil, false
			}
			continue
		}
		text, err := url.PathUnescape(segments[i])
		if err != nil || text == "" {
			return nil, false
		}
		values[strings.Trim(part, "{}")] = text
	}
	return values, true
}
