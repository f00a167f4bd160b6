package multisafepay

import (
	"fmt"
	"html"
	"net/http"

	"kassa"
	"kassa/estate"
)

// The pay page of an order has nothing to pay with: it says where that happens, and what came of it.
const payPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>%[1]s</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:2rem 1rem}
main{max-width:28rem;margin:0 auto;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}
dt{opacity:.7}
dd{margin:0}
</style>
<main><h1>%[1]s</h1><p>%[2]s</p>
<dl><dt>Merchant</dt><dd>%[3]s</dd><dt>Amount</dt><dd>%[4]s</dd><dt>Order</dt><dd>%[5]s</dd><dt>Description</dt><dd>%[6]s</dd></dl></main>
</html>
`

func (h *Handler) servePage(w http.ResponseWriter, r *http.Request, session string) {
	refuse := func(status int, info string) {
		writeRefusal(w, &refusal{status, codeUnknown, info, causeRoute})
	}
	number, ok := h.orderOf(session)
	if !ok {
		refuse(http.StatusNotFound, "Not found: there is no such session")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		refuse(http.StatusMethodNotAllowed, "this path takes the method GET only")
		return
	}
	o, ok, err := h.load(orderStream(number))
	switch {
	case err != nil:
		writeRefusal(w, worldFailed("the order could not be read"))
		return
	case !ok:
		refuse(http.StatusNotFound, "Not found: there is no such session")
		return
	}
	group, _ := h.Directory.Group(o.Scope)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(pageOf(&o, group))) //nolint:errcheck // the client is gone; nothing depends on it
}

func pageOf(o *kassa.Order, group estate.Group) string {
	title, text := pageText(o)
	merchant := group.Merchant.Name
	if merchant == "" {
		merchant = group.Name
	}
	return fmt.Sprintf(payPage, html.EscapeString(title), html.EscapeString(text), html.EscapeString(merchant),
		html.EscapeString(o.Amount.String()), html.EscapeString(o.Ref), html.EscapeString(o.Description))
}

// pageText says what stands between the order and its payment.
func pageText(o *kassa.Order) (title, text string) {
	switch o.Status {
	case kassa.Unclaimed:
		until := o.CreatedAt.Add(o.Lifetime).In(dutch.zone()).Format("2 January 2006, 15:04")
		return "Pay at the terminal", "This order is paid by card on a payment terminal of the merchant. Start it there by its order number, until " + until + "."
	case kassa.Completed:
		return "Paid", "This order has been paid on " + o.EndedAt.In(dutch.zone()).Format("2 January 2006, 15:04") + "."
	case kassa.Cancelled, kassa.Expired:
		return "Not paid", "This order has ended without a payment."
	}
	return "Pay at the terminal", "This payment is made with a card on the payment terminal."
}
