package terminal

import (
	"crypto/ed25519"
	"time"

	"kassa/nexo"
	"kassa/poilink"
)

func (m *Machine) connect() {
	m.stop(timerReconnect)
	if m.v.link != linkDown || m.has(FaultCutLink) {
		return
	}
	m.v.link = linkConnecting
	m.emit(Connect{Broken: m.broken()})
}

func (m *Machine) linkUp() {
	if m.v.link != linkConnecting {
		return
	}
	m.v.link, m.v.noNetwork = linkUp, false
	if m.has(FaultCutLink) {
		m.emit(Freeze{}) // it was cut while it came to be
		return
	}
	m.after(timerHandshake, handshakeTimeout)
}

// linkLost is the other side's or the network's doing.
func (m *Machine) linkLost() {
	if m.v.link == linkDown {
		return
	}
	m.linkGone()
	m.reconnectLater(0)
}

// dropLink is the terminal's own doing: what it hears is silence or nonsense.
func (m *Machine) dropLink() {
	m.closeLink()
	m.reconnectLater(0)
}

func (m *Machine) closeLink() {
	if m.v.link == linkDown {
		return
	}
	m.emit(Disconnect{})
	m.linkGone()
}

func (m *Machine) linkGone() {
	m.v.link = linkDown
	m.v.late, m.v.injection, m.v.challenge, m.v.activating, m.v.unanswered = nil, nil, nil, false, 0
	m.stop(timerHandshake, timerPing, timerKeys, timerActivate, timerFlap)
	m.refresh()
}

// reconnectNow is for a network that has just been mended.
func (m *Machine) reconnectNow() {
	m.closeLink()
	m.v.attempts = 0
	m.connect()
}

// reconnectLater waits at least the given time, and else a span that doubles with each failure,
// half of it by chance, so that many terminals do not come back in step.
func (m *Machine) reconnectLater(least time.Duration) {
	if m.has(FaultCutLink) {
		return
	}
	span := min(reconnectFirst<<min(m.v.attempts, 10), reconnectMost)
	m.v.attempts++
	if b, err := m.read(2); err == nil {
		part := time.Duration(int(b[0])<<8 | int(b[1]))
		span = span/2 + span/2*part/65535
	}
	m.after(timerReconnect, max(span, least))
}

func (m *Machine) frame(f poilink.Frame) {
	if m.v.link == linkDown || m.v.link == linkConnecting {
		return
	}
	m.d.acknowledged(min(f.Ack, m.d.UpSeq))
	if f.Type.Sequenced() {
		m.sequenced(f)
		return
	}
	switch f.Type {
	case poilink.TypeChallenge:
		m.hello(*f.Challenge)
	case poilink.TypeWelcome:
		m.welcome(*f.Welcome)
	case poilink.TypeRefused:
		m.refused(*f.Refused)
	case poilink.TypePong:
		m.v.unanswered = 0
	case poilink.TypeBye:
		m.bye(*f.Bye)
	case poilink.TypeKeys:
		m.loadKeys(*f.Keys)
	case poilink.TypeActivated:
		m.activated(f.Activated)
	case poilink.TypeTotalsAnswer:
		m.totalled(*f.TotalsAnswer)
	case poilink.TypeServiced:
		m.serviced(*f.Serviced)
	case poilink.TypeProbe:
		if !m.has(FaultNoProbe) {
			m.probe(*f.Probe)
		}
	}
}

// sequenced takes a frame over once and in order. Its effects are written before its number, and
// each effect is recognised when it comes again, so a cut between the two loses nothing.
func (m *Machine) sequenced(f poilink.Frame) {
	switch {
	case m.v.link != linkOpen:
		return
	case f.Seq > m.d.DownSeq+1:
		m.dropLink()
		return
	case f.Seq == m.d.DownSeq+1:
		if len(m.d.Outbox) >= maxOutbox {
			return // the cloud repeats it when there is room again
		}
		m.takeOver(f)
		m.persist(Record{Kind: RecordDown, Seq: f.Seq})
	}
	if m.v.link == linkOpen {
		m.transmit(poilink.Frame{Type: poilink.TypeAck})
	}
}

func (m *Machine) takeOver(f poilink.Frame) {
	switch f.Type {
	case poilink.TypeNexo:
		m.nexo(f)
	case poilink.TypeAuthorisationResponse:
		m.answer(f.AuthorisationResponse)
	case poilink.TypeDecision:
		m.decision(*f.Decision)
	case poilink.TypeStarted:
		m.started(*f.Started)
	case poilink.TypeRefundAnswer:
		m.refundAnswered(*f.RefundAnswer)
	case poilink.TypeReceiptAnswer:
		m.receiptAnswered(*f.ReceiptAnswer)
	case poilink.TypeSettings:
		m.takeSettings(*f.Settings)
	case poilink.TypeSells:
		m.takeSells(f)
	case poilink.TypeCharging:
		m.takeCharging(f)
	case poilink.TypeCommand:
		m.obey(*f.Command)
	}
}

// transmit puts a frame on the link, or what a fault makes of that.
func (m *Machine) transmit(f poilink.Frame) {
	f.Ack = m.d.DownSeq
	if m.has(FaultCutLink) || m.has(FaultMute) {
		return
	}
	if m.has(FaultDelay) && (f.Type.Sequenced() || f.Type == poilink.TypeAck) {
		if len(m.v.late) < maxLate {
			m.v.late = append(m.v.late, held{m.now.Add(delayFault), f})
		}
		return
	}
	m.emit(Send{f})
}

// up sends a sequenced frame: into the journal first, then on the link if it is open.
func (m *Machine) up(f poilink.Frame) {
	f.Seq = m.d.UpSeq + 1
	m.persist(Record{Kind: RecordUp, Seq: f.Seq, Frame: &f, At: m.now})
	m.offer(f)
}

func (m *Machine) offer(f poilink.Frame) {
	if m.v.link == linkOpen {
		m.transmit(f)
	}
}

func (m *Machine) hello(c poilink.Challenge) {
	if m.v.link != linkUp {
		return
	}
	m.v.link, m.v.challenge = linkHello, c.Nonce
	h := poilink.Hello{
		POIID: m.cfg.POIID, PublicKey: m.identity.Public().(ed25519.PublicKey),
		Signature: ed25519.Sign(m.identity, poilink.ProofMessage(c.Host, m.cfg.POIID, c.Nonce)),
		Software:  m.software(), IKID: m.d.IKID, KCV: m.d.KCV, Received: m.d.DownSeq,
		Report: m.report(),
	}
	m.noteHealth()
	if m.d.Open != nil {
		h.Open = []string{m.d.Open.ID}
	}
	for _, w := range m.d.Wishes {
		if w.Exchange != "" {
			h.Open = append(h.Open, w.Exchange)
		}
	}
	m.transmit(poilink.Frame{Type: poilink.TypeHello, Hello: &h})
}

func (m *Machine) welcome(w poilink.Welcome) {
	if m.v.link != linkHello {
		return
	}
	m.stop(timerHandshake)
	m.v.link, m.v.attempts, m.v.confirmed = linkOpen, 0, w.KeysConfirmed
	m.v.lastFailure, m.v.failing = m.v.failing, nil
	m.v.heartbeat = defaultHeartbeat
	if w.HeartbeatMS > 0 {
		m.v.heartbeat = time.Duration(w.HeartbeatMS) * time.Millisecond
	}
	m.after(timerPing, m.v.heartbeat)
	m.v.skew, m.v.skewKnown, m.v.blocked = m.now.Sub(time.UnixMilli(w.TimeMS)), w.TimeMS != 0, ""
	m.setActivated(w.Activated)
	m.d.acknowledged(w.Received)
	if w.Received > m.d.UpSeq {
		m.persist(Record{Kind: RecordJump, Seq: w.Received})
	}
	for _, f := range m.d.Outbox {
		m.transmit(f)
	}
	m.refresh()
	m.flap()
	m.sync()
	m.provision()
	m.rekey()
	if m.d.Open != nil && m.d.Open.outstanding() {
		m.after(timerAgain, time.Second) // the cloud may have died with what it took over
	}
	if len(m.d.Wishes) > 0 {
		m.after(timerWish, time.Second)
	}
}

func (m *Machine) ping() {
	if m.v.link != linkOpen {
		return
	}
	if m.v.unanswered >= 2 {
		m.silent()
		return
	}
	m.v.unanswered++
	m.transmit(poilink.Frame{Type: poilink.TypePing})
	m.after(timerPing, m.v.heartbeat)
}

// silent gives a link up that no longer answers. A cut link stays open as it is: that is the fault.
func (m *Machine) silent() {
	if m.has(FaultCutLink) {
		m.v.link = linkUp
		m.refresh()
		return
	}
	m.failedAt("", "no answer")
	m.dropLink()
}

func (m *Machine) bye(b poilink.Bye) {
	m.closeLink()
	if b.Reason == "unbound" {
		m.setActivated(nil)
	}
	if b.Reason == "blocked" {
		m.block(m.say("The server has blocked this terminal"))
	}
	if b.Reason == "replaced" {
		m.v.attempts = max(m.v.attempts, 4)
	}
	m.reconnectLater(time.Duration(b.RetryAfterMS) * time.Millisecond)
}

// refused is told apart by where the link stands and by what was asked.
func (m *Machine) refused(r poilink.Refused) {
	retry := time.Duration(r.RetryAfterMS) * time.Millisecond
	if m.v.link == linkOpen && r.Code == poilink.RefusedBadFrame {
		m.closeLink()
		m.v.attempts = max(m.v.attempts, 5) // saying the same again at once does not help
		m.failRest(r.Text)
		m.reconnectLater(retry)
		return
	}
	if m.v.link != linkOpen {
		m.closeLink()
		if r.Code == poilink.RefusedBlocked {
			m.block(r.Text)
		}
		m.failRest(r.Text)
		m.reconnectLater(max(retry, reconnectFirst))
		return
	}
	if m.v.activating {
		m.v.activating = false
		m.failActivation(m.activationText(r))
		switch r.Code {
		case poilink.RefusedIPEKMissing:
			m.keysUnknown(retry)
			m.after(timerActivate, max(retry, activateRetry))
		case poilink.RefusedTooManyTries, poilink.RefusedOverloaded:
			m.after(timerActivate, max(retry, activateRetry))
		default:
			m.v.codeNo = true
		}
		return
	}
	m.v.injection = nil
	if !m.injectionOver(r.Text) {
		m.failRest(r.Text)
	}
	m.after(timerKeys, max(retry, keysRetry))
	if r.Code == poilink.RefusedIPEKMissing {
		m.keysUnknown(retry)
	}
}

// keysUnknown asks for a new initial key soon: the cloud does not know the one that is here.
func (m *Machine) keysUnknown(retry time.Duration) {
	if m.v.confirmed = false; m.mayAskKeys() {
		m.after(timerKeys, max(retry, keysDiffer))
	}
}

// block shows why the cloud refuses the terminal, until it does no more.
func (m *Machine) block(why string) {
	m.v.blocked = clip(why, maxLabel)
	if m.v.stage == stageNone {
		m.rest()
	}
}

// provision asks for what the terminal lacks: first an initial key, then its activation.
func (m *Machine) provision() {
	if m.v.link != linkOpen {
		return
	}
	loaded := func(f poilink.Frame) bool { return f.Type == poilink.TypeKeysLoaded }
	if m.d.IKID == "" || (!m.v.confirmed && m.d.Open == nil && !m.d.waiting(loaded)) {
		m.askKeys()
		return
	}
	if m.d.Activated == nil && m.cfg.ActivationCode != "" && !m.v.activating && !m.v.codeNo {
		m.activate(m.cfg.ActivationCode)
	}
}

func (m *Machine) activate(code string) {
	switch {
	case m.d.Activated != nil:
		return
	case code == "" || len(code) > maxCode:
		m.failActivation(m.say("Enter the activation code"))
	case m.v.link != linkOpen:
		m.failActivation(m.say("No connection to the server"))
	default:
		m.v.activating = true
		m.transmit(poilink.Frame{Type: poilink.TypeActivate, Activate: &poilink.Activate{Code: code}})
		m.show(Screen{Name: ScreenActivation, Title: m.say("Activating"), Lines: []string{m.say("Please wait")}, Code: code, Typed: len(code)})
	}
}

func (m *Machine) activated(a *poilink.Activated) {
	m.v.activating = false
	m.stop(timerActivate)
	m.setActivated(a)
}

func (m *Machine) setActivated(a *poilink.Activated) {
	same := (a == nil) == (m.d.Activated == nil) && (a == nil || *a == *m.d.Activated)
	if same {
		return
	}
	if a == nil {
		m.endAsked(nexo.ErrorAborted, "The terminal was unbound")
		m.v.shown = nil
		m.forgetWishes()
	}
	m.persist(Record{Kind: RecordActivated, Activated: a})
	if a == nil { // its settings went with the merchant
		m.tellReport()
	}
	if m.v.stage == stageNone {
		m.rest()
	}
}
