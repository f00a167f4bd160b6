package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/sale/native"
)

// jobs is a site with what the test of the jobs around devices asks of it.
type jobs struct {
	*site
	tid, poiid string
	whole      *site // of all parts of the test
}

// restart kills the cloud and starts it again.
func (j jobs) restart() {
	j.t.Helper()
	j.whole.cloud.kill()
	j.startCloud()
	j.whole.cloud = j.cloud
}

// ask calls the API, and reads what came back.
func (j jobs) ask(method, path string, want int, body any, into any) {
	j.t.Helper()
	text := []byte("{}")
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			j.t.Fatal(err)
		}
	}
	if method == "GET" {
		text = nil
	}
	status, raw := j.ownAPI(method, path, string(text))
	if status != want {
		j.t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			j.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
}

func (j jobs) device() (d native.Device) {
	j.t.Helper()
	j.ask("GET", "devices/"+j.poiid, 200, nil, &d)
	return d
}

// sim does something at the virtual terminal.
func (j jobs) sim(what string, body any) {
	j.t.Helper()
	resp, err := j.simCall("POST", "terminals/"+j.poiid+"/"+what, body)
	if err != nil {
		j.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var text bytes.Buffer
		_, _ = text.ReadFrom(resp.Body)
		j.t.Fatalf("%s %v: %s %s", what, body, resp.Status, text.String())
	}
}

func (j jobs) touch(items ...string) {
	j.t.Helper()
	for _, id := range items {
		j.sim("menu", map[string]string{"touch": id})
	}
}

// typed types digits and OK.
func (j jobs) typed(digits string) {
	j.t.Helper()
	for _, d := range digits {
		j.sim("keys", map[string]string{"key": string(d)})
	}
	j.sim("keys", map[string]string{"key": "ok"})
}

// page is which of its pages the terminal shows, and what is wrong there.
func (j jobs) page() (page, problem string) {
	j.t.Helper()
	var s struct {
		Screen struct{ Page, Error string }
	}
	j.simJSON("terminals/"+j.poiid+"/state", &s)
	return s.Screen.Page, s.Screen.Error
}

func screenPicture(t testing.TB) string {
	t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 400, 300))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw.Bytes())
}

// TestDeviceJobs goes through the jobs around devices over real links: an alarm that is unlocked, keys that are asked
// for, developer mode, and a return whose replacement takes the place.
func TestDeviceJobs(t *testing.T) {
	s := newSite(t, 3, "--heartbeat", "500ms")
	s.start("")
	first := jobs{s, s.facts.Terminals[0].TID, s.facts.Terminals[0].POIID, s}
	t.Run("tamper", func(t *testing.T) { first.with(t).playAlarm() })
	t.Run("keys", func(t *testing.T) { first.with(t).playKeys() })
	second := jobs{s, s.facts.Terminals[1].TID, s.facts.Terminals[1].POIID, s}
	t.Run("developer", func(t *testing.T) { second.with(t).playDeveloper() })
	t.Run("return", func(t *testing.T) { second.with(t).playReturn(s.facts.Terminals[2].TID, s.facts.Terminals[2].POIID) })
}

func (j jobs) with(t *testing.T) jobs {
	j.site = j.site.with(t)
	return j
}

func (j jobs) pays(id string, amount int64) {
	j.t.Helper()
	await(j.t, "it is online", 30*time.Second, func() bool { return j.seen(j.poiid).Online && j.online(j.tid) })
	if shown, result := j.payOnce(id, j.tid, "visa", amount); result != "approved" {
		j.t.Errorf("%s: %s, %q", id, result, shown)
	}
}

func (j jobs) playAlarm() {
	t := j.t
	j.sim("fault", map[string]string{"name": "tamper", "code": "0x11"})
	await(t, "the alarm is known", 20*time.Second, func() bool { return j.device().Tampered != nil && j.seen(j.poiid).Online })
	if s := j.seen(j.poiid).Screen; s.Title != "Attacked! Please contact your service provider" || s.Error != "Error code 0x11" {
		t.Errorf("screen %+v", s)
	}
	j.refusesToPay("attacked", j.tid, 6200)
	a, err := (nexoTill{j.site, j.poiid}).send(t.Context(), "/sync", "Payment", "attacked1", paymentBody("attacked", "62.01"))
	if details := a.SaleToPOIRequest.EventNotification.EventDetails; err != nil || !strings.Contains(details, "terminal_tampered") {
		t.Errorf("Adyen's door: %v, %q", err, details)
	}
	var request native.TamperRequest
	j.ask("POST", "tamper-requests", 201, map[string]string{"terminal": j.tid, "code": "0x11", "picture": screenPicture(j.t.(*testing.T)), "note": "it fell"}, &request)
	if !request.Matches || request.Suspected || request.Type != "P Serial Tamper" {
		t.Errorf("the request: %+v", request)
	}
	var approved native.TamperRequest
	j.ask("POST", "tamper-requests/"+request.ID+"/approve", 200, nil, &approved)
	j.touch("unlock")
	j.typed("00000000")
	await(t, "the wrong code is refused", 10*time.Second, func() bool { _, problem := j.page(); return problem == "Wrong code" })
	j.restart() // and what was durable is there again
	await(t, "it is back", 30*time.Second, func() bool { return j.seen(j.poiid).Online })
	if j.seen(j.poiid).Screen.Name == "tampered" { // the link had the page go
		j.touch("unlock")
	}
	j.typed(approved.UnlockCode)
	await(t, "the device is ready", 30*time.Second, func() bool {
		var r native.TamperRequest
		j.ask("GET", "tamper-requests/"+request.ID, 200, nil, &r)
		return r.Ready && r.WrongCodes == 1
	})
	j.pays("unlocked", 6202)
	j.sim("fault", map[string]string{"name": "tamper"})
	await(t, "the second alarm is known", 20*time.Second, func() bool { return j.device().Tampered != nil })
	j.ask("POST", "tamper-requests", 201, map[string]string{"device": j.poiid, "code": "0x10"}, &request)
	if !request.Suspected || request.Suggested == nil || request.Suggested.Reason != "damage" {
		t.Errorf("the second request: %+v", request)
	}
	j.ask("POST", "tamper-requests/"+request.ID+"/approve", 409, nil, nil)
	j.ask("POST", "tamper-requests/"+request.ID+"/approve", 200, map[string]bool{"anyway": true}, &approved)
	j.typesFormer(approved.UnlockCode)
	j.clearFaults(j.poiid)
	j.ask("DELETE", "devices/"+j.poiid+"/tampered", 200, nil, nil)
	await(t, "it is back from the workshop", 20*time.Second, func() bool { return j.seen(j.poiid).Online })
	j.ask("POST", "devices/"+j.poiid+"/key-injection", 201, nil, nil)
	await(t, "it has a key again", 20*time.Second, func() bool { return j.device().Configured })
}

// typesFormer types in the code of an alarm after the next one was raised, though the cloud never heard that the first
// was over.
func (j jobs) typesFormer(code string) {
	j.t.Helper()
	j.clearFaults(j.poiid)
	j.sim("fault", map[string]string{"name": "tamper", "code": "0x13"})
	await(j.t, "the third alarm is known", 20*time.Second, func() bool {
		d := j.device()
		return d.Tampered != nil && strings.HasPrefix(d.Tampered.What, "0x13") && j.seen(j.poiid).Online
	})
	j.touch("unlock")
	j.typed(code)
	await(j.t, "the code of the former alarm is refused", 10*time.Second, func() bool {
		_, problem := j.page()
		return problem == "There is no unlock code for this device. Ask support"
	})
}

func (j jobs) playKeys() {
	before := j.device().KCV
	if out, code := j.kassa("devices", "inject-keys", j.poiid); code != 0 || !strings.Contains(out, "asked") && !strings.Contains(out, "sent") && !strings.Contains(out, "done") {
		j.t.Fatalf("%d %s", code, out)
	}
	await(j.t, "the key is injected", 20*time.Second, func() bool {
		d := j.device()
		return d.Configured && d.KCV != before && d.Injection != nil && d.Injection.State == "done" && d.Injection.KCV == d.KCV
	})
	j.pays("keyed", 6203)
	j.sim("fault", map[string]string{"name": "no-ipek"})
	await(j.t, "the key is gone", 20*time.Second, func() bool { return j.seen(j.poiid).Online && !j.seen(j.poiid).Configured })
	j.ask("POST", "devices/"+j.poiid+"/key-injection", 201, nil, nil)
	await(j.t, "the refusal is known", 20*time.Second, func() bool {
		i := j.device().Injection
		return i != nil && i.State == "failed" && i.Reason == "key_refused"
	})
	j.clearFaults(j.poiid)
	j.sim("fault", map[string]string{"name": "power-off"})
	await(j.t, "it is off", 20*time.Second, func() bool { return !j.online(j.tid) })
	var i native.Injection
	j.ask("POST", "devices/"+j.poiid+"/key-injection", 201, nil, &i)
	if i.State != "failed" || i.Reason != "device_offline" {
		j.t.Errorf("%+v", i)
	}
	j.clearFaults(j.poiid)
}

func (j jobs) playDeveloper() {
	t := j.t
	serial := j.poiid[strings.Index(j.poiid, "-")+1:]
	var c native.DeveloperCode
	j.ask("POST", "developer-codes", 201, map[string]any{"tusn": serial, "reason": "an app of our own", "understood": true}, &c)
	j.sim("settings", map[string]string{"id": "cloudMode", "value": "off"})
	j.touch("pin:settings")
	j.typed("1324")
	j.touch("page:system", "page:about")
	for range 8 {
		j.touch("do:serial")
	}
	if page, _ := j.page(); page != "developer" {
		t.Fatalf("it shows the page %q", page)
	}
	j.typed(c.Code)
	await(t, "the device is in developer mode", 20*time.Second, func() bool { return j.device().Developer })
	await(t, "the device shows it", 20*time.Second, func() bool {
		var state struct{ DeveloperMode bool }
		j.simJSON("terminals/"+j.poiid+"/state", &state)
		return state.DeveloperMode
	})
	j.ask("POST", "terminals/"+j.tid+"/developer-mode", 409, map[string]bool{"on": false}, nil)
	if out, code := j.kassa("devices"); code != 0 || !strings.Contains(out, "developer") {
		t.Errorf("%d %s", code, out)
	}
	j.sim("settings", map[string]string{"id": "cloudMode", "value": "on"})
	j.pays("developer", 6204)
}

// playReturn sends a device back. The one of another terminal, which is taken from it, takes its place.
func (j jobs) playReturn(spareTID, spare string) {
	t := j.t
	before := native.Terminal{}
	j.ask("GET", "terminals/"+j.tid, 200, nil, &before)
	out, code := j.kassa("returns", "ask", j.tid, "--reason", "printer", "--ticket", "T-1", "--name", "Bar", "--street", "Kade 1",
		"--postal-code", "1012 LG", "--city", "Amsterdam", "--country", "NL", "--json")
	var r native.Return
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
		t.Fatalf("%d %v %s", code, err, out)
	}
	for _, step := range []string{"approve", "label", "send", "receive", "test"} {
		if out, code := j.kassa("returns", step, r.ID); code != 0 {
			t.Fatalf("%s: %d %s", step, code, out)
		}
	}
	await(t, "the device forgets who it was", 20*time.Second, func() bool { return j.seen(j.poiid).TID == "" })
	j.ask("POST", "terminals/"+spareTID+"/unbind", 200, nil, nil)
	j.ask("POST", fmt.Sprintf("returns/%s/steps", r.ID), 200, map[string]string{"step": "replace", "device": spare}, &r)
	j.ask("GET", "devices/"+j.poiid, 404, nil, nil)
	j.restart()
	var after native.Terminal
	j.ask("GET", "terminals/"+j.tid, 200, nil, &after)
	if after.POIID != spare || after.Name != before.Name || after.Group != before.Group || r.State != "replaced" {
		t.Errorf("the terminal is %+v, was %+v; the return %+v", after, before, r)
	}
	j.poiid = spare
	await(t, "the new device knows who it is", 30*time.Second, func() bool { return j.seen(spare).TID == j.tid })
	j.pays("replaced", 6205)
}
