package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/virtual/inbox"
)

// device posts to a terminal's control API and reads the answer.
func (s *site) device(tid, what string, body, into any) int {
	s.t.Helper()
	resp, err := s.simCall(http.MethodPost, "terminals/"+tid+"/"+what, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(raw, into); err != nil {
			s.t.Fatalf("%s: %v\n%s", what, err, raw)
		}
	}
	if resp.StatusCode >= 300 && into != nil {
		s.t.Fatalf("%s: %s\n%s", what, resp.Status, raw)
	}
	return resp.StatusCode
}

func (s *site) setting(tid, id, value string) {
	s.t.Helper()
	var state any
	s.device(tid, "settings", map[string]string{"id": id, "value": value}, &state)
}

// TestClosingBalance: what is typed in with a tip, sent by a cash register, refunded on the device and
// over the API, and declined, adds up to the issuer's ledger to the cent, by terminal and by group; a
// restart changes nothing of it. The receipt by e-mail says the same.
func TestClosingBalance(t *testing.T) {
	s := newSite(t, 3)
	s.start("")
	first, second := s.facts.Terminals[0].TID, s.facts.Terminals[1].TID
	s.setting(first, "cloudMode", "off")
	s.setting(first, "tipping", "on")
	s.setting(first, "allowRefunds", "on")
	exchange := s.typedIn(t, first, 1000, 150)
	var refunded struct {
		Accepted bool `json:"accepted"`
	}
	if code := s.device(first, "refund", map[string]any{"exchange": exchange, "amountMinor": 300, "pin": "9999"}, nil); code < 400 {
		t.Errorf("a refund with a wrong PIN: %d", code)
	}
	s.device(first, "refund", map[string]any{"exchange": exchange, "amountMinor": 300, "pin": "1324"}, &refunded)
	if !refunded.Accepted {
		t.Error("the refund on the device was not accepted")
	}
	for _, pay := range []struct {
		id, card string
		amount   int64
		exit     int
	}{{"close-1", "mastercard", 2599, 0}, {"close-3", "visa", 1201, 0}, {"close-2", "visa:051", 800, 4}} { // the last one stays on the screen
		s.must(http.MethodPost, "orders", cloudOrder(pay.id, second, pay.amount))
		await(t, "the screen", 10*time.Second, func() bool { return s.state(second).Screen.Name == "presentCard" })
		if out, code := s.kassa("card", "tap", pay.card, "--terminal", second); code != pay.exit {
			t.Fatalf("%s: exit code %d\n%s", pay.id, code, out)
		}
	}
	s.must(http.MethodPost, "orders/close-1/refunds", map[string]any{"currency": "EUR", "amount": 99})
	await(t, "both refunds in the ledger", 10*time.Second, func() bool { return s.booked("refund", "") == 399 })
	s.adds(t, "terminal", first)
	s.adds(t, "group", "")
	s.cloud.kill()
	s.startCloud()
	await(t, "the terminal online", 20*time.Second, func() bool { return s.terminals()[0].Online })
	s.adds(t, "group", "")
	s.letter(t, first, exchange)
}

// typedIn takes a payment by manual input with a tip, and gives its exchange.
func (s *site) typedIn(t *testing.T, tid string, amount, tip int64) string {
	t.Helper()
	var begun struct {
		Reference string `json:"reference"`
	}
	s.device(tid, "start", map[string]any{"amountMinor": amount, "origin": "manual"}, &begun)
	await(t, "the tip screen", 10*time.Second, func() bool { return s.state(tid).Screen.Name == "tip" })
	s.device(tid, "tip", map[string]any{"amountMinor": tip, "employee": "33"}, nil)
	await(t, "the screen", 10*time.Second, func() bool { return s.state(tid).Screen.Name == "presentCard" })
	if out, code := s.kassa("card", "tap", "visa", "--terminal", tid); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	if o := s.order(begun.Reference); o.Status != "completed" || o.Amount != amount+tip {
		t.Fatalf("the typed in order is %+v", o)
	}
	out, code := s.kassa("orders", "show", begun.Reference, "--json")
	var order struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(out), &order); err != nil || code != 0 || order.ID == "" {
		t.Fatalf("orders show: exit code %d, %v\n%s", code, err, out)
	}
	return order.ID
}

// booked sums what the issuer has posted of a kind, of one terminal or of all.
func (s *site) booked(kind, tid string) (sum int64) {
	for _, l := range s.ledger() {
		if l.Kind == kind && l.State == "posted" && (tid == "" || l.TID == tid) {
			sum += l.Amount
		}
	}
	return sum
}

// adds compares a closing balance with the issuer's ledger.
func (s *site) adds(t *testing.T, level, tid string) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	var total struct {
		Totals struct {
			Rows []struct{ PaymentsMinor, RefundsMinor, TipsMinor int64 }
		}
	}
	asked := map[string]any{"level": level, "day": time.Now().In(zone).Format(time.DateOnly), "startHour": 0}
	s.device(s.facts.Terminals[0].TID, "totals", asked, &total)
	var paid, back, tips int64
	for _, r := range total.Totals.Rows {
		paid, back, tips = paid+r.PaymentsMinor, back+r.RefundsMinor, tips+r.TipsMinor
	}
	if want := s.booked("sale", tid); paid != want || paid == 0 {
		t.Errorf("%s: payments of %d, the ledger has %d", level, paid, want)
	}
	if want := s.booked("refund", tid); back != want || back == 0 {
		t.Errorf("%s: refunds of %d, the ledger has %d", level, back, want)
	}
	if tips != 150 {
		t.Errorf("%s: tips of %d", level, tips)
	}
}

// letter asks for the receipt by e-mail on the device, and reads it where it arrives.
func (s *site) letter(t *testing.T, tid, exchange string) {
	t.Helper()
	if code := s.device(tid, "email", map[string]any{"exchange": exchange, "address": "no address"}, nil); code < 400 {
		t.Errorf("no address: %d", code)
	}
	s.device(tid, "email", map[string]any{"exchange": exchange, "address": "guest@example.com"}, nil)
	var got inbox.Received
	await(t, "the letter", 20*time.Second, func() bool {
		s.simLines("mail/", func(line []byte) {
			if err := json.Unmarshal(line, &got); err != nil {
				t.Errorf("mail: %v", err)
			}
		})
		return got.Raw != ""
	})
	for _, want := range []string{"Bar De Punt", "EUR 11.50", "EUR 1.50", "APPROVED"} {
		if !strings.Contains(got.Raw, want) {
			t.Errorf("the letter lacks %s", want)
		}
	}
	if fmt.Sprint(got.To) != "[guest@example.com]" {
		t.Errorf("the letter is for %v", got.To)
	}
}
