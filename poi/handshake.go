package poi

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"time"

	"kassa/estate"
	"kassa/poilink"
)

// nonceSize is the length of a challenge.
const nonceSize = 32

// Challenge is the first frame of a link.
func Challenge(now time.Time, host string, nonce []byte) poilink.Frame {
	return poilink.Frame{Type: poilink.TypeChallenge, Challenge: &poilink.Challenge{
		Nonce: nonce, Host: host, TimeMS: now.UnixMilli(),
	}}
}

// The texts of refusals that this package makes; the estate has its own.
const (
	textUnknownPOI  = "This terminal is not boarded. Ask support to add its serial number"
	textKeyMismatch = "Another device is registered under this serial number"
	textBadProof    = "The proof of identity is not valid"
	textKeysFailed  = "Key injection failed. Try again"
	textKeysDiffer  = "The initial key did not load: its check value differs. Inject the keys again"
	textTampered    = "This device has raised a tamper alarm. It must be inspected before it gets keys again"
	textTooFast     = "Too many tries at once. Wait a minute and try again"
	textStore       = "The server cannot store this now. Try again"
)

func textBlocked(why string) string {
	if why == "" {
		return "This terminal is blocked. Ask support"
	}
	return "This terminal is blocked: " + why
}

// greet takes a hello. The proof is verified before anything is changed, so that nobody without the
// device's key can disturb its links.
func (m *Machine) greet(in Hello) {
	s := &session{link: in.Link, phase: proving, last: m.now, opened: m.now, nonce: bytes.Clone(in.Nonce), hello: &in.Hello}
	if code, text := m.prove(in); code != "" {
		m.refuse(s, code, text, 0)
		m.close(s, string(code), false)
		return
	}
	t, _ := m.rules.Directory.TerminalByPOIID(m.poiid)
	if t.Blocked != nil {
		m.refuse(s, poilink.RefusedBlocked, textBlocked(t.Blocked.Why), 0)
		m.close(s, byeBlocked, false)
		return
	}
	if len(m.sessions) >= maxSessions {
		m.evict()
	}
	m.sessions = append(m.sessions, s)
	if d, _ := m.rules.Directory.Device(m.poiid); len(d.PublicKey) == 0 {
		m.emit(PinKey{Link: s.link, PublicKey: in.Hello.PublicKey})
		return
	}
	m.welcome(s)
}

// evict drops the oldest link of a POI that comes back faster than its links go.
func (m *Machine) evict() {
	oldest := m.sessions[0].link
	m.emit(Close{Link: oldest, Now: true})
	m.lost(Lost{Link: oldest, Reason: "too many links"})
}

func (m *Machine) prove(in Hello) (poilink.RefusalCode, string) {
	h := in.Hello
	d, ok := m.rules.Directory.Device(h.POIID)
	if text := checkHello(h); text != "" {
		return poilink.RefusedBadFrame, text
	}
	switch {
	case !ok || h.POIID != m.poiid:
		return poilink.RefusedUnknownPOI, textUnknownPOI
	case len(d.PublicKey) > 0 && !bytes.Equal(d.PublicKey, h.PublicKey):
		return poilink.RefusedKeyMismatch, textKeyMismatch
	case !ed25519.Verify(h.PublicKey, poilink.ProofMessage(m.rules.Host, h.POIID, in.Nonce), h.Signature):
		return poilink.RefusedBadSignature, textBadProof
	}
	return "", ""
}

func checkHello(h poilink.Hello) string {
	switch {
	case len(h.PublicKey) != ed25519.PublicKeySize:
		return "hello: publicKey is not 32 bytes"
	case len(h.Signature) != ed25519.SignatureSize:
		return "hello: signature is not 64 bytes"
	case len(h.POIID) > maxHelloText || len(h.Software) > maxSoftware || len(h.IKID) > 16 || len(h.KCV) > maxKCV:
		return "hello: a text is too long"
	case holdsNumber(h.Software):
		return "hello: software looks like a card number"
	case len(h.Open) > maxOpen:
		return "hello: too many open exchanges"
	case h.Report != nil && checkReport(*h.Report) != "":
		return "hello: " + checkReport(*h.Report)
	}
	for _, id := range h.Open {
		if !validExchange(id) {
			return "hello: open holds something that is no exchange"
		}
	}
	return ""
}

func (m *Machine) pinned(in Pinned) {
	s := m.session(in.Link)
	if s == nil || s.phase != proving {
		return
	}
	if in.Err != nil {
		// Another device may have pinned its key meanwhile; the next hello tells.
		m.refuse(s, poilink.RefusedOverloaded, textStore, retryStore)
		m.close(s, "not pinned", false)
		return
	}
	m.welcome(s)
}

// welcome makes s the POI's newest link.
func (m *Machine) welcome(s *session) {
	h := s.hello
	s.hello = nil
	if old := m.current; old != nil && old.phase == open {
		s.took, old.counted = true, true
		m.measure(old) // only who still holds that link can answer
		m.end(old, poilink.Bye{Reason: byeReplaced})
		old.phase = replaced
	}
	if m.current == nil {
		m.since = m.now
	}
	// Milliseconds of the clock keep epochs rising over a restart.
	m.epoch = max(m.epoch+1, uint64(max(0, m.now.UnixMilli())))
	m.current, s.phase, s.epoch, m.lastSeen = s, open, m.epoch, m.now
	m.linked(s.took)

	d, _ := m.rules.Directory.Device(m.poiid)
	known := h.IKID != "" && strings.EqualFold(h.IKID, d.IKID) && strings.EqualFold(h.KCV, d.KCV)
	w := &poilink.Welcome{
		Epoch: s.epoch, Received: m.taken(), HeartbeatMS: m.rules.Heartbeat.Milliseconds(),
		TimeMS: m.now.UnixMilli(), KeysConfirmed: known,
	}
	s.keyed = known
	t, active := m.rules.Directory.TerminalByPOIID(m.poiid)
	if active {
		g, _ := m.rules.Directory.Group(t.Group)
		w.Activated = activated(t, g)
		s.told = fingerprint(w.Activated)
	}
	if m.tid != t.TID {
		m.pending = nil // that was for the terminal which it was
	}
	m.tid = t.TID
	m.send(s, poilink.Frame{Type: poilink.TypeWelcome, Welcome: w})
	m.resume(s, h.Received)
	m.measure(s)
	m.emit(Up{Epoch: s.epoch, Software: h.Software})
	if known && !d.Configured {
		// The report of the loaded key was lost with an earlier process; this is as good.
		m.emit(CheckKeys{Link: s.link, IKID: h.IKID, KCV: h.KCV})
	}
	m.software = h.Software
	if h.Report != nil {
		m.said = h.Report
		m.tellHow(*h.Report)
		m.stands(d, *h)
	}
	m.tellMode()
	if active {
		m.emit(Connected{TID: t.TID, Open: h.Open})
		m.emit(WantSettings{TID: t.TID})
		m.emit(WantPoints{TID: t.TID})
	}
}

// resume sends again what the POI has not taken over. Those frames get the numbers that follow what
// it has: it has seen none of them, and some are pointless by now.
func (m *Machine) resume(s *session, received uint64) {
	kept := m.pending[:0]
	for _, p := range m.pending {
		if p.frame.Seq <= received && received <= m.down {
			continue
		}
		if p.expired(m.now) {
			continue
		}
		if p.frame.ValidForMS > 0 {
			p.frame.ValidForMS = p.until.Sub(m.now).Milliseconds()
		}
		p.frame.Seq = received + uint64(len(kept)) + 1
		kept = append(kept, p)
	}
	clear(m.pending[len(kept):])
	m.pending, m.down = kept, received+uint64(len(kept))
	if len(kept) == 0 {
		m.pending = nil
	}
	for _, p := range m.pending {
		m.send(s, p.frame)
	}
}

func activated(t estate.Terminal, g estate.Group) *poilink.Activated {
	return &poilink.Activated{
		TID: t.TID, TerminalName: t.Name, Group: t.Group, Environment: string(t.Environment),
		Merchant: poilink.Merchant{
			Name: g.Merchant.Name, Address: g.Merchant.Address, City: g.Merchant.City,
			Country: g.Merchant.Country, MID: g.Merchant.MID,
		},
	}
}

// injectKeys verifies who asks before anything is spent on it.
func (m *Machine) injectKeys(s *session, in poilink.InjectKeys) {
	d, _ := m.rules.Directory.Device(m.poiid)
	if len(in.Ephemeral) != 32 || len(in.Nonce) != 16 {
		m.badFrame(s, "injectKeys: ephemeral is not 32 bytes or nonce is not 16")
		return
	}
	message := poilink.InjectMessage(m.poiid, s.nonce, in.Ephemeral, in.Nonce)
	if len(d.PublicKey) != ed25519.PublicKeySize || !ed25519.Verify(d.PublicKey, message, in.Signature) {
		m.refuse(s, poilink.RefusedBadSignature, textBadProof, 0)
		return
	}
	if d.Tampered != nil {
		m.refuse(s, poilink.RefusedBlocked, textTampered, 0)
		return
	}
	if !m.injections.take(m.now, injectionsPerMinute) {
		m.refuse(s, poilink.RefusedOverloaded, textKeysFailed, retryInjection)
		return
	}
	m.emit(MakeKey{Link: s.link, Ephemeral: in.Ephemeral, Nonce: in.Nonce})
}

func (m *Machine) keyMade(in KeyMade) {
	s := m.session(in.Link)
	if s == nil {
		return
	}
	if in.Err != nil {
		m.refuse(s, poilink.RefusedOverloaded, textKeysFailed, retryInjection)
		return
	}
	m.send(s, poilink.Frame{Type: poilink.TypeKeys, Keys: &in.Keys})
}

func (m *Machine) keysChecked(in KeysChecked) {
	m.settled(in.Seq)
	s := m.session(in.Link)
	if s == nil {
		return
	}
	if s.keyed = in.Err == nil; !s.keyed {
		m.refuse(s, poilink.RefusedIPEKMissing, textKeysDiffer, 0)
	}
}

func (m *Machine) activate(s *session, in poilink.Activate) {
	if in.Code == "" || len(in.Code) > maxCode {
		m.refuse(s, poilink.RefusedWrongCode, estate.Refusal{Code: estate.RefusedWrongCode}.Text(), 0)
		return
	}
	if !m.activations.take(m.now, activationsPerMinute) {
		m.refuse(s, poilink.RefusedOverloaded, textTooFast, retryActivation)
		return
	}
	if !s.keyed { // what it was once given counts for nothing: it may have lost its keys since
		m.refuse(s, poilink.RefusedIPEKMissing, estate.Refusal{Code: estate.RefusedIPEKMissing}.Text(), 0)
		m.emit(NotActivated{Code: in.Code, Reason: estate.RefusedIPEKMissing})
		return
	}
	m.emit(DecideActivation{Link: s.link, Code: in.Code})
}

func (m *Machine) activationDecided(in ActivationDecided) {
	if in.Err == nil && !in.Refusal.Refused() {
		m.tid = in.Terminal.TID
	}
	s := m.session(in.Link)
	switch {
	case s == nil:
	case in.Err != nil:
		m.refuse(s, poilink.RefusedOverloaded, textStore, retryStore)
	case in.Refusal.Refused():
		m.refuse(s, poilink.RefusalCode(in.Refusal.Code), in.Refusal.Text(), in.Refusal.RetryAfter)
	default:
		m.tellIdentity(s, activated(in.Terminal, in.Group))
		m.tellMode()
		m.emit(Connected{TID: m.tid})
		m.emit(WantSettings{TID: m.tid})
		m.emit(Moved{TID: m.tid})
	}
}
