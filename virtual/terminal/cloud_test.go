package terminal_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"kassa/card"
	"kassa/dukpt"
	"kassa/emv"
	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/deck"
)

// cloud is a scripted other side: it speaks the protocol, opens what is sealed, and answers as it
// is told. It keeps its numbers over links, as a cloud does.
type cloud struct {
	t    *testing.T
	bdk  card.Key
	ikid [8]byte

	nonce    []byte
	received uint64
	down     uint64
	unacked  []poilink.Frame
	active   *poilink.Activated
	code     string
	keyed    string // KCV of the injected key
	host     func(asked) poilink.AuthorisationResponse
	now      time.Time
	refusal  poilink.Refused // to a code that is not the right one
	blocked  string          // why hello is refused
	silent   bool            // take requests and do not answer
	decide   func(poilink.CompletionAdvice) poilink.Decision
	settled  map[string]poilink.Decision

	asks      []asked
	byID      map[string]poilink.AuthorisationResponse
	advices   []poilink.CompletionAdvice
	responses []nexo.Message
	progress  []poilink.Screen
	hellos    []poilink.Hello
	pings     int
	probed    []poilink.Probed
	counter   counter
	seen      map[string]string // KSN → ciphertexts
	replays   bool              // a key that is used again is no bug of the terminal
}

// asked is a request with what only the host may see.
type asked struct {
	poilink.AuthorisationRequest
	track, pin string
	list       emv.List
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{
		refusal: poilink.Refused{Code: poilink.RefusedWrongCode, Text: "This activation code is not known"},
		t:       t, bdk: card.NewKey(bytes.Repeat([]byte{0x42}, 16)), ikid: [8]byte{1, 2, 3, 4, 0, 0, 0, 9},
		now:  time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		code: "4711", settled: map[string]poilink.Decision{}, byID: map[string]poilink.AuthorisationResponse{},
		seen: map[string]string{},
	}
	c.host = func(asked) poilink.AuthorisationResponse {
		return poilink.AuthorisationResponse{Verdict: poilink.VerdictApproved, AuthCode: "705151", RRN: "632502000001", STAN: "000001"}
	}
	c.decide = func(a poilink.CompletionAdvice) poilink.Decision {
		if a.Outcome == poilink.CardApproved {
			return poilink.Decision{Verdict: poilink.VerdictApproved, AuthCode: "705152", STAN: "000002", RRN: "632502000002"}
		}
		return poilink.Decision{Verdict: poilink.VerdictNotCompleted, Text: "Not completed"}
	}
	return c
}

func (c *cloud) challenge() poilink.Frame {
	c.nonce = make([]byte, 32)
	rand.Read(c.nonce)
	return poilink.Frame{Type: poilink.TypeChallenge, Challenge: &poilink.Challenge{Nonce: c.nonce, Host: "test.cloud"}}
}

// push makes a sequenced frame, which stays until it is acknowledged.
func (c *cloud) push(f poilink.Frame) poilink.Frame {
	c.down++
	f.Seq = c.down
	c.unacked = append(c.unacked, f)
	return f
}

func (c *cloud) pay(id string, minor int64, label string) poilink.Frame {
	return c.payFor(id, minor, label, 60_000)
}

func (c *cloud) payFor(id string, minor int64, label string, validMS int64) poilink.Frame {
	return c.request(id, "order-"+id, label, validMS, nexo.AmountsReq{Currency: "EUR", RequestedAmountMinor: minor}, nil)
}

// offer asks for the payment of an order that was started on the terminal.
func (c *cloud) offer(id string, s poilink.Start) poilink.Frame {
	var kind *nexo.PaymentData
	switch s.Kind {
	case poilink.StartRefund:
		kind = &nexo.PaymentData{PaymentType: nexo.PaymentRefund}
	case poilink.StartCardCheck:
		kind = &nexo.PaymentData{PaymentType: nexo.PaymentCardCheck}
	}
	return c.request(id, s.Reference, s.Description, 60_000, nexo.AmountsReq{Currency: s.Currency, RequestedAmountMinor: s.AmountMinor}, kind)
}

func (c *cloud) request(id, reference, label string, validMS int64, amount nexo.AmountsReq, kind *nexo.PaymentData) poilink.Frame {
	raw, _ := json.Marshal(nexo.Message{
		Header: nexo.Header{ProtocolVersion: "3.0", MessageClass: "Service", MessageCategory: nexo.CategoryPayment,
			MessageType: nexo.TypeRequest, ServiceID: id, SaleID: "till1", POIID: poiid},
		PaymentRequest: &nexo.PaymentRequest{
			SaleData:           nexo.SaleData{SaleReferenceID: reference},
			PaymentTransaction: nexo.PaymentTransaction{AmountsReq: amount, SaleItem: []nexo.SaleItem{{ItemID: 1, ProductLabel: label}}},
			PaymentData:        kind,
		},
	})
	return c.push(poilink.Frame{Type: poilink.TypeNexo, Nexo: raw, ValidForMS: validMS})
}

func (c *cloud) abort(id string) poilink.Frame {
	raw, _ := json.Marshal(nexo.Message{
		Header: nexo.Header{MessageClass: "Service", MessageCategory: nexo.CategoryAbort,
			MessageType: nexo.TypeRequest, ServiceID: "A" + id, SaleID: "till1", POIID: poiid},
		AbortRequest: &nexo.AbortRequest{AbortReason: "till",
			MessageReference: nexo.MessageReference{MessageCategory: nexo.CategoryPayment, ServiceID: id}},
	})
	return c.push(poilink.Frame{Type: poilink.TypeNexo, Nexo: raw})
}

// take takes one frame from the terminal and gives the frames that answer it.
func (c *cloud) take(f poilink.Frame) []poilink.Frame {
	c.t.Helper()
	raw, err := poilink.Encode(f)
	if err != nil {
		c.t.Fatalf("encode: %v", err)
	}
	if f, err = poilink.Decode(raw); err != nil {
		c.t.Fatalf("the terminal sent what the protocol refuses: %v", err)
	}
	for len(c.unacked) > 0 && c.unacked[0].Seq <= f.Ack {
		c.unacked = c.unacked[1:]
	}
	if f.Type.Sequenced() {
		if f.Seq <= c.received {
			return nil
		}
		if f.Seq != c.received+1 {
			c.t.Fatalf("gap: seq %d after %d", f.Seq, c.received)
		}
		c.received = f.Seq
		return append([]poilink.Frame{{Type: poilink.TypeAck, Ack: c.received}}, c.sequenced(f)...)
	}
	return c.plain(f)
}

func (c *cloud) plain(f poilink.Frame) []poilink.Frame {
	switch f.Type {
	case poilink.TypeHello:
		return c.hello(*f.Hello)
	case poilink.TypePing:
		c.pings++
		return []poilink.Frame{{Type: poilink.TypePong}}
	case poilink.TypeReport:
		c.counter.reports = append(c.counter.reports, *f.Report)
	case poilink.TypeProbed:
		c.probed = append(c.probed, *f.Probed)
	case poilink.TypeTotals:
		c.counter.totals = append(c.counter.totals, *f.Totals)
		a := c.counter.balance
		a.ID = f.Totals.ID
		return []poilink.Frame{{Type: poilink.TypeTotalsAnswer, TotalsAnswer: &a}}
	case poilink.TypeInjectKeys:
		return []poilink.Frame{c.inject(*f.InjectKeys)}
	case poilink.TypeActivate:
		if f.Activate.Code != c.code {
			return []poilink.Frame{{Type: poilink.TypeRefused, Refused: &c.refusal}}
		}
		c.active = &poilink.Activated{TID: "00000ABC", TerminalName: "Bar 1", Group: "Bar", Environment: "test",
			Merchant: poilink.Merchant{Name: "Café Ünder den Linden & Söhne Grachtengordel", Address: "Keizersgracht 1", City: "Amsterdam", Country: "NL", MID: "M0001"}}
		return []poilink.Frame{{Type: poilink.TypeActivated, Activated: c.active}}
	}
	return nil
}

func (c *cloud) hello(h poilink.Hello) []poilink.Frame {
	c.hellos = append(c.hellos, h)
	if !ed25519.Verify(h.PublicKey, poilink.ProofMessage("test.cloud", h.POIID, c.nonce), h.Signature) {
		c.t.Fatal("the proof does not verify")
	}
	if c.blocked != "" {
		return []poilink.Frame{{Type: poilink.TypeRefused, Refused: &poilink.Refused{Code: poilink.RefusedBlocked, Text: c.blocked}}}
	}
	for len(c.unacked) > 0 && c.unacked[0].Seq <= h.Received {
		c.unacked = c.unacked[1:]
	}
	out := []poilink.Frame{{Type: poilink.TypeWelcome, Welcome: &poilink.Welcome{Epoch: 1, Received: c.received,
		TimeMS:      c.now.UnixMilli(),
		HeartbeatMS: 15_000, Activated: c.active, KeysConfirmed: h.KCV != "" && h.KCV == c.keyed}}}
	out = append(out, c.unacked...)
	for _, id := range h.Open {
		if d, ok := c.settled[id]; ok {
			out = append(out, c.push(poilink.Frame{Type: poilink.TypeDecision, Decision: &d}))
		}
	}
	if h.Report != nil {
		c.counter.reports = append(c.counter.reports, *h.Report)
	}
	return out
}

func (c *cloud) inject(k poilink.InjectKeys) poilink.Frame {
	own, _ := ecdh.X25519().GenerateKey(rand.Reader)
	theirs, err := ecdh.X25519().NewPublicKey(k.Ephemeral)
	if err != nil {
		c.t.Fatal(err)
	}
	shared, _ := own.ECDH(theirs)
	kbpk, _ := hkdf.Key(sha256.New, shared, k.Nonce, poilink.InjectInfo, 16)
	ik, err := dukpt.InitialKey(c.bdk, c.ikid)
	if err != nil {
		c.t.Fatal(err)
	}
	kcv, _ := dukpt.KCV(ik)
	ikid := fmt.Sprintf("%X", c.ikid)
	block, err := dukpt.WrapTR31(card.NewKey(kbpk), dukpt.KeyBlock{Usage: "B1", Algorithm: "A", Mode: "X", Key: ik, IKID: ikid}, rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	return poilink.Frame{Type: poilink.TypeKeys, Keys: &poilink.Keys{Ephemeral: own.PublicKey().Bytes(), Block: block, IKID: ikid, KCV: kcv}}
}

func (c *cloud) sequenced(f poilink.Frame) []poilink.Frame {
	switch f.Type {
	case poilink.TypeKeysLoaded:
		c.keyed = f.KeysLoaded.KCV
	case poilink.TypeProgress:
		c.progress = append(c.progress, f.Progress.Screen)
	case poilink.TypeNexo:
		var m nexo.Message
		if err := json.Unmarshal(f.Nexo, &m); err != nil {
			c.t.Fatal(err)
		}
		c.responses = append(c.responses, m)
	case poilink.TypeAuthorisationRequest:
		return c.authorise(*f.AuthorisationRequest)
	case poilink.TypeCompletionAdvice:
		c.advices = append(c.advices, *f.CompletionAdvice)
		if c.silent {
			return nil
		}
		d := c.decide(*f.CompletionAdvice)
		d.Exchange, d.Request = f.CompletionAdvice.Exchange, f.CompletionAdvice.Request
		c.settled[d.Exchange] = d
		return []poilink.Frame{c.push(poilink.Frame{Type: poilink.TypeDecision, Decision: &d})}
	}
	return c.atTheCounter(f)
}

func (c *cloud) authorise(q poilink.AuthorisationRequest) []poilink.Frame {
	c.t.Helper()
	a := c.open(q)
	id := fmt.Sprintf("%s/%d", q.Exchange, q.Request)
	c.asks = append(c.asks, a)
	if c.silent {
		return nil
	}
	answer, ok := c.byID[id]
	if !ok {
		answer = c.host(a)
		answer.Exchange, answer.Request = q.Exchange, q.Request
		c.byID[id] = answer
		if answer.Verdict == poilink.VerdictApproved {
			c.settled[q.Exchange] = poilink.Decision{Exchange: q.Exchange, Request: q.Request, Verdict: answer.Verdict, AuthCode: answer.AuthCode}
		}
	}
	return []poilink.Frame{c.push(poilink.Frame{Type: poilink.TypeAuthorisationResponse, AuthorisationResponse: &answer})}
}

// open is the secure module: it opens what the terminal sealed and counts keys.
func (c *cloud) open(q poilink.AuthorisationRequest) asked {
	c.t.Helper()
	ksn, err := dukpt.ParseKSN(q.KSN)
	if err != nil {
		c.t.Fatal(err)
	}
	cipher := fmt.Sprintf("%x/%x", q.Sealed, q.PIN)
	if before, ok := c.seen[q.KSN]; ok && before != cipher && !c.replays {
		c.t.Fatalf("two ciphertexts under counter %d", ksn.Counter())
	}
	c.seen[q.KSN] = cipher
	key, err := dukpt.WorkingKey(c.bdk, ksn, dukpt.UsageEncrypt)
	if err != nil {
		c.t.Fatal(err)
	}
	track, err := dukpt.Open(key, ksn, []byte(q.Exchange), q.Sealed)
	if err != nil {
		c.t.Fatalf("track 2 does not open: %v", err)
	}
	a := asked{AuthorisationRequest: q, track: string(track)}
	t2, err := card.ParseTrack2(a.track)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(q.PIN) > 0 {
		key, _ := dukpt.WorkingKey(c.bdk, ksn, dukpt.UsagePIN)
		pin, err := dukpt.DecryptPIN(key, [16]byte(q.PIN), t2.PAN())
		if err != nil {
			c.t.Fatalf("PIN block: %v", err)
		}
		a.pin = pin.Reveal()
	}
	if a.list, err = emv.Parse(q.EMV); err != nil {
		c.t.Fatal(err)
	}
	return a
}

// issuerAnswer makes tags 91 and 8A for a request; wrong breaks the cryptogram.
func issuerAnswer(t *testing.T, a asked, wrong bool) []byte {
	t.Helper()
	t2, _ := card.ParseTrack2(a.track)
	mk, err := emv.CardKey(deck.IssuerMasterKey(), t2.PAN(), a.Card.PSN)
	if err != nil {
		t.Fatal(err)
	}
	arqc, _ := a.list.Get(0x9F26)
	auth, err := emv.IssuerAuth(mk, a.list, [8]byte(arqc), "00")
	if err != nil {
		t.Fatal(err)
	}
	if wrong {
		auth[0] ^= 0xFF
	}
	return emv.List{{Tag: 0x91, Value: auth}, {Tag: 0x8A, Value: []byte("00")}}.Encode()
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
