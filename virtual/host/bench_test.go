package host_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/card"
	"kassa/dukpt"
	"kassa/emv"
	"kassa/iso8583"
	"kassa/virtual/deck"
	"kassa/virtual/host"
)

// bench is a terminal, its acquirer's customer and the link, all in one: it builds the frames from
// the standards' packages and reads the answers with them.
type bench struct {
	t       *testing.T
	m       *host.Machine
	keys    host.Keys
	now     time.Time
	conn    uint64
	stan    int
	atc     uint16
	records []host.Record
	reading bool
	outputs []host.Output // all there ever were
}

func testKeys() host.Keys {
	return host.Keys{
		PIN: card.NewKey([]byte("a zone PIN key..")),
		MAC: card.NewKey([]byte("a zone MAC key..")),
	}
}

func newMachine(t *testing.T, records ...host.Record) *host.Machine {
	t.Helper()
	m, err := host.NewMachine(host.Config{Keys: testKeys()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := m.Restore(r); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		t: t, m: newMachine(t), keys: testKeys(), conn: 1, reading: true,
		now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
	}
	b.signOn()
	return b
}

func (b *bench) signOn() {
	b.t.Helper()
	b.handle(host.Opened{Conn: b.conn})
	if got := b.network("001"); got != "00" {
		b.t.Fatalf("sign-on: %s", got)
	}
}

func (b *bench) network(code string) string {
	b.t.Helper()
	b.stan++
	msg := &iso8583.Message{MTI: "0800"}
	msg.Set(7, b.now.Format("0102150405"))
	msg.Set(11, fmt.Sprintf("%06d", b.stan))
	msg.Set(70, code)
	return b.send(msg).rc(b.t)
}

// answers is what came back on one frame.
type answers struct {
	frames [][]byte
	raw    []byte
	closed bool
}

func (a answers) message(t *testing.T) *iso8583.Message {
	t.Helper()
	if len(a.frames) != 1 || a.closed {
		t.Fatalf("%d answers, closed = %t; want one answer", len(a.frames), a.closed)
	}
	msg, err := iso8583.Kassa87().Unpack(a.frames[0])
	if err != nil {
		t.Fatalf("answer: %v", err)
	}
	if !genuine(t, a.frames[0]) {
		t.Fatal("the MAC of the answer is wrong")
	}
	return msg
}

func (a answers) rc(t *testing.T) string {
	t.Helper()
	return a.message(t).Get(39)
}

func mac(b []byte) ([8]byte, error) {
	sum, err := dukpt.CMAC(testKeys().MAC, b)
	return [8]byte(sum[:8]), err
}

func genuine(t *testing.T, frame []byte) bool {
	t.Helper()
	ok, err := iso8583.Kassa87().VerifyMAC(frame, mac)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func (b *bench) handle(in host.Input) answers {
	var a answers
	for _, out := range b.m.Handle(b.now, in) {
		b.outputs = append(b.outputs, out)
		switch out := out.(type) {
		case host.Persist:
			b.records = append(b.records, out.Record)
		case host.Send:
			a.frames = append(a.frames, out.Frame)
		case host.Raw:
			a.raw = append(a.raw, out.Bytes...)
		case host.CloseConn:
			a.closed = true
		case host.Reading:
			b.reading = out.On
		}
	}
	return a
}

func (b *bench) send(msg *iso8583.Message) answers {
	b.t.Helper()
	return b.handle(host.Received{Conn: b.conn, Frame: b.pack(msg)})
}

func (b *bench) pack(msg *iso8583.Message) []byte {
	b.t.Helper()
	frame, err := iso8583.Kassa87().PackMAC(msg, mac)
	if err != nil {
		b.t.Fatal(err)
	}
	return frame
}

// restart makes a new machine from what was persisted.
func (b *bench) restart() {
	b.t.Helper()
	b.m = newMachine(b.t, b.records...)
	b.conn++
	b.signOn()
}

// use is one use of a card at a terminal. Zero values are an ordinary tap of 12.34 EUR.
type use struct {
	card     string
	entry    string
	pin      string
	amount   int64
	tid      string
	li       string
	atc      uint16 // 0: the next one
	followUp bool
	noTap    bool // the terminal does not offer a single tap
	currency string
	// amountCodes asks the issuer to judge by the amount.
	amountCodes bool
	kind        string // tag 9C: "00", or "20" for a credit
}

func (u use) defaults() use {
	or := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	or(&u.card, "visa")
	or(&u.entry, "071")
	or(&u.tid, "KASSA001")
	or(&u.li, "LIFE1")
	or(&u.currency, "978")
	or(&u.kind, "00")
	switch u.amount {
	case 0:
		u.amount = 1234
	case -1: // nothing at all
		u.amount = 0
	}
	return u
}

func (b *bench) sale(u use) *iso8583.Message {
	b.t.Helper()
	u = u.defaults()
	c, err := deck.Parse(u.card)
	if err != nil {
		b.t.Fatal(err)
	}
	msg := b.request("000000", u.tid, u.amount)
	msg.Set(18, "5411")
	msg.Set(22, u.entry)
	msg.Set(23, "0"+c.PSN)
	msg.Set(25, "00")
	msg.Set(35, c.Track2().Reveal())
	msg.Set(43, fmt.Sprintf("%-40s", "KASSA TEST SHOP AMSTERDAM NL"))
	msg.Set(49, u.currency)
	private := iso8583.Private{iso8583.TagLifecycle: u.li}
	if u.entry == "071" && !u.noTap {
		private[iso8583.TagSingleTap] = "1"
	}
	if u.followUp {
		private[iso8583.TagFollowUp] = "1"
	}
	if u.amountCodes {
		private[iso8583.TagAmountCodes] = "1"
	}
	msg.Set(48, private.String())
	if !strings.HasPrefix(u.entry, "90") {
		if u.atc == 0 {
			b.atc++
			u.atc = b.atc
		}
		b.chip(msg, c, u)
	}
	if u.pin != "" {
		msg.Set(26, "12")
		msg.SetBytes(110, b.pinBlock(c.PAN, u.pin))
	}
	return msg
}

func (b *bench) pinBlock(pan card.PAN, digits string) []byte {
	b.t.Helper()
	pin, err := card.ParsePIN(digits)
	if err != nil {
		b.t.Fatal(err)
	}
	block, err := dukpt.EncryptPIN(b.keys.PIN, pin, pan, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
	if err != nil {
		b.t.Fatal(err)
	}
	return block[:]
}

// chip lets the card make its cryptogram.
func (b *bench) chip(msg *iso8583.Message, c deck.Card, u use) {
	b.t.Helper()
	raw := func(s string) []byte {
		v, err := hex.DecodeString(s)
		if err != nil {
			b.t.Fatal(err)
		}
		return v
	}
	list := emv.List{
		{Tag: 0x9F27, Value: raw("80")}, {Tag: 0x9F10, Value: c.IssuerApplication}, {Tag: 0x9F37, Value: raw("11223344")},
		{Tag: 0x9F36, Value: raw(fmt.Sprintf("%04X", u.atc))}, {Tag: 0x95, Value: raw("0000008000")},
		{Tag: 0x9A, Value: raw("261121")}, {Tag: 0x9C, Value: raw(u.kind)},
		{Tag: 0x9F02, Value: raw(fmt.Sprintf("%012d", u.amount))}, {Tag: 0x9F03, Value: raw("000000000000")},
		{Tag: 0x5F2A, Value: raw("0" + u.currency)}, {Tag: 0x82, Value: raw("1980")}, {Tag: 0x9F1A, Value: raw("0528")},
	}
	key, err := emv.CardKey(c.MasterKey, c.PAN, c.PSN)
	if err != nil {
		b.t.Fatal(err)
	}
	arqc, err := emv.Cryptogram(key, list)
	if err != nil {
		b.t.Fatal(err)
	}
	msg.SetBytes(55, append(list, emv.TLV{Tag: 0x9F26, Value: arqc[:]}).Encode())
}

// request is what every money message has; each has its own STAN and second.
func (b *bench) request(code, tid string, amount int64) *iso8583.Message {
	b.stan++
	b.now = b.now.Add(time.Second)
	msg := &iso8583.Message{MTI: "0200"}
	msg.Set(3, code)
	msg.Set(4, fmt.Sprintf("%012d", amount))
	msg.Set(7, b.now.Format("0102150405"))
	msg.Set(11, fmt.Sprintf("%06d", b.stan))
	msg.Set(12, b.now.Format("150405"))
	msg.Set(13, b.now.Format("0102"))
	msg.Set(32, "123456")
	msg.Set(37, fmt.Sprintf("632510%06d", b.stan))
	msg.Set(41, fmt.Sprintf("%-8s", tid))
	msg.Set(42, fmt.Sprintf("%-15s", "SHOP1"))
	msg.Set(49, "978")
	return msg
}

func (b *bench) refund(sale *iso8583.Message, amount int64) *iso8583.Message {
	msg := b.request("200000", strings.TrimSpace(sale.Get(41)), amount)
	msg.Set(48, iso8583.Private{iso8583.TagLifecycle: "LIFE1", iso8583.TagOriginalRRN: sale.Get(37)}.String())
	msg.Set(90, iso8583.FormatOriginal("0200", sale.Get(11), sale.Get(7)))
	return msg
}

func (b *bench) reversal(of *iso8583.Message) *iso8583.Message {
	b.now = b.now.Add(time.Second)
	msg := &iso8583.Message{MTI: "0420"}
	for _, de := range []int{3, 4, 11, 12, 13, 32, 37, 41, 42, 49} {
		msg.Set(de, of.Get(de))
	}
	msg.Set(7, b.now.Format("0102150405"))
	msg.Set(48, iso8583.Private{iso8583.TagLifecycle: "LIFE1", iso8583.TagReversalReason: iso8583.ReversalTimeout}.String())
	msg.Set(90, iso8583.FormatOriginal("0200", of.Get(11), of.Get(7)))
	return msg
}

// again is the same message as a repeat.
func again(msg *iso8583.Message) *iso8583.Message {
	c := msg.Clone()
	c.MTI = c.MTI[:3] + "1"
	return c
}

// spent is what is posted on an account in euro cents.
func (b *bench) spent(account string) int64 { return spentOn(b.m, account) }

func spentOn(m *host.Machine, account string) int64 {
	for _, a := range m.State().Accounts {
		if a.Account == account {
			return a.Spent["EUR"]
		}
	}
	return 0
}

func (b *bench) lines() []host.Line { return b.m.Lines(0, 1_000_000) }

func (b *bench) last() host.Line {
	b.t.Helper()
	all := b.lines()
	if len(all) == 0 {
		b.t.Fatal("the ledger is empty")
	}
	return all[len(all)-1]
}
