package terminal

import (
	"encoding/json"
	"strings"

	"kassa/poilink"
)

// manualPage asks for the amount due, and for the order's id where that is wanted.
func (m *Machine) manualPage(p *place) leaf {
	if p.page == pageOrder {
		l := leaf{title: m.say("Order id"), lines: []string{m.say("Type it, or scan the order's QR code")},
			field: &Field{Label: m.say("Order id"), Text: p.typed, Kind: FieldText}}
		m.offerKeyboard(&l)
		return l
	}
	l := leaf{title: m.say("Amount due"), items: []Item{m.item("do:pay", "Pay")}}
	if p.kind == poilink.StartRefund {
		l.title, l.items[0].Label = m.say("Unreferenced refund"), m.say("Refund")
	}
	minor := p.minor
	if p.typed != "" {
		minor = int64(number(p.typed))
	}
	l.field = &Field{Label: m.say("Amount"), Text: money(minor, m.currency()), Kind: FieldAmount}
	if m.is(setInsertOrder) {
		it := m.item("page:order", "Order id")
		it.Value = p.order
		l.items = append(l.items, it)
	}
	if p.text != "" {
		l.lines = append(l.lines, clip(p.text, maxLabel))
	}
	return l
}

// currency is that of the merchant's country; the terminals are sold where it is the euro, and in Great Britain.
func (m *Machine) currency() string {
	if a := m.d.Activated; a != nil && a.Merchant.Country == "GB" {
		return "GBP"
	}
	return "EUR"
}

// pay starts the order that was typed in. An unreferenced refund asks for the PIN first.
func (m *Machine) pay(p *place) {
	if p.typed != "" {
		p.minor, p.typed = int64(number(p.typed)), ""
	}
	switch {
	case p.minor <= 0:
		m.problem(m.say("Enter an amount"))
	case m.is(setInsertOrder) && p.order == "":
		m.open(pageOrder, nil)
	case p.kind == poilink.StartRefund:
		m.open(pagePIN, func(p *place) { p.then = "credit" })
	default:
		m.startByHand(p.kind, p.minor, p.order, p.text)
	}
}

// startByHand starts an order under its own id, or under one that the terminal makes.
func (m *Machine) startByHand(kind poilink.StartKind, minor int64, order, text string) {
	if order == "" {
		id, err := m.newID("")
		if err != nil {
			return
		}
		order = id
	}
	m.start(StartOrder{
		Reference: order, Origin: poilink.OriginManual, Kind: kind, AmountMinor: minor, Currency: m.currency(), Description: text,
	})
}

// newID makes an identity that no other terminal and no earlier run makes: the TID and 40 random bits.
func (m *Machine) newID(what string) (string, error) {
	raw, err := m.read(8)
	if err != nil {
		return "", err
	}
	const symbols = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	for i, b := range raw {
		raw[i] = symbols[int(b)%len(symbols)]
	}
	return m.d.Activated.TID + "-" + what + string(raw), nil
}

// notByHand shows why an order that was typed in did not start.
func (m *Machine) notByHand(text string) {
	if m.v.place == nil {
		m.open(pageHome, nil)
	}
	m.v.place.problem = m.say(text)
	m.showPlace()
}

// scan is what the camera reads: an activation code, or the order of a manual payment.
func (m *Machine) scan(text string) {
	text = strings.TrimSpace(text)
	switch {
	case m.v.stage != stageNone || text == "":
	case m.d.Activated == nil:
		m.activate(strings.ToUpper(activationCode(text)))
	case m.v.place != nil && (m.v.place.page == pageOrder || m.v.place.page == pageManual && m.is(setInsertOrder)):
		if m.v.place.page == pageManual {
			m.open(pageOrder, nil)
		}
		m.orderTyped(text)
	}
}

// activationCode takes the code out of what a QR code says: the code alone, or a URL that ends in it.
func activationCode(text string) string {
	if i := strings.LastIndexAny(text, "/=:"); i >= 0 {
		return text[i+1:]
	}
	return text
}

// orderTyped takes an order id, or the JSON of a QR code with the amount in it.
func (m *Machine) orderTyped(text string) {
	var q struct {
		OrderID     string `json:"order_id"`
		Amount      int64  `json:"amount"`
		Description string `json:"description"`
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") {
		if err := json.Unmarshal([]byte(text), &q); err != nil {
			m.problem(m.say("The QR code cannot be read"))
			return
		}
	} else {
		q.OrderID = text
	}
	check := StartOrder{Reference: q.OrderID, Origin: poilink.OriginManual, AmountMinor: max(q.Amount, 1), Currency: m.currency(), Description: q.Description}
	if q.Amount < 0 || check.problem() != "" {
		m.problem(m.say("The order id is not valid"))
		return
	}
	back := m.v.place.back
	if back == nil || back.page != pageManual {
		return
	}
	back.order = q.OrderID
	if q.Amount > 0 {
		back.minor, back.typed = q.Amount, ""
	}
	if q.Description != "" {
		back.text = q.Description
	}
	m.v.place = back
	m.v.place.problem = ""
	m.showPlace()
}
