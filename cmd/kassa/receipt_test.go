package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kassa/sale/native"
)

// receipt reads a receipt over the native API.
func (s *site) receipt(id, query string) (string, *http.Response) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.facts.URL+native.Prefix+"orders/"+id+"/receipt?"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.facts.Token)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body), resp
}

// TestReceipts: over the real processes, the receipts of an approved, a declined and a refunded payment
// say what the issuer's ledger has, in every form.
func TestReceipts(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	tid := s.facts.Terminals[0].TID
	pay := func(id, card string, exit int) {
		t.Helper()
		s.must(http.MethodPost, "orders", cloudOrder(id, tid, 1250))
		await(t, "the screen", 10*time.Second, func() bool { return s.state(tid).Screen.Name == "presentCard" })
		if out, code := s.kassa("card", "tap", card, "--terminal", tid); code != exit {
			t.Fatalf("card %s: exit code %d\n%s", card, code, out)
		}
	}
	pay("receipt-yes", "visa", 0)
	var taken struct {
		RefundID json.Number `json:"refund_id"`
	}
	answer := s.must(http.MethodPost, "orders/receipt-yes/refunds", map[string]any{"currency": "EUR", "amount": 250})
	if err := json.Unmarshal(answer.Data, &taken); err != nil {
		t.Fatal(err)
	}
	var sale, refund ledgerLine
	await(t, "the refund in the ledger", 10*time.Second, func() bool {
		for _, l := range s.ledger() {
			switch {
			case l.Kind == "sale" && l.Amount == 1250:
				sale = l
			case l.Kind == "refund":
				refund = l
			}
		}
		return refund.RRN != ""
	})
	for _, format := range []string{"text&columns=32", "text", "html"} {
		text, _ := s.receipt("receipt-yes", "format="+format)
		for _, want := range []string{"Bar De Punt", tid, "EUR 12.50", "**** **** **** 0004", "A0000000031010", "Contactless", sale.RRN, "APPROVED"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", format, want, text)
			}
		}
	}
	if file, resp := s.receipt("receipt-yes", "format=pdf"); !strings.HasPrefix(file, "%PDF-") || resp.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("PDF: %s %.20q", resp.Status, file)
	}
	if text, _ := s.receipt("receipt-yes", "refund="+taken.RefundID.String()); !strings.Contains(text, "REFUND") || !strings.Contains(text, "EUR 2.50") || !strings.Contains(text, refund.RRN) {
		t.Errorf("refund:\n%s", text)
	}
	pay("receipt-no", "visa:051", 4)
	if text, _ := s.receipt("receipt-no", "copy=merchant"); !strings.Contains(text, "DECLINED") || !strings.Contains(text, "Merchant copy") || strings.Contains(text, "APPROVED") {
		t.Errorf("declined:\n%s", text)
	}
	if _, resp := s.receipt("receipt-never", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an order that is none: %s", resp.Status)
	}
	for query, want := range map[string]int{
		"refund=7": 404, "format=gif": 400, "columns=9": 400, "copy=x": 400, "refund=-1": 400, "colour=red": 400,
	} {
		if body, resp := s.receipt("receipt-yes", query); resp.StatusCode != want || !strings.Contains(body, "detail") {
			t.Errorf("%s: %s %s", query, resp.Status, body)
		}
	}
}
