package acquirer_test

import (
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/acquirer"
)

func TestDefaultRails(t *testing.T) {
	rails, err := acquirer.DefaultRails()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rails.Note, "confirm") {
		t.Error("nothing says that they are to be confirmed")
	}
	for scheme, hours := range map[string]int{"VISA": 120, "MASTERCARD": 720, "MAESTRO": 168, "JCB": 120} {
		if p, ok := rails.For(scheme, "5552"); !ok || p.ValidityHours != hours {
			t.Errorf("%s: %+v", scheme, p)
		}
	}
	if p, ok := rails.For("VISA", "7523"); !ok || p.MaxIncrements != 0 {
		t.Errorf("another category: %+v", p)
	}
	terms, holdFor := rails.Terms("5552", 5000, kassa.HoldTerms{Minimum: 2000, OverCommit: true, Increments: 3, Extend: true})
	if (terms != kassa.HoldTerms{Minimum: 2000}) || holdFor != 120*time.Hour {
		t.Errorf("before the card is known: %+v for %s", terms, holdFor)
	}
}

func TestRailsOfAnAcquirer(t *testing.T) {
	rails, err := acquirer.ReadRails(strings.NewReader(`{"rails":[
		{"scheme":"VISA","mcc":"5552","validity_hours":120,"extend_on_increment":true,"max_increments":10,"overcommit":"percent","over_percent":15,"reversal_deadline_hours":24},
		{"scheme":"*","mcc":"5552","validity_hours":200,"extend_on_increment":true,"max_increments":2,"overcommit":"absolute","over_most":500,"reversal_deadline_hours":24}]}`))
	if err != nil {
		t.Fatal(err)
	}
	wish := kassa.HoldTerms{OverCommit: true, Increments: 5, Extend: true}
	terms, holdFor := rails.Terms("5552", 5001, wish)
	if want := (kassa.HoldTerms{OverCommit: true, Increments: 2, Extend: true, Most: 5501}); terms != want || holdFor != 120*time.Hour {
		t.Errorf("%+v for %s, want %+v", terms, holdFor, want)
	}
	if p, _ := rails.For("VISA", "5552"); p.Most(5001) != 5751 {
		t.Errorf("15 %% above 50.01 is %d", p.Most(5001))
	}
	if terms, holdFor := rails.Terms("7523", 5000, wish); (terms != kassa.HoldTerms{}) || holdFor != 0 {
		t.Errorf("a category that nobody has agreed to: %+v for %s", terms, holdFor)
	}
	for field, bad := range map[string]string{
		"rails[0].scheme":         `{"mcc":"5552","validity_hours":1,"overcommit":"none"}`,
		"rails[0].mcc":            `{"scheme":"*","mcc":"555","validity_hours":1,"overcommit":"none"}`,
		"rails[0].validity_hours": `{"scheme":"*","mcc":"*","overcommit":"none"}`,
		"rails[0].overcommit":     `{"scheme":"*","mcc":"*","validity_hours":1,"overcommit":"some"}`,
		"rails[0].over_percent":   `{"scheme":"*","mcc":"*","validity_hours":1,"overcommit":"none","over_percent":5}`,
		"rails[0].over_most":      `{"scheme":"*","mcc":"*","validity_hours":1,"overcommit":"absolute"}`,
		"rails[0].max_increments": `{"scheme":"*","mcc":"*","validity_hours":1,"overcommit":"none","max_increments":-1}`,
		"unknown field":           `{"schema":"*"}`,
	} {
		if _, err := acquirer.ReadRails(strings.NewReader(`{"rails":[` + bad + `]}`)); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
