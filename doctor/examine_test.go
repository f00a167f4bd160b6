package doctor_test

import (
	"slices"
	"testing"

	"kassa/doctor"
)

// toy is a rule that sees what it is told.
func toy(code string, rank int, sign doctor.Sign, explains ...string) doctor.Rule {
	text := doctor.Text{EN: "Title of {what}", NL: "Titel van {what}", FR: "Titre de {what}", IT: "Titolo di {what}", ES: "Título de {what}"}
	return doctor.Rule{
		ID: "T-" + code, Code: code, Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Rank: rank, Who: doctor.Shop,
		Explains: explains, Says: doctor.Says{Title: text, Shop: text, Fix: text}, Look: func(*doctor.Chart) doctor.Sign { return sign },
	}
}

func examine(t *testing.T, c *doctor.Chart, rules ...doctor.Rule) doctor.Diagnosis {
	t.Helper()
	book, err := doctor.NewBook(rules)
	if err != nil {
		t.Fatal(err)
	}
	return book.Examine(c)
}

func codes(list []doctor.Finding) (codes []string) {
	for _, f := range list {
		codes = append(codes, f.Code)
	}
	return codes
}

// TestExamine: the nearest certain cause is the headline, what it explains is hidden, what is not known is no pass.
func TestExamine(t *testing.T) {
	chart := func() *doctor.Chart {
		return &doctor.Chart{Now: now, Subject: doctor.Subject{Kind: doctor.Order, ID: "1"}}
	}
	seen := doctor.Evidence{Source: "order", Says: "seen"}
	found, likely := doctor.Found(map[string]string{"what": "it"}, seen), doctor.Likely(nil, seen)
	for _, c := range []struct {
		name           string
		rules          []doctor.Rule
		verdict        string
		findings, hide []string
	}{
		{"nothing", []doctor.Rule{toy("a", 10, doctor.No("no"))}, doctor.NothingWrong, nil, nil},
		{"one", []doctor.Rule{toy("a", 10, found)}, doctor.CauseFound, []string{"a"}, nil},
		{"the nearer first", []doctor.Rule{toy("far", 60, found), toy("near", 10, found)}, doctor.CauseFound, []string{"near", "far"}, nil},
		{"the certain first within its ranks", []doctor.Rule{toy("a", 10, likely), toy("b", 15, found)}, doctor.CauseFound, []string{"b", "a"}, nil},
		{"several", []doctor.Rule{toy("a", 10, likely), toy("b", 11, likely)}, doctor.SeveralPossible, []string{"a", "b"}, nil},
		{"the cause hides its symptom", []doctor.Rule{toy("symptom", 10, found), toy("cause", 30, found, "symptom")}, doctor.CauseFound, []string{"cause"}, []string{"symptom"}},
		{"a guess hides nothing", []doctor.Rule{toy("symptom", 10, found), toy("cause", 30, likely, "symptom")}, doctor.CauseFound, []string{"symptom", "cause"}, nil},
		{"no verdict without evidence", []doctor.Rule{toy("a", 10, doctor.Found(nil))}, doctor.NothingWrong, nil, nil},
		{"the unknown is no pass", []doctor.Rule{toy("a", 10, doctor.NotKnown(doctor.NeedReach, "never seen"))}, doctor.NotEnoughEvidence, nil, nil},
		{"the zero sign is unknown", []doctor.Rule{toy("a", 10, doctor.Sign{Missing: doctor.NeedReach})}, doctor.NotEnoughEvidence, nil, nil},
	} {
		d := examine(t, chart(), c.rules...)
		if d.Verdict != c.verdict || !slices.Equal(codes(d.Findings), c.findings) || !slices.Equal(codes(d.Hidden), c.hide) {
			t.Errorf("%s: %s, %v, hidden %v", c.name, d.Verdict, codes(d.Findings), codes(d.Hidden))
		}
	}
	if d := examine(t, chart(), toy("a", 10, found)); d.Findings[0].Title.NL != "Titel van it" {
		t.Errorf("%+v", d.Findings[0].Title)
	}
}

// TestARuleIsNotAskedWithoutItsFacts, and what is missing is offered.
func TestARuleIsNotAskedWithoutItsFacts(t *testing.T) {
	r := toy("a", 10, doctor.Sign{})
	r.Needs = []doctor.Need{doctor.NeedOrder, doctor.NeedTelemetry}
	r.Look = func(c *doctor.Chart) doctor.Sign { return doctor.No(c.Telemetry.Model) } // would panic
	c := &doctor.Chart{Subject: doctor.Subject{Kind: doctor.Order}, Parts: []doctor.Need{doctor.NeedOrder}}
	d := examine(t, c, r)
	if d.Verdict != doctor.NotEnoughEvidence || len(d.Missing) != 1 || d.Missing[0].Need != doctor.NeedTelemetry || d.Missing[0].Offer.FR == "" {
		t.Errorf("%s %+v", d.Verdict, d.Missing)
	}
}

// TestBook refuses what is not whole, and twins.
func TestBook(t *testing.T) {
	whole := toy("a", 10, doctor.No(""))
	guided := whole
	guided.ID, guided.Code, guided.Look = "T-g", "g", nil
	nameless := whole
	nameless.Code = ""
	for name, rules := range map[string][]doctor.Rule{"twins": {whole, whole}, "no code": {nameless}, "asks nothing": {guided}} {
		if _, err := doctor.NewBook(rules); err == nil {
			t.Errorf("%s: it is a book", name)
		}
	}
}

// TestEveryNeedIsOffered in every language.
func TestEveryNeedIsOffered(t *testing.T) {
	for _, n := range []doctor.Need{
		doctor.NeedOrder, doctor.NeedRecent, doctor.NeedTerminal, doctor.NeedDevice, doctor.NeedReach, doctor.NeedTelemetry, doctor.NeedSettings,
		doctor.NeedCalls, doctor.NeedKey, doctor.NeedHooks, doctor.NeedAcquirer, doctor.NeedFleet, doctor.NeedComponents, doctor.NeedProbe,
	} {
		r := toy("a", 10, doctor.NotKnown(n, ""))
		d := examine(t, &doctor.Chart{Subject: doctor.Subject{Kind: doctor.Order}}, r)
		for _, lang := range doctor.Languages() {
			if len(d.Missing) != 1 || d.Missing[0].Offer.In(lang) == "" || lang != "en" && d.Missing[0].Offer.In(lang) == d.Missing[0].Offer.EN {
				t.Errorf("%s in %s: %+v", n, lang, d.Missing)
			}
		}
	}
}
