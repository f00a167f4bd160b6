package help

import (
	"net/http"
	"time"

	"kassa/doctor"
)

// reportView is a report that was shared, for the shop.
type reportView struct {
	frame
	Subject, Cause, Shop, Contact string
	At                            time.Time
	Certain                       bool
	Steps                         []step
	Guided                        []question
	Evidence                      []doctor.Evidence
}

// step is one thing to do.
type step struct{ Who, Text, Doc string }

type question struct{ Question, Fix string }

// maxQuestions is how many questions a shop is asked when nothing was found.
const maxQuestions = 8

func (h *Handler) report(w http.ResponseWriter, r *http.Request) {
	d, err := h.Shared(r.PathValue("token"))
	if err != nil {
		h.sorry(w, r, "expired", "expired_next")
		return
	}
	lang := languageOf(r)
	title := words()["verdict_"+d.Verdict].In(lang)
	v := reportView{frame: frameOf(lang, title), Subject: words()["subject_"+string(d.Subject.Kind)].In(lang), At: d.At, Cause: title}
	if d.Subject.ID != "" {
		v.Subject += " " + d.Subject.ID
	}
	for i, f := range d.Findings {
		if i == 0 {
			v.Title, v.Cause, v.Shop = f.Title.In(lang), f.Title.In(lang), f.Shop.In(lang)
			v.Certain, v.Evidence, v.Contact = f.Certain, f.Evidence, h.Contacts[f.Contact]
		}
		v.Steps = append(v.Steps, step{whoSays(f.Who, lang), f.Fix.In(lang), f.Code})
	}
	if len(d.Findings) == 0 {
		for _, g := range d.Guided[:min(maxQuestions, len(d.Guided))] {
			v.Guided = append(v.Guided, question{g.Question.In(lang), g.Fix.In(lang)})
		}
		v.Contact = h.Contacts[doctor.GeneralSupport]
	}
	h.render(w, http.StatusOK, "report.html", &v)
}
