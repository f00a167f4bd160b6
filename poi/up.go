package poi

import (
	"encoding/json"
	"fmt"
	"slices"

	"kassa"
	"kassa/nexo"
	"kassa/poilink"
)

// arrived takes a frame of a link that has been welcomed.
func (m *Machine) arrived(s *session, f poilink.Frame) {
	if s.phase == closing {
		return
	}
	m.heard(s)
	if s.phase == proving {
		m.badFrame(s, fmt.Sprintf("frame: %s before the welcome", f.Type))
		return
	}
	if s == m.current {
		// On an older link the same numbers may stand for other frames (resume).
		m.acknowledged(min(f.Ack, m.down))
	}
	if f.Type.Sequenced() {
		m.sequenced(s, f)
		return
	}
	switch f.Type {
	case poilink.TypePing:
		m.send(s, poilink.Frame{Type: poilink.TypePong})
		if s.pings++; s.pings%measureEvery == 0 {
			m.measure(s)
		}
	case poilink.TypeAck:
	case poilink.TypeBye:
		m.close(s, goodbye(f.Bye.Reason), false)
	case poilink.TypeInjectKeys:
		m.injectKeys(s, *f.InjectKeys)
	case poilink.TypeActivate:
		m.activate(s, *f.Activate)
	case poilink.TypeProbed:
		if text := m.probed(s, *f.Probed); text != "" {
			m.badFrame(s, text)
		}
	case poilink.TypeService:
		if text := m.serviceAsked(s, *f.Service); text != "" {
			m.badFrame(s, text)
		}
	case poilink.TypeReport, poilink.TypeTotals:
		if text := m.counter(s.link, f); text != "" {
			m.badFrame(s, text)
		}
	default:
		m.badFrame(s, fmt.Sprintf("frame: %s does not go up after the welcome", f.Type))
	}
}

func (m *Machine) acknowledged(ack uint64) {
	m.pending = slices.DeleteFunc(m.pending, func(p pending) bool { return p.frame.Seq <= ack })
	if len(m.pending) == 0 {
		m.pending = nil // an idle POI keeps no buffer
	}
}

// sequenced takes a frame over once. A frame whose content is wrong counts as taken over: it would
// come again for ever.
func (m *Machine) sequenced(s *session, f poilink.Frame) {
	if !m.upKnown {
		m.upKnown, m.up = true, f.Seq-1
	}
	switch {
	case f.Seq <= m.taken():
		m.send(s, poilink.Frame{Type: poilink.TypeAck})
		return
	case f.Seq > m.up+1:
		m.badFrame(s, fmt.Sprintf("frame: seq %d where %d follows", f.Seq, m.up+1))
		return
	case f.Seq == m.up+1 && len(m.working) >= maxWorking:
		m.refuse(s, poilink.RefusedOverloaded, textStore, retryStore)
		m.close(s, "cannot store", false)
		return
	case f.Seq <= m.up && !m.again(s, f.Seq):
		return // it is being written down, and will be acknowledged then
	}
	m.up = max(m.up, f.Seq)
	if text := m.takeOver(s, f); text != "" {
		m.badFrame(s, text)
		return
	}
	if m.taken() == f.Seq {
		m.send(s, poilink.Frame{Type: poilink.TypeAck})
	}
}

// malformed ends a link on which something came that is no frame. If it has the next number it counts
// as taken over, like one whose content is wrong.
func (m *Machine) malformed(s *session, in Malformed) {
	if s.phase != proving && s.phase != closing && in.Seq > 0 && (!m.upKnown || in.Seq == m.up+1) {
		m.upKnown, m.up = true, in.Seq
	}
	m.badFrame(s, in.Text)
}

// goodbye is what is noted of a terminal's own word: the reasons that the protocol has, and never a
// text of its making.
func goodbye(reason string) string {
	switch reason {
	case "restart":
		return endedByRestart
	case "shutdown":
		return endedByShutdown
	}
	return endedByTerminal
}

// taken is the highest seq up to which everything that arrived is durable: what is acknowledged.
func (m *Machine) taken() uint64 {
	if len(m.working) > 0 {
		return m.working[0].seq - 1
	}
	return m.up
}

// settled acknowledges what has become durable.
func (m *Machine) settled(seq uint64) {
	before := m.taken()
	m.working = slices.DeleteFunc(m.working, func(w work) bool { return w.seq == seq })
	if len(m.working) == 0 {
		m.working = nil // an idle POI keeps no buffer
	}
	if m.taken() > before {
		m.moved = m.now
	}
	if m.taken() > before && m.Online() {
		m.send(m.current, poilink.Frame{Type: poilink.TypeAck})
	}
}

// takeOver gives a frame to whom it is for; the text says what is wrong with it.
func (m *Machine) takeOver(s *session, f poilink.Frame) string {
	switch f.Type {
	case poilink.TypeKeysLoaded:
		if len(f.KeysLoaded.IKID) != 16 || len(f.KeysLoaded.KCV) > maxKCV {
			return "keysLoaded: ikid is not 16 hex digits or kcv is too long"
		}
		if !m.checks.take(m.now, injectionsPerMinute) {
			return "keysLoaded: more than there are keys"
		}
		m.begin(s.link, f.Seq)
		m.emit(CheckKeys{Seq: f.Seq, Link: s.link, IKID: f.KeysLoaded.IKID, KCV: f.KeysLoaded.KCV})
		return ""
	case poilink.TypeNexo:
		return m.nexo(s.link, f.Seq, f.Nexo)
	case poilink.TypeProgress:
		return m.progress(s.link, f.Seq, *f.Progress)
	case poilink.TypeAuthorisationRequest:
		r := *f.AuthorisationRequest
		if text := checkRequest(r); text != "" {
			return text
		}
		m.whenTampered(r.Exchange)
		if m.parted() { // a terminal that is not this device's any more asks no bank
			m.emit(ToEngine{TID: m.tid, Order: r.Exchange, Input: kassa.POIEnded{Reason: kassa.POIUnable}})
			m.refresh()
			return ""
		}
		m.toEngine(s.link, f.Seq, r.Exchange, authorise(r))
		return ""
	case poilink.TypeCompletionAdvice:
		return m.completion(s.link, f.Seq, *f.CompletionAdvice)
	case poilink.TypeTip, poilink.TypeStart, poilink.TypeRefund, poilink.TypeReceipt, poilink.TypeChosen, poilink.TypeStop:
		return m.counter(s.link, f)
	case poilink.TypeSettingsApplied:
		return m.settingsApplied(s.link, f.Seq, *f.SettingsApplied)
	}
	return fmt.Sprintf("frame: %s does not go up", f.Type)
}

// toEngine gives an input on behalf of the terminal. Before its activation a POI speaks for none.
func (m *Machine) toEngine(link LinkID, seq uint64, order string, in kassa.Input) {
	if m.tid == "" {
		return
	}
	m.begin(link, seq)
	m.emit(ToEngine{Seq: seq, TID: m.tid, Order: order, Input: in})
}

// begin notes that a frame is being written down.
func (m *Machine) begin(link LinkID, seq uint64) {
	if len(m.working) == 0 {
		m.moved = m.now
	}
	if i := slices.IndexFunc(m.working, func(w work) bool { return w.seq == seq }); i >= 0 {
		m.working[i].link = link
		return
	}
	m.working = append(m.working, work{seq, link})
}

// again tells whether a repeat of what is not durable is to be given again: over another link it is,
// since nobody tells us that writing it down has failed, and the engine knows an input by its identity.
func (m *Machine) again(s *session, seq uint64) bool {
	return slices.ContainsFunc(m.working, func(w work) bool { return w.seq == seq && w.link != s.link })
}

func (m *Machine) progress(link LinkID, seq uint64, p poilink.Progress) string {
	switch p.Screen {
	case poilink.ScreenPresentCard, poilink.ScreenPIN, poilink.ScreenInsertCard, poilink.ScreenProcessing,
		poilink.ScreenTip, poilink.ScreenChoose, poilink.ScreenSwipeCard, poilink.ScreenNotSupported, poilink.ScreenCardDeclined, poilink.ScreenConfigError,
		poilink.StepCardPresented, poilink.StepCardInserted, poilink.StepCardSwiped, poilink.StepCardRemoved,
		poilink.StepAppSelected, poilink.StepPINEntered, poilink.StepGratuityEntered, poilink.StepPrintReceipt, poilink.StepReceiptPrinted:
	default:
		return "progress: screen is unknown"
	}
	if !validExchange(p.Exchange) {
		return "progress: exchange is malformed"
	}
	m.toEngine(link, seq, p.Exchange, kassa.ScreenShown{Screen: string(p.Screen)})
	return ""
}

func (m *Machine) completion(link LinkID, seq uint64, a poilink.CompletionAdvice) string {
	in := kassa.CardCompleted{Request: a.Request}
	switch a.Outcome {
	case poilink.CardApproved:
		in.Outcome = kassa.CardSaidYes
	case poilink.CardRefused:
		in.Outcome = kassa.CardSaidNo
	case poilink.CardRemoved:
		in.Outcome = kassa.CardGone
	default:
		return "completionAdvice: outcome is unknown"
	}
	switch {
	case !validExchange(a.Exchange):
		return "completionAdvice: exchange is malformed"
	case a.Request < 1 || a.Request > maxRequest:
		return "completionAdvice: request is out of range"
	}
	if text := checkEMV(a.EMV); text != "" {
		return "completionAdvice: " + text
	}
	m.toEngine(link, seq, a.Exchange, in)
	return ""
}

// nexo takes the POI's own end of an exchange. What it says of an exchange that it does not have on
// its screen (Busy), or that we aborted, tells nothing new.
func (m *Machine) nexo(link LinkID, seq uint64, raw json.RawMessage) string {
	var msg nexo.Message
	if err := json.Unmarshal(raw, &msg); err != nil {
		return "nexo: not a message"
	}
	h := msg.Header
	switch {
	case h.POIID == m.poiid && h.MessageCategory != nexo.CategoryPayment:
		return m.device(link, seq, msg)
	case h.MessageCategory != nexo.CategoryPayment || h.MessageType != nexo.TypeResponse || msg.PaymentResponse == nil:
		return "nexo: not a PaymentResponse"
	case !validExchange(h.ServiceID):
		return "nexo: ServiceID is malformed"
	case h.POIID != m.poiid:
		return "nexo: POIID is another one"
	}
	r := msg.PaymentResponse.Response
	if r.Result != nexo.ResultFailure {
		return ""
	}
	if r.ErrorCondition == nexo.ErrorDeviceOut {
		m.emit(Alert{Order: h.ServiceID, Text: "the terminal has no key to pay with, or cannot read cards"})
	}
	switch r.ErrorCondition {
	case nexo.ErrorCancel:
		m.toEngine(link, seq, h.ServiceID, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
	case nexo.ErrorDeviceOut, nexo.ErrorNotAllowed, nexo.ErrorMessageFormat, nexo.ErrorRefusal:
		m.toEngine(link, seq, h.ServiceID, kassa.POIEnded{Reason: kassa.POIUnable})
	}
	return ""
}
