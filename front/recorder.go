package front

import (
	"bufio"
	"io"
	"mime"
	"net"
	"net/http"
	"time"
)

// recorder notes what a handler answers, and gives each write its deadline. How a deadline fails
// (a writer that has none, as in tests) changes nothing: then there is no limit to set.
type recorder struct {
	inner   http.ResponseWriter
	control *http.ResponseController
	// streams is called once, when the answer turns out to be an event stream.
	streams func()

	status   int
	bytes    int64
	hijacked bool
	aborted  bool
}

// Unwrap lets http.ResponseController reach the writer inside.
func (r *recorder) Unwrap() http.ResponseWriter { return r.inner }

// Header is the header of the answer.
func (r *recorder) Header() http.Header { return r.inner.Header() }

// WriteHeader notes the status; an informational one (1xx) is not the answer yet.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
		if isStream(r.Header().Get("Content-Type")) {
			r.streams()
		}
	}
	r.allowWrite()
	r.inner.WriteHeader(status)
}

// Write counts the bytes of the answer.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.allowWrite()
	n, err := r.inner.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Flush sends what is buffered. Its error is lost: use FlushError through a ResponseController.
func (r *recorder) Flush() { _ = r.FlushError() }

// FlushError sends what is buffered.
func (r *recorder) FlushError() error {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.allowWrite()
	return r.control.Flush()
}

// Hijack hands the connection over, for a WebSocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := r.control.Hijack()
	if err == nil {
		r.hijacked = true
		r.status = http.StatusSwitchingProtocols
	}
	return c, rw, err
}

// allowWrite gives the client a while from now on to read. The deadline is the operating system's
// to keep, so it is counted by the system's clock and not by Options.Now.
func (r *recorder) allowWrite() {
	if !r.hijacked {
		_ = r.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
}

func (r *recorder) readUntil(t time.Time) {
	if !r.hijacked {
		_ = r.control.SetReadDeadline(t)
	}
}

// final is the status that the client got: a handler that wrote nothing answered 200.
func (r *recorder) final() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

func isStream(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "text/event-stream" || kind == "application/x-ndjson")
}

// body lifts the read deadline when the client has sent all of it, so that a handler which takes
// its time afterwards is not taken for a client that went away.
type body struct {
	io.ReadCloser
	done func()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && b.done != nil {
		b.done()
		b.done = nil
	}
	return n, err
}
