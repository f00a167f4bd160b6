package adyen_test

import (
	"encoding/json"
	"testing"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/adyen"
	"kassa/doctor/doctortest"
	"kassa/estate"
)

func TestRules(t *testing.T) {
	doctortest.Run(t, adyen.Rules(), append(append(links(), settings()...), calls()...))
}

const poiid = "P2-100000001"

func off(c *doctor.Chart, ago time.Duration, reason string) {
	c.Reach.State, c.Reach.Linked, c.Reach.Reason, c.Reach.Since = "offline", false, "link_lost", doctortest.Now().Add(-ago)
	doctortest.Add(c, "links/1", "LinkUp", 3*time.Hour, estate.LinkUp{POIID: poiid, Epoch: 1})
	doctortest.Add(c, "links/1", "LinkDown", ago, estate.LinkDown{POIID: poiid, Epoch: 1, Reason: reason})
}

func back(c *doctor.Chart, ago time.Duration) {
	doctortest.Add(c, "links/1", "LinkUp", ago, estate.LinkUp{POIID: poiid, Epoch: 2})
	c.Reach.State, c.Reach.Linked, c.Reach.Since = "online", true, doctortest.Now().Add(-ago)
}

// waits makes the order one that no screen has shown.
func waits(c *doctor.Chart) {
	c.Order.Status, c.Order.ShownAt, c.Order.EndedAt, c.Order.Attempts = kassa.Offered, time.Time{}, time.Time{}, nil
}

func links() []doctortest.Case {
	return []doctortest.Case{
		{Code: "list_status_stale", Spoil: func(c *doctor.Chart) { c.Reach.Seen = doctortest.Now().Add(-time.Minute) }},
		{Code: "list_status_stale", Name: "-offline", Spoil: func(c *doctor.Chart) { c.Reach.State, c.Reach.Linked, c.Reach.Reason = "unknown", false, "restarted" }},
		{Code: "websocket_column_hidden", Spoil: func(c *doctor.Chart) { c.Symptom = "There is no Websocket column" }},
		{Code: "connection_check_outdated", Spoil: func(c *doctor.Chart) {
			off(c, time.Minute, "connection lost")
			c.Probe, c.Symptom = nil, "Terminal is connected"
			c.Telemetry.Network = "wifi"
		}},
		{Code: "terminal_offline", Spoil: func(c *doctor.Chart) {
			off(c, 10*time.Minute, "no heartbeat")
			c.Telemetry.Network, c.Telemetry.At, c.Probe = "ethernet", doctortest.Now().Add(-time.Hour), nil
		}},
		{Code: "connected_list_empty", Spoil: func(c *doctor.Chart) { c.Fleet.Offline = c.Fleet.Terminals }},
		{Code: "list_status_stale", Name: "-symbol", Spoil: func(c *doctor.Chart) {
			off(c, 10*time.Minute, "no heartbeat")
			c.Probe, c.Symptom = nil, "There is a cloud symbol in the list"
		}},
		{Code: "cloud_icon_missing", Spoil: func(c *doctor.Chart) {
			off(c, 10*time.Minute, "no heartbeat")
			c.Probe, c.Symptom = nil, "no cloud icon"
		}},
		{Code: "terminal_silent", Spoil: func(c *doctor.Chart) { c.Reach.State, c.Reach.Reason, c.Probe = "stale", "silent", nil }},
		{Code: "terminal_silent", Name: "-probe", Spoil: func(c *doctor.Chart) { c.Probe = &doctor.Probe{At: doctortest.Now(), Failed: "no answer within 2 s"} }},
		{Code: "websocket_filtered", Spoil: func(c *doctor.Chart) {
			off(c, 10*time.Minute, "no heartbeat")
			back(c, time.Minute)
			told := *c.Telemetry
			told.LastFailure = &doctor.ConnectFailure{Step: "read", Times: 9, Since: doctortest.Now().Add(-9 * time.Minute), Detail: "no answer"}
			doctortest.Add(c, "telemetry/"+poiid, doctor.TelemetryReported, time.Minute, told)
		}},
	}
}

func settings() []doctortest.Case {
	set := func(c *doctor.Chart, name string) {
		c.Settings[name] = doctor.Setting{Value: json.RawMessage("false"), Origin: "terminal"}
		doctortest.Add(c, "settings/terminal", "SettingsChanged", time.Hour, estate.SettingsChanged{Set: map[string]json.RawMessage{name: json.RawMessage("false")}})
	}
	return []doctortest.Case{
		{Code: "cloud_connection_disabled", Spoil: func(c *doctor.Chart) {
			set(c, "cloud.webSocketEnabled")
			c.Reach.State, c.Reach.Reason = "offline", "not_enabled"
		}},
		{Code: "cloud_connection_disabled", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) { waits(c); set(c, "cloud.webSocketEnabled") }},
		{Code: "terminal_api_disabled", Spoil: func(c *doctor.Chart) { set(c, "cloud.apiEnabled") }},
		{Code: "websocket_setting_not_applied", Spoil: func(c *doctor.Chart) { c.Telemetry.WSEnabled = false }},
		{Code: "websocket_wish_undecided", Spoil: func(c *doctor.Chart) {
			wish := estate.Wish{ID: "WISHT1", TID: "00000ABC", Setting: "cloud.webSocketEnabled", Value: json.RawMessage("true"), By: "Anna"}
			doctortest.Add(c, "wish/WISHT1", "SettingWished", time.Hour, estate.SettingWished{Wish: wish})
		}},
	}
}

// call adds a refused call.
func call(c *doctor.Chart, ago time.Duration, call doctor.Call) {
	call.At, call.Dialect, call.Key = doctortest.Now().Add(-ago), "adyen", "key_test_1"
	if call.Route == "" {
		call.Route = "POST sync Payment"
	}
	doctortest.Add(c, "calls/refused", doctor.CallRefused, ago, call)
}

func calls() []doctortest.Case {
	unreachable := doctor.Call{Status: 200, Reason: "poi_unreachable", TerminalID: poiid, ErrorInfo: "Failed to send message to POI. There may be a network issue"}
	silent := doctor.Call{Status: 200, Reason: "poi_no_answer", TerminalID: poiid, ErrorInfo: "Did not receive a response from the POI."}
	return []doctortest.Case{
		{Code: "terminal_of_other_merchant", Spoil: func(c *doctor.Chart) {
			call(c, time.Minute, doctor.Call{Route: "POST connectedTerminals", Status: 403, ErrorCode: 901, Reason: "merchant_unknown"})
		}},
		{Code: "terminal_was_off", Spoil: func(c *doctor.Chart) {
			off(c, 10*time.Minute, "closed by the terminal: shutdown")
			call(c, 5*time.Minute, unreachable)
			back(c, time.Minute)
		}},
		{Code: "send_failed", Spoil: func(c *doctor.Chart) { call(c, 5*time.Minute, unreachable) }},
		{Code: "no_response_from_poi", Spoil: func(c *doctor.Chart) { call(c, 5*time.Minute, silent) }},
		{Code: "no_response_from_poi", Name: "-order", Of: doctor.Order, Spoil: func(c *doctor.Chart) {
			silent.OrderID = c.Order.Ref
			c.Order.Status = kassa.Authorising
			call(c, 5*time.Minute, silent)
		}},
	}
}

// TestWhatIsOver: what has been mended, is another's, or was changed afterwards is no cause.
func TestWhatIsOver(t *testing.T) {
	book, err := doctor.NewBook(adyen.Rules())
	if err != nil {
		t.Fatal(err)
	}
	shown := func(c *doctor.Chart) {
		later := doctortest.Paid()
		c.Recent = []kassa.Order{later}
	}
	wish := estate.Wish{ID: "WISHT1", TID: "00000ABC", Setting: "cloud.webSocketEnabled"}
	for name, c := range map[string]struct {
		of    doctor.Kind
		spoil func(*doctor.Chart)
	}{
		"an order was shown since": {doctor.Terminal, func(c *doctor.Chart) {
			call(c, 5*time.Minute, doctor.Call{Status: 200, Reason: "poi_unreachable"})
			call(c, 5*time.Minute, doctor.Call{Status: 200, Reason: "poi_no_answer"})
			shown(c)
		}},
		"the outcome is known": {doctor.Terminal, func(c *doctor.Chart) {
			shown(c)
			call(c, 30*time.Second, doctor.Call{Status: 200, Reason: "poi_no_answer", OrderID: "order-1"})
		}},
		"switched off after the order": {doctor.Order, func(c *doctor.Chart) {
			waits(c)
			c.Order.Status, c.Order.EndedAt = kassa.Expired, doctortest.Now().Add(-30*time.Second)
			c.Settings["cloud.webSocketEnabled"] = doctor.Setting{Value: json.RawMessage("false")}
			doctortest.Add(c, "settings/terminal", "SettingsChanged", time.Second, estate.SettingsChanged{Set: map[string]json.RawMessage{"cloud.webSocketEnabled": json.RawMessage("false")}})
		}},
		"the wish was granted": {doctor.Terminal, func(c *doctor.Chart) {
			doctortest.Add(c, "wish/WISHT1", "SettingWished", time.Hour, estate.SettingWished{Wish: wish})
			doctortest.Add(c, "wish/WISHT1", "SettingWishDecided", time.Minute, estate.SettingWishDecided{Wish: wish})
		}},
		"another key": {doctor.Key, func(c *doctor.Chart) {
			doctortest.Add(c, "calls/refused", doctor.CallRefused, time.Minute, doctor.Call{At: doctortest.Now(), Key: "key_test_2", Dialect: "adyen", Reason: "merchant_unknown", Status: 503})
		}},
	} {
		chart := doctortest.Healthy(c.of)
		c.spoil(chart)
		if d := book.Examine(chart); len(d.Findings) != 0 {
			t.Errorf("%s: %s %+v", name, d.Findings[0].Code, d.Findings[0].Evidence)
		}
	}
}
