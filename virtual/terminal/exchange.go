package terminal

import (
	"encoding/json"
	"time"

	"kassa/nexo"
	"kassa/poilink"
)

func (m *Machine) nexo(f poilink.Frame) {
	var msg nexo.Message
	if err := json.Unmarshal(f.Nexo, &msg); err != nil {
		return // without a header there is nobody to answer
	}
	h := msg.Header
	if h.ServiceID == "" || len(h.ServiceID) > maxServiceID || h.MessageType != nexo.TypeRequest {
		return
	}
	switch h.MessageCategory {
	case nexo.CategoryPayment:
		m.payment(msg, f.ValidForMS)
	case nexo.CategoryAbort:
		m.abort(msg)
	case nexo.CategoryDisplay, nexo.CategoryInput, nexo.CategoryPrint:
		m.device(msg)
	}
}

// payment begins an exchange, once: a repeat of an open one changes nothing, and a repeat of an
// ended one gets the stored answer.
func (m *Machine) payment(msg nexo.Message, validForMS int64) {
	h := msg.Header
	if m.d.Open != nil && m.d.Open.ID == h.ServiceID {
		m.reportScreen()
		return
	}
	if end, ok := m.d.ended(h.ServiceID); ok {
		if end.Response != nil {
			m.up(m.response(h.ServiceID, h.SaleID, *end.Response))
		}
		return
	}
	if m.has(FaultFrozen) {
		return // it is asked for again, and nothing comes of that either
	}
	no, text := m.refusal(msg)
	if no == nexo.ErrorBusy { // what is true now is no end: it may be asked for again
		m.up(m.response(h.ServiceID, h.SaleID, *failure(no, text)))
		return
	}
	if no != "" {
		e := Exchange{ID: h.ServiceID, SaleID: h.SaleID}
		if p := msg.PaymentRequest; p != nil {
			e.Reference, e.Currency = p.SaleData.SaleReferenceID, p.PaymentTransaction.AmountsReq.Currency
			m.adopt(&e)
		}
		m.refuseStarted(&e, no, text)
		return
	}
	p := msg.PaymentRequest
	e := Exchange{
		ID: h.ServiceID, SaleID: h.SaleID, Reference: p.SaleData.SaleReferenceID,
		AmountMinor: p.PaymentTransaction.AmountsReq.RequestedAmountMinor,
		Currency:    p.PaymentTransaction.AmountsReq.Currency,
		Received:    m.now, ValidForMS: validForMS, Type: p.Kind(),
		TipMinor: p.PaymentTransaction.AmountsReq.TipAmountMinor,
	}
	if p.PaymentTransaction.AmountsReq.AskTip {
		e.Tipping = new(true)
	}
	if items := p.PaymentTransaction.SaleItem; len(items) > 0 {
		e.Label = clip(items[0].ProductLabel, maxLabel)
	}
	m.endAsked(nexo.ErrorAborted, "A payment began")
	stopped := m.adopt(&e)
	m.stopOwnStarting()
	m.v.place, m.v.shown = nil, nil
	m.stop(timerPlace)
	m.persist(Record{Kind: RecordOpen, Open: &e})
	if stopped {
		m.cancel("Cancelled at the terminal")
		return
	}
	m.ready()
}

// ready asks for what comes first: a tip, or the card.
func (m *Machine) ready() {
	if m.tipWanted(m.d.Open) {
		m.askTip()
		return
	}
	m.presentCard("")
}

func (m *Machine) refusal(msg nexo.Message) (nexo.ErrorCondition, string) {
	p := msg.PaymentRequest
	switch {
	case msg.Header.POIID != m.cfg.POIID:
		return nexo.ErrorNotAllowed, "the request is for another POI"
	case p == nil || len(p.PaymentTransaction.AmountsReq.Currency) != 3 ||
		p.PaymentTransaction.AmountsReq.RequestedAmountMinor < 0 ||
		(p.PaymentTransaction.AmountsReq.RequestedAmountMinor == 0) != (p.Kind() == nexo.PaymentCardCheck):
		return nexo.ErrorMessageFormat, "amount or currency is missing"
	case m.d.Activated == nil:
		return nexo.ErrorNotAllowed, "the terminal is not activated"
	case m.v.device == nil:
		return nexo.ErrorDeviceOut, m.unready()
	case m.d.Open != nil:
		return nexo.ErrorBusy, "another payment is on the screen"
	case m.own() && m.d.wishOf(poilink.TypeStart, p.SaleData.SaleReferenceID) == nil:
		return nexo.ErrorBusy, "the terminal is not in cloud mode"
	}
	return "", ""
}

// abort ends an exchange that has asked for nothing. With a request on its way only the cloud can
// tell how it ends, so the terminal waits for that.
func (m *Machine) abort(msg nexo.Message) {
	if msg.AbortRequest == nil {
		return
	}
	id := msg.AbortRequest.MessageReference.ServiceID
	if c := msg.AbortRequest.MessageReference.MessageCategory; c == nexo.CategoryInput || c == nexo.CategoryDisplay || c == nexo.CategoryPrint {
		m.abortAsked(msg.AbortRequest.MessageReference, msg.AbortRequest.AbortReason)
		return
	}
	e := m.d.Open
	switch {
	case e != nil && e.ID == id && !e.outstanding():
		m.finish(ResultCancelled, orText(msg.AbortRequest.AbortReason, "Cancelled by the cash register"), failure(nexo.ErrorAborted, msg.AbortRequest.AbortReason))
	case e == nil || e.ID != id:
		m.abortUnseen(id, msg.AbortRequest.AbortReason)
		if end, ok := m.d.ended(id); ok && end.Response != nil {
			m.up(m.response(id, msg.Header.SaleID, *end.Response))
		}
	}
}

// cancel is the customer's or the cashier's word, or their silence.
func (m *Machine) cancel(text string) {
	if e := m.d.Open; e == nil || e.outstanding() {
		return
	}
	m.finish(ResultCancelled, text, failure(nexo.ErrorCancel, text))
}

func failure(c nexo.ErrorCondition, text string) *nexo.Response {
	return &nexo.Response{Result: nexo.ResultFailure, ErrorCondition: c, AdditionalResponse: text}
}

func (m *Machine) response(id, saleID string, r nexo.Response) poilink.Frame {
	raw, err := json.Marshal(nexo.Message{
		Header: nexo.Header{
			ProtocolVersion: nexo.ProtocolVersion, MessageClass: "Service",
			MessageCategory: nexo.CategoryPayment, MessageType: nexo.TypeResponse,
			ServiceID: id, SaleID: saleID, POIID: m.cfg.POIID,
		},
		PaymentResponse: &nexo.PaymentResponse{Response: r},
	})
	if err != nil {
		raw = []byte("{}") // strings and structs of strings always encode
	}
	return poilink.Frame{Type: poilink.TypeNexo, Nexo: raw}
}

// end writes an ending and the terminal's own word on it as one record, so that no crash can
// leave one without the other.
func (m *Machine) end(e Ending, saleID string, rec Record) {
	rec.Kind, rec.End = RecordEnd, &e
	if e.Response != nil {
		f := m.response(e.Exchange, saleID, *e.Response)
		f.Seq = m.d.UpSeq + 1
		rec.Seq, rec.Frame = f.Seq, &f
	}
	m.persist(rec)
	if rec.Frame != nil {
		m.offer(*rec.Frame)
	}
}

// finish ends the open exchange. The response is set where the terminal ends it; where the cloud
// did, it knows.
func (m *Machine) finish(result Result, text string, own *nexo.Response) {
	e := m.d.Open
	if e == nil {
		return
	}
	e.Answer = orEmpty(e.Answer)
	var r *Receipt
	if own == nil { // what the terminal itself ended needs no paper
		if r = m.receipt(result, text, *e.Answer); r != nil {
			r.State = m.paperState(m.wantsPaper(e, result))
		}
	}
	a := Attempt{
		Result: result, Exchange: e.ID, Request: e.Requests, Text: text,
		AuthCode: e.Answer.AuthCode, RRN: e.Answer.RRN, STAN: e.Answer.STAN,
	}
	shown := text
	if own != nil {
		shown = m.say(text)
	}
	s := m.resultScreen(result, shown)
	s.Items = m.resultItems(r)
	if r != nil && r.State == PaperWaiting {
		s.Error = m.say("The printer is out of paper")
	}
	m.forgetCard()
	if r != nil && r.State == "" {
		m.step(poilink.StepPrintReceipt)
		m.step(poilink.StepReceiptPrinted)
	}
	m.stop(timerPIN, timerLost, timerAgain)
	m.v.stage, m.v.lost = stageNone, false
	end := Ending{Exchange: e.ID, Result: result, Text: text, Response: own}
	o := e.outcome(end)
	m.end(end, e.SaleID, Record{Receipt: r, Outcome: o, Past: e.past(m.now, end)})
	m.show(s)
	if d := m.closeAfter(); d > 0 {
		m.after(timerScreen, d)
	} else {
		m.stop(timerScreen)
	}
	m.emitPaper(r)
	m.emit(Finished{a})
	if o != nil {
		m.emit(Ordered{*o})
	}
}

func (m *Machine) resultScreen(result Result, text string) Screen {
	switch result {
	case ResultApproved:
		return m.amounts(ScreenApproved, "Approved", orText(text, m.say("Thank you")))
	case ResultDeclined:
		return m.amounts(ScreenDeclined, "Declined", orText(text, m.say("Card declined")))
	case ResultRefused:
		return m.amounts(ScreenRefused, "Not started", text)
	case ResultCancelled:
		return m.amounts(ScreenCancelled, "Cancelled", orText(text, m.say("The payment was cancelled")))
	default:
		s := m.amounts(ScreenNotCompleted, "Not completed")
		if text != "" {
			s.Lines = append(s.Lines, clip(text, maxLabel))
		}
		s.Lines = append(s.Lines, m.say("No money was taken"))
		return s
	}
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return clip(text, maxLabel)
}

func orEmpty(a *poilink.AuthorisationResponse) *poilink.AuthorisationResponse {
	if a == nil {
		return &poilink.AuthorisationResponse{}
	}
	return a
}

func approves(v poilink.Verdict) bool {
	return v == poilink.VerdictApproved || v == poilink.VerdictHostApproved
}

// answer takes the answer to the pending request; any other is late or a repeat, but one that ends
// the exchange ends it: a terminal whose storage was set back does not know what it has asked.
func (m *Machine) answer(a *poilink.AuthorisationResponse) {
	e := m.d.Open
	if e == nil || a.Exchange != e.ID {
		return
	}
	if awaited := e.Pending != nil && a.Request == e.Pending.Request; !awaited && !ends(a) {
		return
	}
	if m.has(FaultDropAnswer) && approves(a.Verdict) {
		return
	}
	switch a.Verdict {
	case poilink.VerdictApproved, poilink.VerdictNotCompleted, poilink.VerdictCancelled:
		e.Answer = a
		m.finish(resultOf(a.Verdict), a.Text, nil)
	case poilink.VerdictHostApproved:
		m.persist(Record{Kind: RecordAnswer, Answer: a})
		m.stop(timerAgain)
		m.complete()
	case poilink.VerdictDeclined:
		m.declined(a)
	}
}

// ends tells whether an answer ends its exchange.
func ends(a *poilink.AuthorisationResponse) bool {
	switch a.Verdict {
	case poilink.VerdictApproved, poilink.VerdictNotCompleted, poilink.VerdictCancelled:
		return true
	case poilink.VerdictDeclined:
		return a.Final
	}
	return false
}

func resultOf(v poilink.Verdict) Result {
	switch v {
	case poilink.VerdictApproved:
		return ResultApproved
	case poilink.VerdictDeclined:
		return ResultDeclined
	case poilink.VerdictCancelled:
		return ResultCancelled
	}
	return ResultNotCompleted
}

func (m *Machine) declined(a *poilink.AuthorisationResponse) {
	e := m.d.Open
	if a.Final {
		e.Answer = a
		m.finish(ResultDeclined, a.Text, nil)
		return
	}
	m.stop(timerLost, timerAgain)
	m.v.lost = false
	rec := Record{Kind: RecordAnswer, Answer: a}
	if a.Action == poilink.ActionNone {
		if rec.Receipt = m.receipt(ResultDeclined, a.Text, *a); rec.Receipt != nil {
			rec.Receipt.State = m.paperState(m.wantsPaper(e, ResultDeclined))
		}
	}
	m.persist(rec)
	switch {
	case a.Action == poilink.ActionFallForward:
		m.askInsert()
	case a.Action != poilink.ActionNone && m.v.reading == nil:
		m.presentCard(problemAgain) // the tap was lost with the power
	case a.Action == poilink.ActionPINRequest:
		m.askPIN("")
	case a.Action == poilink.ActionPINRetry:
		m.askPIN(orText(a.Text, m.say("Wrong PIN. Try again")))
	case a.Action == poilink.ActionPINLastTry:
		m.askPIN(orText(a.Text, m.say("Wrong PIN. Last try")))
	default:
		m.declineShown(a, rec.Receipt)
	}
}

// declineShown lets the customer read why, and then try another card.
func (m *Machine) declineShown(a *poilink.AuthorisationResponse, r *Receipt) {
	m.forgetCard()
	m.v.stage = stageDeclined
	m.show(m.resultScreen(ResultDeclined, a.Text))
	m.after(timerScreen, resultShown)
	m.emitPaper(r)
	m.emit(Finished{Attempt{
		Result: ResultDeclined, Exchange: a.Exchange, Request: a.Request, Text: orText(a.Text, "Card declined"),
		RRN: a.RRN, STAN: a.STAN,
	}})
}

// decision is the cloud's last word on an exchange.
func (m *Machine) decision(d poilink.Decision) {
	e := m.d.Open
	if m.has(FaultDropAnswer) && approves(d.Verdict) {
		return
	}
	if e == nil || d.Exchange != e.ID {
		m.decidedUnseen(d)
		return
	}
	last := *orEmpty(e.Answer)
	last.AuthCode = first(d.AuthCode, last.AuthCode)
	last.RRN, last.STAN = first(d.RRN, last.RRN), first(d.STAN, last.STAN)
	e.Answer = &last
	m.finish(resultOf(d.Verdict), d.Text, nil)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// resume picks an exchange up where the journal left it.
func (m *Machine) resume() {
	e := m.d.Open
	if e == nil {
		m.showStarting()
		return
	}
	validity := time.Duration(e.ValidForMS) * time.Millisecond
	asked := e.PendingAt
	if asked.After(m.now) {
		asked = m.now // the clock was set back while the device was off
	}
	switch {
	case e.Pending != nil || e.Advice != nil:
		m.waitForAnswer(asked)
		if !m.now.Before(m.v.due[timerLost]) {
			m.stop(timerLost)
			m.resultLost()
		}
	case e.chipOwes():
		m.waitForAnswer(asked)
		m.complete()
	case e.Requests == 0 && validity > 0 && m.now.Sub(e.Received) > validity:
		m.finish(ResultCancelled, "The request came too late", failure(nexo.ErrorNotAllowed, "the request came too late"))
	default:
		m.ready()
	}
}

// askAgain repeats what has no answer. One copy at a time waits for the link, so that a long
// silence does not fill the journal.
func (m *Machine) askAgain() {
	e := m.d.Open
	if e == nil || m.v.stage != stageAsked || (e.Pending == nil && e.Advice == nil) {
		return
	}
	if m.v.again == 0 {
		m.v.again = askAgainFirst
	}
	m.after(timerAgain, m.v.again)
	if m.v.link != linkOpen {
		return
	}
	m.v.again = min(2*m.v.again, askAgainMost)
	f := poilink.Frame{Type: poilink.TypeAuthorisationRequest, AuthorisationRequest: e.Pending}
	if e.Advice != nil {
		f = poilink.Frame{Type: poilink.TypeCompletionAdvice, CompletionAdvice: e.Advice}
	}
	if !m.d.waiting(func(o poilink.Frame) bool { return o.Type == f.Type }) {
		m.up(f)
	}
}
