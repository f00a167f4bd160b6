package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa/card"
	"kassa/nexo"
	"kassa/poilink"
)

// Wish is what somebody at the terminal wants of the cloud: an order, a refund, a receipt by e-mail.
// It is written down before it is sent and asked for again until it is answered.
type Wish struct {
	// Frame carries it, without a sequence number.
	Frame poilink.Frame `json:"frame"`
	At    time.Time     `json:"at"`
	// Tipping and Printing are what the app wants for its payment; absent: the terminal's settings.
	Tipping  *bool `json:"tipping,omitempty"`
	Printing *bool `json:"printing,omitempty"`
	// Exchange is what the cloud made of a start. The wish stays until that payment has come or ended.
	Exchange string `json:"exchange,omitempty"`
	// Stopped tells that the Stop key was pressed before the payment came.
	Stopped bool `json:"stopped,omitempty"`
}

// id is the identity of a wish within its type.
func (w Wish) id() string {
	switch f := w.Frame; {
	case f.Start != nil:
		return f.Start.Reference
	case f.Refund != nil:
		return f.Refund.ID
	case f.Receipt != nil:
		return f.Receipt.ID
	case f.Chosen != nil:
		return f.Chosen.ID
	case f.Stop != nil:
		return f.Stop.ID
	}
	return ""
}

func (w Wish) same(f poilink.Frame) bool {
	return w.Frame.Type == f.Type && w.id() == (Wish{Frame: f}).id()
}

// Outcome is what became of an order that was started on the terminal.
type Outcome struct {
	Reference string `json:"reference"`
	Result    Result `json:"result"`
	// Code and Text say why a start was refused; else Text is what the screen says of the end.
	Code        string            `json:"code,omitempty"`
	Text        string            `json:"text,omitempty"`
	Exchange    string            `json:"exchange,omitempty"`
	Origin      poilink.Origin    `json:"origin,omitempty"`
	Kind        poilink.StartKind `json:"kind,omitempty"`
	AmountMinor int64             `json:"amountMinor"` // as it was started, without a tip
	TipMinor    int64             `json:"tipMinor,omitempty"`
	Currency    string            `json:"currency"`
	AuthCode    string            `json:"authCode,omitempty"`
	RRN         string            `json:"rrn,omitempty"`
}

// The codes of a start that the terminal itself refuses. Such a start has left no trace.
const (
	StartInvalid  = "invalid"       // the terminal cannot ask for this
	StartNotReady = "notReady"      // not activated, or no key
	StartOffline  = "offline"       // no connection to the server
	StartBusy     = "busy"          // something else is on the screen
	StartSpent    = "referenceUsed" // the reference is that of another order
)

func outcomeOf(s poilink.Start) Outcome {
	return Outcome{
		Reference: s.Reference, Origin: s.Origin, Kind: s.Kind, AmountMinor: s.AmountMinor, Currency: s.Currency,
	}
}

// start begins an order on the terminal, once: a repeat of one that goes on changes nothing, and a
// repeat of one that has ended gets its outcome again.
func (m *Machine) start(in StartOrder) {
	if in.Reference == "" && in.Origin == poilink.OriginManual && m.d.Activated != nil {
		in.Reference, _ = m.newID("") // without one it is refused below
	}
	m.emit(Took{in.Reference})
	s := poilink.Start{
		Reference: in.Reference, Origin: in.Origin, Kind: in.Kind, AmountMinor: in.AmountMinor, Currency: in.Currency,
		Description: in.Description, NotificationURL: in.NotificationURL, SessionID: in.SessionID,
	}
	o := outcomeOf(s)
	if past, ok := m.d.outcome(s.Reference); ok && past.Result != ResultRefused {
		if past.Kind != s.Kind || past.AmountMinor != s.AmountMinor || past.Currency != s.Currency {
			past = o.refused(StartSpent, "This order id was used for another amount")
		}
		m.emit(Ordered{past})
		return
	}
	if m.d.starting(s.Reference) {
		return
	}
	if code, text := m.mayStart(in); code != "" {
		m.emit(Ordered{o.refused(code, text)})
		if in.Origin == poilink.OriginManual && m.v.on && m.v.stage == stageNone && m.d.Activated != nil {
			m.notByHand(text)
		}
		return
	}
	m.stop(timerScreen, timerPlace)
	m.v.place, m.v.shown = nil, nil
	m.wish(Wish{
		Frame: poilink.Frame{Type: poilink.TypeStart, Start: &s}, At: m.now, Tipping: in.Tipping, Printing: in.Printing,
	})
	m.showStarting()
}

func (o Outcome) refused(code, text string) Outcome {
	o.Result, o.Code, o.Text = ResultRefused, code, text
	return o
}

func (m *Machine) mayStart(in StartOrder) (code, text string) {
	switch problem := in.problem(); {
	case problem != "":
		return StartInvalid, problem
	case !m.v.on:
		return StartNotReady, "The terminal is off"
	case m.d.Activated == nil:
		return StartNotReady, "The terminal is not activated"
	case m.v.device == nil:
		return StartNotReady, "IPEK not configured"
	case !m.online():
		return StartOffline, "No connection to the server"
	case m.d.Open != nil || m.d.startWaiting() != nil:
		return StartBusy, "Another payment is on the screen"
	case m.d.Asked != nil:
		return StartBusy, "The cash register asks something"
	case m.is(setManual) && in.Origin != poilink.OriginManual:
		return StartBusy, "Manual input is on"
	case m.v.place != nil && m.v.place.page != pageHome && in.Origin != poilink.OriginManual:
		return StartBusy, "Somebody uses the menus of the terminal"
	case len(m.d.Outbox) >= maxOutbox || len(m.d.Wishes) >= maxWishes:
		return StartBusy, "The terminal has too much to send"
	}
	return "", ""
}

// problem says what of a start breaks a rule of the link; the cloud closes the link over such a frame.
func (in StartOrder) problem() string {
	reference := strings.Trim(in.Reference, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.-")
	switch {
	case in.Reference == "" || len(in.Reference) > maxReference || reference != "":
		return "order_id must have 1 to 50 characters out of A-Z a-z 0-9 / _ . -"
	case holdsNumber(in.Reference) || holdsNumber(in.Description):
		return "order_id and description must not hold a card number"
	case in.Kind == poilink.StartCardCheck && in.AmountMinor != 0:
		return "amount must be 0 for a card check"
	case in.Kind != poilink.StartCardCheck && in.AmountMinor <= 0:
		return "amount must be more than 0"
	case in.AmountMinor > maxMinor:
		return fmt.Sprintf("amount must be at most %d", int64(maxMinor))
	case currencyCode(in.Currency) == nil:
		return "currency is not known to the terminal"
	case len(in.Description) > maxDescription || !printable(in.Description):
		return fmt.Sprintf("description must be text of at most %d bytes", maxDescription)
	case len(in.NotificationURL) > maxURL || !printable(in.NotificationURL):
		return "notification_url is too long or not text"
	case len(in.SessionID) > maxDescription || !printable(in.SessionID):
		return "session_id is too long or not text"
	case !slices.Contains([]poilink.Origin{poilink.OriginManual, poilink.OriginWebApp, poilink.OriginNativeApp}, in.Origin):
		return "origin is unknown"
	case !slices.Contains([]poilink.StartKind{poilink.StartPayment, poilink.StartRefund, poilink.StartCardCheck}, in.Kind):
		return "kind is unknown"
	}
	return ""
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// holdsNumber tells whether a run of 12 to 19 digits passes the check of card numbers (ISO/IEC 7812-1).
func holdsNumber(s string) bool {
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < '0' || r > '9' }) {
		if _, err := card.ParsePAN(run); err == nil {
			return true
		}
	}
	return false
}

// wish writes a wish down and asks for it.
func (m *Machine) wish(w Wish) {
	seq := m.d.UpSeq + 1
	m.persist(Record{Kind: RecordWish, Seq: seq, Wish: &w})
	f := w.Frame
	f.Seq = seq
	m.offer(f)
	m.v.wishAgain = askAgainFirst
	m.after(timerWish, askAgainFirst)
}

// wishesAgain asks for what has no answer, one copy of each at a time.
func (m *Machine) wishesAgain() {
	if len(m.d.Wishes) == 0 {
		return
	}
	m.v.wishAgain = max(m.v.wishAgain, askAgainFirst)
	m.after(timerWish, m.v.wishAgain)
	if m.v.link != linkOpen {
		return
	}
	m.v.wishAgain = min(2*m.v.wishAgain, askAgainMost)
	for _, w := range m.d.Wishes {
		if !m.d.waiting(w.same) && len(m.d.Outbox) < maxOutbox {
			m.up(w.Frame)
		}
	}
}

// started takes the answer to a start. The payment itself follows, unless it has come before.
func (m *Machine) started(s poilink.Started) {
	w := m.d.wishOf(poilink.TypeStart, s.Reference)
	if w == nil {
		return
	}
	if s.Code == "" {
		if w.Exchange == "" && s.Exchange != "" {
			m.persist(Record{Kind: RecordWished, WishType: poilink.TypeStart, WishID: s.Reference, Exchange: s.Exchange})
		}
		return
	}
	o := outcomeOf(*w.Frame.Start).refused(s.Code, orText(s.Text, "The server refuses the order"))
	m.notStarted(o)
}

// notStarted ends a start that no payment came of.
func (m *Machine) notStarted(o Outcome) {
	m.persist(Record{Kind: RecordWished, WishType: poilink.TypeStart, WishID: o.Reference, Outcome: &o})
	if m.v.stage == stageStarting {
		m.v.stage = stageNone
		s := m.resultScreen(o.Result, o.Text)
		s.AmountMinor, s.Currency = o.AmountMinor, o.Currency
		m.show(s)
		m.after(timerScreen, endShown)
	}
	m.emit(Ordered{o})
}

// decidedUnseen ends a start whose order ended before the terminal could show it.
func (m *Machine) decidedUnseen(d poilink.Decision) {
	for _, w := range m.d.Wishes {
		if w.Frame.Start == nil || w.Exchange != d.Exchange {
			continue
		}
		o := outcomeOf(*w.Frame.Start)
		o.Result, o.Text, o.Exchange = resultOf(d.Verdict), clip(d.Text, maxLabel), d.Exchange
		o.AuthCode, o.RRN = d.AuthCode, d.RRN
		m.notStarted(o)
		return
	}
}

// abortUnseen ends a start whose order the cloud takes back before the terminal could show it.
func (m *Machine) abortUnseen(exchange, reason string) {
	m.decidedUnseen(poilink.Decision{
		Exchange: exchange, Verdict: poilink.VerdictCancelled, Text: orText(reason, "Cancelled by the cash register"),
	})
}

// forgetWishes ends what was wanted of a merchant whom the terminal belongs to no more.
func (m *Machine) forgetWishes() {
	for _, w := range slices.Clone(m.d.Wishes) {
		if w.Frame.Start != nil {
			m.notStarted(outcomeOf(*w.Frame.Start).refused(StartNotReady, "The terminal was unbound"))
			continue
		}
		m.persist(Record{Kind: RecordWished, WishType: w.Frame.Type, WishID: w.id()})
	}
}

// stopStarting is the Stop key while the cloud is asked. The order may exist there already, so that it
// is ended when its payment comes.
func (m *Machine) stopStarting() {
	w := m.d.startWaiting()
	if w == nil || w.Stopped {
		return
	}
	m.persist(Record{Kind: RecordWished, WishType: poilink.TypeStart, WishID: w.id(), Stopped: true})
	m.showStarting()
}

// showStarting shows that an order is on its way.
func (m *Machine) showStarting() {
	w := m.d.startWaiting()
	if w == nil {
		return
	}
	m.v.stage = stageStarting
	title := m.say("Starting")
	if w.Stopped {
		title = m.say("Cancelling")
	}
	s := Screen{Name: ScreenStarting, Title: title, Lines: []string{m.say("Please wait")}}
	s.AmountMinor, s.Currency = w.Frame.Start.AmountMinor, w.Frame.Start.Currency
	if !m.online() {
		s.Error = m.say("No connection to the server")
	}
	m.show(s)
}

// adopt tells the payment of an own start apart from what cash registers send, and what was wanted for it.
func (m *Machine) adopt(e *Exchange) (stopped bool) {
	w := m.d.wishOf(poilink.TypeStart, e.Reference)
	if w == nil {
		return false
	}
	e.Origin, e.Kind, e.Tipping, e.Printing = w.Frame.Start.Origin, w.Frame.Start.Kind, w.Tipping, w.Printing
	e.Asked = w.Frame.Start.AmountMinor
	return w.Stopped
}

// outcome is what becomes known of an own start when its payment ends.
func (e *Exchange) outcome(end Ending) *Outcome {
	if e.Origin == "" {
		return nil
	}
	a := orEmpty(e.Answer)
	return &Outcome{
		Reference: e.Reference, Result: end.Result, Text: end.Text, Exchange: e.ID, Origin: e.Origin, Kind: e.Kind,
		AmountMinor: e.Asked, TipMinor: e.TipMinor, Currency: e.Currency, AuthCode: a.AuthCode, RRN: a.RRN,
	}
}

// refuseStarted ends an own start whose payment the terminal cannot show.
func (m *Machine) refuseStarted(e *Exchange, no nexo.ErrorCondition, text string) {
	m.stopOwnStarting()
	end := Ending{Exchange: e.ID, Result: ResultCancelled, Text: text, Response: failure(no, text)}
	o := e.outcome(end)
	m.end(end, e.SaleID, Record{Outcome: o})
	if o == nil {
		return
	}
	m.show(m.resultScreen(ResultCancelled, m.say(text)))
	m.after(timerScreen, endShown)
	m.emit(Ordered{*o})
}

func (m *Machine) stopOwnStarting() {
	if m.v.stage == stageStarting {
		m.v.stage = stageNone
	}
}

func (d *durable) applyWish(r Record) error {
	switch {
	case r.Kind == RecordWish && r.Wish != nil:
		d.Wishes = append(d.Wishes, *r.Wish)
		f := r.Wish.Frame
		f.Seq = r.Seq
		d.UpSeq, d.Outbox = r.Seq, append(d.Outbox, f)
		d.applyRefund(f.Refund, nil)
	case r.Kind == RecordWished:
		w := d.wishOf(r.WishType, r.WishID)
		switch {
		case w == nil:
			return fmt.Errorf("record %s: no such wish", r.Kind)
		case r.Exchange != "":
			w.Exchange = r.Exchange
		case r.Stopped:
			w.Stopped = true
		default:
			if r.RefundAnswer != nil {
				d.applyRefund(w.Frame.Refund, r.RefundAnswer)
			}
			d.dropWish(r.WishType, r.WishID)
			d.noteOutcome(r.Outcome)
			if r.Receipt != nil {
				d.applyPaper(r.Receipt)
			}
		}
	default:
		return fmt.Errorf("record %s: its body is missing", r.Kind)
	}
	return nil
}

func (d *durable) dropWish(t poilink.Type, id string) {
	d.Wishes = slices.DeleteFunc(d.Wishes, func(w Wish) bool { return w.Frame.Type == t && w.id() == id })
}

func (d *durable) noteOutcome(o *Outcome) {
	if o != nil {
		d.Outcomes = lastOf(append(d.Outcomes, *o), maxOutcomes)
	}
}

func (d *durable) wishOf(t poilink.Type, id string) *Wish {
	for i := range d.Wishes {
		if w := &d.Wishes[i]; w.Frame.Type == t && w.id() == id {
			return w
		}
	}
	return nil
}

// startWaiting is the start whose payment has not come, if there is one.
func (d *durable) startWaiting() *Wish {
	i := slices.IndexFunc(d.Wishes, func(w Wish) bool { return w.Frame.Start != nil })
	if i < 0 {
		return nil
	}
	return &d.Wishes[i]
}

// starting tells whether an order of this reference goes on.
func (d *durable) starting(reference string) bool {
	open := d.Open != nil && d.Open.Origin != "" && d.Open.Reference == reference
	return open || d.wishOf(poilink.TypeStart, reference) != nil
}

func (d *durable) outcome(reference string) (Outcome, bool) {
	for i := len(d.Outcomes) - 1; i >= 0; i-- {
		if d.Outcomes[i].Reference == reference {
			return d.Outcomes[i], true
		}
	}
	return Outcome{}, false
}
