package native

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"kassa"
)

// trouble is one kind of problem: what its answers say, and what its page says.
type trouble struct {
	code   string
	status int
	title  string
	means  string
	fix    string
	// front tells that it is what an error of the front with this status is called.
	front bool
}

// troubles are all problems that this API answers with. Each has a page at /problems/CODE.
func troubles() []trouble {
	list := []trouble{
		{"unauthorised", 401, "Unauthorised", "The request has no key, or one that was never made here.",
			"Send a key of this installation as Authorization: Bearer. The operator's is KASSA_TOKEN.", false},
		{"key_revoked", 401, "Key revoked", "The key was revoked; it opens nothing any more.", "Use its successor, or have a new key made.", false},
		{"key_expired", 401, "Key expired", "The key was good until an instant that has passed, for example because it was rotated.",
			"Use the key that replaced it.", false},
		{"other_environment", 401, "Key of the other environment", "Keys that begin with test_ open the test environment only, and those that begin with live_ the live one.",
			"Send it to the base URL that the detail names, or use a key of this environment.", false},
		{"key_network", 403, "Key not allowed from here", "The key may be used from some networks only, and the request came from elsewhere.",
			"Call from one of its networks, or have its networks changed.", false},
		{"forbidden", 403, "Forbidden", "The key is good, but its role, or what it was narrowed to, does not include this.",
			"Use a key whose role includes the permission that the detail names. GET /api/v1/me shows what a key may do.", false},
		{"not_allowed", 403, "Not allowed", "This part of the change is for the operator.", "Ask for it: POST …/settings-wishes makes a wish that the operator grants or refuses.", false},
		{"not_found", 404, "Not found", "There is nothing at this path, or nothing that this key can see.",
			"Look at the list above it. What belongs to another account or group is not there for a key.", false},
		{"id_of_other_environment", 404, "Id of the other environment", "Ids show their environment, and this one shows the other.",
			"Ask the installation of that environment.", false},
		{"method_not_allowed", 405, "Method not allowed", "The path is right and the method is not.", "The header Allow names the methods that it takes.", true},
		{"not_acceptable", 406, "Not acceptable", "The answer has no form that the header Accept asks for.", "Send the Accept that the detail names.", false},
		{"invalid_input", 400, "Invalid input", "A parameter or a field is missing, unknown, or breaks a rule. Nothing was changed.",
			"errors names each, as a JSON pointer into the body, a parameter or a header.", true},
		{"too_large", 413, "Too large", "The body has more bytes than are read.", "Send less at once.", true},
		{"exists", 409, "Exists already", "There is one with this name already.", "Use the one that there is, or another name.", false},
		{"wrong_state", 409, "Wrong state", "It is not in the state that this step needs.", "Look at it, and do what has to come before.", false},
		{"limit_reached", 409, "Limit reached", "The installation holds as many as it can.", "Remove what is of no use any more.", false},
		{"country_not_offered", 409, "Country not offered", "Terminals are offered in the Netherlands and Belgium, to partners also in Italy and Spain.",
			"Use a group or a shop in one of these countries, or have the account made a partner's.", false},
		{"terminal_online", 409, "The terminal is online", "A terminal is retired when it is not connected: a payment on its screen has an end first.",
			"Switch it off, then retire it.", false},
		{"idempotency_mismatch", 422, "The same key for something else", "This Idempotency-Key, or id of a refund, stands for another request already. Nothing was done.",
			"The same purchase has the same key; another one has another key.", false},
		{"idempotency_running", 409, "Still at work", "The first request with this Idempotency-Key has not been answered yet.", "Send the same again in a moment.", false},
		{"outcome_unknown", 409, "The outcome is not known", "A request with this Idempotency-Key was begun, and the process ended, or could not write, before it was answered. It is not done again.",
			"Look whether what it asked for is there. If not, send it with a new key.", false},
		{"too_many_streams", 503, "Too many streams", "As many event streams are open as there can be.", "Close one, or read pages.", false},
		{"too_many_tests", 429, "Too many tests", "As many connection tests are on the way as there can be.", "Send it again after the seconds in Retry-After.", false},
		{"unavailable", 503, "Unavailable", "The record could not be read or written just now. Where something was to be changed, the detail says whether it may have been.",
			"Try again in a moment.", true},
		{"internal_error", 500, "Internal error", "Kassa failed to answer.", "The request id finds it in the log of the installation.", true},
		{"unwritten", 500, "Internal error", "The receipt could not be written.", "The request id finds it in the log of the installation.", false},
		{"ambiguous", 409, "Ambiguous", "Several groups have an order with this reference.", "Use the id of one.", false},
		{"delivery_unknown", 404, "Not found", "There is no delivery with this id.", "GET /api/v1/deliveries lists them.", false},
		{"delivery_waiting", 409, "The delivery waits already", "It waits for its next try, and is not sent again before.", "Look at its nextTry.", false},
		{"live_clock", 403, "Live clock", "The clock of a live environment cannot be moved.", "Use the test environment.", false},
		{"no_receipt", 404, "No receipt", "The order has no such refund, or no card was read for it.", "GET /api/v1/orders/{order} shows what there is.", false},
	}
	for _, r := range kassa.Reasons() {
		list = append(list, trouble{string(r), http.StatusConflict, "Refused", sentence(r.Text()), fixOf(r), false})
	}
	return list
}

func fixOf(r kassa.Reason) string {
	switch r {
	case kassa.NotCancellable:
		return "Refund it."
	case kassa.RefundDuplicate:
		return "Look at the order's refunds before you send it again."
	case kassa.OrderUnknown:
		return "GET /api/v1/orders lists what there is."
	}
	if r.Retryable() {
		return "Try again in a moment."
	}
	return "Look at the order: GET /api/v1/orders/{order} tells all that happened to it."
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// troubleOf finds a kind of problem by its code. One that is not in the table is an error of ours, and
// says so.
func troubleOf(code string) (trouble, bool) {
	for _, t := range troubles() {
		if t.code == code {
			return t, true
		}
	}
	return trouble{code: code, status: http.StatusInternalServerError, title: "Internal error"}, false
}

// fault makes a problem of a kind.
func fault(code, detail string) *problem {
	t, _ := troubleOf(code)
	return &problem{Status: t.status, Code: t.code, Title: t.title, Detail: detail}
}

// with tells what to do next in this case.
func (p *problem) with(fix string) *problem {
	p.Fix = fix
	return p
}

//go:embed problem.html
var problemHTML string

// problemPage is the page about one kind of problem, or the list of all. It needs no key: it tells
// nothing of this installation.
func (h *Handler) problemPage(w http.ResponseWriter, r *http.Request) *problem {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return notAllowed(w, []string{http.MethodGet, http.MethodHead})
	}
	code := strings.TrimPrefix(r.URL.EscapedPath(), problemsPrefix)
	page := struct {
		One              bool
		Code, Title      string
		Status           int
		Means, Fix, Home string
		All              []string
	}{Home: problemsPrefix}
	if code == "" {
		for _, t := range troubles() {
			page.All = append(page.All, t.code)
		}
	} else {
		t, ok := troubleOf(code)
		if !ok {
			return nothingHere()
		}
		page.One, page.Code, page.Title, page.Status, page.Means, page.Fix = true, t.code, t.title, t.status, t.means, t.fix
	}
	form, err := template.New("problem").Parse(problemHTML)
	if err != nil {
		return fault("internal_error", "the page could not be written")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_ = form.Execute(w, page) // a client that went away is told nothing
	return nil
}
