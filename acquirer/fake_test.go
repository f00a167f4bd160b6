package acquirer_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

const (
	pan    = "4761739000010010"
	track2 = pan + "D31122011000012300000"
)

var start = time.Date(2026, 2, 3, 22, 5, 6, 0, time.UTC)

// module stands for the secure module: any keyed function of all bytes serves as a MAC.
type module struct{}

func (module) CompleteSale(m *iso8583.Message, ksn string, aad, track, pin []byte) error {
	if string(track) == "damaged" {
		return errors.New("it does not open")
	}
	private, err := iso8583.ParsePrivate(m.Get(48))
	if err != nil || ksn != "KSN" || string(aad) != private[iso8583.TagLifecycle] {
		return errors.New("not what the terminal sealed")
	}
	m.Set(35, track2)
	m.SetBytes(110, pin)
	return nil
}

func (module) CompleteEntered(m *iso8583.Message, aad, sealed []byte) error {
	if string(sealed) != "sealed for "+string(aad) {
		return errors.New("not what was sealed")
	}
	m.Set(2, pan)
	m.Set(14, "3112")
	m.Set(126, "123")
	return nil
}

func (module) MAC(b []byte) ([8]byte, error) {
	sum := sha256.Sum256(b)
	return [8]byte(sum[:8]), nil
}

// order is the n-th order at a terminal.
func order(n int64, tid string) kassa.NewOrder {
	return kassa.NewOrder{Number: 1_000_000 + n, TID: tid, MID: "MERCHANT1", Amount: kassa.Money{Minor: 150, Currency: kassa.EUR}}
}

func stan(n int64) string { return fmt.Sprintf("%06d", n) }

func sale(n int64, tid string, at time.Time) acquirer.Authorise {
	o := order(n, tid)
	return acquirer.Authorise{Order: o, Effect: kassa.SendAuthorisation{
		Auth: kassa.Authorisation{
			Request: int(n), STAN: stan(n), RRN: kassa.RRN(at, stan(n)), TransmittedAt: at, Amount: o.Amount,
			Entry: kassa.Contactless, Card: kassa.CardFacts{Brand: "MASTERCARD", PSN: "00", SingleTap: true},
		},
		Sealed:    kassa.SealedCard{KSN: "KSN", Track2: []byte("sealed"), EMV: []byte{0x9F, 0x36, 2, 0, 1}},
		Lifecycle: o.ID(),
	}}
}

// undo is the reversal of a sale.
func undo(s acquirer.Authorise) acquirer.Reverse {
	auth := s.Effect.Auth
	auth.Reversal = &kassa.Reversal{Reason: kassa.ReversalTimeout, OwedAt: auth.TransmittedAt.Add(15 * time.Second)}
	return acquirer.Reverse{Order: s.Order, Effect: kassa.SendReversal{Auth: auth}}
}

// payBack is a refund of a sale, with the STAN n.
func payBack(s acquirer.Authorise, n int64, at time.Time) acquirer.Refund {
	return acquirer.Refund{Order: s.Order, Effect: kassa.SendRefund{
		Refund: kassa.Refund{
			Number: n, Amount: kassa.Money{Minor: 50, Currency: kassa.EUR}, STAN: stan(n),
			RRN: kassa.RRN(at, stan(n)), TransmittedAt: at, Status: kassa.RefundAccepted,
		},
		Original: s.Effect.Auth,
	}}
}

// desk drives a machine and is the host to it.
type desk struct {
	t       testing.TB
	m       *acquirer.Machine
	now     time.Time
	profile *iso8583.Profile
	outputs []acquirer.Output // all there ever were
	seen    int
}

func newDesk(t testing.TB, change func(*acquirer.Config)) *desk {
	t.Helper()
	cfg := acquirer.Config{AcquirerID: "123456", MCC: "5411", Place: "Shop", Zone: time.FixedZone("", 3600)}
	if change != nil {
		change(&cfg)
	}
	m, err := acquirer.NewMachine(cfg, module{}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, m: m, now: start, profile: iso8583.Kassa87()}
}

// do gives inputs and returns what they caused.
func (d *desk) do(in ...acquirer.Input) []acquirer.Output {
	for _, in := range in {
		d.outputs = append(d.outputs, d.m.Handle(d.now, in)...)
	}
	return d.fresh()
}

// fresh is what has been caused since it was last asked for.
func (d *desk) fresh() []acquirer.Output {
	out := d.outputs[d.seen:]
	d.seen = len(d.outputs)
	return out
}

// pass lets time pass, with a Tick whenever one is wanted.
func (d *desk) pass(span time.Duration) []acquirer.Output {
	end := d.now.Add(span)
	for {
		due, ok := d.m.NextDue()
		if !ok || due.After(end) {
			break
		}
		if due.After(d.now) {
			d.now = due
		}
		d.outputs = append(d.outputs, d.m.Handle(d.now, acquirer.Tick{})...)
	}
	d.now = end
	return d.fresh()
}

// up brings a connection up, sign-on included, and gives what that caused.
func (d *desk) up(conn uint64) []acquirer.Output {
	d.t.Helper()
	ask := only[acquirer.Send](d.t, d.do(acquirer.LinkUp{Conn: conn}))
	return d.do(d.reply(ask, nil))
}

func (d *desk) message(s acquirer.Send) *iso8583.Message {
	d.t.Helper()
	if ok, err := d.profile.VerifyMAC(s.Frame, module{}.MAC); !ok || err != nil {
		d.t.Fatalf("the MAC is wrong: %v", err)
	}
	m, err := d.profile.Unpack(s.Frame)
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

// reply is the host's answer to what was sent, approving unless it is changed.
func (d *desk) reply(s acquirer.Send, change func(*iso8583.Message)) acquirer.FrameReceived {
	d.t.Helper()
	return d.replyOver(s.Conn, s, change)
}

func (d *desk) replyOver(conn uint64, s acquirer.Send, change func(*iso8583.Message)) acquirer.FrameReceived {
	d.t.Helper()
	return acquirer.FrameReceived{Conn: conn, Frame: answerTo(d.message(s), change)}
}

// answerTo builds an answer with its MAC.
func answerTo(asked *iso8583.Message, change func(*iso8583.Message)) acquirer.Frame {
	a := &iso8583.Message{MTI: asked.MTI[:2] + string(asked.MTI[2]+1) + "0"}
	for _, de := range []int{3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 70} {
		a.Set(de, asked.Get(de))
	}
	a.Set(39, "00")
	if asked.MTI[:3] == "020" {
		a.Set(38, "A1B2C3")
	}
	if change != nil {
		change(a)
	}
	frame, err := iso8583.Kassa87().PackMAC(a, module{}.MAC)
	if err != nil {
		panic(err) // the test asks for a message that there cannot be
	}
	return frame
}

func set(de int, v string) func(*iso8583.Message) {
	return func(m *iso8583.Message) { m.Set(de, v) }
}

// all picks the outputs of one type.
func all[T acquirer.Output](out []acquirer.Output) []T {
	var picked []T
	for _, o := range out {
		if o, ok := o.(T); ok {
			picked = append(picked, o)
		}
	}
	return picked
}

// only wants exactly one output of a type.
func only[T acquirer.Output](t testing.TB, out []acquirer.Output) T {
	t.Helper()
	picked := all[T](out)
	if len(picked) != 1 {
		t.Fatalf("%d of %T, want one, in %+v", len(picked), *new(T), out)
	}
	return picked[0]
}

// outcomes are the inputs for orders among outputs.
func outcomes(out []acquirer.Output) []kassa.Input {
	var in []kassa.Input
	for _, o := range all[acquirer.Outcome](out) {
		in = append(in, o.Input)
	}
	return in
}

func alarms(out []acquirer.Output) []acquirer.AlarmKind {
	var kinds []acquirer.AlarmKind
	for _, a := range all[acquirer.Alarm](out) {
		kinds = append(kinds, a.Kind)
	}
	return slices.Compact(kinds)
}
