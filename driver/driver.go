// Package driver is the page of a charging session for the driver who pays: how far it is, what is held and what it costs,
// the receipt, and the invoice where Kassa makes it. Whoever has the authorisation reference, which nobody can guess, sees
// the page; there is no login.
//
// What it shows is what Regulation (EU) 2023/1804 (AFIR), article 5, and the card schemes ask of an unattended sale: the
// price before the session and what it came to, with the tax, the hold, the card, and the operator's telephone number.
package driver

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/charging"
)

//go:embed pages
var files embed.FS

// Config is what a Handler works with; every field is needed.
type Config struct {
	// Session gives a session by its authorisation reference, without regard to case.
	Session func(ref string) (charging.Session, bool, error)
	Now     func() time.Time
}

// Handler serves the pages.
type Handler struct {
	Config
	made *template.Template
	mux  *http.ServeMux
}

// New makes a handler.
func New(c Config) (*Handler, error) {
	if c.Session == nil || c.Now == nil {
		return nil, errors.New("driver: a field of Config is missing")
	}
	h := &Handler{Config: c, mux: http.NewServeMux()}
	var err error
	if h.made, err = template.ParseFS(files, "pages/*.html"); err != nil {
		return nil, fmt.Errorf("driver: pages: %w", err)
	}
	h.mux.HandleFunc("GET /r/{ref}", h.session)
	h.mux.HandleFunc("GET /r/static/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "pages/"+r.PathValue("name"))
	})
	h.mux.HandleFunc("GET /r/", func(w http.ResponseWriter, r *http.Request) { h.missing(w, r) })
	return h, nil
}

// Path is the pattern of what a Handler serves; the reference follows it.
const Path = "/r/"

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer") // the address is its own key
	head.Set("X-Robots-Tag", "noindex, nofollow")
	head.Set("Cache-Control", "no-store")
	head.Set("Vary", "Accept-Language")
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) session(w http.ResponseWriter, r *http.Request) {
	s, ok, err := h.Session(r.PathValue("ref"))
	switch {
	case err != nil:
		h.write(w, http.StatusServiceUnavailable, sorry(language(r, ""), "later"))
	case !ok:
		h.missing(w, r)
	default:
		h.write(w, http.StatusOK, pageOf(s, language(r, s.Language), h.Now()))
	}
}

func (h *Handler) missing(w http.ResponseWriter, r *http.Request) {
	h.write(w, http.StatusNotFound, sorry(language(r, ""), "unknown"))
}

func (h *Handler) write(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.Language)
	w.WriteHeader(status)
	_ = h.made.ExecuteTemplate(w, "session.html", p) // a driver who went away is told nothing
}

// languages are those of the page.
func languages() []string { return []string{"en", "nl", "fr", "it", "es"} }

// language is the one that is asked for, else the one that the driver chose at the terminal, else the browser's.
func language(r *http.Request, chosen string) string {
	wishes := []string{r.URL.Query().Get("lang"), chosen}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(part, ";")
		wishes = append(wishes, strings.TrimSpace(tag))
	}
	for _, wish := range wishes {
		if base, _, _ := strings.Cut(strings.ToLower(wish), "-"); slices.Contains(languages(), base) {
			return base
		}
	}
	return languages()[0]
}
