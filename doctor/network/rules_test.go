package network_test

import (
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/doctortest"
	"kassa/doctor/network"
	"kassa/estate"
)

func TestRules(t *testing.T) { doctortest.Run(t, network.Rules(), cases()) }

const poiid = "P2-100000001"

func up(c *doctor.Chart, ago time.Duration, epoch uint64) {
	doctortest.Add(c, "links/1", "LinkUp", ago, estate.LinkUp{POIID: poiid, Epoch: epoch})
	c.Reach.State, c.Reach.Linked, c.Reach.Since = "online", true, doctortest.Now().Add(-ago)
}

func down(c *doctor.Chart, ago time.Duration, epoch uint64, reason string) {
	doctortest.Add(c, "links/1", "LinkDown", ago, estate.LinkDown{POIID: poiid, Epoch: epoch, Reason: reason})
	c.Reach.State, c.Reach.Linked, c.Reach.Reason, c.Reach.Since = "offline", false, "link_lost", doctortest.Now().Add(-ago)
}

// away loses the terminal's link ten minutes ago, after what it had told.
func away(c *doctor.Chart) {
	c.Telemetry.At = doctortest.Now().Add(-20 * time.Minute)
	up(c, 3*time.Hour, 1)
	down(c, 10*time.Minute, 1, "no heartbeat")
}

// waits makes the order one that no screen has shown.
func waits(c *doctor.Chart) {
	c.Order.Status, c.Order.ShownAt, c.Order.EndedAt, c.Order.Attempts = kassa.Offered, time.Time{}, time.Time{}, nil
	c.Order.CreatedAt = doctortest.Now().Add(-4 * time.Minute)
}

// failed lets the terminal come back a minute ago, and tell where it had failed.
func failed(step, detail string) func(*doctor.Chart) {
	return func(c *doctor.Chart) {
		doctortest.Add(c, "telemetry/"+poiid, doctor.TelemetryReported, 20*time.Minute, *c.Telemetry)
		away(c)
		up(c, time.Minute, 2)
		told := *c.Telemetry
		told.LastFailure = &doctor.ConnectFailure{Step: step, Times: 7, Since: doctortest.Now().Add(-9 * time.Minute), Detail: detail}
		doctortest.Add(c, "telemetry/"+poiid, doctor.TelemetryReported, time.Minute, told)
	}
}

func cut(times int) func(*doctor.Chart) {
	return func(c *doctor.Chart) {
		for i := range times {
			ago := time.Duration(times-i) * 5 * time.Minute
			up(c, ago, uint64(i+1))
			down(c, ago-4*time.Minute-time.Duration(i)*time.Second, uint64(i+1), "connection lost")
		}
		up(c, 10*time.Second, 99)
	}
}

func cases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "wifi_lost", Spoil: away},
		{Code: "wifi_lost", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) { waits(c); away(c) }},
		{Code: "wifi_lost", Name: "-told", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			waits(c)
			failed("resolve", "network is unreachable")(c)
		}},
		{Code: "weak_signal", Spoil: func(c *doctor.Chart) { away(c); c.Telemetry.Signal = 12 }},
		{Code: "weak_signal", Name: "-online", Spoil: func(c *doctor.Chart) { c.Telemetry.Signal = 12 }},
		{Code: "firewall_idle_cut", Spoil: cut(4)},
		{Code: "firewall_idle_cut", Name: "-likely", Spoil: cut(3)},
		{Code: "dns_blocked", Spoil: failed("resolve", "no such host")},
		{Code: "dns_blocked", Name: "-probe", Spoil: func(c *doctor.Chart) {
			c.Probe.Checks = []doctor.Check{{Name: "resolve", Detail: "no such host"}}
		}},
		{Code: "dns_blocked", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) { waits(c); failed("resolve", "no such host")(c) }},
		{Code: "outbound_blocked", Spoil: failed("connect", "no answer")},
		{Code: "tls_inspected", Spoil: failed("tls", "unknown authority")},
		{Code: "router_of_shop", Spoil: func(c *doctor.Chart) { away(c); c.Fleet.SameShopOffline, c.Fleet.Offline = 2, 2 }},
		{Code: "router_of_shop", Name: "-all", Spoil: func(c *doctor.Chart) {
			away(c)
			c.Telemetry.Network = "ethernet"
			c.Fleet.Terminals, c.Fleet.SameAddressOffline, c.Fleet.Offline = 2, 2, 2
		}},
		{Code: "clock_skew", Spoil: func(c *doctor.Chart) { c.Telemetry.ClockSkewMS = -7_200_000 }},
		{Code: "battery_low_radio_off", Spoil: func(c *doctor.Chart) { away(c); *c.Telemetry.Battery = 4 }},
		{Code: "battery_low_radio_off", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) { waits(c); away(c); *c.Telemetry.Battery = 4 }},
		{Code: "clone_suspected", Spoil: func(c *doctor.Chart) {
			doctortest.Add(c, "links/1", "CloneSuspected", time.Hour, estate.CloneSuspected{POIID: poiid, Epoch: 3, OlderEpoch: 2, Address: "192.0.2.7:1", OlderAddress: "203.0.113.9:1"})
		}},
	}
}

// TestWhatIsOver: a loss that is over, a failure of days ago, and links that died of other things are no causes.
func TestWhatIsOver(t *testing.T) {
	book, err := doctor.NewBook(network.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		of    doctor.Kind
		spoil func(*doctor.Chart)
	}{
		"back again": {doctor.Terminal, func(c *doctor.Chart) { away(c); up(c, time.Minute, 2) }},
		"a failure of days ago that it goes on telling": {doctor.Terminal, func(c *doctor.Chart) {
			up(c, 72*time.Hour, 1)
			c.Telemetry.LastFailure = &doctor.ConnectFailure{Step: "resolve", Times: 7, Since: doctortest.Now().Add(-73 * time.Hour)}
		}},
		"one try that failed": {doctor.Terminal, func(c *doctor.Chart) {
			c.Telemetry.LastFailure = &doctor.ConnectFailure{Step: "connect", Times: 1, Since: doctortest.Now().Add(-2 * time.Minute)}
		}},
		"links of different lives": {doctor.Terminal, func(c *doctor.Chart) {
			for i, lived := range []time.Duration{40 * time.Second, 90 * time.Second, 200 * time.Second, 30 * time.Second} {
				ago := time.Duration(5-i) * 10 * time.Minute
				up(c, ago, uint64(i+1))
				down(c, ago-lived, uint64(i+1), "connection lost")
			}
			up(c, 10*time.Second, 9)
		}},
		"the order was shown and paid": {doctor.Order, func(c *doctor.Chart) { failed("resolve", "no such host")(c) }},
		"others of the shop are there": {doctor.Terminal, func(c *doctor.Chart) {
			c.Telemetry.At = doctortest.Now().Add(-20 * time.Minute)
			c.Telemetry.Network = "ethernet"
			c.Fleet.SameShopOffline, c.Fleet.Offline = 1, 1
		}},
		"another device's clone": {doctor.Terminal, func(c *doctor.Chart) {
			doctortest.Add(c, "links/1", "CloneSuspected", time.Hour, estate.CloneSuspected{POIID: "P2-2"})
		}},
	} {
		chart := doctortest.Healthy(c.of)
		c.spoil(chart)
		if d := book.Examine(chart); len(d.Findings) != 0 {
			t.Errorf("%s: %s %+v", name, d.Findings[0].Code, d.Findings[0].Evidence)
		}
	}
}

// TestTheCauseHidesItsSymptoms: with the shop's router away, nobody is sent to the terminal's Wi-Fi.
func TestTheCauseHidesItsSymptoms(t *testing.T) {
	book, err := doctor.NewBook(network.Rules())
	if err != nil {
		t.Fatal(err)
	}
	c := doctortest.Healthy(doctor.Terminal)
	away(c)
	c.Fleet.SameShopOffline, c.Fleet.Offline = 2, 2
	d := book.Examine(c)
	if len(d.Findings) != 1 || d.Findings[0].Code != "router_of_shop" || len(d.Hidden) != 1 || d.Hidden[0].Code != "wifi_lost" {
		t.Errorf("found %+v, hid %+v", d.Findings, d.Hidden)
	}
}
