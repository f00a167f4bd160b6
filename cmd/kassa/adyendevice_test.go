package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/nexo"
	"kassa/terminalapi"
)

// shownScreen is what the virtual terminal shows.
type shownScreen struct {
	Name, Title, Page, Picture string
	Lines                      []string
	Items                      []struct{ ID, Label string }
	Field                      *struct{ Label, Text, Kind string }
	AmountMinor                int64
}

func (s *site) screen(poiid string) shownScreen {
	s.t.Helper()
	var state struct{ Screen shownScreen }
	s.simJSON("terminals/"+poiid+"/state", &state)
	return state.Screen
}

func (s *site) simJSON(path string, into any) {
	s.t.Helper()
	resp, err := s.simCall("GET", path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v", path, resp.Status, err)
	}
}

// hands does something at a terminal.
func (s *site) hands(poiid, what string, body any) {
	s.t.Helper()
	resp, err := s.simCall("POST", "terminals/"+poiid+"/"+what, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // a card stays until it has been read
	if resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s at %s: %s", what, poiid, resp.Status)
	}
	// Who goes away takes the card along: it is over when the answer is.
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.t.Fatal(err)
	}
}

// register is a cash register in Go, over one of the transports.
func (s *site) register(transport terminalapi.Transport) *terminalapi.Client {
	c := &terminalapi.Client{BaseURL: s.facts.URL, Key: s.facts.AccountKey, Merchant: s.facts.Merchant, POIID: s.facts.Terminals[0].POIID, SaleID: "till-7",
		Transport: transport, Poll: 100 * time.Millisecond}
	if transport == terminalapi.CloudDevice {
		c.BaseURL += "/v1"
	}
	return c
}

// TestAdyenDevices shows, asks and prints over the real processes, and reads what the terminal really shows
// and prints.
func TestAdyenDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2)
	s.start("")
	poiid := s.facts.Terminals[0].POIID
	for _, transport := range []terminalapi.Transport{terminalapi.TerminalCloud, terminalapi.CloudDevice} {
		c := s.register(transport)
		for _, part := range []struct {
			name string
			play func(*testing.T, *site, *terminalapi.Client, string)
		}{
			{"display", deviceShows}, {"input", deviceAsks}, {"abort", deviceAborts}, {"print", devicePrints}, {"diagnosis", deviceDiagnosed}, {"busy", deviceBusy}, {"secured", deviceSecured},
		} {
			t.Run(string(transport)+"/"+part.name, func(t *testing.T) {
				defer func(outer testing.TB) { s.t = outer }(s.t)
				s.t = t
				part.play(t, s, c, poiid)
			})
		}
	}
	t.Run("restarts", func(t *testing.T) { deviceOutlives(t, s, poiid) })
}

func deviceShows(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	text := "Welcome over " + string(c.Transport)
	if err := c.Display(t.Context(), terminalapi.Lines(text, "Second line")); err != nil {
		t.Fatal(err)
	}
	if got := s.screen(poiid); got.Name != "display" || !slices.Equal(got.Lines, []string{text, "Second line"}) {
		t.Errorf("%+v", got)
	}
	if err := c.Display(t.Context(), terminalapi.Predefined("Accepted", "Thank you")); err != nil {
		t.Fatal(err)
	}
	if got := s.screen(poiid); got.Picture != "Accepted" || !slices.Contains(got.Lines, "Thank you") {
		t.Errorf("%+v", got)
	}
	if err := c.Display(t.Context(), terminalapi.Predefined("Idle")); err != nil {
		t.Fatal(err)
	}
	if got := s.screen(poiid); got.Name != "idle" {
		t.Errorf("%+v", got)
	}
}

// asking runs a question beside the test, checks the screen when it is asked, and answers it.
func asking[T any](t *testing.T, s *site, poiid, page string, ask func() (T, error), answer map[string]any) (T, shownScreen, error) {
	t.Helper()
	type got struct {
		value T
		err   error
	}
	done := make(chan got, 1)
	go func() {
		v, err := ask()
		done <- got{v, err}
	}()
	var shown shownScreen
	await(t, "the question is on the screen", 10*time.Second, func() bool {
		shown = s.screen(poiid)
		return shown.Name == "input" && shown.Page == page
	})
	s.hands(poiid, "input", answer)
	g := <-done
	return g.value, shown, g.err
}

func deviceAsks(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	ctx := t.Context()
	q := terminalapi.Question{Title: "Receipt", Text: "By e-mail?", Wait: time.Minute}
	for _, want := range []bool{true, false} {
		yes, shown, err := asking(t, s, poiid, "confirm", func() (bool, error) { return c.Confirm(ctx, q, "Nay", "Aye") }, map[string]any{"confirm": want})
		if err != nil || yes != want || shown.Title != "Receipt" || !slices.Contains(shown.Lines, "By e-mail?") || shown.Items[0].Label != "Nay" || shown.Items[1].Label != "Aye" {
			t.Errorf("confirm %v, %v, %+v", yes, err, shown)
		}
	}
	one, shown, err := asking(t, s, poiid, "menu", func() (int, error) { return c.Menu(ctx, q, "Paper", "Cloth") }, map[string]any{"entries": []int{2}})
	if err != nil || one != 1 || len(shown.Items) < 2 || shown.Items[1].Label != "Cloth" {
		t.Errorf("menu %v, %v, %+v", one, err, shown)
	}
	many := q
	many.MinLength, many.MaxLength = 1, 3
	some, _, err := asking(t, s, poiid, "menu", func() ([]int, error) { return c.MenuMany(ctx, many, "Milk", "Sugar", "Ice") }, map[string]any{"entries": []int{1, 3}})
	if err != nil || !slices.Equal(some, []int{0, 2}) {
		t.Errorf("menu %v, %v", some, err)
	}
	for content, page := range map[string]string{"": "digits", "GetPhoneNumber": "digits"} {
		q := terminalapi.Question{Title: "Number", Content: content}
		digits, shown, err := asking(t, s, poiid, page, func() (string, error) { return c.Digits(ctx, q) }, map[string]any{"digits": "0612"})
		if err != nil || digits != "0612" || shown.Field == nil || shown.Field.Label != "Number" {
			t.Errorf("digits %q, %v, %+v", digits, err, shown)
		}
	}
	rating, _, err := asking(t, s, poiid, "rating", func() (string, error) {
		return c.Digits(ctx, terminalapi.Question{Title: "How was it?", Content: "GetRating"})
	}, map[string]any{"digits": "9"})
	if err != nil || rating != "9" {
		t.Errorf("rating %q, %v", rating, err)
	}
	amount, _, err := asking(t, s, poiid, "amount", func() (terminalapi.Amount, error) { return c.Amount(ctx, terminalapi.Question{Title: "Tip"}, "EUR") }, map[string]any{"digits": "1250"})
	if err != nil || amount != (terminalapi.Amount{Minor: 1250, Currency: "EUR"}) {
		t.Errorf("amount %v, %v", amount, err)
	}
	text, _, err := asking(t, s, poiid, "text", func() (string, error) { return c.Text(ctx, terminalapi.Question{Title: "Name"}) }, map[string]any{"text": "Ada"})
	if err != nil || text != "Ada" {
		t.Errorf("text %q, %v", text, err)
	}
	var line [][2]int // as long as a terminal takes one
	for i := range 900 {
		line = append(line, [2]int{i % 480, i % 200})
	}
	points, _, err := asking(t, s, poiid, "signature", func() ([]byte, error) {
		signed, points, err := c.Signature(ctx, terminalapi.Question{Title: "Please sign"})
		if !signed {
			err = errors.Join(err, errors.New("not signed"))
		}
		return points, err
	}, map[string]any{"strokes": [][][2]int{line}})
	var drawn struct{ Signature struct{ X, Y []string } }
	if err != nil || json.Unmarshal(points, &drawn) != nil || len(drawn.Signature.X) < 900 || len(drawn.Signature.X) != len(drawn.Signature.Y) {
		t.Errorf("signature %s, %v", points, err)
	}
	_, _, err = asking(t, s, poiid, "text", func() (string, error) { return c.Text(ctx, terminalapi.Question{Title: "Name"}) }, map[string]any{"cancel": true})
	var f *terminalapi.Failure
	if !errors.As(err, &f) || f.Condition != nexo.ErrorCancel {
		t.Errorf("cancelled: %v", err)
	}
	_, err = c.Text(ctx, terminalapi.Question{Title: "Quick", Wait: time.Second})
	if !errors.As(err, &f) || f.Condition != nexo.ErrorCancel {
		t.Errorf("too late: %v", err)
	}
}

func deviceAborts(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	id := terminalapi.NewServiceID()
	done := make(chan error, 1)
	go func() {
		_, err := c.Text(t.Context(), terminalapi.Question{ServiceID: id, Title: "Never mind"})
		done <- err
	}()
	await(t, "the question is on the screen", 10*time.Second, func() bool { return s.screen(poiid).Name == "input" })
	if err := c.Abort(t.Context(), c.Reference(nexo.CategoryInput, id)); err != nil {
		t.Fatal(err)
	}
	var f *terminalapi.Failure
	if err := <-done; !errors.As(err, &f) || f.Condition != nexo.ErrorAborted {
		t.Errorf("%v", err)
	}
	await(t, "the screen is free", 5*time.Second, func() bool { return s.screen(poiid).Name == "idle" })
}

func devicePrints(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	type paper struct {
		Kind, Document string
		Blocks         []struct {
			Spans   []struct{ Text string }
			Picture *struct{ Kind, Text string }
		}
	}
	roll := func() []paper {
		var list struct{ Receipts []paper }
		s.simJSON("terminals/"+poiid+"/receipts", &list)
		return list.Receipts
	}
	before := roll()
	if err := c.PrintText(t.Context(), "Voucher for one", "coffee"); err != nil {
		t.Fatal(err)
	}
	if err := c.PrintCode(t.Context(), "QRCode", "https://example.test/v/1"); err != nil {
		t.Fatal(err)
	}
	if err := c.PrintPNG(t.Context(), noise(t, 165)); err != nil {
		t.Fatal(err)
	}
	after := roll()
	if len(after) != len(before)+3 {
		t.Fatalf("%d papers, were %d", len(after), len(before))
	}
	text := fmt.Sprintf("%+v", after)
	if !strings.Contains(text, "Voucher for one") || !strings.Contains(text, "coffee") {
		t.Errorf("%s", text)
	}
	code, picture := false, false
	for _, paper := range after {
		for _, b := range paper.Blocks {
			code = code || b.Picture != nil && b.Picture.Kind == "QRCode" && b.Picture.Text == "https://example.test/v/1"
			picture = picture || b.Picture != nil && b.Picture.Kind == "image"
		}
	}
	if !code || !picture {
		t.Errorf("code %v, picture %v", code, picture)
	}
	s.hands(poiid, "fault", map[string]any{"name": "paper-out"})
	var f *terminalapi.Failure
	if err := c.PrintText(t.Context(), "nowhere"); !errors.As(err, &f) || f.Condition != nexo.ErrorDeviceOut {
		t.Errorf("without paper: %v", err)
	}
	d, err := c.Diagnose(t.Context(), false)
	if err != nil || d.Printer != "NoPaper" {
		t.Errorf("without paper: %+v %v", d, err)
	}
	resp, err := s.simCall("DELETE", "terminals/"+poiid+"/fault?name=paper-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// noise is a square picture that nothing makes smaller.
func noise(t *testing.T, side int) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	_, _ = rand.Read(picture.Pix)
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func deviceDiagnosed(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	d, err := c.Diagnose(t.Context(), true)
	if err != nil || d.Status != "OK" || !d.Communication || d.Printer != "OK" || !d.Hosts["0"] ||
		d.Additional["terminalId"] != poiid || d.Additional["merchantAccount"] != s.facts.Merchant || d.Additional["batteryLevel"] == "" || d.Additional["firmwareVersion"] == "" {
		t.Errorf("%+v %v", d, err)
	}
}

func deviceBusy(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	id := terminalapi.NewServiceID()
	done := make(chan error, 1)
	go func() {
		_, err := c.Pay(t.Context(), terminalapi.Payment{ServiceID: id, Reference: "order-" + id, Amount: terminalapi.Amount{Minor: 700, Currency: "EUR"}})
		done <- err
	}()
	await(t, "the payment is on the screen", 10*time.Second, func() bool { return s.screen(poiid).AmountMinor == 700 })
	var f *terminalapi.Failure
	if err := c.Display(t.Context(), terminalapi.Lines("not now")); !errors.As(err, &f) || f.Busy != id {
		t.Errorf("%v", err)
	}
	if d, err := c.Diagnose(t.Context(), false); err != nil || d.Status != "Busy" {
		t.Errorf("%+v %v", d, err)
	}
	if got := s.screen(poiid); got.AmountMinor != 700 {
		t.Errorf("the payment has left the screen: %+v", got)
	}
	if err := c.Abort(t.Context(), c.Reference(nexo.CategoryPayment, id)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.As(err, &f) || f.Condition != nexo.ErrorAborted {
		t.Errorf("%v", err)
	}
	await(t, "the terminal is free", 10*time.Second, func() bool { return s.screen(poiid).Name == "idle" })
}

// deviceSecured does it with a key of the terminal's, and once with one that is not.
func deviceSecured(t *testing.T, s *site, c *terminalapi.Client, poiid string) {
	list, err := c.ConnectedTerminals(t.Context(), "")
	if err != nil || !slices.Contains(list, poiid) {
		t.Errorf("%v %v", list, err)
	}
	s.adyenMust("PATCH", "/v3/terminals/"+poiid+"/terminalSettings", map[string]any{"nexo": map[string]any{
		"encryptionKey": map[string]any{"identifier": "till", "passphrase": "p@ssw0rd123456", "version": 2}}})
	secured, err := terminalapi.NewEncryption("p@ssw0rd123456", "till", 2)
	if err != nil {
		t.Fatal(err)
	}
	with := *c
	with.Encryption = secured
	if err := with.Display(t.Context(), terminalapi.Lines("Between us")); err != nil {
		t.Error(err)
	}
	if got := s.screen(poiid); got.Title != "Between us" {
		t.Errorf("%+v", got)
	}
	if with.Encryption, err = terminalapi.NewEncryption("another phrase", "till", 2); err != nil {
		t.Fatal(err)
	}
	var r *terminalapi.Reject
	if err := with.Display(t.Context(), terminalapi.Lines("not ours")); !errors.As(err, &r) || r.Cause != terminalapi.Undecrypted {
		t.Errorf("%v", err)
	}
	if got := s.screen(poiid); got.Title != "Between us" {
		t.Errorf("%+v", got)
	}
	if err := c.Display(t.Context(), terminalapi.Predefined("Idle")); err != nil {
		t.Error(err)
	}
}

// deviceOutlives: a question outlives the cloud, which is killed while the customer thinks; its answer is found
// by the same request, and by its status when the terminal is gone.
func deviceOutlives(t *testing.T, s *site, poiid string) {
	defer func(outer testing.TB) { s.t = outer }(s.t)
	s.t = t
	c := s.register(terminalapi.TerminalCloud)
	id := terminalapi.NewServiceID()
	q := terminalapi.Question{ServiceID: id, Title: "Table", Wait: 2 * time.Minute}
	lost := make(chan error, 1)
	go func() {
		_, err := c.Digits(t.Context(), q)
		lost <- err
	}()
	await(t, "the question is on the screen", 10*time.Second, func() bool { return s.screen(poiid).Name == "input" })
	s.cloud.kill()
	var unknown *terminalapi.Unknown
	if err := <-lost; !errors.As(err, &unknown) || unknown.Reference.ServiceID != id {
		t.Fatalf("%v", err)
	}
	s.startCloud()
	await(t, "the question is still on the screen", 30*time.Second, func() bool {
		resp, err := s.simCall("GET", "terminals/"+poiid+"/state", nil)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var state struct{ Screen shownScreen }
		return json.NewDecoder(resp.Body).Decode(&state) == nil && state.Screen.Name == "input"
	})
	s.hands(poiid, "input", map[string]any{"digits": "42"})
	if table, err := c.Digits(t.Context(), q); err != nil || table != "42" {
		t.Errorf("%q %v", table, err)
	}
	s.terminal.kill()
	await(t, "the terminal is gone", 40*time.Second, func() bool {
		var r *terminalapi.Reject
		return errors.As(c.Display(t.Context(), terminalapi.Lines("anybody?")), &r) && r.Cause == terminalapi.NotConnected
	})
	if table, err := c.Digits(t.Context(), q); err != nil || table != "42" {
		t.Errorf("%q %v", table, err)
	}
	o, err := c.Resolve(t.Context(), c.Reference(nexo.CategoryInput, id))
	if err != nil || !strings.Contains(string(o.Body), `"42"`) {
		t.Errorf("%s %v", o.Body, err)
	}
	s.terminal = s.run("terminal", s.terminalArgs)
	await(t, "the terminal is back", 40*time.Second, func() bool { return c.Display(t.Context(), terminalapi.Lines("back")) == nil })
}

// TestExampleRegister runs the register of the documentation.
func TestExampleRegister(t *testing.T) {
	s := newSite(t, 2)
	s.start("visa")
	dir := t.TempDir()
	program := dir + "/register"
	build := exec.Command("go", "build", "-o", program, "kassa/docs/examples/register-go")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "KASSA_URL="+s.facts.URL, "KASSA_ADYEN_KEY="+s.facts.AccountKey, "KASSA_ADYEN_MERCHANT="+s.facts.Merchant,
			"KASSA_POIID="+s.facts.Terminals[0].POIID)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("pay", "12.50")
	_, transaction, ok := strings.Cut(strings.TrimSpace(out), "transaction ")
	if err != nil || !ok || !strings.HasPrefix(out, "paid EUR 12.50") {
		t.Fatalf("%v %s", err, out)
	}
	if out, err = run("refund", transaction, "5,00"); err != nil || !strings.HasPrefix(out, "refund taken on: KASSA") {
		t.Errorf("%v %s", err, out)
	}
	if out, err = run("pay", "41.24"); err == nil || !strings.Contains(out, "210 Not enough balance") {
		t.Errorf("%v %s", err, out)
	}
	if out, err = run("resume"); err == nil || !strings.Contains(out, "nothing is open") {
		t.Errorf("%v %s", err, out)
	}
	if out, err = run("show", "Good evening"); err != nil || s.screen(s.facts.Terminals[0].POIID).Title != "Good evening" {
		t.Errorf("%v %s", err, out)
	}
	// A payment that was begun and never sent.
	if err := os.WriteFile(dir+"/open.json", []byte(`{"Category":"Payment","SaleID":"register-go","ServiceID":"NEVER","POIID":"`+s.facts.Terminals[0].POIID+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err = run("pay", "1.00"); err == nil || !strings.Contains(out, "resume first") {
		t.Errorf("%v %s", err, out)
	}
	if out, err = run("resume"); err == nil || !strings.Contains(out, "never reached the terminal") {
		t.Errorf("%v %s", err, out)
	}
	if out, err = run("pay", "1.00"); err != nil {
		t.Errorf("%v %s", err, out)
	}
}
