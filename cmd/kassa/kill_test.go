package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// killRuns is how often a process is killed in the middle of work.
const killRuns = 50

// TestKill9 lets cash registers pay on several terminals without a pause while the cloud, or the
// terminals, are killed again and again. Every order has an amount of its own, so that the issuer's
// ledger and the receipts can be matched without asking Kassa.
func TestKill9(t *testing.T) {
	for _, victim := range []string{"cloud", "terminal"} {
		t.Run(victim, func(t *testing.T) {
			s := newSite(t, 6, "--acquirer-timeout", "2s", "--heartbeat", "1500ms")
			s.start("visa")
			ctx, stop := context.WithCancel(t.Context())
			registers := startRegisters(ctx, s)
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			dice := rand.New(rand.NewPCG(seed, 0))
			for range killRuns {
				<-time.After(time.Duration(dice.IntN(200)) * time.Millisecond)
				if victim == "cloud" {
					s.cloud.kill()
					s.startCloud()
				} else {
					s.terminal.kill()
					s.terminal = s.run("terminal", s.terminalArgs)
				}
			}
			stop()
			orders := registers()
			lost, doubled, open, completed := s.compare(orders)
			t.Logf("kills=%d orders=%d completed=%d lost=%d doubled=%d open=%d", killRuns, len(orders), completed, lost, doubled, open)
			if lost+doubled+open > 0 || completed == 0 {
				t.Errorf("kills=%d orders=%d completed=%d lost=%d doubled=%d open=%d", killRuns, len(orders), completed, lost, doubled, open)
			}
		})
	}
}

// ordersPerTerminal stays below what a terminal's roll of paper holds.
const ordersPerTerminal = 900

// placed is an order that the cloud acknowledged.
type placed struct {
	id     string
	amount int64
}

// startRegisters runs a cash register for each terminal. The function it returns waits for them
// and gives the orders that were acknowledged.
func startRegisters(ctx context.Context, s *site) func() []placed {
	var mu sync.Mutex
	var all []placed
	var wg sync.WaitGroup
	key := map[string]string{s.facts.Group: s.facts.GroupKey, s.facts.Other: s.facts.OtherKey}
	for i, terminal := range s.facts.Terminals {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil && n < ordersPerTerminal; n++ {
				p := placed{id: fmt.Sprintf("kill-%d-%d", i, n), amount: int64(100 + n*len(s.facts.Terminals) + i)}
				if !s.place(ctx, p, terminal.TID, key[terminal.Group]) {
					return
				}
				mu.Lock()
				all = append(all, p)
				mu.Unlock()
				s.awaitEnd(ctx, p.id, key[terminal.Group])
			}
		})
	}
	return func() []placed { wg.Wait(); return all }
}

// place sends an order until it is acknowledged, as a cash register does: the same one each time.
func (s *site) place(ctx context.Context, p placed, tid, key string) bool {
	for ctx.Err() == nil {
		e, err := s.call(ctx, "POST", "orders", key, cloudOrder(p.id, tid, p.amount))
		if err == nil && (e.Success || e.ErrorCode == 1006) {
			return true // 1006: an earlier try was stored, and has ended since
		}
		pause(ctx)
	}
	return false
}

func (s *site) awaitEnd(ctx context.Context, id, key string) {
	for ctx.Err() == nil {
		e, err := s.call(ctx, "GET", "orders/"+id, key, nil)
		var o orderView
		if err == nil && json.Unmarshal(e.Data, &o) == nil && (o.Status == "completed" || o.Status == "cancelled") {
			return
		}
		pause(ctx)
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Millisecond):
	}
}

// compare waits until all has settled, then holds orders, ledger and receipts against each other.
func (s *site) compare(orders []placed) (lost, doubled, open, completed int) {
	s.t.Helper()
	await(s.t, "the terminals are back", 30*time.Second, func() bool {
		online := 0
		for _, t := range s.terminals() {
			if t.Online {
				online++
			}
		}
		return online == len(s.facts.Terminals)
	})
	status := make(map[string]string)
	key := func(o placed) string {
		if s.facts.Terminals[(o.amount-100)%int64(len(s.facts.Terminals))].Group == s.facts.Other {
			return s.facts.OtherKey
		}
		return s.facts.GroupKey
	}
	await(s.t, "every order ends", 2*time.Minute, func() bool {
		for _, o := range orders {
			if status[o.id] == "completed" || status[o.id] == "cancelled" {
				continue
			}
			e, err := s.call(s.t.Context(), "GET", "orders/"+o.id, key(o), nil)
			if err != nil {
				return false
			}
			var v orderView
			if !e.Success || json.Unmarshal(e.Data, &v) != nil {
				status[o.id] = "lost"
				continue
			}
			status[o.id] = v.Status
		}
		open = 0
		for _, o := range orders {
			if st := status[o.id]; st != "completed" && st != "cancelled" && st != "lost" {
				open++
			}
		}
		return open == 0
	})
	charges := s.settledCharges(orders, status)
	receipts := s.paperOfCompleted(orders, status)
	for _, o := range orders {
		want := 0
		switch status[o.id] {
		case "completed":
			want, completed = 1, completed+1
		case "lost":
			lost++
			s.t.Errorf("order %s was acknowledged and is gone", o.id)
		}
		switch got := charges[o.amount]; {
		case got > want:
			doubled++
			s.t.Errorf("order %s (%s) has %d charges in the ledger", o.id, status[o.id], got)
		case got < want:
			lost++
			s.t.Errorf("order %s is completed without a charge in the ledger", o.id)
		}
		if n := receipts[o.amount]; n > want {
			s.t.Errorf("order %s (%s) has %d approved receipts", o.id, status[o.id], n)
		} else if n < want {
			s.t.Errorf("order %s is completed without a receipt", o.id)
		}
	}
	return lost, doubled, open, completed
}

// settledCharges counts the charges that stand, by amount, once every reversal has arrived.
func (s *site) settledCharges(orders []placed, status map[string]string) map[int64]int {
	s.t.Helper()
	var charges map[int64]int
	settled := func() bool {
		charges = make(map[int64]int)
		for _, l := range s.ledger() {
			if l.Kind == "sale" && l.State == "posted" {
				charges[l.Amount]++
			}
		}
		for _, o := range orders {
			if status[o.id] == "cancelled" && charges[o.amount] > 0 {
				return false
			}
		}
		return true
	}
	deadline := time.Now().Add(60 * time.Second)
	for !settled() && time.Now().Before(deadline) {
		pause(s.t.Context())
	}
	return charges
}

// paperOfCompleted counts the receipts by amount, once each completed order has one: the last decisions may
// still be on their way to the terminals when the orders have ended.
func (s *site) paperOfCompleted(orders []placed, status map[string]string) map[int64]int {
	s.t.Helper()
	for until := time.Now().Add(30 * time.Second); ; pause(s.t.Context()) {
		receipts := s.approvedReceipts()
		missing := slices.ContainsFunc(orders, func(o placed) bool { return status[o.id] == "completed" && receipts[o.amount] == 0 })
		if !missing || time.Now().After(until) {
			return receipts
		}
	}
}

// approvedReceipts counts the receipts on the terminals' paper, by amount.
func (s *site) approvedReceipts() map[int64]int {
	s.t.Helper()
	got := make(map[int64]int)
	for _, t := range s.facts.Terminals {
		resp, err := s.simCall(http.MethodGet, "terminals/"+t.POIID+"/receipts", nil)
		if err != nil {
			s.t.Fatalf("receipts: %v", err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			s.t.Fatalf("receipts: read: %v", err)
		}
		var roll struct {
			Receipts []struct {
				AmountMinor int64  `json:"amountMinor"`
				Result      string `json:"result"`
			} `json:"receipts"`
		}
		if err := json.Unmarshal(data, &roll); err != nil {
			s.t.Fatalf("receipts of %s: %v: %.200s", t.POIID, err, data)
		}
		for _, r := range roll.Receipts {
			if r.Result == "approved" {
				got[r.AmountMinor]++
			}
		}
	}
	return got
}
