package multisafepay

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kassa/estate"
)

// route is one line of the API.
type route struct {
	method string
	// path lies below /v1/json/. {name} stands for one segment, and {name...}, of which a path has one
	// at most, for several: an order id may hold slashes.
	path string
	keys access
	// needs is what the key must be allowed to do; empty for whatever its role.
	needs estate.Permission
	// refused is the status that a missing or wrong key gets.
	refused int
	serve   func(*Handler, http.ResponseWriter, *call) *refusal

	parts []string
}

// access is which keys may call a route.
type access string

const (
	anyKey     access = "key of a terminal group or of the account"
	accountKey access = "key of the account"
	publicKey  access = "key of a terminal group or of the account, or an API token"
	noKey      access = "no key"
)

func (a access) allows(c Caller) bool {
	switch {
	case c.Role == rolePublic:
		return a == publicKey
	case c.Group == "":
		return true
	}
	return a != accountKey
}

// routes are all calls of the API, one a line. Where two paths match, the one with more literal
// segments counts.
func routes() []route {
	const (
		unauthorised = http.StatusUnauthorized
		forbidden    = http.StatusForbidden // and "message" says so
	)
	const (
		anything        = estate.Permission("")
		payTake         = estate.Permission("payments.take")
		payRefund       = estate.Permission("payments.refund")
		readOrders      = estate.Permission("orders.read")
		manageOrders    = estate.Permission("orders.manage")
		manageTokens    = estate.Permission("tokens.manage")
		readTerminals   = estate.Permission("terminals.read")
		manageTerminals = estate.Permission("terminals.manage")
		readSettings    = estate.Permission("settings.read")
		manageWebhooks  = estate.Permission("webhooks.manage")
	)
	return []route{
		{"POST", "orders", anyKey, payTake, unauthorised, (*Handler).create, nil},
		{"GET", "orders/{order_id...}", anyKey, readOrders, unauthorised, (*Handler).get, nil},
		{"PATCH", "orders/{order_id...}", anyKey, manageOrders, unauthorised, (*Handler).update, nil},
		{"POST", "orders/{order_id...}/cancel", anyKey, payTake, forbidden, (*Handler).cancel, nil},
		{"POST", "orders/{order_id...}/refunds", anyKey, payRefund, unauthorised, (*Handler).refund, nil},
		{"PATCH", "orders/{order_id...}/refunds/{refund_id}", anyKey, payRefund, unauthorised, (*Handler).cancelRefund, nil},
		{"POST", "orders/{order_id...}/capture", anyKey, manageOrders, unauthorised, (*Handler).capture, nil},
		{"PATCH", "capture/{order_id...}", anyKey, manageOrders, unauthorised, (*Handler).release, nil},
		{"GET", "pos/receipt/{order_id...}", anyKey, readOrders, unauthorised, (*Handler).receipt, nil},

		{"GET", "recurring/{reference}", anyKey, manageTokens, unauthorised, (*Handler).listTokens, nil},
		{"GET", "recurring/{reference}/token/{token}", anyKey, manageTokens, unauthorised, (*Handler).getToken, nil},
		{"PATCH", "recurring/{reference}/update/{token}", anyKey, manageTokens, unauthorised, (*Handler).updateToken, nil},
		{"DELETE", "recurring/{reference}/remove/{token}", anyKey, manageTokens, unauthorised, (*Handler).deleteToken, nil},

		{"GET", "transactions", anyKey, readOrders, forbidden, (*Handler).listTransactions, nil},
		{"GET", "transactions/{transaction_id}", anyKey, readOrders, forbidden, (*Handler).getTransaction, nil},
		{"GET", "closing-balances", anyKey, readOrders, forbidden, (*Handler).closingBalances, nil},

		{"GET", "terminals", anyKey, readTerminals, forbidden, (*Handler).listTerminals, nil},
		{"POST", "terminals", accountKey, manageTerminals, forbidden, (*Handler).createTerminal, nil},
		{"GET", "terminal-groups/{group_id}/terminals", anyKey, readTerminals, forbidden, (*Handler).listGroupTerminals, nil},
		{"GET", "sites/{site_id}", anyKey, readSettings, forbidden, (*Handler).getSite, nil},
		{"PATCH", "sites/{site_id}", anyKey, manageWebhooks, forbidden, (*Handler).updateSite, nil},
		{"GET", "me", anyKey, anything, unauthorised, (*Handler).me, nil},
		{"GET", "auth/api_token", anyKey, payTake, unauthorised, (*Handler).apiToken, nil},

		{"GET", "gateways", publicKey, anything, unauthorised, (*Handler).listGateways, nil},
		{"GET", "gateways/{gateway_id}", publicKey, anything, unauthorised, (*Handler).getGateway, nil},
		{"GET", "payment-methods", publicKey, anything, unauthorised, (*Handler).listPaymentMethods, nil},
		{"GET", "payment-methods/{gateway_id}", publicKey, anything, unauthorised, (*Handler).getPaymentMethod, nil},
		{"GET", "issuers/{gateway_id}", publicKey, anything, unauthorised, (*Handler).listIssuers, nil},
		{"GET", "categories", publicKey, anything, unauthorised, (*Handler).listCategories, nil},

		{"GET", "openapi.json", noKey, anything, 0, (*Handler).document, nil},
	}
}

// name is the route as it is recorded.
func (r *route) name() string { return r.method + " " + strings.ReplaceAll(r.path, "...", "") }

// sorted makes the table ready: the paths with more literal segments first.
func sorted(table []route) []route {
	literals := func(r route) int {
		return len(slices.DeleteFunc(slices.Clone(r.parts), func(part string) bool { return part[0] == '{' }))
	}
	for i := range table {
		table[i].parts = strings.Split(table[i].path, "/")
	}
	slices.SortStableFunc(table, func(a, b route) int { return literals(b) - literals(a) })
	return table
}

// match finds the route of an escaped path, and the values that stand in it. A path that only other
// methods take gives those. An order id may hold slashes: escaped as the Python and PHP clients
// send it, or bare from the Node client, which also doubles the first slash.
func match(table []route, method, path string) (found *route, values map[string]string, allowed []string) {
	rest, ok := strings.CutPrefix(path, prefixAPI)
	if !ok {
		return nil, nil, nil
	}
	segments := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range table {
		r := &table[i]
		at, ok := r.spans(segments)
		switch {
		case !ok:
		case r.method == method:
			return r, r.values(segments, at), nil
		// More segments than a path's end names are rather a path that does not exist than an order's id.
		case len(segments) == len(r.parts) || !strings.HasSuffix(r.path, "...}"):
			allowed = append(allowed, r.method)
		}
	}
	slices.Sort(allowed)
	return nil, nil, slices.Compact(allowed)
}

// spans tells how many segments the part {name...} takes, if the path matches.
func (r *route) spans(segments []string) (int, bool) {
	last := r.parts[len(r.parts)-1]
	if n := len(segments); n > 1 && segments[n-1] == "" && !strings.HasSuffix(last, "...}") {
		segments = segments[:n-1] // a slash at the end makes no difference
	}
	spare := len(segments) - len(r.parts)
	at := 0
	for _, part := range r.parts {
		n := 1
		if strings.HasSuffix(part, "...}") {
			n += spare
		}
		if n < 1 || at+n > len(segments) {
			return 0, false
		}
		if text := strings.Join(segments[at:at+n], "/"); text == "" || part[0] != '{' && part != text {
			return 0, false
		}
		at += n
	}
	return 1 + spare, at == len(segments)
}

func (r *route) values(segments []string, span int) map[string]string {
	values := make(map[string]string, 2)
	at := 0
	for _, part := range r.parts {
		n := 1
		if strings.HasSuffix(part, "...}") {
			n = span
		}
		if part[0] == '{' {
			values[strings.TrimSuffix(part[1:len(part)-1], "...")] = unescape(strings.Join(segments[at:at+n], "/"))
		}
		at += n
	}
	return values
}

func unescape(segment string) string {
	id, err := url.PathUnescape(segment)
	if err != nil {
		return ""
	}
	return id
}
