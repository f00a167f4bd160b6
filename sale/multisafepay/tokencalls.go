package multisafepay

import (
	"context"
	"net/http"

	"kassa"
)

func noToken() *refusal {
	return &refusal{http.StatusGone, codeUnknown, "Token not found", causeNotFound}
}

func (h *Handler) listTokens(w http.ResponseWriter, c *call) *refusal {
	q := readQuery(c.Request)
	limit, offset := q.whole("limit", 1, maxTokens, 10, "from 1 to 100"), q.whole("offset", 0, maxTokens, 0, "from 0 to 100")
	if q.refused != nil {
		return q.refused
	}
	list := []any{}
	for _, scope := range h.scopes(c.caller) {
		cards, err := h.tokens(c.Context(), scope, c.values["reference"])
		if err != nil {
			return worldFailed("the tokens could not be read")
		}
		for _, k := range cards {
			list = append(list, k.object(h.thisMonth()))
		}
	}
	from := min(int(offset), len(list))
	writeSuccess(w, object{"tokens": list[from:min(from+int(limit), len(list))]}, nil)
	return nil
}

func (h *Handler) thisMonth() string { return h.Now().In(dutch.zone()).Format("0601") }

func (h *Handler) getToken(w http.ResponseWriter, c *call) *refusal {
	_, k, refused := h.tokenOf(c)
	if refused != nil {
		return refused
	}
	writeSuccess(w, k.object(h.thisMonth()), nil)
	return nil
}

func (h *Handler) tokenOf(c *call) (scope string, k keptCard, refused *refusal) {
	scope, k, ok, err := h.findToken(c.Context(), h.scopes(c.caller), c.values["reference"], c.values["token"])
	switch {
	case err != nil:
		return "", k, worldFailed("the token could not be read")
	case !ok:
		return "", k, noToken()
	}
	return scope, k, nil
}

// updateToken changes when a card expires.
func (h *Handler) updateToken(w http.ResponseWriter, c *call) *refusal {
	body, refused := h.body(w, c)
	if refused != nil {
		return refused
	}
	if err := variants(body, "", "expiry_date"); err != nil {
		return badBody(err)
	}
	v, err := text(body, "", "expiry_date", 4)
	expiry, _ := v.(string)
	if err != nil || len(expiry) != 4 || !digitsOnly(expiry, 4) || expiry[2:] < "01" || expiry[2:] > "12" {
		return field(codeUnknown, "expiry_date must be YYMM")
	}
	scope, k, refused := h.tokenOf(c)
	if refused != nil {
		return refused
	}
	err = h.changeCustomer(context.WithoutCancel(c.Context()), scope, c.values["reference"], TokenChanged, k.Token, func(cards []keptCard) []keptCard {
		for i := range cards {
			if cards[i].Token == k.Token {
				cards[i].Card.Expiry = expiry
			}
		}
		return cards
	})
	if err != nil {
		return worldFailed("the token may not have been changed")
	}
	writeSuccess(w, object{"updated": true}, nil)
	return nil
}

func (h *Handler) deleteToken(w http.ResponseWriter, c *call) *refusal {
	scope, k, refused := h.tokenOf(c)
	if refused != nil {
		return refused
	}
	if err := h.removeToken(context.WithoutCancel(c.Context()), scope, c.values["reference"], k.Token); err != nil {
		return worldFailed("the token may not have been removed")
	}
	writeSuccess(w, object{"removed": true}, nil)
	return nil
}

// sealKept gives a token's card for one order.
func (h *Handler) sealKept(c *call, n kassa.NewOrder, a *asked) (kassa.EnteredCard, string, *refusal) {
	_, k, ok, err := h.findToken(c.Context(), []string{n.Scope}, a.recurring.reference, a.recurring.token)
	switch {
	case err != nil:
		return kassa.EnteredCard{}, "", worldFailed("the token could not be read; nothing was stored")
	case !ok:
		return kassa.EnteredCard{}, "", field(codeUnknown, "recurring_id: this customer.reference has no such token")
	}
	if refused := fitsGateway(a.gateway, k.Card.Brand); refused != nil {
		return kassa.EnteredCard{}, "", refused
	}
	sealed, err := h.Cards.SealKept(n.Key(), sealName(n.Scope, k.Token), k.Sealed, k.Card.Expiry)
	if err != nil {
		return kassa.EnteredCard{}, "", worldFailed("the token's card could not be sealed; nothing was stored")
	}
	return kassa.EnteredCard{Card: k.Card, Sealed: sealed}, k.Holder, nil
}
