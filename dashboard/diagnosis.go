package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/doctor"
)

// diagnosisView is the page of one diagnosis.
type diagnosisView struct {
	frame
	diagnosisRow
	Lang      string
	Languages []string
	Findings  []findingView
	Missing   []missingView
	Guided    []guidedView
	// Plain is what may be copied for the shop, Shared the address of the report that anybody may read.
	Plain       string
	Shared      string
	SharedUntil time.Time
	Cases       bool // one may ask support, too
}

// findingView is one finding with its texts in the reader's language.
type findingView struct {
	doctor.Finding
	Name, Sentence, Todo string
	Call                 string // whom to call
	Answer               string // yes, no, or empty while nobody has said
}

type missingView struct {
	Fact, Offer, Href string
	Rules             []string
}

type guidedView struct{ Code, Question, Todo, Answer string }

func (h *Handler) diagnosis(w http.ResponseWriter, r *http.Request) {
	h.showDiagnosis(w, r, "", time.Time{})
}

func (h *Handler) showDiagnosis(w http.ResponseWriter, r *http.Request, shared string, until time.Time) {
	var d Diagnosis
	var ok bool
	var err error
	if h.Doctor != nil {
		d, ok, err = h.Doctor.Find(r.PathValue("id"))
	}
	switch {
	case err != nil:
		h.failed(w, "The diagnosis could not be read")
		return
	case !ok:
		h.missing(w, "There is no diagnosis "+clip(maskCards(r.PathValue("id"))), "The list of diagnoses has all that are kept.")
		return
	}
	lang := r.FormValue("lang")
	if !slices.Contains(doctor.Languages(), lang) {
		lang = "en"
	}
	v := diagnosisView{
		frame: h.frame("Diagnosis", "doctor"), diagnosisRow: rowOfDiagnosis(d, lang), Lang: lang, Languages: doctor.Languages(), Shared: shared, SharedUntil: until, Cases: h.Cases != nil,
	}
	v.Title = v.Heading
	v.fill(d, h.Causes.Contacts)
	h.render(w, http.StatusOK, "diagnosis.html", &v)
}

func (v *diagnosisView) fill(d Diagnosis, contacts map[doctor.Contact]string) {
	answer := func(code string) string {
		yes, said := d.Judged[code]
		switch {
		case !said:
			return ""
		case yes:
			return "yes"
		}
		return "no"
	}
	var plain []string
	for _, f := range d.Found.Findings {
		v.Findings = append(v.Findings, findingView{
			Finding: f, Name: f.Title.In(v.Lang), Sentence: f.Shop.In(v.Lang), Todo: f.Fix.In(v.Lang), Call: contacts[f.Contact], Answer: answer(f.Code),
		})
		plain = append(plain, f.Shop.In(v.Lang))
		if f.Who == doctor.Shop {
			plain = append(plain, f.Fix.In(v.Lang))
		}
	}
	v.Plain = strings.Join(plain, "\n")
	for _, m := range d.Found.Missing {
		v.Missing = append(v.Missing, missingView{string(m.Need), m.Offer.In(v.Lang), m.Href, m.Rules})
	}
	for _, g := range d.Found.Guided {
		v.Guided = append(v.Guided, guidedView{g.Code, g.Question.In(v.Lang), g.Fix.In(v.Lang), answer(g.Code)})
	}
}

// diagnosesView is the list.
type diagnosesView struct {
	frame
	Rows     []diagnosisRow
	Filter   DiagnosisFilter
	Kinds    []doctor.Kind
	Triggers []string
	More     string
	Narrow   bool
}

func (h *Handler) diagnoses(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := diagnosesView{
		frame: h.frame("Doctor", "doctor"), Kinds: doctor.Kinds(), Triggers: []string{"asked", "order", "offline", "webhook"},
		Filter: DiagnosisFilter{
			Subject: doctor.Subject{Kind: doctor.Kind(q.Get("type")), ID: strings.TrimSpace(q.Get("subject"))}, Code: strings.TrimSpace(q.Get("code")),
			Trigger: q.Get("trigger"), Before: q.Get("before"), Limit: perPage,
		},
	}
	f := v.Filter
	v.Narrow = f.Subject != (doctor.Subject{}) || f.Code != "" || f.Trigger != ""
	if h.Doctor != nil {
		list, more, err := h.Doctor.List(f)
		if err != nil {
			h.failed(w, "The diagnoses could not be read")
			return
		}
		for _, d := range list {
			v.Rows = append(v.Rows, rowOfDiagnosis(d, "en"))
		}
		if more && len(list) > 0 {
			next := url.Values{"before": {list[len(list)-1].ID}}
			for name, value := range map[string]string{"type": string(f.Subject.Kind), "subject": f.Subject.ID, "code": f.Code, "trigger": f.Trigger} {
				if value != "" {
					next.Set(name, value)
				}
			}
			v.More = "/diagnoses/?" + next.Encode()
		}
	}
	h.render(w, http.StatusOK, "diagnoses.html", &v)
}

// causeRow is a cause in the catalogue.
type causeRow struct {
	doctor.Rule
	Hits
	Name string
	Rate int // of those who said, how many of a hundred said yes; -1 when nobody has
}

func (h *Handler) causes(w http.ResponseWriter, _ *http.Request) {
	v := struct {
		frame
		Rows       []causeRow
		Observable int
	}{frame: h.frame("Causes", "doctor")}
	for _, r := range h.Causes.Rules {
		row := causeRow{Rule: r, Name: strings.NewReplacer("{", "‹", "}", "›").Replace(r.Says.Title.EN), Rate: -1}
		if h.Causes.Hits != nil {
			row.Hits = h.Causes.Hits(r.Code)
		}
		if said := row.Yes + row.No; said > 0 {
			row.Rate = 100 * row.Yes / said
		}
		if !r.Guided() {
			v.Observable++
		}
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(x, y causeRow) int { return y.Found + y.Also - x.Found - x.Also })
	h.render(w, http.StatusOK, "causes.html", &v)
}
