package acquirer_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/acquirer"
	"kassa/doctor/doctortest"
)

func TestRules(t *testing.T) {
	doctortest.Run(t, acquirer.Rules(), append(declines(), others()...))
}

// declined makes the order one that the host refused with a response code.
func declined(code string, reason kassa.Reason) func(*doctor.Chart) {
	return func(c *doctor.Chart) {
		unpaid(c, kassa.CancelledBySale)
		auth := c.Order.Attempts[0].Last()
		c.Order.Attempts[0].Status, c.Order.Attempts[0].Reason = kassa.AttemptDeclined, reason
		auth.State, auth.ResponseCode, auth.Reason, auth.AuthCode = kassa.HostDeclined, code, reason, ""
		doctortest.Add(c, "order/"+c.Order.ID(), "AuthorisationAnswered", 55*time.Second, kassa.AuthorisationAnswered{Request: 1, Reason: reason, ResponseCode: code})
		doctortest.Add(c, "order/"+c.Order.ID(), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: kassa.CancelledBySale})
	}
}

func unpaid(c *doctor.Chart, why kassa.Reason) {
	c.Order.Status, c.Order.End = kassa.Cancelled, why
}

func declines() (cases []doctortest.Case) {
	for _, d := range []struct {
		code, rule string
		reason     kassa.Reason
	}{
		{"01", "refer_to_issuer", kassa.DeclinedReferral}, {"05", "issuer_declined", kassa.Declined}, {"41", "card_reported", kassa.DeclinedPickUp},
		{"43", "card_reported", kassa.DeclinedPickUp}, {"51", "insufficient_funds", kassa.DeclinedFunds}, {"54", "card_expired", kassa.DeclinedExpired},
		{"55", "wrong_pin", kassa.WrongPIN}, {"75", "pin_tries_exceeded", kassa.PINTriesExceeded}, {"61", "card_limit_exceeded", kassa.DeclinedLimit},
		{"57", "card_not_permitted", kassa.DeclinedCard}, {"62", "card_not_permitted", kassa.DeclinedCard}, {"14", "card_number_unknown", kassa.DeclinedCard},
		{"46", "card_account_closed", kassa.DeclinedCard}, {"63", "issuer_doubts_security", kassa.DeclinedSecurity}, {"82", "card_cryptogram_wrong", kassa.DeclinedSecurity},
		{"78", "card_not_activated", kassa.Declined}, {"91", "issuer_unavailable", kassa.DeclinedUnavailable}, {"96", "host_malfunction", kassa.DeclinedUnavailable},
		{"03", "acquirer_knows_no_merchant", kassa.Configuration}, {"12", "acquirer_refuses_function", kassa.Configuration},
		{"13", "acquirer_refuses_amount", kassa.Configuration}, {"58", "terminal_not_permitted", kassa.Configuration}, {"88", "acquirer_keys_out_of_step", kassa.Configuration},
	} {
		cases = append(cases, doctortest.Case{Code: d.rule, Name: "-" + d.code, Spoil: declined(d.code, d.reason)})
	}
	return append(cases, doctortest.Case{Code: "acquirer_format_error", Spoil: func(c *doctor.Chart) {
		declined("30", kassa.Configuration)(c)
		doctortest.Add(c, "acquirer/1", doctor.AcquirerAlarm, 55*time.Second, doctor.Alarm{Kind: "format", Order: c.Order.ID(), TID: c.Order.TID, Detail: "DE43"})
	}})
}

// lost makes the order one whose request got no usable answer.
func lost(c *doctor.Chart, acknowledged time.Time) {
	unpaid(c, kassa.NotCompleted)
	auth := c.Order.Attempts[0].Last()
	c.Order.Attempts[0].Status = kassa.AttemptEnded
	owed := doctortest.Now().Add(-40 * time.Second)
	auth.State, auth.ResponseCode, auth.AuthCode, auth.STAN = kassa.HostUnknown, "", "", "000007"
	auth.Reversal = &kassa.Reversal{Reason: kassa.ReversalTimeout, OwedAt: owed, AcknowledgedAt: acknowledged}
	stream := "order/" + c.Order.ID()
	doctortest.Add(c, stream, "AuthorisationUnknown", 40*time.Second, kassa.AuthorisationUnknown{Request: 1, Reason: kassa.ReversalTimeout})
	doctortest.Add(c, stream, "ReversalDue", 40*time.Second, kassa.ReversalDue{Request: 1, Reason: kassa.ReversalTimeout})
}

func others() []doctortest.Case {
	return []doctortest.Case{
		{Code: "acquirer_down", Name: "-order", Spoil: func(c *doctor.Chart) {
			unpaid(c, kassa.AcquirerUnreachable)
			auth := c.Order.Attempts[0].Last()
			auth.State, auth.Reason, auth.ResponseCode, auth.TransmittedAt = kassa.HostNotSent, kassa.AcquirerUnreachable, "", doctortest.Now().Add(-55*time.Second)
			doctortest.Add(c, "acquirer/1", doctor.AcquirerLink, 2*time.Minute, doctor.LinkChange{Conn: 1, State: "closed"})
			doctortest.Add(c, "order/"+c.Order.ID(), "AuthorisationNotSent", 55*time.Second, kassa.AuthorisationNotSent{Request: 1, Reason: kassa.AcquirerUnreachable})
			doctortest.Add(c, "acquirer/1", doctor.AcquirerLink, time.Second, doctor.LinkChange{Conn: 1, State: "signed_on", SignedOn: 1})
		}},
		{Code: "acquirer_down", Name: "-terminal", Of: doctor.Terminal, Spoil: func(c *doctor.Chart) {
			c.Acquirer.SignedOn = 0
			doctortest.Add(c, "acquirer/1", doctor.AcquirerLink, 2*time.Minute, doctor.LinkChange{Conn: 1, State: "unreachable"})
		}},
		{Code: "outcome_unknown", Spoil: func(c *doctor.Chart) { lost(c, time.Time{}) }},
		{Code: "outcome_unknown", Name: "-open", Spoil: func(c *doctor.Chart) {
			c.Order.Status, c.Order.EndedAt = kassa.Authorising, time.Time{}
			auth := c.Order.Attempts[0].Last()
			auth.State, auth.ResponseCode, auth.TransmittedAt = kassa.HostOpen, "", doctortest.Now().Add(-30*time.Second)
			doctortest.Add(c, "order/"+c.Order.ID(), "AuthorisationRequested", 30*time.Second, kassa.AuthorisationRequested{Auth: *auth})
		}},
		{Code: "outcome_reversed", Spoil: func(c *doctor.Chart) {
			lost(c, doctortest.Now())
			doctortest.Add(c, "order/"+c.Order.ID(), "ReversalAcknowledged", time.Second, kassa.ReversalAcknowledged{Request: 1, ResponseCode: "00"})
			doctortest.Add(c, "order/"+c.Order.ID(), "LateAnswerKept", time.Second, kassa.LateAnswerKept{Request: 1, ResponseCode: "00", Approved: true})
		}},
		{Code: "chip_refused_after_approval", Spoil: func(c *doctor.Chart) {
			unpaid(c, kassa.CardRefused)
			doctortest.Add(c, "order/"+c.Order.ID(), "CompletionReported", 50*time.Second, kassa.CompletionReported{Request: 1, Outcome: kassa.CardSaidNo})
			doctortest.Add(c, "order/"+c.Order.ID(), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: kassa.CardRefused})
		}},
		{Code: "reversal_refused", Spoil: func(c *doctor.Chart) {
			lost(c, time.Time{})
			doctortest.Add(c, "acquirer/1", doctor.AcquirerAlarm, 20*time.Second, doctor.Alarm{Kind: "reversal_refused", Order: c.Order.ID(), STAN: "000007", Times: 6, Detail: "response code 91"})
		}},
		{Code: "partial_not_allowed", Spoil: func(c *doctor.Chart) {
			unpaid(c, kassa.PartialNotAllowed)
			c.Order.Attempts[0].Last().ResponseCode = "10"
			doctortest.Add(c, "order/"+c.Order.ID(), "AuthorisationAnswered", 55*time.Second, kassa.AuthorisationAnswered{Request: 1, Approved: true, ResponseCode: "10"})
			doctortest.Add(c, "order/"+c.Order.ID(), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: kassa.PartialNotAllowed})
		}},
		{Code: "outcome_unknown", Name: "-parked", Spoil: func(c *doctor.Chart) {
			c.Order.Status, c.Order.Parked = kassa.Authorising, "two answers to one request"
			doctortest.Add(c, "order/"+c.Order.ID(), "OrderParked", time.Minute, kassa.OrderParked{Why: c.Order.Parked})
		}},
		{Code: "acquirer_answers_wrong", Spoil: func(c *doctor.Chart) {
			lost(c, doctortest.Now())
			doctortest.Add(c, "acquirer/1", doctor.AcquirerAlarm, 20*time.Second, doctor.Alarm{Kind: "bad_mac", TID: "00000ABC", STAN: "000007"})
		}},
	}
}

// TestAnswersOfOtherAttempts: what an order was paid with afterwards, or was asked for more, is no decline.
func TestAnswersOfOtherAttempts(t *testing.T) {
	book, err := doctor.NewBook(acquirer.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*doctor.Chart){
		"paid with another card": func(c *doctor.Chart) {
			first := c.Order.Attempts[0]
			first.Status, first.Authorisations = kassa.AttemptDeclined, []kassa.Authorisation{{Request: 1, State: kassa.HostDeclined, ResponseCode: "51", Reason: kassa.DeclinedFunds}}
			c.Order.Attempts = append([]kassa.Attempt{first}, c.Order.Attempts...)
		},
		"soft decline": func(c *doctor.Chart) {
			declined("65", kassa.SoftDeclinePIN)(c)
		},
		"a reversal of another order": func(c *doctor.Chart) {
			doctortest.Add(c, "acquirer/1", doctor.AcquirerAlarm, time.Second, doctor.Alarm{Kind: "reversal_stuck", Order: "OTHER"})
		},
	} {
		c := doctortest.Healthy(doctor.Order)
		spoil(c)
		if d := book.Examine(c); len(d.Findings) != 0 {
			t.Errorf("%s: %+v", name, d.Findings[0])
		}
	}
	c := doctortest.Healthy(doctor.Order)
	declined("51", kassa.DeclinedFunds)(c)
	next := c.Order.Attempts[0]
	next.Authorisations = []kassa.Authorisation{{Request: 2, State: kassa.HostDeclined, ResponseCode: "54", Reason: kassa.DeclinedExpired}}
	c.Order.Attempts = append(c.Order.Attempts, next)
	if d := book.Examine(c); len(d.Findings) != 1 || d.Findings[0].Code != "card_expired" {
		t.Errorf("the second card decides: %+v", d.Findings)
	}
}
