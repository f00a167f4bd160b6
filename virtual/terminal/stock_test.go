package terminal_test

import (
	"bytes"
	"encoding/json"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"kassa/virtual/terminal"
)

func (b *bench) ok(method, path, body string, want int) string {
	b.t.Helper()
	status, answer := b.call(method, path, body)
	if status != want {
		b.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, status, answer, want)
	}
	return answer
}

func TestCounterByTheControlAPI(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	for _, set := range []string{`"cloudMode","value":"off"`, `"tipping","value":"on"`, `"allowRefunds","value":"on"`, `"employees","value":"33 Alonso"`} {
		b.ok("POST", "/"+poiid+"/settings", `{"id":`+set+`}`, 200)
	}
	started := b.ok("POST", "/"+poiid+"/start", `{"amountMinor":1250,"description":"by hand"}`, 200)
	var start struct{ Reference string }
	if err := json.Unmarshal([]byte(started), &start); err != nil || !strings.HasPrefix(start.Reference, "00000ABC-") {
		t.Fatalf("start %s", started)
	}
	b.until(poiid, shows(terminal.ScreenTip))
	if body := b.ok("GET", "/"+poiid+"/orders/"+start.Reference, "", 200); !strings.Contains(body, `"unknown"`) {
		t.Fatalf("order %s", body)
	}
	b.ok("POST", "/"+poiid+"/tip", `{"amountMinor":-1}`, 409)
	b.ok("POST", "/"+poiid+"/tip", `{"amountMinor":125,"employee":"33"}`, 200)
	b.call("POST", "/"+poiid+"/card", `{"card":"visa"}`)
	if body := b.ok("GET", "/"+poiid+"/orders/"+start.Reference, "", 200); !strings.Contains(body, `"approved"`) || !strings.Contains(body, `"tipMinor":125`) {
		t.Fatalf("order %s", body)
	}
	if body := b.ok("GET", "/"+poiid+"/history", "", 200); !strings.Contains(body, `"amountMinor":1375`) {
		t.Fatalf("history %s", body)
	}
	if body := b.ok("POST", "/"+poiid+"/refund", `{"exchange":"S1","amountMinor":500,"pin":"1324"}`, 200); !strings.Contains(body, `"accepted":true`) {
		t.Fatalf("refund %s", body)
	}
	if body := b.ok("POST", "/"+poiid+"/email", `{"exchange":"S1","address":"a@b.example"}`, 200); !strings.Contains(body, `"accepted":true`) {
		t.Fatalf("email %s", body)
	}
	b.ok("POST", "/"+poiid+"/print", `{"exchange":"S1"}`, 200)
	if body := b.ok("POST", "/"+poiid+"/totals", `{"day":"2026-11-21","level":"group","startHour":6}`, 200); !strings.Contains(body, `"totals"`) {
		t.Fatalf("totals %s", body)
	}
	done := b.ok("POST", "/"+poiid+"/start", `{"reference":"`+start.Reference+`","amountMinor":1250,"wait":true}`, 200)
	if !strings.Contains(done, `"approved"`) {
		t.Fatalf("the same start again: %s", done)
	}
}

func TestCounterRefusesBadInput(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"menu", `{}`, 400}, {"menu", `{"touch":"a","text":"b"}`, 400}, {"menu", `{"touch":"nothing"}`, 409}, {"menu", `{"touch":5}`, 400},
		{"settings", `{"id":"nothing","value":"on"}`, 409}, {"settings", `{"id":"tipping","value":"maybe"}`, 409},
		{"settings", `{"id":"closeTimeout","value":"-1"}`, 409}, {"settings", `{"id":"tips","value":"0%"}`, 409},
		{"start", `{"amountMinor":0}`, 400}, {"start", `{"amountMinor":-1}`, 400}, {"start", `{"amountMinor":1.5}`, 400},
		{"start", `{"amountMinor":99999999999999999999}`, 400}, {"start", `{"amountMinor":100,"origin":"webApp"}`, 400},
		{"start", `{"amountMinor":100,"kind":"gift"}`, 400}, {"start", `not JSON`, 400},
		{"refund", `{"exchange":"S1","amountMinor":1,"pin":"1324"}`, 409}, {"email", `{"exchange":"S1","address":"a@b.example"}`, 409},
		{"print", `{"exchange":"S1"}`, 409}, {"totals", `{"day":"yesterday"}`, 409}, {"totals", `{"level":"world"}`, 409},
		{"totals", `{"startHour":24}`, 409}, {"tip", `{"amountMinor":5}`, 409}, {"scan", `no picture`, 400},
	} {
		before, _ := b.call("GET", "/"+poiid+"/history", "")
		if status, body := b.call("POST", "/"+poiid+"/"+c.path, c.body); status != c.want || !strings.Contains(body, `"message"`) {
			t.Errorf("%s %s: %d %s, want %d", c.path, c.body, status, body, c.want)
		}
		if before != 200 {
			t.Fatal("the terminal has stopped")
		}
	}
	b.ok("GET", "/"+poiid+"/orders/none", "", 404)
}

func TestTerminalsComeAndGo(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	device := terminal.Device{POIID: poiid, Code: "4711"}
	b := newBench(t, s, dir, "", device)
	b.until(poiid, shows(terminal.ScreenIdle))
	b.ok("POST", "/"+poiid+"/settings", `{"id":"language","value":"fr"}`, 200)
	for body, want := range map[string]int{
		`{"model":"P2SE","name":"Bar 2"}`: 201, `{"model":"X9"}`: 400, `{"poiid":"` + poiid + `"}`: 400, `{"poiid":"../x"}`: 400, `{"poiid":"models"}`: 400,
	} {
		b.ok("POST", "/", body, want)
	}
	clone := b.ok("POST", "/"+poiid+"/clone", `{"name":"Bar 3"}`, 201)
	var st terminal.State
	if err := json.Unmarshal([]byte(clone), &st); err != nil || st.POIID != "P2-KS00000001" || st.Name != "Bar 3" {
		t.Fatalf("clone %s", clone)
	}
	settings := b.ok("GET", "/P2-KS00000001/settings", "", 200)
	if !strings.Contains(settings, `"value":"fr"`) {
		t.Fatalf("settings of the clone %s", settings)
	}
	one, _ := os.ReadFile(filepath.Join(dir, poiid, "secret"))
	two, _ := os.ReadFile(filepath.Join(dir, "P2-KS00000001", "secret"))
	if len(one) != 32 || bytes.Equal(one, two) {
		t.Fatal("the clone has the key of the first")
	}
	b.ok("DELETE", "/"+poiid, "", 204)
	b.ok("GET", "/"+poiid+"/state", "", 404)
	if _, err := os.Stat(filepath.Join(dir, poiid)); !os.IsNotExist(err) {
		t.Fatalf("what is left of it: %v", err)
	}
	b.stop()
	again := newBench(t, s, dir, "", device) // the command line still names it
	again.ok("GET", "/"+poiid+"/state", "", 404)
	again.ok("GET", "/P2SE-KS00000001/state", "", 200)
	if settings := again.ok("GET", "/P2-KS00000001/settings", "", 200); !strings.Contains(settings, `"value":"fr"`) {
		t.Fatalf("settings of the clone after a restart %s", settings)
	}
	again.ok("POST", "/", `{"poiid":"`+poiid+`"}`, 201)
}

// qr draws a code as a person photographs it.
func qr(t *testing.T, text string) []byte {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 240, 240, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	if m.At(0, 0) == color.Black {
		t.Fatal("no quiet zone")
	}
	return out.Bytes()
}

func TestActivationByQR(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid})
	b.until(poiid, func(s terminal.State) bool { return s.Online && s.Configured })
	b.ok("POST", "/"+poiid+"/scan", string(qr(t, "4711")), 200)
	b.until(poiid, shows(terminal.ScreenIdle))
}

// TestHandsWithoutScripts sends the forms of the page.
func TestHandsWithoutScripts(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "/sim/terminals", terminal.Device{POIID: poiid, Code: "4711"})
	b.until("sim/terminals/"+poiid, shows(terminal.ScreenIdle))
	send := func(pairs ...string) {
		t.Helper()
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		res, err := http.PostForm(b.api.URL+"/sim/terminals/"+poiid+"/do", form) // follows to the page
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 200 || res.Request.URL.Path != "/sim/terminals/"+poiid {
			t.Fatalf("%v: %d at %s", pairs, res.StatusCode, res.Request.URL.Path)
		}
	}
	send("hold", "1")
	for _, key := range []string{"1", "3", "2", "4", "ok"} {
		send("key", key)
	}
	send("touch", "page:manual")
	for _, key := range []string{"4", "5", "0"} {
		send("key", key)
	}
	send("touch", "do:pay")
	b.until("sim/terminals/"+poiid, shows(terminal.ScreenPresentCard))
	send("card", "visa:000", "way", "tap")
	b.until("sim/terminals/"+poiid, shows(terminal.ScreenApproved))
	send("fault", "paper-out")
	if st := b.until("sim/terminals/"+poiid, func(terminal.State) bool { return true }); len(st.Faults) != 1 {
		t.Fatalf("faults %v", st.Faults)
	}
	send("fault", "paper-out")
}
