package msplink

import (
	"net/url"
	"strconv"
	"strings"
)

// Link is the msp:// link that a page opens, as in <a href="…">.
func (p Payment) Link() (string, error) {
	if err := p.checkPage(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("msp://?amount=" + strconv.FormatInt(p.AmountMinor, 10))
	add := func(name, value string) {
		if value != "" {
			b.WriteString("&" + name + "=" + url.QueryEscape(value))
		}
	}
	add("order_id", p.OrderID)
	add("callback", p.Callback)
	add("printing", onOff(p.Printing))
	add("tipping", onOff(p.Tipping))
	add("notification_url", p.NotificationURL)
	if b.Len() > MaxLink {
		return "", wrong("link", "must have at most %d characters", MaxLink)
	}
	return b.String(), nil
}

func onOff(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// ParseLink reads a link as the payment app does. It takes the intent:// form too, in which a page in
// Chrome names the app: intent://?amount=…#Intent;scheme=msp;package=…;end.
func ParseLink(raw string) (Payment, error) {
	var p Payment
	if len(raw) > MaxLink {
		return p, wrong("link", "must have at most %d characters", MaxLink)
	}
	if hasControl(raw) {
		return p, wrong("link", "must not hold a line break or another control character")
	}
	query, err := queryOf(raw)
	if err != nil {
		return p, err
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return p, wrong("link", "its parameters are not encoded as in an address")
	}
	for _, name := range []string{"amount", "order_id", "callback", "printing", "tipping", "notification_url"} {
		if len(values[name]) > 1 {
			return p, wrong(name, "is given %d times", len(values[name]))
		}
	}
	p.OrderID, p.Callback, p.NotificationURL = values.Get("order_id"), values.Get("callback"), values.Get("notification_url")
	if p.AmountMinor, err = cents(values.Get("amount")); err != nil {
		return p, err
	}
	if p.Printing, err = boolean("printing", values.Get("printing")); err != nil {
		return p, err
	}
	if p.Tipping, err = boolean("tipping", values.Get("tipping")); err != nil {
		return p, err
	}
	return p, p.checkPage()
}

// IsLink tells whether an address is for the payment app, rather than for the browser itself.
func IsLink(raw string) bool {
	scheme, _, _ := strings.Cut(raw, ":")
	return strings.EqualFold(scheme, "msp") || strings.EqualFold(scheme, "intent")
}

func queryOf(raw string) (string, error) {
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok || !IsLink(raw) {
		return "", wrong("link", "must begin with msp://")
	}
	rest, fragment, fragmented := strings.Cut(rest, "#")
	if strings.EqualFold(scheme, "intent") {
		if err := checkTarget(fragment); err != nil {
			return "", err
		}
	} else if fragmented {
		return "", wrong("link", "has a # in it: write %%23 where it belongs to the callback")
	}
	at, query, _ := strings.Cut(rest, "?")
	if at != "" && at != "/" && at != "//" && at != "///" {
		return "", wrong("link", "must be msp://?amount=… with nothing between // and ?")
	}
	return query, nil
}

// checkTarget reads what follows #Intent; in an intent:// address.
func checkTarget(fragment string) error {
	rest, ok := strings.CutPrefix(fragment, "Intent;")
	scheme := ""
	for part := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "scheme":
			scheme = value
		case "package":
			if !paymentApp(value) {
				return noApp(value)
			}
		}
	}
	if !ok || scheme != "msp" {
		return wrong("link", "an intent:// address must end in #Intent;scheme=msp;package=%s;end", PackageTerminal)
	}
	return nil
}

func cents(raw string) (int64, error) {
	if raw == "" {
		return 0, wrong("amount", "is missing")
	}
	if strings.Trim(raw, "0123456789") != "" {
		return 0, wrong("amount", "must be whole cents: 1250 for EUR 12.50")
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n > MaxAmount {
		return 0, wrong("amount", "must be at most %d cents", int64(MaxAmount))
	}
	return n, nil
}

func boolean(field, raw string) (*bool, error) {
	switch raw {
	case "":
		return nil, nil
	case "true":
		return new(true), nil
	case "false":
		return new(false), nil
	}
	return nil, wrong(field, "must be true or false")
}

// Status is what a page is told: it is the hint to ask for the order, never the proof that it is paid.
type Status string

// The statuses of a page.
const (
	Completed Status = "Completed"
	Cancelled Status = "Cancelled"
)

// Return is where the payment app returns to: the callback with status, order_id and, when there is one,
// transaction_id. Parameters of these names that were there before are replaced, so that a page reads
// no other's.
func Return(callback string, s Status, orderID, transactionID string) (string, error) {
	if err := checkURL("callback", callback); err != nil {
		return "", err
	}
	rest, fragment, fragmented := strings.Cut(callback, "#")
	page, query, _ := strings.Cut(rest, "?")
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(raw)
		if pair != "" && (err != nil || name != "status" && name != "order_id" && name != "transaction_id") {
			kept = append(kept, pair)
		}
	}
	kept = append(kept, "status="+url.QueryEscape(string(s)), "order_id="+url.QueryEscape(orderID))
	if transactionID != "" {
		kept = append(kept, "transaction_id="+url.QueryEscape(transactionID))
	}
	page += "?" + strings.Join(kept, "&")
	if fragmented {
		page += "#" + fragment
	}
	return page, nil
}
