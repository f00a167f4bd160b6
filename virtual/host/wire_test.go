package host_test

import (
	"slices"
	"testing"

	"kassa/emv"
	"kassa/iso8583"
	"kassa/virtual/host"
)

// TestEveryFlippedBitIsRefused flips each bit of the ARQC, the PIN block and the MAC in turn.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	b := newBench(t)
	u := use{entry: "051", pin: "1234"}
	for bit := range 64 {
		sale := b.sale(u)
		list, err := emv.Parse(sale.Bytes(55))
		if err != nil {
			t.Fatal(err)
		}
		arqc, _ := list.Get(0x9F26)
		arqc = slices.Clone(arqc)
		arqc[bit/8] ^= 1 << (bit % 8)
		i := slices.IndexFunc(list, func(e emv.TLV) bool { return e.Tag == 0x9F26 })
		list[i].Value = arqc
		sale.SetBytes(55, list.Encode())
		if rc := b.send(sale).rc(t); rc != "82" {
			t.Errorf("bit %d of the ARQC: %s", bit, rc)
		}
	}
	for bit := range 128 {
		sale := b.sale(u)
		block := sale.Bytes(110)
		block[bit/8] ^= 1 << (bit % 8)
		sale.SetBytes(110, block)
		if rc := b.send(sale).rc(t); rc != "81" && rc != "55" {
			t.Errorf("bit %d of the PIN block: %s", bit, rc)
		}
		b.handle(host.Unblock{Account: "visa:000"})
	}
	for bit := range 64 {
		frame := b.pack(b.sale(u))
		frame[len(frame)-8+bit/8] ^= 1 << (bit % 8)
		if rc := b.handle(host.Received{Conn: b.conn, Frame: frame}).rc(t); rc != "89" {
			t.Errorf("bit %d of the MAC: %s", bit, rc)
		}
		if l := b.last(); l.RC != "89" || l.State != host.StateDeclined || l.Last4 != "" {
			t.Fatalf("bit %d of the MAC: ledger has %+v", bit, l)
		}
	}
	if b.spent("visa:000") != 0 {
		t.Error("money has moved")
	}
	if rc := b.send(b.sale(u)).rc(t); rc != "00" {
		t.Errorf("unspoilt: %s", rc)
	}
}

// TestEveryFlippedBitOfTheFrame: whatever bit is flipped, it is refused or not even readable.
func TestEveryFlippedBitOfTheFrame(t *testing.T) {
	b := newBench(t)
	whole := b.pack(b.sale(use{entry: "051", pin: "1234"}))
	for bit := range len(whole) * 8 {
		frame := slices.Clone(whole)
		frame[bit/8] ^= 1 << (bit % 8)
		a := b.handle(host.Received{Conn: b.conn, Frame: frame})
		if a.closed || len(a.frames) == 0 {
			continue
		}
		if rc := a.rc(t); rc != "89" {
			t.Errorf("bit %d: %s", bit, rc)
		}
	}
	if b.spent("visa:000") != 0 {
		t.Error("money has moved")
	}
	if rc := b.handle(host.Received{Conn: b.conn, Frame: whole}).rc(t); rc != "00" {
		t.Errorf("its identity was taken by a forgery: %s", rc)
	}
}

func TestForgedReversalsAndRefundsDoNothing(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	b.send(sale)
	for _, msg := range []*iso8583.Message{b.reversal(sale), b.refund(sale, 1)} {
		frame := b.pack(msg)
		frame[len(frame)-1] ^= 1
		if rc := b.handle(host.Received{Conn: b.conn, Frame: frame}).rc(t); rc != "89" {
			t.Errorf("%s: %s", msg.MTI, rc)
		}
		if l := b.last(); l.Of != sale.Get(37) || l.State != host.StateDeclined {
			t.Errorf("%s: ledger has %+v", msg.MTI, l)
		}
	}
	if b.spent("visa:000") != 1234 || b.lines()[0].State != host.StatePosted {
		t.Error("it had an effect")
	}
}

func TestTheCardSignsTheAmount(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{amount: 1000})
	sale.Set(4, "000000000999")
	if rc := b.send(sale).rc(t); rc != "13" {
		t.Errorf("another amount: %s", rc)
	}
	sale = b.sale(use{})
	sale.Set(49, "826")
	if rc := b.send(sale).rc(t); rc != "12" {
		t.Errorf("another currency: %s", rc)
	}
}

func TestWhatTheChipSays(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	sale.Set(23, "001")
	if rc := b.send(sale).rc(t); rc != "82" {
		t.Errorf("another card sequence number: %s", rc)
	}
	for tag, want := range map[emv.Tag]string{0x9F26: "30", 0x9F36: "30", 0x9F10: "82", 0x9F37: "82"} {
		sale := b.sale(use{})
		list, err := emv.Parse(sale.Bytes(55))
		if err != nil {
			t.Fatal(err)
		}
		sale.SetBytes(55, slices.DeleteFunc(list, func(e emv.TLV) bool { return e.Tag == tag }).Encode())
		if rc := b.send(sale).rc(t); rc != want {
			t.Errorf("without %s: %s", tag, rc)
		}
	}
	sale = b.sale(use{})
	list, err := emv.Parse(sale.Bytes(55))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(e emv.TLV) bool { return e.Tag == 0x9F27 })
	list[i].Value = []byte{0x40}
	sale.SetBytes(55, list.Encode())
	if rc := b.send(sale).rc(t); rc != "12" {
		t.Errorf("a TC: %s", rc)
	}
}

func TestSignOn(t *testing.T) {
	b := newBench(t)
	sale := b.sale(use{})
	if rc := b.network("301"); rc != "00" {
		t.Errorf("echo: %s", rc)
	}
	if rc := b.network("161"); rc != "12" {
		t.Errorf("key change: %s", rc)
	}
	if rc := b.network("002"); rc != "00" {
		t.Errorf("sign-off: %s", rc)
	}
	for _, msg := range []*iso8583.Message{sale, b.reversal(sale)} {
		if rc := b.send(msg).rc(t); rc != "91" {
			t.Errorf("%s while signed off: %s", msg.MTI, rc)
		}
	}
	if len(b.lines()) != 0 {
		t.Errorf("the ledger has %d lines", len(b.lines()))
	}
	b.network("001")
	if rc := b.send(sale).rc(t); rc != "00" {
		t.Errorf("the same sale afterwards: %s", rc)
	}
}

func TestNetworkMessageWithAWrongMAC(t *testing.T) {
	b := newBench(t)
	msg := &iso8583.Message{MTI: "0800"}
	msg.Set(7, "1121100000")
	msg.Set(11, "000001")
	msg.Set(70, "002")
	frame := b.pack(msg)
	frame[len(frame)-1] ^= 1
	if rc := b.handle(host.Received{Conn: b.conn, Frame: frame}).rc(t); rc != "89" {
		t.Errorf("wrong MAC: %s", rc)
	}
	if rc := b.send(b.sale(use{})).rc(t); rc != "00" {
		t.Errorf("it signed off nevertheless: %s", rc)
	}
}

func TestWhatIsNotServed(t *testing.T) {
	b := newBench(t)
	for mti, want := range map[string]string{"0500": "0510", "0620": "0630"} {
		msg := b.sale(use{})
		msg.MTI = mti
		if a := b.send(msg).message(t); a.MTI != want || a.Get(39) != "40" {
			t.Errorf("%s: %s %s", mti, a.MTI, a.Get(39))
		}
	}
	msg := b.sale(use{})
	msg.Set(3, "090000")
	if rc := b.send(msg).rc(t); rc != "40" {
		t.Errorf("cash-back: %s", rc)
	}
	msg = b.sale(use{})
	msg.MTI = "0810"
	if a := b.send(msg); len(a.frames) != 0 || a.closed {
		t.Error("an answer was answered")
	}
	if a := b.handle(host.Received{Conn: b.conn, Frame: []byte("garbage")}); !a.closed {
		t.Error("garbage was not the end of the connection")
	}
	if a := b.handle(host.Received{Conn: 99, Frame: []byte("garbage")}); a.closed || len(a.frames) > 0 {
		t.Error("a frame of no connection was served")
	}
}

func TestFormatErrors(t *testing.T) {
	b := newBench(t)
	for _, de := range []int{4, 7, 11, 12, 13, 22, 32, 35, 37, 41, 42, 49, 55} {
		msg := b.sale(use{})
		msg.Clear(de)
		if rc := b.send(msg).rc(t); rc != "30" {
			t.Errorf("without DE%d: %s", de, rc)
		}
	}
	for de, value := range map[int]string{48: "LI999x", 55: "\x9f\x26\x7f", 110: "short", 41: "        "} {
		msg := b.sale(use{})
		msg.Set(de, value)
		if rc := b.send(msg).rc(t); rc != "30" {
			t.Errorf("bad DE%d: %s", de, rc)
		}
	}
	reversal := b.reversal(b.sale(use{}))
	reversal.Clear(90)
	if rc := b.send(reversal).rc(t); rc != "30" {
		t.Errorf("reversal without DE90: %s", rc)
	}
}

func TestDeclinesThatAreAskedFor(t *testing.T) {
	b := newBench(t)
	f := host.Fault{Kind: host.FaultDecline, Code: "46", TID: "KASSA001"}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	b.handle(host.SetFault{Fault: f})
	for _, step := range []struct{ tid, rc string }{{"KASSA002", "00"}, {"KASSA001", "46"}, {"KASSA001", "00"}} {
		if rc := b.send(b.sale(use{tid: step.tid})).rc(t); rc != step.rc {
			t.Errorf("%s: %s, want %s", step.tid, rc, step.rc)
		}
	}
	for _, bad := range []host.Fault{{Kind: host.FaultDecline}, {Kind: host.FaultBadMAC, Code: "05"}} {
		if bad.Check() == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}

func TestFaults(t *testing.T) {
	set := func(b *bench, f host.Fault) {
		t.Helper()
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
		b.handle(host.SetFault{Fault: f})
	}
	b := newBench(t)
	set(b, host.Fault{Kind: host.FaultDropNextAnswer, TID: "KASSA001"})
	if rc := b.send(b.sale(use{tid: "KASSA002"})).rc(t); rc != "00" {
		t.Errorf("another terminal: %s", rc)
	}
	if rc := b.network("301"); rc != "00" {
		t.Errorf("echo: %s", rc)
	}
	sale := b.sale(use{})
	if a := b.send(sale); len(a.frames) != 0 || a.closed {
		t.Error("drop-next-answer: answered")
	}
	if rc := b.send(again(sale)).rc(t); rc != "00" {
		t.Errorf("the answer after: %s", rc)
	}
	set(b, host.Fault{Kind: host.FaultClose, Count: 2})
	for range 2 {
		if a := b.send(b.reversal(sale)); len(a.frames) != 0 || !a.closed {
			t.Error("close: not closed")
		}
	}
	set(b, host.Fault{Kind: host.FaultBadMAC})
	if a := b.send(b.reversal(sale)); len(a.frames) != 1 || genuine(t, a.frames[0]) {
		t.Error("bad-mac: the MAC is right")
	}
	set(b, host.Fault{Kind: host.FaultDelay, DelayMS: 1500})
	for range 2 {
		if a := b.send(b.reversal(sale)); len(a.frames) != 0 {
			t.Error("delay: answered at once")
		}
	}
	due, _ := b.m.NextDue()
	b.now = due
	if a := b.handle(host.Tick{}); len(a.frames) != 1 {
		t.Errorf("delay: %d answers when the first is due", len(a.frames))
	}
	set(b, host.Fault{Kind: host.FaultStopReading})
	if b.reading {
		t.Error("stop-reading: it reads")
	}
	if n := len(b.m.State().Faults); n != 2 {
		t.Errorf("%d faults are set", n)
	}
	b.handle(host.ClearFaults{})
	if !b.reading || len(b.m.State().Faults) != 0 {
		t.Error("the faults are not cleared")
	}
	if rc := b.send(b.reversal(sale)).rc(t); rc != "00" {
		t.Errorf("after the faults: %s", rc)
	}
	if b.spent("visa:000") != 1234 {
		t.Errorf("%d spent: the reversal counted more than once", b.spent("visa:000"))
	}
}

func TestHostSignsOff(t *testing.T) {
	b := newBench(t)
	off := b.handle(host.SetFault{Fault: host.Fault{Kind: host.FaultSignOff}}).message(t)
	if off.MTI != "0800" || off.Get(70) != "002" {
		t.Errorf("%s %s", off.MTI, off.Get(70))
	}
	if rc := b.send(b.sale(use{})).rc(t); rc != "91" {
		t.Errorf("after sign-off: %s", rc)
	}
	b.network("001")
	if rc := b.send(b.sale(use{})).rc(t); rc != "00" {
		t.Errorf("after the new sign-on: %s", rc)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	for _, f := range []host.Fault{
		{}, {Kind: "boom"}, {Kind: host.FaultDelay}, {Kind: host.FaultDelay, DelayMS: 1 << 30}, {Kind: host.FaultClose, Count: -1},
		{Kind: host.FaultBadMAC, DelayMS: 1}, {Kind: host.FaultStopReading, TID: "KASSA001"},
	} {
		if f.Check() == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
}
