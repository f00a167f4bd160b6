package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/virtual/deck"
)

// deckCase is one row of the deck as its specification says it, played against the real processes.
type deckCase struct {
	card, how string // "tap" when it is empty
	amount    int64
	choose    string
	// screens are texts that the customer sees, in this order; never is one that no screen has.
	screens []string
	never   string
	result  string // what the terminal says in the end
	// wire is DE39 of the sales in the issuer's ledger, reversals those of the reversals, in order.
	wire, reversals []string
	// events are the statuses on the event stream, the last one after the customer has given up.
	events []string
	booked int64 // what stands in the ledger
	check  func(*testing.T, *site, deckPlay)
}

// deckPlay is what became of a case.
type deckPlay struct {
	order, tid string
	amount     int64
	shown      []string
	took       time.Duration
	ledger     []ledgerLine
}

// playWalksAway leaves a terminal that wants the chip, and lets the 60 s pass on the test clock, which
// is the whole site's.
func playWalksAway(t *testing.T, s *site) {
	tid := s.facts.Terminals[0].TID
	away := deckCase{
		card: "visa:073", amount: 7300, screens: []string{textInterface, "Cancelled"}, result: "cancelled", wire: []string{"1A"},
		events: eventsOf("declined initialized cancelled"),
	}
	var wg sync.WaitGroup
	wg.Go(func() { t.Run("customer", func(t *testing.T) { away.play(t, s.with(t), "away", tid) }) })
	s.awaitScreen(tid, "insertCard")
	s.clock("advance", "61s")
	wg.Wait()
}

// deckReceipt is what the tests read of a receipt.
type deckReceipt struct {
	AmountMinor      int64
	Result, CVM, AID string
}

func (s *site) paperOf(p deckPlay) deckReceipt {
	s.t.Helper()
	resp, err := s.simCall("GET", "terminals/"+p.tid+"/receipts", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct{ Receipts []deckReceipt }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range list.Receipts {
		if r.AmountMinor == p.amount && r.Result == "approved" {
			return r
		}
	}
	s.t.Fatalf("no receipt of %d", p.amount)
	return deckReceipt{}
}

// TestDeck plays the deck: screen texts, response codes, event sequence, result and ledger.
func TestDeck(t *testing.T) {
	t.Parallel()
	answers := newSite(t, 12, "--acquirer-timeout", "8s", "--heartbeat", "1500ms")
	answers.acquirerArgs = append(answers.acquirerArgs, "--slow", "1s")
	answers.asleep = 1
	lost := newSite(t, 10, "--acquirer-timeout", "600ms", "--heartbeat", "1500ms")
	lost.acquirerArgs = append(lost.acquirerArgs, "--late", "1s")
	answers.start("")
	lost.start("")
	var wg sync.WaitGroup
	covered := playDeck(t, &wg, answers, append(answeredRows(), readerCases()...), 4)
	covered = append(covered, playDeck(t, &wg, lost, lostRows(), 0)...)
	wg.Go(func() { t.Run("076", func(t *testing.T) { playCounters(t, answers.with(t), 4) }) })
	wg.Go(func() { t.Run("no IPEK 160", func(t *testing.T) { playNoIPEK(t, answers.with(t), 11) }) })
	wg.Go(func() { t.Run("tampered 161", func(t *testing.T) { playTampered(t, answers.with(t), 5) }) })
	wg.Go(func() { t.Run("no key left 162", func(t *testing.T) { playKeysUsedUp(t, answers.with(t), 6) }) })
	wg.Go(func() { t.Run("key used again 162", func(t *testing.T) { playKeyReplay(t, answers.with(t), 7) }) })
	wg.Go(func() { t.Run("131", func(t *testing.T) { playUnreferenced(t, answers.with(t), 9) }) })
	wg.Go(func() { t.Run("visa:180", func(t *testing.T) { playCardCheck(t, answers.with(t), 10) }) })
	wg.Wait()
	t.Run("visa:073", func(t *testing.T) { playWalksAway(t, lost.with(t)) })
	covered = append(covered, playDeck(t, &wg, lost, brokenRows(), 1)...)
	wg.Wait()
	covered = append(covered, 73, 76, 131, 180, 160, 161, 162)
	for _, r := range deck.Rows() {
		if !slices.Contains(covered, r.Number) {
			t.Errorf("row %s (%s) is not played", r.ID(), r.Title)
		}
	}
	for what, s := range map[string]*site{
		`"kind":"format"`: answers, "response code 30, DE048": answers, `"kind":"security"`: answers, `"kind":"bad_mac"`: lost,
		"has no key to pay with": answers, "used a key serial number again": answers,
	} {
		if !strings.Contains(strings.Join(s.wholeLog("cloud"), ""), what) {
			t.Errorf("no alert says %s", what)
		}
	}
	if strings.Contains(strings.Join(lost.wholeLog("cloud"), ""), "reversal_stuck") {
		t.Error("a reversal that is accepted at the sixth try is called stuck")
	}
}

// with is the site for a test of its own.
func (s *site) with(t *testing.T) *site {
	own := *s
	own.t = t
	return &own
}

// playDeck plays cases on the first terminals of a site, side by side; 0 is all but the last, which
// belongs to another group. It gives the rows that it plays.
func playDeck(t *testing.T, wg *sync.WaitGroup, s *site, cases []deckCase, terminals int) (rows []int) {
	if terminals == 0 {
		terminals = len(s.facts.Terminals) - 1
	}
	queue := make(chan int, len(cases))
	for i, c := range cases {
		queue <- i
		var row int
		_, _ = fmt.Sscanf(c.card[strings.Index(c.card, ":")+1:], "%d", &row)
		rows = append(rows, row)
	}
	close(queue)
	for n := range terminals {
		wg.Go(func() {
			for i := range queue {
				c := cases[i]
				if c.amount == 0 {
					c.amount = int64(1000 + i)
				}
				t.Run(strings.TrimSpace(c.card+" "+c.how+" "+c.choose), func(t *testing.T) {
					c.play(t, s.with(t), fmt.Sprintf("deck-%d", c.amount), s.facts.Terminals[n].TID)
				})
			}
		})
	}
	return rows
}

func (c deckCase) play(t *testing.T, s *site, id, tid string) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	p := deckPlay{order: id, tid: tid, amount: c.amount}
	stream := s.events(ctx, s.must("POST", "orders", cloudOrder(id, tid, c.amount)))
	began := time.Now()
	result := s.showCard(&p, map[string]any{"present": c.how, "card": c.card, "choose": c.choose})
	p.took = time.Since(began)
	if result != c.result {
		t.Errorf("the terminal says %s, want %s", result, c.result)
	}
	c.compareScreens(t, p.shown)
	s.giveUp(id)
	c.compareEvents(t, stream)
	var reversals []string
	await(t, "the ledger is as it must be", 40*time.Second, func() bool {
		p.ledger, reversals = nil, nil
		for _, l := range s.ledgerOf(c.amount) {
			switch {
			case l.TID != tid:
			case l.Kind == "sale":
				p.ledger = append(p.ledger, l)
			case l.Kind == "reversal":
				reversals = append(reversals, l.RC)
			}
		}
		return len(p.ledger) >= len(c.wire) && len(reversals) >= len(c.reversals)
	})
	var wire []string
	var booked int64
	for _, l := range p.ledger {
		wire = append(wire, l.RC)
		if l.State == "posted" {
			booked++
		}
	}
	if !slices.Equal(wire, c.wire) || !slices.Equal(reversals, c.reversals) || booked != c.booked {
		t.Errorf("the ledger has sales %v, reversals %v, %d stand; want %v, %v, %d", wire, reversals, booked, c.wire, c.reversals, c.booked)
	}
	if want := c.events[len(c.events)-1]; s.order(id).Status != want {
		t.Errorf("the order is %s, want %s", s.order(id).Status, want)
	}
	if c.check != nil && !t.Failed() {
		c.check(t, s, p)
	}
	await(t, "the terminal is free", 30*time.Second, func() bool { return s.state(tid).Exchange == "" })
}

// showCard presents a card and gives the result; what the screens say is kept.
func (s *site) showCard(p *deckPlay, body map[string]any) string {
	s.t.Helper()
	resp, err := s.simCall("POST", "terminals/"+p.tid+"/card", body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("the terminal answers %s", resp.Status)
	}
	var last struct {
		Screen, Title, Error, Result, Text string
		Lines                              []string
	}
	sc := bufio.NewScanner(resp.Body)
	for sc.Scan() {
		last.Result, last.Error, last.Lines = "", "", nil
		if err := json.Unmarshal(sc.Bytes(), &last); err != nil {
			s.t.Fatal(err)
		}
		if last.Result == "" {
			p.shown = append(p.shown, strings.Join(append([]string{last.Title, last.Error}, last.Lines...), " · "))
		}
	}
	if sc.Err() != nil || last.Result == "" {
		s.t.Fatalf("the terminal's answer ends early: %v", sc.Err())
	}
	return last.Result
}

// giveUp cancels an order that is not final: the customer has no other card.
func (s *site) giveUp(id string) {
	s.t.Helper()
	if o := s.order(id); o.Status == "declined" || o.Status == "initialized" {
		s.must("POST", "orders/"+id+"/cancel", nil)
	}
}

func (c deckCase) compareScreens(t *testing.T, shown []string) {
	t.Helper()
	rest := shown
	for _, want := range c.screens {
		i := slices.IndexFunc(rest, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(want)) })
		if i < 0 {
			t.Errorf("no screen says %q in its turn:\n%s", want, strings.Join(shown, "\n"))
			return
		}
		rest = rest[i+1:]
	}
	if c.never == "" {
		return
	}
	for _, s := range shown {
		for word := range strings.SplitSeq(c.never, "|") {
			if strings.Contains(strings.ToLower(s), strings.ToLower(word)) {
				t.Errorf("a screen says %q", s)
			}
		}
	}
}

func (c deckCase) compareEvents(t *testing.T, stream <-chan string) {
	t.Helper()
	var got []string
	for status := range stream {
		got = append(got, status)
	}
	if !slices.Equal(got, c.events) {
		t.Errorf("events %v, want %v", got, c.events)
	}
}

// payOnce pays an amount with a card, and gives what the screens said and the result.
func (s *site) payOnce(id, tid, card string, amount int64) (shown []string, result string) {
	s.t.Helper()
	s.must("POST", "orders", cloudOrder(id, tid, amount))
	p := deckPlay{order: id, tid: tid, amount: amount}
	result = s.showCard(&p, map[string]any{"card": card})
	s.giveUp(id)
	await(s.t, "the terminal is free", 30*time.Second, func() bool { return s.state(tid).Exchange == "" })
	return p.shown, result
}

// playCounters taps until the issuer wants its holder verified again: five times in a row, or 150.00.
func playCounters(t *testing.T, s *site, terminal int) {
	tid := s.facts.Terminals[terminal].TID
	tap := func(card string, amount int64, wantPIN bool) {
		t.Helper()
		shown, result := s.payOnce(fmt.Sprintf("counter-%d", amount), tid, card, amount)
		asked := strings.Contains(strings.Join(shown, "\n"), textPIN)
		if result != "approved" || asked != wantPIN {
			t.Errorf("%s %d: %s, asked for the PIN: %t", card, amount, result, asked)
		}
	}
	for i := range int64(5) {
		tap("visa:076", 2000+i, false)
	}
	tap("visa:076", 2005, true)
	tap("visa:076", 2006, false)
	for i := range int64(3) {
		tap("mastercard:076", 4900+i, false)
	}
	tap("mastercard:076", 4903, true) // 147.03 have gone before
	tap("mastercard:076", 4904, false)
	for amount, want := range map[int64][]string{2004: {"00"}, 2005: {"70", "00"}, 4903: {"65", "00"}} {
		var got []string
		for _, l := range s.ledgerOf(amount) {
			got = append(got, l.RC)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d got %v, want %v", amount, got, want)
		}
	}
}

func (s *site) setFault(tid, name string) {
	s.t.Helper()
	resp, err := s.simCall("POST", "terminals/"+tid+"/fault", map[string]string{"name": name})
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("fault %s: %v %v", name, resp, err)
	}
	resp.Body.Close()
}

func (s *site) clearFaults(tid string) {
	s.t.Helper()
	resp, err := s.simCall("DELETE", "terminals/"+tid+"/fault", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
}

// deckTerminal is what a terminal says of itself.
type deckTerminal struct {
	TID                string
	Online, Configured bool
	Screen             struct {
		Name, Title, Error string
		Lines              []string
	}
}

func (s *site) seen(terminal string) deckTerminal {
	s.t.Helper()
	resp, err := s.simCall("GET", "terminals/"+terminal+"/state", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var state deckTerminal
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		s.t.Fatal(err)
	}
	return state
}

// playNoIPEK activates a terminal without an initial key.
func playNoIPEK(t *testing.T, s *site, terminal int) {
	d := s.facts.Terminals[terminal]
	s.setFault(d.POIID, "no-ipek")
	await(t, "the terminal is online without a key", 20*time.Second, func() bool {
		state := s.seen(d.POIID)
		return state.Online && !state.Configured
	})
	activate := func() {
		resp, err := s.simCall("POST", "terminals/"+d.POIID+"/activate", map[string]string{"code": d.Code})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	activate()
	await(t, "the activation is refused", 10*time.Second, func() bool {
		return strings.Contains(s.seen(d.POIID).Screen.Error, "not configured")
	})
	if s.seen(d.POIID).TID != "" || s.online(d.TID) {
		t.Error("it is activated")
	}
	s.clearFaults(d.POIID)
	await(t, "it has a key", 40*time.Second, func() bool { return s.seen(d.POIID).Configured })
	await(t, "it can be activated", 20*time.Second, func() bool {
		activate()
		return s.seen(d.POIID).TID == d.TID
	})
}

// refusesToPay tells that a terminal which has raised a tamper alarm gets no order.
func (s *site) refusesToPay(id, tid string, amount int64) {
	s.t.Helper()
	await(s.t, "orders are refused for the tamper alarm", 20*time.Second, func() bool {
		e, err := s.call(s.t.Context(), "POST", "orders", s.facts.GroupKey, cloudOrder(id, tid, amount))
		return err == nil && !e.Success && strings.Contains(e.ErrorInfo, "tamper")
	})
	if lines := s.ledgerOf(amount); len(lines) != 0 {
		s.t.Errorf("%d lines in the ledger", len(lines))
	}
}

// playTampered opens a terminal: it stays dead over a loss of power, until it has been inspected.
func playTampered(t *testing.T, s *site, terminal int) {
	tid := s.facts.Terminals[terminal].TID
	s.setFault(tid, "tamper")
	back := func() {
		await(t, "it is online", 30*time.Second, func() bool { return s.seen(tid).Online && s.online(tid) })
	}
	back()
	if state := s.seen(tid); state.Screen.Title != "Attacked! Please contact your service provider" || state.Configured {
		t.Errorf("it shows %+v", state)
	}
	s.refusesToPay("tampered-1", tid, 6100)
	s.setFault(tid, "power-off")
	resp, err := s.simCall("DELETE", "terminals/"+tid+"/fault?name=power-off", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back()
	s.refusesToPay("tampered-2", tid, 6101)
	s.clearFaults(tid)
	if out, code := s.kassa("terminals", "inspected", s.facts.Terminals[terminal].POIID); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	await(t, "it has keys again", 40*time.Second, func() bool { return s.seen(tid).Configured && s.online(tid) })
	if _, result := s.payOnce("inspected", tid, "visa", 1911); result != "approved" {
		t.Errorf("after the inspection: %s", result)
	}
}

func playKeysUsedUp(t *testing.T, s *site, terminal int) {
	tid := s.facts.Terminals[terminal].TID
	s.setFault(tid, "keys-used-up")
	shown, result := s.payOnce("used-up", tid, "visa", 1920)
	if result != "notCompleted" || !strings.Contains(strings.Join(shown, "\n"), textConfig) || len(s.ledgerOf(1920)) != 0 {
		t.Errorf("%s, %q, ledger %+v", result, shown, s.ledgerOf(1920))
	}
	s.awaitStatus("used-up", "cancelled")
}

func playKeyReplay(t *testing.T, s *site, terminal int) {
	tid := s.facts.Terminals[terminal].TID
	if _, result := s.payOnce("before-replay", tid, "visa", 1930); result != "approved" {
		t.Fatal(result)
	}
	s.setFault(tid, "key-replay")
	shown, result := s.payOnce("replay", tid, "visa", 1931)
	if result != "declined" || !strings.Contains(strings.Join(shown, "\n"), textConfig) || len(s.ledgerOf(1931)) != 0 {
		t.Errorf("%s, %q, ledger %+v", result, shown, s.ledgerOf(1931))
	}
	s.clearFaults(tid)
	if _, result := s.payOnce("after-replay", tid, "visa", 1932); result != "approved" {
		t.Errorf("after the fault: %s", result)
	}
}
