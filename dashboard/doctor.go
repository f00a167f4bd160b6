package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/doctor"
)

// Doctor examines, and keeps what he found. ok is false when there is no such subject or diagnosis.
type Doctor interface {
	Diagnose(ctx context.Context, subject doctor.Subject, symptom string, probe bool) (id string, ok bool, err error)
	Find(id string) (d Diagnosis, ok bool, err error)
	// List gives the newest first, and whether there are more.
	List(f DiagnosisFilter) (list []Diagnosis, more bool, err error)
	Feedback(ctx context.Context, id, code string, yes bool) (ok bool, err error)
	// Share gives the path of a page that shows a diagnosis to anybody until an instant.
	Share(id string, until time.Time) (path string, ok bool, err error)
}

// Diagnosis is one that is kept.
type Diagnosis struct {
	ID      string
	At      time.Time
	Trigger string
	Symptom string
	Judged  map[string]bool
	Found   doctor.Diagnosis
}

// DiagnosisFilter limits a list; what is empty limits nothing.
type DiagnosisFilter struct {
	Subject       doctor.Subject
	Code, Trigger string
	Before        string
	Limit         int
}

// Causes are what the doctor knows.
type Causes struct {
	Rules    []doctor.Rule
	Hits     func(code string) Hits
	Contacts map[doctor.Contact]string
}

// Hits is how often a cause was found first, and beside another, and what people said of it.
type Hits struct{ Found, Also, Yes, No int }

// sharedFor is how long a report is shared from its page.
const sharedFor = 72 * time.Hour

// diagnosisRow is a diagnosis in a list.
type diagnosisRow struct {
	Diagnosis
	Badge    Badge
	Heading  string
	Of, Href string // its subject in words, and its page
}

func rowOfDiagnosis(d Diagnosis, lang string) diagnosisRow {
	row := diagnosisRow{Diagnosis: d, Badge: verdictBadge(d.Found), Heading: verdictText(d.Found.Verdict), Of: string(d.Found.Subject.Kind)}
	if len(d.Found.Findings) > 0 {
		row.Heading = d.Found.Findings[0].Title.In(lang)
	}
	if id := d.Found.Subject.ID; id != "" {
		row.Of += " " + maskCards(id)
	}
	switch d.Found.Subject.Kind {
	case doctor.Order:
		row.Href = "/payments/" + url.PathEscape(d.Found.Subject.ID)
	case doctor.Terminal:
		row.Href = "/terminals/" + url.PathEscape(d.Found.Subject.ID)
	case doctor.Webhook, doctor.Key, doctor.Installation, doctor.Charger:
	}
	return row
}

func verdictBadge(d doctor.Diagnosis) Badge {
	switch d.Verdict {
	case doctor.CauseFound:
		if d.Findings[0].Certain {
			return Badge{"Cause found", "alert", bad}
		}
		return Badge{"Likely cause", "alert", warn}
	case doctor.SeveralPossible:
		return Badge{"Several possible", "alert", warn}
	case doctor.NothingWrong:
		return Badge{"Nothing wrong", "check", good}
	}
	return Badge{"Not known yet", "unknown", calmly}
}

func verdictText(verdict string) string {
	switch verdict {
	case doctor.NothingWrong:
		return "Nothing wrong was found"
	case doctor.NotEnoughEvidence:
		return "Not enough is known yet to name a cause"
	}
	return strings.ReplaceAll(verdict, "_", " ")
}

// panel is what a page says of its subject's trouble: what was found last, and that one may ask.
type panel struct {
	Subject doctor.Subject
	Last    *diagnosisRow
	Shop    string
	Fix     string
	Cases   bool // one may ask support, too
}

// why reads what was found last of a subject; nil when there is no doctor.
func (h *Handler) why(s doctor.Subject) (*panel, error) {
	if h.Doctor == nil {
		return nil, nil
	}
	p := &panel{Subject: s, Cases: h.Cases != nil}
	list, _, err := h.Doctor.List(DiagnosisFilter{Subject: s, Limit: 1})
	if err != nil || len(list) == 0 {
		return p, err
	}
	row := rowOfDiagnosis(list[0], "en")
	p.Last = &row
	if f := list[0].Found.Findings; len(f) > 0 {
		p.Shop, p.Fix = f[0].Shop.EN, f[0].Fix.EN
	}
	return p, nil
}

// ask examines a subject and leads to what was found.
func (h *Handler) ask(w http.ResponseWriter, r *http.Request) {
	if !h.form(w, r) {
		return
	}
	s := doctor.Subject{Kind: doctor.Kind(r.PostForm.Get("type")), ID: strings.TrimSpace(r.PostForm.Get("id"))}
	if !slices.Contains(doctor.Kinds(), s.Kind) || (s.ID == "") != (s.Kind == doctor.Installation) || len(s.ID) > 2*maxQuery {
		h.missing(w, "The doctor was asked about nothing", "Name an order, a terminal, a webhook, a key or a charger by its id; the installation has none.")
		return
	}
	symptom := []rune(strings.TrimSpace(r.PostForm.Get("symptom")))
	id, ok, err := h.Doctor.Diagnose(r.Context(), s, string(symptom[:min(len(symptom), maxQuery)]), r.PostForm.Get("probe") != "")
	switch {
	case err != nil:
		h.failed(w, "The diagnosis could not be made")
	case !ok:
		h.missing(w, "There is no such "+string(s.Kind)+": "+clip(maskCards(s.ID)), "The lists of payments and terminals have a search.")
	default:
		http.Redirect(w, r, "/diagnoses/"+url.PathEscape(id), http.StatusSeeOther)
	}
}

// form reads a small form.
func (h *Handler) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if h.Doctor == nil || r.ParseForm() != nil {
		h.missing(w, "The form could not be read", "Load the page before it again.")
		return false
	}
	return true
}

// judge keeps whether a finding was it.
func (h *Handler) judge(w http.ResponseWriter, r *http.Request) {
	if !h.form(w, r) {
		return
	}
	id := r.PathValue("id")
	ok, err := h.Doctor.Feedback(r.Context(), id, r.PostForm.Get("code"), r.PostForm.Get("yes") == "yes")
	switch {
	case err != nil:
		h.failed(w, "The answer could not be kept")
	case !ok:
		h.missing(w, "There is no such finding", "The list of diagnoses has all that are kept.")
	default:
		to := "/diagnoses/" + url.PathEscape(id)
		if lang := r.PostForm.Get("lang"); slices.Contains(doctor.Languages(), lang) {
			to += "?lang=" + lang
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// share shows the diagnosis again, with an address for anybody.
func (h *Handler) share(w http.ResponseWriter, r *http.Request) {
	if !h.form(w, r) {
		return
	}
	until := h.Now().Add(sharedFor)
	path, ok, err := h.Doctor.Share(r.PathValue("id"), until)
	switch {
	case err != nil:
		h.failed(w, "The report could not be shared")
	case !ok:
		h.missing(w, "There is no such diagnosis", "The list of diagnoses has all that are kept.")
	default:
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		h.showDiagnosis(w, r, scheme+r.Host+path, until)
	}
}
