package help

import (
	"net/http"
	"slices"
	"strings"

	"kassa/doctor"
)

// causeView is the page of one cause.
type causeView struct {
	frame
	Rule                 doctor.Rule
	Shop, Fix, Question  string
	Who, Contact, Source string
	Explains, Follows    []link // the causes that follow from it, and those that it may follow from
	Sees                 []string
	Developer, Runbook   string
}

type link struct{ Code, Title string }

func (h *Handler) cause(w http.ResponseWriter, r *http.Request) {
	lang, code := languageOf(r), r.PathValue("code")
	i := slices.IndexFunc(h.Rules, func(r doctor.Rule) bool { return r.Code == code || strings.EqualFold(r.ID, code) })
	if i < 0 {
		h.sorry(w, r, "no_cause", "no_cause_next")
		return
	}
	rule := h.Rules[i]
	if rule.Code != code { // it was asked for by its id
		http.Redirect(w, r, rule.Code, http.StatusFound)
		return
	}
	v := causeView{
		frame: frameOf(lang, named(rule.Says.Title).In(lang)), Rule: rule, Shop: named(rule.Says.Shop).In(lang), Fix: named(rule.Says.Fix).In(lang),
		Question: rule.Says.Question.In(lang), Who: whoSays(rule.Who, lang), Contact: h.Contacts[rule.Contact], Source: sourceName(rule.Source),
		Developer: named(doctor.Text{EN: rule.Developer}).EN, Runbook: named(doctor.Text{EN: rule.Runbook}).EN,
	}
	for _, n := range rule.Needs {
		v.Sees = append(v.Sees, needName(n))
	}
	for _, x := range h.Rules {
		if slices.Contains(rule.Explains, x.Code) {
			v.Explains = append(v.Explains, link{x.Code, named(x.Says.Title).In(lang)})
		}
		if slices.Contains(x.Explains, rule.Code) {
			v.Follows = append(v.Follows, link{x.Code, named(x.Says.Title).In(lang)})
		}
	}
	h.render(w, http.StatusOK, "cause.html", &v)
}

// chapter is the causes of one source in the list.
type chapter struct {
	Name   string
	Causes []entry
}

type entry struct {
	link
	ID     string
	Guided bool
}

func (h *Handler) index(w http.ResponseWriter, r *http.Request) {
	lang := languageOf(r)
	v := struct {
		frame
		Chapters []chapter
	}{frame: frameOf(lang, words()["causes"].In(lang))}
	for _, s := range sources() {
		c := chapter{Name: sourceName(s)}
		for _, rule := range byID(h.Rules, s) {
			c.Causes = append(c.Causes, entry{link{rule.Code, named(rule.Says.Title).In(lang)}, rule.ID, rule.Guided()})
		}
		if len(c.Causes) > 0 {
			v.Chapters = append(v.Chapters, c)
		}
	}
	h.render(w, http.StatusOK, "causes.html", &v)
}

// named marks the names in a text that is shown without its arguments.
func named(t doctor.Text) doctor.Text {
	r := strings.NewReplacer("{", "‹", "}", "›")
	return doctor.Text{EN: r.Replace(t.EN), NL: r.Replace(t.NL), FR: r.Replace(t.FR), IT: r.Replace(t.IT), ES: r.Replace(t.ES)}
}
