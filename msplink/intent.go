package msplink

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The packages of the payment app. Android shows an app only what its manifest's <queries> declares, so
// an app declares all three.
const (
	PackageTerminal  = "com.multisafepay.pos.sunmi"
	PackageNoKernels = "com.multisafepay.pos.nokernels"
	PackageSoftPOS   = "com.phonepos.mspsoftposapp"
)

// Packages are the packages to declare.
func Packages() []string { return []string{PackageTerminal, PackageNoKernels, PackageSoftPOS} }

// What an intent is addressed to.
const (
	Class         = "com.multisafepay.pos.middleware.IntentActivity"
	ActionRefund  = "com.multisafepay.ACTION_UNREFERENCED_REFUND"
	ActionSoftPOS = "com.phonepos.mspsoftposapp.ACTION_MANUAL_PAYMENT"
	// ClassSoftPOS is the end of the class that takes a payment in SoftPOS.
	ClassSoftPOS = "ManualPayInputActivity"
	// RequestSoftPOS is the request code for startActivityForResult.
	RequestSoftPOS = 6017
)

// Intent is an Android intent: Package and Class are its component.
type Intent struct {
	Action  string `json:"action,omitempty"`
	Package string `json:"package,omitempty"`
	Class   string `json:"class,omitempty"`
	Extras  Extras `json:"extras"`
}

// Extras are an intent's extras. A value is a string, a bool, a long (int64), an int (int32) or a double
// (float64): Android keeps them apart, and an app that puts one and reads another reads nothing.
// In JSON a whole number is a long and another number a double; an int is {"int": 1250}.
type Extras map[string]any

// UnmarshalJSON reads extras with their types.
func (e *Extras) UnmarshalJSON(raw []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return wrong("extras", "must be a JSON object")
	}
	*e = Extras{}
	for name, value := range given {
		v, err := extra(value)
		if err != nil {
			return wrong("extras", "%q must be text, true, false, a number or {\"int\": number}", clip(name))
		}
		(*e)[name] = v
	}
	return nil
}

func extra(raw json.RawMessage) (any, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return text, nil
	}
	var truth bool
	if json.Unmarshal(raw, &truth) == nil && raw[0] != 'n' {
		return truth, nil
	}
	var long int64
	if json.Unmarshal(raw, &long) == nil && raw[0] != 'n' {
		return long, nil
	}
	var double float64
	if json.Unmarshal(raw, &double) == nil && raw[0] != 'n' {
		return double, nil
	}
	var small struct {
		Int *int32 `json:"int"`
	}
	if err := json.Unmarshal(raw, &small); err != nil || small.Int == nil {
		return nil, fmt.Errorf("not an extra")
	}
	return *small.Int, nil
}

// MarshalJSON writes extras so that they are read with the same types.
func (e Extras) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for name, v := range e {
		if small, ok := v.(int32); ok {
			v = map[string]int32{"int": small}
		}
		out[name] = v
	}
	return json.Marshal(out)
}

// Intent is the intent that an app sends to the payment app of a terminal.
func (p Payment) Intent() (Intent, error) {
	if err := p.checkApp(); err != nil {
		return Intent{}, err
	}
	in := Intent{Package: PackageTerminal, Class: Class, Extras: Extras{
		"amount": p.AmountMinor, "currency": Currency, "order_id": p.OrderID, "package_name": p.PackageName,
	}}
	for name, text := range map[string]string{
		"order_description": p.Description, "items": p.Items, "checkout_options": p.CheckoutOptions,
		"reference": p.Reference, "recurring_model": p.RecurringModel, "session_id": p.SessionID,
	} {
		if text != "" {
			in.Extras[name] = text
		}
	}
	if p.AutoClose {
		in.Extras["auto_close"] = true
	}
	if p.Refund {
		in.Action, in.Extras["refund"] = ActionRefund, true
	}
	return in, nil
}

// SoftPOS is the intent that an app sends to the payment app of a phone.
func (p Payment) SoftPOS(callbackActivity string) (Intent, error) {
	if err := p.checkApp(); err != nil {
		return Intent{}, err
	}
	if callbackActivity == "" {
		return Intent{}, wrong("callback_activity", "is missing: SoftPOS would not know where to return to")
	}
	in := Intent{Action: ActionSoftPOS, Package: PackageSoftPOS, Extras: Extras{
		"amount": decimal(p.AmountMinor), "currency": Currency, "order_id": p.OrderID, "skip_manual_input": true,
		"callback_package": p.PackageName, "callback_activity": callbackActivity,
	}}
	if p.Description != "" {
		in.Extras["description"] = p.Description
	}
	return in, nil
}

func decimal(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

// SoftPOS tells whether an intent is for the payment app of a phone.
func (in Intent) SoftPOS() bool { return in.Action == ActionSoftPOS || in.Package == PackageSoftPOS }

// ParseIntent reads an intent as Android and then the payment app do. A missing Action is none, a missing
// Package or Class one that the Action resolves.
func ParseIntent(in Intent) (Payment, error) {
	if in.Package != "" && !paymentApp(in.Package) {
		return Payment{}, noApp(in.Package)
	}
	if in.SoftPOS() {
		return parseSoftPOS(in)
	}
	switch {
	case in.Action != "" && in.Action != ActionRefund && in.Class == "":
		return Payment{}, wrong("action", "no app takes %s", clip(in.Action))
	case in.Class == "" && in.Action == "":
		return Payment{}, wrong("class", "is missing: the payment app is opened as %s", Class)
	case in.Class != "" && in.Class != Class:
		return Payment{}, wrong("class", "there is no %s in the payment app: it is %s", clip(in.Class), Class)
	case in.Class != "" && in.Package == "":
		return Payment{}, wrong("package", "is missing: a class is looked for in %s", PackageTerminal)
	}
	r := reader{extras: in.Extras}
	p := Payment{
		AmountMinor: r.long("amount"), OrderID: r.text("order_id"), PackageName: r.text("package_name"),
		Items: r.text("items"), CheckoutOptions: r.text("checkout_options"), Description: r.text("order_description", "description"),
		Reference: r.text("reference"), RecurringModel: r.text("recurring_model"), SessionID: r.text("session_id"),
		AutoClose: r.truth("auto_close"), Refund: r.truth("refund") || in.Action == ActionRefund,
	}
	return r.end(p)
}

func parseSoftPOS(in Intent) (Payment, error) {
	if in.Class != "" && !strings.HasSuffix(in.Class, "."+ClassSoftPOS) {
		return Payment{}, wrong("class", "there is no %s in SoftPOS: it is …%s", clip(in.Class), ClassSoftPOS)
	}
	if in.Action != ActionSoftPOS {
		return Payment{}, wrong("action", "must be %s", ActionSoftPOS)
	}
	r := reader{extras: in.Extras}
	p := Payment{
		AmountMinor: r.decimal("amount"), OrderID: r.text("order_id"), PackageName: r.text("callback_package"),
		Description: r.text("description", "order_description"), SessionID: r.text("session_id"),
	}
	r.truth("skip_manual_input")
	if p.PackageName == "" {
		r.fail("callback_package", "is missing: SoftPOS would not know which app to return to")
	}
	if r.text("callback_activity") == "" {
		r.fail("callback_activity", "is missing: SoftPOS would not know where to return to")
	}
	return r.end(p)
}

func paymentApp(name string) bool { return slices.Contains(Packages(), name) }

func noApp(name string) error {
	return wrong("package", "%s is not on this terminal; declare %s in <queries> of your manifest and ask canInitiatePayment first",
		clip(name), strings.Join(Packages(), ", "))
}

// reader reads extras, and keeps the first that is wrong.
type reader struct {
	extras Extras
	err    error
}

func (r *reader) fail(field, rule string, args ...any) {
	if r.err == nil {
		r.err = wrong(field, rule, args...)
	}
}

// end gives what was read, or what is wrong with it.
func (r *reader) end(p Payment) (Payment, error) {
	if c := r.text("currency"); c != "" && c != Currency {
		r.fail("currency", "must be %s", Currency)
	}
	if r.err != nil {
		return Payment{}, r.err
	}
	return p, p.checkApp()
}

func (r *reader) text(names ...string) string {
	for _, name := range names {
		switch v := r.extras[name].(type) {
		case nil:
		case string:
			return v
		default:
			r.fail(name, "must be a String, not %s", kind(v))
		}
	}
	return ""
}

func (r *reader) truth(name string) bool {
	switch v := r.extras[name].(type) {
	case nil:
	case bool:
		return v
	default:
		r.fail(name, "must be a boolean, not %s", kind(v))
	}
	return false
}

func (r *reader) long(name string) int64 {
	switch v := r.extras[name].(type) {
	case nil:
		r.fail(name, "is missing: a long, in cents")
	case int64:
		return v
	default:
		r.fail(name, "must be a long in cents, 1250L for EUR 12.50, not %s: the payment app reads another type as nothing", kind(v))
	}
	return 0
}

// decimal reads an amount like "12.50".
func (r *reader) decimal(name string) int64 {
	v, ok := r.extras[name].(string)
	if !ok {
		if r.extras[name] == nil {
			r.fail(name, "is missing: a decimal String like \"12.50\"")
		} else {
			r.fail(name, "must be a decimal String like \"12.50\", not %s", kind(r.extras[name]))
		}
		return 0
	}
	whole, part, pointed := strings.Cut(v, ".")
	digits := whole + (part + "00")[:2]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strings.Trim(digits, "0123456789") != "" || whole == "" || len(part) > 2 || pointed && part == "" || n > MaxAmount {
		r.fail(name, "must be a decimal String like \"12.50\"")
		return 0
	}
	return n
}

func kind(v any) string {
	switch v := v.(type) {
	case string:
		return "a String"
	case bool:
		return "a boolean"
	case int32:
		return "an int"
	case int64:
		return "a long"
	case float64:
		if math.Trunc(v) == v {
			return "a double (a whole number beyond a long, or with an exponent)"
		}
		return "a double"
	}
	return "a value of another type"
}

// Result is the int extra "status" of the answer to an app.
type Result int

// The results of an app.
const (
	ResultCompleted Result = 471
	ResultCancelled Result = 17
	ResultDeclined  Result = 88
	ResultException Result = 875
)

// String is the name of a result.
func (r Result) String() string {
	switch r {
	case ResultCompleted:
		return "COMPLETED"
	case ResultCancelled:
		return "CANCELLED"
	case ResultDeclined:
		return "DECLINED"
	}
	return "EXCEPTION"
}

// SoftPOS is the extra "result_status" of SoftPOS.
func (r Result) SoftPOS() string {
	switch r {
	case ResultCompleted:
		return "success"
	case ResultCancelled:
		return "cancelled"
	case ResultDeclined:
		return "declined"
	}
	return "other"
}
