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
	// reason tells that it is a reason of the language, whose fix depends on the order.
	reason bool
}

// troubles are all problems that this API answers with. Each has a page at /problems/CODE.
func troubles() []trouble {
	list := []trouble{
		{code: "unauthorised", status: 401, title: "Unauthorised", means: "The request has no key, or one that was never made here.",
			fix: "Send a key of this installation as Authorization: Bearer. The operator's is KASSA_TOKEN."},
		{code: "key_revoked", status: 401, title: "Key revoked", means: "The key was revoked; it opens nothing any more.",
			fix: "Use its successor, or have a new key made."},
		{code: "key_expired", status: 401, title: "Key expired", means: "The key was good until an instant that has passed, for example because it was rotated.",
			fix: "Use the key that replaced it."},
		{code: "other_environment", status: 401, title: "Key of the other environment", means: "Keys that begin with test_ open the test environment only, and those that begin with live_ the live one.",
			fix: "Send it to the base URL that the detail names, or use a key of this environment."},
		{code: "key_network", status: 403, title: "Key not allowed from here", means: "The key may be used from some networks only, and the request came from elsewhere.",
			fix: "Call from one of its networks, or have its networks changed."},
		{code: "forbidden", status: 403, title: "Forbidden", means: "The key is good, but its role, or what it was narrowed to, does not include this.",
			fix: "Use a key whose role includes the permission that the detail names. GET /api/v1/me shows what a key may do."},
		{code: "not_allowed", status: 403, title: "Not allowed", means: "This part of the change is for the operator.",
			fix: "Ask for it: POST …/settings-wishes makes a wish that the operator grants or refuses."},
		{code: "not_found", status: 404, title: "Not found", means: "There is nothing at this path, or nothing that this key can see.",
			fix: "Look at the list above it. What belongs to another account or group is not there for a key."},
		{code: "id_of_other_environment", status: 404, title: "Id of the other environment", means: "Ids show their environment, and this one shows the other.",
			fix: "Ask the installation of that environment."},
		{code: "method_not_allowed", status: 405, title: "Method not allowed", means: "The path is right and the method is not.",
			fix: "The header Allow names the methods that it takes.", front: true},
		{code: "not_acceptable", status: 406, title: "Not acceptable", means: "The answer has no form that the header Accept asks for.",
			fix: "Send the Accept that the detail names."},
		{code: "invalid_input", status: 400, title: "Invalid input", means: "A parameter or a field is missing, unknown, or breaks a rule. Nothing was changed.",
			fix: "errors names each, as a JSON pointer into the body, a parameter or a header.", front: true},
		{code: "too_large", status: 413, title: "Too large", means: "The body has more bytes than are read.",
			fix: "Send less at once.", front: true},
		{code: "exists", status: 409, title: "Exists already", means: "There is one with this name already.",
			fix: "Use the one that there is, or another name."},
		{code: "wrong_state", status: 409, title: "Wrong state", means: "It is not in the state that this step needs.",
			fix: "Look at it, and do what has to come before."},
		{code: "binding_warned", status: 409, title: "The checks found something", means: "A terminal was not bound to a charger, because the checks before it found what would keep payments from getting through.", fix: "findings tells what, and who can put it right. To bind it all the same, send it again with despite true."},
		{code: "limit_reached", status: 409, title: "Limit reached", means: "The installation holds as many as it can.",
			fix: "Remove what is of no use any more."},
		{code: "country_not_offered", status: 409, title: "Country not offered", means: "Terminals are offered in the Netherlands and Belgium, to partners also in Italy and Spain.",
			fix: "Use a group or a shop in one of these countries, or have the account made a partner's."},
		{code: "idempotency_mismatch", status: 422, title: "The same key for something else", means: "This Idempotency-Key, or id of a refund, stands for another request already. Nothing was done.",
			fix: "The same purchase has the same key; another one has another key."},
		{code: "idempotency_running", status: 409, title: "Still at work", means: "The first request with this Idempotency-Key has not been answered yet.",
			fix: "Send the same again in a moment."},
		{code: "outcome_unknown", status: 409, title: "The outcome is not known", means: "A request with this Idempotency-Key was begun, and the process ended, or could not write, before it was answered. It is not done again.",
			fix: "Look whether what it asked for is there. If not, send it with a new key."},
		{code: "too_many_streams", status: 503, title: "Too many streams", means: "As many event streams are open as there can be.",
			fix: "Close one, or read pages."},
		{code: "too_many_tests", status: 429, title: "Too many tests", means: "As many connection tests are on the way as there can be.",
			fix: "Send it again after the seconds in Retry-After."},
		{code: "unavailable", status: 503, title: "Unavailable", means: "The record could not be read or written just now. Where something was to be changed, the detail says whether it may have been.",
			fix: "Try again in a moment.", front: true},
		{code: "internal_error", status: 500, title: "Internal error", means: "Kassa failed to answer.",
			fix: "The request id finds it in the log of the installation.", front: true},
		{code: "unwritten", status: 500, title: "Internal error", means: "The receipt could not be written.",
			fix: "The request id finds it in the log of the installation."},
		{code: "ambiguous", status: 409, title: "Ambiguous", means: "Several groups have an order with this reference.",
			fix: "Use the id of one."},
		{code: "delivery_unknown", status: 404, title: "Not found", means: "There is no delivery with this id.",
			fix: "GET /api/v1/deliveries lists them."},
		{code: "delivery_waiting", status: 409, title: "The delivery waits already", means: "It waits for its next try, and is not sent again before.",
			fix: "Look at its nextTry."},
		{code: "live_clock", status: 403, title: "Live clock", means: "The clock of a live environment cannot be moved.",
			fix: "Use the test environment."},
		{code: "no_receipt", status: 404, title: "No receipt", means: "The order has no such refund, or no card was read for it.",
			fix: "GET /api/v1/orders/{order} shows what there is."},
	}
	list = append(list, workshopTroubles()...)
	for _, r := range kassa.Reasons() {
		list = append(list, trouble{code: string(r), status: http.StatusConflict, title: "Refused", means: sentence(r.Text()), fix: fixOf(r), reason: true})
	}
	return list
}

// workshopTroubles are those of terminals out of use and of the jobs around devices.
func workshopTroubles() []trouble {
	return []trouble{
		{code: "terminal_online", status: 409, title: "The terminal is online", means: "A terminal is retired when it is not connected: a payment on its screen has an end first.",
			fix: "Switch it off, then retire it."},
		{code: "developer_mode_in_live", status: 403, title: "No developer mode in live", means: "A device in developer mode is not PCI compliant: the live environment has none.",
			fix: "Use a device of the test environment for development."},
		{code: "developer_mode_irreversible", status: 409, title: "Developer mode is for ever", means: "A device that went into developer mode never leaves it.",
			fix: "Ask for a return, and have the device replaced."},
		{code: "sensor_suspected", status: 409, title: "A sensor may be damaged", means: "The tamper alarm came back within 30 days after the last one: another unlock code will not mend it.",
			fix: "Make the return that the request suggests, or approve it with anyway: true."},
	}
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
		Cause            string
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
		if cause := causeOf(code); cause != "" {
			page.Cause = docOf(cause)
		}
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
