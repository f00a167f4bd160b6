package poi_test

import (
	"context"

	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
	"kassa/poi"
	"kassa/poilink"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	host  = "cloud.example.com"
	poiid = "VT1-000001"
	tid   = "00000ABC"
)

// paper is an estate of maps.
type paper struct {
	devices   map[string]estate.Device
	terminals map[string]estate.Terminal // by POIID
	byTID     map[string]string          // the POIID; nil where they are few
}

func (p *paper) Device(id string) (estate.Device, bool) { d, ok := p.devices[id]; return d, ok }
func (p *paper) TerminalByPOIID(id string) (estate.Terminal, bool) {
	t, ok := p.terminals[id]
	return t, ok
}
func (p *paper) Terminal(tid string) (estate.Terminal, bool) {
	if p.byTID != nil {
		return p.TerminalByPOIID(p.byTID[tid])
	}
	for _, t := range p.terminals {
		if t.TID == tid {
			return t, true
		}
	}
	return estate.Terminal{}, false
}
func (p *paper) Group(id string) (estate.Group, bool) {
	return estate.Group{ID: id, Merchant: estate.Merchant{Name: "Koffie", City: "Amsterdam", Country: "NL", MID: "000000000012345"}}, true
}

// quiet is an estate that writes nothing and an engine that hears nothing.
type quiet struct{ *paper }

func (quiet) PinDeviceKey(time.Time, string, []byte) error                    { return nil }
func (quiet) AllocateDeviceNumber(time.Time, string) (uint32, error)          { return 1, nil }
func (quiet) RecordInjection(time.Time, string, uint32, string, string) error { return nil }
func (quiet) ConfirmKeys(time.Time, string, string, string) error             { return nil }
func (quiet) Activate(time.Time, string, string) (t estate.Terminal, g estate.Group, r estate.Refusal, err error) {
	return t, g, r, nil
}
func (quiet) NoteNotActivated(time.Time, string, string, estate.RefusalCode) error { return nil }
func (quiet) NoteLinkUp(time.Time, estate.LinkUp) error                            { return nil }
func (quiet) NoteLinkDown(time.Time, estate.LinkDown) error                        { return nil }
func (quiet) FromPOI(string, string, kassa.Input, func())                          {}
func (quiet) POIConnected(string, string, []string)                                {}
func (quiet) POIMode(string, bool)                                                 {}
func (quiet) NoteClone(time.Time, estate.CloneSuspected) error                     { return nil }
func (quiet) MarkTampered(time.Time, string, string, int) error                    { return nil }
func (quiet) SettingOn(string, string) bool                                        { return true }
func (quiet) Desired(string) (uint64, map[string]json.RawMessage)                  { return 0, nil }
func (quiet) Reported(string) (r estate.Report, ok bool)                           { return r, false }
func (quiet) Applied(time.Time, string, uint64, map[string]json.RawMessage, map[string]string) error {
	return nil
}
func (quiet) Watch(context.Context) <-chan estate.Change                              { return nil }
func (quiet) TerminalsUnder(estate.Owner) []string                                    { return nil }
func (quiet) Answered(_ estate.Terminal, _ string, _ json.RawMessage, settled func()) { go settled() }
func (quiet) Notified(_ estate.Terminal, _ json.RawMessage, settled func())           { go settled() }

// identity is the key of a device.
func identity(n byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

func public(k ed25519.PrivateKey) []byte { return k.Public().(ed25519.PublicKey) }

// desk drives one machine by hand.
type desk struct {
	t      *testing.T
	estate *paper
	key    ed25519.PrivateKey
	m      *poi.Machine
	now    time.Time
	// hold keeps what the engine does from becoming durable.
	hold bool
}

func newDesk(t *testing.T) *desk {
	p := &paper{
		devices:   map[string]estate.Device{poiid: {POIID: poiid, PublicKey: public(identity(1)), IKID: "0011223300000001", KCV: "A1B2C3D4E5", Configured: true, TID: tid}},
		terminals: map[string]estate.Terminal{poiid: {TID: tid, Group: "57001", Name: "Counter", Environment: estate.Test, POIID: poiid}},
	}
	d := &desk{t: t, estate: p, key: identity(1), now: noon}
	d.restart()
	return d
}

// restart is a new process: it knows the estate and nothing else.
func (d *desk) restart() {
	d.m = poi.NewMachine(poi.Rules{Host: host, Heartbeat: 10 * time.Second, Directory: d.estate}, poiid)
}

// do gives an input; what goes to the engine is durable at once, unless the test holds it back.
func (d *desk) do(in poi.Input) []poi.Output {
	out := d.m.Handle(d.now, in)
	if d.hold {
		return out
	}
	for _, e := range all[poi.ToEngine](out) {
		out = append(out, d.m.Handle(d.now, poi.Settled{Seq: e.Seq})...)
	}
	return out
}

func nonceOf(link poi.LinkID) []byte { return bytes.Repeat([]byte{byte(link)}, 32) }

func (d *desk) helloFrame(link poi.LinkID) poilink.Hello {
	return poilink.Hello{
		POIID: poiid, PublicKey: public(d.key), Software: "desk 1.0",
		Signature: ed25519.Sign(d.key, poilink.ProofMessage(host, poiid, nonceOf(link))),
		IKID:      "0011223300000001", KCV: "A1B2C3D4E5",
	}
}

func (d *desk) hello(link poi.LinkID, change func(*poilink.Hello)) []poi.Output {
	h := d.helloFrame(link)
	if change != nil {
		change(&h)
	}
	return d.do(poi.Hello{Link: link, Nonce: nonceOf(link), Hello: h})
}

func (d *desk) open(link poi.LinkID) {
	d.t.Helper()
	welcome := only(d.t, sent(d.hello(link, nil), link), func(f poilink.Frame) *poilink.Welcome { return f.Welcome })
	if welcome == nil || !d.m.Online() {
		d.t.Fatal("the link is not open")
	}
}

func (d *desk) frame(link poi.LinkID, f poilink.Frame) []poi.Output {
	d.t.Helper()
	data, err := poilink.Encode(f)
	if err != nil {
		d.t.Fatal(err)
	}
	f, err = poilink.Decode(data)
	if err != nil {
		d.t.Fatalf("a frame of the test is none: %v", err)
	}
	return d.do(poi.Arrived{Link: link, Frame: f})
}

// sent lists the frames that go down a link, in order.
func sent(out []poi.Output, link poi.LinkID) (frames []poilink.Frame) {
	for _, o := range out {
		if s, ok := o.(poi.Send); ok && s.Link == link {
			frames = append(frames, s.Frame)
		}
	}
	return frames
}

// all lists the outputs of a kind.
func all[O poi.Output](out []poi.Output) (found []O) {
	for _, o := range out {
		if o, ok := o.(O); ok {
			found = append(found, o)
		}
	}
	return found
}

// only gives the one body of its kind among frames, nil when there is none or more than one.
func only[B any](t *testing.T, frames []poilink.Frame, body func(poilink.Frame) *B) *B {
	t.Helper()
	var found *B
	for _, f := range frames {
		if b := body(f); b != nil {
			if found != nil {
				t.Fatalf("two frames of a kind: %+v", frames)
			}
			found = b
		}
	}
	return found
}

func refusal(t *testing.T, out []poi.Output, link poi.LinkID) poilink.Refused {
	t.Helper()
	r := only(t, sent(out, link), func(f poilink.Frame) *poilink.Refused { return f.Refused })
	if r == nil {
		return poilink.Refused{}
	}
	if r.Text == "" {
		t.Errorf("refusal %s has no words", r.Code)
	}
	return *r
}

func order(n int64) kassa.NewOrder {
	return kassa.NewOrder{
		Number: 1_795_262_400_000_000 + n, Ref: fmt.Sprintf("order-%d", n), POIID: poiid, TID: tid,
		Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR}, Description: "2 coffees", Lifetime: time.Minute,
	}
}

func request(exchange string, n int) *poilink.AuthorisationRequest {
	return &poilink.AuthorisationRequest{
		Exchange: exchange, Request: n, Entry: poilink.EntryContactless,
		Card: poilink.Card{
			BIN: "476173", Last4: "0004", Brand: "VISA", AID: "A0000000031010", Label: "VISA DEBIT", Expiry: "3112", PSN: "00",
			CVM: poilink.CVMNone, SingleTap: true,
		},
		EMV: []byte{0x9F, 0x02, 0x06, 0, 0, 0, 0, 0x12, 0x50, 0x82, 0x02, 0x20, 0x00}, Sealed: bytes.Repeat([]byte{7}, 35),
		KSN: "001122330000000100000001",
	}
}

func message(t *testing.T, f poilink.Frame) nexo.Message {
	t.Helper()
	var msg nexo.Message
	if err := json.Unmarshal(f.Nexo, &msg); err != nil {
		t.Fatalf("nexo: %v", err)
	}
	return msg
}

func nexoEnd(t *testing.T, exchange string, r nexo.Response) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(nexo.Message{
		Header: nexo.Header{
			ProtocolVersion: "3.0", MessageClass: "Service", MessageCategory: nexo.CategoryPayment,
			MessageType: nexo.TypeResponse, ServiceID: exchange, SaleID: "kassa", POIID: poiid,
		},
		PaymentResponse: &nexo.PaymentResponse{Response: r},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
