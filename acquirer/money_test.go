package acquirer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

// entered is the n-th order with a card that was typed in.
func entered(n int64, capture kassa.CaptureMode, at time.Time) acquirer.Authorise {
	in := sale(n, "E-000001", at)
	in.Order.Dialect, in.Order.Scope, in.Order.Ref = "d", "s", "r"
	in.Order.Channel, in.Order.Capture = kassa.Ecommerce, capture
	in.Effect.Auth.Entry, in.Effect.Auth.Card = kassa.Entered, kassa.CardFacts{Brand: "VISA"}
	in.Effect.Sealed = kassa.SealedCard{Entered: []byte("sealed for d/s/r")}
	return in
}

// take is a capture of a part of a hold.
func take(s acquirer.Authorise, n int64, at time.Time) acquirer.Capture {
	held := s.Effect.Auth
	held.AuthCode = "A1B2C3"
	return acquirer.Capture{Order: s.Order, Effect: kassa.SendCapture{
		Capture: kassa.Capture{
			Number: n, Amount: kassa.Money{Minor: 100, Currency: kassa.EUR}, STAN: stan(n),
			RRN: kassa.RRN(at, stan(n)), TransmittedAt: at, Status: kassa.CaptureAccepted,
		},
		Original: held,
	}}
}

func giveBack(s acquirer.Authorise) acquirer.Release {
	held := s.Effect.Auth
	held.AuthCode = "A1B2C3"
	return acquirer.Release{Order: s.Order, Effect: kassa.SendRelease{
		Release: kassa.Release{Amount: kassa.Money{Minor: 50, Currency: kassa.EUR}}, Original: held,
	}}
}

// wantFields compares a message with some of its data elements; an empty value wants it absent.
func wantFields(t *testing.T, what string, m *iso8583.Message, mti string, want map[int]string) {
	t.Helper()
	if m.MTI != mti {
		t.Errorf("%s is a %s, want %s", what, m.MTI, mti)
	}
	for de, value := range want {
		if m.Get(de) != value {
			t.Errorf("%s: DE%d is %q, want %q", what, de, m.Get(de), value)
		}
	}
}

func TestTypedInCards(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := only[acquirer.Send](t, d.do(entered(42, kassa.CaptureNow, d.now)))
	wantFields(t, "a sale", d.message(s), "0200", map[int]string{
		2: pan, 3: "000000", 4: "000000000150", 11: "000042", 14: "3112", 22: "010", 23: "", 25: "01", 26: "", 35: "",
		41: "E-000001", 55: "", 110: "", 126: "123",
	})
	wantOutcomes(t, d.do(d.reply(s, set(39, "1A"))), kassa.HostAnswered{
		Request: 42, ResponseCode: "1A", AuthCode: "A1B2C3", Reason: kassa.Declined,
	})
	wrong := entered(43, kassa.CaptureNow, d.now)
	wrong.Order.Ref = "another"
	wantOutcomes(t, d.do(wrong), kassa.HostRequestNotSent{Request: 43, Reason: kassa.CardDataUnreadable})
}

// TestTypedInCardsDoNotWaitForEachOther: they share a terminal id, and no cardholder.
func TestTypedInCardsDoNotWaitForEachOther(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	d.do(undo(entered(1, kassa.CaptureNow, d.now)))
	if s := only[acquirer.Send](t, d.do(entered(2, kassa.CaptureNow, d.now))); d.message(s).MTI != "0200" {
		t.Error("another message")
	}
}

func TestHolds(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	in := entered(42, kassa.CaptureLater, d.now)
	s := only[acquirer.Send](t, d.do(in))
	wantFields(t, "a hold", d.message(s), "0100", map[int]string{3: "000000", 22: "010", 25: "01"})
	wantOutcomes(t, d.do(d.reply(s, set(38, "A1B2C3"))), kassa.HostAnswered{
		Request: 42, ResponseCode: "00", AuthCode: "A1B2C3", Approved: kassa.Money{Minor: 150, Currency: kassa.EUR},
	})
	c := take(in, 43, d.now)
	first := only[acquirer.Send](t, d.do(c))
	m := d.message(first)
	wantFields(t, "a capture", m, "0220", map[int]string{
		3: "000000", 4: "000000000100", 11: "000043", 35: "", 38: "A1B2C3",
		90: iso8583.FormatOriginal("0100", "000042", "0203220506"),
	})
	wantOutcomes(t, d.do(d.reply(first, set(39, "96")))) // nobody knows what became of it
	again := only[acquirer.Send](t, d.pass(6*time.Second))
	m.MTI = "0221"
	m.Set(128, d.message(again).Get(128))
	if diff := cmp.Diff(m.String(), d.message(again).String()); diff != "" {
		t.Errorf("the repeat differs in more than its MTI: %s", diff)
	}
	wantOutcomes(t, d.do(d.reply(again, nil)), kassa.CaptureAnswered{Number: 43, ResponseCode: "00"})
	wantOutcomes(t, d.do(d.reply(again, nil)))

	r := only[acquirer.Send](t, d.do(giveBack(in)))
	wantFields(t, "a release", d.message(r), "0420", map[int]string{
		4: "000000000050", 11: "000042", 38: "A1B2C3", 48: "LI004LFMYRR0044000", 90: iso8583.FormatOriginal("0100", "000042", "0203220506"),
	})
	next := only[acquirer.Send](t, d.do(entered(44, kassa.CaptureNow, d.now)))
	d.do(d.reply(next, nil)) // nobody waits for a release
	out := d.do(d.reply(r, set(39, "13")))
	wantOutcomes(t, out)
	if diff := cmp.Diff([]acquirer.AlarmKind{acquirer.AlarmReversalRefused}, alarms(out)); diff != "" {
		t.Error(diff)
	}
	r = only[acquirer.Send](t, d.pass(6*time.Second))
	wantFields(t, "its repeat", d.message(r), "0421", nil)
	wantOutcomes(t, d.do(d.reply(r, nil)), kassa.ReleaseAnswered{ResponseCode: "00"})
}

// TestAHoldAtATerminal: its unknown outcome is reversed as a hold, before the terminal's next request, and
// a late approval is told.
func TestAHoldAtATerminal(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	in := sale(42, "T1", d.now)
	in.Order.Capture = kassa.CaptureLater
	s := only[acquirer.Send](t, d.do(in))
	wantFields(t, "a hold", d.message(s), "0100", map[int]string{25: "06", 35: track2})
	wantOutcomes(t, d.pass(16*time.Second), kassa.HostOutcomeUnknown{Request: 42, Reason: kassa.ReversalTimeout})
	r := only[acquirer.Send](t, d.do(undo(in)))
	wantFields(t, "its reversal", d.message(r), "0420", map[int]string{
		4: "000000000150", 90: iso8583.FormatOriginal("0100", "000042", "0203220506"),
	})
	if out := d.do(sale(43, "T1", d.now), take(in, 44, d.now)); len(all[acquirer.Send](out)) != 0 {
		t.Error("something of the terminal left before its reversal was accepted")
	}
	wantOutcomes(t, d.do(d.reply(s, set(38, "A1B2C3"))), kassa.LateAnswer{Request: 42, ResponseCode: "00", AuthCode: "A1B2C3", Approved: true})
	if got := all[acquirer.Send](d.do(d.reply(r, nil))); len(got) != 2 {
		t.Errorf("%d messages after the reversal, want two", len(got))
	}
}

func TestCapturesThatAProcessMayHaveSent(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	c := take(entered(42, kassa.CaptureLater, d.now), 43, d.now)
	c.Effect.Again = true
	s := only[acquirer.Send](t, d.do(c))
	wantFields(t, "a capture that may have been sent", d.message(s), "0221", nil)
	out := d.do(d.reply(s, set(39, "12")))
	wantOutcomes(t, out, kassa.CaptureAnswered{Number: 43, Reason: kassa.Configuration, ResponseCode: "12"})
	if diff := cmp.Diff([]acquirer.AlarmKind{acquirer.AlarmCaptureRefused}, alarms(out)); diff != "" {
		t.Error(diff)
	}
}

func TestRefundsAreTakenBack(t *testing.T) {
	tests := map[string]struct {
		rc   string
		want []kassa.Input
	}{
		"taken back":      {"00", []kassa.Input{kassa.RefundVoidAnswered{Number: 43, ResponseCode: "00"}}},
		"never had it":    {"25", []kassa.Input{kassa.RefundVoidAnswered{Number: 43, ResponseCode: "25"}}},
		"too late":        {"12", []kassa.Input{kassa.RefundVoidAnswered{Number: 43, ResponseCode: "12", Reason: kassa.Configuration}}},
		"later":           {"91", nil},
		"a duplicate":     {"94", nil},
		"nobody is there": {"1A", []kassa.Input{kassa.RefundVoidAnswered{Number: 43, ResponseCode: "1A", Reason: kassa.Declined}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.up(1)
			s := sale(42, "T1", d.now)
			back := payBack(s, 43, d.now).Effect.Refund
			out := d.do(acquirer.Void{Order: s.Order, Effect: kassa.SendRefundVoid{Refund: back}}, sale(44, "T1", d.now))
			sent := all[acquirer.Send](out)
			if len(sent) != 2 {
				t.Fatalf("%d messages: nobody waits for it", len(sent))
			}
			wantFields(t, "the reversal of a refund", d.message(sent[0]), "0420", map[int]string{
				3: "200000", 4: "000000000050", 11: "000043", 48: "LI004LFMYRR0044000",
				90: iso8583.FormatOriginal("0200", "000043", "0203220506"),
			})
			wantOutcomes(t, d.do(d.reply(sent[0], set(39, tt.rc))), tt.want...)
			if len(tt.want) > 0 {
				return
			}
			again := all[acquirer.Send](d.pass(6 * time.Second))
			if len(again) != 1 || d.message(again[0]).MTI != "0421" {
				t.Error("it is not repeated")
			}
		})
	}
}

func TestRefundsOfACapture(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	s := entered(42, kassa.CaptureLater, d.now)
	back := payBack(s, 44, d.now)
	m := d.message(only[acquirer.Send](t, d.do(back)))
	wantFields(t, "a refund of what was held", m, "0200", map[int]string{90: iso8583.FormatOriginal("0100", "000042", "0203220506")})
	c := take(s, 43, d.now.Add(time.Second)).Effect.Capture
	back = payBack(s, 45, d.now)
	back.Effect.Of = c
	m = d.message(only[acquirer.Send](t, d.do(back)))
	wantFields(t, "a refund of a capture", m, "0200", map[int]string{90: iso8583.FormatOriginal("0220", "000043", "0203220507")})
	if private, err := iso8583.ParsePrivate(m.Get(48)); err != nil || private[iso8583.TagOriginalRRN] != c.RRN {
		t.Errorf("it refers to %v, %v", private, err)
	}
}

func TestCreditsAndCardChecks(t *testing.T) {
	d := newDesk(t, nil)
	d.up(1)
	credit := sale(42, "T1", d.now)
	credit.Order.Kind = kassa.Credit
	s := only[acquirer.Send](t, d.do(credit))
	wantFields(t, "a credit", d.message(s), "0200", map[int]string{3: "200000", 4: "000000000150", 35: track2})
	d.pass(16 * time.Second)
	r := only[acquirer.Send](t, d.do(undo(credit)))
	wantFields(t, "its reversal", d.message(r), "0420", map[int]string{3: "200000", 90: iso8583.FormatOriginal("0200", "000042", "0203220506")})
	d.do(d.reply(r, nil))

	check := sale(43, "T1", d.now)
	check.Order.Kind, check.Order.Amount.Minor, check.Effect.Auth.Amount.Minor = kassa.CardCheck, 0, 0
	s = only[acquirer.Send](t, d.do(check))
	wantFields(t, "a card check", d.message(s), "0100", map[int]string{3: "000000", 4: "000000000000", 35: track2})
	wantOutcomes(t, d.do(d.reply(s, set(39, "85"))), kassa.HostAnswered{
		Request: 43, ResponseCode: "85", Approved: kassa.Money{Currency: kassa.EUR},
	})
}
