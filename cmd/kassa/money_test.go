package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa"
	"kassa/card"
	"kassa/hsm"
	"kassa/journal"
	"kassa/virtual/deck"
	"kassa/virtual/host"
)

// moneySide is a cloud's money side and the acquirer, joined over TCP; no terminal and no door.
type moneySide struct {
	t      *testing.T
	c      *cloud
	host   *host.Server
	orders kassa.NewOrder // what all orders have in common
}

// newMoneySide runs the acquirer's host, and with it a cloud that Close ends.
func newMoneySide(t *testing.T) *moneySide {
	t.Helper()
	dir := t.TempDir()
	zone := filepath.Join(dir, "zone.json")
	keys, err := host.EnsureZone(zone, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	h, err := host.NewServer(host.Options{Ledger: filepath.Join(dir, "ledger"), Config: host.Config{Keys: keys}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(serveOptions{dir: filepath.Join(dir, "cloud"), zone: zone, acquirer: l.Addr().String(), timeout: 5 * time.Second}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- runAll(ctx, func(ctx context.Context) error { return h.Run(ctx, l) }, c.engine.Run, func(ctx context.Context) error {
			_ = c.acquirer.Run(ctx)
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		c.close()
	})
	return &moneySide{t: t, c: c, host: h, orders: kassa.NewOrder{
		Dialect: "test", Account: "10", Scope: "100", Environment: "test", TID: kassa.EcommerceTID("100"), MID: "MID000000000001",
		Channel: kassa.Ecommerce, Capture: kassa.CaptureLater, Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR},
	}}
}

// pay makes an order with a card of the deck, as a door does that was given it.
func (p *moneySide) pay(ref, name, code string) kassa.Order {
	p.t.Helper()
	c, err := deck.Parse(name)
	if err != nil {
		p.t.Fatal(err)
	}
	n := p.orders
	n.Ref, n.Fingerprint = ref, ref
	sealed, err := p.c.secure.SealEntered([]byte(n.Key()), hsm.EnteredCard{PAN: c.PAN, Expiry: c.Expiry, Code: code})
	if err != nil {
		p.t.Fatal(err)
	}
	facts := kassa.CardFacts{BIN: c.PAN.BIN(), Last4: c.PAN.Last4(), Brand: string(card.BrandOf(c.PAN)), CVM: kassa.CVMNone}
	o, reason, err := p.c.engine.Pay(p.t.Context(), n, kassa.EnteredCard{Card: facts, Sealed: sealed})
	if err != nil || reason != kassa.None {
		p.t.Fatalf("%s: %s %v", ref, reason, err)
	}
	return o
}

// until waits for an order to come to something.
func (p *moneySide) until(ref string, is func(kassa.Order) bool) kassa.Order {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	for nudge := p.c.store.Watch(ctx); ; {
		o, ok, err := p.c.engine.Find(ctx, "test", "100", ref)
		if err != nil || !ok {
			p.t.Fatalf("%s: %v %v", ref, ok, err)
		}
		if is(o) {
			return o
		}
		select {
		case <-nudge:
		case <-ctx.Done():
			p.t.Fatalf("%s stays %s, %+v %+v", ref, o.Status, o.Hold, o.Refunds)
		}
	}
}

// ledger is what the issuer has in its books: kind, state, amount.
func (p *moneySide) ledger() []string {
	p.t.Helper()
	answer := httptest.NewRecorder()
	p.host.Control().ServeHTTP(answer, httptest.NewRequest("GET", "/ledger", nil))
	var lines []string
	for decoder := json.NewDecoder(answer.Body); decoder.More(); {
		var l host.Line
		if err := decoder.Decode(&l); err != nil {
			p.t.Fatal(err)
		}
		lines = append(lines, strings.Join([]string{l.Kind, l.State, kassa.Money{Minor: l.Amount, Currency: kassa.Currency(l.Currency)}.String(), l.RC}, " "))
	}
	return lines
}

// TestMoneyWithoutATerminal: a card that was typed in, held, captured in part, released, refunded, and
// the refund taken back, over SQLite, the secure module and ISO 8583; the issuer's own books say so.
func TestMoneyWithoutATerminal(t *testing.T) {
	p := newMoneySide(t)
	e := p.c.engine
	if o := p.pay("paid", "visa:000", "123"); o.Status != kassa.Completed || o.HoldLeft() != 1250 {
		t.Fatalf("it is %s %s", o.Status, o.End)
	}
	if o := p.pay("wrong code", "visa:000", "321"); o.Status != kassa.Cancelled || o.End != kassa.DeclinedSecurity {
		t.Errorf("a wrong code: %s %s", o.Status, o.End)
	}
	if o := p.pay("no money", "mastercard:051", "123"); o.End != kassa.DeclinedFunds {
		t.Errorf("no money: %s %s", o.Status, o.End)
	}
	_, number, reason, err := e.Capture(t.Context(), "test", "100", "paid", kassa.AskCapture{Amount: 500, Currency: kassa.EUR, Ref: "c"})
	if err != nil || reason != kassa.None {
		t.Fatalf("capture: %s %v", reason, err)
	}
	if _, reason, err = e.Release(t.Context(), "test", "100", "paid"); err != nil || reason != kassa.None {
		t.Fatalf("release: %s %v", reason, err)
	}
	p.until("paid", func(o kassa.Order) bool { return !o.Open() })
	_, refund, reason, err := e.Refund(t.Context(), "test", "100", "paid", kassa.AskRefund{Amount: 300, Currency: kassa.EUR, Capture: number})
	if err != nil || reason != kassa.None {
		t.Fatalf("refund: %s %v", reason, err)
	}
	p.until("paid", func(o kassa.Order) bool { return !o.Open() })
	if _, reason, err = e.CancelRefund(t.Context(), "test", "100", "paid", refund); err != nil || reason != kassa.None {
		t.Fatalf("cancel of the refund: %s %v", reason, err)
	}
	o := p.until("paid", func(o kassa.Order) bool { return !o.Open() })
	if o.AmountPaid() != 500 || o.AmountRefunded() != 0 || o.Refunds[0].Status != kassa.RefundVoided {
		t.Errorf("%d paid, %d refunded, %+v", o.AmountPaid(), o.AmountRefunded(), o.Refunds)
	}
	want := []string{
		"hold released EUR 12.50 00", "hold declined EUR 12.50 N7", "hold declined EUR 12.50 51", "capture posted EUR 5.00 00",
		"release posted EUR 7.50 00", "refund reversed EUR 3.00 00", "reversal posted EUR 3.00 00",
	}
	if diff := cmp.Diff(want, p.ledger()); diff != "" {
		t.Error(diff)
	}
	if entries, err := p.c.store.Entries(0, 1000); err != nil || slices.ContainsFunc(entries, func(e journal.Entry) bool {
		return strings.Contains(string(e.Payload), "4761739000000004")
	}) {
		t.Errorf("a card number is in the journal, or it cannot be read: %v", err)
	}
}
