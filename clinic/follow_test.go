package clinic_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/clinic"
	"kassa/doctor"
)

// TestADeathLosesAndDoublesNothing: the process dies at the second of three diagnoses, before its commit or after it.
func TestADeathLosesAndDoublesNothing(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after=%v", after), func(t *testing.T) {
			w := newWorld(t)
			one := w.opened("zqalpha")
			w.reopen()
			w.store.dieAt, w.store.after = 3, after // the tenant's own order and webhook were the first
			stop := w.run()
			for i := range 3 {
				w.declined(one, fmt.Sprintf("crash-%d", i), "51", kassa.DeclinedFunds)
			}
			w.await("death", func() bool {
				w.later(time.Second)
				_, dead := w.store.count()
				return dead
			})
			stop()
			w.reopen()
			stop = w.run()
			defer stop()
			last := w.declined(one, "crash-last", "51", kassa.DeclinedFunds)
			of := func(order string) (n int) {
				for _, d := range w.all(operator()) {
					if d.Diagnosis.Subject.ID == order {
						n++
					}
				}
				return n
			}
			w.await("the last order's diagnosis", func() bool {
				w.later(time.Second)
				return of(last.ID()) > 0
			})
			for n := one.order.Number; n <= last.Number; n++ {
				if got := of(kassa.FormatID(n)); got != 1 {
					t.Errorf("order %d of %d: %d diagnoses", n-one.order.Number, last.Number-one.order.Number, got)
				}
			}
		})
	}
}

// TestAStormIsExaminedSlowly: thousands of orders fail at once. So many are examined a second; a payment is stored and a
// question answered all the while.
func TestAStormIsExaminedSlowly(t *testing.T) {
	const failing, perSecond = 2000, 20
	w := newWorld(t)
	one := w.opened("zqalpha")
	for i := range failing {
		w.declined(one, fmt.Sprintf("storm-%d", i), "51", kassa.DeclinedFunds)
	}
	stop := w.run()
	defer stop()
	w.await("the first sixty", func() bool {
		made, _ := w.store.count()
		elapsed := w.clock().Sub(noon)
		if most := perSecond * (int(elapsed/time.Second) + 1); made > most {
			t.Fatalf("%d were examined within %s", made, elapsed)
		}
		w.later(100 * time.Millisecond)
		w.declined(one, "meanwhile-"+elapsed.String(), "51", kassa.DeclinedFunds)
		return made >= 3*perSecond
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := w.Diagnose(ctx, operator(), clinic.Ask{Subject: doctor.Subject{Kind: doctor.Order, ID: "meanwhile-1s"}})
	if err != nil || len(d.Diagnosis.Findings) == 0 {
		t.Errorf("%v %+v", err, d.Diagnosis)
	}
}

// TestTheSameAgainIsNoNews: one diagnosis by itself for a subject, until something else is found of it.
func TestTheSameAgainIsNoNews(t *testing.T) {
	w := newWorld(t)
	one := w.opened("zqalpha")
	w.reopen()
	stop := w.run()
	defer stop()
	codes := func() (list []string) {
		for _, d := range w.all(clinic.Reader{Account: one.account}) {
			if d.Diagnosis.Subject.ID == one.order.ID() {
				list = append(list, d.Diagnosis.Findings[0].Code)
			}
		}
		return list
	}
	passed := func(ref string) { // all that was before it was looked at
		o := w.declined(one, ref, "51", kassa.DeclinedFunds)
		w.await(ref, func() bool {
			w.later(time.Second)
			list, _, err := w.List(operator(), clinic.Filter{Subject: doctor.Subject{Kind: doctor.Order, ID: o.ID()}, Limit: 1})
			must(t, err)
			return len(list) == 1
		})
	}
	again := func(code string, reason kassa.Reason) {
		o := one.order
		auth := o.Attempts[0].Authorisations[0]
		auth.ResponseCode, auth.Reason = code, reason
		o.Attempts = append(o.Attempts[:1:1], kassa.Attempt{Number: o.Number, Status: kassa.AttemptDeclined, Reason: reason, Authorisations: []kassa.Authorisation{auth}})
		fact := w.fact("AttemptClosed", one.group, map[string]any{"status": "declined"})
		w.write("order/"+o.ID(), one.group, encoded(t, o), fact)
	}
	passed("pass-1")
	again("51", kassa.DeclinedFunds)
	passed("pass-2")
	if got := strings.Join(codes(), " "); got != "insufficient_funds" {
		t.Errorf("the same again: %s", got)
	}
	again("54", kassa.DeclinedExpired)
	passed("pass-3")
	if got := codes(); len(got) != 2 || got[0] == got[1] {
		t.Errorf("something else: %v", got)
	}
}

// TestWhatBreaksIsLogged: a rule breaks on every order. The rest goes on, and one line a minute says so.
func TestWhatBreaksIsLogged(t *testing.T) {
	w := newWorld(t)
	one := w.opened("zqalpha")
	rule, _ := w.rules.Rule("insufficient_funds")
	rule.ID, rule.Code = "TEST-2", "broken"
	rule.Look = func(c *doctor.Chart) doctor.Sign {
		if c.Order.Ref != "good" {
			panic("a rule is broken")
		}
		return doctor.No("")
	}
	var err error
	w.rules, err = doctor.NewBook(w.rules.Rules(), []doctor.Rule{rule})
	must(t, err)
	w.reopen()
	for i := range 10 {
		w.declined(one, fmt.Sprintf("bad-%d", i), "51", kassa.DeclinedFunds)
	}
	good := w.declined(one, "good", "51", kassa.DeclinedFunds)
	stop := w.run()
	w.await("the good order", func() bool {
		w.later(400 * time.Millisecond)
		list, _, err := w.List(operator(), clinic.Filter{Subject: doctor.Subject{Kind: doctor.Order, ID: good.ID()}, Limit: 1})
		must(t, err)
		return len(list) == 1
	})
	stop()
	text := w.heard.String()
	if lines := strings.Count(text, "automatic examination failed"); lines == 0 || lines > 2 || !strings.Contains(text, "a rule is broken") {
		t.Errorf("%d lines: %s", lines, text)
	}
}
