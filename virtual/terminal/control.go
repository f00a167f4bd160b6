package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"kassa/card"
	"kassa/virtual/deck"
)

// The limits of the control API.
const (
	maxBody    = 4 << 10
	maxDrawing = 32 << 10 // a signature
	sseSilence = 15 * time.Second
)

// Handler serves the pages and the control API under prefix ("" or "/sim/terminals"). Every link in
// the pages is relative, so a reverse proxy may show it elsewhere.
func (s *Shelf) Handler(prefix string) http.Handler {
	prefix = strings.TrimSuffix(prefix, "/")
	mux := http.NewServeMux()
	one := func(pattern string, h func(http.ResponseWriter, *http.Request, *unit)) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+prefix+path, func(w http.ResponseWriter, r *http.Request) {
			u, ok := s.find(r.PathValue("id"))
			if !ok {
				fail(w, http.StatusNotFound, "unknown_terminal", fmt.Sprintf("no terminal %q here; there are %s", r.PathValue("id"), s.names()))
				return
			}
			h(w, r, u)
		})
	}
	mux.HandleFunc("GET "+prefix+"/{$}", s.listPage)
	mux.HandleFunc("GET "+prefix+"/models", getModels)
	mux.HandleFunc("POST "+prefix+"/{$}", s.postTerminal)
	for _, file := range staticNames() { // each by name: a pattern would meet /{id}/state
		mux.Handle("GET "+prefix+"/static/"+file, http.StripPrefix(prefix, staticFiles()))
	}
	mux.HandleFunc("GET "+prefix+"/deck", getDeck)
	one("GET /{id}", s.devicePage)
	one("GET /{id}/view", s.viewPart)
	one("GET /{id}/state", getState)
	one("GET /{id}/events", s.events)
	one("GET /{id}/receipts", getReceipts)
	one("POST /{id}/card", s.postCard)
	one("POST /{id}/keys", postKeys)
	one("POST /{id}/activate", postActivate)
	one("POST /{id}/fault", postFault)
	one("DELETE /{id}/fault", deleteFault)
	one("POST /{id}/clone", s.postClone)
	one("DELETE /{id}", s.deleteTerminal)
	one("POST /{id}/do", s.postDo)
	counterRoutes(one)
	return http.NewCrossOriginProtection().Handler(safe(mux))
}

// safe sets the headers that every answer has.
func safe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if !strings.Contains(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Shelf) names() string {
	var list []string
	for i, u := range s.all() {
		if i == 20 {
			list = append(list, "…")
			break
		}
		list = append(list, u.entry.POIID)
	}
	return strings.Join(list, ", ")
}

// problem is the body of an error.
type problem struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, problem{code, message})
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
	return decodeMost(w, r, to, maxBody)
}

func decodeMost(w http.ResponseWriter, r *http.Request, to any, most int64) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
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
	if _, err := dec.Token(); err != io.EOF {
		fail(w, http.StatusBadRequest, "bad_request", "there is something after the JSON object")
		return false
	}
	return true
}

func getState(w http.ResponseWriter, _ *http.Request, u *unit) { reply(w, http.StatusOK, u.state()) }

func getReceipts(w http.ResponseWriter, _ *http.Request, u *unit) {
	receipts := u.state().Receipts
	if receipts == nil {
		receipts = []Receipt{}
	}
	reply(w, http.StatusOK, map[string]any{"receipts": receipts})
}

// acted answers a person's input with the state that it led to.
func acted(w http.ResponseWriter, r *http.Request, u *unit, in Input) {
	if err := u.act(r.Context(), in); err != nil {
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
		return
	}
	reply(w, http.StatusOK, u.state())
}

func postKeys(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Key Key `json:"key"`
	}
	if !decode(w, r, &body) {
		return
	}
	if !body.Key.Valid() {
		fail(w, http.StatusBadRequest, "bad_key", `key must be "0" to "9", "ok", "corr" or "stop", or "A" to "Z" for an activation code`)
		return
	}
	acted(w, r, u, KeyPressed{body.Key})
}

func postActivate(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Code string `json:"code"`
	}
	if !decode(w, r, &body) {
		return
	}
	code := strings.TrimSpace(body.Code)
	if code == "" || len(code) > maxCode {
		fail(w, http.StatusBadRequest, "bad_code", fmt.Sprintf("code must be 1 to %d characters", maxCode))
		return
	}
	acted(w, r, u, ActivateWith{code})
}

func postFault(w http.ResponseWriter, r *http.Request, u *unit) {
	var body struct {
		Name Fault  `json:"name"`
		Code string `json:"code"` // the sensor of a tamper
	}
	if !decode(w, r, &body) {
		return
	}
	if !body.Name.Known() {
		fail(w, http.StatusBadRequest, "unknown_fault", fmt.Sprintf("no fault %q; there are %s", body.Name, faultNames()))
		return
	}
	if _, ok := sensorOf(body.Code); !ok || body.Code != "" && body.Name != FaultTamper {
		fail(w, http.StatusBadRequest, "unknown_sensor", fmt.Sprintf("no sensor %q of a tamper; there are %v", body.Code, Sensors()))
		return
	}
	acted(w, r, u, FaultSet{Fault: body.Name, Code: body.Code})
}

// deleteFault mends one fault (?name=) or all.
func deleteFault(w http.ResponseWriter, r *http.Request, u *unit) {
	name := Fault(r.URL.Query().Get("name"))
	if name != "" && !name.Known() {
		fail(w, http.StatusBadRequest, "unknown_fault", fmt.Sprintf("no fault %q; there are %s", name, faultNames()))
		return
	}
	for _, f := range u.state().Faults {
		if name != "" && f != name {
			continue
		}
		if err := u.act(r.Context(), FaultClear{f}); err != nil {
			fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
			return
		}
	}
	reply(w, http.StatusOK, u.state())
}

func faultNames() string {
	var list []string
	for _, f := range Faults() {
		list = append(list, string(f.Name))
	}
	return strings.Join(list, ", ")
}

// cardBody is what POST card takes.
type cardBody struct {
	Present Entry   `json:"present"`
	Card    string  `json:"card"`
	PIN     *string `json:"pin"`
	Choose  string  `json:"choose"`
	Wait    *bool   `json:"wait"`
	Follow  bool    `json:"follow"`
}

func (b cardBody) play() (Play, error) {
	p := Play{Entry: b.Present, PIN: defaultPIN, Choose: b.Choose, Follow: b.Follow}
	switch b.Present {
	case "":
		p.Entry = Tap
	case Tap, Insert, Swipe:
	default:
		return p, errors.New(`present must be "tap", "insert" or "swipe"`)
	}
	if b.PIN != nil {
		p.PIN = *b.PIN
	}
	for pin := range strings.SplitSeq(p.PIN, ",") {
		if _, err := card.ParsePIN(pin); err != nil && p.PIN != "" {
			return p, errors.New("pin must be 4 to 12 digits, or several of them with commas between")
		}
	}
	name := b.Card
	if name == "" {
		name = "visa"
	}
	c, err := deck.Parse(name)
	p.Card = c
	return p, err
}

// postCard presents a card and streams what the screen shows, a line each, the result last.
func (s *Shelf) postCard(w http.ResponseWriter, r *http.Request, u *unit) {
	var body cardBody
	if !decode(w, r, &body) {
		return
	}
	p, err := body.play()
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_card", strings.TrimPrefix(err.Error(), "deck: "))
		return
	}
	if body.Wait != nil && !*body.Wait {
		presentOnce(w, r, u, p)
		return
	}
	if !u.playing.TryLock() {
		fail(w, http.StatusConflict, "card_in_use", "somebody is presenting a card to this terminal")
		return
	}
	defer u.playing.Unlock()
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	enc, flush := json.NewEncoder(w), http.NewResponseController(w)
	_ = flush.SetWriteDeadline(time.Time{}) // a customer takes longer than a server's usual patience
	write := func(l Line) {
		_ = enc.Encode(l) // a reader that is gone ends the request's context
		_ = flush.Flush()
	}
	last, err := u.play(r.Context(), p, write)
	if err != nil && last.Result == "" {
		last = Line{Result: ResultUnknown, Text: err.Error()}
	}
	write(last)
}

// presentOnce is a card held to the reader by somebody who looks at the screen.
func presentOnce(w http.ResponseWriter, r *http.Request, u *unit, p Play) {
	if now := u.state().Screen; !wants(now, p.Entry) {
		line := screenLine(now)
		line.Result = resultNoCardScreen
		reply(w, http.StatusConflict, line)
		return
	}
	if err := u.put(r.Context(), p.Entry, p.Card); err != nil {
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
		return
	}
	reply(w, http.StatusOK, u.state())
}

// events streams screens, receipts, results and the state (server-sent events).
func (s *Shelf) events(w http.ResponseWriter, r *http.Request, u *unit) {
	notes, leave := u.feed.listen()
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	flush := http.NewResponseController(w)
	_ = flush.SetWriteDeadline(time.Time{}) // a stream has no end of its own
	write := func(name string, body any) bool {
		raw, err := json.Marshal(body)
		if err != nil {
			return false
		}
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, raw); err != nil {
			return false
		}
		return flush.Flush() == nil
	}
	ok := write("state", u.state())
	beat := time.NewTicker(sseSilence)
	defer beat.Stop()
	for ok {
		select {
		case <-r.Context().Done():
			return
		case <-u.stopped:
			return
		case <-beat.C:
			_, err := io.WriteString(w, ": still here\n\n")
			ok = err == nil && flush.Flush() == nil
		case n, open := <-notes:
			ok = open && writeNote(write, n, u)
		}
	}
}

func writeNote(write func(string, any) bool, n Note, u *unit) bool {
	switch {
	case n.Screen != nil:
		return write("screen", n.Screen)
	case n.Receipt != nil:
		return write("receipt", n.Receipt)
	case n.Told != nil:
		return write("told", n.Told)
	case n.Ordered != nil:
		return write("ordered", n.Ordered)
	case n.Finished != nil:
		return write("finished", n.Finished)
	}
	return write("state", u.state())
}
