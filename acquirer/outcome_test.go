package acquirer_test

import (
	"slices"
	"strings"
	"testing"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

// answered is an answer with a response code, and what goes with it.
func answered(rc string, tapAgreed bool, arc string) *iso8583.Message {
	m := &iso8583.Message{MTI: "0210"}
	m.Set(39, rc)
	if tapAgreed {
		m.Set(48, "ST0011")
	}
	if arc != "" {
		m.SetBytes(55, append([]byte{0x91, 10, 1, 2, 3, 4, 5, 6, 7, 8}, arc...))
	}
	return m
}

func auth(entry kassa.Entry, brand string, tapOffered bool) kassa.Authorisation {
	return kassa.Authorisation{Entry: entry, Card: kassa.CardFacts{Brand: brand, SingleTap: tapOffered}}
}

// The codes that the schemes and the acquirers' manuals list for an answer to a purchase or to a
// reversal, with their class.
const listed = `00 A, 08 A, 11 A, 85 A, 10 P, 01 N, 02 N, 03 T, 04 N, 07 N, 41 N, 43 N, 05 R, 06 T, 96 T, 12 N, 57 N,
58 N, 13 C, 14 N, 15 N, 19 R, 30 T, 31 T, 92 T, 40 T, 46 N, 51 R, 54 C, 55 C, 59 N, 63 N, 61 R, 62 N, 68 T, 75 R, 38 R,
76 T, 77 T, 25 T, 81 T, 88 T, 89 T, 82 N, 86 R, 91 R, 94 T, 95 T, R0 N, R1 N, R3 N, N7 N, 6P C, 21 T, 33 N, 34 N,
65 *, 70 *, 1A *, 78 *`

func TestTheTableIsWhole(t *testing.T) {
	brands := []string{"", "VISA", "MASTERCARD", "MAESTRO", "VPAY", "BANCONTACT", "AMEX"}
	reached := map[kassa.Reason]bool{}
	for _, entry := range strings.Split(strings.ReplaceAll(listed, "\n", " "), ",") {
		rc, class, _ := strings.Cut(strings.TrimSpace(entry), " ")
		for _, brand := range brands {
			for _, mode := range []kassa.Entry{kassa.Contactless, kassa.Chip, kassa.Magstripe} {
				for bits := range 8 {
					arc := []string{"", "13"}[bits>>2]
					v := acquirer.Config{}.Read(answered(rc, bits&1 != 0, arc), auth(mode, brand, bits&2 != 0))
					if v.Unlisted {
						t.Fatalf("%s is not in the table", rc)
					}
					if class != "*" && string(v.Class) != class {
						t.Errorf("%s is in class %s, want %s", rc, v.Class, class)
					}
					if v.Reason == kassa.None && !v.Class.Approved() && v.Action != acquirer.ActionReverse {
						t.Errorf("%s declines without a reason", rc)
					}
					if v.Reason != kassa.None && (v.Class.Approved() || !slices.Contains(kassa.Reasons(), v.Reason)) {
						t.Errorf("%s: reason %q in class %s", rc, v.Reason, v.Class)
					}
					if v.Reason.Soft() != (v.Class == acquirer.ClassStepUp) || v.Reason.Soft() && mode != kassa.Contactless {
						t.Errorf("%s on %s is %+v", rc, mode, v)
					}
					reached[v.Reason] = true
				}
			}
		}
	}
	for _, r := range []kassa.Reason{
		kassa.Declined, kassa.DeclinedReferral, kassa.DeclinedFunds, kassa.DeclinedPickUp, kassa.DeclinedExpired,
		kassa.DeclinedCard, kassa.DeclinedLimit, kassa.DeclinedSecurity, kassa.DeclinedUnavailable, kassa.WrongPIN,
		kassa.PINTriesExceeded, kassa.SoftDeclinePIN, kassa.SoftDeclineInsert, kassa.Configuration,
	} {
		if !reached[r] {
			t.Errorf("no code leads to %s", r)
		}
	}
}

func TestCodesThatDependOnTheSituation(t *testing.T) {
	const pin, insert = kassa.SoftDeclinePIN, kassa.SoftDeclineInsert
	tests := []struct {
		rc, brand       string
		entry           kassa.Entry
		offered, agreed bool
		arc             string
		want            kassa.Reason
		action          acquirer.Action
	}{
		{"70", "VISA", kassa.Contactless, true, false, "", pin, acquirer.ActionPIN},
		{"70", "VISA", kassa.Contactless, false, false, "", insert, acquirer.ActionInsert},
		{"70", "VISA", kassa.Chip, true, false, "", kassa.Declined, acquirer.ActionNone},
		{"1A", "VISA", kassa.Contactless, true, true, "", insert, acquirer.ActionInsert},
		{"1A", "AMEX", kassa.Contactless, true, false, "12", insert, acquirer.ActionInsert},
		{"1A", "AMEX", kassa.Contactless, true, false, "13", pin, acquirer.ActionPIN},
		{"1A", "AMEX", kassa.Contactless, false, false, "13", insert, acquirer.ActionInsert},
		{"1A", "VISA", kassa.Contactless, true, false, "13", insert, acquirer.ActionInsert},
		{"65", "MASTERCARD", kassa.Contactless, true, true, "", pin, acquirer.ActionPIN},
		{"65", "MASTERCARD", kassa.Contactless, true, false, "", insert, acquirer.ActionInsert},
		{"65", "MAESTRO", kassa.Contactless, false, true, "", insert, acquirer.ActionInsert},
		{"65", "MASTERCARD", kassa.Chip, true, true, "", kassa.DeclinedLimit, acquirer.ActionNone},
		{"65", "MASTERCARD", kassa.Magstripe, true, true, "", kassa.DeclinedLimit, acquirer.ActionNone},
		{"55", "VISA", kassa.Contactless, true, false, "", kassa.WrongPIN, acquirer.ActionRePIN},
		{"55", "MASTERCARD", kassa.Chip, false, false, "", kassa.WrongPIN, acquirer.ActionRePIN},
		{"78", "VISA", kassa.Contactless, true, true, "", insert, acquirer.ActionInsert},
		{"78", "VISA", kassa.Chip, true, true, "", kassa.Declined, acquirer.ActionNone},
		{"68", "VISA", kassa.Chip, true, true, "", kassa.None, acquirer.ActionReverse},
		{"94", "VISA", kassa.Chip, true, true, "", kassa.None, acquirer.ActionReverse},
		{"89", "VISA", kassa.Chip, true, true, "", kassa.Configuration, acquirer.ActionKeys},
	}
	for _, tt := range tests {
		v := acquirer.Config{}.Read(answered(tt.rc, tt.agreed, tt.arc), auth(tt.entry, tt.brand, tt.offered))
		if v.Reason != tt.want || v.Action != tt.action {
			t.Errorf("%+v gives %+v", tt, v)
		}
	}
}

// TestACodeOfTheHostsOwn: which codes a host has beside the standard's is configuration.
func TestACodeOfTheHostsOwn(t *testing.T) {
	own := acquirer.Config{Codes: map[string]string{"71": "70"}}
	for _, tt := range []struct {
		cfg    acquirer.Config
		entry  kassa.Entry
		want   kassa.Reason
		action acquirer.Action
	}{
		{own, kassa.Contactless, kassa.SoftDeclinePIN, acquirer.ActionPIN},
		{own, kassa.Chip, kassa.Declined, acquirer.ActionNone},
		{acquirer.Config{}, kassa.Contactless, kassa.Declined, acquirer.ActionNone},
	} {
		v := tt.cfg.Read(answered("71", false, ""), auth(tt.entry, "MASTERCARD", true))
		if v.Reason != tt.want || v.Action != tt.action || v.Unlisted != (tt.cfg.Codes == nil) {
			t.Errorf("%s gives %+v", tt.entry, v)
		}
	}
	for _, wrong := range []map[string]string{{"71": "ZZ"}, {"00": "05"}, {"7": "70"}} {
		if _, err := acquirer.NewMachine(acquirer.Config{Codes: wrong}, module{}, nil); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
	d := newDesk(t, func(c *acquirer.Config) { c.Codes = own.Codes })
	d.up(1)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	wantOutcomes(t, d.do(d.reply(s, func(m *iso8583.Message) { m.Set(39, "71"); m.Set(38, "") })), kassa.HostAnswered{
		Request: 1, Reason: kassa.SoftDeclinePIN, ResponseCode: "71", // what the host said is what is kept
	})
}

func TestACodeThatNobodyKnows(t *testing.T) {
	m := answered("ZZ", false, "")
	if v := (acquirer.Config{}).Read(m, auth(kassa.Chip, "VISA", false)); v.Reason != kassa.Declined || !v.Unlisted {
		t.Errorf("%+v", v)
	}
	m.Set(38, "A1B2C3") // it reads like a no, and an approval code says yes
	if v := (acquirer.Config{}).Read(m, auth(kassa.Chip, "VISA", false)); v.Action != acquirer.ActionReverse || !v.Unlisted {
		t.Errorf("%+v", v)
	}
	d := newDesk(t, nil)
	d.up(1)
	s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
	out := d.do(d.reply(s, set(39, "ZZ")))
	wantOutcomes(t, out, kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalInvalidAnswer})
	if !slices.Contains(alarms(out), acquirer.AlarmUnknownCode) {
		t.Error("no alarm")
	}
}

func TestWhatTheMachineMakesOfCodes(t *testing.T) {
	part := func(m *iso8583.Message) { m.Set(39, "10"); m.Set(4, "000000000100") }
	tests := map[string]struct {
		change func(*iso8583.Message)
		want   kassa.Input
	}{
		"partly approved": {part, kassa.HostAnswered{
			Request: 1, ResponseCode: "10", AuthCode: "A1B2C3", Approved: kassa.Money{Minor: 100, Currency: kassa.EUR},
		}},
		"the host gave up": {set(39, "68"), kassa.HostOutcomeUnknown{Request: 1, Reason: kassa.ReversalInvalidAnswer}},
		"soft decline": {func(m *iso8583.Message) { m.Set(39, "65"); m.Set(38, ""); m.Set(48, "ST0011") }, kassa.HostAnswered{
			Request: 1, Reason: kassa.SoftDeclinePIN, ResponseCode: "65",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.up(1)
			s := only[acquirer.Send](t, d.do(sale(1, "T1", d.now)))
			wantOutcomes(t, d.do(d.reply(s, tt.change)), tt.want)
		})
	}
}
