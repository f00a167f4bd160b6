package native_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	"kassa/sale/native"
)

// bench is the jobs around devices, as far as the API looks at them; package support has the real ones.
type bench struct {
	estate  *estate.Registry
	tampers []native.TamperRequest
	codes   []native.DeveloperCode
	returns []native.Return
	logs    []native.LogTask
	picture []byte
}

func (b *bench) owner(device string) native.Owner {
	d, _ := b.estate.Device(device)
	t, _ := b.estate.Terminal(d.TID)
	return native.Owner{Device: device, POIID: device, Terminal: d.TID, Account: d.Account, Group: t.Group}
}

func (b *bench) TamperRequests() []native.TamperRequest       { return b.tampers }
func (b *bench) DeveloperCodes() []native.DeveloperCode       { return b.codes }
func (b *bench) Returns() []native.Return                     { return b.returns }
func (b *bench) Inspected(device, by string) error            { return b.estate.Unlocked(time.Now(), device, by) }
func (b *bench) TamperPicture(string) (string, []byte, error) { return "image/png", b.picture, nil }

func (b *bench) AskUnlock(device, code, note string, picture []byte, by string) (native.TamperRequest, error) {
	if code == "" {
		return native.TamperRequest{}, &native.JobProblem{Code: "invalid_input", Field: "code", Text: "must be the code on the screen"}
	}
	b.picture = picture
	r := native.TamperRequest{
		ID: fmt.Sprintf("tamper_test_%d", len(b.tampers)), Type: "P Serial Tamper", Owner: b.owner(device), State: "asked", Code: code, Note: note,
		By: by, At: noon, Alarm: estate.Tamper{At: noon}, Suspected: len(b.tampers) > 1,
	}
	if len(picture) > 0 {
		r.Picture = "image/png"
	}
	if r.Suspected {
		r.Suggested = &native.NewReturn{Device: device, Reason: "damage", Ticket: r.ID}
	}
	b.tampers = append([]native.TamperRequest{r}, b.tampers...)
	return r, nil
}

func (b *bench) DecideUnlock(id, by string, approve, anyway bool, why string) (native.TamperRequest, string, error) {
	for i := range b.tampers {
		r := &b.tampers[i]
		if r.ID != id {
			continue
		}
		switch {
		case r.Suspected && approve && !anyway:
			return *r, "", &native.JobProblem{Code: "sensor_suspected", Text: "a sensor may be damaged"}
		case r.State != "asked":
			return *r, "", &native.JobProblem{Code: "wrong_state", Text: "it is " + r.State}
		}
		if r.State, r.DecidedBy, r.Why = "refused", by, why; approve {
			r.State = "approved"
		}
		return *r, "12345678", nil
	}
	return native.TamperRequest{}, "", &native.JobProblem{Code: "not_found", Text: "there is none"}
}

func (b *bench) DeviceBySerial(tusn string) (estate.Device, bool) {
	return b.estate.Device("P2-" + tusn)
}

func (b *bench) AskDeveloperCode(tusn, reason string, understood bool, by string) (native.DeveloperCode, string, error) {
	if !understood {
		return native.DeveloperCode{}, "", &native.JobProblem{Code: "invalid_input", Field: "understood", Text: "must be true"}
	}
	c := native.DeveloperCode{
		ID: "devcode_test_" + tusn, TUSN: tusn, Owner: b.owner("P2-" + tusn), State: "issued", Reason: reason, By: by, At: noon, Expires: noon,
	}
	b.codes = append(b.codes, c)
	return c, "4321", nil
}

func (b *bench) AskReturn(device string, ask native.NewReturn, by string) (native.Return, error) {
	if ask.Reason == "" {
		return native.Return{}, &native.JobProblem{Code: "invalid_input", Field: "reason", Text: "must be one of the list"}
	}
	r := native.Return{
		ID: "rma_test_" + device, Owner: b.owner(device), State: "asked", Next: []string{"approve"}, Reason: ask.Reason, Ticket: ask.Ticket,
		Address: ask.Address, By: by, At: noon, Steps: []native.ReturnDone{{At: noon, By: by, State: "asked"}},
	}
	b.returns = append(b.returns, r)
	return r, nil
}

func (b *bench) MoveReturn(id string, step native.ReturnStep, _ string) (native.Return, error) {
	for i := range b.returns {
		if b.returns[i].ID == id {
			b.returns[i].State, b.returns[i].Next, b.returns[i].Replacement = "approved", nil, step.Device
			return b.returns[i], nil
		}
	}
	return native.Return{}, &native.JobProblem{Code: "not_found", Text: "there is none"}
}

func (b *bench) TakeBack(device, by, why string) error {
	_, err := b.estate.ReturnDevice(time.Now(), device, by, why)
	return err
}

func (b *bench) InjectKeys(device, by string) (estate.Injection, error) {
	i, err := b.estate.AskInjection(time.Now(), device, by)
	if err == nil {
		err = b.estate.FailInjection(time.Now(), device, estate.InjectionOffline)
	}
	return i, err
}

func onePicture(t *testing.T) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewRGBA(image.Rect(0, 0, 300, 300))); err != nil {
		t.Fatal(err)
	}
	return append(raw.Bytes(), make([]byte, 100<<10)...) // more than other bodies may have
}

func TestARequestAfterAnAlarm(t *testing.T) {
	w := newWorld(t)
	sent := onePicture(t)
	body := fmt.Sprintf(`{"terminal":"00000ABC","code":"0x10","note":"it fell","picture":%q}`, base64.StdEncoding.EncodeToString(sent))
	r := w.ok("POST", "tamper-requests", body, append(w.as("group"), "Idempotency-Key", "alarm-1")...)
	id := fmt.Sprint(r["id"])
	if r["type"] != "P Serial Tamper" || r["device"] != "dev_test_P2-00000ABC" || r["terminal"] != "term_test_00000ABC" || r["group"] != "grp_test_100" {
		t.Errorf("%v", r)
	}
	answer := w.request("GET", fmt.Sprint(r["picture"]), "", w.as("group")...)
	if got, err := io.ReadAll(answer.Body); err != nil || !bytes.Equal(got, sent) || answer.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture: %s, %d bytes, %v", answer.Status, len(got), err)
	}
	w.refused("POST", "tamper-requests", `{"code":"0x10"}`, "invalid_input", "/device")
	w.refused("POST", "tamper-requests", `{"device":"P2-00000ABE","code":"0x10"}`, "invalid_input", "/device", w.as("group")...)
	w.refused("POST", "tamper-requests", `{"device":"P2-00000ABC"}`, "invalid_input", "/code")
	w.refused("POST", "tamper-requests/"+id+"/approve", ``, "forbidden", "devices.service", w.as("account")...)
	w.refused("GET", "tamper-requests/"+id, ``, "not_found", "no", w.as("othergroup")...)
	if list := w.ok("GET", "tamper-requests?state=asked&device=P2-00000ABC", "", w.as("account")...)["data"].([]any); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if list := w.ok("GET", "tamper-requests", "", w.as("other")...)["data"].([]any); len(list) != 0 {
		t.Errorf("another account sees %v", list)
	}
	first := w.ok("POST", "tamper-requests/"+id+"/approve", `{}`, "Idempotency-Key", "approve-1")
	if first["unlockCode"] != "12345678" || first["state"] != "approved" {
		t.Errorf("%v", first)
	}
	if again := w.ok("POST", "tamper-requests/"+id+"/approve", `{}`, "Idempotency-Key", "approve-1"); strings.Contains(fmt.Sprint(again), "12345678") {
		t.Errorf("a replay shows the code: %v", again)
	}
	if shown := w.ok("GET", "tamper-requests/"+id, ""); shown["unlockCode"] != nil {
		t.Errorf("the code is shown again: %v", shown)
	}
	w.refused("POST", "tamper-requests/"+id+"/refuse", `{}`, "invalid_input", "/why")
	w.refused("POST", "tamper-requests/"+id+"/refuse", `{"why":"late"}`, "wrong_state", "approved")
	w.ok("POST", "tamper-requests", `{"device":"P2-00000ABC","code":"0x10"}`)
	third := w.ok("POST", "tamper-requests", `{"device":"P2-00000ABC","code":"0x10"}`)
	if s, ok := third["suggestedReturn"].(object); !ok || s["reason"] != "damage" || s["device"] != "dev_test_P2-00000ABC" {
		t.Errorf("%v", third)
	}
	w.refused("POST", "tamper-requests/"+fmt.Sprint(third["id"])+"/approve", `{}`, "sensor_suspected", "damaged")
	w.ok("POST", "tamper-requests/"+fmt.Sprint(third["id"])+"/approve", `{"anyway":true}`)
}

func TestDeveloperCodesAndWhatCannotBeUndone(t *testing.T) {
	w := newWorld(t)
	w.refused("POST", "developer-codes", `{"tusn":"00000ABC","reason":"x"}`, "invalid_input", "/understood")
	w.refused("POST", "developer-codes", `{"tusn":"nobody","reason":"x","understood":true}`, "invalid_input", "/tusn")
	w.refused("POST", "developer-codes", `{"tusn":"00000ABC","reason":"x","understood":true}`, "forbidden", "devices.service", w.as("account")...)
	c := w.ok("POST", "developer-codes", `{"tusn":"00000ABC","reason":"an app","understood":true}`)
	if c["code"] != "4321" || !strings.Contains(fmt.Sprint(c["warning"]), "PCI") {
		t.Errorf("%v", c)
	}
	if shown := w.ok("GET", "developer-codes/"+fmt.Sprint(c["id"]), "", w.as("account")...); shown["code"] != nil || shown["reason"] != "an app" {
		t.Errorf("%v", shown)
	}
	w.refused("GET", "developer-codes/"+fmt.Sprint(c["id"]), "", "not_found", "no", w.as("other")...)
	w.ok("POST", "terminals/00000ABC/developer-mode", `{"on":true}`)
	w.refused("POST", "terminals/00000ABC/developer-mode", `{"on":false}`, "developer_mode_irreversible", "never")
	if d := w.ok("GET", "devices/P2-00000ABC", ""); d["developer"] != true {
		t.Errorf("%v", d)
	}
}

func TestReturnsAndKeys(t *testing.T) {
	w := newWorld(t)
	const body = `{"terminal":"00000ABC","reason":"printer","ticket":"T-1","address":{"name":"Bar","street":"Kade 1","postal_code":"1012 LG","city":"Amsterdam","country":"NL"}}`
	r := w.ok("POST", "returns", body, w.as("group")...)
	path := "returns/" + fmt.Sprint(r["id"])
	if r["state"] != "asked" || r["device"] != "dev_test_P2-00000ABC" {
		t.Errorf("%v", r)
	}
	w.refused("POST", "returns", `{"device":"P2-00000ABC"}`, "invalid_input", "/reason")
	w.refused("POST", path+"/steps", `{"step":"approve"}`, "forbidden", "devices.service", w.as("account")...)
	w.ok("POST", path+"/steps", `{"step":"send"}`, w.as("account")...)
	w.refused("POST", path+"/steps", `{"step":"replace","device":"P2-NONE"}`, "invalid_input", "/device")
	if m := w.ok("POST", path+"/steps", `{"step":"replace","device":"P2-SPARE"}`); m["replacement"] != "dev_test_P2-SPARE" {
		t.Errorf("%v", m)
	}
	if m := w.ok("GET", path, "", w.as("group")...); len(m["next"].([]any)) != 0 {
		t.Errorf("%v", m)
	}
	w.refused("POST", "devices/P2-00000ABC/key-injection", ``, "forbidden", "devices.service", w.as("account")...)
	i := w.ok("POST", "devices/P2-00000ABC/key-injection", ``)
	if i["state"] != "failed" || i["reason"] != "device_offline" || i["words"] == nil || i["kcv"] != "ABCDEF" {
		t.Errorf("%v", i)
	}
	if d := w.ok("GET", "devices/P2-00000ABC", "", w.as("group")...); d["injection"].(object)["reason"] != "device_offline" {
		t.Errorf("%v", d)
	}
}
