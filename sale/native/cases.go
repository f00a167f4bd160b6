package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// What reading and keeping cases needs.
const (
	casesRead  = "cases.read"
	casesWrite = "cases.write"
)

// Errors of cases. The text after them is for whoever called.
var (
	ErrNoCase    = errors.New("native: there is no such case")
	ErrCaseInput = errors.New("native: invalid")
	ErrCaseState = errors.New("native: wrong state")
)

// Cases keeps what people ask support about. What a case looks like is its own matter; it is shown as it is.
type Cases interface {
	Open(who Caller, ask NewCase) (any, error)
	// List gives a page, and where the next one begins; empty when there is none.
	List(who Caller, f CaseFilter) (list any, next string, err error)
	Find(who Caller, id string) (any, error)
	Change(who Caller, id string, by CaseChange) (any, error)
}

// CaseFiles keeps what is attached to cases.
type CaseFiles interface {
	Attach(who Caller, id, name string, body []byte) (any, error)
	File(who Caller, id, file string) (kind, name string, body []byte, err error)
	Bundle(who Caller, id string, to io.Writer) error
}

// NewCase is what somebody opens a case with.
type NewCase struct{ Kind, ID, Title, Note string }

// CaseFilter limits a list; what is empty limits nothing.
type CaseFilter struct {
	State, After string
	Limit        int
}

// CaseChange is one step of a case: a note, a state, or the case that it becomes part of.
type CaseChange struct{ Note, State, Into string }

// maxAttachment bounds what is attached at once, in bytes.
const maxAttachment = 8 << 20

func (h *Handler) noCase(err error) *problem {
	switch {
	case errors.Is(err, ErrNoCase):
		return noSuch("case or subject")
	case errors.Is(err, ErrCaseInput):
		field, rule := inputOf(err)
		return badInput(mistake{Pointer: "/" + field, Detail: rule})
	case errors.Is(err, ErrCaseState):
		return fault("wrong_state", strings.TrimPrefix(err.Error(), ErrCaseState.Error()+": "))
	}
	return unreadable("the record could not be read or written")
}

// inputOf is the field that an ErrCaseInput names, and the rule.
func inputOf(err error) (field, rule string) {
	field, rule, _ = strings.Cut(strings.TrimPrefix(err.Error(), ErrCaseInput.Error()+": "), ": ")
	return field, rule
}

func (h *Handler) openCase(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Subject struct {
			Kind string `json:"kind"`
			ID   string `json:"id"`
		} `json:"subject"`
		Title string `json:"title"`
		Note  string `json:"note"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	made, err := h.Cases.Open(c.caller, NewCase{body.Subject.Kind, body.Subject.ID, body.Title, body.Note})
	if err != nil {
		return h.noCase(err)
	}
	return answer(w, http.StatusCreated, made)
}

func (h *Handler) listCases(w http.ResponseWriter, c *call) *problem {
	limit, refused := limitOf(c.query, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	list, next, err := h.Cases.List(c.caller, CaseFilter{c.query.Get("state"), c.query.Get("after"), limit})
	if errors.Is(err, ErrCaseInput) {
		field, rule := inputOf(err)
		return badInput(mistake{Parameter: field, Detail: rule})
	}
	if err != nil {
		return h.noCase(err)
	}
	return answer(w, http.StatusOK, page{Data: list, HasMore: next != "", Next: next})
}

func (h *Handler) showCase(w http.ResponseWriter, c *call) *problem {
	found, err := h.Cases.Find(c.caller, c.path["case"])
	if err != nil {
		return h.noCase(err)
	}
	return answer(w, http.StatusOK, found)
}

// changeCase gives a case a state.
func (h *Handler) changeCase(w http.ResponseWriter, c *call) *problem {
	var body struct {
		State string `json:"state"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if body.State == "" {
		return badInput(mistake{Pointer: "/state", Detail: "must be open, waiting or closed"})
	}
	return h.caseStep(w, c, CaseChange{State: body.State})
}

func (h *Handler) noteCase(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Text string `json:"text"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if body.Text == "" {
		return badInput(mistake{Pointer: "/text", Detail: "must say something"})
	}
	return h.caseStep(w, c, CaseChange{Note: body.Text})
}

func (h *Handler) mergeCase(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Into string `json:"into"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if body.Into == "" {
		return badInput(mistake{Pointer: "/into", Detail: "must be the id of another case"})
	}
	return h.caseStep(w, c, CaseChange{Into: body.Into})
}

func (h *Handler) caseStep(w http.ResponseWriter, c *call, by CaseChange) *problem {
	changed, err := h.Cases.Change(c.caller, c.path["case"], by)
	if err != nil {
		return h.noCase(err)
	}
	return answer(w, http.StatusOK, changed)
}

// attach keeps the body of the request with a case.
func (h *Handler) attach(w http.ResponseWriter, c *call) *problem {
	body, err := io.ReadAll(http.MaxBytesReader(w, c.Body, maxAttachment))
	if err != nil {
		return fault("too_large", fmt.Sprintf("an attachment may have %d bytes at most", maxAttachment))
	}
	changed, err := h.CaseFiles.Attach(c.caller, c.path["case"], c.query.Get("name"), body)
	if err != nil {
		return h.noCase(err)
	}
	return answer(w, http.StatusCreated, changed)
}

func (h *Handler) caseFile(w http.ResponseWriter, c *call) *problem {
	kind, name, body, err := h.CaseFiles.File(c.caller, c.path["case"], c.path["file"])
	if err != nil {
		return h.noCase(err)
	}
	return sent(w, kind, name, body)
}

// bundle is one download with all that belongs to a case.
func (h *Handler) bundle(w http.ResponseWriter, c *call) *problem {
	var file bytes.Buffer
	if err := h.CaseFiles.Bundle(c.caller, c.path["case"], &file); err != nil {
		return h.noCase(err)
	}
	return sent(w, "application/zip", c.path["case"]+".zip", file.Bytes())
}

// sent answers with a file that no browser shows as a page of ours.
func sent(w http.ResponseWriter, kind, name string, body []byte) *problem {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/`, r) {
			return '_'
		}
		return r
	}, name)))
	_, _ = w.Write(body) // whoever asked has gone
	return nil
}

// caseRoutes are those to the cases.
func caseRoutes() []route {
	return []route{
		{"POST", "cases", casesWrite, "", true, (*Handler).openCase, nil},
		{"GET", "cases", casesRead, "state after limit", false, (*Handler).listCases, nil},
		{"GET", "cases/{case}", casesRead, "", false, (*Handler).showCase, nil},
		{"PATCH", "cases/{case}", casesWrite, "", false, (*Handler).changeCase, nil},
		{"POST", "cases/{case}/notes", casesWrite, "", true, (*Handler).noteCase, nil},
		{"POST", "cases/{case}/merge", casesWrite, "", true, (*Handler).mergeCase, nil},
		{"POST", attachPath, casesWrite, "name", true, (*Handler).attach, nil},
		{"GET", "cases/{case}/attachments/{file}", casesRead, "", false, (*Handler).caseFile, nil},
		{"GET", "cases/{case}/bundle", casesRead, "", false, (*Handler).bundle, nil},
	}
}

const attachPath = "cases/{case}/attachments"
