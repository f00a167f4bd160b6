package adyen

import (
	"net/http"
	"net/url"
	"strings"
)

// Route is one call of the door, for a test that tries every one with keys that may not call it.
type Route struct {
	Method  string
	Pattern string // as for a ServeMux
	// IDs are where the call names an account, a terminal or a transaction.
	IDs []string
}

// Routes lists all calls of the door.
func Routes() []Route {
	body := []string{
		"body SaleToPOIRequest.MessageHeader.POIID",
		"body SaleToPOIRequest.ReversalRequest.OriginalPOITransaction.POITransactionID.TransactionID",
		"body SaleToPOIRequest.AbortRequest.MessageReference",
		"body SaleToPOIRequest.TransactionStatusRequest.MessageReference",
	}
	device := append([]string{"path merchantAccount", "path deviceId"}, body...)
	payment := []string{"path paymentPspReference", "body merchantAccount"}
	return []Route{
		{http.MethodPost, "/sync", body},
		{http.MethodPost, "/async", body},
		{http.MethodPost, "/v1/merchants/{merchantAccount}/devices/{deviceId}/sync", device},
		{http.MethodPost, "/v1/merchants/{merchantAccount}/devices/{deviceId}/async", device},
		{http.MethodPost, "/v71/payments/{paymentPspReference}/captures", payment},
		{http.MethodPost, "/v71/payments/{paymentPspReference}/cancels", payment},
		{http.MethodPost, "/v71/payments/{paymentPspReference}/refunds", payment},
	}
}

// target is what a path asks for.
type target struct {
	v1, async        bool
	merchant, device string // v1 only
	// modification is captures, cancels or refunds, of the payment with this pspReference.
	modification, psp string
}

// basePaths may stand before a path: Adyen's Node library keeps the path of the address that it is given.
var basePaths = []string{"/adyen", "/tapi"}

// findTarget reads an escaped path.
func findTarget(path string) (target, bool) {
	path = "/" + strings.Trim(path, "/")
	for _, base := range basePaths {
		if rest, ok := strings.CutPrefix(path, base+"/"); ok {
			path = "/" + rest
			break
		}
	}
	switch path {
	case "/sync":
		return target{}, true
	case "/async":
		return target{async: true}, true
	}
	if at, ok := findModification(strings.Split(strings.TrimPrefix(path, "/"), "/")); ok {
		return at, true
	}
	path = strings.TrimPrefix(path, "/v1")
	parts := strings.Split(strings.TrimPrefix(path, "/v1/"), "/") // libraries may add the version to an address that has it
	if !strings.HasPrefix(path, "/v1/") || len(parts) != 5 || parts[0] != "merchants" || parts[2] != "devices" {
		parts = strings.Split(strings.TrimPrefix(path, "/"), "/")
	}
	if len(parts) != 5 || parts[0] != "merchants" || parts[2] != "devices" || parts[4] != "sync" && parts[4] != "async" {
		return target{}, false
	}
	merchant, err := url.PathUnescape(parts[1])
	device, err2 := url.PathUnescape(parts[3])
	if err != nil || err2 != nil || merchant == "" || device == "" {
		return target{}, false
	}
	return target{v1: true, async: parts[4] == "async", merchant: merchant, device: device}, true
}

// Owns tells whether an escaped path is the door's.
func Owns(path string) bool {
	_, ok := findTarget(path)
	return ok
}

// Refuse answers with an error that did not come from this door, in the form of the path's API, if the
// path is the door's; false tells that it is not, and nothing was written.
func Refuse(w http.ResponseWriter, r *http.Request, status int, message string) bool {
	at, ok := findTarget(r.URL.EscapedPath())
	if ok {
		writeProblem(w, at.v1, problem{status: status, code: "000", kind: "internal", text: message})
	}
	return ok
}
