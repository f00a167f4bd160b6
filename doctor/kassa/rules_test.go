package kassa_test

import (
	"encoding/json"
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/doctortest"
	rules "kassa/doctor/kassa"
	"kassa/estate"
)

func TestRules(t *testing.T) {
	var cases []doctortest.Case
	for _, list := range [][]doctortest.Case{terminals(), keys(), calls(), orders(), installations()} {
		cases = append(cases, list...)
	}
	doctortest.Run(t, rules.Rules(), cases)
}

// off ends the terminal's link for a reason.
func off(c *doctor.Chart, ago time.Duration, reason string) {
	c.Reach.State, c.Reach.Linked, c.Reach.Since = "offline", false, doctortest.Now().Add(-ago)
	doctortest.Add(c, "links/1", "LinkUp", 3*time.Hour, estate.LinkUp{POIID: "P2-100000001", Epoch: 1})
	doctortest.Add(c, "links/1", "LinkDown", ago, estate.LinkDown{POIID: "P2-100000001", Epoch: 1, Reason: reason})
}

// waits makes the order one that no screen has shown.
func waits(c *doctor.Chart) {
	c.Order.Status, c.Order.ShownAt, c.Order.EndedAt, c.Order.Attempts = kassa.Offered, time.Time{}, time.Time{}, nil
}

func ends(why kassa.Reason) func(*doctor.Chart) {
	return func(c *doctor.Chart) {
		c.Order.Status, c.Order.End, c.Order.Attempts = kassa.Cancelled, why, nil
		doctortest.Add(c, "order/"+c.Order.ID(), "OrderCancelled", 50*time.Second, kassa.OrderCancelled{Reason: why})
	}
}

func terminals() []doctortest.Case {
	return []doctortest.Case{
		{Code: "terminal_powered_off", Spoil: func(c *doctor.Chart) { off(c, 20*time.Minute, "closed by the terminal: shutdown") }},
		{Code: "terminal_powered_off", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			waits(c)
			off(c, 20*time.Minute, "closed by the terminal: shutdown")
		}},
		{Code: "terminal_powered_off", Name: "-restart", Spoil: func(c *doctor.Chart) { off(c, 20*time.Minute, "closed by the terminal: restart") }},
		{Code: "terminal_barred", Spoil: func(c *doctor.Chart) {
			c.Terminal.Blocked = &estate.Block{At: doctortest.Now().Add(-time.Hour), By: "Anna", Why: "stolen"}
			doctortest.Add(c, "terminal/00000ABC", "TerminalBlocked", time.Hour, estate.TerminalBlocked{TID: "00000ABC", By: "Anna", Why: "stolen"})
		}},
		{Code: "terminal_barred", Name: "-shop", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			waits(c)
			c.Terminal.ShopStatus = estate.ShopClosed
		}},
		{Code: "setting_refused", Spoil: func(c *doctor.Chart) {
			c.Settings["receipts.printer"] = doctor.Setting{Value: json.RawMessage(`"external"`), Refused: "this model has no port for one"}
			doctortest.Add(c, "settings/terminal", "SettingsReported", time.Minute, estate.SettingsReported{TID: "00000ABC", Version: 4, Refused: map[string]string{"receipts.printer": "no"}})
		}},
		{Code: "setting_pending", Spoil: func(c *doctor.Chart) {
			c.Settings["device.cloudMode"] = doctor.Setting{Value: json.RawMessage("true"), Reported: json.RawMessage("false")}
			doctortest.Add(c, "settings/terminal", "SettingsChanged", time.Minute, estate.SettingsChanged{})
		}},
		{Code: "card_reader_out", Spoil: func(c *doctor.Chart) { c.Telemetry.CardReader = false }},
		{Code: "card_reader_out", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			c.Telemetry.CardReader = false
			ends(kassa.Inactive)(c)
		}},
	}
}

// call adds a refused call.
func call(c *doctor.Chart, call doctor.Call) {
	call.At, call.Dialect, call.From = doctortest.Now().Add(-30*time.Second), "multisafepay", "198.51.100.4"
	if call.Route == "" {
		call.Route = "POST orders"
	}
	doctortest.Add(c, "calls/refused", doctor.CallRefused, 30*time.Second, call)
}

func keys() []doctortest.Case {
	ours := doctor.Call{Key: "key_test_1", Hint: "9f3a", Account: "10000001", Status: 401, ErrorCode: 1032, ErrorInfo: "Invalid API key"}
	refused := func(reason string) doctor.Call {
		ours.Reason = reason
		return ours
	}
	return []doctortest.Case{
		{Code: "key_of_other_environment", Spoil: func(c *doctor.Chart) {
			c.Key = &doctor.KeyFacts{Hint: "77c1", Problem: "other_environment"}
			call(c, doctor.Call{Hint: "77c1", Status: 401, Reason: "other_environment"})
		}},
		{Code: "key_revoked", Spoil: func(c *doctor.Chart) {
			c.Key.Problem, c.Key.Revoked = "revoked", doctortest.Now().Add(-time.Hour)
			doctortest.Add(c, "key/1", "KeyRevoked", time.Hour, estate.KeyRevoked{ID: "key_test_1", By: "Anna"})
			call(c, refused("key_revoked"))
		}},
		{Code: "key_expired", Spoil: func(c *doctor.Chart) {
			c.Key.Problem, c.Key.Expires = "expired", doctortest.Now().Add(-time.Hour)
			call(c, refused("key_expired"))
		}},
		{Code: "key_network", Spoil: func(c *doctor.Chart) {
			c.Key.Networks = []string{"192.0.2.0/24"}
			call(c, refused("key_network"))
		}},
		{Code: "key_may_not", Spoil: func(c *doctor.Chart) {
			c.Key.Role = estate.RoleCashier
			call(c, refused("forbidden"))
		}},
		{Code: "terminal_unknown", Spoil: func(c *doctor.Chart) {
			ours.TerminalID = "00000XYZ"
			call(c, refused(string(kassa.TerminalUnknown)))
		}},
		{Code: "wrong_group_key", Spoil: func(c *doctor.Chart) {
			ours.TerminalID = "00000ABC"
			call(c, refused(string(kassa.TerminalOtherGroup)))
		}},
	}
}

func calls() []doctortest.Case {
	return []doctortest.Case{
		{Code: "duplicate_reference", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			call(c, doctor.Call{Key: "key_test_1", Hint: "9f3a", OrderID: "order-1", Status: 404, ErrorCode: 1006, Reason: string(kassa.DuplicateOrder)})
		}},
	}
}

func orders() []doctortest.Case {
	never := func(reason kassa.Reason) func(*doctor.Chart) {
		return func(c *doctor.Chart) {
			auth := c.Order.Attempts[0].Last()
			auth.State, auth.Reason, auth.ResponseCode = kassa.HostNotSent, reason, ""
			c.Order.Attempts[0].Status, c.Order.Status, c.Order.End = kassa.AttemptDeclined, kassa.Cancelled, kassa.CancelledBySale
			doctortest.Add(c, "order/"+c.Order.ID(), "AuthorisationNotSent", 55*time.Second, kassa.AuthorisationNotSent{Request: 1, Reason: reason})
		}
	}
	held := func(age time.Duration, closed kassa.Reason) func(*doctor.Chart) {
		return func(c *doctor.Chart) {
			c.Order.Capture, c.Order.EndedAt = kassa.CaptureLater, doctortest.Now().Add(-age)
			c.Order.Hold = &kassa.Hold{Expires: doctortest.Now().Add(48 * time.Hour), Closed: closed}
			if closed != kassa.None {
				c.Order.Hold.ClosedAt = doctortest.Now().Add(-time.Minute)
				doctortest.Add(c, "order/"+c.Order.ID(), "HoldClosed", time.Minute, kassa.HoldClosed{Reason: closed})
			}
		}
	}
	return []doctortest.Case{
		{Code: "key_replay", Spoil: never(kassa.KeyReplay)},
		{Code: "card_data_unreadable", Spoil: func(c *doctor.Chart) {
			never(kassa.CardDataUnreadable)(c)
			c.Telemetry.IKID = "FF00000000000002"
			c.Telemetry.At = c.Order.CreatedAt
		}},
		{Code: "keys_used_up", Spoil: ends(kassa.POIUnable)},
		{Code: "stopped_at_terminal", Spoil: ends(kassa.CancelledAtPOI)},
		{Code: "hold_not_closed", Spoil: held(30*time.Hour, kassa.None)},
		{Code: "hold_expired", Spoil: held(30*time.Hour, kassa.HoldExpired)},
	}
}

func installations() []doctortest.Case {
	return []doctortest.Case{
		{Code: "deliveries_parked", Spoil: func(c *doctor.Chart) {
			c.Hooks[0].Parked = 37
			doctortest.Add(c, "webhook/1", doctor.WebhookParked, time.Hour, doctor.TryReport{ID: "1", URL: c.Hooks[0].URL, Tries: 15})
		}},
		{Code: "terminals_offline", Spoil: func(c *doctor.Chart) {
			c.Fleet.Offline = 2
			off(c, 2*time.Hour, "connection lost")
		}},
	}
}

// TestCausesThatPassed: what is over, or somebody else's, is no cause.
func TestCausesThatPassed(t *testing.T) {
	book, err := doctor.NewBook(rules.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		of    doctor.Kind
		spoil func(*doctor.Chart)
	}{
		"switched on again": {doctor.Terminal, func(c *doctor.Chart) {
			off(c, 20*time.Minute, "closed by the terminal: shutdown")
			doctortest.Add(c, "links/1", "LinkUp", time.Minute, estate.LinkUp{POIID: "P2-100000001", Epoch: 2})
			c.Reach.State, c.Reach.Linked = "online", true
		}},
		"another device": {doctor.Terminal, func(c *doctor.Chart) {
			doctortest.Add(c, "links/1", "LinkDown", time.Minute, estate.LinkDown{POIID: "P2-2", Epoch: 1, Reason: "closed by the terminal: shutdown"})
		}},
		"another key": {doctor.Key, func(c *doctor.Chart) {
			call(c, doctor.Call{Key: "key_test_2", Reason: "forbidden", Status: 403})
		}},
		"yesterday's call": {doctor.Key, func(c *doctor.Chart) {
			yesterday := doctortest.Now().Add(-30 * time.Hour)
			doctortest.Add(c, "calls/refused", doctor.CallRefused, 30*time.Hour, doctor.Call{At: yesterday, Key: "key_test_1", Reason: "terminal_unknown"})
		}},
		"blocked after the order": {doctor.Order, func(c *doctor.Chart) {
			ends(kassa.Inactive)(c)
			c.Terminal.Blocked = &estate.Block{At: doctortest.Now()}
		}},
		"a change that was made just now": {doctor.Terminal, func(c *doctor.Chart) {
			c.Settings["device.cloudMode"] = doctor.Setting{Value: json.RawMessage("true"), Reported: json.RawMessage("false")}
			doctortest.Add(c, "settings/terminal", "SettingsChanged", time.Second, estate.SettingsChanged{})
		}},
	} {
		chart := doctortest.Healthy(c.of)
		c.spoil(chart)
		if d := book.Examine(chart); len(d.Findings) != 0 {
			t.Errorf("%s: %s %+v", name, d.Findings[0].Code, d.Findings[0].Evidence)
		}
	}
}
