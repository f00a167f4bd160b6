package front

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"
)

// through wraps next with what every request passes: its id, the security headers, the deadlines,
// the access log, and an answer when the handler panics.
func (s *Server) through(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.running.enter() {
			w.Header().Set("Connection", "close")
			s.refuse(w, r, http.StatusServiceUnavailable, "stopping", "Kassa is stopping; send it again in a moment")
			return
		}
		defer s.running.leave()

		began := s.opts.Now()
		id := s.requestID(r)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		r = r.WithContext(ctx)
		r.Header["Request-Id"] = []string{id}

		h := w.Header()
		h["Request-Id"] = []string{id}
		h["X-Content-Type-Options"] = []string{"nosniff"}
		h["Referrer-Policy"] = []string{"no-referrer"}
		h["Cache-Control"] = []string{"no-store"}

		rec := &recorder{inner: w, control: http.NewResponseController(w)}
		rec.streams = func() { context.AfterFunc(s.stopping, cancel) }
		rec.allowWrite()
		if r.Body != nil && r.Body != http.NoBody {
			rec.readUntil(time.Now().Add(bodyTimeout))
			r.Body = &body{ReadCloser: r.Body, done: func() { rec.readUntil(time.Time{}) }}
		}

		defer func() { s.logRequest(r, rec, id, began) }()
		defer s.recover(rec, r, id)
		defer rec.allowWrite()
		if r.Method == http.MethodTrace {
			h.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
			s.refuse(rec, r, http.StatusMethodNotAllowed, "method_not_allowed", "TRACE is not answered here")
			return
		}
		next.ServeHTTP(rec, r)
	})
}

// requestID takes the client's id when it looks like one, so that its own log and ours meet;
// else it makes one.
func (s *Server) requestID(r *http.Request) string {
	if given := r.Header["Request-Id"]; len(given) == 1 && saneID(given[0]) {
		return given[0]
	}
	var b [10]byte
	if _, err := io.ReadFull(s.opts.Random, b[:]); err != nil {
		return "req_unnumbered"
	}
	return "req_" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func saneID(id string) bool {
	if len(id) < 8 || len(id) > maxRequestID {
		return false
	}
	letters := 0
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			letters++
		case '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	// A number alone is too much like a card's.
	return letters > 0
}

// recover answers for a handler that panicked. Only the type of the value and the functions are
// logged: the value may be made of what the client sent.
func (s *Server) recover(rec *recorder, r *http.Request, id string) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		rec.aborted = true
		panic(p)
	}
	s.opts.Log.LogAttrs(context.Background(), slog.LevelError, "a handler panicked",
		slog.String("request", id), slog.String("type", fmt.Sprintf("%T", p)), slog.Any("at", frames()))
	if rec.status != 0 {
		// Half an answer has left: cutting the connection is how the client learns of it.
		rec.aborted = true
		panic(http.ErrAbortHandler)
	}
	s.refuse(rec, r, http.StatusInternalServerError, "internal_error", "Kassa failed to answer; the request id finds it in the log")
}

// refuse answers with an error of the front, in the words of the path's dialect if it has any.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if s.opts.Refuse == nil || !s.opts.Refuse(w, r, status, message) {
		Refuse(w, status, code, message)
	}
}

// frames names the functions on the stack that led to a panic.
func frames() []string {
	pc := make([]uintptr, maxFrames)
	all := runtime.CallersFrames(pc[:runtime.Callers(4, pc)])
	var list []string
	for {
		f, more := all.Next()
		list = append(list, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return list
		}
	}
}

func (s *Server) logRequest(r *http.Request, rec *recorder, id string, began time.Time) {
	if s.opts.Observe != nil {
		s.opts.Observe(r.URL.EscapedPath(), rec.final(), s.opts.Now().Sub(began), rec.hijacked || isStream(rec.Header().Get("Content-Type")))
	}
	level := slog.LevelInfo
	if rec.status >= 500 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("method", loggedMethod(r.Method)),
		slog.String("path", loggedPath(r.URL.EscapedPath())),
		slog.Int("status", rec.final()),
		slog.Float64("ms", float64(s.opts.Now().Sub(began).Microseconds())/1000),
		slog.Int64("bytes", rec.bytes),
		slog.String("request", id),
	}
	if rec.aborted {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	s.opts.Log.LogAttrs(context.Background(), level, "request", attrs...)
}

func loggedMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return m
	}
	return "other"
}

// loggedPath is the path as it may be logged. A query string that somebody escaped by mistake is
// part of the path, so that what follows a key's name is cut there too; and a number that could be
// a card's shows its last four digits only. Names that are keys themselves, such as those under which an operator reports
// on a command, are left out.
func loggedPath(escaped string) string {
	escaped = maskCards(escaped)
	for _, before := range []string{"/commands/START_SESSION/", "/commands/STOP_SESSION/", "/r/"} {
		i := strings.Index(escaped, before)
		if i < 0 || before == "/r/" && (i > 0 || strings.HasPrefix(escaped, "/r/static/")) {
			continue
		}
		secret, rest, _ := strings.Cut(escaped[i+len(before):], "/")
		if len(secret) > 0 {
			escaped = strings.TrimSuffix(escaped[:i+len(before)]+"…/"+rest, "/")
		}
	}
	lower := strings.ToLower(escaped)
	for _, name := range []string{"api_key", "apikey", "token=", "token%3d", "%3f"} {
		if i := strings.Index(lower, name); i >= 0 {
			escaped, lower = escaped[:i]+"…", lower[:i]
		}
	}
	if len(lower) > maxLoggedPath {
		return escaped[:maxLoggedPath] + "…"
	}
	return escaped
}

// maskCards masks the runs of 13 to 19 digits that have a card number's check digit.
func maskCards(text string) string {
	masked := []byte(text)
	for i := 0; i < len(text); i++ {
		end := i
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		if n := end - i; n >= 13 && n <= 19 && luhn(text[i:end]) {
			for j := i; j < end-4; j++ {
				masked[j] = '*'
			}
		}
		i = max(i, end)
	}
	return string(masked)
}

// luhn tells whether the last digit is the check digit of ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
