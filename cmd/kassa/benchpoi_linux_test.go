package main

import (
	"bufio"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"kassa/card"
	"kassa/dukpt"
	"kassa/emv"
	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/deck"
)

// leanPOI is a terminal that costs as little as one can: no screens, no journal, no page. What it
// puts on the wire is real: its identity, its key injection, its activation, a fresh cryptogram, key
// serial number and seal for each tap, and the frames that package virtual/terminal sends.
type leanPOI struct {
	poiid, code string
	identity    ed25519.PrivateKey
	conn        net.Conn
	in          *bufio.Reader
	buffer      []byte

	challenge, nonce []byte
	ephemeral        *ecdh.PrivateKey
	device           *dukpt.Device
	card             deck.Card
	master           card.Key
	atc              uint16
	up               uint64
	down             atomic.Uint64 // the heartbeats read it too

	ready chan error // hears once: nil when it is activated, or why it ended before
}

func newLeanPOI(poiid, code string) (*leanPOI, error) {
	_, identity, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	c, err := deck.Parse("visa")
	if err != nil {
		return nil, err
	}
	master, err := emv.CardKey(c.MasterKey, c.PAN, c.PSN)
	return &leanPOI{poiid: poiid, code: code, identity: identity, card: c, master: master, ready: make(chan error, 1)}, err
}

// dial upgrades a connection (RFC 6455). Too many at once are refused for a while.
func (t *leanPOI) dial(host string) error {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	var key [16]byte
	_, _ = rand.Read(key[:])
	if _, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %x==\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		poilink.Path, host, key[:11], poilink.Subprotocol); err != nil {
		return err
	}
	t.in = bufio.NewReaderSize(conn, 1024)
	resp, err := http.ReadResponse(t.in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		_ = conn.Close()
		return fmt.Errorf("upgrade: %v %w", resp, errors.Join(err, errBusy))
	}
	t.conn = conn
	return nil
}

var errBusy = errors.New("the cloud takes no more links for a moment")

// run reads until the link ends.
func (t *leanPOI) run() {
	err := t.loop()
	select {
	case t.ready <- errors.Join(errors.New("the link ended"), err):
	default:
	}
}

func (t *leanPOI) loop() error {
	for {
		data, err := t.read()
		if err != nil {
			return err
		}
		f, err := poilink.Decode(data)
		if err != nil {
			return err
		}
		if f.Seq > 0 {
			t.down.Store(f.Seq)
		}
		if err := t.handle(f); err != nil {
			return err
		}
	}
}

// read gives the payload of the next text frame, and answers pings meanwhile. The cloud neither masks nor
// splits.
func (t *leanPOI) read() ([]byte, error) {
	var head [4]byte
	for {
		if _, err := io.ReadFull(t.in, head[:2]); err != nil {
			return nil, err
		}
		if head[0] != 0x89 {
			break
		}
		ping := make([]byte, head[1])
		if _, err := io.ReadFull(t.in, ping); err != nil {
			return nil, err
		}
		// A mask of zeros leaves the payload as it is.
		if _, err := t.conn.Write(append([]byte{0x8A, 0x80 | head[1], 0, 0, 0, 0}, ping...)); err != nil {
			return nil, err
		}
	}
	if head[0] != 0x81 {
		return nil, fmt.Errorf("opcode %x", head[0])
	}
	n := int(head[1])
	if n == 126 {
		if _, err := io.ReadFull(t.in, head[2:]); err != nil {
			return nil, err
		}
		n = int(head[2])<<8 | int(head[3])
	}
	if cap(t.buffer) < n {
		t.buffer = make([]byte, n)
	}
	t.buffer = t.buffer[:n]
	_, err := io.ReadFull(t.in, t.buffer)
	return t.buffer, err
}

// send writes frames with one call, each masked as a client must.
func (t *leanPOI) send(frames ...poilink.Frame) error {
	var out []byte
	for _, f := range frames {
		if f.Type.Sequenced() {
			t.up++
			f.Seq = t.up
		}
		f.Ack = t.down.Load()
		data, err := poilink.Encode(f)
		if err != nil {
			return err
		}
		if len(data) < 126 {
			out = append(out, 0x81, 0x80|byte(len(data)))
		} else {
			out = append(out, 0x81, 0x80|126, byte(len(data)>>8), byte(len(data)))
		}
		mask := [4]byte{0x37, 0xFA, 0x21, byte(len(data))}
		out = append(out, mask[:]...)
		for i, c := range data {
			out = append(out, c^mask[i&3])
		}
	}
	_, err := t.conn.Write(out)
	return err
}

func (t *leanPOI) handle(f poilink.Frame) error {
	switch f.Type {
	case poilink.TypeChallenge:
		t.challenge = f.Challenge.Nonce
		return t.send(poilink.Frame{Type: poilink.TypeHello, Hello: &poilink.Hello{
			POIID: t.poiid, PublicKey: t.identity.Public().(ed25519.PublicKey), Software: "bench 1",
			Signature: ed25519.Sign(t.identity, poilink.ProofMessage(f.Challenge.Host, t.poiid, t.challenge)),
		}})
	case poilink.TypeWelcome:
		return t.askKeys()
	case poilink.TypeKeys:
		return t.load(*f.Keys)
	case poilink.TypeActivated:
		t.ready <- nil
	case poilink.TypeNexo:
		return t.pay(f.Nexo)
	case poilink.TypeAuthorisationResponse:
		if r := f.AuthorisationResponse; r.Verdict != poilink.VerdictApproved {
			return fmt.Errorf("the cloud said %s: %s", r.Verdict, r.Text)
		}
		return t.send(poilink.Frame{Type: poilink.TypeAck})
	case poilink.TypeRefused:
		return errors.New(f.Refused.Text)
	}
	return nil
}

func (t *leanPOI) askKeys() error {
	own, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	t.ephemeral, t.nonce = own, make([]byte, 16)
	_, _ = rand.Read(t.nonce)
	public := own.PublicKey().Bytes()
	return t.send(poilink.Frame{Type: poilink.TypeInjectKeys, InjectKeys: &poilink.InjectKeys{
		Ephemeral: public, Nonce: t.nonce,
		Signature: ed25519.Sign(t.identity, poilink.InjectMessage(t.poiid, t.challenge, public, t.nonce)),
	}})
}

func (t *leanPOI) load(k poilink.Keys) error {
	theirs, err := ecdh.X25519().NewPublicKey(k.Ephemeral)
	if err != nil {
		return err
	}
	shared, err := t.ephemeral.ECDH(theirs)
	if err != nil {
		return err
	}
	kbpk, err := hkdf.Key(sha256.New, shared, t.nonce, poilink.InjectInfo, 16)
	if err != nil {
		return err
	}
	block, err := dukpt.UnwrapTR31(card.NewKey(kbpk), k.Block)
	if err != nil {
		return err
	}
	ikid, err := hex.DecodeString(k.IKID)
	if err != nil || len(ikid) != 8 {
		return errors.New("keys: ikid")
	}
	if t.device, err = dukpt.NewDevice(block.Key, [8]byte(ikid)); err != nil {
		return err
	}
	return t.send(
		poilink.Frame{Type: poilink.TypeKeysLoaded, KeysLoaded: &poilink.KeysLoaded{IKID: k.IKID, KCV: k.KCV}},
		poilink.Frame{Type: poilink.TypeActivate, Activate: &poilink.Activate{Code: t.code}},
	)
}

// pay shows the amount, and taps the card in the same moment.
func (t *leanPOI) pay(raw json.RawMessage) error {
	var m nexo.Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if m.PaymentRequest == nil {
		return fmt.Errorf("a %s, which nothing here asks for", m.Header.MessageCategory)
	}
	id := m.Header.ServiceID
	progress := func(s poilink.Screen) poilink.Frame {
		return poilink.Frame{Type: poilink.TypeProgress, Progress: &poilink.Progress{Exchange: id, Screen: s}}
	}
	if err := t.send(poilink.Frame{Type: poilink.TypeAck}, progress(poilink.ScreenPresentCard)); err != nil {
		return err
	}
	r, err := t.tap(id, m.PaymentRequest.PaymentTransaction.AmountsReq.RequestedAmountMinor)
	if err != nil {
		return err
	}
	return t.send(poilink.Frame{Type: poilink.TypeAuthorisationRequest, AuthorisationRequest: r}, progress(poilink.ScreenProcessing))
}

func (t *leanPOI) tap(exchange string, minor int64) (*poilink.AuthorisationRequest, error) {
	txn, err := t.device.Next()
	if err != nil {
		return nil, err
	}
	track := t.card.Track2()
	sealed, err := dukpt.Seal(txn.Key(dukpt.UsageEncrypt), txn.KSN(), []byte(exchange), []byte(track.Reveal()))
	if err != nil {
		return nil, err
	}
	t.atc++
	var un [4]byte
	_, _ = rand.Read(un[:])
	list := emv.List{
		{Tag: 0x9F27, Value: []byte{0x80}}, {Tag: 0x9F10, Value: t.card.IssuerApplication}, {Tag: 0x9F37, Value: un[:]},
		{Tag: 0x9F36, Value: []byte{byte(t.atc >> 8), byte(t.atc)}}, {Tag: 0x95, Value: []byte{0x80, 0, 0, 0x08, 0}},
		{Tag: 0x9A, Value: []byte{0x26, 0x11, 0x21}}, {Tag: 0x9C, Value: []byte{0}}, {Tag: 0x9F02, Value: digits(minor)},
		{Tag: 0x9F03, Value: make([]byte, 6)}, {Tag: 0x5F2A, Value: []byte{0x09, 0x78}}, {Tag: 0x82, Value: []byte{0x19, 0x80}},
		{Tag: 0x9F1A, Value: []byte{0x05, 0x28}}, {Tag: 0x9F33, Value: []byte{0xE0, 0xF8, 0xC8}},
		{Tag: 0x9F34, Value: []byte{0x1F, 0x03, 0x02}}, {Tag: 0x9F35, Value: []byte{0x22}}, {Tag: 0x5F34, Value: []byte{0}},
	}
	arqc, err := emv.Cryptogram(t.master, list)
	if err != nil {
		return nil, err
	}
	list = append(list, emv.TLV{Tag: 0x9F26, Value: arqc[:]})
	return &poilink.AuthorisationRequest{
		Exchange: exchange, Request: 1, Entry: poilink.EntryContactless, EMV: list.Encode(),
		Card: poilink.Card{
			BIN: t.card.PAN.BIN(), Last4: t.card.PAN.Last4(), Brand: string(t.card.Brand), AID: t.card.AID,
			Label: t.card.Label, Expiry: t.card.Expiry, PSN: t.card.PSN, CVM: poilink.CVMNone, SingleTap: true,
		},
		Sealed: sealed, KSN: txn.KSN().String(),
	}, nil
}

// digits is a number as tag 9F02 has it: twelve digits, two in a byte.
func digits(n int64) []byte {
	text := fmt.Sprint(n)
	b, err := hex.DecodeString(strings.Repeat("0", 12-len(text)) + text)
	if err != nil {
		return nil
	}
	return b
}

func (t *leanPOI) ping() error { return t.send(poilink.Frame{Type: poilink.TypePing}) }
