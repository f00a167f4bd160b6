package adyen

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"kassa"
)

// What the Checkout API does with a payment that a terminal took: the only way in Adyen's dialect to take
// money that a pre-authorisation holds.

// Captures takes money that is held.
type Captures interface {
	Capture(ctx context.Context, dialect, scope, ref string, ask kassa.AskCapture) (kassa.Order, int64, kassa.Reason, error)
}

// modifications are what can be done with a payment, by the last part of the path.
var modifications = []string{"captures", "cancels", "refunds"}

var versionForm = regexp.MustCompile(`^v[1-9][0-9]{0,2}$`)

// findModification reads the parts of /v71/payments/{paymentPspReference}/captures. The version says nothing:
// the three calls are the same in all of them.
func findModification(parts []string) (target, bool) {
	if len(parts) != 4 || !versionForm.MatchString(parts[0]) || parts[1] != "payments" || parts[2] == "" || !slices.Contains(modifications, parts[3]) {
		return target{}, false
	}
	return target{modification: parts[3], psp: parts[2]}, true
}

// modify serves a modification whose key has been looked at. What it answers is stored; how the host takes
// it is told by webhook.
func (h *Handler) modify(w http.ResponseWriter, r *http.Request, q *request) {
	answered, refused := h.modified(r, q)
	if refused.problem() {
		h.refuseCall(w, q, refused)
		return
	}
	writeJSON(w, jsonType, http.StatusCreated, answered)
}

// modificationAsk is what a modification asks for.
type modificationAsk struct {
	amount    kassa.Money
	reference string
	// ref is the same when the same call is sent again, "" when nobody can tell.
	ref string
}

func (h *Handler) modified(r *http.Request, q *request) (object, problem) {
	ctx := context.WithoutCancel(r.Context())
	if q.modification == "captures" && !q.caller.TakesPayments || q.modification != "captures" && !q.caller.Refunds {
		return nil, forbidden("the role of this API key does not allow " + q.modification)
	}
	ask, refused := h.readModification(r, q)
	if refused.problem() {
		return nil, refused
	}
	o, ok, err := h.original(q, "."+q.psp)
	switch {
	case err != nil:
		return nil, worldFailed()
	case !ok:
		no := unprocessable("167", "Original pspReference required for this operation: no payment of this API key has it")
		no.cause = string(kassa.OrderUnknown)
		return nil, no
	}
	door, _ := json.Marshal(refundDoor{o.POIID, "", "", ask.reference, strings.TrimSuffix(q.modification, "s")})
	var number int64
	var reason kassa.Reason
	first := ask.amount // what was asked for when the same key came first
	switch q.modification {
	case "captures":
		o, number, reason, err = h.Captures.Capture(ctx, o.Dialect, o.Scope, o.Ref, kassa.AskCapture{
			Amount: ask.amount.Minor, Currency: ask.amount.Currency, Ref: ask.ref, Description: ask.reference, Door: door,
		})
		if c := o.CaptureNumbered(number); c != nil {
			first = c.Amount
		}
	case "refunds":
		o, number, reason, err = h.Orders.Refund(ctx, o.Dialect, o.Scope, o.Ref, kassa.AskRefund{
			Amount: ask.amount.Minor, Currency: ask.amount.Currency, Ref: ask.ref, Description: ask.reference, Door: door,
		})
		if r := o.RefundNumbered(number); r != nil {
			first = r.Amount
		}
	default:
		_, reason, err = h.Orders.Release(ctx, o.Dialect, o.Scope, o.Ref)
	}
	switch {
	case err != nil:
		return nil, worldFailed()
	case reason != kassa.None && reason != kassa.RefundRepeated && reason != kassa.CaptureRepeated:
		no := unprocessable("153", reason.Text())
		no.cause = string(reason)
		return nil, no
	case first != ask.amount:
		return nil, unprocessable("704", "The Idempotency-Key was used with another amount.")
	}
	psp := PSPReference(number)
	if q.modification == "cancels" {
		psp = pspOf("cancel " + o.ID())
	}
	out := object{
		"merchantAccount": h.Directory.Merchant(q.caller.Account), "paymentPspReference": q.psp, "pspReference": psp, "status": "received",
	}
	if ask.reference != "" {
		out["reference"] = ask.reference
	}
	if q.modification != "cancels" {
		out["amount"] = object{"currency": string(ask.amount.Currency), "value": ask.amount.Minor}
	}
	return out, problem{}
}

func unprocessable(code, text string) problem {
	return problem{status: http.StatusUnprocessableEntity, code: code, kind: "validation", text: text}
}

// readModification reads the body: merchantAccount, reference, and but for cancels the amount in minor units.
func (h *Handler) readModification(r *http.Request, q *request) (ask modificationAsk, p problem) {
	body, err := decode(q.message)
	if err != nil {
		return ask, malformed(err.Error())
	}
	merchant := body.text("merchantAccount")
	switch {
	case merchant == "":
		return ask, unprocessable("702", "Required field 'merchantAccount' is not provided.")
	case merchant != h.Directory.Merchant(q.caller.Account):
		return ask, wrongMerchant(merchant)
	case len(body.text("reference")) > maxReference:
		return ask, unprocessable("702", fmt.Sprintf("Field 'reference' may have %d bytes at most.", maxReference))
	}
	ask.reference = body.text("reference")
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		ask.ref = requestHash(h.Secret, "idempotency "+q.modification+" "+q.psp, object{"key": key})
	}
	if q.modification == "cancels" {
		return ask, problem{}
	}
	amount := body.sub("amount")
	value, _ := amount["value"].(number)
	ask.amount = kassa.Money{Minor: integer(value), Currency: kassa.Currency(amount.text("currency"))}
	if ask.amount.Minor <= 0 || ask.amount.Currency == "" {
		return ask, unprocessable("100", "Field 'amount' must have a currency and a value of minor units above 0.")
	}
	return ask, problem{}
}
