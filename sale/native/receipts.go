package native

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

// Receipts gives the receipts of orders, by the order's id or by the merchant's reference.
type Receipts interface {
	// Receipt reports false when there is none: no such order or refund, or no card was read.
	Receipt(order string, o PaperOptions) (Paper, bool, error)
	MayOperate(key string) bool
}

// ReceiptsPrefix is where receipts are served: GET ReceiptsPrefix+{order}.
const ReceiptsPrefix = Prefix + "receipts/"

// ReceiptHandler serves receipts as text for a printer (format=text, columns=32 or 42), as a page
// (format=html) and as a PDF (format=pdf); copy=cardholder or merchant, refund=NUMBER, lang=nl.
func ReceiptHandler(r Receipts) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !operates(w, q, r.MayOperate) {
			return
		}
		if q.Method != http.MethodGet && q.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			problem(w, q, http.StatusMethodNotAllowed, "Method not allowed", "a receipt is read with GET")
			return
		}
		ask, wrong := readPaper(q)
		if wrong != "" {
			problem(w, q, http.StatusBadRequest, "Bad request", wrong)
			return
		}
		order := strings.TrimPrefix(q.URL.Path, ReceiptsPrefix)
		paper, ok, err := r.Receipt(order, ask.PaperOptions)
		switch {
		case err != nil:
			problem(w, q, http.StatusServiceUnavailable, "Store unavailable", "the order could not be read")
		case !ok:
			problem(w, q, http.StatusNotFound, "Not found", "there is no such order or refund, or no card was read for it, so that it has no receipt")
		default:
			writePaper(w, q, paper, ask)
		}
	})
}

type askedPaper struct {
	PaperOptions
	format  string
	columns int
}

func readPaper(q *http.Request) (a askedPaper, wrong string) {
	v := q.URL.Query()
	a.format, a.columns, a.Copy, a.Language = "text", 42, "cardholder", v.Get("lang")
	if f := v.Get("format"); f != "" {
		a.format = f
	}
	if !slices.Contains([]string{"text", "html", "pdf"}, a.format) {
		return a, "format must be text, html or pdf"
	}
	if c := v.Get("copy"); c != "" {
		a.Copy = c
	}
	if a.Copy != "cardholder" && a.Copy != "merchant" {
		return a, "copy must be cardholder or merchant"
	}
	var err error
	if c := v.Get("columns"); c != "" {
		if a.columns, err = strconv.Atoi(c); err != nil || a.columns < 24 || a.columns > 80 {
			return a, "columns must be a whole number from 24 to 80; printers have 32 or 42"
		}
	}
	if n := v.Get("refund"); n != "" {
		if a.Refund, err = strconv.ParseInt(n, 10, 64); err != nil || a.Refund <= 0 {
			return a, "refund must be the number of a refund"
		}
	}
	return a, ""
}

func writePaper(w http.ResponseWriter, q *http.Request, p Paper, a askedPaper) {
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
		problem(w, q, http.StatusInternalServerError, "Internal error", "the receipt could not be written")
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes()) // a client that went away is told nothing
}
