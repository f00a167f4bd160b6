package poi_test

import (
	"errors"
	"strings"
	"testing"

	"kassa"
	"kassa/poi"
	"kassa/poilink"
)

func manual(seq uint64, change func(*poilink.Start)) poilink.Frame {
	s := poilink.Start{Reference: "00000ABC-7K3M9QXP", Origin: poilink.OriginManual, AmountMinor: 450, Currency: "EUR"}
	if change != nil {
		change(&s)
	}
	return poilink.Frame{Type: poilink.TypeStart, Seq: seq, Start: &s}
}

func started(f poilink.Frame) *poilink.Started { return f.Started }

// TestAStartIsAnsweredWhenItIsDurable: acknowledged and answered then, asked again when it could not be
// written down, and answered again to a terminal that has not heard.
func TestAStartIsAnsweredWhenItIsDurable(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	out := d.frame(1, manual(1, nil))
	asks := all[poi.Ask](out)
	if len(asks) != 1 || asks[0].TID != tid || asks[0].Frame.Start.AmountMinor != 450 {
		t.Fatalf("asked %+v", asks)
	}
	for _, f := range sent(out, 1) {
		if f.Ack >= 1 || f.Started != nil {
			t.Fatalf("before it is durable the terminal hears %+v", f)
		}
	}
	answer := poilink.Frame{Type: poilink.TypeStarted, Started: &poilink.Started{Reference: "00000ABC-7K3M9QXP", Exchange: "X1"}}
	out = d.do(poi.Asked{Link: 1, Seq: 1, Answer: answer})
	if got := only(t, sent(out, 1), started); got == nil || got.Exchange != "X1" {
		t.Fatalf("answered %+v", got)
	}
	// The answer is lost with the link: it comes again.
	d.do(poi.Lost{Link: 1})
	if got := only(t, sent(d.hello(2, nil), 2), started); got == nil || got.Exchange != "X1" {
		t.Fatalf("after a reconnect: %+v", got)
	}
	out = d.frame(2, manual(2, func(s *poilink.Start) { s.Reference = "other" }))
	if len(all[poi.Ask](out)) != 1 {
		t.Fatal("the next one is not asked")
	}
	out = d.do(poi.Asked{Link: 2, Seq: 2, Err: errors.New("the store is gone")})
	if code := only(t, sent(out, 2), func(f poilink.Frame) *poilink.Refused { return f.Refused }); code == nil || code.Code != poilink.RefusedOverloaded {
		t.Fatalf("what could not be written down is answered with %+v", code)
	}
}

func TestMode(t *testing.T) {
	d := newDesk(t)
	out := d.hello(1, func(h *poilink.Hello) { h.Report = &poilink.Report{Model: "P2", CloudMode: false} })
	modes := all[poi.Mode](out)
	if len(modes) != 1 || modes[0] != (poi.Mode{TID: tid, Own: true}) {
		t.Fatalf("hello: %+v", modes)
	}
	for i, o := range out { // the engine must know before it offers anything
		if _, ok := o.(poi.Connected); ok {
			break
		}
		if i == len(out)-1 {
			t.Fatal("not connected")
		}
	}
	if r := d.m.Presence().Report; r == nil || r.CloudMode || r.Model != "P2" {
		t.Fatalf("presence %+v", r)
	}
	out = d.frame(1, poilink.Frame{Type: poilink.TypeReport, Report: &poilink.Report{Model: "P2", CloudMode: true}})
	if modes := all[poi.Mode](out); len(modes) != 1 || modes[0].Own {
		t.Fatalf("report: %+v", modes)
	}
}

// TestAnOldLinkDoesNotSetTheMode: what a link still brings after a newer one took its place is older.
func TestAnOldLinkDoesNotSetTheMode(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	d.hello(2, func(h *poilink.Hello) { h.Report = &poilink.Report{CloudMode: true} })
	out := d.frame(1, poilink.Frame{Type: poilink.TypeReport, Report: &poilink.Report{CloudMode: false}})
	if modes := all[poi.Mode](out); len(modes) != 0 || !d.m.Presence().Report.CloudMode {
		t.Fatalf("the old link set the mode: %+v", modes)
	}
}

// TestModeGoesWithTheActivation: what a terminal said of itself before it was bound counts for what it
// is bound to.
func TestModeGoesWithTheActivation(t *testing.T) {
	d := newDesk(t)
	bound := d.estate.terminals[poiid]
	delete(d.estate.terminals, poiid)
	d.hello(1, func(h *poilink.Hello) { h.Report = &poilink.Report{CloudMode: true} })
	out := d.do(poi.ActivationDecided{Link: 1, Terminal: bound})
	if modes := all[poi.Mode](out); len(modes) != 1 || modes[0] != (poi.Mode{TID: tid}) {
		t.Fatalf("activation: %+v", modes)
	}
}

// TestReportsAreBounded: each change may take orders back and offer them again, which is written down.
func TestReportsAreBounded(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	told := 0
	for i := range 300 {
		out := d.frame(1, poilink.Frame{Type: poilink.TypeReport, Report: &poilink.Report{CloudMode: i%2 == 0}})
		told += len(all[poi.Mode](out))
	}
	if told > 120 {
		t.Errorf("%d of 300 in a moment were told", told)
	}
}

func TestTipGoesToItsOrder(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	out := d.frame(1, poilink.Frame{Type: poilink.TypeTip, Seq: 1, Tip: &poilink.Tip{
		Exchange: "X1", AmountMinor: 50, Employee: poilink.Employee{ID: "33", Name: "Alonso"},
	}})
	in := all[poi.ToEngine](out)
	if len(in) != 1 || in[0].Order != "X1" || in[0].Input != (kassa.AddTip{Tip: kassa.Tip{Minor: 50, EmployeeID: "33", EmployeeName: "Alonso"}}) {
		t.Fatalf("to the engine: %+v", in)
	}
}

// TestCounterFramesAreChecked: what breaks a rule is named and goes nowhere.
func TestCounterFramesAreChecked(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for name, f := range map[string]poilink.Frame{
		"reference":   manual(1, func(s *poilink.Start) { s.Reference = "" }),
		"origin":      manual(1, func(s *poilink.Start) { s.Origin = "elsewhere" }),
		"kind":        manual(1, func(s *poilink.Start) { s.Kind = "gift" }),
		"amountMinor": manual(1, func(s *poilink.Start) { s.AmountMinor = -1 }),
		"currency":    manual(1, func(s *poilink.Start) { s.Currency = "euro" }),
		"description": manual(1, func(s *poilink.Start) { s.Description = "a\x00b" }),
		"notificationURL": manual(1, func(s *poilink.Start) {
			s.NotificationURL = long
		}),
		"card number":    manual(1, func(s *poilink.Start) { s.Description = "4761739000000004" }),
		"exchange":       {Type: poilink.TypeTip, Seq: 1, Tip: &poilink.Tip{Exchange: "a b", AmountMinor: 1}},
		"employee holds": {Type: poilink.TypeTip, Seq: 1, Tip: &poilink.Tip{Exchange: "X1", AmountMinor: 1, Employee: poilink.Employee{Name: "Al 4761739000000004"}}},
		"employee":       {Type: poilink.TypeTip, Seq: 1, Tip: &poilink.Tip{Exchange: "X1", AmountMinor: 1, Employee: poilink.Employee{Name: long}}},
		"refund: id":     {Type: poilink.TypeRefund, Seq: 1, Refund: &poilink.Refund{Exchange: "X1", AmountMinor: 1}},
		"refund: amountMinor": {Type: poilink.TypeRefund, Seq: 1, Refund: &poilink.Refund{
			ID: "R", Exchange: "X1",
		}},
		"address":   {Type: poilink.TypeReceipt, Seq: 1, Receipt: &poilink.Receipt{ID: "M", Exchange: "X1", Address: "a\r\nb@c"}},
		"level":     {Type: poilink.TypeTotals, Totals: &poilink.Totals{ID: "1", Level: "world", Day: "2026-11-21"}},
		"day":       {Type: poilink.TypeTotals, Totals: &poilink.Totals{ID: "1", Level: "group", Day: "today"}},
		"startHour": {Type: poilink.TypeTotals, Totals: &poilink.Totals{ID: "1", Level: "group", Day: "2026-11-21", StartHour: 24}},
		"model":     {Type: poilink.TypeReport, Report: &poilink.Report{Model: long}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1)
			out := d.frame(1, f)
			if len(all[poi.Ask](out))+len(all[poi.ToEngine](out))+len(all[poi.Mode](out)) > 0 {
				t.Errorf("it went on: %+v", out)
			}
			no := only(t, sent(out, 1), func(f poilink.Frame) *poilink.Refused { return f.Refused })
			if no == nil || no.Code != poilink.RefusedBadFrame || !strings.Contains(no.Text, name) {
				t.Errorf("refused with %+v", no)
			}
		})
	}
}

// TestWishesAreBounded, so that a terminal gone wild does not fill the record.
func TestWishesAreBounded(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	asked := 0
	for range 200 {
		out := d.frame(1, poilink.Frame{Type: poilink.TypeTotals, Totals: &poilink.Totals{ID: "1", Level: "group", Day: "2026-11-21"}})
		asked += len(all[poi.Ask](out))
	}
	if asked != 120 {
		t.Errorf("%d of 200 in a moment were asked", asked)
	}
}

// TestCounterOverARealLink: start, refund, receipt and totals come back over a real WebSocket, and a
// wish that cannot be written down ends the link.
func TestCounterOverARealLink(t *testing.T) {
	c := newCloud(t, nil)
	c.run()
	s := c.board()
	s.write(manual(2, nil))
	if f := s.read(); f.Started == nil || f.Started.Exchange != "X"+tid {
		t.Errorf("started %+v", f)
	}
	refund := poilink.Frame{Type: poilink.TypeRefund, Seq: 3, Refund: &poilink.Refund{ID: "R1", Exchange: "X1", AmountMinor: 500}}
	s.write(refund)
	if f := s.read(); f.RefundAnswer == nil || !f.RefundAnswer.Accepted || f.RefundAnswer.RefundedMinor != 500 {
		t.Errorf("refund %+v", f)
	}
	s.write(poilink.Frame{Type: poilink.TypeReceipt, Seq: 4, Receipt: &poilink.Receipt{ID: "M1", Exchange: "X1", Address: "a@example.com"}})
	if f := s.read(); f.ReceiptAnswer == nil || !f.ReceiptAnswer.Accepted {
		t.Errorf("receipt %+v", f)
	}
	s.write(poilink.Frame{Type: poilink.TypeTotals, Totals: &poilink.Totals{ID: "7", Level: "group", Day: "2026-11-21"}})
	if f := s.read(); f.TotalsAnswer == nil || f.TotalsAnswer.ID != "7" {
		t.Errorf("totals %+v", f)
	}
	refund.Seq, refund.Refund.AmountMinor = 5, 13
	s.write(refund)
	if f := s.read(); f.Refused == nil || f.Refused.Code != poilink.RefusedOverloaded {
		t.Errorf("a refund that cannot be written down: %+v", f)
	}
}
