package multisafepay

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"

	"kassa"
	"kassa/journal"
)

// A token stands for a card that a customer wants kept. The card is sealed by the secure module, without
// its verification code, and only that can open it.

// recurring is what an order says about tokens.
type recurring struct {
	reference string // the customer's
	model     string
	token     string // the card to pay with; empty when one was typed in
}

// readRecurring reads which card is to be kept, or to be paid with.
func readRecurring(body object) (r recurring, refused *refusal) {
	model, err := text(body, "", "recurring_model", maxReference)
	if err != nil {
		return r, field(codeUnknown, "%s", err)
	}
	token, err := text(body, "", "recurring_id", maxReference)
	if err != nil {
		return r, field(codeUnknown, "%s", err)
	}
	r.model, _ = model.(string)
	r.token, _ = token.(string)
	if r.model == "" && r.token == "" {
		return r, nil
	}
	switch {
	case body["type"] != typeDirect:
		return r, unsupported("%s goes with type direct only: a card that is presented to a terminal is not kept", r.field())
	case r.model != "" && r.model != "cardOnFile" && r.model != "subscription" && r.model != "unscheduled":
		return r, field(codeUnknown, "recurring_model must be cardOnFile, subscription or unscheduled")
	}
	customer, err := child(body, "", "customer")
	if err != nil {
		return r, field(codeUnknown, "%s", err)
	}
	v, err := text(customer, "customer.", "reference", maxReference)
	if err != nil {
		return r, field(codeUnknown, "%s", err)
	}
	if r.reference, _ = v.(string); r.reference == "" {
		return r, field(codeMissing, "customer.reference is missing: it tells whose card it is")
	}
	return r, nil
}

func (r recurring) field() string {
	if r.token != "" {
		return "recurring_id"
	}
	return "recurring_model"
}

// keptCard is a token as it is stored with its customer.
type keptCard struct {
	Token  string          `json:"token"`
	Order  string          `json:"order"` // the order that the card was typed in for; it must have been paid
	Model  string          `json:"model"`
	Holder string          `json:"holder,omitempty"`
	Card   kassa.CardFacts `json:"card"`
	Sealed []byte          `json:"sealed"`
}

// TokenKept, TokenChanged and TokenRemoved are what happens to a customer's tokens.
const (
	TokenKept    = "TokenKept"
	TokenChanged = "TokenChanged"
	TokenRemoved = "TokenRemoved"
)

// customerStream is where a customer's tokens are stored. The reference may be anything, even a name.
func (h *Handler) customerStream(scope, reference string) string {
	return "customer/" + hex.EncodeToString(mac(h.sessionKey, "customer", scope, "|", reference))
}

// tokenFor is the token that an order's card gets, the same for the same request. Two requests with one
// order id and two cards have two: only the one that made the order has paid with its card.
func (h *Handler) tokenFor(n kassa.NewOrder) string {
	digits := new(big.Int).SetBytes(mac(h.sessionKey, "token", n.Key(), "|", n.Fingerprint)).Text(62)
	return digits[len(digits)-tokenLength:]
}

// tokenLength is that of MultiSafepay's.
const tokenLength = 11

func (h *Handler) customer(scope, reference string) (cards []keptCard, version uint64, err error) {
	s, ok, err := h.Records.Load(h.customerStream(scope, reference))
	if err != nil || !ok {
		return nil, 0, err
	}
	err = json.Unmarshal(s.State, &cards)
	return cards, s.Version, err
}

// errTooManyTokens tells that a customer has as many tokens as can be stored.
var errTooManyTokens = errors.New("the customer has too many tokens")

// changeCustomer changes a customer's tokens and makes that durable. Who comes second sees what the first
// has written.
func (h *Handler) changeCustomer(ctx context.Context, scope, reference, fact string, token string, change func([]keptCard) []keptCard) error {
	for range 10 {
		cards, version, err := h.customer(scope, reference)
		if err != nil {
			return err
		}
		before, err := json.Marshal(cards)
		if err != nil {
			return err
		}
		changed := change(cards)
		state, err := json.Marshal(changed)
		switch {
		case err != nil || bytes.Equal(before, state):
			return err
		case len(changed) > maxTokens:
			return errTooManyTokens
		}
		done := make(chan error, 1)
		h.Write(journal.Batch{{
			Stream: h.customerStream(scope, reference), Expect: version, State: state, Scope: scope,
			Facts: []journal.Fact{{At: h.Now(), Kind: fact, Scope: scope, Payload: encode(object{"token": token})}},
		}}, func(_ journal.Receipt, err error) { done <- err })
		select {
		case err = <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !errors.Is(err, journal.ErrConflict) {
			return err
		}
	}
	return journal.ErrConflict
}

// keepCard stores a card before it is paid with, so that no paid order names a token that is lost. It
// becomes visible with the payment.
func (h *Handler) keepCard(ctx context.Context, n kassa.NewOrder, r recurring, c EnteredCard, facts kassa.CardFacts) *refusal {
	token := h.tokenFor(n)
	sealed, err := h.Cards.Keep(sealName(n.Scope, token), c)
	if err != nil {
		return worldFailed("the card could not be sealed; nothing was stored")
	}
	err = h.changeCustomer(ctx, n.Scope, r.reference, TokenKept, token, func(cards []keptCard) []keptCard {
		if slices.ContainsFunc(cards, func(k keptCard) bool { return k.Token == token }) {
			return cards
		}
		return append(cards, keptCard{Token: token, Order: n.Ref, Model: r.model, Holder: c.Holder, Card: facts, Sealed: sealed})
	})
	if errors.Is(err, errTooManyTokens) {
		return field(codeUnknown, "customer.reference: the customer has %d tokens; remove one", maxTokens)
	}
	if err != nil {
		return worldFailed("the card may not have been stored")
	}
	return nil
}

// forgetCard removes the card of a request that nothing was paid for.
func (h *Handler) forgetCard(ctx context.Context, n kassa.NewOrder, r recurring) error {
	return h.removeToken(ctx, n.Scope, r.reference, h.tokenFor(n))
}

func (h *Handler) removeToken(ctx context.Context, scope, reference, token string) error {
	return h.changeCustomer(ctx, scope, reference, TokenRemoved, token, func(cards []keptCard) []keptCard {
		return slices.DeleteFunc(cards, func(k keptCard) bool { return k.Token == token })
	})
}

func sealName(scope, token string) string { return "token/" + scope + "/" + token }

// tokens lists the tokens of a customer whose orders have been paid.
func (h *Handler) tokens(ctx context.Context, scope, reference string) ([]keptCard, error) {
	cards, _, err := h.customer(scope, reference)
	if err != nil {
		return nil, err
	}
	var paid []keptCard
	for _, k := range cards {
		o, ok, err := h.Orders.Find(ctx, Dialect, scope, k.Order)
		if err != nil {
			return nil, err
		}
		if named, _ := keptWith(o)["recurring"].(object); ok && o.Status == kassa.Completed && named["id"] == k.Token {
			paid = append(paid, k)
		}
	}
	return paid, nil
}

// findToken finds a customer's token in one of the groups.
func (h *Handler) findToken(ctx context.Context, scopes []string, reference, token string) (scope string, k keptCard, ok bool, err error) {
	for _, scope := range scopes {
		cards, err := h.tokens(ctx, scope, reference)
		if err != nil {
			return "", keptCard{}, false, err
		}
		if i := slices.IndexFunc(cards, func(k keptCard) bool { return k.Token == token }); i >= 0 {
			return scope, cards[i], true, nil
		}
	}
	return "", keptCard{}, false, nil
}

// object is the token as the dialect shows it. thisMonth is YYMM.
func (k keptCard) object(thisMonth string) object {
	expired := 0
	if k.Card.Expiry < thisMonth {
		expired = 1
	}
	return object{
		"bin": number(strings.TrimLeft(k.Card.BIN, "0")), "code": gatewayCode(k.Card.Brand), "display": "Card xxxx xxxx xxxx " + k.Card.Last4,
		"expired": expired, "expiry_date": k.Card.Expiry, "last4": k.Card.Last4, "model": k.Model, "name_holder": known(k.Holder),
		"token": k.Token,
	}
}
