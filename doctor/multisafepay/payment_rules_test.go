package multisafepay_test

import (
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/doctortest"
	"kassa/doctor/multisafepay"
)

// examined gives the codes that are found on a chart and those that are hidden.
func examined(t *testing.T, kind doctor.Kind, spoil func(*doctor.Chart)) (found, hidden []string, d doctor.Diagnosis) {
	t.Helper()
	book, err := doctor.NewBook(multisafepay.Rules())
	if err != nil {
		t.Fatal(err)
	}
	c := doctortest.Healthy(kind)
	spoil(c)
	d = book.Examine(c)
	for _, f := range d.Findings {
		found = append(found, f.Code)
	}
	for _, f := range d.Hidden {
		hidden = append(hidden, f.Code)
	}
	return found, hidden, d
}

// looksLike is a chart that looks as if there were a cause, and there is none.
type looksLike struct {
	of    doctor.Kind
	not   string
	spoil func(*doctor.Chart)
}

func (l looksLike) run(t *testing.T) {
	if found, _, _ := examined(t, l.of, l.spoil); slices.Contains(found, l.not) {
		t.Errorf("found %v", found)
	}
}

func TestWaitingOrdersRuleOut(t *testing.T) {
	for name, c := range map[string]looksLike{
		"two customers with the same amount": {doctor.Order, "double_payment", func(c *doctor.Chart) {
			before(c, "order-0", 2*time.Minute).Attempts[0].Authorisations[0].Card.Last4 = "0012"
		}},
		"one of the two was paid back": {doctor.Order, "double_payment", func(c *doctor.Chart) {
			o := before(c, "order-0", 2*time.Minute)
			o.CancelAsked, o.Refunds = true, []kassa.Refund{{Amount: o.Amount, Status: kassa.RefundCompleted}}
		}},
		"ten minutes between": {doctor.Order, "double_payment", func(c *doctor.Chart) { before(c, "order-0", 11*time.Minute).CancelAsked = true }},
		"cloud mode was switched off afterwards": {doctor.Order, "cloud_mode_off", func(c *doctor.Chart) {
			untoldOrder(c, true)
			c.Order.Status, c.Order.End, c.Order.EndedAt = kassa.Cancelled, kassa.CancelledBySale, ago(50*time.Second)
			c.Telemetry.At = ago(2 * time.Minute)
			tell(c, 10*time.Second, func(t *doctor.Telemetry) { t.CloudMode = false })
		}},
		"the other payment had ended long before": {doctor.Order, "busy_previous_payment", func(c *doctor.Chart) {
			untoldOrder(c, true)
			before(c, "table-4", 4*time.Minute)
		}},
		"the other payment ended soon, and the order waited on": {doctor.Order, "busy_previous_payment", func(c *doctor.Chart) {
			untoldOrder(c, false)
			before(c, "table-4", 2*time.Minute).EndedAt = ago(50 * time.Second)
		}},
		"the other payment was not shown either": {doctor.Order, "busy_previous_payment", func(c *doctor.Chart) {
			untoldOrder(c, false)
			o := before(c, "table-4", 2*time.Minute)
			o.Status, o.ShownAt, o.EndedAt, o.Attempts = kassa.Offered, time.Time{}, time.Time{}, nil
		}},
		"made a moment ago": {doctor.Order, "never_delivered", func(c *doctor.Chart) {
			up(c, poiid, 6, 3*time.Hour)
			untoldOrder(c, true)
			c.Order.CreatedAt = ago(time.Second)
		}},
	} {
		t.Run(name, c.run)
	}
}

func TestPaymentRulesRuleOut(t *testing.T) {
	for name, c := range map[string]looksLike{
		"a card was refused, then nobody came": {doctor.Order, "expired_no_card", func(c *doctor.Chart) {
			refuse(c, kassa.HostDeclined, kassa.Declined, "05", kassa.Contactless)
			c.Order.End = kassa.Inactive
		}},
		"another card was tried after that": {doctor.Order, "card_not_supported", func(c *doctor.Chart) {
			doctortest.Add(c, stream(c), "ScreenReported", 58*time.Second, kassa.ScreenReported{Screen: "notSupported"})
			refuse(c, kassa.HostDeclined, kassa.DeclinedFunds, "51", kassa.Chip)
		}},
		"the PIN was right, and the money was not there": {doctor.Order, "soft_decline_waiting_pin", func(c *doctor.Chart) {
			refuse(c, kassa.HostDeclined, kassa.DeclinedFunds, "51", kassa.Contactless)
			soft := c.Order.Attempts[0]
			soft.Reason = kassa.SoftDeclinePIN
			c.Order.Attempts = append([]kassa.Attempt{soft}, c.Order.Attempts...)
		}},
		"cancelled with POST after the PATCH": {doctor.Order, "stuck_declined_patch_cancel", func(c *doctor.Chart) {
			doctortest.Add(c, "calls/refused", doctor.OrderPatched, 30*time.Second, doctor.Call{At: ago(30 * time.Second), Scope: group, OrderID: c.Order.Ref})
			c.Order.Status, c.Order.End = kassa.Cancelled, kassa.CancelledBySale
		}},
		"an order was accepted since": {doctor.Terminal, "order_id_rejected", func(c *doctor.Chart) {
			refusedCall(c, 2*time.Minute, doctor.Call{TerminalID: tid, Reason: "validation", Field: "order_id", Status: 404})
			c.Recent = append(c.Recent, doctortest.Paid())
		}},
		"the call was about another order": {doctor.Order, "webhook_url_rejected", func(c *doctor.Chart) {
			refusedCall(c, 10*time.Second, doctor.Call{OrderID: "order-9", Reason: "webhook_url_invalid", Status: 404})
		}},
		"the next try was acknowledged": {doctor.Webhook, "webhook_redirects", func(c *doctor.Chart) {
			tried(301, "", "your endpoint redirects (301)")(c)
			c.Hooks[0].Tries = append(c.Hooks[0].Tries, doctor.Try{At: ago(time.Second), Delivery: "1", Status: 200, Reply: "OK"})
		}},
		"the failure was another order's": {doctor.Order, "webhook_forbidden", func(c *doctor.Chart) {
			c.Hooks[0].Tries = append(c.Hooks[0].Tries, doctor.Try{At: ago(time.Second), Delivery: "2", Order: "OTHER", Status: 403, Failure: "refuses"})
		}},
		"a refund was taken since": {doctor.Order, "refund_refused_1034", func(c *doctor.Chart) {
			refusedCall(c, 40*time.Second, doctor.Call{OrderID: c.Order.Ref, Reason: string(kassa.RefundTooHigh), Status: 404})
			c.Order.Refunds = []kassa.Refund{{Amount: kassa.Money{Minor: 100, Currency: kassa.EUR}, Status: kassa.RefundCompleted, TransmittedAt: ago(20 * time.Second)}}
		}},
		"refunds are off, and nobody wants one": {doctor.Terminal, "refund_button_off", func(c *doctor.Chart) {
			tell(c, time.Minute, func(t *doctor.Telemetry) { t.AllowRefunds = new(false) })
		}},
		"a client with a time-out": {doctor.Order, "event_stream_closed", func(c *doctor.Chart) {
			doctortest.Add(c, "calls/refused", doctor.EventStreamLeft, 55*time.Second, doctor.StreamLeft{Order: c.Order.ID(), Last: "initialized"})
		}},
	} {
		t.Run(name, c.run)
	}
}

// TestPaymentRulesExplain: the cause hides its symptoms.
func TestPaymentRulesExplain(t *testing.T) {
	for name, c := range map[string]struct {
		first, hides string
		spoil        func(*doctor.Chart)
	}{
		"a busy terminal": {"busy_previous_payment", "", func(c *doctor.Chart) {
			up(c, poiid, 6, 3*time.Hour)
			untoldOrder(c, true)
			o := before(c, "table-4", 2*time.Minute)
			o.Status, o.EndedAt, o.Attempts = kassa.Presented, time.Time{}, nil
		}},
		"cloud mode off before the link went": {"cloud_mode_off", "never_delivered", func(c *doctor.Chart) {
			tell(c, 2*time.Minute, func(t *doctor.Telemetry) { t.CloudMode = false })
			up(c, poiid, 6, 3*time.Hour)
			down(c, poiid, 6, 90*time.Second, "no heartbeat")
			untoldOrder(c, false)
		}},
		"nobody inserted the card": {"use_other_interface", "expired_no_card", func(c *doctor.Chart) { screen(c, "insertCard") }},
		"patched, then it ended by itself": {"stuck_declined_patch_cancel", "expired_no_card", func(c *doctor.Chart) {
			screen(c, "presentCard")
			doctortest.Add(c, "calls/refused", doctor.OrderPatched, 55*time.Second, doctor.Call{At: ago(55 * time.Second), Scope: group, OrderID: c.Order.Ref, Route: "PATCH orders/{order_id}", Status: 200})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			found, hidden, _ := examined(t, doctor.Order, c.spoil)
			if len(found) == 0 || found[0] != c.first || c.hides != "" && !slices.Contains(hidden, c.hides) {
				t.Errorf("found %v, hidden %v", found, hidden)
			}
		})
	}
}

// TestUnknownIsNoPass: what a rule would have to know is named, and not taken for good.
func TestUnknownIsNoPass(t *testing.T) {
	_, _, d := examined(t, doctor.Order, func(c *doctor.Chart) {
		untoldOrder(c, false)
		c.Telemetry = nil
		c.Parts = slices.DeleteFunc(c.Parts, func(n doctor.Need) bool { return n == doctor.NeedTelemetry })
	})
	missing := slices.IndexFunc(d.Missing, func(m doctor.Missing) bool { return m.Need == doctor.NeedTelemetry })
	if missing < 0 || !slices.Contains(d.Missing[missing].Rules, "cloud_mode_off") {
		t.Errorf("missing %+v", d.Missing)
	}
	for _, out := range d.RuledOut {
		if out.Code == "cloud_mode_off" || out.Code == "manual_input_enabled" {
			t.Errorf("%s is ruled out: %s", out.Code, out.Because)
		}
	}
}
