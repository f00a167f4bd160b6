// Package doctortest is what every group of rules must pass, for their tests.
//
// It promises that a rule which passes is found on the chart of its case and on no healthy one, says so in every
// language, and looks at nothing that it did not ask for. It knows no rule.
package doctortest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
	"kassa/ocpi"
)

// updating tells that the goldens are to be written anew: UPDATE_GOLDENS=1 go test ./doctor/...
func updating() bool { return os.Getenv("UPDATE_GOLDENS") != "" }

// Now is the instant of all charts here.
func Now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// Case spoils a healthy chart so that one cause is there.
type Case struct {
	Code string
	// Name tells several cases of one code apart; it is part of the golden's name.
	Name string
	// Of is what is asked about; empty for the first subject of the rule.
	Of doctor.Kind
	// Spoil breaks the chart. Facts are added with Add.
	Spoil func(*doctor.Chart)
}

// Add appends a fact to a chart's entries, at some time before now.
func Add(c *doctor.Chart, stream, kind string, ago time.Duration, body any) {
	payload, err := json.Marshal(body)
	if err != nil {
		panic(err) // a mistake of the test
	}
	seq := uint64(100)
	if n := len(c.Entries); n > 0 {
		seq = c.Entries[n-1].Seq + 1
	}
	c.Entries = append(c.Entries, journal.Entry{Seq: seq, Stream: stream, Version: 1, Fact: journal.Fact{At: Now().Add(-ago), Kind: kind, Payload: payload}})
}

// Run holds a group of rules against its cases.
func Run(t *testing.T, rules []doctor.Rule, cases []Case) {
	t.Helper()
	book, err := doctor.NewBook(rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		checkTexts(t, r)
		if r.Guided() {
			continue
		}
		if !slices.ContainsFunc(cases, func(c Case) bool { return c.Code == r.Code }) {
			t.Errorf("%s %s has no case", r.ID, r.Code)
		}
		for _, kind := range r.About {
			checkAlone(t, r, kind)
		}
	}
	for _, kind := range doctor.Kinds() {
		if d := book.Examine(Healthy(kind)); len(d.Findings) > 0 {
			t.Errorf("a healthy %s has %s: %+v", kind, d.Findings[0].Code, d.Findings[0].Evidence)
		}
	}
	for _, c := range cases {
		t.Run(c.Code+c.Name, func(t *testing.T) { c.run(t, book) })
	}
}

// checkAlone: without what it needs a rule knows nothing, and with it, on an otherwise empty chart, it does not panic.
func checkAlone(t *testing.T, r doctor.Rule, kind doctor.Kind) {
	t.Helper()
	whole := Healthy(kind)
	for _, without := range r.Needs {
		c := *whole
		c.Parts = slices.DeleteFunc(slices.Clone(whole.Parts), func(n doctor.Need) bool { return n == without })
		book, err := doctor.NewBook([]doctor.Rule{r})
		if err != nil {
			t.Fatal(err)
		}
		d := book.Examine(&c)
		if d.Verdict != doctor.NotEnoughEvidence || len(d.Missing) != 1 || d.Missing[0].Need != without || d.Missing[0].Offer.ES == "" {
			t.Errorf("%s without %s: %s, missing %v", r.Code, without, d.Verdict, d.Missing)
		}
	}
}

func (c Case) run(t *testing.T, book *doctor.Book) {
	rule, ok := book.Rule(c.Code)
	if !ok {
		t.Fatal("there is no such rule")
	}
	if c.Of == "" {
		c.Of = rule.About[0]
	}
	chart := Healthy(c.Of)
	c.Spoil(chart)
	d := book.Examine(chart)
	if len(d.Findings) == 0 || d.Findings[0].Code != c.Code {
		t.Fatalf("found %s: %+v", d.Verdict, d.Findings)
	}
	for _, e := range d.Findings[0].Evidence {
		if e.Says == "" || e.Source == "" {
			t.Errorf("evidence without words or source: %+v", e)
		}
	}
	for _, lang := range doctor.Languages() {
		f := d.Findings[0]
		for _, text := range []doctor.Text{f.Title, f.Shop, f.Fix} {
			if len(names(text.In(lang))) > 0 {
				t.Errorf("%s: a name is left in %q", lang, text.In(lang))
			}
		}
	}
	compare(t, filepath.Join("testdata", c.Code+c.Name+".golden"), chart, d.Findings[0])
}

// names gives the {names} in a text, each once, in order.
func names(text string) []string {
	list := regexp.MustCompile(`\{[a-zA-Z]+\}`).FindAllString(text, -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// same are texts that are alike in two languages, with good reason.
func same(text string) bool { return slices.Contains([]string{}, text) }

func checkTexts(t *testing.T, r doctor.Rule) {
	t.Helper()
	texts := map[string]doctor.Text{"title": r.Says.Title, "shop": r.Says.Shop, "fix": r.Says.Fix}
	if r.Guided() {
		texts["question"] = r.Says.Question
	}
	for name, text := range texts {
		for _, lang := range doctor.Languages() {
			says := text.In(lang)
			switch {
			case says == "":
				t.Errorf("%s: no %s in %s", r.Code, name, lang)
			case lang != "en" && says == text.EN && !same(says):
				t.Errorf("%s: the %s in %s is the English one", r.Code, name, lang)
			case !slices.Equal(names(text.EN), names(says)):
				t.Errorf("%s: the %s in %s has %v, in English %v", r.Code, name, lang, names(says), names(text.EN))
			}
		}
	}
	if r.Runbook == "" {
		t.Errorf("%s: no runbook", r.Code)
	}
}

// compare holds a finding against its golden: the chart on one line, and the finding below it.
func compare(t *testing.T, file string, chart *doctor.Chart, found doctor.Finding) {
	t.Helper()
	in, err := json.Marshal(chart)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(found, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text := append(append(append(in, '\n'), out...), '\n')
	if updating() {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, text) {
		t.Errorf("%s differs; run the test with -update and read the difference", file)
	}
}

// Healthy is a chart with all its parts and nothing wrong: a paid order of 12.50 on a terminal that is online, with a
// webhook that was acknowledged.
func Healthy(kind doctor.Kind) *doctor.Chart {
	battery := 80
	order := Paid()
	c := &doctor.Chart{
		Now: Now(), Environment: "test", Heartbeat: 10 * time.Second, Subject: doctor.Subject{Kind: kind, ID: "1"}, Dialect: "multisafepay",
		Parts: []doctor.Need{
			doctor.NeedOrder, doctor.NeedRecent, doctor.NeedTerminal, doctor.NeedDevice, doctor.NeedReach, doctor.NeedTelemetry, doctor.NeedSettings,
			doctor.NeedCalls, doctor.NeedKey, doctor.NeedHooks, doctor.NeedAcquirer, doctor.NeedFleet, doctor.NeedComponents, doctor.NeedProbe,
		},
		Order: &order, Account: &estate.Account{ID: "10000001", Name: "Cafe"}, Group: &estate.Group{ID: "107265", Account: "10000001", Name: "Bar"},
		Terminal: &estate.Terminal{
			TID: "00000ABC", Group: "107265", Account: "10000001", Name: "Bar 1", Environment: estate.Test, POIID: "P2-100000001",
			CreatedAt: Now().Add(-30 * 24 * time.Hour), ActivatedAt: Now().Add(-29 * 24 * time.Hour),
		},
		Device: &estate.Device{POIID: "P2-100000001", TID: "00000ABC", IKID: "FF00000000000001", KCV: "AABBCC", Configured: true, PublicKey: []byte{1}},
		Reach:  &doctor.Link{State: "online", Linked: true, Since: Now().Add(-3 * time.Hour), Seen: Now().Add(-2 * time.Second), Address: "192.0.2.7:4711", Security: "TLS"},
		Telemetry: &doctor.Telemetry{
			At: Now().Add(-time.Minute), Seq: 90, POIID: "P2-100000001", TID: "00000ABC", Model: "P2", Firmware: "3.4.1", Software: "kassa-terminal 1.0", Network: "wifi", SSID: "Cafe",
			Signal: 70, Battery: &battery, Printer: "OK", CardReader: true, PED: true, Security: true, IKID: "FF00000000000001", KCV: "AABBCC",
			CloudMode: true, APIEnabled: true, WSEnabled: true, Screen: "idle",
		},
		Settings: map[string]doctor.Setting{
			"cloud.webSocketEnabled": {Value: json.RawMessage("true"), Origin: "default"}, "cloud.apiEnabled": {Value: json.RawMessage("true"), Origin: "default"},
			"device.cloudMode": {Value: json.RawMessage("true"), Origin: "default"},
		},
		Key: &doctor.KeyFacts{
			ID: "key_test_1", Hint: "9f3a", Account: "10000001", Group: "107265", Role: estate.RoleAdmin, Used: Now().Add(-time.Minute),
			Can: []string{"orders.read", "payments.take", "payments.refund", "terminals.read", "terminals.manage", "settings.read", "settings.write"},
		},
		Hooks: []doctor.Hook{{
			Dialect: "multisafepay", URL: "https://shop.example/hook",
			Tries: []doctor.Try{{At: Now().Add(-time.Minute), Seq: 91, Delivery: "1", Order: order.ID(), Status: 200, Reply: "OK"}},
		}},
		Acquirer:   &doctor.AcquirerFacts{SignedOn: 2, Since: Now().Add(-time.Hour)},
		Fleet:      &doctor.FleetFacts{Terminals: 5, SameShop: 2, SameAddress: 2, Software: "kassa-terminal 1.0"},
		Components: []doctor.Component{{Name: "api", State: "operational"}, {Name: "acquirer", State: "operational"}},
		Probe:      &doctor.Probe{At: Now(), Checks: []doctor.Check{{Name: "resolve", OK: true}, {Name: "connect", OK: true}, {Name: "tls", OK: true}}},
	}
	if kind == doctor.Charger {
		c.Charge, c.Placing = Charging(), Placing(Placed())
		c.Parts = append(c.Parts, doctor.NeedCharge, doctor.NeedPlacing)
	}
	return c
}

// Charging is a charger with two EVSEs of an operator that all is well with, and a session that was paid there.
func Charging() *doctor.Charge {
	evse := func(uid, name string) doctor.Point {
		connector := ocpi.Connector{ID: "1", Standard: "IEC_62196_T2_COMBO", Format: "CABLE", PowerType: "DC", TariffIDs: []string{"AD-HOC"}}
		return doctor.Point{
			Location: "LOC1", Country: "NLD", Connector: connector, Heard: Now().Add(-10 * time.Minute), Tariffs: []ocpi.Tariff{{
				CountryCode: "NL", PartyID: "LAD", ID: "AD-HOC", Currency: "EUR", Type: ocpi.TariffAdHoc, TaxIncluded: ocpi.TaxIncluded,
				Elements: []ocpi.TariffElement{{PriceComponents: []ocpi.PriceComponent{{Type: ocpi.DimensionEnergy, Price: ocpi.Number(50, 2), StepSize: 1}}}},
			}},
			EVSE: ocpi.EVSE{UID: uid, Status: ocpi.EVSEAvailable, PhysicalReference: name, Connectors: []ocpi.Connector{connector}, LastUpdated: ocpi.At(Now().Add(-3 * time.Hour))},
		}
	}
	return &doctor.Charge{
		TID: "00000ABC", Points: []doctor.Point{evse("EVSE-1", "A1"), evse("EVSE-2", "A2")}, Assigned: doctor.Assigned{Locations: []string{"LOC1"}},
		Past: []charging.Session{Charged("K7QM1", 4200)}, Ceiling: charging.Ceiling{Currency: kassa.EUR, NoCVM: 5000, Device: 15000, PIN: 15000}, Setup: kassa.EUR,
		Station: &doctor.StationFacts{ID: "A", Certified: true}, Reader: doctor.Reader{State: "IDLE", Since: Now().Add(-time.Hour), Online: true},
		Tries: []doctor.CardTries{{TID: "00000ABC", Tries: 10, Declined: 1}, {TID: "00000ABD", Tries: 40, Declined: 4}},
		Peer: &doctor.Peer{
			ID: "PEER", Name: "Laadpunt", Answered: Now().Add(-time.Minute), Skew: time.Second, SkewAt: Now().Add(-time.Minute),
			Bills: []doctor.Bill{{Session: "K7QM1", At: Now().Add(-time.Hour), After: 2 * time.Second}},
		},
	}
}

// Charged is a session that began an hour ago, for which 50.00 was held, and that cost an amount in minor units.
func Charged(ref string, price int64) charging.Session {
	s := charging.Session{New: charging.New{
		Ref: ref, Peer: "PEER", Account: "10000001", Group: "107265", POIID: "P2-100000001", TerminalID: "00000ABC",
		Location: "LOC1", EVSE: "EVSE-1", Connector: "1", Currency: kassa.EUR, Hold: 5000, Late: charging.LastKnown,
	}}
	s.State, s.OpenedAt, s.OverAt, s.EndedAt = charging.Settled, Now().Add(-2*time.Hour), Now().Add(-time.Hour), Now().Add(-time.Hour)
	s.Order = charging.HoldView{State: charging.HoldHeld, Amount: 5000, Taken: true, Done: true, Captured: min(price, 5000), Short: max(0, price-5000)}
	s.Start = charging.Start{AskedAt: s.OpenedAt, Outcome: charging.Accepted, Result: ocpi.ResultAccepted}
	s.Report = charging.Report{SessionID: "S1", Status: charging.Completed, EndedAt: s.OverAt}
	s.Price = price
	s.Confirmations = []charging.Confirmation{{ID: ref + "-1", Ref: ref, Total: min(price, 5000), Currency: kassa.EUR, Status: charging.CaptureSuccess, At: s.EndedAt, State: charging.SendingAccepted}}
	return s
}

// Paid is an order that was paid a minute ago.
func Paid() kassa.Order {
	return kassa.Order{
		NewOrder: kassa.NewOrder{
			Number: 1_000_000, Dialect: "multisafepay", Account: "10000001", Scope: "107265", Ref: "order-1", Environment: "test",
			POIID: "P2-100000001", TID: "00000ABC", MID: "000000000107265", Amount: kassa.Money{Minor: 1250, Currency: kassa.EUR},
			Inactivity: kassa.DefaultInactivity, Lifetime: kassa.DefaultLifetime,
		},
		Status: kassa.Completed, CreatedAt: Now().Add(-time.Minute), ModifiedAt: Now().Add(-50 * time.Second), ShownAt: Now().Add(-59 * time.Second), EndedAt: Now().Add(-50 * time.Second),
		Attempts: []kassa.Attempt{{Number: 1, Status: kassa.AttemptApproved, Authorisations: []kassa.Authorisation{{
			Request: 1, State: kassa.HostApproved, ResponseCode: "00", AuthCode: "123456", Entry: kassa.Contactless,
			Card: kassa.CardFacts{BIN: "476173", Last4: "0004", Brand: "VISA"},
		}}}},
	}
}
