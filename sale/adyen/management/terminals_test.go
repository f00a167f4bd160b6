package management_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	"kassa/sale/adyen/management"
)

func (a answer) ids(t *testing.T) string {
	t.Helper()
	var ids []any
	for _, v := range a.body["data"].([]any) {
		ids = append(ids, v.(map[string]any)["id"])
	}
	return fmt.Sprint(ids)
}

func TestListTerminals(t *testing.T) {
	w := newWorld(t)
	list := func(key, query string) string {
		t.Helper()
		return w.good(key, "GET", "/v3/terminals"+query, nil).ids(t)
	}
	mine := fmt.Sprint([]string{poiTwo, poiSpare, poiOne})
	for _, of := range []struct{ key, query, want string }{
		{w.admin, "", mine},
		{w.operator, "", fmt.Sprint([]string{poiTwo, poiSpare, poiOne, poiOther})},
		{w.group, "", "[" + poiTwo + "]"},
		{w.admin, "?merchantIds=BakkerijZon", mine},
		{w.admin, "?storeIds=" + w.shop, "[" + poiOne + "]"},
		{w.admin, "?storeIds=" + url.QueryEscape(w.shop+", "+w.shop2), "[" + poiOne + "]"},
		{w.operator, "?merchantIds=BakkerijZon,Slager&countries=NL", fmt.Sprint([]string{poiTwo, poiOne, poiOther})},
		{w.admin, "?countries=BE", "[]"},
		{w.admin, "?brandModels=Castles.S1F2L,Verifone.P400Plus", fmt.Sprint([]string{poiSpare, poiOne})},
		{w.admin, "?brandModels=s1f2l", "[" + poiOne + "]"},
		{w.admin, "?searchQuery=1582151&countries=BE", "[" + poiOne + "]"},
		{w.admin, "?searchQuery=s1f2l-0001", "[" + poiOne + "]"},
		{w.admin, "?searchQuery=" + poiOther, "[]"},
		{w.admin, "?otpQuery=123456", "[]"},
		{w.admin, "?somethingNew=1", mine},
	} {
		if got := list(of.key, of.query); got != of.want {
			t.Errorf("%s lists %s, want %s", of.query, got, of.want)
		}
	}
	for _, query := range []string{"?merchantIds=Slager", "?merchantIds=BakkerijZon,Slager", "?storeIds=" + w.otherShop, "?storeIds=ST1"} {
		w.bad(w.admin, "GET", "/v3/terminals"+query, nil, 403, "00_403")
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	first := w.good(w.operator, "GET", "/v3/terminals?pageSize=3&countries=", nil)
	first.is(t, "itemsTotal", "4")
	first.is(t, "pagesTotal", "2")
	first.is(t, "_links", `{"first":{"href":"https://kassa.example.com/v3/terminals?countries=&pageNumber=1&pageSize=3"},
		"last":{"href":"https://kassa.example.com/v3/terminals?countries=&pageNumber=2&pageSize=3"},
		"next":{"href":"https://kassa.example.com/v3/terminals?countries=&pageNumber=2&pageSize=3"},
		"self":{"href":"https://kassa.example.com/v3/terminals?countries=&pageNumber=1&pageSize=3"}}`)
	second := w.good(w.operator, "GET", "/v3/terminals?pageSize=3&pageNumber=2", nil)
	if got := second.ids(t); got != "["+poiOther+"]" {
		t.Errorf("page 2 is %s", got)
	}
	second.is(t, "_links.prev.href", `"https://kassa.example.com/v3/terminals?pageNumber=1&pageSize=3"`)
	second.is(t, "_links.next", "null")
	beyond := w.good(w.operator, "GET", "/v3/terminals?pageSize=3&pageNumber=9", nil)
	beyond.is(t, "data", "[]")
	beyond.is(t, "itemsTotal", "4")
	for _, query := range []string{"pageSize=0", "pageSize=101", "pageSize=x", "pageNumber=0", "pageNumber=-1", "pageNumber=99999999999999999999", "pageSize=1&pageSize=2"} {
		w.bad(w.operator, "GET", "/v3/terminals?"+query, nil, 400, "00_400")
	}
}

func TestTerminalObject(t *testing.T) {
	w := newWorld(t)
	battery := 40
	w.links.set("0000AAA1", live(w.now()))
	w.links.report["0000AAA1"] = management.Report{Firmware: "Kassa_OS 1.89.4", Battery: &battery, Network: "wifi", Address: "192.168.0.7", Name: "shop"}
	show := func(poiid string) answer {
		t.Helper()
		return w.good(w.admin, "GET", "/v3/terminals?searchQuery="+poiid, nil)
	}
	one := show(poiOne)
	for path, want := range map[string]string{
		"data.0.id": `"S1F2L-000158215131748"`, "data.0.model": `"S1F2L"`, "data.0.serialNumber": `"000158215131748"`,
		"data.0.firmwareVersion": `"Kassa_OS 1.89.4"`, "data.0.countryCode": `"NL"`, "data.0.lastActivityAt": `"2026-11-25T08:59:57Z"`,
		"data.0.cloudDeviceApiEndpoint": `"https://kassa.example.com/v1"`, "data.0.restartLocalTime": `"06:00"`,
		"data.0.connectivity": `{"wifi":{"ipAddress":"192.168.0.7","ssid":"shop"}}`,
		"data.0.assignment":   `{"companyId":"Zon","merchantId":"BakkerijZon","storeId":"` + w.shop + `","status":"deployed"}`,
		"data.0.kassa.tid":    `"0000AAA1"`, "data.0.kassa.battery": "40", "data.0.kassa.mayPay": "true", "data.0.kassa.connection.state": `"online"`,
		"data.0.kassa.settingsPending": "true",
	} {
		one.is(t, path, want)
	}
	// Boarded, once it has said that it has its settings.
	version, values := w.estate.Desired("0000AAA1")
	must(t, w.estate.Applied(w.now(), "0000AAA1", version, values, nil))
	one = show(poiOne)
	one.is(t, "data.0.assignment.status", `"boarded"`)
	one.is(t, "data.0.kassa.settingsPending", "false")

	spare := show(poiSpare)
	spare.is(t, "data.0.assignment", `{"companyId":"Zon","merchantId":"BakkerijZon","status":"inventory"}`)
	spare.is(t, "data.0.lastActivityAt", "null")
	spare.is(t, "data.0.kassa.life", `"boarded"`)
}

func TestReassign(t *testing.T) {
	w := newWorld(t)
	version, values := w.estate.Desired("0000AAA1")
	must(t, w.estate.Applied(w.now(), "0000AAA1", version, values, nil))
	move := func(key, poiid string, body any) answer {
		t.Helper()
		return w.do(key, "POST", "/v3/terminals/"+poiid+"/reassign", body)
	}
	moved := func(key, poiid string, body any) {
		t.Helper()
		if a := move(key, poiid, body); a.status != 200 || a.raw != "" {
			t.Fatalf("reassign to %v: %d %s", body, a.status, a.raw)
		}
	}
	assigned := func(poiid, want string) {
		t.Helper()
		w.good(w.operator, "GET", "/v3/terminals?searchQuery="+poiid, nil).is(t, "data.0.assignment", want)
	}
	moved(w.admin, poiOne, map[string]any{"storeId": w.shop2})
	target := `{"companyId":"Zon","merchantId":"BakkerijZon","storeId":"` + w.shop2 + `","inventory":false}`
	assigned(poiOne, `{"companyId":"Zon","merchantId":"BakkerijZon","storeId":"`+w.shop2+`","status":"reassignmentInProgress","reassignmentTarget":`+target+`}`)
	version, values = w.estate.Desired("0000AAA1")
	must(t, w.estate.Applied(w.now(), "0000AAA1", version, values, nil))
	assigned(poiOne, `{"companyId":"Zon","merchantId":"BakkerijZon","storeId":"`+w.shop2+`","status":"boarded"}`)

	moved(w.admin, poiOne, map[string]any{"merchantId": "BakkerijZon", "inventory": true})
	w.restart()
	assigned(poiOne, `{"companyId":"Zon","merchantId":"BakkerijZon","status":"inventory"}`)
	if term, _ := w.estate.Terminal("0000AAA1"); mayPay(term) {
		t.Error("a terminal in the inventory may take payments")
	}
	moved(w.admin, poiOne, map[string]any{"merchantId": "BakkerijZon", "inventory": false})
	if term, _ := w.estate.Terminal("0000AAA1"); !mayPay(term) || term.Shop != "" {
		t.Errorf("back from the inventory: %+v", term)
	}
	// The account cannot give a device away; the operator's company takes it back, and it forgets who it was.
	moved(w.admin, poiTwo, map[string]any{"companyId": "Zon"})
	assigned(poiTwo, `{"companyId":"Zon","merchantId":"BakkerijZon","status":"inventory"}`)
	moved(w.operator, poiTwo, map[string]any{"companyId": "Zon"})
	w.restart()
	assigned(poiTwo, `{"companyId":"Kassa","status":"inventory"}`)
	if got := w.good(w.admin, "GET", "/v3/terminals?searchQuery="+poiTwo, nil).ids(t); got != "[]" {
		t.Errorf("the account sees the operator's stock: %s", got)
	}
	moved(w.operator, poiTwo, map[string]any{"merchantId": "Slager", "inventory": true})
	assigned(poiTwo, `{"companyId":"Rund","merchantId":"Slager","status":"inventory"}`)
}

func mayPay(t estate.Terminal) bool {
	may, _ := t.May()
	return may
}

func TestReassignIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, of := range []struct {
		key, poiid string
		body       any
		status     int
		code       string
	}{
		{w.admin, poiOther, map[string]any{"storeId": w.shop}, 403, "00_403"},
		{w.admin, "V400m-1", map[string]any{"storeId": w.shop}, 403, "00_403"},
		{w.admin, poiOne, map[string]any{"storeId": w.otherShop}, 403, "00_403"},
		{w.admin, poiOne, map[string]any{"storeId": "ST1"}, 403, "00_403"},
		{w.admin, poiOne, map[string]any{"merchantId": "Slager", "inventory": true}, 403, "00_403"},
		{w.admin, poiOne, map[string]any{"companyId": "Rund"}, 403, "00_403"},
		{w.group, poiTwo, map[string]any{"storeId": w.shop}, 403, "00_403"},
		{w.admin, poiOne, map[string]any{"merchantId": "BakkerijZon"}, 422, "00_422"},
		{w.admin, poiOne, map[string]any{}, 422, "00_422"},
		{w.admin, poiOne, map[string]any{"storeId": w.shop, "companyId": "Zon"}, 422, "00_422"},
		{w.admin, poiSpare, map[string]any{"storeId": w.shop}, 422, "00_422"},
		{w.operator, poiOne, map[string]any{"storeId": w.otherShop}, 422, "00_422"},
		{w.admin, poiOne, `{"storeId":1}`, 400, "00_400"},
	} {
		before := fmt.Sprint(w.estate.Terminal("0000AAA1"))
		w.bad(of.key, "POST", "/v3/terminals/"+of.poiid+"/reassign", of.body, of.status, of.code)
		if after := fmt.Sprint(w.estate.Terminal("0000AAA1")); after != before {
			t.Errorf("%v changed the terminal:\n%s\n%s", of.body, before, after)
		}
	}
	cashier := w.key(estate.NewKey{Account: "1", Role: estate.RoleCashier})
	w.bad(cashier, "POST", "/v3/terminals/"+poiOne+"/reassign", map[string]any{"storeId": w.shop2}, 403, "00_403")
}

func TestScheduleActions(t *testing.T) {
	w := newWorld(t)
	w.links.set("0000AAA1", live(w.now()))
	a := w.good(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": map[string]any{"type": "ForceReboot"}, "scheduledAt": "", "storeId": w.shop, "terminalIds": []string{poiOne},
	})
	a.is(t, "actionDetails", `{"type":"ForceReboot"}`)
	a.is(t, "items.0.terminalId", `"S1F2L-000158215131748"`)
	a.is(t, "terminalsWithErrors", "{}")
	a.is(t, "totalScheduled", "1")
	a.is(t, "totalErrors", "0")
	id := a.body["items"].([]any)[0].(map[string]any)["id"].(string)
	done := w.action(id, "successful")
	done.is(t, "actionType", `"ForceReboot"`)
	done.is(t, "config", `"{\"type\":\"ForceReboot\"}"`)
	done.is(t, "terminalId", `"S1F2L-000158215131748"`)
	if got := fmt.Sprint(w.links.told()); got != "[0000AAA1 "+id+"]" {
		t.Errorf("told %s", got)
	}

	w.pass(time.Second)
	// One that is off waits, also over a restart, and is told when it is there.
	a = w.good(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiTwo},
	})
	late := a.body["items"].([]any)[0].(map[string]any)["id"].(string)
	w.restart()
	w.good(w.admin, "GET", "/v3/companies/Zon/terminalActions/"+late, nil).is(t, "status", `"pending"`)
	w.links.set("0000AAA2", live(w.now()))
	w.action(late, "successful")

	w.pass(time.Second)
	// One for later waits for its time.
	a = w.good(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiTwo}, "scheduledAt": "2026-11-25T10:00:00-0100",
	})
	third := a.body["items"].([]any)[0].(map[string]any)["id"].(string)
	w.good(w.admin, "GET", "/v3/companies/Zon/terminalActions/"+third, nil).is(t, "scheduledAt", `"2026-11-25T11:00:00Z"`)
	w.pass(2*time.Hour - 3*time.Second)
	if told := len(w.links.told()); told != 2 {
		t.Errorf("%d were told before the time", told)
	}
	w.pass(time.Second)
	w.action(third, "successful")

	list := w.good(w.admin, "GET", "/v3/companies/Zon/terminalActions?status=successful&type=ForceReboot", nil)
	if got := list.ids(t); got != fmt.Sprint([]string{third, late, id}) {
		t.Errorf("the list is %s", got)
	}
	w.good(w.admin, "GET", "/v3/companies/Zon/terminalActions?status=pending", nil).is(t, "itemsTotal", "0")
	w.bad(w.other, "GET", "/v3/companies/Zon/terminalActions", nil, 403, "00_403")
	w.good(w.other, "GET", "/v3/companies/Rund/terminalActions", nil).is(t, "data", "[]")
	w.bad(w.other, "GET", "/v3/companies/Rund/terminalActions/"+id, nil, 403, "00_403")
}

// action waits until an action has a status.
func (w *world) action(id, status string) (a answer) {
	w.t.Helper()
	w.until("the action "+id+" is "+status, func() bool {
		a = w.good(w.admin, "GET", "/v3/companies/Zon/terminalActions/"+id, nil)
		return a.body["status"] == status
	})
	return a
}

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	deadline := time.Now().Add(20 * time.Second)
	for ; !holds(); <-look.C {
		if time.Now().After(deadline) {
			w.t.Fatalf("not so: %s", what)
		}
	}
}

func TestActionsThatKassaCannotDo(t *testing.T) {
	w := newWorld(t)
	for _, details := range []string{
		`{"type":"ReleaseUpdate","updateAtFirstMaintenanceCall":true}`, `{"type":"InstallAndroidApp","appId":"ANDA1"}`,
		`{"type":"UninstallAndroidCertificate","certificateId":"ANDC1"}`,
	} {
		a := w.good(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
			"actionDetails": json.RawMessage(details), "terminalIds": []string{poiOne},
		})
		id := a.body["items"].([]any)[0].(map[string]any)["id"].(string)
		w.action(id, "failed").is(t, "result", `"Kassa distributes no software, apps or certificates to terminals"`)
	}
	// A terminal that stays away, or is another one by then.
	a := w.good(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiOne, poiTwo},
	})
	first := a.body["items"].([]any)[0].(map[string]any)["id"].(string)
	second := a.body["items"].([]any)[1].(map[string]any)["id"].(string)
	_, err := w.estate.Unbind(w.now(), "0000AAA2", "test")
	must(t, err)
	w.action(second, "failed").is(t, "result", `"the device is not bound to its terminal any more"`)
	w.pass(25 * time.Hour)
	w.action(first, "failed").is(t, "result", `"the terminal could not be reached within 24 hours"`)
	// One that is told, again and again under the same id, and does not come back.
	w.links.set("0000AAA1", live(w.now()))
	w.links.stick()
	a = w.good(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": map[string]any{"type": "ForceReboot"}, "terminalIds": []string{poiOne},
	})
	third := a.body["items"].([]any)[0].(map[string]any)["id"].(string)
	w.until("it is told", func() bool { return len(w.links.told()) == 1 })
	w.restart()
	w.pass(time.Minute)
	w.until("it is told again", func() bool { return len(w.links.told()) >= 2 })
	if told := w.links.told(); told[0] != "0000AAA1 "+third || told[1] != told[0] {
		t.Errorf("told %s", told)
	}
	w.pass(10 * time.Minute)
	w.action(third, "failed").is(t, "result", `"the terminal was told to restart, and has not come back"`)
}

func TestScheduleActionsIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	reboot := map[string]any{"type": "ForceReboot"}
	many := make([]string, 101)
	for _, of := range []struct {
		body map[string]any
		code string
	}{
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{}}, "02_005"},
		{map[string]any{"actionDetails": reboot}, "02_005"},
		{map[string]any{"actionDetails": reboot, "terminalIds": many}, "02_005"},
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{poiOne, poiOther}}, "02_005"},
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{poiOne, "V400m-1"}}, "02_005"},
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{poiOne, poiOne}}, "02_005"},
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{poiOne, poiSpare}}, "02_005"},
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{poiOne, poiTwo}, "storeId": w.shop}, "02_005"},
		{map[string]any{"actionDetails": map[string]any{"type": "Explode"}, "terminalIds": []string{poiOne}}, "00_422"},
		{map[string]any{"actionDetails": map[string]any{"type": "InstallAndroidApp"}, "terminalIds": []string{poiOne}}, "00_422"},
		{map[string]any{"terminalIds": []string{poiOne}}, "00_422"},
		{map[string]any{"actionDetails": map[string]any{"type": "ForceReboot", "more": strings.Repeat("a", 3000)}, "terminalIds": []string{poiOne}}, "00_422"},
		{map[string]any{"actionDetails": reboot, "terminalIds": []string{poiOne}, "scheduledAt": "tomorrow"}, "00_422"},
	} {
		w.bad(w.admin, "POST", "/v3/terminals/scheduleActions", of.body, 422, of.code)
	}
	empty := w.bad(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{"actionDetails": reboot}, 422, "02_005")
	empty.is(t, "title", `"Terminal ID verification failed."`)
	empty.is(t, "detail", `"Terminal IDs are empty"`)
	empty.is(t, "type", `"https://docs.adyen.com/errors/unprocessable-entity"`)
	w.bad(w.admin, "POST", "/v3/terminals/scheduleActions", map[string]any{
		"actionDetails": reboot, "terminalIds": []string{poiOne}, "storeId": w.otherShop,
	}, 403, "00_403")
	w.good(w.operator, "GET", "/v3/companies/Zon/terminalActions", nil).is(t, "itemsTotal", "0")
}
