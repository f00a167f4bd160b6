package terminal_test

import (
	"strings"
	"testing"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

const reference = "7ZK3QF5M2N8XW4B6YTR9HJDCVA"

// post is an unattended terminal that sells two points.
func post(t *testing.T) *rig {
	r := newRigAs(t, "EV1-000001")
	r.do(terminal.PowerOn{})
	r.do(terminal.ActivateWith{Code: "4711"})
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeSells, Sells: &poilink.Sells{HelpPhone: "+31 20 555 0100", Points: []poilink.Point{
		{EVSE: "E1", Connector: "1", Label: "Bay 1", Plug: "CCS 150 kW", Status: poilink.PointAvailable, HoldMinor: 5000, Currency: "EUR",
			Prices: []poilink.PriceLine{{Per: poilink.PerIdle, Price: "0.10", FromMinutes: 30}, {Per: poilink.PerKWh, Price: "0.595"}}},
		{EVSE: "E2", Connector: "1", Label: "Bay 2", Status: poilink.PointOffline, HoldMinor: 5000, Currency: "EUR"},
	}}}))
	r.wantScreen(terminal.ScreenPoints)
	return r
}

func (r *rig) tells(c poilink.Charging) {
	r.t.Helper()
	c.EVSE, c.Connector, c.Currency = "E1", "1", "EUR"
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeCharging, Charging: &c}))
}

// asksFor gives the last frame of a type that the terminal sent.
func (r *rig) asksFor(typ poilink.Type) poilink.Frame {
	r.t.Helper()
	for i := len(r.sent) - 1; i >= 0; i-- {
		if r.sent[i].Type == typ {
			return r.sent[i]
		}
	}
	r.t.Fatalf("the terminal sent no %s", typ)
	return poilink.Frame{}
}

// shows tells whether a text is on the screen.
func (r *rig) shows(want ...string) {
	r.t.Helper()
	s := r.m.Status().Screen
	all := s.Title + "\n" + s.Error + "\n" + strings.Join(s.Lines, "\n")
	for _, i := range s.Items {
		all += "\n" + i.Label + " " + i.Value
	}
	for _, w := range want {
		if !strings.Contains(all, w) {
			r.t.Errorf("the screen %s does not say %q:\n%s", s.Name, w, all)
		}
	}
}

// pays chooses bay 1 and pays its hold with a card.
func (r *rig) pays(name string) {
	r.t.Helper()
	r.do(terminal.Touched{Item: "point:E1/1"})
	r.do(terminal.Touched{Item: "start"})
	r.wantScreen(terminal.ScreenStarting)
	id := r.asksFor(poilink.TypeChosen).Chosen.ID
	r.tells(poilink.Charging{Reference: reference, Answers: id, State: poilink.ChargingPaying})
	r.deliver(r.hold())
	r.wantScreen(terminal.ScreenPresentCard)
	r.shows("We hold EUR 50.00 on your card")
	r.present(terminal.Tap, name)
}

func (r *rig) hold() poilink.Frame {
	f := r.cloud.request("H1", reference, "Charging", 60_000, nexo.AmountsReq{Currency: "EUR", RequestedAmountMinor: 5000}, &nexo.PaymentData{PaymentType: nexo.PaymentFirstReservation})
	f.Nexo = []byte(strings.ReplaceAll(string(f.Nexo), `"`+poiid+`"`, `"`+r.id+`"`))
	return f
}

// TestChargingFromTheChoiceToTheReceipt: the price and the hold before the tap, the same card stops, and no other.
func TestChargingFromTheChoiceToTheReceipt(t *testing.T) {
	r := post(t)
	r.shows("Bay 1 · CCS 150 kW Available", "Bay 2 Charger offline", "Help: +31 20 555 0100")
	r.do(terminal.Touched{Item: "point:E1/1"})
	r.wantScreen(terminal.ScreenPoint)
	r.shows("We hold on your card EUR 50.00", "per kWh EUR 0.595", "per minute without charging (after 30 min) EUR 0.10")
	if s := r.m.Status().Screen; s.Items[0].Label != "per kWh" || len(s.Wants) != 0 {
		t.Errorf("first %+v, and it wants %v", s.Items[0], s.Wants)
	}
	r.pays("visa")
	r.wantEnd(terminal.ResultApproved)
	r.tells(poilink.Charging{Reference: reference, State: poilink.ChargingStarting, HeldMinor: 3000})
	r.wait(10e9)
	r.wantScreen(terminal.ScreenCharging)
	r.shows("Plug in your car", "Your bank allows up to EUR 30.00")
	r.tells(poilink.Charging{Reference: reference, State: poilink.ChargingActive, HeldMinor: 3000, WattHours: 12340, CostMinor: 734})
	r.shows("Energy 12.3 kWh", "Cost so far EUR 7.34", "We hold on your card EUR 30.00", "Tap the same card to stop")
	r.present(terminal.Tap, "mastercard")
	r.wantEnd(terminal.ResultDeclined)
	r.shows("This card pays for no session here")
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultStopping)
	stop := r.asksFor(poilink.TypeStop).Stop
	if stop.Reference != reference || stop.By != poilink.StopByCard {
		t.Errorf("it asks to stop %+v", stop)
	}
	r.tells(poilink.Charging{Reference: reference, Answers: stop.ID, State: poilink.ChargingStopping, HeldMinor: 3000})
	r.shows("Stopping")
	r.tells(poilink.Charging{Reference: reference, State: poilink.ChargingFinished, HeldMinor: 3000, WattHours: 20000, CostMinor: 1190, ReleasedMinor: 1810, ReceiptURL: "https://cloud.example.com/r/" + reference})
	r.shows("Paid EUR 11.90", "Released EUR 18.10")
	if s := r.m.Status().Screen; len(s.Blocks) != 1 || s.Blocks[0].Picture.Text != "https://cloud.example.com/r/"+reference || len(s.Wants) != 0 {
		t.Errorf("the receipt: %+v", s)
	}
	for _, line := range r.journal {
		if strings.Contains(line, "4761739") || strings.Contains(line, "5413330") {
			t.Errorf("the journal holds a card number: %s", line)
		}
	}
	r.wait(180e9)
	r.wantScreen(terminal.ScreenPoints)
}

// TestAnUnattendedTerminalForgetsNothing: a choice without an answer and a session survive the loss of power, and
// the card that paid still stops it.
func TestAnUnattendedTerminalForgetsNothing(t *testing.T) {
	r := post(t)
	r.do(terminal.ChargerChosen{EVSE: "E1", Connector: "1", Language: "fr"})
	first := r.asksFor(poilink.TypeChosen).Chosen
	r.restart()
	r.wait(10e9)
	if again := r.asksFor(poilink.TypeChosen).Chosen; *again != *first || first.Language != "fr" {
		t.Errorf("asked again with %+v after %+v", again, first)
	}
	r.tells(poilink.Charging{Reference: reference, Answers: first.ID, State: poilink.ChargingPaying})
	r.deliver(r.hold())
	r.present(terminal.Tap, "visa")
	r.wantEnd(terminal.ResultApproved)
	r.tells(poilink.Charging{Reference: reference, State: poilink.ChargingActive, HeldMinor: 5000})
	r.restart()
	r.wantScreen(terminal.ScreenPoints)
	r.shows("Bay 1 · CCS 150 kW Charging")
	r.present(terminal.Tap, "visa")
	if stop := r.asksFor(poilink.TypeStop).Stop; stop.Reference != reference {
		t.Errorf("it asks to stop %+v", stop)
	}
	r.wantScreen(terminal.ScreenCharging)
}

// TestWhatCannotBeChosen: a charger that is offline, another one's, and anything without a link.
func TestWhatCannotBeChosen(t *testing.T) {
	r := post(t)
	r.do(terminal.ChargerChosen{EVSE: "E2", Connector: "1"})
	if r.said != "Charger offline" {
		t.Errorf("a charger that is offline: %q", r.said)
	}
	r.do(terminal.ChargerChosen{EVSE: "E9", Connector: "1"})
	if r.said != "There is no such charger here" {
		t.Errorf("one that there is not: %q", r.said)
	}
	r.do(terminal.Touched{Item: "point:E2/1"})
	r.shows("Charger offline", "Help: +31 20 555 0100")
	r.do(terminal.Touched{Item: "back"})
	r.do(terminal.Touched{Item: "language"})
	r.shows("Kies uw laadpunt")
	r.up, r.noWay = false, "connect"
	r.do(terminal.LinkDown{Step: "connect"})
	r.wantScreen(terminal.ScreenPoints)
	r.shows("Geen verbinding: laden kan niet worden gestart")
	r.do(terminal.ChargerChosen{EVSE: "E1", Connector: "1"})
	if r.said != "Geen verbinding: laden kan niet worden gestart" {
		t.Errorf("without a link: %q", r.said)
	}
}

// TestARefusedChoice shows why, and goes back.
func TestARefusedChoice(t *testing.T) {
	r := post(t)
	r.do(terminal.ChargerChosen{EVSE: "E1", Connector: "1"})
	id := r.asksFor(poilink.TypeChosen).Chosen.ID
	r.deliver(r.cloud.push(poilink.Frame{Type: poilink.TypeCharging, Charging: &poilink.Charging{Answers: id, State: poilink.ChargingRefused, Text: "The charger was taken"}}))
	r.wantScreen(terminal.ScreenRefused)
	r.shows("The charger was taken")
	r.wait(60e9)
	r.wantScreen(terminal.ScreenPoints)
}
