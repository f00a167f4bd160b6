package native

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/doctor"
)

// What asking the doctor needs, and reading what he found.
const (
	diagnosesMake = "diagnoses.make"
	diagnosesRead = "diagnoses.read"
)

// ErrNoSubject tells that there is no such subject or diagnosis, or none that the caller sees.
var ErrNoSubject = errors.New("native: there is no such subject")

// Doctor examines, and keeps what he found.
type Doctor interface {
	// Diagnose wraps ErrNoSubject when there is no such subject for the caller.
	Diagnose(ctx context.Context, who Caller, ask Question) (Diagnosis, error)
	Find(who Caller, id string) (Diagnosis, error)
	// List gives the newest first, and whether there are more.
	List(who Caller, f DiagnosisFilter) ([]Diagnosis, bool, error)
	Feedback(ctx context.Context, who Caller, id, code string, yes bool) (Diagnosis, error)
	// Share gives the path of a page that shows a diagnosis to anybody until an instant.
	Share(who Caller, id string, until time.Time) (path string, err error)
}

// Rules are those of the doctor.
type Rules struct {
	List func() []doctor.Rule
	// Hits gives what is known of how a rule does.
	Hits func(code string) Hits
	// Contacts are whom people call.
	Contacts map[doctor.Contact]string
}

// Hits is how often a cause was found first, and beside another, and what people said of it.
type Hits struct {
	Found int `json:"found"`
	Also  int `json:"also"`
	Yes   int `json:"yes"`
	No    int `json:"no"`
}

// Question is what somebody asks the doctor.
type Question struct {
	Subject doctor.Subject
	Symptom string
	Probe   bool
}

// DiagnosisFilter limits a list; what is empty limits nothing.
type DiagnosisFilter struct {
	Subject       doctor.Subject
	Code, Trigger string
	Before        string
	Limit         int
}

// Diagnosis is one that is kept.
type Diagnosis struct {
	ID             string
	At             time.Time
	Account, Group string
	Trigger        string
	Symptom        string
	Judged         map[string]bool
	Found          doctor.Diagnosis
}

// maxSymptom bounds what somebody says that he sees.
const maxSymptom = 200

// diagnose examines a subject.
func (h *Handler) diagnose(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Subject struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		} `json:"subject"`
		Symptom string `json:"symptom"`
		Probe   bool   `json:"probe"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	ask := Question{Subject: doctor.Subject{Kind: doctor.Kind(body.Subject.Type), ID: body.Subject.ID}, Symptom: body.Symptom, Probe: body.Probe}
	switch {
	case !slices.Contains(doctor.Kinds(), ask.Subject.Kind):
		return badInput(mistake{Pointer: "/subject/type", Detail: fmt.Sprintf("must be one of %v", doctor.Kinds())})
	case (ask.Subject.ID == "") != (ask.Subject.Kind == doctor.Installation):
		return badInput(mistake{Pointer: "/subject/id", Detail: "must name the subject; an installation has none"})
	case len(ask.Subject.ID) > maxReference:
		return badInput(mistake{Pointer: "/subject/id", Detail: fmt.Sprintf("may have %d bytes at most", maxReference)})
	case len(ask.Symptom) > maxSymptom:
		return badInput(mistake{Pointer: "/symptom", Detail: fmt.Sprintf("may have %d bytes at most", maxSymptom)})
	}
	switch ask.Subject.Kind {
	case doctor.Terminal, doctor.Order:
		id, refused := h.bare(map[doctor.Kind]string{doctor.Terminal: terminalID, doctor.Order: "order"}[ask.Subject.Kind], ask.Subject.ID)
		if refused != nil {
			return refused
		}
		ask.Subject.ID = id
	case doctor.Charger: // ACCOUNT/STATION, or the station alone
		if account, station, ok := strings.Cut(ask.Subject.ID, "/"); ok {
			id, refused := h.bare(accountID, account)
			if refused != nil {
				return refused
			}
			ask.Subject.ID = id + "/" + station
		}
	case doctor.Key, doctor.Webhook, doctor.Installation:
	}
	d, err := h.Doctor.Diagnose(c.Context(), c.caller, ask)
	if err != nil {
		return h.noDiagnosis(err, string(ask.Subject.Kind))
	}
	return answer(w, http.StatusCreated, h.diagnosis(d, "en"))
}

func (h *Handler) noDiagnosis(err error, what string) *problem {
	if errors.Is(err, ErrNoSubject) {
		return noSuch(what)
	}
	return unreadable("the record could not be read or written")
}

// listDiagnoses lists what was found, the newest first.
func (h *Handler) listDiagnoses(w http.ResponseWriter, c *call) *problem {
	q := c.query
	limit, refused := limitOf(q, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	kind := doctor.Kind(q.Get("subject_type"))
	if kind != "" && !slices.Contains(doctor.Kinds(), kind) {
		return badInput(mistake{Parameter: "subject_type", Detail: fmt.Sprintf("must be one of %v", doctor.Kinds())})
	}
	list, more, err := h.Doctor.List(c.caller, DiagnosisFilter{
		Subject: doctor.Subject{Kind: kind, ID: q.Get("subject")}, Code: q.Get("code"), Trigger: q.Get("trigger"), Before: q.Get("before"), Limit: limit,
	})
	if err != nil {
		return unreadable("the diagnoses could not be read")
	}
	shown, next := []diagnosisView{}, ""
	for _, d := range list {
		shown = append(shown, h.diagnosis(d, "en"))
	}
	if more && len(list) > 0 {
		next = list[len(list)-1].ID
	}
	return answer(w, http.StatusOK, page{Data: shown, HasMore: more, Next: next})
}

func (h *Handler) showDiagnosis(w http.ResponseWriter, c *call) *problem {
	lang := cmp.Or(c.query.Get("lang"), "en")
	if !slices.Contains(doctor.Languages(), lang) {
		return badInput(mistake{Parameter: "lang", Detail: fmt.Sprintf("must be one of %v", doctor.Languages())})
	}
	d, err := h.Doctor.Find(c.caller, c.path["diagnosis"])
	if err != nil {
		return h.noDiagnosis(err, "diagnosis")
	}
	return answer(w, http.StatusOK, h.diagnosis(d, lang))
}

// judge keeps whether a finding was the cause.
func (h *Handler) judge(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Code string `json:"code"`
		Yes  *bool  `json:"yes"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	switch {
	case body.Code == "":
		return badInput(mistake{Pointer: "/code", Detail: "must be the code of one of the findings"})
	case body.Yes == nil:
		return badInput(mistake{Pointer: "/yes", Detail: "must be true or false"})
	}
	d, err := h.Doctor.Feedback(c.Context(), c.caller, c.path["diagnosis"], body.Code, *body.Yes)
	if err != nil {
		return h.noDiagnosis(err, "diagnosis with such a finding")
	}
	return answer(w, http.StatusOK, h.diagnosis(d, "en"))
}

// The time that a diagnosis is shared for, in hours.
const (
	usualShare = 72
	maxShare   = 720
)

// share makes a page that shows a diagnosis to anybody who has its address.
func (h *Handler) share(w http.ResponseWriter, c *call) *problem {
	body := struct {
		Hours int `json:"hours"`
	}{usualShare}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if body.Hours < 1 || body.Hours > maxShare {
		return badInput(mistake{Pointer: "/hours", Detail: fmt.Sprintf("must be a whole number from 1 to %d", maxShare)})
	}
	until := h.Now().Add(time.Duration(body.Hours) * time.Hour)
	path, err := h.Doctor.Share(c.caller, c.path["diagnosis"], until)
	if err != nil {
		return h.noDiagnosis(err, "diagnosis")
	}
	return answer(w, http.StatusCreated, struct {
		URL     string    `json:"url"`
		Expires time.Time `json:"expires"`
	}{base(c.Request) + path, until.Truncate(time.Second)})
}

// diagnosisView is a diagnosis as the API shows it.
type diagnosisView struct {
	ID         string            `json:"id"`
	At         time.Time         `json:"at"`
	Subject    doctor.Subject    `json:"subject"`
	Trigger    string            `json:"trigger"`
	Symptom    string            `json:"symptom,omitempty"`
	Verdict    string            `json:"verdict"`
	Confidence string            `json:"confidence,omitempty"`
	Cause      *causeView        `json:"cause,omitempty"`
	Evidence   []doctor.Evidence `json:"evidence"`
	Fix        []fixView         `json:"fix"`
	Shop       *doctor.Text      `json:"shop,omitempty"`
	Developer  string            `json:"developer,omitempty"`
	Support    string            `json:"support,omitempty"`
	Also       []findingView     `json:"also"`
	Hidden     []causeView       `json:"hidden"`
	RuledOut   []doctor.RuledOut `json:"ruled_out"`
	Checks     []checkView       `json:"checks"`
	Missing    []missingView     `json:"missing"`
	Guided     []guidedView      `json:"guided"`
	Doc        string            `json:"doc,omitempty"`
	Asks       string            `json:"asks,omitempty"`
	Judged     map[string]bool   `json:"judged,omitempty"`
	Rules      string            `json:"rules_version"`
}

type causeView struct {
	Code  string `json:"code"`
	Rule  string `json:"rule"`
	Title string `json:"title"`
	Doc   string `json:"doc"`
}

type fixView struct {
	Who     doctor.Who     `json:"who"`
	Text    string         `json:"text"`
	Action  *doctor.Action `json:"action,omitempty"`
	Contact string         `json:"contact,omitempty"`
}

type findingView struct {
	causeView
	Confidence string            `json:"confidence"`
	Evidence   []doctor.Evidence `json:"evidence"`
	Fix        []fixView         `json:"fix"`
	Shop       doctor.Text       `json:"shop"`
	Developer  string            `json:"developer,omitempty"`
	Support    string            `json:"support,omitempty"`
}

type checkView struct {
	Name   string `json:"name"`
	Result string `json:"result"` // pass, fail or unknown
}

type missingView struct {
	Fact  doctor.Need `json:"fact"`
	Rules []string    `json:"rules"`
	Offer string      `json:"offer"`
	Href  string      `json:"href,omitempty"`
}

type guidedView struct {
	Code     string `json:"code"`
	Rule     string `json:"rule"`
	Question string `json:"question"`
	Fix      string `json:"fix"`
	Doc      string `json:"doc"`
}

// docOf is the page about a cause.
func docOf(code string) string { return "/docs/causes/" + code }

func (h *Handler) finding(f doctor.Finding, lang string) findingView {
	v := findingView{
		causeView: causeView{f.Code, f.ID, f.Title.In(lang), docOf(f.Code)}, Confidence: "likely", Evidence: f.Evidence, Shop: f.Shop, Developer: f.Developer, Support: f.Runbook,
		Fix: []fixView{{Who: f.Who, Text: f.Fix.In(lang), Contact: h.Rules.Contacts[f.Contact]}},
	}
	if f.Certain {
		v.Confidence = "certain"
	}
	if f.Action != (doctor.Action{}) {
		v.Fix[0].Action = &f.Action
	}
	return v
}

// diagnosis shows a diagnosis with its texts in a language.
func (h *Handler) diagnosis(d Diagnosis, lang string) diagnosisView {
	v := diagnosisView{
		ID: d.ID, At: d.At, Subject: d.Found.Subject, Trigger: d.Trigger, Symptom: d.Symptom, Verdict: d.Found.Verdict, Judged: d.Judged, Rules: d.Found.RulesVersion,
		Evidence: []doctor.Evidence{}, Fix: []fixView{}, Also: []findingView{}, Hidden: []causeView{}, RuledOut: []doctor.RuledOut{}, Checks: []checkView{},
		Missing: []missingView{}, Guided: []guidedView{},
	}
	for i, f := range d.Found.Findings {
		shown := h.finding(f, lang)
		v.Checks = append(v.Checks, checkView{f.Code, "fail"})
		if i > 0 {
			v.Also = append(v.Also, shown)
			continue
		}
		v.Cause, v.Confidence, v.Evidence, v.Fix, v.Shop = &shown.causeView, shown.Confidence, shown.Evidence, shown.Fix, &shown.Shop
		v.Developer, v.Support, v.Doc, v.Asks = shown.Developer, shown.Support, shown.Doc, "Did this answer the question?"
	}
	for _, f := range d.Found.Hidden {
		v.Hidden = append(v.Hidden, causeView{f.Code, f.ID, f.Title.In(lang), docOf(f.Code)})
		v.Checks = append(v.Checks, checkView{f.Code, "fail"})
	}
	for _, r := range d.Found.RuledOut {
		v.RuledOut = append(v.RuledOut, r)
		v.Checks = append(v.Checks, checkView{r.Code, "pass"})
	}
	for _, m := range d.Found.Missing {
		v.Missing = append(v.Missing, missingView{m.Need, m.Rules, m.Offer.In(lang), m.Href})
		for _, code := range m.Rules {
			v.Checks = append(v.Checks, checkView{code, "unknown"})
		}
	}
	for _, g := range d.Found.Guided {
		v.Guided = append(v.Guided, guidedView{g.Code, g.ID, g.Question.In(lang), g.Fix.In(lang), docOf(g.Code)})
	}
	return v
}

// ruleView is a rule as the API shows it.
type ruleView struct {
	ID         string        `json:"id"`
	Code       string        `json:"code"`
	Source     doctor.Source `json:"source"`
	Title      string        `json:"title"`
	Observable bool          `json:"observable"`
	About      []doctor.Kind `json:"about"`
	Needs      []doctor.Need `json:"needs"`
	Who        doctor.Who    `json:"who"`
	Contact    string        `json:"contact,omitempty"`
	Explains   []string      `json:"explains"`
	Symptoms   []string      `json:"symptoms"`
	Fix        string        `json:"fix"`
	Question   string        `json:"question,omitempty"`
	Doc        string        `json:"doc"`
	Hits       Hits          `json:"hits"`
}

func (h *Handler) rule(r doctor.Rule) ruleView {
	filled := func(list []string) []string { return append([]string{}, list...) }
	return ruleView{
		ID: r.ID, Code: r.Code, Source: r.Source, Title: plainNames(r.Says.Title.EN), Observable: !r.Guided(), About: r.About, Needs: append([]doctor.Need{}, r.Needs...), Who: r.Who,
		Contact: h.Rules.Contacts[r.Contact], Explains: filled(r.Explains), Symptoms: filled(r.Symptoms), Fix: plainNames(r.Says.Fix.EN), Question: r.Says.Question.EN,
		Doc: docOf(r.Code), Hits: h.Rules.Hits(r.Code),
	}
}

// plainNames takes the braces off the names in a text that is shown without its arguments.
func plainNames(s string) string { return strings.NewReplacer("{", "‹", "}", "›").Replace(s) }

func (h *Handler) listRules(w http.ResponseWriter, _ *call) *problem {
	list := []ruleView{}
	for _, r := range h.Rules.List() {
		list = append(list, h.rule(r))
	}
	return answer(w, http.StatusOK, page{Data: list})
}

func (h *Handler) showRule(w http.ResponseWriter, c *call) *problem {
	for _, r := range h.Rules.List() {
		if r.Code == c.path["rule"] || strings.EqualFold(r.ID, c.path["rule"]) {
			return answer(w, http.StatusOK, h.rule(r))
		}
	}
	return noSuch("rule")
}

// doctorRoutes are those to the doctor.
func doctorRoutes() []route {
	return []route{
		{"POST", "diagnoses", diagnosesMake, "", true, (*Handler).diagnose, nil},
		{"GET", "diagnoses", diagnosesRead, "subject_type subject code trigger before limit", false, (*Handler).listDiagnoses, nil},
		{"GET", "diagnoses/{diagnosis}", diagnosesRead, "lang", false, (*Handler).showDiagnosis, nil},
		{"POST", "diagnoses/{diagnosis}/feedback", diagnosesMake, "", true, (*Handler).judge, nil},
		{"POST", "diagnoses/{diagnosis}/share", diagnosesMake, "", true, (*Handler).share, nil},
		{"GET", "rules", diagnosesRead, "", false, (*Handler).listRules, nil},
		{"GET", "rules/{rule}", diagnosesRead, "", false, (*Handler).showRule, nil},
	}
}
