package poi_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"kassa/estate"
	"kassa/poi"
	"kassa/poilink"
)

func welcomeOf(f poilink.Frame) *poilink.Welcome { return f.Welcome }

func TestHelloIsRefusedInWords(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(*desk)
		hello  func(*poilink.Hello)
		want   poilink.RefusalCode
	}{
		{"not boarded", func(d *desk) { delete(d.estate.devices, poiid) }, nil, poilink.RefusedUnknownPOI},
		{"another POI's id", nil, func(h *poilink.Hello) { h.POIID = "VT1-000002" }, poilink.RefusedUnknownPOI},
		{"another key", func(d *desk) { d.key = identity(2) }, nil, poilink.RefusedKeyMismatch},
		{"signature of another link", nil, func(h *poilink.Hello) {
			h.Signature = ed25519.Sign(identity(1), poilink.ProofMessage(host, poiid, nonceOf(9)))
		}, poilink.RefusedBadSignature},
		{"signature for another cloud", nil, func(h *poilink.Hello) {
			h.Signature = ed25519.Sign(identity(1), poilink.ProofMessage("evil.example.com", poiid, nonceOf(1)))
		}, poilink.RefusedBadSignature},
		{"no signature", nil, func(h *poilink.Hello) { h.Signature = nil }, poilink.RefusedBadFrame},
		{"short key", nil, func(h *poilink.Hello) { h.PublicKey = h.PublicKey[:31] }, poilink.RefusedBadFrame},
		{"long software", nil, func(h *poilink.Hello) { h.Software = string(make([]byte, 65)) }, poilink.RefusedBadFrame},
		{"open that is no exchange", nil, func(h *poilink.Hello) { h.Open = []string{"a b"} }, poilink.RefusedBadFrame},
		{"too much open", nil, func(h *poilink.Hello) { h.Open = make([]string, 65) }, poilink.RefusedBadFrame},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			if test.before != nil {
				test.before(d)
			}
			out := d.hello(1, test.hello)
			if r := refusal(t, out, 1); r.Code != test.want {
				t.Errorf("refused %q, want %q", r.Code, test.want)
			}
			if d.m.Online() || len(all[poi.Close](out)) != 1 || len(all[poi.Up](out)) != 0 {
				t.Errorf("the link was not closed: %+v", out)
			}
		})
	}
}

func TestAStrangerDisturbsNoLink(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.key = identity(2)
	out := d.hello(2, nil)
	if r := refusal(t, out, 2); r.Code != poilink.RefusedKeyMismatch {
		t.Errorf("refused %q", r.Code)
	}
	if !d.m.Online() || len(sent(out, 1)) != 0 {
		t.Error("the device's own link suffered")
	}
}

func TestTheKeyIsPinnedBeforeTheWelcome(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		open bool
	}{"durable": {nil, true}, "not durable": {errors.New("another was first"), false}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.estate.devices[poiid] = estate.Device{POIID: poiid}
			delete(d.estate.terminals, poiid)
			out := d.hello(1, nil)
			pins := all[poi.PinKey](out)
			if len(out) != 1 || len(pins) != 1 || !bytes.Equal(pins[0].PublicKey, public(d.key)) {
				t.Fatalf("before the pin: %+v", out)
			}
			out = d.do(poi.Pinned{Link: 1, Err: test.err})
			if got := only(t, sent(out, 1), welcomeOf) != nil; got != test.open || d.m.Online() != test.open {
				t.Errorf("welcomed %v, online %v, want %v", got, d.m.Online(), test.open)
			}
		})
	}
}

func TestWelcomeSaysWhatTheCloudKnows(t *testing.T) {
	d := newDesk(t)
	out := d.hello(1, func(h *poilink.Hello) { h.Open = []string{"H4XQ3A2K10"} })
	w := only(t, sent(out, 1), welcomeOf)
	if w == nil || w.HeartbeatMS != 10_000 || w.TimeMS != noon.UnixMilli() || !w.KeysConfirmed || w.Received != 0 {
		t.Fatalf("welcome: %+v", w)
	}
	want := poilink.Activated{
		TID: tid, TerminalName: "Counter", Group: "57001", Environment: "test",
		Merchant: poilink.Merchant{Name: "Koffie", City: "Amsterdam", Country: "NL", MID: "000000000012345"},
	}
	if w.Activated == nil || *w.Activated != want {
		t.Errorf("activated: %+v", w.Activated)
	}
	connected := all[poi.Connected](out)
	if len(connected) != 1 || connected[0].TID != tid || len(connected[0].Open) != 1 || connected[0].Open[0] != "H4XQ3A2K10" {
		t.Errorf("the engine hears %+v", connected)
	}
	out = d.hello(2, func(h *poilink.Hello) { h.KCV = "0000000000" })
	if w := only(t, sent(out, 2), welcomeOf); w == nil || w.KeysConfirmed || w.Epoch <= uint64(noon.UnixMilli()) {
		t.Errorf("a key that the cloud does not know: %+v", w)
	}
}

func TestALostReportOfTheKeyIsMadeUpByTheHello(t *testing.T) {
	d := newDesk(t)
	dev := d.estate.devices[poiid]
	dev.Configured = false
	d.estate.devices[poiid] = dev
	checks := all[poi.CheckKeys](d.hello(1, nil))
	if len(checks) != 1 || checks[0].IKID != dev.IKID || checks[0].KCV != dev.KCV {
		t.Errorf("checks: %+v", checks)
	}
}

func injection(key ed25519.PrivateKey, link poi.LinkID) *poilink.InjectKeys {
	in := &poilink.InjectKeys{Ephemeral: bytes.Repeat([]byte{3}, 32), Nonce: bytes.Repeat([]byte{4}, 16)}
	in.Signature = ed25519.Sign(key, poilink.InjectMessage(poiid, nonceOf(link), in.Ephemeral, in.Nonce))
	return in
}

func TestKeyInjection(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	for name, bad := range map[string]*poilink.InjectKeys{
		"another device": injection(identity(2), 1), "another link": injection(d.key, 2),
	} {
		out := d.frame(1, poilink.Frame{Type: poilink.TypeInjectKeys, InjectKeys: bad})
		if r := refusal(t, out, 1); r.Code != poilink.RefusedBadSignature || len(all[poi.MakeKey](out)) != 0 {
			t.Errorf("%s: refused %q, %+v", name, r.Code, out)
		}
	}
	ask := poilink.Frame{Type: poilink.TypeInjectKeys, InjectKeys: injection(d.key, 1)}
	made := all[poi.MakeKey](d.frame(1, ask))
	if len(made) != 1 || !bytes.Equal(made[0].Ephemeral, ask.InjectKeys.Ephemeral) || !bytes.Equal(made[0].Nonce, ask.InjectKeys.Nonce) {
		t.Fatalf("key asked: %+v", made)
	}
	keys := poilink.Keys{Ephemeral: []byte{1}, Block: "D0144", IKID: "0011223300000002", KCV: "1122334455"}
	frames := sent(d.do(poi.KeyMade{Link: 1, Keys: keys}), 1)
	if len(frames) != 1 || frames[0].Keys == nil || frames[0].Keys.Block != "D0144" {
		t.Errorf("keys: %+v", frames)
	}
	if r := refusal(t, d.do(poi.KeyMade{Link: 1, Err: errors.New("no")}), 1); r.Code != poilink.RefusedOverloaded || r.RetryAfterMS == 0 {
		t.Errorf("no key: %+v", r)
	}
	checks := all[poi.CheckKeys](d.frame(1, poilink.Frame{
		Type: poilink.TypeKeysLoaded, Seq: 1, KeysLoaded: &poilink.KeysLoaded{IKID: keys.IKID, KCV: "FFFFFFFFFF"},
	}))
	if len(checks) != 1 || checks[0].KCV != "FFFFFFFFFF" {
		t.Fatalf("checks: %+v", checks)
	}
	if r := refusal(t, d.do(poi.KeysChecked{Link: 1, Err: estate.ErrMismatch}), 1); r.Code != poilink.RefusedIPEKMissing {
		t.Errorf("another check value: %+v", r)
	}
	made = nil
	for range 20 {
		made = append(made, all[poi.MakeKey](d.frame(1, ask))...)
	}
	if len(made) > 6 {
		t.Errorf("%d keys in a minute", len(made))
	}
	d.now = d.now.Add(time.Minute)
	d.frame(1, poilink.Frame{Type: poilink.TypePing})
	if len(all[poi.MakeKey](d.frame(1, ask))) != 1 {
		t.Error("no key a minute later")
	}
}

func TestActivation(t *testing.T) {
	d := newDesk(t)
	term := d.estate.terminals[poiid]
	delete(d.estate.terminals, poiid)
	out := d.hello(1, nil)
	if w := only(t, sent(out, 1), welcomeOf); w == nil || w.Activated != nil || len(all[poi.Connected](out)) != 0 {
		t.Fatalf("before the activation: %+v", out)
	}
	if p := d.m.Presence(); !p.Online || p.TID != "" {
		t.Errorf("presence before the activation: %+v", p)
	}
	// What a POI says for a terminal that it is not goes nowhere.
	out = d.frame(1, poilink.Frame{Type: poilink.TypeProgress, Seq: 1, Progress: &poilink.Progress{Exchange: "A1", Screen: poilink.ScreenPIN}})
	if len(all[poi.ToEngine](out)) != 0 {
		t.Errorf("speaks before its activation: %+v", out)
	}
	decide := all[poi.DecideActivation](d.frame(1, poilink.Frame{Type: poilink.TypeActivate, Activate: &poilink.Activate{Code: "7K3M9QXP"}}))
	if len(decide) != 1 || decide[0].Code != "7K3M9QXP" {
		t.Fatalf("decide: %+v", decide)
	}
	for _, code := range []estate.RefusalCode{
		estate.RefusedUnknownPOI, estate.RefusedIPEKMissing, estate.RefusedWrongCode, estate.RefusedUsedCode,
		estate.RefusedAlreadyActive, estate.RefusedTooManyTries, estate.RefusedExpiredCode, estate.RefusedBlocked, estate.RefusedTampered,
		estate.RefusedReturned, estate.RefusedCountry, estate.RefusedOtherAccount,
	} {
		r := refusal(t, d.do(poi.ActivationDecided{Link: 1, Refusal: estate.Refusal{Code: code, RetryAfter: time.Minute}}), 1)
		if string(r.Code) != string(code) || r.RetryAfterMS != 60_000 {
			t.Errorf("%s: %+v", code, r)
		}
	}
	if r := refusal(t, d.do(poi.ActivationDecided{Link: 1, Err: errors.New("disk")}), 1); r.Code != poilink.RefusedOverloaded {
		t.Errorf("disk: %+v", r)
	}
	d.estate.terminals[poiid] = term
	out = d.do(poi.ActivationDecided{Link: 1, Terminal: term, Group: estate.Group{ID: "57001"}})
	frames := sent(out, 1)
	if len(frames) != 1 || frames[0].Activated == nil || frames[0].Activated.TID != tid || len(all[poi.Connected](out)) != 1 {
		t.Errorf("activated: %+v", out)
	}
	out = d.frame(1, poilink.Frame{Type: poilink.TypeProgress, Seq: 2, Progress: &poilink.Progress{Exchange: "A1", Screen: poilink.ScreenPIN}})
	if got := all[poi.ToEngine](out); len(got) != 1 || got[0].TID != tid {
		t.Errorf("does not speak after its activation: %+v", out)
	}
}
