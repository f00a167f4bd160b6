package dashboard

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"kassa"
	"kassa/journal"
)

//go:embed pages static
var files embed.FS

// Handler serves the pages.
type Handler struct {
	Config
	mux     *http.ServeMux
	made    *template.Template
	links   links
	viewers atomic.Int32
}

// New makes a handler. The link history is there while Run runs.
func New(c Config) (*Handler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	h := &Handler{Config: c, mux: http.NewServeMux()}
	var err error
	if h.made, err = template.New("").Funcs(h.words()).ParseFS(files, "pages/*.html"); err != nil {
		return nil, fmt.Errorf("dashboard: pages: %w", err)
	}
	for path, serve := range map[string]http.HandlerFunc{
		"GET /{$}":             h.home,
		"GET /payments/{id}":   h.payment,
		"GET /terminals/{$}":   h.terminals,
		"GET /terminals/{tid}": h.terminal,

		"POST /terminals/{tid}/test":    h.test,
		"GET /diagnoses/{$}":            h.diagnoses,
		"POST /diagnoses/{$}":           h.ask,
		"GET /diagnoses/{id}":           h.diagnosis,
		"POST /diagnoses/{id}/feedback": h.judge,
		"POST /diagnoses/{id}/share":    h.share,
		"GET /causes/{$}":               h.causes,
		"GET /cases/{$}":                h.cases,
		"POST /cases/{$}":               h.openCase,
		"GET /cases/{id}":               h.oneCase,
		"POST /cases/{id}":              h.changeCase,
		"POST /cases/{id}/attachments":  h.attach,
		"GET /cases/{id}/bundle":        h.bundle,

		"GET /cases/{id}/attachments/{file}": h.caseFile,

		"GET /logs/{$}":           h.logs,
		"POST /logs/{$}":          h.newLog,
		"GET /logs/{id}":          h.log,
		"POST /logs/{id}/release": h.releaseLog,
		"GET /logs/{id}/{serial}": h.logFile,

		"GET /calls/{$}":      h.calls,
		"GET /calls/{number}": h.oneCall,
		"GET /live":           h.live,
		"GET /static/{name}":  h.static,
		"GET /":               h.nothing,
	} {
		h.mux.HandleFunc(path, serve)
	}
	if c.Charging != nil {
		h.mux.HandleFunc("GET /charging/{$}", h.charges)
		h.mux.HandleFunc("GET /charging/{ref}", h.charge)
		h.mux.HandleFunc("POST /charging/{ref}/{act}", h.actCharge)
	}
	return h, nil
}

// Paths are the patterns of what a Handler serves.
func Paths() []string {
	return []string{"/{$}", "/payments/", "/terminals/", "/calls/", "/diagnoses/", "/logs/", "/causes/{$}", "/cases/", "/charging/", "/live", "/static/"}
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, files, "static/"+r.PathValue("name"))
}

func (h *Handler) words() template.FuncMap {
	return template.FuncMap{
		"age":      func(t time.Time) string { return age(h.Now().Sub(t)) },
		"for":      func(t time.Time) string { return "for " + strings.TrimSuffix(age(h.Now().Sub(t)), " ago") },
		"utc":      func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"clock":    func(t time.Time) string { return t.UTC().Format("15:04:05.000") },
		"iso":      func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") },
		"span":     span,
		"code":     code,
		"undone":   undone,
		"codetext": codeText,
		"verified": verified,
		"inc":      func(n int) int { return n + 1 },
		"minor":    minor,
		"kind":     kindText,

		"expiry": func(yymm string) string { return yymm[len(yymm)/2:] + "/" + yymm[:len(yymm)/2] },
		"pretty": pretty,
		"cards":  maskCards,
		"brand":  brandName,
		"screen": screenName,
		"badge":  func(o *kassa.Order) Badge { return badgeOf(*o) },
		"future": func(t time.Time) string { return span(t.Sub(h.Now())) },
	}
}

// frame is what every page has around it.
type frame struct {
	Title, Here, Environment, Simulation string
	Seq                                  uint64 // the page shows what the journal says up to here
	Now                                  time.Time
	Charges                              bool // somebody may charge here
	// About is set when only facts about one order change the page; OnCalls, when calls do.
	About   string
	OnCalls bool
}

func (h *Handler) frame(title, here string) frame {
	return frame{Title: title, Here: here, Environment: h.Environment, Simulation: h.Simulation, Seq: h.Feed.Last(), Now: h.Now(), Charges: h.Charging != nil}
}

// render writes a page whole or an error, never half of one.
func (h *Handler) render(w http.ResponseWriter, status int, page string, data any) {
	var out bytes.Buffer
	if err := h.made.ExecuteTemplate(&out, page, data); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the reader may be gone
}

// sorry is a page that says what is wrong, and what can be done.
type sorry struct {
	frame
	What, Next string
}

func (h *Handler) nothing(w http.ResponseWriter, _ *http.Request) {
	h.missing(w, "There is nothing at this address", "Payments, terminals and calls are one click away, above.")
}

func (h *Handler) missing(w http.ResponseWriter, what, next string) {
	h.render(w, http.StatusNotFound, "sorry.html", sorry{h.frame(what, ""), what, next})
}

func (h *Handler) failed(w http.ResponseWriter, what string) {
	h.render(w, http.StatusServiceUnavailable, "sorry.html", sorry{h.frame(what, ""), what, "Load the page again in a moment; nothing was changed."})
}

func readOrder(s journal.Stream) (o kassa.Order, err error) {
	if err = json.Unmarshal(s.State, &o); err != nil {
		err = fmt.Errorf("dashboard: state of %s: %w", s.ID, err)
	}
	return o, err
}

// errorInfo is the sentence in an answer that refuses, in the words of the dialect or of Kassa's own API.
func errorInfo(body string) string {
	var e struct {
		Info   string `json:"error_info"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal([]byte(body), &e) != nil {
		return ""
	}
	return strings.TrimSpace(e.Info + e.Detail)
}

// pretty indents a JSON text; any other stays as it is.
func pretty(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}
