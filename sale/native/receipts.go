package native

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"

	"kassa"
)

// Paper is a receipt that can be written in three forms.
type Paper interface {
	Text(columns int) string
	HTML(w io.Writer) error
	PDF(w io.Writer) error
}

// PaperOptions say which receipt of an order is wanted, and how.
type PaperOptions struct {
	Refund   int64 // the number of a refund; 0 for the payment
	Copy     string
	Language string
}

// Papers writes receipts.
type Papers interface {
	// Receipt reports false when there is none: no such refund, or no card was read.
	Receipt(o *kassa.Order, options PaperOptions) (Paper, bool)
}

// receipt gives a receipt as text for a printer (format=text, columns=32 or 42), as a page
// (format=html) and as a PDF (format=pdf); copy=cardholder or merchant, refund=NUMBER, lang=nl.
func (h *Handler) receipt(w http.ResponseWriter, c *call) *problem {
	ask, refused := c.paper()
	if refused != nil {
		return refused
	}
	o, refused := h.find(c, c.path["order"])
	if refused != nil {
		return refused
	}
	paper, ok := h.Papers.Receipt(&o, ask.PaperOptions)
	if !ok {
		return fault("no_receipt", "the order has no such refund, or no card was read for it, so that it has no receipt")
	}
	return ask.write(w, paper)
}

type askedPaper struct {
	PaperOptions
	format  string
	columns int
}

func (c *call) paper() (a askedPaper, refused *problem) {
	q := c.query
	a.format, a.columns, a.Copy, a.Language = "text", 42, "cardholder", q.Get("lang")
	if q.Has("format") {
		a.format = q.Get("format")
	}
	if !slices.Contains([]string{"text", "html", "pdf"}, a.format) {
		return a, badInput(mistake{Parameter: "format", Detail: "must be text, html or pdf"})
	}
	if q.Has("copy") {
		a.Copy = q.Get("copy")
	}
	if a.Copy != "cardholder" && a.Copy != "merchant" {
		return a, badInput(mistake{Parameter: "copy", Detail: "must be cardholder or merchant"})
	}
	var err error
	if q.Has("columns") {
		if a.columns, err = strconv.Atoi(q.Get("columns")); err != nil || a.columns < 24 || a.columns > 80 {
			return a, badInput(mistake{Parameter: "columns", Detail: "must be a whole number from 24 to 80; printers have 32 or 42"})
		}
	}
	if q.Has("refund") {
		if a.Refund, err = strconv.ParseInt(q.Get("refund"), 10, 64); err != nil || a.Refund <= 0 {
			return a, badInput(mistake{Parameter: "refund", Detail: "must be the number of a refund"})
		}
	}
	return a, nil
}

func (a askedPaper) write(w http.ResponseWriter, p Paper) *problem {
	var body bytes.Buffer
	var err error
	kind := "text/plain; charset=utf-8"
	switch a.format {
	case "html":
		kind, err = "text/html; charset=utf-8", p.HTML(&body)
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	case "pdf":
		kind, err = "application/pdf", p.PDF(&body)
	default:
		body.WriteString(p.Text(a.columns))
	}
	if err != nil {
		return fault("unwritten", "the receipt could not be written")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes()) // a client that went away is told nothing
	return nil
}
