package terminal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

// counter is what the scripted cloud knows of what people do at the terminal.
type counter struct {
	starts  []poilink.Start
	answers map[string]poilink.Started
	refusal string // to every start
	mute    bool   // take starts and do not answer
	noPay   bool   // answer a start, and let its payment wait
	reports []poilink.Report
	tips    []poilink.Tip
	refunds []poilink.Refund
	totals  []poilink.Totals
	balance poilink.TotalsAnswer
	mails   []poilink.Receipt
	back    map[string]poilink.RefundAnswer
}

// atTheCounter answers a start as a cloud must: the first answer again, and no second order.
func (c *cloud) atTheCounter(f poilink.Frame) []poilink.Frame {
	k := &c.counter
	switch f.Type {
	case poilink.TypeStart:
		return c.startOrder(*f.Start)
	case poilink.TypeTip:
		k.tips = append(k.tips, *f.Tip)
	case poilink.TypeRefund:
		return c.refund(*f.Refund)
	case poilink.TypeReceipt:
		k.mails = append(k.mails, *f.Receipt)
		return []poilink.Frame{c.push(poilink.Frame{Type: poilink.TypeReceiptAnswer, ReceiptAnswer: &poilink.ReceiptAnswer{
			ID: f.Receipt.ID, Accepted: true}})}
	}
	return nil
}

func (c *cloud) startOrder(s poilink.Start) []poilink.Frame {
	k := &c.counter
	k.starts = append(k.starts, s)
	if k.mute {
		return nil
	}
	a, again := k.answers[s.Reference]
	if !again {
		a = poilink.Started{Reference: s.Reference, Exchange: fmt.Sprintf("S%d", len(k.answers)+1)}
		if k.refusal != "" {
			a = poilink.Started{Reference: s.Reference, Code: "refused", Text: k.refusal}
		}
		if k.answers == nil {
			k.answers = map[string]poilink.Started{}
		}
		k.answers[s.Reference] = a
	}
	out := []poilink.Frame{c.push(poilink.Frame{Type: poilink.TypeStarted, Started: &a})}
	if d, ended := c.settled[a.Exchange]; ended {
		return append(out, c.push(poilink.Frame{Type: poilink.TypeDecision, Decision: &d}))
	}
	if a.Code == "" && !again && !k.noPay {
		out = append(out, c.payOwn(s))
	}
	return out
}

// payOwn asks for the payment of an order that was started on the terminal.
func (c *cloud) payOwn(s poilink.Start) poilink.Frame {
	return c.offer(c.counter.answers[s.Reference].Exchange, s)
}

func (c *cloud) refund(q poilink.Refund) []poilink.Frame {
	k := &c.counter
	if k.back == nil {
		k.back = map[string]poilink.RefundAnswer{}
	}
	a, again := k.back[q.ID]
	if !again {
		k.refunds = append(k.refunds, q)
		a = poilink.RefundAnswer{ID: q.ID, Exchange: q.Exchange, Accepted: true, RefundedMinor: q.AmountMinor}
		if k.refusal != "" {
			a = poilink.RefundAnswer{ID: q.ID, Exchange: q.Exchange, Text: k.refusal}
		}
		k.back[q.ID] = a
	}
	if k.mute {
		return nil
	}
	return []poilink.Frame{c.push(poilink.Frame{Type: poilink.TypeRefundAnswer, RefundAnswer: &a})}
}

func coffee(reference string) terminal.StartOrder {
	return terminal.StartOrder{
		Reference: reference, Origin: poilink.OriginWebApp, AmountMinor: 450, Currency: "EUR", Description: "Coffee",
		NotificationURL: "https://shop.example/hook",
	}
}

func (r *rig) wantOrder(reference string, want terminal.Result) terminal.Outcome {
	r.t.Helper()
	if len(r.orders) == 0 || r.orders[len(r.orders)-1].Reference != reference || r.orders[len(r.orders)-1].Result != want {
		r.t.Fatalf("orders %+v, want the last to be %s %s", r.orders, reference, want)
	}
	return r.orders[len(r.orders)-1]
}

func TestStartOrder(t *testing.T) {
	r := ready(t)
	r.do(coffee("web-1"))
	r.wantScreen(terminal.ScreenPresentCard)
	if s := r.cloud.counter.starts; len(s) != 1 || s[0].NotificationURL != "https://shop.example/hook" || s[0].Origin != poilink.OriginWebApp {
		t.Fatalf("starts %+v", s)
	}
	r.do(coffee("web-1"))
	r.present(terminal.Tap, "visa")
	o := r.wantOrder("web-1", terminal.ResultApproved)
	if o.AmountMinor != 450 || o.AuthCode != "705151" || o.Exchange != "S1" {
		t.Fatalf("outcome %+v", o)
	}
	r.wait(time.Minute)
	r.restart()
	r.do(coffee("web-1"))
	r.wantOrder("web-1", terminal.ResultApproved)
	dearer := coffee("web-1")
	dearer.AmountMinor = 900
	r.do(dearer)
	if o := r.wantOrder("web-1", terminal.ResultRefused); o.Code != terminal.StartSpent {
		t.Fatalf("outcome %+v", o)
	}
	if len(r.cloud.counter.starts) != 1 {
		t.Fatalf("starts %+v", r.cloud.counter.starts)
	}
}

func TestStartIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*rig, *terminal.StartOrder)
		code   string
	}{
		"by the cloud":    {func(r *rig, _ *terminal.StartOrder) { r.cloud.counter.refusal = "The order is for EUR 4.50" }, "refused"},
		"no reference":    {func(_ *rig, s *terminal.StartOrder) { s.Reference = "" }, terminal.StartInvalid},
		"odd reference":   {func(_ *rig, s *terminal.StartOrder) { s.Reference = "a b" }, terminal.StartInvalid},
		"long reference":  {func(_ *rig, s *terminal.StartOrder) { s.Reference = strings.Repeat("a", 51) }, terminal.StartInvalid},
		"card number":     {func(_ *rig, s *terminal.StartOrder) { s.Reference = "4761739000000004" }, terminal.StartInvalid},
		"nothing":         {func(_ *rig, s *terminal.StartOrder) { s.AmountMinor = 0 }, terminal.StartInvalid},
		"too much":        {func(_ *rig, s *terminal.StartOrder) { s.AmountMinor = 1 << 60 }, terminal.StartInvalid},
		"a card check":    {func(_ *rig, s *terminal.StartOrder) { s.Kind = poilink.StartCardCheck }, terminal.StartInvalid},
		"currency":        {func(_ *rig, s *terminal.StartOrder) { s.Currency = "eur" }, terminal.StartInvalid},
		"origin":          {func(_ *rig, s *terminal.StartOrder) { s.Origin = "" }, terminal.StartInvalid},
		"description":     {func(_ *rig, s *terminal.StartOrder) { s.Description = "a\nb" }, terminal.StartInvalid},
		"address":         {func(_ *rig, s *terminal.StartOrder) { s.NotificationURL = "https://\x00" }, terminal.StartInvalid},
		"another payment": {func(r *rig, _ *terminal.StartOrder) { r.deliver(r.cloud.pay("X1", 900, "")) }, terminal.StartBusy},
		"no link": {func(r *rig, _ *terminal.StartOrder) {
			r.do(terminal.FaultSet{Fault: terminal.FaultCutLink})
			r.wait(time.Minute)
		}, terminal.StartOffline},
		"no power": {func(r *rig, _ *terminal.StartOrder) { r.do(terminal.PowerOff{}) }, terminal.StartNotReady},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			in := coffee("web-1")
			tc.change(r, &in)
			before := len(r.journal)
			r.do(in)
			o := r.wantOrder(in.Reference, terminal.ResultRefused)
			if o.Code != tc.code || o.Text == "" {
				t.Fatalf("outcome %+v, want %s", o, tc.code)
			}
			if tc.code != "refused" && (len(r.journal) != before || len(r.cloud.counter.starts) != 0) {
				t.Fatal("a start that the terminal refuses leaves a trace")
			}
		})
	}
}

func TestARefusedReferenceMayBeUsedAgain(t *testing.T) {
	r := ready(t)
	r.cloud.counter.refusal = "The order is for EUR 4.50, and the app asks for EUR 45.00"
	r.do(coffee("web-1"))
	r.wantScreen(terminal.ScreenRefused)
	if s := r.m.Status().Screen; !strings.Contains(strings.Join(s.Lines, " "), "EUR 45.00") {
		t.Fatalf("screen %+v", s)
	}
	r.cloud.counter.refusal, r.cloud.counter.answers = "", nil
	r.do(coffee("web-1"))
	r.present(terminal.Tap, "visa")
	r.wantOrder("web-1", terminal.ResultApproved)
}

func TestStopWhileTheOrderStarts(t *testing.T) {
	r := ready(t)
	r.cloud.counter.mute = true
	r.do(coffee("web-1"))
	r.wantScreen(terminal.ScreenStarting)
	r.keys("stop")
	if title := r.m.Status().Screen.Title; title != "Cancelling" || len(r.orders) != 0 {
		t.Fatalf("%s: the order may exist, and nothing ends it here; orders %+v", title, r.orders)
	}
	r.restart()
	r.cloud.counter.mute = false
	r.wait(time.Minute)
	r.wantOrder("web-1", terminal.ResultCancelled)
	if n := len(r.cloud.responses); n != 1 {
		t.Fatalf("%d responses: the cloud has to hear that it is over", n)
	}
}

func TestAnOrderThatEndsBeforeItIsShown(t *testing.T) {
	r := ready(t)
	r.cloud.counter.noPay = true
	r.do(coffee("web-1"))
	r.cloud.settled["S1"] = poilink.Decision{Exchange: "S1", Verdict: poilink.VerdictCancelled, Text: "The order has expired"}
	r.restart()
	o := r.wantOrder("web-1", terminal.ResultCancelled)
	if o.Text != "The order has expired" {
		t.Fatalf("outcome %+v", o)
	}
	r.wait(time.Minute)
	r.wantScreen(terminal.ScreenIdle)
}

// TestPowerCutAtEveryRecordOfAStart cuts the power before each record of an order that is started on the
// terminal. It comes to one payment and one outcome.
func TestPowerCutAtEveryRecordOfAStart(t *testing.T) {
	whole := ready(t)
	first := len(whole.journal)
	whole.do(coffee("web-1"))
	whole.present(terminal.Tap, "visa")
	whole.wantOrder("web-1", terminal.ResultApproved)
	if len(whole.journal)-first < 6 {
		t.Fatalf("%d records: the walk is too short to prove anything", len(whole.journal)-first)
	}
	for n := first + 1; n <= len(whole.journal); n++ {
		t.Run(fmt.Sprint(n-first), func(t *testing.T) {
			r := ready(t)
			r.crashAt = n
			r.do(coffee("web-1"))
			for range 3 {
				if !r.crashed {
					r.react()
				}
			}
			if !r.crashed {
				t.Fatal("no crash")
			}
			r.restart()
			r.do(coffee("web-1")) // the app asks again, as it must
			for range 30 {
				if len(r.orders) > 0 {
					break
				}
				r.react()
			}
			r.wantOrder("web-1", terminal.ResultApproved)
			if len(r.cloud.settled) != 1 || len(r.cloud.counter.answers) != 1 {
				t.Fatalf("orders %+v, payments %+v", r.cloud.counter.answers, r.cloud.settled)
			}
			r.wait(2 * time.Minute)
			if s := r.m.Status(); s.Unsent != 0 || s.Exchange != "" || s.Screen.Name != terminal.ScreenIdle {
				t.Fatalf("something is left: %+v", s)
			}
		})
	}
}
