package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestPayments plays what a cash register and a customer meet, against the real processes. In the
// end nothing that was written down or answered holds a card number, a PIN or a key.
func TestPayments(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3, "--acquirer-timeout", "1500ms", "--heartbeat", "1500ms")
	s.acquirerArgs = append(s.acquirerArgs, "--late", "2s")
	s.start("")
	seen := &record{}
	s.client.Transport = seen.wrap(s.client.Transport)
	for _, c := range []struct {
		name string
		play func(*testing.T, *site)
	}{
		{"cards", playCards}, {"soft decline", playSoftDecline}, {"unknown outcomes", playUnknown},
		{"answer lost on its way to the terminal", playDropAnswer}, {"link cut", playCutLink},
		{"power off", playPowerOff}, {"cancel", playCancel}, {"refunds", playRefunds},
		{"the same order a hundred times", playHundred}, {"webhooks", playWebhooks}, {"busy", playBusy},
		{"refused", playRefused},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			defer func(outer testing.TB) { s.t = outer }(s.t)
			s.t = t
			c.play(t, s)
		}) {
			break
		}
	}
	hidden := secrets(s.facts.GroupKey, s.facts.AccountKey, s.facts.OtherKey, s.facts.Token)
	found, files, err := scan(s.dir, seen.bytes(), hidden)
	if err != nil || files < 12 {
		t.Fatalf("%d files scanned: %v", files, err)
	}
	for _, f := range found {
		t.Errorf("found in %s", f)
	}
}

// record keeps every answer that a client got.
type record struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (r *record) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(q)
		if err == nil {
			resp.Body = &copied{resp.Body, r}
		}
		return resp, err
	})
}

func (r *record) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.data.Bytes())
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type copied struct {
	body interface {
		Read([]byte) (int, error)
		Close() error
	}
	into *record
}

func (c *copied) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	c.into.mu.Lock()
	c.into.data.Write(p[:n])
	c.into.mu.Unlock()
	return n, err
}

func (c *copied) Close() error { return c.body.Close() }

// tid is the first terminal, which most of the tests use.
func (s *site) tid() string { return s.facts.Terminals[0].TID }

// ask places an order on the first terminal.
func (s *site) ask(id string, amount int64) envelope {
	s.t.Helper()
	return s.must("POST", "orders", cloudOrder(id, s.tid(), amount))
}

// card presents a card and gives the exit code.
func (s *site) card(how, card string, args ...string) (string, int) {
	s.t.Helper()
	return s.kassa(append([]string{"card", how, card, "--terminal", s.tid()}, args...)...)
}

// ledgerOf gives the ledger lines of an amount.
func (s *site) ledgerOf(amount int64) []ledgerLine {
	s.t.Helper()
	var lines []ledgerLine
	for _, l := range s.ledger() {
		if l.Amount == amount {
			lines = append(lines, l)
		}
	}
	return lines
}

// posted counts the sales of an amount that stand.
func (s *site) posted(amount int64) int {
	s.t.Helper()
	n := 0
	for _, l := range s.ledgerOf(amount) {
		if l.Kind == "sale" && l.State == "posted" {
			n++
		}
	}
	return n
}

func (s *site) awaitStatus(id, want string) orderView {
	s.t.Helper()
	var o orderView
	await(s.t, "order "+id+" is "+want, 15*time.Second, func() bool {
		o = s.order(id)
		return o.Status == want
	})
	return o
}

func (s *site) awaitScreen(terminal, want string) {
	s.t.Helper()
	await(s.t, "the screen "+want, 30*time.Second, func() bool { return s.state(terminal).Screen.Name == want })
}

// awaitFree waits until the terminal has nothing to do: it may still show how the last one ended.
func (s *site) awaitFree() {
	s.t.Helper()
	await(s.t, "the terminal is free", 30*time.Second, func() bool { return s.state(s.tid()).Exchange == "" })
}

// end cancels what is left of an order that is not final, and waits for the terminal.
func (s *site) end(id string) {
	s.t.Helper()
	if o := s.order(id); o.Status != "completed" && o.Status != "cancelled" {
		s.must("POST", "orders/"+id+"/cancel", nil)
	}
	s.awaitFree()
}

func playCards(t *testing.T, s *site) {
	for i, c := range []struct {
		how, card  string
		amount     int64
		exit       int
		status     string
		posted     int
		screen     string
		extraFlags []string
	}{
		{"tap", "visa", 1250, 0, "completed", 1, "APPROVED", nil},
		{"insert", "mastercard", 1260, 0, "completed", 1, "APPROVED", nil},
		{"tap", "visa", 5101, 0, "completed", 1, "PIN", nil}, // above 50 EUR: online PIN first
		{"insert", "maestro", 1270, 0, "completed", 1, "PIN", nil},
		{"tap", "bancontact", 1280, 0, "completed", 1, "APPROVED", nil},
		{"tap", "visa:005", 1290, 4, "declined", 0, "1000 card declined", nil},
		{"tap", "visa:051", 1300, 4, "declined", 0, "1000 card declined", nil},
		{"insert", "visa:055", 1310, 4, "declined", 0, "1000 card declined", nil},
		{"insert", "visa", 1320, 4, "declined", 0, "1000 card declined", []string{"--pin", "9999"}},
		{"tap", "visa:082", 1330, 4, "declined", 0, "1000 card declined", nil},
		{"tap", "mastercard:066", 1340, 0, "completed", 1, "Use a different interface", nil},
		{"tap", "visa:072", 1350, 0, "completed", 1, "Use a different interface", nil},
		{"insert", "visa:083", 1360, 4, "cancelled", 0, "", nil}, // the card refuses a wrong ARPC
		{"tap", "visa:108", 1370, 0, "completed", 1, "APPROVED", nil},
	} {
		t.Run(fmt.Sprintf("%s %s %d", c.how, c.card, c.amount), func(t *testing.T) {
			defer func(outer testing.TB) { s.t = outer }(s.t)
			s.t = t
			id := fmt.Sprintf("card-%d", i)
			s.ask(id, c.amount)
			out, exit := s.card(c.how, c.card, c.extraFlags...)
			if exit != c.exit {
				t.Fatalf("exit code %d, want %d:\n%s", exit, c.exit, out)
			}
			if !strings.Contains(strings.ToUpper(out), strings.ToUpper(c.screen)) {
				t.Errorf("no screen says %q:\n%s", c.screen, out)
			}
			s.awaitStatus(id, c.status)
			s.end(id)
			await(t, fmt.Sprintf("%d charges stand", c.posted), 10*time.Second, func() bool { return s.posted(c.amount) == c.posted })
		})
		if c.card == "visa" && len(c.extraFlags) > 0 {
			r, err := s.simCall("DELETE", "acquirer/wrong-pins?account=visa:000", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
		}
	}
}

// events subscribes to the event stream of an order and gives the statuses as they come.
func (s *site) events(ctx context.Context, created envelope) <-chan string {
	s.t.Helper()
	var data struct {
		Token string `json:"events_token"`
		URL   string `json:"events_stream_url"`
	}
	if err := json.Unmarshal(created.Data, &data); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, "GET", data.URL, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", data.Token)
	resp, err := s.client.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("event stream: %v %v", resp, err)
	}
	statuses := make(chan string, 20)
	go func() {
		defer close(statuses)
		defer resp.Body.Close()
		sc := bufio.NewScanner(resp.Body)
		for sc.Scan() {
			var frame struct{ Status string }
			if text, ok := strings.CutPrefix(sc.Text(), "data: "); ok && json.Unmarshal([]byte(text), &frame) == nil {
				statuses <- frame.Status
			}
		}
	}()
	return statuses
}

func playSoftDecline(t *testing.T, s *site) {
	for i, card := range []string{"mastercard:065", "visa:070"} {
		amount := int64(1400 + i)
		created := s.ask(fmt.Sprintf("soft-%d", i), amount)
		stream := s.events(t.Context(), created)
		if got := <-stream; got != "initialized" {
			t.Fatalf("the first event is %q", got)
		}
		out, exit := s.card("tap", card)
		if exit != 0 || !strings.Contains(out, "PIN") || strings.Contains(strings.ToLower(out), "declined") {
			t.Fatalf("exit code %d; the customer must see the PIN screen only:\n%s", exit, out)
		}
		var got []string
		for status := range stream {
			got = append(got, status)
		}
		if want := []string{"declined", "initialized", "completed"}; !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
		lines := s.ledgerOf(amount)
		if len(lines) != 2 || lines[0].State != "declined" || lines[1].State != "posted" {
			t.Errorf("ledger %+v: want one declined and one posted", lines)
		}
		s.end(fmt.Sprintf("soft-%d", i))
	}
}

// playUnknown plays the cards whose answer does not arrive: the outcome is settled by a reversal.
func playUnknown(t *testing.T, s *site) {
	for i, card := range []string{"visa:100", "visa:101", "visa:105", "visa:107"} {
		amount := int64(1500 + i)
		id := fmt.Sprintf("unknown-%d", i)
		s.ask(id, amount)
		out, exit := s.card("tap", card)
		if exit != 4 {
			t.Fatalf("%s: exit code %d:\n%s", card, exit, out)
		}
		s.awaitStatus(id, "cancelled")
		await(t, card+" is reversed", 15*time.Second, func() bool {
			lines := s.ledgerOf(amount)
			reversals := 0
			for _, l := range lines {
				if l.Kind == "reversal" && l.RC == "00" {
					reversals++
				}
			}
			return s.posted(amount) == 0 && reversals == 1
		})
		s.end(id)
	}
}

func (s *site) fault(name string) {
	s.t.Helper()
	if out, exit := s.kassa("sim", "fault", s.tid(), name); exit != 0 {
		s.t.Fatalf("kassa sim fault: %d: %s", exit, out)
	}
}

// clear ends the faults, in the words that a test gives ("clear T", or "fault T clear").
func (s *site) clear(words ...string) {
	s.t.Helper()
	if len(words) == 0 {
		words = []string{"clear", s.tid()}
	}
	if out, exit := s.kassa(append([]string{"sim"}, words...)...); exit != 0 {
		s.t.Fatalf("kassa sim %v: %d: %s", words, exit, out)
	}
}

func playDropAnswer(t *testing.T, s *site) {
	s.fault("drop-answer")
	s.ask("dropped", 1600)
	out, exit := s.card("tap", "visa")
	if exit != 5 {
		t.Fatalf("exit code %d, want 5 (nobody at the terminal knows):\n%s", exit, out)
	}
	s.awaitStatus("dropped", "completed")
	s.clear()
	s.awaitFree()
	if n := s.approvedReceipts()[1600]; n != 1 || s.posted(1600) != 1 {
		t.Errorf("%d receipts, %d charges", n, s.posted(1600))
	}
}

func (s *site) online(tid string) bool {
	for _, t := range s.terminals() {
		if t.TID == tid {
			return t.Online
		}
	}
	return false
}

func playCutLink(t *testing.T, s *site) {
	s.fault("cut-link")
	await(t, "the terminal is offline", 8*time.Second, func() bool { return s.reach(s.tid()).State == "offline" })
	created := s.ask("cut", 1700)
	if len(created.Warnings) == 0 || !strings.Contains(string(created.Warnings), "offline") {
		t.Errorf("no warning that the terminal is offline: %s", created.Warnings)
	}
	s.clear()
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d:\n%s", exit, out)
	}
	s.awaitStatus("cut", "completed")
	s.awaitFree()
}

func playPowerOff(t *testing.T, s *site) {
	s.ask("off", 1800)
	s.awaitScreen(s.tid(), "presentCard")
	s.fault("power-off")
	s.clear("fault", s.tid(), "clear")
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d:\n%s", exit, out)
	}
	s.awaitStatus("off", "completed")
	if n := s.posted(1800); n != 1 {
		t.Errorf("%d charges", n)
	}
	s.awaitFree()
}

func playCancel(t *testing.T, s *site) {
	s.ask("cancel-1", 1900)
	s.awaitScreen(s.tid(), "presentCard")
	s.must("POST", "orders/cancel-1/cancel", nil)
	s.awaitFree()
	if _, exit := s.card("tap", "visa"); exit == 0 {
		t.Error("a card paid a cancelled order")
	}
	s.awaitStatus("cancel-1", "cancelled")

	s.ask("cancel-2", 1901)
	s.awaitScreen(s.tid(), "presentCard")
	r, err := s.simCall("POST", "terminals/"+s.tid()+"/keys", map[string]string{"key": "stop"})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	s.awaitStatus("cancel-2", "cancelled")
	s.awaitFree()
}

func playRefunds(t *testing.T, s *site) {
	s.ask("refund", 2000)
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d:\n%s", exit, out)
	}
	refund := func(amount any) envelope {
		e, err := s.call(t.Context(), "POST", "orders/refund/refunds", s.facts.GroupKey, map[string]any{"currency": "EUR", "amount": amount})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := refund(700); !e.Success {
		t.Fatalf("partial refund: %+v", e)
	}
	if o := s.order("refund"); o.AmountRefunded != 700 {
		t.Errorf("amount_refunded is %d as soon as the refund is accepted", o.AmountRefunded)
	}
	if e := refund(700); e.ErrorCode != 1034 {
		t.Errorf("the same amount again: %+v", e)
	}
	if e := refund(1301); e.ErrorCode != 1034 {
		t.Errorf("more than what is left: %+v", e)
	}
	if e := refund("0"); !e.Success {
		t.Errorf("the rest: %+v", e)
	}
	await(t, "the refunds are in the ledger", 10*time.Second, func() bool {
		var sum int64
		for _, l := range s.ledger() {
			if l.Kind == "refund" && l.State == "posted" && l.Of != "" {
				sum += l.Amount
			}
		}
		return sum == 2000
	})
	s.awaitStatus("refund", "refunded")
}

func playHundred(t *testing.T, s *site) {
	answers := make([]string, 100)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			e, err := s.call(t.Context(), "POST", "orders", s.facts.GroupKey, cloudOrder("hundred", s.tid(), 2100))
			if err != nil || !e.Success {
				t.Errorf("answer %d: %+v %v", i, e, err)
			}
			answers[i] = string(e.Data)
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a != answers[0] {
			t.Fatalf("two different answers:\n%s\n%s", a, answers[0])
		}
	}
	if out, exit := s.card("tap", "visa"); exit != 0 {
		t.Fatalf("exit code %d:\n%s", exit, out)
	}
	s.awaitStatus("hundred", "completed")
	if n := s.posted(2100); n != 1 {
		t.Errorf("%d charges", n)
	}
	e, err := s.call(t.Context(), "POST", "orders", s.facts.GroupKey, cloudOrder("hundred", s.tid(), 2100))
	if err != nil || e.ErrorCode != 1006 {
		t.Errorf("the order is finished: %+v %v", e, err)
	}
	s.awaitFree()
}

func playBusy(t *testing.T, s *site) {
	s.ask("busy-1", 2200)
	second := s.ask("busy-2", 2201)
	if !strings.Contains(string(second.Warnings), "busy") {
		t.Errorf("no warning that the terminal is busy: %s", second.Warnings)
	}
	for _, amount := range []int64{2200, 2201} {
		if out, exit := s.card("tap", "visa"); exit != 0 {
			t.Fatalf("%d: exit code %d:\n%s", amount, exit, out)
		}
	}
	s.awaitStatus("busy-1", "completed")
	s.awaitStatus("busy-2", "completed")
	s.awaitFree()
}
