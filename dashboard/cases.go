package dashboard

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/doctor"
)

// Errors of cases.
var (
	// ErrNoCase tells that there is no such case, attachment or subject.
	ErrNoCase = errors.New("dashboard: there is no such case or subject")
	// ErrCaseRefused tells that a step breaks a rule, which the text after it says.
	ErrCaseRefused = errors.New("dashboard: refused")
)

// Cases keeps what people ask support about.
type Cases interface {
	// Open opens a case about a subject, or about nothing in particular, and gives its id.
	Open(about doctor.Subject, title, note string) (id string, err error)
	Find(id string) (Case, error)
	// List gives a page, the one that changed last first, and where the next one begins.
	List(f CaseFilter) (list []Case, next string, err error)
	Change(id string, by CaseStep) error
}

// CaseFiles keeps what is attached to cases.
type CaseFiles interface {
	Attach(id, name string, body []byte) error
	File(id, file string) (kind string, body []byte, err error)
	// Bundle writes all that belongs to a case as one ZIP file.
	Bundle(id string, to io.Writer) error
}

// CaseFilter limits a list; what is empty limits nothing.
type CaseFilter struct {
	State, After string
	Limit        int
}

// CaseStep is one step of a case: a note, a state, or the case that it becomes part of.
type CaseStep struct{ Note, State, Into string }

// Case is one case.
type Case struct {
	ID, Title, State    string
	OpenedAt, ChangedAt time.Time
	Account, Group      string
	Contact             string
	About               doctor.Subject // empty when it is about nothing in particular
	Facts               []CaseFacts
	Notes               []CaseNote
	Files               []CaseFile
	Merged              []string
	Into                string // the case that it became part of
}

// CaseFacts is what was known when it was opened, masked.
type CaseFacts struct {
	Account, Group, TID, Serial, Diagnosis string
	Lines                                  []string
}

// CaseNote is what somebody wrote.
type CaseNote struct {
	At       time.Time
	By, Text string
}

// CaseFile is an attachment.
type CaseFile struct {
	ID, Name, Type string
	At             time.Time
	Size           int // bytes
}

// Picture tells whether a browser shows it.
func (f CaseFile) Picture() bool { return strings.HasPrefix(f.Type, "image/") }

// Kilobytes is its size for people.
func (f CaseFile) Kilobytes() int { return (f.Size + 1023) / 1024 }

// caseRow is a case in a list.
type caseRow struct {
	Case
	Badge    Badge
	Of, Href string // its subject in words, and its page
}

func caseStates() []string { return []string{"open", "waiting", "closed"} }

func rowOfCase(c Case) caseRow {
	row := caseRow{Case: c, Of: strings.TrimSpace(string(c.About.Kind) + " " + maskCards(c.About.ID))}
	switch {
	case c.Into != "":
		row.Badge = Badge{"Merged", "back", calmly}
	case c.State == "open":
		row.Badge = Badge{"Open", "alert", warn}
	case c.State == "waiting":
		row.Badge = Badge{"Waiting", "clock", calmly}
	default:
		row.Badge = Badge{"Closed", "check", good}
	}
	switch id := url.PathEscape(c.About.ID); c.About.Kind {
	case doctor.Order:
		row.Href = "/payments/" + id
	case doctor.Terminal:
		row.Href = "/terminals/" + id
	case "diagnosis":
		row.Href = "/diagnoses/" + id
	case doctor.Webhook, doctor.Key, doctor.Installation, doctor.Charger:
	}
	return row
}

// casesView is the list.
type casesView struct {
	frame
	Rows   []caseRow
	State  string
	States []string
	More   string
}

func (h *Handler) cases(w http.ResponseWriter, r *http.Request) {
	v := casesView{frame: h.frame("Cases", "cases"), State: r.URL.Query().Get("state"), States: caseStates()}
	if h.Cases != nil {
		list, next, err := h.Cases.List(CaseFilter{v.State, r.URL.Query().Get("after"), perPage})
		if err != nil {
			h.noCase(w, err)
			return
		}
		for _, c := range list {
			v.Rows = append(v.Rows, rowOfCase(c))
		}
		if next != "" {
			q := url.Values{"after": {next}}
			if v.State != "" {
				q.Set("state", v.State)
			}
			v.More = "/cases/?" + q.Encode()
		}
	}
	h.render(w, http.StatusOK, "cases.html", &v)
}

// caseView is the page of one case.
type caseView struct {
	frame
	caseRow
	States []string
	Others []Case // those that it may become part of
}

func (h *Handler) oneCase(w http.ResponseWriter, r *http.Request) {
	c, err := h.foundCase(r)
	if err != nil {
		h.noCase(w, err)
		return
	}
	v := caseView{frame: h.frame(c.Title, "cases"), caseRow: rowOfCase(c)}
	if c.Into == "" {
		v.States = slices.DeleteFunc(caseStates(), func(s string) bool { return s == c.State })
		list, _, err := h.Cases.List(CaseFilter{Limit: 4 * perPage})
		if err != nil {
			h.noCase(w, err)
			return
		}
		for _, o := range list {
			if o.ID != c.ID && o.Into == "" && o.Account == c.Account && o.Group == c.Group {
				v.Others = append(v.Others, o)
			}
		}
	}
	h.render(w, http.StatusOK, "case.html", &v)
}

func (h *Handler) foundCase(r *http.Request) (Case, error) {
	if h.Cases == nil {
		return Case{}, ErrNoCase
	}
	return h.Cases.Find(r.PathValue("id"))
}

// noCase says why something could not be done with a case.
func (h *Handler) noCase(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrNoCase):
		h.missing(w, "There is no such case or subject", "The list of cases has all that are kept.")
	case errors.Is(err, ErrCaseRefused):
		what := "That cannot be done: " + strings.TrimPrefix(err.Error(), ErrCaseRefused.Error()+": ")
		h.render(w, http.StatusUnprocessableEntity, "sorry.html", sorry{h.frame("Not done", "cases"), what, "Nothing was changed. Go back and try again."})
	default:
		h.failed(w, "The case could not be read or kept")
	}
}
