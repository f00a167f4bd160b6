package terminal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"strings"
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

// outcome is what the steps of a test came to, in short.
func outcome(checks []poilink.Check) string {
	var list []string
	for _, c := range checks {
		switch c.Name {
		case "resolve", "connect", "tls", "write", "read":
			list = append(list, c.Name+" "+string(c.Result))
		}
	}
	return strings.Join(list, ", ")
}

func (b *bench) looksAt(id string) terminal.Tests {
	b.t.Helper()
	code, body := b.call("POST", "/"+id+"/test", "")
	var t terminal.Tests
	if err := json.Unmarshal([]byte(body), &t); err != nil || code != 200 {
		b.t.Fatalf("%d %s", code, body)
	}
	return t
}

func TestWayToTheCloudIsLookedAt(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	got := b.looksAt(poiid)
	if o := outcome(got.Checks); o != "resolve pass, connect pass, tls skipped, write pass, read pass" || got.Failed != "" {
		t.Fatalf("%s, failed %q: %+v", o, got.Failed, got.Checks)
	}
	for fault, want := range map[terminal.Fault]string{
		terminal.FaultNoDNS:   "resolve fail, connect skipped, tls skipped, write skipped, read skipped",
		terminal.FaultNoTCP:   "resolve pass, connect fail, tls skipped, write skipped, read skipped",
		terminal.FaultNoTLS:   "resolve pass, connect pass, tls fail, write skipped, read skipped",
		terminal.FaultMute:    "resolve pass, connect pass, tls skipped, write fail, read skipped",
		terminal.FaultDeaf:    "resolve pass, connect pass, tls skipped, write pass, read fail",
		terminal.FaultCutLink: "resolve pass, connect pass, tls skipped, write pass, read fail",
	} {
		b.call("POST", "/"+poiid+"/fault", fmt.Sprintf(`{"name":%q}`, fault))
		got := b.looksAt(poiid)
		if o := outcome(got.Checks); o != want || !strings.Contains(want, got.Failed+" fail") {
			t.Errorf("%s: %s, failed %q, want %s", fault, o, got.Failed, want)
		}
		b.call("DELETE", "/"+poiid+"/fault", "")
	}
	b.until(poiid, func(st terminal.State) bool { return st.Online })
}

func TestServerThatIsGone(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	s.http.Close()
	s.hangUp()
	b.until(poiid, func(st terminal.State) bool { return st.Network == "down" })
	if got := b.looksAt(poiid); got.Failed != "connect" {
		t.Errorf("failed %q: %+v", got.Failed, got.Checks)
	}
}

// TestServerThatSaysNothing has a port that takes a connection and never answers: the test ends in time.
func TestServerThatSaysNothing(t *testing.T) {
	quiet, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	b := newBenchAt(t, "ws://"+quiet.Addr().String()+poilink.Path, t.TempDir(), "", terminal.Device{POIID: poiid})
	b.until(poiid, shows(terminal.ScreenStart))
	if got := b.looksAt(poiid); got.Failed != "read" {
		t.Errorf("failed %q: %+v", got.Failed, got.Checks)
	}
}

func TestProbeOverTheLink(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	s.mu.Lock()
	s.write(poilink.Frame{Type: poilink.TypeProbe, Probe: &poilink.Probe{ID: "p1", Full: true}})
	s.mu.Unlock()
	b.until(poiid, func(st terminal.State) bool { return st.Tests != nil })
	for range 100 {
		s.mu.Lock()
		probed := s.cloud.probed
		s.mu.Unlock()
		if len(probed) == 1 {
			if probed[0].ID != "p1" || outcome(probed[0].Checks) != "resolve pass, connect pass, tls skipped, write pass, read pass" || probed[0].Report.Health.Network.Address != "127.0.0.1" {
				t.Errorf("probed %+v", probed[0])
			}
			return
		}
		b.call("GET", "/"+poiid+"/state", "")
	}
	t.Error("never answered")
}

func TestCutLinkIsBackInTime(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	links := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.links
	}
	before := links()
	b.call("POST", "/"+poiid+"/fault", `{"name":"cut-link"}`)
	b.call("DELETE", "/"+poiid+"/fault?name=cut-link", "")
	b.until(poiid, func(st terminal.State) bool { return st.Online && links() == before+1 })
}

// TestLargePicturesComeOut prints pages as large as nexo lets them be; the roll keeps what it has room for.
func TestLargePicturesComeOut(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 380, 380))
	if _, err := rand.Read(picture.Pix); err != nil { // noise cannot be compressed
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	page := base64.StdEncoding.EncodeToString([]byte(`<html><body><img src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(file.Bytes()) + `"/></body></html>`))
	if len(page) < 250_000 || len(page) > 262_144 {
		t.Fatalf("the page has %d bytes", len(page))
	}
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	const papers = 6
	for i := range papers {
		s.mu.Lock()
		s.write(s.cloud.push(poilink.Frame{Type: poilink.TypeNexo, Nexo: []byte(fmt.Sprintf(`{"MessageHeader":{"MessageClass":"Device","MessageCategory":"Print","MessageType":"Request","ServiceID":"P%d","SaleID":"till1","POIID":%q},`+
			`"PrintRequest":{"PrintOutput":{"DocumentQualifier":"Document","ResponseMode":"PrintEnd","OutputContent":{"OutputFormat":"XHTML","OutputXHTML":%q}}}}`, i, poiid, page))}))
		s.mu.Unlock()
	}
	b.until(poiid, func(terminal.State) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.cloud.responses) == papers
	})
	var roll struct{ Receipts []terminal.Receipt }
	_, body := b.call("GET", "/"+poiid+"/receipts", "")
	if err := json.Unmarshal([]byte(body), &roll); err != nil {
		t.Fatal(err)
	}
	pictures := 0
	for _, r := range roll.Receipts {
		if r.Blocks[0].Picture != nil {
			pictures++
		}
	}
	if len(roll.Receipts) != papers || pictures != 3 { // 640 KiB
		t.Errorf("%d papers with %d pictures", len(roll.Receipts), pictures)
	}
}

func TestRegisterAsksOverTheAPI(t *testing.T) {
	s := newServer(t)
	b := newBench(t, s, t.TempDir(), "", terminal.Device{POIID: poiid, Code: "4711"})
	b.until(poiid, shows(terminal.ScreenIdle))
	if code, body := b.call("POST", "/"+poiid+"/input", `{"confirm":true}`); code != 409 {
		t.Errorf("nothing is asked: %d %s", code, body)
	}
	ask := func(id, in string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.write(s.cloud.push(poilink.Frame{Type: poilink.TypeNexo, Nexo: []byte(`{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Device","MessageCategory":"Input","MessageType":"Request","ServiceID":"` + id +
			`","SaleID":"till1","POIID":"` + poiid + `"},"InputRequest":` + in + `}`)}))
	}
	ask("I1", `{"DisplayOutput":{"Device":"CustomerDisplay","InfoQualify":"Display","OutputContent":{"OutputFormat":"Text","PredefinedContent":{"ReferenceID":"GetSignature"},"OutputText":[{"Text":"<b>Sign</b>"}]}},"InputData":{"Device":"CustomerInput","InfoQualify":"Input","InputCommand":"GetConfirmation"}}`)
	b.until(poiid, shows(terminal.ScreenInput))
	if _, page := b.call("GET", "/"+poiid, ""); !strings.Contains(page, "data-ink") || !strings.Contains(page, "&lt;b&gt;Sign") {
		t.Error("the page does not show the signature's field, or takes text for markup")
	}
	for body, want := range map[string]int{
		`{"confirm":true,"digits":"1"}`: 400, `{}`: 400, `{"digits":"12"}`: 409, `{"strokes":[[[1,1],[999,1]]]}`: 409, `{"strokes":[[[1,1],[2,2]]],"more":true}`: 200,
	} {
		if code, got := b.call("POST", "/"+poiid+"/input", body); code != want {
			t.Errorf("%s: %d %s", body, code, got)
		}
	}
	if code, got := b.call("POST", "/"+poiid+"/input", `{"confirm":true}`); code != 200 {
		t.Errorf("%d %s", code, got)
	}
	b.until(poiid, shows(terminal.ScreenIdle))
	ask("I2", `{"InputData":{"Device":"CustomerInput","InfoQualify":"Input","InputCommand":"DigitString","MaxInputTime":1}}`)
	b.until(poiid, shows(terminal.ScreenInput))
	began := time.Now()
	b.until(poiid, shows(terminal.ScreenIdle))
	if time.Since(began) > 15*time.Second {
		t.Error("the customer's time does not end")
	}
}
