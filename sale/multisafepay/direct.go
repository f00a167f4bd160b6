package multisafepay

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kassa"
)

// ErrTestCard tells that it is a card of the test deck, in the live environment.
var ErrTestCard = errors.New("a test card is not taken in the live environment")

// ErrCard tells that what was typed in is no card.
var ErrCard = errors.New("not a card number with its check digit, an expiry YYMM and a verification code of 3 or 4 digits")

// EnteredCard is a card as a customer typed it in. It never leaves the call that it came with but
// sealed, and prints as nothing.
type EnteredCard struct {
	Number, Expiry, Code string // Expiry is YYMM; Code may be empty
	Holder               string
}

// Format keeps a card out of every log.
func (EnteredCard) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[card]") }

// cardFields are the names under which a card is typed in.
var cardFields = []string{"terminal_id", "card_number", "card_holder_name", "card_expiry_date", "card_cvc"}

// readCard takes the card out of a request: what is read after it does not meet it.
func readCard(body object) (EnteredCard, *refusal) {
	info, err := child(body, "", "gateway_info")
	if err != nil {
		return EnteredCard{}, field(codeMissing, "%s", err)
	}
	if err := variants(info, "gateway_info.", cardFields...); err != nil {
		return EnteredCard{}, badBody(err)
	}
	delete(body, "gateway_info")
	if !absent(info, "terminal_id") {
		return EnteredCard{}, field(codeTerminal, `gateway_info.terminal_id: type "direct" takes the card from the request; on a terminal use "redirect"`)
	}
	values := make(map[string]string, len(cardFields))
	for _, name := range cardFields[1:] {
		v, err := text(info, "gateway_info.", name, maxHolder)
		if err != nil {
			return EnteredCard{}, field(codeUnknown, "%s", err)
		}
		values[name], _ = v.(string)
		if values[name] == "" && name != "card_holder_name" {
			return EnteredCard{}, field(codeMissing, "gateway_info.%s is missing", name)
		}
	}
	expiry := values["card_expiry_date"]
	if len(expiry) < 4 { // a number has lost its zeros
		expiry = strings.Repeat("0", 4-len(expiry)) + expiry
	}
	return EnteredCard{
		Number: strings.NewReplacer(" ", "", "-", "").Replace(values["card_number"]), Expiry: expiry,
		Code: values["card_cvc"], Holder: values["card_holder_name"],
	}, nil
}

// seal gives the card for one order, and refuses what is no card.
func (h *Handler) seal(n kassa.NewOrder, a *asked, c EnteredCard) (kassa.EnteredCard, *refusal) {
	facts, sealed, err := h.Cards.Seal(n.Key(), c)
	switch {
	case errors.Is(err, ErrTestCard):
		return kassa.EnteredCard{}, because(kassa.TestCardInLive, "gateway_info")
	case errors.Is(err, ErrCard):
		return kassa.EnteredCard{}, field(codeUnknown, "gateway_info: %s", ErrCard)
	case err != nil:
		return kassa.EnteredCard{}, worldFailed("the card could not be sealed; nothing was stored")
	}
	if refused := fitsGateway(a.gateway, facts.Brand); refused != nil {
		return kassa.EnteredCard{}, refused
	}
	return kassa.EnteredCard{Card: facts, Sealed: sealed}, nil
}

// fitsGateway refuses a method that is no card, or another card than the one typed in.
func fitsGateway(asked, brand string) *refusal {
	g, known := gatewayByID(asked)
	switch {
	case asked == "" || strings.EqualFold(asked, anyCard):
		return nil
	case !known:
		return field(codeTerminal, "gateway: type direct takes cards only: VISA, MASTERCARD, MAESTRO, MISTERCASH or CREDITCARD")
	case g.id != gatewayCode(brand):
		return field(codeTerminal, "gateway: the card is of another brand than %s", g.id)
	}
	return nil
}

// createDirect makes an order with the card that came with it, or with one that was kept, and answers
// with what has become of it.
func (h *Handler) createDirect(w http.ResponseWriter, c *call, body object) *refusal {
	var entered EnteredCard
	var refused *refusal
	if absent(body, "recurring_id") {
		entered, refused = readCard(body)
	} else if !absent(body, "gateway_info") {
		refused = field(codeUnknown, "gateway_info cannot be given with recurring_id: that tells the card")
	}
	if refused != nil {
		return refused
	}
	a, refused := h.readOrder(c, body)
	if refused != nil {
		return refused
	}
	if a.kind != kassa.Purchase {
		return field(codeAmount, "amount must be at least 1 cent: a card check needs a terminal")
	}
	at, refused := h.venue(c.caller, "")
	if refused != nil {
		return refused
	}
	if refused := h.checkNotify(a, at); refused != nil {
		return refused
	}
	if a.recurring.token == "" {
		body["gateway_info"] = h.cardMark(entered)
	}
	n := h.newOrder(a, body, at)
	n.Channel, n.TID, n.MID = kassa.Ecommerce, kassa.EcommerceTID(at.group.ID), at.group.Merchant.MID
	n.Lifetime = kassa.DefaultLifetime
	sealed, holder, refused := h.cardFor(c, n, &a, entered)
	if refused != nil {
		return refused
	}
	a.kept.keep("holder", known(holder))
	if r := a.recurring; r.reference != "" {
		token := r.token
		if token == "" {
			token = h.tokenFor(n)
		}
		a.kept["recurring"] = object{"id": token, "model": known(r.model)}
	}
	n.Door, n.HoldFor = encode(a.kept), holdTime(sealed.Card.Brand)
	return h.pay(w, c, n, sealed, a.recurring)
}

// cardFor seals the card of an order: that of a token, or the one typed in, which is kept if it shall be.
func (h *Handler) cardFor(c *call, n kassa.NewOrder, a *asked, entered EnteredCard) (kassa.EnteredCard, string, *refusal) {
	if a.recurring.token != "" {
		return h.sealKept(c, n, a)
	}
	sealed, refused := h.seal(n, a, entered)
	if refused != nil || a.recurring.model == "" {
		return sealed, entered.Holder, refused
	}
	known, ok, err := h.Orders.Find(c.Context(), Dialect, n.Scope, n.Ref)
	switch {
	case err != nil:
		return sealed, "", worldFailed("the order could not be read; nothing was stored")
	case ok && known.Fingerprint != n.Fingerprint:
		return sealed, "", because(kassa.DuplicateOrder, "order_id")
	case ok && known.Status.Final(): // its card was kept, and may have been removed since
		return sealed, entered.Holder, nil
	}
	return sealed, entered.Holder, h.keepCard(context.WithoutCancel(c.Context()), n, a.recurring, entered, sealed.Card)
}

// cardMark tells two requests with different cards apart, by a keyed hash that nobody can search for a
// card number.
func (h *Handler) cardMark(c EnteredCard) string {
	return hex.EncodeToString(mac(h.sessionKey, "card", c.Number, "|", c.Expiry, "|", c.Holder))
}

// holdTime is how long the schemes let an issuer hold money.
func holdTime(brand string) time.Duration {
	switch gatewayCode(brand) {
	case "MASTERCARD", "MAESTRO":
		return 30 * 24 * time.Hour
	}
	return kassa.DefaultHold
}

// pay asks the host and answers with the order. A repeat gets the order as it is.
func (h *Handler) pay(w http.ResponseWriter, c *call, n kassa.NewOrder, card kassa.EnteredCard, r recurring) *refusal {
	o, reason, err := h.Changes.Pay(context.WithoutCancel(c.Context()), n, card)
	switch {
	case err != nil:
		return worldFailed("what has become of the payment is not known")
	case reason == kassa.OrderFinished && o.Fingerprint == n.Fingerprint:
	case reason == kassa.DuplicateOrder: // and so never paid with this card
		if refused := h.forgetUnpaid(c, n, r); refused != nil {
			return refused
		}
		return because(reason, createField(reason))
	case reason != kassa.None:
		return because(reason, createField(reason))
	}
	if o.Status.Final() && o.Status != kassa.Completed {
		if refused := h.forgetUnpaid(c, n, r); refused != nil {
			return refused
		}
	}
	group, _ := h.Directory.Group(o.Scope)
	data := orderObject(&o, group)
	origin, _ := h.origins(c.Request)
	data["payment_url"] = origin + prefixPage + h.session(o.Number) + "/?lang=" + locale(keptWith(o))
	writeSuccess(w, data, nil)
	return nil
}

// forgetUnpaid removes the card that was to be kept with a payment, if there was one.
func (h *Handler) forgetUnpaid(c *call, n kassa.NewOrder, r recurring) *refusal {
	if r.model == "" || r.token != "" {
		return nil
	}
	if err := h.forgetCard(context.WithoutCancel(c.Context()), n, r); err != nil {
		return worldFailed("the payment was not made, but its card could not be forgotten")
	}
	return nil
}
