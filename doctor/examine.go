package doctor

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// RulesVersion is raised when a rule changes what it finds.
const RulesVersion = "2026.11.1"

// The verdicts of a diagnosis.
const (
	CauseFound        = "cause_found"
	SeveralPossible   = "several_possible"
	NothingWrong      = "nothing_wrong"
	NotEnoughEvidence = "not_enough_evidence"
)

// Diagnosis is what one examination found.
type Diagnosis struct {
	Subject Subject   `json:"subject"`
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict"`
	// Findings are the causes, the nearest first. What another cause explains is in Hidden.
	Findings []Finding  `json:"findings"`
	Hidden   []Finding  `json:"hidden,omitempty"`
	RuledOut []RuledOut `json:"ruled_out"`
	// Missing are the facts that were not there, with how to collect them.
	Missing []Missing `json:"missing,omitempty"`
	// Guided are the checks that only people can make, for this subject and symptom.
	Guided       []Guided `json:"guided,omitempty"`
	RulesVersion string   `json:"rules_version"`
}

// Finding is one cause that was found.
type Finding struct {
	ID        string     `json:"id"`
	Code      string     `json:"code"`
	Source    Source     `json:"source"`
	Certain   bool       `json:"certain"`
	Evidence  []Evidence `json:"evidence"`
	Who       Who        `json:"who"`
	Contact   Contact    `json:"contact,omitempty"`
	Action    Action     `json:"action,omitzero"`
	Title     Text       `json:"title"`
	Shop      Text       `json:"shop"`
	Fix       Text       `json:"fix"`
	Developer string     `json:"developer,omitempty"`
	Runbook   string     `json:"runbook,omitempty"`
}

// RuledOut is a cause that is not there.
type RuledOut struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Because string `json:"because"`
}

// Missing is a part that some rules needed.
type Missing struct {
	Need  Need     `json:"need"`
	Rules []string `json:"rules"` // the codes of those that could not be judged
	Offer Text     `json:"offer"` // how to collect it
	Href  string   `json:"href,omitempty"`
}

// Guided is a check that only people can make.
type Guided struct {
	ID       string `json:"id"`
	Code     string `json:"code"`
	Title    Text   `json:"title"`
	Question Text   `json:"question"`
	Fix      Text   `json:"fix"`
}

// Examine holds a chart against the book. It never panics on a chart with parts missing: rules are not asked
// before the parts that they need are there.
func (b *Book) Examine(c *Chart) Diagnosis {
	d := Diagnosis{Subject: c.Subject, At: c.Now, RulesVersion: RulesVersion, Findings: []Finding{}, RuledOut: []RuledOut{}}
	explained := make(map[string]bool)
	var found []Finding
	missing := make(map[Need][]string)
	for _, r := range b.rules {
		if !slices.Contains(r.About, c.Subject.Kind) {
			continue
		}
		if r.Guided() {
			if r.fits(c) {
				d.Guided = append(d.Guided, Guided{r.ID, r.Code, r.Says.Title, r.Says.Question, r.Says.Fix})
			}
			continue
		}
		sign := r.look(c)
		switch sign.State {
		case Present:
			found = append(found, r.finding(sign))
			if sign.Certain {
				for _, code := range r.Explains {
					explained[code] = true
				}
			}
		case Absent:
			d.RuledOut = append(d.RuledOut, RuledOut{r.ID, r.Code, sign.Because})
		case Unknown:
			missing[sign.Missing] = append(missing[sign.Missing], r.Code)
		}
	}
	for _, f := range found {
		if explained[f.Code] {
			d.Hidden = append(d.Hidden, f)
		} else {
			d.Findings = append(d.Findings, f)
		}
	}
	slices.SortStableFunc(d.Findings, func(x, y Finding) int { // within their ranks, what is certain comes first
		return cmp.Or(cmp.Compare(b.byCode[x.Code].Rank/10, b.byCode[y.Code].Rank/10), certainFirst(x, y), cmp.Compare(b.byCode[x.Code].Rank, b.byCode[y.Code].Rank))
	})
	delete(missing, "") // a rule's own mistake is nothing to collect
	for _, n := range sortedNeeds(missing) {
		d.Missing = append(d.Missing, Missing{Need: n, Rules: missing[n], Offer: n.offer(), Href: n.href(c)})
	}
	d.Verdict = verdictOf(d)
	return d
}

// look asks the rule once all that it needs is there.
func (r Rule) look(c *Chart) Sign {
	for _, n := range r.Needs {
		if !c.Has(n) {
			return NotKnown(n, "not known: "+string(n))
		}
	}
	sign := r.Look(c)
	if sign.State == Present && len(sign.Evidence) == 0 {
		return NotKnown(sign.Missing, "the rule gave no evidence")
	}
	return sign
}

func (r Rule) finding(s Sign) Finding {
	f := Finding{
		ID: r.ID, Code: r.Code, Source: r.Source, Certain: s.Certain, Evidence: s.Evidence, Who: r.Who, Contact: r.Contact,
		Title: r.Says.Title.Fill(s.Args), Shop: r.Says.Shop.Fill(s.Args), Fix: r.Says.Fix.Fill(s.Args),
		Developer: Text{EN: r.Developer}.Fill(s.Args).EN, Runbook: Text{EN: r.Runbook}.Fill(s.Args).EN,
		Action: Action{r.Action.Label, Text{EN: r.Action.Href}.Fill(s.Args).EN},
	}
	return f
}

// fits tells whether a guided rule is worth asking: it is about such a subject, and the symptom, if there is one,
// is one of its own.
func (r Rule) fits(c *Chart) bool {
	if c.Symptom == "" {
		return true
	}
	return slices.ContainsFunc(r.Symptoms, func(s string) bool {
		return c.Shows(s) || strings.Contains(strings.ToLower(s), strings.ToLower(c.Symptom))
	})
}

func certainFirst(x, y Finding) int {
	switch {
	case x.Certain == y.Certain:
		return 0
	case x.Certain:
		return -1
	}
	return 1
}

func verdictOf(d Diagnosis) string {
	switch {
	case len(d.Findings) > 0 && (d.Findings[0].Certain || len(d.Findings) == 1):
		return CauseFound
	case len(d.Findings) > 0:
		return SeveralPossible
	case len(d.Missing) > 0:
		return NotEnoughEvidence
	}
	return NothingWrong
}

func sortedNeeds(m map[Need][]string) []Need {
	var list []Need
	for n := range m {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}
