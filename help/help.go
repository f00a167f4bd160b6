package help

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/doctor"
)

//go:embed pages static
var files embed.FS

// Config is what a Handler works with.
type Config struct {
	Rules []doctor.Rule
	// Shared gives the report that a token stands for, masked; an error when it is over or was never made here.
	Shared func(token string) (doctor.Diagnosis, error)
	// Contacts are whom people call, by what for; what is not set is left out.
	Contacts map[doctor.Contact]string
}

// Handler serves the pages.
type Handler struct {
	Config
	mux  *http.ServeMux
	made *template.Template
}

// New makes a handler.
func New(c Config) (*Handler, error) {
	if len(c.Rules) == 0 || c.Shared == nil {
		return nil, errors.New("help: a field of Config is missing")
	}
	h := &Handler{Config: c, mux: http.NewServeMux()}
	var err error
	h.made, err = template.New("").Funcs(template.FuncMap{
		"utc": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).ParseFS(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("help: pages: %w", err)
	}
	for path, serve := range map[string]http.HandlerFunc{
		"GET /docs/causes/{$}":    h.index,
		"GET /docs/causes/{code}": h.cause,
		"GET /help/{token}":       h.report,
		"GET /help/static/{name}": h.static,
		"GET /":                   h.nothing,
	} {
		h.mux.HandleFunc(path, serve)
	}
	return h, nil
}

// Paths are the patterns of what a Handler serves.
func Paths() []string { return []string{"/docs/causes/", "/help/"} }

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer") // the address of a shared report is its key
	head.Set("X-Robots-Tag", "noindex")
	head.Set("Cache-Control", "no-store")
	head.Set("Vary", "Accept-Language")
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, files, "static/"+r.PathValue("name"))
}

// languageOf is the language that a reader wants: the one that the query names, or the first of his browser's that
// there is.
func languageOf(r *http.Request) string {
	if l := strings.ToLower(r.URL.Query().Get("lang")); slices.Contains(doctor.Languages(), l) {
		return l
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(part, ";")
		l, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if slices.Contains(doctor.Languages(), l) {
			return l
		}
	}
	return "en"
}

// frame is what every page has around it.
type frame struct {
	Lang, Title string
	Languages   []language
}

// language is one that the reader may switch to.
type language struct {
	Code, Name string
	Here       bool
}

func frameOf(lang, title string) frame {
	f := frame{Lang: lang, Title: title}
	for _, l := range doctor.Languages() {
		f.Languages = append(f.Languages, language{l, nameOf(l), l == lang})
	}
	return f
}

// T is a text of the page itself.
func (f frame) T(name string) (string, error) {
	t, ok := words()[name]
	if !ok {
		return "", fmt.Errorf("help: there is no text %s", name)
	}
	return t.In(f.Lang), nil
}

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

// sorry says what is wrong, and what can be done about it.
func (h *Handler) sorry(w http.ResponseWriter, r *http.Request, what, next string) {
	lang := languageOf(r)
	h.render(w, http.StatusNotFound, "sorry.html", struct {
		frame
		What, Next string
	}{frameOf(lang, words()[what].In(lang)), words()[what].In(lang), words()[next].In(lang)})
}

func (h *Handler) nothing(w http.ResponseWriter, r *http.Request) {
	h.sorry(w, r, "nothing", "nothing_next")
}
