package dashboard

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"kassa/doctor"
)

// maxUpload bounds a form with a file in it, in bytes; the file itself may have 8 MiB.
const maxUpload = 8<<20 + 64<<10

// caseForm reads a small form about cases.
func (h *Handler) caseForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, 2*maxBody)
	if h.Cases == nil || r.ParseForm() != nil {
		h.missing(w, "The form could not be read", "Load the page before it again.")
		return false
	}
	return true
}

// openCase opens a case and leads to it.
func (h *Handler) openCase(w http.ResponseWriter, r *http.Request) {
	if !h.caseForm(w, r) {
		return
	}
	about := doctor.Subject{Kind: doctor.Kind(r.PostForm.Get("type")), ID: strings.TrimSpace(r.PostForm.Get("id"))}
	if about.ID == "" {
		about.Kind = ""
	}
	id, err := h.Cases.Open(about, strings.TrimSpace(r.PostForm.Get("title")), lines(r.PostForm.Get("note")))
	if err != nil {
		h.noCase(w, err)
		return
	}
	h.toCase(w, r, id)
}

func (h *Handler) toCase(w http.ResponseWriter, r *http.Request, id string) {
	http.Redirect(w, r, "/cases/"+url.PathEscape(id), http.StatusSeeOther)
}

// lines is what was typed into a form, with the ends of line that everything else has.
func lines(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }

// changeCase takes one step with a case, and leads to it, or to the one that it became part of.
func (h *Handler) changeCase(w http.ResponseWriter, r *http.Request) {
	if !h.caseForm(w, r) {
		return
	}
	step := CaseStep{Note: lines(r.PostForm.Get("note")), State: r.PostForm.Get("state"), Into: strings.TrimSpace(r.PostForm.Get("into"))}
	id := r.PathValue("id")
	err := fmt.Errorf("%w: there is nothing to change", ErrCaseRefused)
	if step != (CaseStep{}) {
		err = h.Cases.Change(id, step)
	}
	switch {
	case err != nil:
		h.noCase(w, err)
	case step.Into != "":
		h.toCase(w, r, step.Into)
	default:
		h.toCase(w, r, id)
	}
}

// attach keeps the file of a form with a case.
func (h *Handler) attach(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	file, head, err := r.FormFile("file")
	if h.CaseFiles == nil || err != nil {
		h.noCase(w, fmt.Errorf("%w: choose a file with 8 MiB at most", ErrCaseRefused))
		return
	}
	defer file.Close()
	body, err := io.ReadAll(file)
	if err == nil {
		err = h.CaseFiles.Attach(r.PathValue("id"), head.Filename, body)
	}
	if err != nil {
		h.noCase(w, err)
		return
	}
	h.toCase(w, r, r.PathValue("id"))
}

// caseFile sends an attachment; only as a picture it is part of a page.
func (h *Handler) caseFile(w http.ResponseWriter, r *http.Request) {
	err := ErrNoCase
	if h.CaseFiles != nil {
		var kind string
		var body []byte
		if kind, body, err = h.CaseFiles.File(r.PathValue("id"), r.PathValue("file")); err == nil {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Disposition", "attachment")
			_, _ = w.Write(body) // the reader may be gone
			return
		}
	}
	h.noCase(w, err)
}

func (h *Handler) bundle(w http.ResponseWriter, r *http.Request) {
	c, err := h.foundCase(r)
	var file bytes.Buffer
	if err == nil {
		err = h.CaseFiles.Bundle(c.ID, &file)
	}
	if err != nil {
		h.noCase(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", "attachment; filename="+c.ID+".zip")
	_, _ = file.WriteTo(w) // the reader may be gone
}
