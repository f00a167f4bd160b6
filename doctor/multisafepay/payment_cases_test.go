package multisafepay_test

import (
	"encoding/json"
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/doctortest"
	"kassa/estate"
)

// paymentCases are those of payments, events, webhooks and refunds.
func paymentCases() []doctortest.Case {
	return slices.Concat(unshownCases(), cardCases(), endCases(), callCases(), hookCases(), refundCases())
}

const tid, group, account = "00000ABC", "107265", "10000001"

// stream is that of the order of the chart.
func stream(c *doctor.Chart) string { return "order/" + c.Order.ID() }

// untoldOrder makes the order of a chart one that was made a minute ago, and that no screen has shown.
func untoldOrder(c *doctor.Chart, offered bool) {
	o := &kassa.Order{NewOrder: c.Order.NewOrder, Status: kassa.Offered, CreatedAt: doctortest.Now().Add(-time.Minute), ModifiedAt: doctortest.Now().Add(-time.Minute)}
	if !offered {
		o.Status = kassa.Waiting
	}
	c.Order = o
	doctortest.Add(c, stream(c), "OrderCreated", time.Minute, kassa.OrderCreated{Order: o.NewOrder, Offered: offered})
}

func tell(c *doctor.Chart, ago time.Duration, change func(*doctor.Telemetry)) {
	t := *c.Telemetry
	change(&t)
	t.At, t.Seq = doctortest.Now().Add(-ago), 0
	doctortest.Add(c, "telemetry/"+poiid, doctor.TelemetryReported, ago, t)
	t.Seq = c.Entries[len(c.Entries)-1].Seq
	c.Telemetry = &t
}

// before puts another order of the terminal on a chart, made at some time before the order and shown.
func before(c *doctor.Chart, ref string, ago time.Duration) *kassa.Order {
	o := doctortest.Paid()
	o.Number, o.Ref = 2_000_000, ref
	o.CreatedAt, o.ShownAt, o.EndedAt = doctortest.Now().Add(-ago), doctortest.Now().Add(-ago+time.Second), doctortest.Now().Add(-ago+10*time.Second)
	c.Recent = append(c.Recent, o)
	return &c.Recent[len(c.Recent)-1]
}

func unshownCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "never_delivered", Name: "_offline", Spoil: func(c *doctor.Chart) {
			up(c, poiid, 6, 3*time.Hour)
			down(c, poiid, 6, 5*time.Minute, "no heartbeat")
			untoldOrder(c, true)
			up(c, poiid, 7, 20*time.Second) // it is back, and well
		}},
		{Code: "never_delivered", Name: "_silent", Spoil: func(c *doctor.Chart) {
			up(c, poiid, 6, 3*time.Hour)
			untoldOrder(c, true)
		}},
		{Code: "never_delivered", Name: "_other_group", Spoil: func(c *doctor.Chart) {
			untoldOrder(c, true)
			c.Terminal.Group = "107266"
			doctortest.Add(c, "terminal/"+tid, "TerminalMoved", 30*time.Second, estate.TerminalMoved{TID: tid, Group: "107266", FromGroup: group})
		}},
		{Code: "cloud_mode_off", Spoil: func(c *doctor.Chart) {
			tell(c, 2*time.Minute, func(t *doctor.Telemetry) { t.CloudMode = false })
			untoldOrder(c, false)
		}},
		{Code: "cloud_mode_off", Name: "_terminal", Of: doctor.Terminal, Spoil: func(c *doctor.Chart) {
			tell(c, 2*time.Minute, func(t *doctor.Telemetry) { t.CloudMode = false })
			untoldOrder(c, false)
			c.Recent = append(c.Recent, *c.Order)
		}},
		{Code: "busy_previous_payment", Spoil: func(c *doctor.Chart) {
			up(c, poiid, 6, 3*time.Hour)
			untoldOrder(c, false)
			o := before(c, "table-4", 2*time.Minute)
			o.Status, o.EndedAt, o.Attempts = kassa.Presented, time.Time{}, nil
		}},
		{Code: "manual_input_enabled", Spoil: func(c *doctor.Chart) {
			tell(c, 2*time.Minute, func(t *doctor.Telemetry) { t.ManualInput, t.CloudMode = true, false })
			untoldOrder(c, false)
		}},
	}
}

// refuse makes the order of a chart one that was cancelled after a card was refused.
func refuse(c *doctor.Chart, state kassa.HostState, why kassa.Reason, code string, entry kassa.Entry) {
	o := c.Order
	o.Status, o.End = kassa.Cancelled, kassa.CancelledAtPOI
	a := &o.Attempts[0]
	a.Status, a.Reason = kassa.AttemptDeclined, why
	auth := &a.Authorisations[0]
	auth.State, auth.Reason, auth.ResponseCode, auth.AuthCode, auth.Entry = state, why, code, "", entry
	auth.Amount, auth.TransmittedAt = o.Amount, doctortest.Now().Add(-55*time.Second)
	doctortest.Add(c, stream(c), "AuthorisationRequested", 55*time.Second, kassa.AuthorisationRequested{Auth: *auth})
	if state == kassa.HostNotSent {
		doctortest.Add(c, stream(c), "AuthorisationNotSent", 54*time.Second, kassa.AuthorisationNotSent{Request: 1, Reason: why})
	} else {
		doctortest.Add(c, stream(c), "AuthorisationAnswered", 54*time.Second, kassa.AuthorisationAnswered{Request: 1, Reason: why, ResponseCode: code})
	}
}

// screen makes the order one that ended for want of a card, after the terminal showed something.
func screen(c *doctor.Chart, name string) {
	c.Order.Status, c.Order.End, c.Order.Attempts = kassa.Cancelled, kassa.Inactive, nil
	doctortest.Add(c, stream(c), "ScreenReported", 58*time.Second, kassa.ScreenReported{Screen: "presentCard"})
	doctortest.Add(c, stream(c), "ScreenReported", 55*time.Second, kassa.ScreenReported{Screen: name})
	doctortest.Add(c, stream(c), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: kassa.Inactive})
}

func cardCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "config_error", Spoil: func(c *doctor.Chart) { refuse(c, kassa.HostDeclined, kassa.Configuration, "58", kassa.Chip) }},
		{Code: "config_error", Name: "_keys", Spoil: func(c *doctor.Chart) { refuse(c, kassa.HostNotSent, kassa.KeyReplay, "", kassa.Chip) }},
		{Code: "config_error", Name: "_profile", Spoil: func(c *doctor.Chart) { screen(c, "configError") }},
		{Code: "card_not_supported", Spoil: func(c *doctor.Chart) { screen(c, "notSupported") }},
		{Code: "card_not_supported", Name: "_issuer", Spoil: func(c *doctor.Chart) { refuse(c, kassa.HostDeclined, kassa.DeclinedCard, "57", kassa.Chip) }},
		{Code: "use_other_interface", Spoil: func(c *doctor.Chart) { screen(c, "insertCard") }},
		{Code: "card_declined_1000", Spoil: func(c *doctor.Chart) { refuse(c, kassa.HostDeclined, kassa.Declined, "05", kassa.Contactless) }},
		{Code: "card_declined_1000", Name: "_chip", Spoil: func(c *doctor.Chart) { screen(c, "cardDeclined") }},
		{Code: "card_declined_1000", Name: "_many", Spoil: func(c *doctor.Chart) {
			refuse(c, kassa.HostDeclined, kassa.Declined, "05", kassa.Contactless)
			for i, last4 := range []string{"0012", "0020"} {
				o := before(c, "table-"+last4, time.Duration(i+10)*time.Minute)
				o.Number += int64(i)
				o.Status, o.End = kassa.Cancelled, kassa.CancelledAtPOI
				auth := &o.Attempts[0].Authorisations[0]
				auth.State, auth.Reason, auth.ResponseCode, auth.Card.Last4, auth.TransmittedAt = kassa.HostDeclined, kassa.Declined, "05", last4, o.CreatedAt
			}
		}},
		{Code: "use_magstripe", Spoil: func(c *doctor.Chart) { screen(c, "swipeCard") }},
		{Code: "method_disabled", Spoil: func(c *doctor.Chart) {
			refuse(c, kassa.HostNotSent, kassa.MethodDisabled, "", kassa.Contactless)
			c.Settings["cloud.disabledMethods"] = doctor.Setting{Value: json.RawMessage(`["VISA"]`), Origin: "group"}
			doctortest.Add(c, "settings/group:"+group, "SettingsChanged", time.Second, estate.SettingsChanged{Set: map[string]json.RawMessage{"cloud.disabledMethods": json.RawMessage(`["VISA"]`)}})
		}},
		{Code: "soft_decline_waiting_pin", Spoil: func(c *doctor.Chart) {
			refuse(c, kassa.HostDeclined, kassa.SoftDeclinePIN, "65", kassa.Contactless)
			c.Order.End = kassa.CancelledBySale
			doctortest.Add(c, stream(c), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: kassa.CancelledBySale})
		}},
		{Code: "soft_decline_waiting_pin", Name: "_open", Spoil: func(c *doctor.Chart) {
			refuse(c, kassa.HostDeclined, kassa.SoftDeclineInsert, "1A", kassa.Contactless)
			c.Order.Status, c.Order.End, c.Order.EndedAt = kassa.Presented, kassa.None, time.Time{}
			doctortest.Add(c, stream(c), "ScreenReported", 50*time.Second, kassa.ScreenReported{Screen: "insertCard"})
		}},
		{Code: "soft_decline_waiting_pin", Name: "_paid", Spoil: func(c *doctor.Chart) {
			c.Symptom = "declined"
			paid := c.Order.Attempts[0]
			soft := paid
			soft.Status, soft.Reason = kassa.AttemptDeclined, kassa.SoftDeclinePIN
			soft.Authorisations = []kassa.Authorisation{paid.Authorisations[0]}
			soft.Authorisations[0].State, soft.Authorisations[0].Reason, soft.Authorisations[0].ResponseCode = kassa.HostDeclined, kassa.SoftDeclinePIN, "65"
			paid.Number, paid.Kind = 2, kassa.StepUp
			c.Order.Attempts = []kassa.Attempt{soft, paid}
			doctortest.Add(c, stream(c), "OrderCompleted", 50*time.Second, kassa.OrderCompleted{})
		}},
	}
}

func endCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "expired_no_card", Spoil: func(c *doctor.Chart) {
			c.Order.Status, c.Order.End, c.Order.Attempts = kassa.Cancelled, kassa.Inactive, nil
			doctortest.Add(c, stream(c), "OrderCancelled", time.Minute, kassa.OrderCancelled{Reason: kassa.Inactive})
		}},
		{Code: "stuck_declined_patch_cancel", Spoil: func(c *doctor.Chart) {
			refuse(c, kassa.HostDeclined, kassa.Declined, "05", kassa.Contactless)
			c.Order.Status, c.Order.End, c.Order.EndedAt = kassa.Refused, kassa.None, time.Time{}
			doctortest.Add(c, "calls/refused", doctor.OrderPatched, 30*time.Second, doctor.Call{
				At: doctortest.Now().Add(-30 * time.Second), Scope: group, Hint: "9f3a", Route: "PATCH orders/{order_id}", OrderID: c.Order.Ref, Reason: "order_unchanged", Status: 200,
			})
		}},
		{Code: "double_payment", Spoil: func(c *doctor.Chart) {
			o := before(c, "order-0", 2*time.Minute)
			o.CancelAsked, o.EndedAt = true, doctortest.Now().Add(-70*time.Second)
			doctortest.Add(c, "order/"+o.ID(), "CancelRequested", 80*time.Second, kassa.CancelRequested{})
		}},
		{Code: "double_payment", Name: "_declined", Spoil: func(c *doctor.Chart) {
			o := before(c, "order-0", 2*time.Minute)
			o.EndedAt = doctortest.Now().Add(-40 * time.Second)
			o.Attempts = append([]kassa.Attempt{{Status: kassa.AttemptDeclined, Reason: kassa.SoftDeclinePIN}}, o.Attempts...)
			o.Attempts[1].Authorisations[0].Card.Last4 = "0012"
		}},
		{Code: "cannot_cancel_now", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: "POST orders/{order_id}/cancel", OrderID: c.Order.Ref, Reason: string(kassa.NotCancellable), Status: 404, ErrorCode: 1000, ErrorInfo: "the payment was approved before the cancel"})
		}},
		{Code: "close_timeout_off", Spoil: func(c *doctor.Chart) {
			tell(c, 2*time.Minute, func(t *doctor.Telemetry) { t.CloseTimeout, t.Screen = new(0), "approved" })
		}},
		{Code: "event_stream_closed", Spoil: func(c *doctor.Chart) {
			doctortest.Add(c, "calls/refused", doctor.EventStreamLeft, 52*time.Second, doctor.StreamLeft{Order: c.Order.ID(), OrderID: c.Order.Ref, Transport: "sse", Last: "declined"})
			doctortest.Add(c, stream(c), "OrderCompleted", 50*time.Second, kassa.OrderCompleted{})
		}},
	}
}

// refusedCall puts a refused call of the group on a chart.
func refusedCall(c *doctor.Chart, ago time.Duration, call doctor.Call) {
	call.At, call.Dialect, call.Account, call.Scope, call.Hint = doctortest.Now().Add(-ago), "multisafepay", account, group, "9f3a"
	doctortest.Add(c, "calls/refused", doctor.CallRefused, ago, call)
}

func callCases() []doctortest.Case {
	const route = "POST orders"
	return []doctortest.Case{
		{Code: "app_uses_cloud", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: route, TerminalID: tid, From: "192.0.2.7", Agent: "okhttp/4.12 (Android 11; P2)", Reason: "validation", Status: 404, ErrorCode: 1008, ErrorInfo: "description is missing"})
		}},
		{Code: "order_id_rejected", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: route, TerminalID: tid, Reason: "validation", Field: "order_id", Status: 404, ErrorCode: 1006, ErrorInfo: "order_id must be a string of 1 to 50 characters out of A-Z a-z 0-9 / _ . -"})
		}},
		{Code: "amount_not_cents", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: route, TerminalID: tid, Reason: "validation", Field: "amount", Status: 404, ErrorCode: 1001, ErrorInfo: "amount must be a whole number of cents from 1 to 999999999999, or 0 for a card check"})
		}},
		{Code: "cors_from_browser", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: route, Origin: "https://till.example", Agent: "Mozilla/5.0", Reason: "key_missing", Status: 404, ErrorCode: 1032})
		}},
		{Code: "unreferenced_refund_refused", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: route, TerminalID: tid, Reason: "not_switched_on", Status: 404, ErrorCode: 1034, ErrorInfo: "type: refunds without a payment (unreferenced_refund) are not switched on for this terminal group"})
		}},
	}
}

// tried makes the newest try of a chart's webhook end in another way.
func tried(status int, reply, failure string) func(*doctor.Chart) {
	return func(c *doctor.Chart) {
		t := &c.Hooks[0].Tries[0]
		t.Status, t.Reply, t.Failure = status, reply, failure
	}
}

func hookCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "webhook_reply_not_ok", Spoil: tried(204, "", "your endpoint answered 204 without a body: it must answer 200 with OK in the body")},
		{Code: "webhook_reply_not_ok", Name: "_order", Of: doctor.Order, Spoil: tried(200, "<html>", "your body lacks OK: the first 100 bytes must hold OK or MULTISAFEPAY_OK")},
		{Code: "webhook_redirects", Spoil: tried(301, "", "your endpoint redirects (301): give the final URL, redirects are not followed")},
		{Code: "webhook_forbidden", Spoil: tried(403, "Forbidden", "your endpoint refuses (403): a login or an address filter stands before it")},
		{Code: "webhook_address_wrong", Spoil: tried(404, "Not found", "your endpoint answered 404: the URL is wrong")},
		{Code: "webhook_address_wrong", Name: "_down", Spoil: tried(0, "", "the connection was refused: nothing listens there")},
		{Code: "webhook_url_rejected", Spoil: tried(0, "", "the TLS handshake failed: TLS 1.2 or newer is needed, and 1.3 where the endpoint says so")},
		{Code: "webhook_url_rejected", Name: "_problem", Spoil: func(c *doctor.Chart) { c.Hooks[0].Problem = "the URL must begin with https://" }},
		{Code: "webhook_url_rejected", Name: "_call", Of: doctor.Key, Spoil: func(c *doctor.Chart) {
			refusedCall(c, 30*time.Second, doctor.Call{Route: "POST orders", OrderID: "order-2", Reason: "webhook_url_invalid", Status: 404, ErrorCode: 1000, ErrorInfo: "payment_options.notification_url: the URL must begin with https://"})
		}},
	}
}

func refundCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "refund_refused_1034", Spoil: func(c *doctor.Chart) {
			refusedCall(c, 20*time.Second, doctor.Call{Route: "POST orders/{order_id}/refunds", OrderID: c.Order.Ref, Reason: string(kassa.RefundTooHigh), Status: 404, ErrorCode: 1034, ErrorInfo: "amount: the refund exceeds what is left of the payment"})
			c.Order.Refunds = []kassa.Refund{{Number: 1, Amount: kassa.Money{Minor: 1000, Currency: kassa.EUR}, Status: kassa.RefundCompleted, TransmittedAt: doctortest.Now().Add(-40 * time.Second)}}
			doctortest.Add(c, stream(c), "RefundSettled", 40*time.Second, kassa.RefundSettled{Number: 1, Status: kassa.RefundCompleted})
		}},
		{Code: "refund_reserved", Spoil: func(c *doctor.Chart) {
			at := doctortest.Now().Add(-10 * time.Minute)
			c.Order.CreatedAt, c.Order.EndedAt = at.Add(-time.Hour), at.Add(-time.Hour)
			c.Order.Refunds = []kassa.Refund{{Number: 1, Amount: kassa.Money{Minor: 500, Currency: kassa.EUR}, Status: kassa.RefundAccepted, TransmittedAt: at}}
			doctortest.Add(c, stream(c), "RefundTaken", 10*time.Minute, kassa.RefundTaken{Refund: c.Order.Refunds[0]})
		}},
		{Code: "refund_button_off", Spoil: func(c *doctor.Chart) {
			c.Symptom = "no Refund button"
			tell(c, 2*time.Minute, func(t *doctor.Telemetry) { t.AllowRefunds = new(false) })
		}},
	}
}
