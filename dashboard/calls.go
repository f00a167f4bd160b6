package dashboard

import (
	"bufio"
	"context"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Calls keeps the newest calls of the API in memory, masked.
type Calls struct {
	now func() time.Time
	key func(key string) (Key, bool)

	mu    sync.Mutex
	kept  []*Call // oldest first
	bytes int
	last  uint64
	watch map[chan struct{}]bool
}

// NewCalls makes a keeper of calls; key tells what may be shown of a key, and false for nobody's.
func NewCalls(now func() time.Time, key func(key string) (Key, bool)) *Calls {
	return &Calls{now: now, key: key, watch: make(map[chan struct{}]bool)}
}

// Call is one call of the API as it may be kept.
type Call struct {
	Number  uint64
	At      time.Time
	Method  string
	Path    string // escaped
	Query   []Field
	Status  int
	Took    time.Duration
	Open    bool // an event stream that has not ended
	Broken  bool // the handler did not come to its end
	Request string
	Ref     string // the order that its body names, masked
	Key     Key
	// KeyAt is where the key was; KeyKnown tells that it is somebody's.
	KeyAt    KeyAt
	KeyKnown bool

	RequestHeader, ResponseHeader []Field
	Sent, Got                     Body
}

// KeyAt is where in a request a key was: in the query or in a header, by its name, and after a scheme
// such as Bearer or not. The zero one is nowhere.
type KeyAt struct {
	Query        bool
	Name, Scheme string
}

// Field is a name with a value.
type Field struct{ Name, Value string }

// Body is what is kept of a body.
type Body struct {
	Text string
	Size int64 // of the whole; -1 when it was not read
	Cut  bool
	Note string // why there is no text
}

// Wrap records the calls that pass to next. What it does to the answer is nothing: flushes, streams and
// connections that are taken over pass through.
func (c *Calls) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := c.now()
		sent := &tee{ReadCloser: r.Body}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = sent
		}
		t := &tap{ResponseWriter: w, control: http.NewResponseController(w)}
		done := false
		var number uint64
		t.streams = func() { number = c.keep(c.call(r, t, sent, began, true)) }
		defer func() {
			call := c.call(r, t, sent, began, false)
			call.Broken = !done
			if number == 0 {
				c.keep(call)
				return
			}
			c.end(number, call)
		}()
		next.ServeHTTP(t, r)
		done = true
	})
}

// call makes what is kept of a call. The request is read again here: its handler has not changed it.
func (c *Calls) call(r *http.Request, t *tap, sent *tee, began time.Time, open bool) Call {
	shown, at := credentials(r)
	m := masker{}
	for _, k := range shown {
		if len(k) >= 6 {
			m.shown = append(m.shown, k)
		}
	}
	call := Call{
		At: began, Method: clip(m.text(r.Method)), Path: maskPath(m, r.URL.EscapedPath()), Query: maskQuery(m, r.URL.RawQuery),
		Status: t.final(), Took: c.now().Sub(began), Open: open, Request: m.text(r.Header.Get("Request-Id")),
		KeyAt: at, Sent: sent.body(m, r), Got: t.got(m),
		RequestHeader: maskHeader(m, r.Header), ResponseHeader: maskHeader(m, t.Header()),
	}
	call.Ref = reference(call.Sent.Text)
	if len(shown) > 0 {
		call.Key, call.KeyKnown = c.key(strings.TrimSpace(shown[0]))
	}
	return call
}

// reference is that of the order which a body names: its order_id, or the ids in the header of a nexo
// message, of which its order's reference is made.
func reference(text string) string {
	if id := named(text, "order_id"); id != "" {
		return id
	}
	sale, service, poi := named(text, "SaleID"), named(text, "ServiceID"), named(text, "POIID")
	if service == "" {
		return ""
	}
	return sale + "/" + service + "/" + poi
}

// named finds the string that a JSON text has under a name first.
func named(text, name string) string {
	_, rest, ok := strings.Cut(text, `"`+name+`"`)
	if rest = strings.TrimLeft(rest, ": \t\r\n"); !ok || !strings.HasPrefix(rest, `"`) {
		return ""
	}
	_, value := literal(rest, 0)
	return value
}

// credentials are all that was shown as a key or a token, and where the first one was.
func credentials(r *http.Request) (shown []string, at KeyAt) {
	add := func(value string, place KeyAt) {
		if value = strings.TrimSpace(value); value != "" {
			if len(shown) == 0 {
				at = place
			}
			shown = append(shown, value)
		}
	}
	query, _ := url.ParseQuery(r.URL.RawQuery)
	for name, values := range query {
		for _, v := range values {
			if sensitive(name) {
				add(v, KeyAt{Query: true, Name: maskTokens(name)})
			}
		}
	}
	for name, values := range r.Header {
		for _, v := range values {
			if scheme, token, ok := strings.Cut(v, " "); ok && name == "Authorization" {
				add(token, KeyAt{Name: name, Scheme: maskTokens(clip(scheme))})
			} else if sensitive(name) {
				add(v, KeyAt{Name: maskTokens(name)})
			}
		}
	}
	return shown, at
}

func maskPath(m masker, escaped string) string {
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		clear, err := url.PathUnescape(s)
		if err != nil {
			clear = s
		}
		if masked := m.text(clear); masked != clear {
			segments[i] = strings.ReplaceAll(url.PathEscape(masked), "%2A", "*")
		}
	}
	joined := strings.Join(segments, "/")
	if masked := m.text(joined); strings.Contains(masked, "*") && !strings.Contains(joined, "*") {
		joined = masked // a number across segments
	}
	return clip(joined)
}

func maskQuery(m masker, raw string) (fields []Field) {
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if clear, err := url.QueryUnescape(name); err == nil {
			name = clear
		}
		if clear, err := url.QueryUnescape(value); err == nil {
			value = clear
		}
		f := Field{clip(m.text(name)), clip(m.text(value))}
		if sensitive(name) && value != "" {
			f.Value = hidden
		}
		if fields = append(fields, f); len(fields) == 50 {
			break
		}
	}
	return fields
}

// shownHeaders are the fields whose value is of use to somebody who looks for a fault. Of all others
// nothing is kept: what a proxy or a client puts there is not known.
var shownHeaders = []string{
	"Accept", "Content-Length", "Content-Type", "Idempotency-Key", "Last-Event-Id", "Retry-After", "Request-Id", "User-Agent", "Allow",
}

func maskHeader(m masker, h http.Header) (fields []Field) {
	for _, name := range shownHeaders {
		for _, v := range h.Values(name) {
			fields = append(fields, Field{name, clip(m.text(v))})
		}
	}
	return fields
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// keep takes a call in, and lets go of the oldest ones beyond the limits.
func (c *Calls) keep(call Call) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	call.Number = c.last
	c.kept = append(c.kept, &call)
	c.bytes += call.weight()
	drop := 0
	for n := len(c.kept); drop < n-1 && (n-drop > maxCalls || c.bytes > maxCallBytes); drop++ {
		c.bytes -= c.kept[drop].weight()
	}
	c.kept = slices.Delete(c.kept, 0, drop)
	c.nudge()
	return call.Number
}

// end completes a call that was kept while it was open.
func (c *Calls) end(number uint64, call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.kept {
		if k.Number == number {
			call.Number = number
			c.bytes += call.weight() - k.weight()
			*k = call
			c.nudge()
		}
	}
}

func (c *Calls) nudge() {
	for w := range c.watch {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Watch nudges when a call was kept, until ctx ends.
func (c *Calls) Watch(ctx context.Context) <-chan struct{} {
	w := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch[w] = true
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watch, w)
	})
	return w
}

// Newest lists calls that fit, newest first, those before a number (0: from the newest).
func (c *Calls) Newest(before uint64, limit int, fits func(Call) bool) (list []Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range slices.Backward(c.kept) {
		if len(list) == limit {
			break
		}
		if (before == 0 || call.Number < before) && fits(*call) {
			list = append(list, *call)
		}
	}
	return list
}

// Find finds a call by its number.
func (c *Calls) Find(number uint64) (Call, bool) {
	list := c.Newest(number+1, 1, func(call Call) bool { return call.Number == number })
	if len(list) == 0 {
		return Call{}, false
	}
	return list[0], true
}

func (c Call) weight() int {
	n := 400 + len(c.Path) + len(c.Sent.Text) + len(c.Got.Text)
	for _, fields := range [][]Field{c.Query, c.RequestHeader, c.ResponseHeader} {
		for _, f := range fields {
			n += 32 + len(f.Name) + len(f.Value)
		}
	}
	return n
}

// tee keeps the beginning of what a handler reads.
type tee struct {
	io.ReadCloser
	mu   sync.Mutex
	kept []byte
	size int64
	read bool
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read = true
	t.size += int64(n)
	t.kept = append(t.kept, p[:min(n, maxBody+bodySlack-len(t.kept))]...)
	return n, err
}

func (t *tee) body(m masker, r *http.Request) Body {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.read && r.ContentLength != 0 && t.ReadCloser != nil {
		return Body{Size: -1, Note: "not read: the call was refused before"}
	}
	return keptBody(m, t.kept, t.size)
}

// keptBody masks a body and cuts it. The end of one that was cut is not shown: what begins there may
// be a secret whose rest was not seen.
func keptBody(m masker, kept []byte, size int64) Body {
	b := Body{Size: size}
	if len(kept) == 0 {
		return b
	}
	if !isText(kept) {
		b.Note = "not text"
		return b
	}
	b.Text = m.body(kept)
	if size > int64(len(kept)) {
		b.Text = b.Text[:max(0, len(b.Text)-bodySlack)]
		b.Cut = true
	}
	if len(b.Text) > maxBody {
		b.Text, b.Cut = b.Text[:maxBody], true
	}
	b.Text = strings.ToValidUTF8(b.Text, "")
	return b
}

func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == 0 || r == utf8.RuneError && n == 1 && len(b) >= utf8.UTFMax {
			return false
		}
		b = b[n:]
	}
	return true
}

// tap keeps the beginning of what a handler answers.
type tap struct {
	http.ResponseWriter
	control *http.ResponseController
	// streams is called once, when the answer turns out to be an event stream.
	streams func()

	status   int
	kept     []byte
	size     int64
	stream   bool
	hijacked bool
}

// Unwrap lets http.ResponseController reach the writer inside.
func (t *tap) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// WriteHeader notes the status; an informational one (1xx) is not the answer yet.
func (t *tap) WriteHeader(status int) {
	first := t.status == 0 && status >= 200
	if first {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
	if kind, _, err := mime.ParseMediaType(t.Header().Get("Content-Type")); first && err == nil && kind == "text/event-stream" {
		t.stream = true
		t.streams()
	}
}

func (t *tap) Write(p []byte) (int, error) {
	if t.status == 0 {
		t.WriteHeader(http.StatusOK)
	}
	n, err := t.ResponseWriter.Write(p)
	t.size += int64(n)
	if !t.stream {
		t.kept = append(t.kept, p[:min(n, maxBody+bodySlack-len(t.kept))]...)
	}
	return n, err
}

// Flush sends what is buffered. Its error is lost: use FlushError through a ResponseController.
func (t *tap) Flush() { _ = t.FlushError() }

// FlushError sends what is buffered.
func (t *tap) FlushError() error {
	if t.status == 0 {
		t.WriteHeader(http.StatusOK)
	}
	return t.control.Flush()
}

// Hijack hands the connection over, for a WebSocket.
func (t *tap) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := t.control.Hijack()
	if err == nil {
		t.status, t.hijacked = http.StatusSwitchingProtocols, true
		t.stream = true
		t.streams()
	}
	return conn, rw, err
}

func (t *tap) final() int {
	if t.status == 0 {
		return http.StatusOK
	}
	return t.status
}

func (t *tap) got(m masker) Body {
	switch {
	case t.hijacked:
		return Body{Note: "a WebSocket: what passes is not kept"}
	case t.stream:
		return Body{Size: t.size, Note: "an event stream: what passes is not kept"}
	}
	return keptBody(m, t.kept, t.size)
}
