package msplink

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// The limits of what a terminal takes.
const (
	// MaxAmount is the largest amount in cents: twelve digits, as on the card schemes' wires.
	MaxAmount = 999_999_999_999
	// MaxLink is the most characters of a link, and of one text in an intent.
	MaxLink = 8192
	// MaxURL is the most characters of a callback or a notification URL.
	MaxURL = 2048
	// MaxDescription is the most bytes of a description.
	MaxDescription = 200
)

// Currency is the only currency of payments on a terminal.
const Currency = "EUR"

// Payment is what the payment app is asked for. A page needs a Callback, an app its PackageName.
type Payment struct {
	AmountMinor int64
	// OrderID is that of the order that the shop's server made, or of a new one.
	OrderID string

	// Callback is the page to return to; NotificationURL, when given, where the webhook goes.
	Callback, NotificationURL string
	// Printing and Tipping overrule the terminal's settings; nil leaves them.
	Printing, Tipping *bool

	// PackageName is the app to return to, and Description what the order is called on the screen.
	PackageName, Description string
	// Items and CheckoutOptions are JSON texts of the shopping cart.
	Items, CheckoutOptions string
	// Reference is the shopper's, for RecurringModel "cardOnFile".
	Reference, RecurringModel string
	// SessionID is that of the order that the shop's server made.
	SessionID string
	// AutoClose closes the result screen at once. Refund pays out instead of taking in.
	AutoClose, Refund bool
}

// Error tells which field breaks which rule.
type Error struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

func (e *Error) Error() string { return e.Field + ": " + e.Rule }

func wrong(field, rule string, args ...any) error {
	return &Error{field, fmt.Sprintf(rule, args...)}
}

var (
	orderIDForm = regexp.MustCompile(`^[A-Za-z0-9/_.-]{1,50}$`)
	packageForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$`)
)

// check holds what a page and an app have in common.
func (p Payment) check() error {
	switch {
	case p.AmountMinor <= 0:
		return wrong("amount", "must be more than 0 cents")
	case p.AmountMinor > MaxAmount:
		return wrong("amount", "must be at most %d cents", int64(MaxAmount))
	case p.OrderID == "":
		return wrong("order_id", "is missing")
	case !orderIDForm.MatchString(p.OrderID):
		return wrong("order_id", "must have 1 to 50 characters out of A-Z a-z 0-9 / _ . -")
	case len(p.Description) > MaxDescription || hasControl(p.Description):
		return wrong("description", "must be text of at most %d bytes", MaxDescription)
	}
	return nil
}

func (p Payment) checkPage() error {
	if err := p.check(); err != nil {
		return err
	}
	if p.Callback == "" {
		return wrong("callback", "is missing: the payment app would not know where to return to")
	}
	if err := checkURL("callback", p.Callback); err != nil {
		return err
	}
	if p.NotificationURL == "" {
		return nil
	}
	return checkURL("notification_url", p.NotificationURL)
}

func (p Payment) checkApp() error {
	if err := p.check(); err != nil {
		return err
	}
	switch {
	case p.PackageName == "":
		return wrong("package_name", "is missing: the payment app would not know which app to return to")
	case len(p.PackageName) > 255 || !packageForm.MatchString(p.PackageName):
		return wrong("package_name", "must be the name of an app's package, like com.example.register")
	case p.RecurringModel != "" && p.RecurringModel != "cardOnFile":
		return wrong("recurring_model", "must be cardOnFile")
	case p.RecurringModel != "" && p.Reference == "":
		return wrong("reference", "is missing: recurring_model needs the shopper's")
	case p.Refund && p.RecurringModel != "":
		return wrong("refund", "cannot be recurring")
	case p.Items != "" && !isJSON[[]any](p.Items):
		return wrong("items", "must be a JSON array, as a String")
	case p.CheckoutOptions != "" && !isJSON[map[string]any](p.CheckoutOptions):
		return wrong("checkout_options", "must be a JSON object, as a String")
	}
	for _, f := range []struct{ name, text string }{
		{"items", p.Items}, {"checkout_options", p.CheckoutOptions}, {"reference", p.Reference}, {"session_id", p.SessionID},
	} {
		if len(f.text) > MaxLink {
			return wrong(f.name, "must have at most %d bytes", MaxLink)
		}
	}
	return nil
}

func isJSON[T any](text string) bool {
	var v T
	return json.Unmarshal([]byte(text), &v) == nil && text != "null"
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// checkURL refuses what a browser would read otherwise than it looks, or would run.
func checkURL(field, raw string) error {
	if len(raw) > MaxURL {
		return wrong(field, "must have at most %d characters", MaxURL)
	}
	if hasControl(raw) {
		return wrong(field, "must not hold a line break or another control character")
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] > '~' || strings.IndexByte("\\\"<>^`{|}", raw[i]) >= 0 {
			return wrong(field, "holds a character that must be percent-encoded, or must not be there")
		}
	}
	scheme, rest, ok := strings.Cut(raw, ":")
	if scheme = strings.ToLower(scheme); !ok || strings.ContainsAny(scheme, "/?#") {
		return wrong(field, "must be a whole address that begins with https:// or http://")
	}
	if scheme != "http" && scheme != "https" {
		return wrong(field, "must begin with https:// or http://, not with %s:", clip(scheme))
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || !strings.HasPrefix(rest, "//"):
		return wrong(field, "is not an address that can be opened")
	case u.User != nil:
		return wrong(field, "must not hold a user name or password")
	case u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return wrong(field, "must name a host")
	}
	return nil
}

// clip keeps a stranger's text short in a message.
func clip(s string) string {
	if len(s) > 32 {
		return s[:32] + "…"
	}
	return s
}
