package poi

import (
	"encoding/json"
	"slices"
	"time"

	"kassa"
	"kassa/nexo"
	"kassa/poilink"
)

// saleID is the SaleID under which Kassa asks: to a POI it is the one Sale System.
const saleID = "kassa"

// tell sends an effect to the newest link. Without one it is dropped: the terminal asks again, or
// its next hello brings what it needs.
func (m *Machine) tell(in Tell) {
	id := in.Order.ID()
	if e, ok := in.Effect.(kassa.TellAnswer); ok && (e.Answer.Reason == kassa.KeyReplay || e.Answer.Reason == kassa.CardDataUnreadable) {
		m.emit(Alert{Order: id, Text: e.Answer.Reason.Text()})
	}
	if !m.Online() {
		m.forget(id, in.Effect)
		return
	}
	if _, offer := in.Effect.(kassa.Offer); offer {
		switch {
		case m.offered(id):
			return
		case m.tampered():
			m.unable(id)
			return
		}
	}
	if p, ok := m.frame(in); ok {
		m.push(p)
	}
}

// push sends a sequenced frame over the newest link, and again until it is acknowledged.
func (m *Machine) push(p pending) {
	if len(m.pending) >= maxPending {
		m.pending = nil
		m.close(m.current, "does not acknowledge", true)
		return
	}
	m.down++
	p.frame.Seq = m.down
	m.pending = append(m.pending, p)
	m.send(m.current, p.frame)
}

// forget takes back a PaymentRequest that the POI may not have seen, once its order is over.
func (m *Machine) forget(exchange string, e kassa.Effect) {
	switch e.(type) {
	case kassa.TellAbort, kassa.TellDecision:
		m.pending = slices.DeleteFunc(m.pending, func(p pending) bool { return p.exchange == exchange })
	}
}

func (m *Machine) offered(exchange string) bool {
	return slices.ContainsFunc(m.pending, func(p pending) bool { return p.exchange == exchange })
}

func (m *Machine) frame(in Tell) (pending, bool) {
	switch e := in.Effect.(type) {
	case kassa.Offer:
		return m.offer(in.Order)
	case kassa.TellAnswer:
		return pending{frame: poilink.Frame{
			Type: poilink.TypeAuthorisationResponse, AuthorisationResponse: response(in.Order.ID(), e.Answer),
		}}, true
	case kassa.TellDecision:
		return pending{frame: poilink.Frame{Type: poilink.TypeDecision, Decision: decision(in.Order.ID(), e.Answer)}}, true
	case kassa.TellAbort:
		return m.abort(in.Order.ID(), e.Reason)
	}
	return pending{}, false
}

func (m *Machine) offer(o kassa.NewOrder) (pending, bool) {
	shown := maxShown
	if o.Lifetime > 0 {
		shown = min(o.Lifetime, maxShown)
	}
	body := &nexo.PaymentRequest{
		SaleData: nexo.SaleData{
			SaleTransactionID: nexo.TransactionID{TransactionID: o.ID(), TimeStamp: m.now.UTC().Format(time.RFC3339)},
			SaleReferenceID:   o.Ref,
		},
		PaymentTransaction: nexo.PaymentTransaction{AmountsReq: nexo.AmountsReq{
			Currency: string(o.Amount.Currency), RequestedAmountMinor: o.Amount.Minor, TipAmountMinor: o.Tip.Minor, AskTip: o.AskTip,
		}},
	}
	switch o.Kind {
	case kassa.Credit:
		body.PaymentData = &nexo.PaymentData{PaymentType: nexo.PaymentRefund}
	case kassa.CardCheck:
		body.PaymentData = &nexo.PaymentData{PaymentType: nexo.PaymentCardCheck}
	}
	if o.Kind == kassa.Purchase && o.Channel == kassa.InPerson && o.Capture == kassa.CaptureLater {
		body.PaymentData = &nexo.PaymentData{PaymentType: nexo.PaymentFirstReservation}
	}
	if o.Description != "" {
		body.PaymentTransaction.SaleItem = []nexo.SaleItem{{ItemID: 1, ProductLabel: o.Description}}
	}
	p, ok := m.message(nexo.Message{Header: m.header(o.ID(), nexo.CategoryPayment), PaymentRequest: body})
	p.exchange, p.until, p.frame.ValidForMS = o.ID(), m.now.Add(shown), shown.Milliseconds()
	return p, ok
}

func (m *Machine) abort(exchange string, why kassa.Reason) (pending, bool) {
	return m.message(nexo.Message{
		Header: m.header(exchange, nexo.CategoryAbort),
		AbortRequest: &nexo.AbortRequest{
			MessageReference: nexo.MessageReference{MessageCategory: nexo.CategoryPayment, ServiceID: exchange, SaleID: saleID},
			AbortReason:      screenText(why),
		},
	})
}

func (m *Machine) header(exchange string, c nexo.Category) nexo.Header {
	return nexo.Header{
		ProtocolVersion: nexo.ProtocolVersion, MessageClass: "Service", MessageCategory: c,
		MessageType: nexo.TypeRequest, ServiceID: exchange, SaleID: saleID, POIID: m.poiid,
	}
}

func (m *Machine) message(msg nexo.Message) (pending, bool) {
	raw, err := json.Marshal(msg)
	if err != nil {
		return pending{}, false // strings and numbers always encode
	}
	return pending{frame: poilink.Frame{Type: poilink.TypeNexo, Nexo: raw}}, true
}

func response(exchange string, a kassa.POIAnswer) *poilink.AuthorisationResponse {
	r := &poilink.AuthorisationResponse{
		Exchange: exchange, Request: a.Request, Verdict: poilink.Verdict(a.Verdict),
		Text: answerText(a), Final: a.Final,
	}
	if !a.Final && a.Verdict == kassa.VerdictDeclined {
		r.Action = action(a)
	}
	if a.Auth == nil {
		return r
	}
	r.ResponseCode, r.RRN, r.STAN, r.EMV = a.Auth.ResponseCode, a.Auth.RRN, a.Auth.STAN, a.Auth.EMVAnswer
	if says(a.Verdict) {
		r.AuthCode = a.Auth.AuthCode
	}
	return r
}

func decision(exchange string, a kassa.POIAnswer) *poilink.Decision {
	d := &poilink.Decision{Exchange: exchange, Request: a.Request, Verdict: poilink.Verdict(a.Verdict), Text: answerText(a)}
	if a.Auth == nil {
		return d
	}
	d.RRN, d.STAN = a.Auth.RRN, a.Auth.STAN
	if says(a.Verdict) {
		d.AuthCode = a.Auth.AuthCode
	}
	return d
}

// says tells whether the verdict is a yes. A late approval's code is evidence and goes nowhere else.
func says(v kassa.Verdict) bool { return v == kassa.VerdictApproved || v == kassa.VerdictHostApproved }

// action is what the terminal does next with the same card.
func action(a kassa.POIAnswer) poilink.Action {
	switch a.Reason {
	case kassa.WrongPIN:
		if a.LastTry {
			return poilink.ActionPINLastTry
		}
		return poilink.ActionPINRetry
	case kassa.SoftDeclinePIN:
		if a.Auth != nil && a.Auth.Entry == kassa.Contactless && !a.Auth.Card.SingleTap {
			return poilink.ActionFallForward // it cannot send the same tap again
		}
		return poilink.ActionPINRequest
	case kassa.SoftDeclineInsert:
		return poilink.ActionFallForward
	}
	return poilink.ActionNone
}
