package charge_test

import (
	"fmt"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/doctor"
	rules "kassa/doctor/charge"
	"kassa/doctor/doctortest"
	"kassa/ocpi"
)

func TestRules(t *testing.T) {
	var cases []doctortest.Case
	for _, list := range [][]doctortest.Case{payments(), sessions(), chargers(), links()} {
		cases = append(cases, list...)
	}
	doctortest.Run(t, rules.Rules(), cases)
}

func euro(minor int64) kassa.Money { return kassa.Money{Minor: minor, Currency: kassa.EUR} }

// charges makes the order that of a charging session for which 50.00 is held, settled at a price.
func charges(c *doctor.Chart, price, captured int64, terms kassa.HoldTerms) {
	o := c.Order
	o.Dialect, o.Ref, o.Capture, o.Amount, o.Terms = charging.Dialect, "K7QM2", kassa.CaptureLater, euro(5000), terms
	done := kassa.SettlementDone{Captured: captured, Short: price - captured}
	o.Hold = &kassa.Hold{Expires: doctortest.Now().Add(24 * time.Hour), Amount: euro(5000), Settlement: &kassa.Settlement{
		Price: euro(price), Step: kassa.SettlementFallback, Done: true, Captured: captured, Short: price - captured, DoneAt: doctortest.Now().Add(-time.Minute),
	}}
	doctortest.Add(c, "order/"+o.ID(), "SettlementDone", time.Minute, done)
}

// refusedMore makes the order one whose capture above the hold was refused.
func refusedMore(c *doctor.Chart) {
	charges(c, 6000, 5000, kassa.HoldTerms{OverCommit: true})
	c.Order.Captures = []kassa.Capture{
		{Number: 1, Amount: euro(6000), Over: true, Status: kassa.CaptureDeclined, Reason: kassa.Declined, ResponseCode: "61"},
		{Number: 2, Amount: euro(5000), Status: kassa.CaptureCompleted, ResponseCode: "00"},
	}
}

// belongs gives the order a session.
func belongs(c *doctor.Chart, change func(*charging.Session)) {
	c.Order.Dialect, c.Order.Ref, c.Order.Capture = charging.Dialect, "K7QM2", kassa.CaptureLater
	c.Charge = doctortest.Charging()
	s := doctortest.Charged("K7QM2", 4200)
	change(&s)
	c.Charge.Session = &s
	c.Parts = append(c.Parts, doctor.NeedCharge)
}

func payments() []doctortest.Case {
	return []doctortest.Case{
		{Code: "charge_above_hold", Spoil: func(c *doctor.Chart) { charges(c, 6000, 5000, kassa.HoldTerms{}) }},
		{Code: "over_commit_refused", Spoil: refusedMore},
		{Code: "hold_above_ceiling", Spoil: func(c *doctor.Chart) {
			belongs(c, func(s *charging.Session) { s.State = charging.Declined })
			c.Order.Status, c.Order.Amount, c.Order.Hold = kassa.Cancelled, euro(8000), nil
			c.Order.Attempts[0].Status = kassa.AttemptDeclined
			c.Order.Attempts[0].Authorisations[0] = kassa.Authorisation{Request: 1, State: kassa.HostDeclined, ResponseCode: "65", Reason: kassa.DeclinedLimit, Amount: euro(8000)}
		}},
		{Code: "confirmation_rejected", Spoil: func(c *doctor.Chart) {
			belongs(c, func(s *charging.Session) {
				s.Confirmations[0].State, s.Confirmations[0].Reply = charging.SendingRejected, "total_costs: excl_vat is required"
			})
		}},
	}
}

// open makes a session one whose price has not come, some time after its end.
func open(ago time.Duration) func(*charging.Session) {
	return func(s *charging.Session) {
		s.State, s.EndedAt, s.Price, s.Confirmations = charging.AwaitingPrice, time.Time{}, 0, nil
		s.Order.Taken, s.Order.Done, s.Order.Captured = false, false, 0
		s.OverAt = doctortest.Now().Add(-ago)
	}
}

func sessions() []doctortest.Case {
	lost := func(s *charging.Session) { s.Start.Result = "" }
	rejected := func(s *charging.Session) {
		s.State, s.Report, s.Price, s.Confirmations = charging.Released, charging.Report{}, 0, nil
		s.Start.Outcome, s.Start.Result = charging.Refusal, "REJECTED"
	}
	late := func(c *doctor.Chart) {
		c.Charge.Peer.Bills = nil
		for i, after := range []time.Duration{2 * time.Second, 90 * time.Minute, 2 * time.Hour} {
			c.Charge.Peer.Bills = append(c.Charge.Peer.Bills, doctor.Bill{Session: fmt.Sprintf("K7QM%d", i), At: doctortest.Now().Add(-time.Hour), After: after})
		}
	}
	return []doctortest.Case{
		{Code: "orphaned_hold", Spoil: func(c *doctor.Chart) { belongs(c, open(31*time.Minute)) }},
		{Code: "callback_lost", Spoil: func(c *doctor.Chart) { belongs(c, lost) }},
		{Code: "callback_lost", Name: "-charger", Of: doctor.Charger, Spoil: func(c *doctor.Chart) {
			lost(&c.Charge.Past[0])
			c.Hooks[0].Tries = []doctor.Try{{At: doctortest.Now(), Seq: 92, Delivery: "2", Failure: "connection refused"}}
		}},
		{Code: "start_refused", Spoil: func(c *doctor.Chart) { rejected(&c.Charge.Past[0]) }},
		{Code: "start_refused", Name: "-certificate", Spoil: func(c *doctor.Chart) { c.Charge.Station.Certified = false }},
		{Code: "start_refused", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) { belongs(c, rejected) }},
		{Code: "bills_late", Of: doctor.Charger, Spoil: late},
		{Code: "bills_late", Name: "-order", Spoil: func(c *doctor.Chart) {
			belongs(c, open(31*time.Minute))
			late(c)
		}},
	}
}

func chargers() []doctortest.Case {
	past := func(c *doctor.Chart, n int, each func(i int, s *charging.Session)) {
		c.Charge.Past = nil
		for i := range n {
			s := doctortest.Charged(fmt.Sprintf("K7QM%d", i), 4000+int64(i)*10)
			each(i, &s)
			c.Charge.Past = append(c.Charge.Past, s)
		}
	}
	dear := func(i int, s *charging.Session) {
		if i < 2 {
			s.Price = 6000
		}
	}
	return []doctortest.Case{
		{Code: "holds_too_low", Spoil: func(c *doctor.Chart) {
			past(c, 40, dear)
			c.Charge.PIN = true
		}},
		{Code: "holds_too_low", Name: "-ceiling", Spoil: func(c *doctor.Chart) { past(c, 40, func(_ int, s *charging.Session) { s.Price = 6000 }) }},
		{Code: "holds_too_low", Name: "-few", Spoil: func(c *doctor.Chart) { past(c, 3, dear) }},
		{Code: "reader_stuck", Spoil: func(c *doctor.Chart) {
			c.Charge.Reader = doctor.Reader{State: "READY", Since: doctortest.Now().Add(-11 * time.Minute), Online: true}
		}},
		{Code: "starts_fail", Spoil: func(c *doctor.Chart) {
			past(c, 4, func(i int, s *charging.Session) {
				if i > 1 {
					s.State, s.Start.Outcome, s.Start.Result = charging.Released, charging.Refusal, "EVSE_INOPERATIVE"
				}
			})
		}},
		{Code: "charger_status_stale", Spoil: func(c *doctor.Chart) {
			for i := range c.Charge.Points {
				c.Charge.Points[i].Heard = doctortest.Now().Add(-61 * time.Minute)
			}
		}},
		{Code: "charger_status_stale", Name: "-unknown", Spoil: func(c *doctor.Chart) { c.Charge.Points[1].EVSE.Status = ocpi.EVSEUnknown }},
		{Code: "terminal_declines", Spoil: func(c *doctor.Chart) { c.Charge.Tries[0].Declined = 6 }},
	}
}

// tariffs changes every tariff at the second charger.
func tariffs(change func(*ocpi.Tariff)) func(*doctor.Chart) {
	return func(c *doctor.Chart) { change(&c.Charge.Points[1].Tariffs[0]) }
}

func links() []doctortest.Case {
	return []doctortest.Case{
		{Code: "no_tariff", Spoil: tariffs(func(t *ocpi.Tariff) { t.EndDateTime = ocpi.At(doctortest.Now()) })},
		{Code: "no_tariff", Name: "-none", Spoil: func(c *doctor.Chart) { c.Charge.Points[0].Tariffs = nil }},
		{Code: "tariff_unpriceable", Spoil: tariffs(func(t *ocpi.Tariff) { t.Elements[0].Restrictions = &ocpi.TariffRestrictions{StartTime: "22:00"} })},
		{Code: "tariff_unpriceable", Name: "-mixed", Spoil: func(c *doctor.Chart) {
			c.Charge.Points[1].Connector.PowerType, c.Charge.Points[1].Tariffs[0].ID = "AC_3_PHASE", "SLOW"
		}},
		{Code: "tariff_currency_differs", Spoil: tariffs(func(t *ocpi.Tariff) { t.Currency = "CHF" })},
		{Code: "point_unlabelled", Spoil: func(c *doctor.Chart) { c.Charge.Points[1].EVSE.PhysicalReference = "" }},
		{Code: "assigned_elsewhere", Spoil: func(c *doctor.Chart) {
			c.Charge.Points, c.Charge.Assigned = c.Charge.Points[:1], doctor.Assigned{EVSEs: []string{"EVSE-1", "EVSE-9"}, Missing: []string{"EVSE-9"}}
		}},
		{Code: "operator_token_refused", Spoil: func(c *doctor.Chart) { c.Charge.Peer.Refused = doctortest.Now().Add(-time.Second) }},
		{Code: "operator_clock_skew", Spoil: func(c *doctor.Chart) { c.Charge.Peer.Skew = -121 * time.Second }},
	}
}

// TestWhatIsNotSo are charts just beside those of the rules.
func TestWhatIsNotSo(t *testing.T) {
	book, err := doctor.NewBook(rules.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		of    doctor.Kind
		spoil func(*doctor.Chart)
	}{
		"G9: the acquirer's most was taken": {doctor.Order, func(c *doctor.Chart) { charges(c, 6000, 5500, kassa.HoldTerms{OverCommit: true, Most: 5500}) }},
		"G10: nothing was taken":            {doctor.Order, func(c *doctor.Chart) { charges(c, 6000, 0, kassa.HoldTerms{}) }},
		"G1: it cost less":                  {doctor.Order, func(c *doctor.Chart) { charges(c, 4237, 4237, kassa.HoldTerms{}) }},
		"another door's hold":               {doctor.Order, func(c *doctor.Chart) { charges(c, 6000, 5000, kassa.HoldTerms{}); c.Order.Dialect = "adyen" }},
		"the price may still come":          {doctor.Order, func(c *doctor.Chart) { belongs(c, open(30*time.Minute)) }},
		"a reader with a session": {doctor.Charger, func(c *doctor.Chart) {
			c.Charge.Reader = doctor.Reader{State: "READY", Since: doctortest.Now().Add(-time.Hour), Online: true}
			open(time.Minute)(&c.Charge.Past[0])
		}},
		"two minutes are no skew": {doctor.Charger, func(c *doctor.Chart) { c.Charge.Peer.Skew = 2 * time.Minute }},
		"every terminal declines": {doctor.Charger, func(c *doctor.Chart) { c.Charge.Tries[0].Declined, c.Charge.Tries[1].Declined = 6, 20 }},
		"one short of a hundred": {doctor.Charger, func(c *doctor.Chart) {
			c.Charge.Past = nil
			for i := range 100 {
				c.Charge.Past = append(c.Charge.Past, doctortest.Charged(fmt.Sprint(i), 4000))
			}
			c.Charge.Past[7].Price = 6000
		}},
	} {
		t.Run(name, func(t *testing.T) {
			chart := doctortest.Healthy(c.of)
			c.spoil(chart)
			if d := book.Examine(chart); len(d.Findings) > 0 {
				t.Errorf("found %s: %+v", d.Findings[0].Code, d.Findings[0].Evidence)
			}
		})
	}
}
