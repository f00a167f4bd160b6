package terminal

import (
	"slices"
	"strings"
	"time"

	"kassa/nexo"
	"kassa/poilink"
)

// Past is a payment in the terminal's history.
type Past struct {
	At          time.Time        `json:"at"`
	Exchange    string           `json:"exchange"`
	Reference   string           `json:"reference,omitempty"`
	Origin      poilink.Origin   `json:"origin,omitempty"` // absent: a cash register's
	Type        nexo.PaymentType `json:"type"`
	Result      Result           `json:"result"`
	Text        string           `json:"text,omitempty"`
	AmountMinor int64            `json:"amountMinor"` // with the tip
	TipMinor    int64            `json:"tipMinor,omitempty"`
	Currency    string           `json:"currency"`
	Card        string           `json:"card,omitempty"` // the application's label and the last four digits
	AuthCode    string           `json:"authCode,omitempty"`
	RRN         string           `json:"rrn,omitempty"`
	// RefundedMinor is what the cloud says has gone back.
	RefundedMinor int64        `json:"refundedMinor,omitempty"`
	Refunds       []PastRefund `json:"refunds,omitempty"`
}

// PastRefund is one refund that was asked for at this terminal.
type PastRefund struct {
	ID          string      `json:"id"`
	AmountMinor int64       `json:"amountMinor"`
	State       RefundState `json:"state"`
	Text        string      `json:"text,omitempty"`
}

// RefundState is how far a refund has come.
type RefundState string

// The states of a refund at the terminal.
const (
	RefundAsked    RefundState = "asked" // the cloud owes its answer
	RefundAccepted RefundState = "accepted"
	RefundRefused  RefundState = "refused"
)

// past is the history's entry of an exchange that ends.
func (e *Exchange) past(now time.Time, end Ending) *Past {
	a := orEmpty(e.Answer)
	p := &Past{
		At: now.UTC(), Exchange: e.ID, Reference: e.Reference, Origin: e.Origin, Type: e.Type, Result: end.Result, Text: clip(end.Text, maxLabel),
		AmountMinor: e.AmountMinor, TipMinor: e.TipMinor, Currency: e.Currency, AuthCode: a.AuthCode, RRN: a.RRN,
	}
	if p.Type == "" {
		p.Type = nexo.PaymentNormal
	}
	if e.Card != nil {
		p.Card = e.Card.Label + " •••• " + e.Card.Last4
	}
	return p
}

// left is what may still go back, without what the cloud has not answered yet.
func (p Past) left() int64 {
	if p.Result != ResultApproved || p.Type != nexo.PaymentNormal {
		return 0
	}
	n := p.AmountMinor - p.RefundedMinor
	for _, r := range p.Refunds {
		if r.State == RefundAsked {
			n -= r.AmountMinor
		}
	}
	return max(n, 0)
}

func (d *durable) past(exchange string) *Past {
	for i := range d.History {
		if d.History[i].Exchange == exchange {
			return &d.History[i]
		}
	}
	return nil
}

// pasts is a copy of the history, for others to keep.
func (d *durable) pasts() []Past {
	list := slices.Clone(d.History)
	for i := range list {
		list[i].Refunds = slices.Clone(list[i].Refunds)
	}
	return list
}

// applyRefund follows a refund in the history: asked for with answer nil.
func (d *durable) applyRefund(q *poilink.Refund, answer *poilink.RefundAnswer) {
	if q == nil {
		return
	}
	p := d.past(q.Exchange)
	if p == nil {
		return // the history has forgotten the payment, the cloud has not
	}
	i := slices.IndexFunc(p.Refunds, func(r PastRefund) bool { return r.ID == q.ID })
	if i < 0 {
		p.Refunds = append(p.Refunds, PastRefund{ID: q.ID, AmountMinor: q.AmountMinor, State: RefundAsked})
		i = len(p.Refunds) - 1
	}
	if answer == nil {
		return
	}
	p.RefundedMinor = max(p.RefundedMinor, answer.RefundedMinor)
	p.Refunds[i].State, p.Refunds[i].Text = RefundRefused, clip(answer.Text, maxLabel)
	if answer.Accepted {
		p.Refunds[i].State = RefundAccepted
	}
}

// historyPage is the list, a payment, and what can be done with it.
func (m *Machine) historyPage(p *place) leaf {
	switch p.page {
	case pageHistory:
		return m.historyList(p)
	case pageWait:
		return leaf{title: m.say("Please wait"), lines: []string{m.say("Asking the server")}}
	case pageDone:
		l := leaf{title: p.then, items: []Item{m.item("do:close", "Close")}}
		if p.text != "" {
			l.lines = []string{p.text}
		}
		return l
	}
	x := m.d.past(p.exchange)
	if x == nil {
		return leaf{title: m.say("History"), lines: []string{m.say("This payment is not in the history any more")}}
	}
	switch p.page {
	case pageRefund:
		minor := x.left()
		if p.typed != "" {
			minor = int64(number(p.typed))
		}
		return leaf{
			title: m.say("Refund"), lines: []string{m.say("At most %s", money(x.left(), x.Currency))},
			field: &Field{Label: m.say("Amount"), Text: money(minor, x.Currency), Kind: FieldAmount},
		}
	case pageConfirm:
		return leaf{title: m.say("Refund %s?", money(p.minor, x.Currency)), lines: []string{x.Card, x.Reference}, items: []Item{m.item("do:confirm", "Confirm")}}
	case pageMail:
		l := leaf{title: m.say("E-mail copy"), field: &Field{Label: m.say("E-mail address"), Text: p.typed, Kind: FieldText}}
		m.offerKeyboard(&l)
		return l
	}
	return m.pastPage(x)
}

func (m *Machine) historyList(p *place) leaf {
	l := leaf{title: m.say("History")}
	list := slices.Clone(m.d.History)
	slices.Reverse(list)
	list = list[min(p.from, len(list)):]
	for i, x := range list {
		if i == pastShown {
			l.items = append(l.items, m.item("do:older", "Older"))
			break
		}
		l.items = append(l.items, Item{
			ID: "past:" + x.Exchange, Label: x.At.In(m.now.Location()).Format("02-01 15:04") + " " + money(x.AmountMinor, x.Currency),
			Value: m.resultWord(x.Result),
		})
	}
	if len(list) == 0 {
		l.lines = []string{m.say("No payments yet")}
	}
	return l
}

func (m *Machine) resultWord(r Result) string {
	switch r {
	case ResultApproved:
		return m.say("Approved")
	case ResultDeclined:
		return m.say("Declined")
	case ResultCancelled:
		return m.say("Cancelled")
	}
	return m.say("Not completed")
}

func (m *Machine) pastPage(x *Past) leaf {
	l := leaf{title: money(x.AmountMinor, x.Currency) + " " + m.resultWord(x.Result)}
	l.lines = append(l.lines, x.At.In(m.now.Location()).Format("02-01-2006 15:04:05"))
	for _, line := range []string{x.Card, x.Reference} {
		if line != "" {
			l.lines = append(l.lines, line)
		}
	}
	switch x.Type {
	case nexo.PaymentRefund:
		l.lines = append(l.lines, m.say("Unreferenced refund"))
	case nexo.PaymentCardCheck:
		l.lines = append(l.lines, m.say("Card check"))
	}
	if x.TipMinor > 0 {
		l.lines = append(l.lines, m.say("Tip")+" "+money(x.TipMinor, x.Currency))
	}
	if x.AuthCode != "" {
		l.lines = append(l.lines, m.say("Auth. code %s", x.AuthCode))
	}
	for _, r := range x.Refunds {
		l.lines = append(l.lines, m.refundLine(r, x.Currency))
	}
	if m.is(setRefunds) && x.left() > 0 {
		l.items = append(l.items, m.item("page:refund", "Refund"))
	}
	if m.is(setManualReceipt) && x.Result == ResultApproved {
		l.items = append(l.items, m.item("page:mail", "E-mail copy"))
		if _, ok := m.paperOf(x.Exchange); ok && m.canPrint() {
			l.items = append(l.items, m.item("do:print", "Print copy"))
		}
	}
	return l
}

func (m *Machine) refundLine(r PastRefund, currency string) string {
	state := map[RefundState]string{
		RefundAsked: m.say("asked for"), RefundAccepted: m.say("accepted"), RefundRefused: m.say("refused"),
	}[r.State]
	return m.say("Refund") + " " + money(r.AmountMinor, currency) + " " + state
}

// refundTyped takes the amount; the PIN comes next.
func (m *Machine) refundTyped(p *place) {
	x := m.d.past(p.exchange)
	if x == nil {
		return
	}
	minor := x.left()
	if p.typed != "" {
		minor = int64(number(p.typed))
	}
	if minor <= 0 || minor > x.left() {
		m.problem(m.say("At most %s", money(x.left(), x.Currency)))
		return
	}
	p.minor = minor
	m.open(pagePIN, func(p *place) { p.then = "confirm" })
}

func (m *Machine) sendRefund() {
	p := m.v.place
	id, problem := m.refund(p.exchange, p.minor)
	if problem != "" {
		m.problem(problem)
		return
	}
	m.open(pageWait, func(p *place) { p.wish = id })
}

// refund asks for a refund. What the cloud thinks of it is known later.
func (m *Machine) refund(exchange string, minor int64) (id, problem string) {
	x := m.d.past(exchange)
	switch {
	case !m.is(setRefunds):
		return "", m.say("Refunds are not allowed on this terminal")
	case x == nil || x.left() == 0:
		return "", m.say("There is nothing to refund")
	case minor <= 0 || minor > x.left():
		return "", m.say("At most %s", money(x.left(), x.Currency))
	}
	return m.wishFor("R-", func(id string) poilink.Frame {
		return poilink.Frame{Type: poilink.TypeRefund, Refund: &poilink.Refund{ID: id, Exchange: exchange, AmountMinor: minor}}
	})
}

func (m *Machine) wishFor(what string, frame func(id string) poilink.Frame) (id, problem string) {
	if m.d.Activated == nil || len(m.d.Wishes) >= maxWishes || len(m.d.Outbox) >= maxOutbox {
		return "", m.say("Too much waits for the server")
	}
	id, err := m.newID(what)
	if err != nil {
		return "", m.say("Try again")
	}
	m.wish(Wish{Frame: frame(id), At: m.now})
	return id, ""
}

func (m *Machine) sendMail(p *place) {
	id, problem := m.mail(p.exchange, strings.TrimSpace(p.typed))
	if problem != "" {
		m.problem(problem)
		return
	}
	m.open(pageWait, func(p *place) { p.wish = id })
}

func (m *Machine) mail(exchange, address string) (id, problem string) {
	name, host, ok := strings.Cut(address, "@")
	switch {
	case !ok || name == "" || !strings.Contains(host, ".") || strings.Contains(address, " ") || len(address) > maxAddress || !printable(address):
		return "", m.say("This is no e-mail address")
	case m.d.past(exchange) == nil:
		return "", m.say("This payment is not in the history any more")
	}
	return m.wishFor("M-", func(id string) poilink.Frame {
		return poilink.Frame{Type: poilink.TypeReceipt, Receipt: &poilink.Receipt{ID: id, Exchange: exchange, Address: address}}
	})
}

// refundAnswered takes the cloud's word on a refund, and prints it.
func (m *Machine) refundAnswered(a poilink.RefundAnswer) {
	w := m.d.wishOf(poilink.TypeRefund, a.ID)
	if w == nil {
		return
	}
	minor := w.Frame.Refund.AmountMinor
	var paper *Receipt
	if a.Accepted {
		if paper = m.refundPaper(a.Exchange, minor); paper != nil {
			paper.State = m.paperState(m.is(setAutoPrint))
		}
	}
	m.persist(Record{Kind: RecordWished, WishType: poilink.TypeRefund, WishID: a.ID, RefundAnswer: &a, Receipt: paper})
	m.emitPaper(paper)
	title, text := m.say("Refund accepted"), ""
	if x := m.d.past(a.Exchange); x != nil {
		text = money(minor, x.Currency)
	}
	if !a.Accepted {
		title, text = m.say("Refund refused"), clip(a.Text, maxLabel)
	}
	m.waitOver(a.ID, title, text, a.Accepted)
}

func (m *Machine) receiptAnswered(a poilink.ReceiptAnswer) {
	if m.d.wishOf(poilink.TypeReceipt, a.ID) == nil {
		return
	}
	m.persist(Record{Kind: RecordWished, WishType: poilink.TypeReceipt, WishID: a.ID})
	if a.Accepted {
		m.waitOver(a.ID, m.say("The receipt is sent"), "", true)
		return
	}
	m.waitOver(a.ID, m.say("The receipt is not sent"), clip(a.Text, maxLabel), false)
}

// waitOver shows an answer to the person who waits for it, if they still do.
func (m *Machine) waitOver(id, title, text string, accepted bool) {
	m.emit(Told{ID: id, Title: title, Text: text, Accepted: accepted})
	if p := m.v.place; p == nil || p.page != pageWait || p.wish != id {
		return
	}
	m.v.place = m.v.place.back
	m.open(pageDone, func(p *place) { p.then, p.text = title, text })
}

// refundPaper is the paper of a refund.
func (m *Machine) refundPaper(exchange string, minor int64) *Receipt {
	x, who := m.d.past(exchange), m.d.Activated
	if x == nil || who == nil {
		return nil
	}
	r := m.head(ResultApproved)
	r.Kind, r.Exchange, r.Reference, r.Card = PaperRefund, x.Exchange, x.Reference, x.Card
	r.Amount, r.AmountMinor, r.Currency = money(minor, x.Currency), minor, x.Currency
	r.Rows = []PaperRow{{"Payment", money(x.AmountMinor, x.Currency)}, {"Of", x.At.Format("02-01-2006 15:04")}}
	return r
}
