package multisafepay_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/doctortest"
	"kassa/doctor/multisafepay"
	"kassa/estate"
)

const poiid = "P2-100000001"

// ago counts from the instant of the charts.
func ago(d time.Duration) time.Time { return doctortest.Now().Add(-d) }

// up and down add the beginning and the end of a link.
func up(c *doctor.Chart, poiid string, epoch uint64, ago time.Duration) {
	doctortest.Add(c, "links/1", "LinkUp", ago, estate.LinkUp{POIID: poiid, Epoch: epoch})
}

func down(c *doctor.Chart, poiid string, epoch uint64, ago time.Duration, why string) {
	doctortest.Add(c, "links/1", "LinkDown", ago, estate.LinkDown{POIID: poiid, Epoch: epoch, Reason: why})
}

// flap adds links that broke, every so often up to some time ago, and came back after 10 s.
func flap(c *doctor.Chart, times int, every time.Duration, why string) {
	up(c, poiid, 1, time.Duration(times+1)*every)
	for i := range times {
		at := time.Duration(times-i) * every
		down(c, poiid, uint64(i+1), at, why)
		up(c, poiid, uint64(i+2), at-10*time.Second)
	}
}

// telemetry adds what the device told, and makes it the last.
func telemetry(c *doctor.Chart, since time.Duration, change func(*doctor.Telemetry)) {
	t := *c.Telemetry
	t.At, t.Seq = ago(since), 0
	change(&t)
	doctortest.Add(c, "telemetry/"+t.POIID, doctor.TelemetryReported, since, t)
	t.Seq = c.Entries[len(c.Entries)-1].Seq
	c.Telemetry = &t
}

// unshown makes the order one that its terminal has not shown.
func unshown(c *doctor.Chart) {
	c.Order.Status, c.Order.End, c.Order.ShownAt, c.Order.EndedAt, c.Order.Attempts = kassa.Offered, "", time.Time{}, time.Time{}, nil
}

// unable makes the order one that its terminal refused.
func unable(c *doctor.Chart) {
	c.Order.Status, c.Order.End, c.Order.ShownAt, c.Order.Attempts = kassa.Cancelled, kassa.POIUnable, time.Time{}, nil
	doctortest.Add(c, "order/"+c.Order.ID(), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: kassa.POIUnable})
}

// smartpad makes the terminal a Smartpad on a network, told before the last two minutes.
func smartpad(c *doctor.Chart, network string) {
	const pad = "P2PAD-100000001"
	c.Terminal.POIID, c.Device.POIID, c.Order.POIID = pad, pad, pad
	c.Telemetry.POIID, c.Telemetry.Model, c.Telemetry.Battery, c.Telemetry.Printer = pad, "Sunmi P2 Smartpad", nil, ""
	telemetry(c, 10*time.Minute, func(t *doctor.Telemetry) { t.Network = network })
	up(c, pad, 1, 9*time.Minute)
}

// gone takes the link of a Smartpad away for good.
func gone(c *doctor.Chart, since time.Duration) {
	down(c, c.Terminal.POIID, 1, since, "no heartbeat")
	c.Reach = &doctor.Link{State: "offline", Reason: "link_lost", Words: "its link was lost", Since: ago(since), Seen: ago(since + 25*time.Second)}
}

func unbound(c *doctor.Chart) {
	c.Terminal.POIID, c.Terminal.ActivatedAt = "", time.Time{}
	c.Device.TID = ""
	c.Reach = &doctor.Link{State: "offline", Reason: "not_activated"}
}

func terminalCases() []doctortest.Case {
	return slices.Concat(connectionCases(), activationCases(), deviceCases())
}

func connectionCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "link_unstable", Spoil: func(c *doctor.Chart) { flap(c, 4, 3*time.Minute, "connection lost") }},
		{Code: "link_unstable", Name: ".slow", Spoil: func(c *doctor.Chart) { flap(c, 7, 3*time.Hour, "no heartbeat") }},
		{Code: "link_unstable", Name: ".swapped", Spoil: func(c *doctor.Chart) {
			for i := range uint64(4) { // each new link comes before the cloud has missed the old one
				up(c, poiid, i+1, time.Duration(20-4*i)*time.Minute)
				if i > 0 {
					down(c, poiid, i, time.Duration(20-4*i)*time.Minute-time.Second, "replaced")
				}
			}
		}},
		{Code: "link_unstable", Name: ".order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			unshown(c)
			flap(c, 4, 3*time.Minute, "connection lost")
		}},
		{Code: "never_on_network", Spoil: func(c *doctor.Chart) {
			unbound(c)
			c.Device.PublicKey, c.Device.Configured, c.Device.IKID = nil, false, ""
			c.Reach = &doctor.Link{State: "offline", Reason: "never_connected"}
			c.Parts = slices.DeleteFunc(c.Parts, func(n doctor.Need) bool { return n == doctor.NeedTelemetry })
			c.Telemetry = nil
			doctortest.Add(c, "device/"+poiid, "DeviceBoarded", 48*time.Hour, estate.DeviceBoarded{POIID: poiid})
		}},
		{Code: "smartpad_no_network", Spoil: func(c *doctor.Chart) { smartpad(c, "wifi"); gone(c, 2*time.Minute) }},
		{Code: "smartpad_no_network", Name: ".back", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			smartpad(c, "ethernet")
			unshown(c)
			down(c, c.Terminal.POIID, 1, 2*time.Minute, "no heartbeat")
			up(c, c.Terminal.POIID, 2, 20*time.Second)
			telemetry(c, 19*time.Second, func(t *doctor.Telemetry) {
				t.LastFailure = &doctor.ConnectFailure{Step: "connect", Times: 6, Since: ago(110 * time.Second)}
			})
		}},
		{Code: "smartpad_power_cable", Spoil: func(c *doctor.Chart) { smartpad(c, "ethernet"); gone(c, 2*time.Minute) }},
		{Code: "smartpad_power_cable", Name: ".back", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			smartpad(c, "wifi")
			unshown(c)
			down(c, c.Terminal.POIID, 1, 2*time.Minute, "no heartbeat")
			up(c, c.Terminal.POIID, 2, 20*time.Second)
			telemetry(c, 19*time.Second, func(t *doctor.Telemetry) { t.Booted = ago(25 * time.Second) })
		}},
		{Code: "smartpad_power_cable", Name: ".loose", Spoil: func(c *doctor.Chart) {
			smartpad(c, "ethernet")
			bootLoop(c, 3)
		}},
		{Code: "daily_reboot", Spoil: func(c *doctor.Chart) { reboots(c, 3, "closed by the terminal: restart") }},
		{Code: "daily_reboot", Name: ".silent", Spoil: func(c *doctor.Chart) { reboots(c, 4, "connection lost") }},
		{Code: "daily_reboot", Name: ".terminal", Of: doctor.Terminal, Spoil: func(c *doctor.Chart) {
			reboots(c, 3, "closed by the terminal: restart")
		}},
		{Code: "battery_not_charging", Spoil: func(c *doctor.Chart) {
			telemetry(c, time.Minute, func(t *doctor.Telemetry) { t.Battery = new(9) })
		}},
		{Code: "battery_not_charging", Name: ".invain", Spoil: func(c *doctor.Chart) {
			telemetry(c, 2*time.Hour, func(t *doctor.Telemetry) { t.Battery, t.Charging = new(60), true })
			telemetry(c, time.Hour, func(t *doctor.Telemetry) { t.Battery, t.Charging = new(50), true })
			telemetry(c, time.Minute, func(t *doctor.Telemetry) { t.Battery, t.Charging = new(41), true })
		}},
	}
}

// bootLoop takes the power away several times, one minute each, up to a while ago.
func bootLoop(c *doctor.Chart, times int) {
	for i := range times {
		at := time.Duration(times-i)*2*time.Minute + time.Minute
		down(c, c.Terminal.POIID, uint64(i+1), at, "connection lost")
		up(c, c.Terminal.POIID, uint64(i+2), at-time.Minute)
		telemetry(c, at-time.Minute-time.Second, func(t *doctor.Telemetry) { t.Booted = ago(at - 50*time.Second) })
	}
}

// reboots lets the terminal be away for a minute each day, the last time around the order.
func reboots(c *doctor.Chart, days int, why string) {
	unshown(c)
	up(c, poiid, 1, time.Duration(days)*24*time.Hour)
	for i := range days {
		at := time.Duration(days-1-i)*24*time.Hour + 90*time.Second - time.Duration(i)*time.Second
		down(c, poiid, uint64(i+1), at, why)
		up(c, poiid, uint64(i+2), at-time.Minute)
	}
}

func activationCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "not_onboarded", Spoil: func(c *doctor.Chart) {
			unbound(c)
			doctortest.Add(c, "terminal/00000ABC", "TerminalBoarded", 24*time.Hour, estate.TerminalBoarded{TID: "00000ABC", Group: "107265"})
			doctortest.Add(c, "device/"+poiid, "ActivationRefused", time.Hour, estate.ActivationRefused{POIID: poiid, Reason: estate.RefusedExpiredCode})
		}},
		{Code: "not_onboarded", Name: ".unbound", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			unshown(c)
			unbound(c)
			c.Order.POIID, c.Terminal.UnboundAt = "", ago(2*time.Hour)
			doctortest.Add(c, "terminal/00000ABC", "TerminalUnbound", 2*time.Hour, estate.TerminalUnbound{TID: "00000ABC", POIID: poiid})
		}},
		{Code: "no_permission_devices_menu", Spoil: func(c *doctor.Chart) {
			c.Key.Role, c.Key.Can = estate.RoleCashier, []string{"payments.take", "orders.read"}
			doctortest.Add(c, "calls/refused", doctor.CallRefused, time.Minute, doctor.Call{
				Dialect: "native", Key: c.Key.ID, Hint: c.Key.Hint, Route: "POST /api/v1/terminals", Reason: "forbidden", Status: 403,
			})
		}},
		{Code: "no_permission_devices_menu", Name: ".menu", Spoil: func(c *doctor.Chart) {
			c.Key.Role, c.Key.Can, c.Symptom = estate.RoleCashier, []string{"payments.take", "orders.read"}, "The Devices menu is missing"
		}},
		{Code: "wrong_api_key", Spoil: func(c *doctor.Chart) {
			c.Key = &doctor.KeyFacts{Hint: "0000"}
			unknownKey(c)
		}},
		{Code: "wrong_api_key", Name: ".terminal", Of: doctor.Terminal, Spoil: unknownKey},
		{Code: "activation_10008_not_synced", Spoil: func(c *doctor.Chart) { early(c, "P3MIX-100000001", 40*time.Second, time.Minute) }},
		{Code: "activation_10008_not_synced", Name: ".synced", Spoil: func(c *doctor.Chart) {
			early(c, poiid, 40*time.Second, time.Hour)
			doctortest.Add(c, "device/"+poiid, "KeysConfirmed", 50*time.Minute, estate.KeysConfirmed{POIID: poiid, IKID: "FF00000000000001"})
		}},
	}
}

func unknownKey(c *doctor.Chart) {
	doctortest.Add(c, "calls/refused", doctor.CallRefused, time.Minute, doctor.Call{
		At: ago(time.Minute), Dialect: "multisafepay", Hint: "0000", From: "192.0.2.9", Route: "POST /v1/json/orders", TerminalID: "00000ABC",
		Reason: "key_unknown", Status: 401, ErrorCode: 1032, ErrorInfo: "Invalid API key",
	})
}

// early refuses an activation so long after the device connected, which was some time ago.
func early(c *doctor.Chart, device string, after, since time.Duration) {
	unbound(c)
	c.Device.POIID, c.Device.Configured, c.Device.IKID, c.Device.KCV = device, false, "", ""
	telemetry(c, since-time.Second, func(t *doctor.Telemetry) { t.POIID, t.IKID, t.KCV = device, "", "" })
	up(c, device, 1, since)
	doctortest.Add(c, "links/1", "ActivationRefused", since-after, estate.ActivationRefused{POIID: device, Reason: estate.RefusedIPEKMissing})
}

func deviceCases() []doctortest.Case {
	return []doctortest.Case{
		{Code: "ipek_missing", Spoil: func(c *doctor.Chart) {
			telemetry(c, time.Minute, func(t *doctor.Telemetry) { t.IKID, t.KCV = "", "" })
		}},
		{Code: "ipek_missing", Name: ".order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			unable(c)
			doctortest.Add(c, "device/"+poiid, "KeysConfirmed", 29*24*time.Hour, estate.KeysConfirmed{POIID: poiid, IKID: "FF00000000000001"})
			telemetry(c, 2*time.Minute, func(t *doctor.Telemetry) { t.IKID, t.KCV = "", "" })
		}},
		{Code: "ipek_missing", Name: ".mismatch", Spoil: func(c *doctor.Chart) {
			doctortest.Add(c, "device/"+poiid, "KeysMismatched", time.Hour, estate.KeysMismatched{POIID: poiid, IKID: "FF00000000000001", Reported: "FF00000000000009"})
		}},
		{Code: "ipek_missing", Name: ".other", Spoil: func(c *doctor.Chart) { c.Device.IKID, c.Device.KCV = "FF00000000000002", "112233" }},
		{Code: "ipek_missing", Name: ".silent", Spoil: func(c *doctor.Chart) {
			c.Device.Configured, c.Telemetry = false, nil
			c.Parts = slices.DeleteFunc(c.Parts, func(n doctor.Need) bool { return n == doctor.NeedTelemetry })
			up(c, poiid, 1, 10*time.Minute)
		}},
		{Code: "firmware_outdated", Spoil: func(c *doctor.Chart) { c.Fleet.Software = "kassa-terminal 1.10" }},
		{Code: "logo_not_assigned", Spoil: func(c *doctor.Chart) { c.Symptom = "I cannot hide the logo" }},
		{Code: "does_not_print", Spoil: func(c *doctor.Chart) {
			telemetry(c, time.Minute, func(t *doctor.Telemetry) { t.Printer = "NoPaper" })
		}},
		{Code: "no_printer", Spoil: func(c *doctor.Chart) {
			c.Symptom = "It does not print"
			telemetry(c, time.Minute, func(t *doctor.Telemetry) { t.Model, t.Printer = "Sunmi P2 SE", "" })
		}},
		{Code: "auto_print_off", Spoil: func(c *doctor.Chart) {
			c.Symptom = "no receipt"
			c.Settings["receiptPrinting.shopperApproved"] = doctor.Setting{Value: json.RawMessage("false"), Origin: "shop"}
		}},
		{Code: "developer_mode", Spoil: func(c *doctor.Chart) {
			c.Terminal.Developer = true
			doctortest.Add(c, "terminal/00000ABC", "DeveloperModeSet", time.Hour, estate.DeveloperModeSet{TID: "00000ABC", On: true, By: "key_test_2"})
		}},
		{Code: "developer_mode", Name: ".order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			unshown(c)
			c.Environment, c.Terminal.Developer = "live", true
		}},
		{Code: "tampered", Spoil: func(c *doctor.Chart) { alarm(c, time.Hour) }},
		{Code: "tampered", Name: ".order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			unable(c)
			alarm(c, 2*time.Minute)
			doctortest.Add(c, "device/"+poiid, "TamperCleared", 10*time.Second, estate.TamperCleared{POIID: poiid})
			c.Device.Tampered = nil // it was cleared after the order
		}},
		{Code: "tampered", Name: ".toldlater", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			unable(c)
			alarm(c, 48*time.Second) // the order ended two seconds before
		}},
		{Code: "tamper_sensor_damaged", Spoil: func(c *doctor.Chart) {
			alarm(c, 48*time.Hour)
			doctortest.Add(c, "device/"+poiid, "TamperCleared", 24*time.Hour, estate.TamperCleared{POIID: poiid})
			alarm(c, time.Hour)
		}},
	}
}

// alarm lets the device raise a tamper alarm: its keys are gone.
func alarm(c *doctor.Chart, since time.Duration) {
	c.Tampered, c.Device.Tampered = true, &estate.Tamper{At: ago(since), What: "the case was opened"}
	c.Device.Configured, c.Device.IKID, c.Device.KCV = false, "", ""
	doctortest.Add(c, "device/"+poiid, "DeviceTampered", since, estate.DeviceTampered{POIID: poiid, What: "the case was opened"})
	telemetry(c, since-time.Second, func(t *doctor.Telemetry) {
		t.IKID, t.KCV, t.PED, t.Security, t.Tampered = "", "", false, false, "the case was opened"
	})
}

// What looks like a cause and is none.
func TestTerminalRulesRuleOut(t *testing.T) {
	book, err := doctor.NewBook(multisafepay.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct {
		code string
		of   doctor.Kind
		make func(*doctor.Chart)
	}{
		"two losses are no pattern":              {"link_unstable", doctor.Terminal, func(c *doctor.Chart) { flap(c, 2, 3*time.Minute, "connection lost") }},
		"restarts are no losses":                 {"link_unstable", doctor.Terminal, func(c *doctor.Chart) { flap(c, 5, 3*time.Minute, "closed by the terminal: restart") }},
		"the server's restarts are no losses":    {"link_unstable", doctor.Terminal, func(c *doctor.Chart) { flap(c, 5, 3*time.Minute, "shutdown") }},
		"a paid order had its link":              {"link_unstable", doctor.Order, func(c *doctor.Chart) { flap(c, 5, 3*time.Minute, "connection lost") }},
		"old losses are over":                    {"link_unstable", doctor.Terminal, oldLosses},
		"losses of another device":               {"link_unstable", doctor.Terminal, func(c *doctor.Chart) { flap(c, 5, 3*time.Minute, "connection lost"); c.Terminal.POIID = "P2-2" }},
		"a clone swaps links":                    {"link_unstable", doctor.Terminal, cloneSwaps},
		"a device that starts anew each time":    {"link_unstable", doctor.Terminal, func(c *doctor.Chart) { up(c, poiid, 1, time.Hour); bootLoop(c, 4) }},
		"a P2 that starts anew has no cable":     {"smartpad_power_cable", doctor.Terminal, func(c *doctor.Chart) { up(c, poiid, 1, time.Hour); bootLoop(c, 4) }},
		"a Smartpad that is switched off":        {"smartpad_power_cable", doctor.Terminal, func(c *doctor.Chart) { smartpad(c, "ethernet"); shutDown(c) }},
		"the router is away and not one cable":   {"smartpad_power_cable", doctor.Terminal, routerGone},
		"the router is away, no network either":  {"smartpad_no_network", doctor.Terminal, routerGone},
		"a P2 is no Smartpad":                    {"smartpad_no_network", doctor.Terminal, func(c *doctor.Chart) { up(c, poiid, 1, time.Hour); gone(c, time.Minute) }},
		"one restart has no rhythm":              {"daily_reboot", doctor.Order, func(c *doctor.Chart) { reboots(c, 1, "closed by the terminal: restart") }},
		"two losses a day apart are chance":      {"daily_reboot", doctor.Order, func(c *doctor.Chart) { reboots(c, 2, "connection lost") }},
		"yesterday's restart is no trouble now":  {"daily_reboot", doctor.Terminal, yesterday},
		"a long outage is no restart":            {"daily_reboot", doctor.Order, longOutage},
		"on the charger, and charging":           {"battery_not_charging", doctor.Terminal, charging},
		"bound since":                            {"activation_10008_not_synced", doctor.Terminal, func(c *doctor.Chart) { early(c, poiid, 40*time.Second, time.Minute); c.Terminal.POIID = poiid }},
		"late, and still no key":                 {"activation_10008_not_synced", doctor.Terminal, func(c *doctor.Chart) { early(c, poiid, 5*time.Minute, time.Hour) }},
		"the key never came":                     {"activation_10008_not_synced", doctor.Terminal, func(c *doctor.Chart) { early(c, "P3MIX-1", 40*time.Second, time.Hour) }},
		"a wrong code is no server error":        {"activation_10008_not_synced", doctor.Terminal, wrongCode},
		"it got its key after the telemetry":     {"ipek_missing", doctor.Terminal, keyedSince},
		"a declined card had its key":            {"ipek_missing", doctor.Order, declined},
		"may, and was refused before":            {"no_permission_devices_menu", doctor.Key, mayNow},
		"orders came through since":              {"wrong_api_key", doctor.Terminal, func(c *doctor.Chart) { unknownKey(c); c.Recent = []kassa.Order{{CreatedAt: ago(time.Second)}} }},
		"another program is not older":           {"firmware_outdated", doctor.Terminal, func(c *doctor.Chart) { c.Fleet.Software = "other-terminal 9.0" }},
		"developer mode does not bar test":       {"developer_mode", doctor.Order, func(c *doctor.Chart) { unshown(c); c.Terminal.Developer = true }},
		"an alarm that was cleared":              {"tampered", doctor.Terminal, clearedAlarm},
		"an alarm after the order":               {"tampered", doctor.Order, stoppedAndOpened},
		"a second alarm a year later":            {"tamper_sensor_damaged", doctor.Terminal, yearLater},
		"paper is low, and there":                {"does_not_print", doctor.Terminal, func(c *doctor.Chart) { c.Telemetry.Printer = "PaperLow" }},
		"no printer, and nobody waits for paper": {"no_printer", doctor.Terminal, func(c *doctor.Chart) { c.Telemetry.Printer = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			c := doctortest.Healthy(v.of)
			v.make(c)
			d := book.Examine(c)
			for _, f := range slices.Concat(d.Findings, d.Hidden) {
				if f.Code == v.code {
					t.Errorf("found with %+v", f.Evidence)
				}
			}
		})
	}
}

func oldLosses(c *doctor.Chart) {
	for i := range uint64(5) {
		up(c, poiid, i+1, 30*time.Hour-time.Duration(i)*time.Minute)
		down(c, poiid, i+1, 30*time.Hour-time.Duration(i)*time.Minute-30*time.Second, "connection lost")
	}
	up(c, poiid, 6, 29*time.Hour)
}

func cloneSwaps(c *doctor.Chart) {
	for i := range uint64(6) {
		up(c, poiid, i+1, time.Duration(20-2*i)*time.Minute)
		if i > 0 {
			down(c, poiid, i, time.Duration(20-2*i)*time.Minute, "replaced")
		}
	}
	doctortest.Add(c, "links/1", "CloneSuspected", time.Minute, estate.CloneSuspected{POIID: poiid, Epoch: 6, OlderEpoch: 5})
}

func shutDown(c *doctor.Chart) {
	down(c, c.Terminal.POIID, 1, 2*time.Minute, "closed by the terminal: shutdown")
	c.Reach = &doctor.Link{State: "offline", Reason: "shut_down", Since: ago(2 * time.Minute)}
}

func routerGone(c *doctor.Chart) {
	smartpad(c, "ethernet")
	gone(c, 2*time.Minute)
	c.Fleet.SameAddress, c.Fleet.SameAddressOffline = 3, 3
}

func yesterday(c *doctor.Chart) {
	up(c, poiid, 1, 80*time.Hour)
	for i := range 3 {
		down(c, poiid, uint64(i+1), time.Duration(75-24*i)*time.Hour, "closed by the terminal: restart")
		up(c, poiid, uint64(i+2), time.Duration(75-24*i)*time.Hour-time.Minute)
	}
}

func longOutage(c *doctor.Chart) {
	unshown(c)
	up(c, poiid, 1, 72*time.Hour)
	for i := range 3 {
		at := time.Duration(2-i)*24*time.Hour + 30*time.Minute
		down(c, poiid, uint64(i+1), at, "connection lost")
		up(c, poiid, uint64(i+2), at-29*time.Minute-30*time.Second)
	}
}

func charging(c *doctor.Chart) {
	telemetry(c, time.Hour, func(t *doctor.Telemetry) { t.Battery, t.Charging = new(5), true })
	telemetry(c, time.Minute, func(t *doctor.Telemetry) { t.Battery, t.Charging = new(12), true })
}

func wrongCode(c *doctor.Chart) {
	unbound(c)
	up(c, poiid, 1, time.Minute)
	doctortest.Add(c, "device/"+poiid, "ActivationRefused", 20*time.Second, estate.ActivationRefused{POIID: poiid, Reason: estate.RefusedWrongCode})
}

func keyedSince(c *doctor.Chart) {
	telemetry(c, time.Hour, func(t *doctor.Telemetry) { t.IKID, t.KCV = "", "" })
	doctortest.Add(c, "device/"+poiid, "KeysConfirmed", time.Minute, estate.KeysConfirmed{POIID: poiid, IKID: "FF00000000000001"})
}

func declined(c *doctor.Chart) {
	c.Order.Status, c.Order.End = kassa.Cancelled, kassa.CancelledAtPOI
	telemetry(c, 2*time.Minute, func(t *doctor.Telemetry) { t.IKID = "" })
}

func mayNow(c *doctor.Chart) {
	doctortest.Add(c, "calls/refused", doctor.CallRefused, time.Minute, doctor.Call{Key: c.Key.ID, Route: "POST /api/v1/terminals", Reason: "forbidden", Status: 403})
}

func clearedAlarm(c *doctor.Chart) {
	device, told := *c.Device, *c.Telemetry
	alarm(c, 48*time.Hour)
	doctortest.Add(c, "device/"+poiid, "TamperCleared", 24*time.Hour, estate.TamperCleared{POIID: poiid})
	c.Tampered, c.Device = false, &device
	c.Telemetry = &told
}

func stoppedAndOpened(c *doctor.Chart) {
	c.Order.Status, c.Order.End = kassa.Cancelled, kassa.CancelledAtPOI
	alarm(c, 10*time.Second)
}

func yearLater(c *doctor.Chart) {
	alarm(c, 400*24*time.Hour)
	doctortest.Add(c, "device/"+poiid, "TamperCleared", 399*24*time.Hour, estate.TamperCleared{POIID: poiid})
	alarm(c, time.Hour)
}

// The nearer cause is the headline, and what it explains is not blamed beside it.
func TestTerminalRulesExplain(t *testing.T) {
	book, err := doctor.NewBook(multisafepay.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct {
		first, hidden string
		make          func(*doctor.Chart)
	}{
		"the alarm erased the keys":          {"tampered", "ipek_missing", func(c *doctor.Chart) { alarm(c, time.Hour) }},
		"the sensor raises the alarm":        {"tamper_sensor_damaged", "tampered", yearLaterButSoon},
		"the activation came before the key": {"activation_10008_not_synced", "ipek_missing", func(c *doctor.Chart) { early(c, "P3MIX-100000001", 40*time.Second, time.Minute) }},
		"without a network no activation": {"never_on_network", "not_onboarded", func(c *doctor.Chart) {
			unbound(c)
			c.Device.PublicKey = nil
			c.Reach = &doctor.Link{State: "offline", Reason: "never_connected"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := doctortest.Healthy(doctor.Terminal)
			v.make(c)
			d := book.Examine(c)
			if len(d.Findings) == 0 || d.Findings[0].Code != v.first {
				t.Errorf("first %+v", d.Findings)
			}
			if !slices.ContainsFunc(d.Hidden, func(f doctor.Finding) bool { return f.Code == v.hidden }) {
				t.Errorf("hidden %+v", d.Hidden)
			}
		})
	}
}

func yearLaterButSoon(c *doctor.Chart) {
	alarm(c, 48*time.Hour)
	doctortest.Add(c, "device/"+poiid, "TamperCleared", 24*time.Hour, estate.TamperCleared{POIID: poiid})
	alarm(c, time.Hour)
}
