package android

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"kassa/msplink"
	"kassa/virtual/terminal"
)

// The limits of the control API.
const (
	maxBody    = 64 << 10
	sseSilence = 15 * time.Second
)

// Shelf is where the terminals are.
type Shelf interface {
	App(id string) (terminal.App, bool)
}

// Apps are the devices of one process.
type Apps struct {
	shelf  Shelf
	random io.Reader
	log    *slog.Logger
	ctx    context.Context // of all that goes on; Run ends it
	cancel context.CancelFunc

	mu     sync.Mutex
	wg     sync.WaitGroup
	phones map[string]*phone // by POIID: as many as the shelf has terminals
}

// New makes the devices around a shelf's terminals. random is read for the nonces of pages.
func New(shelf Shelf, random io.Reader, log *slog.Logger) *Apps {
	ctx, cancel := context.WithCancel(context.Background())
	return &Apps{shelf: shelf, random: random, log: log, ctx: ctx, cancel: cancel, phones: map[string]*phone{}}
}

// Run returns when ctx has ended and nothing goes on any more.
func (a *Apps) Run(ctx context.Context) error {
	<-ctx.Done()
	a.mu.Lock()
	a.cancel()
	phones := a.phones
	a.mu.Unlock()
	a.wg.Wait()
	for _, p := range phones {
		p.close()
	}
	return nil
}

// begin starts what goes on without anybody who waits for it; not when the process ends.
func (a *Apps) begin(do func(context.Context)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx.Err() != nil {
		return false
	}
	a.wg.Go(func() { do(a.ctx) })
	return true
}

func (a *Apps) phone(id string) (*phone, error) {
	app, ok := a.shelf.App(id)
	if !ok {
		return nil, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	poiid := app.State().POIID
	if p := a.phones[poiid]; p != nil && p.app == app { // not one that was removed meanwhile
		return p, nil
	}
	p, err := newPhone(app, a)
	if err == nil {
		a.phones[poiid] = p
	}
	return p, err
}

// Handler serves the pages and the control API of browser and apps under prefix; what is none of it is next's.
func (a *Apps) Handler(prefix string, next http.Handler) http.Handler {
	prefix = strings.TrimSuffix(prefix, "/")
	mux := http.NewServeMux()
	one := func(pattern string, h func(http.ResponseWriter, *http.Request, *phone)) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+prefix+path, func(w http.ResponseWriter, r *http.Request) {
			p, err := a.phone(r.PathValue("id"))
			switch {
			case err != nil:
				fail(w, http.StatusInternalServerError, "internal", "the device cannot be started")
			case p == nil:
				fail(w, http.StatusNotFound, "unknown_terminal", fmt.Sprintf("no terminal %q here", r.PathValue("id")))
			case !p.app.State().Model.Android:
				fail(w, http.StatusNotFound, "no_apps", "a "+p.app.State().Model.Name+" runs no apps beside its payment program")
			default:
				h(w, r, p)
			}
		})
	}
	for _, file := range []string{"android.css", "android.js", "embedded.css"} {
		mux.HandleFunc("GET "+prefix+"/static/"+file, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, files, "static/"+file)
		})
	}
	mux.HandleFunc("GET "+prefix+"/static/msplink.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = io.WriteString(w, msplink.Script()) // the reader may be gone
	})
	one("GET /{id}/browser", page("browser"))
	one("GET /{id}/apps", page("register"))
	one("GET /{id}/browser/state", getView)
	one("GET /{id}/browser/events", watch)
	one("POST /{id}/browser", postBrowser)
	one("POST /{id}/link", postLink)
	one("POST /{id}/intent", postIntent)
	own := http.NewCrossOriginProtection().Handler(safe(mux))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			next.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// safe sets the headers that every answer has. The frames are the terminal's page and the sites.
func safe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; "+
			"frame-src 'self' http://127.0.0.1:* http://localhost:*")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if !strings.Contains(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// page shows the device with one of its apps in front.
func page(app string) func(http.ResponseWriter, *http.Request, *phone) {
	return func(w http.ResponseWriter, r *http.Request, p *phone) {
		p.shownBy(shownAt(r))
		t, err := template.ParseFS(files, "pages/*.html")
		var out bytes.Buffer
		if err == nil {
			err = t.ExecuteTemplate(&out, "android.html", map[string]any{"T": p.app.State(), "App": app})
		}
		if err != nil {
			fail(w, http.StatusInternalServerError, "page", "the page could not be made")
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = out.WriteTo(w) // the reader may be gone
	}
}

// shownAt is the origin from which a browser asked for a page; Kassa's proxy says it, who is the only one
// to reach this process with such a header.
func shownAt(r *http.Request) string {
	host, scheme := r.Header.Get("X-Forwarded-Host"), r.Header.Get("X-Forwarded-Proto")
	if host == "" {
		host, scheme = r.Host, "http"
	}
	return scheme + "://" + host
}

func getView(w http.ResponseWriter, _ *http.Request, p *phone) {
	v, _ := p.look()
	reply(w, http.StatusOK, v)
}

// watch streams the view (server-sent events).
func watch(w http.ResponseWriter, r *http.Request, p *phone) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	flush := http.NewResponseController(w)
	_ = flush.SetWriteDeadline(time.Time{}) // a stream has no end of its own
	beat := time.NewTicker(sseSilence)
	defer beat.Stop()
	for {
		v, changed := p.look()
		raw, err := json.Marshal(v)
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "event: view\ndata: %s\n\n", raw); err != nil || flush.Flush() != nil {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-beat.C:
				if _, err := io.WriteString(w, ": still here\n\n"); err != nil || flush.Flush() != nil {
					return
				}
			case <-r.Context().Done():
				return
			case <-p.apps.ctx.Done():
				return
			}
		}
	}
}

func postBrowser(w http.ResponseWriter, r *http.Request, p *phone) {
	var body struct {
		URL string `json:"url"`
	}
	if !decode(w, r, &body) {
		return
	}
	if msplink.IsLink(body.URL) {
		takeLink(w, r, p, body.URL)
		return
	}
	if err := p.open(body.URL); err != nil {
		p.refuse(w, err)
		return
	}
	p.change(func(v *View) { v.Problem = nil })
	getView(w, r, p)
}

func postLink(w http.ResponseWriter, r *http.Request, p *phone) {
	var body struct {
		URL string `json:"url"`
	}
	if decode(w, r, &body) {
		takeLink(w, r, p, body.URL)
	}
}

func takeLink(w http.ResponseWriter, r *http.Request, p *phone, link string) {
	one, err := p.openLink(link)
	if err != nil {
		p.refuse(w, err)
		return
	}
	stream(w, r, one)
}

func postIntent(w http.ResponseWriter, r *http.Request, p *phone) {
	var in msplink.Intent
	if !decode(w, r, &in) {
		return
	}
	one, err := p.sendIntent(in)
	if err != nil {
		p.refuse(w, err)
		return
	}
	stream(w, r, one)
}

// stream says at once that the payment app took the payment, and then, on a line of its own, how it ended.
func stream(w http.ResponseWriter, r *http.Request, one *payment) {
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	enc, flush := json.NewEncoder(w), http.NewResponseController(w)
	_ = flush.SetWriteDeadline(time.Time{}) // a customer takes longer than a server's usual patience
	_ = enc.Encode(map[string]any{"started": one.started})
	_ = flush.Flush()
	select {
	case <-one.done:
		_ = enc.Encode(one.answer)
	case <-r.Context().Done(): // the payment goes on; the view tells its end
	}
}

// problem is the body of an error.
type problem struct {
	Error   string `json:"error"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

func asError(err error) (*msplink.Error, bool) { return errors.AsType[*msplink.Error](err) }

// refuse answers what cannot be done, and shows it on the device.
func (p *phone) refuse(w http.ResponseWriter, err error) {
	p.change(func(v *View) { v.Problem = problemOf(err) })
	switch e, ok := asError(err); {
	case ok:
		reply(w, http.StatusBadRequest, problem{"bad_request", e.Field, e.Error()})
	case errors.Is(err, errBusy):
		fail(w, http.StatusConflict, "busy", err.Error())
	default:
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
	}
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, problem{Error: code, Message: message})
}

func reply(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, `{"error":"internal","message":"the answer could not be written"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // the reader may be gone
}

// decode reads a small JSON body into to, and answers itself when it cannot.
func decode(w http.ResponseWriter, r *http.Request, to any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(to)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("there is something after the JSON object")
		}
	}
	if err == nil {
		return true
	}
	if e, ok := asError(err); ok {
		reply(w, http.StatusBadRequest, problem{"bad_request", e.Field, e.Error()})
		return false
	}
	what := "the body is not the JSON object that is asked for"
	if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
		what = "unknown field " + field
	}
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what = "field " + bad.Field + " has the wrong type"
	}
	fail(w, http.StatusBadRequest, "bad_request", what)
	return false
}
