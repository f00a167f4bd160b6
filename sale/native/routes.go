package native

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kassa/estate"
)

// What a key must be allowed to do to call a route; package auth has the table of who may.
const (
	paymentsTake     estate.Permission = "payments.take"
	paymentsRefund   estate.Permission = "payments.refund"
	ordersRead       estate.Permission = "orders.read"
	terminalsRead    estate.Permission = "terminals.read"
	terminalsManage  estate.Permission = "terminals.manage"
	terminalsTest    estate.Permission = "terminals.test"
	settingsRead     estate.Permission = "settings.read"
	settingsWrite    estate.Permission = "settings.write"
	settingsOperator estate.Permission = "settings.operator"
	keysManage       estate.Permission = "keys.manage"
	webhooksManage   estate.Permission = "webhooks.manage"
	shopsManage      estate.Permission = "shops.manage"
	eventsRead       estate.Permission = "events.read"
	deliveriesManage estate.Permission = "deliveries.manage"
	estateOperate    estate.Permission = "estate.operate"
	simulate         estate.Permission = "simulate"
	devicesService   estate.Permission = "devices.service"
	anyKey           estate.Permission = "any key"
	noKey            estate.Permission = "no key"
	settingsSecrets  estate.Permission = "settings.secrets"
)

// route is one line of the API.
type route struct {
	method string
	// path lies below Prefix; {name} stands for one segment.
	path  string
	needs estate.Permission
	// query are the parameters that it takes, with spaces between them.
	query string
	// once tells that Idempotency-Key makes a repeat harmless. It is said of every POST but those that
	// stream, change nothing, or have an identity of their own.
	once  bool
	serve serve

	parts []string
}

// serve answers a call, or says why not.
type serve func(*Handler, http.ResponseWriter, *call) *problem

// Route is a line of the API for those who look at it from outside.
type Route struct {
	Method, Pattern string // with Prefix
	Needs           estate.Permission
	Query           []string
}

// Routes are all calls of the API.
func Routes() []Route {
	var list []Route
	for _, r := range routes() {
		list = append(list, Route{r.method, Prefix + r.path, r.needs, strings.Fields(r.query)})
	}
	return list
}

// routes are all calls of the API, one a line. Where two paths match, the one with more literal
// segments counts.
func routes() []route {
	return slices.Concat(recordRoutes(), estateRoutes(), accessRoutes(), doctorRoutes(), caseRoutes(), serviceRoutes(), workshopRoutes(), logRoutes(), connectionRoutes(), operatorRoutes(), chargingRoutes(), receivableRoutes())
}

// recordRoutes are those to what happened.
func recordRoutes() []route {
	return []route{
		{"GET", "status", terminalsRead, "", false, (*Handler).status, nil},
		{"GET", "clock", simulate, "", false, (*Handler).clock, nil},
		{"POST", "clock", simulate, "", true, (*Handler).moveClock, nil},
		{"GET", "orders", ordersRead, "terminal status group reference before limit", false, (*Handler).listOrders, nil},
		{"GET", "orders/{order}", ordersRead, "", false, (*Handler).showOrder, nil},
		{"GET", "orders/{order}/receipt", ordersRead, "format columns copy refund lang", false, (*Handler).receipt, nil},
		{"POST", "orders/{order}/cancel", paymentsTake, "", true, (*Handler).cancelOrder, nil},
		{"POST", "orders/{order}/refunds", paymentsRefund, "", false, (*Handler).refundOrder, nil},
		{"GET", "events", eventsRead, "after limit order", false, (*Handler).events, nil},
		{"GET", "notices", eventsRead, "after order", false, (*Handler).notices, nil},
		{"POST", "notices/verdict", eventsRead, "", true, (*Handler).verdict, nil},
		{"GET", "deliveries", eventsRead, "status order before limit", false, (*Handler).listDeliveries, nil},
		{"POST", "deliveries/{delivery}/resend", deliveriesManage, "", true, (*Handler).resend, nil},
		{"POST", "deliveries/{delivery}/ignore", deliveriesManage, "", true, (*Handler).ignore, nil},
	}
}

// sorted makes the table ready: the paths with more literal segments first.
func sorted(table []route) []route {
	literals := func(r route) int { return len(r.parts) - strings.Count(r.path, "{") }
	for i := range table {
		table[i].parts = strings.Split(table[i].path, "/")
	}
	slices.SortStableFunc(table, func(a, b route) int { return literals(b) - literals(a) })
	return table
}

// match finds the route of an escaped path with what stands in it. A path that only other methods take
// gives those.
func match(table []route, method, path string) (found *route, values map[string]string, allowed []string) {
	segments := strings.Split(strings.TrimPrefix(path, Prefix), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "" {
			return nil, nil, nil
		}
		segments[i] = plain
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range table {
		r := &table[i]
		got, ok := r.values(segments)
		switch {
		case !ok:
		case r.method == method:
			return r, got, nil
		default:
			allowed = append(allowed, r.method)
		}
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	order := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	slices.SortFunc(allowed, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return nil, nil, slices.Compact(allowed)
}

// values are what stands in the segments of a path; false tells that it is another path.
func (r *route) values(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.parts) {
		return nil, false
	}
	values := make(map[string]string, 2)
	for i, part := range r.parts {
		if part[0] == '{' {
			values[part[1:len(part)-1]] = segments[i]
		} else if part != segments[i] {
			return nil, false
		}
	}
	return values, true
}
