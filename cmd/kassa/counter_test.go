package main

import (
	"encoding/json"
	"testing"
	"time"
)

// TestTerminalMenus works a terminal as its merchant does: out of cloud mode, with manual input, a tip, a
// refund out of the history, another language, and back into cloud mode, where an order waits.
func TestTerminalMenus(t *testing.T) {
	s := newSite(t, 2)
	s.start("")
	b := browse(t)
	b.size(1280, 900)
	b.open(s.page(0))
	b.screen("idle", "Bar 1")
	leaveCloudMode(s, b)
	s.askAt(0, s.facts.GroupKey, "waits-1", "cake", 700)
	settings(s, b)
	manualWithTip(t, s, b)
	refundOnDevice(t, s, b)
	inDutch(b)
	backToCloudMode(s, b)
}

func (b *tab) items(ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		b.await(10*time.Second, `document.querySelector(`+script(item(id))+`)`)
		b.click(item(id))
	}
}

func item(id string) string { return `#screen [data-item="` + id + `"]` }

// turnOn touches a toggle and waits until it says so.
func (b *tab) turnOn(setting string) {
	b.t.Helper()
	b.items("set:" + setting)
	b.await(10*time.Second, `/\bon$/.test(document.querySelector(`+script(item("set:"+setting))+`).innerText.trim())`)
}

// at waits for a page of the menus.
func (b *tab) at(page string, texts ...string) {
	b.t.Helper()
	b.await(10*time.Second, `(d => d && d.dataset.page === `+script(page)+` && `+script(texts)+`.every(t => d.innerText.includes(t)))(document.querySelector("#screen .display"))`)
	b.fits()
}

func leaveCloudMode(s *site, b *tab) {
	s.t.Helper()
	ask[bool](b, `(e => { e.focus(); return true; })(document.querySelector("[data-hold]"))`)
	b.keys("\r")
	b.at("managerPIN")
	b.keys("0000\r")
	b.at("managerPIN", "Wrong PIN. 4 tries left")
	b.keys("1324\r")
	b.screen("home", "Manual input", "Features", "Settings")
	b.await(10*time.Second, `document.querySelector("#status").innerText.includes("cloud mode off")`)
}

func settings(s *site, b *tab) {
	s.t.Helper()
	b.items("pin:settings")
	b.at("managerPIN")
	b.keys("1324\r")
	b.items("sub:global")
	b.turnOn("tipping")
	b.items("set:employees")
	b.await(10*time.Second, `document.activeElement.matches("#screen [data-text]")`)
	b.keys("33 Alonso, 34 Bea")
	b.keys("\r")
	b.at("settings", "33 Alonso")
	b.items("back", "sub:payment")
	b.turnOn("allowRefunds")
	b.items("back")
	b.at("settings", "Security")
	b.items("back")
	b.screen("home")
}

// history is what the terminal remembers, the newest last.
func history(s *site) []struct {
	Reference, Exchange   string
	AmountMinor, TipMinor int64
} {
	s.t.Helper()
	resp, err := s.simCall("GET", "terminals/"+s.tid()+"/history", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		History []struct {
			Reference, Exchange   string
			AmountMinor, TipMinor int64
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		s.t.Fatal(err)
	}
	return body.History
}

func manualWithTip(t *testing.T, s *site, b *tab) {
	t.Helper()
	b.items("page:manual")
	b.at("manual", "EUR 0.00")
	b.keys("1250")
	b.at("manual", "EUR 12.50")
	b.keys("\r")
	b.screen("tip", "Add a tip?", "EUR 12.50", "EUR 1.25")
	b.items("tip:employee", "employee:33", "tip:125")
	b.screen("presentCard", "EUR 13.75")
	b.pick("tap", "VISA", "visa:000")
	b.screen("approved", "EUR 13.75")
	b.await(10*time.Second, `/tip\s+EUR 1\.25/.test(document.querySelector("#paper .paper").innerText)`)
	past := history(s)
	if len(past) != 1 || past[0].TipMinor != 125 {
		t.Fatalf("history %+v", past)
	}
	await(t, "the order with its tip", 10*time.Second, func() bool {
		o := s.order(past[0].Reference)
		return o.Status == "completed" && o.Amount == 1375
	})
	if n := s.posted(1375); n != 1 {
		t.Fatalf("the issuer booked it %d times", n)
	}
	if s.order("waits-1").Status != "initialized" {
		t.Fatalf("the order that waits: %+v", s.order("waits-1"))
	}
}

func refundOnDevice(t *testing.T, s *site, b *tab) {
	t.Helper()
	past := history(s)[0]
	b.screen("home")
	b.items("page:features", "page:history", "past:"+past.Exchange)
	b.at("past", "EUR 13.75", past.Reference)
	b.items("page:refund")
	b.at("refund", "At most EUR 13.75")
	b.keys("500\r")
	b.at("managerPIN")
	b.keys("1324\r")
	b.at("confirm", "Refund EUR 5.00?")
	b.items("do:confirm")
	b.at("done", "Refund accepted")
	b.items("do:close")
	b.at("past", "Refund EUR 5.00 accepted")
	await(t, "the refund at the bank", 10*time.Second, func() bool {
		return s.order(past.Reference).AmountRefunded == 500 && len(s.ledgerOf(500)) == 1
	})
	b.items("back")
	b.at("history")
	b.items("back")
	b.at("features")
	b.items("back")
	b.screen("home")
}

func inDutch(b *tab) {
	b.items("pin:settings")
	b.at("managerPIN")
	b.keys("1324\r")
	b.items("sub:language", "set:language", "pick:nl")
	b.at("settings", "Taal", "Nederlands")
	b.items("back")
	b.at("settings", "Beveiliging")
	b.items("back")
	b.screen("home", "Handmatige invoer")
	b.size(360, 740)
	b.items("page:manual")
	b.at("manual", "Te betalen bedrag")
	b.items("back")
	b.size(1280, 900)
}

func backToCloudMode(s *site, b *tab) {
	s.t.Helper()
	b.items("pin:settings")
	b.at("managerPIN")
	b.keys("1324\r")
	b.items("sub:payment", "set:cloudMode")
	b.screenWithin(15*time.Second, "tip", "EUR 7.00", "Geen fooi")
	b.items("tip:none")
	b.screen("presentCard", "EUR 7.00", "Presenteer kaart")
	b.pick("tap", "VISA", "visa:000")
	b.screen("approved", "Akkoord")
	s.awaitStatus("waits-1", "completed")
}
