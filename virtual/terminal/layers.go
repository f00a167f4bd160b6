package terminal

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa/poilink"
)

// testTime is how long the look at the way to the cloud may take: the cloud waits 2 s for the answer.
const testTime = 1700 * time.Millisecond

// stepError is a step of the way to the cloud that a fault breaks.
type stepError struct {
	step string
	why  string
}

func (e *stepError) Error() string { return e.step + ": " + e.why }

// stops is the error of the first of the steps that a fault breaks.
func stops(broken []Fault, steps ...string) error {
	for _, step := range steps {
		for _, f := range broken {
			if layerOf(f) == step {
				return &stepError{step, fmt.Sprintf("no answer (fault %s)", f)}
			}
		}
	}
	return nil
}

// stepOf is the step at which a connection failed; empty when it is not known.
func stepOf(err error) string {
	if e, ok := errors.AsType[*stepError](err); ok {
		return e.step
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "resolve"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return "connect"
	}
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted || record || alert {
		return "tls"
	}
	return ""
}

// test looks at the way to the cloud and tells the machine.
func (u *unit) test(ctx context.Context, t Test) {
	u.wg.Go(func() {
		limited, cancel := context.WithTimeout(ctx, testTime)
		checks := lookAt(limited, u.url, u.tls, t.Broken)
		cancel()
		u.post(ctx, event{in: Tested{ID: t.ID, Checks: checks}})
	})
}

// way is one look at the way to the cloud, over a connection of its own.
type way struct {
	broken []Fault
	checks []poilink.Check
	failed bool

	host, port, path string
	secure           *tls.Config
	address          string
	conn             net.Conn
}

// lookAt goes the way step by step; what lies behind the first step that fails is skipped.
func lookAt(ctx context.Context, to string, conf *tls.Config, broken []Fault) []poilink.Check {
	w := &way{broken: broken}
	parsed, err := url.Parse(to)
	if err != nil {
		return []poilink.Check{{Name: "resolve", Result: poilink.CheckFail, Detail: "the server's address is no URL"}}
	}
	w.host, w.port, w.path = parsed.Hostname(), parsed.Port(), parsed.RequestURI()
	if parsed.Scheme == "wss" || parsed.Scheme == "https" {
		w.secure = &tls.Config{}
		if conf != nil {
			w.secure = conf.Clone()
		}
		w.secure.ServerName = w.host
	}
	if w.port == "" {
		w.port = map[bool]string{true: "443", false: "80"}[w.secure != nil]
	}
	w.step(ctx, "resolve", w.resolve)
	w.step(ctx, "connect", w.connect)
	if w.secure == nil && !w.failed && stops(broken, "tls") == nil {
		w.checks = append(w.checks, poilink.Check{Name: "tls", Result: poilink.CheckSkipped, Detail: "plain HTTP"})
	} else {
		w.step(ctx, "tls", w.encrypt)
	}
	w.step(ctx, "write", w.write)
	w.step(ctx, "read", w.read)
	if w.conn != nil {
		_ = w.conn.Close() // it has told all
	}
	return w.checks
}

func (w *way) step(ctx context.Context, name string, do func(context.Context) (string, error)) {
	c := poilink.Check{Name: name, Result: poilink.CheckSkipped}
	if !w.failed {
		began := time.Now()
		var err error
		if err = stops(w.broken, name); err == nil {
			c.Detail, err = do(ctx)
		}
		c.TookMS, c.Result = time.Since(began).Milliseconds(), poilink.CheckPass
		if err != nil {
			c.Result, c.Detail, w.failed = poilink.CheckFail, short(err), true
		}
	}
	w.checks = append(w.checks, c)
}

// short says in a few words what went wrong.
func short(err error) string {
	if e, ok := errors.AsType[*stepError](err); ok {
		return e.why
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "no answer"
	}
	return clip(err.Error(), maxLabel)
}

func (w *way) resolve(ctx context.Context) (string, error) {
	list, err := net.DefaultResolver.LookupHost(ctx, w.host)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(list, func(a, b string) int { return strings.Count(a, ":") - strings.Count(b, ":") }) // IPv4 first
	w.address = list[0]
	if w.host == list[0] {
		return w.host, nil
	}
	return w.host + " is " + list[0], nil
}

func (w *way) connect(ctx context.Context) (string, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(w.address, w.port))
	if err != nil {
		return "", err
	}
	w.conn = conn
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return "", err
		}
	}
	return "port " + w.port, nil
}

func (w *way) encrypt(ctx context.Context) (string, error) {
	c := tls.Client(w.conn, w.secure)
	if err := c.HandshakeContext(ctx); err != nil {
		return "", err
	}
	w.conn = c
	return tls.VersionName(c.ConnectionState().Version), nil
}

// write asks for the path of the link without asking for a WebSocket: an answer is all that is wanted, and no
// second link.
func (w *way) write(context.Context) (string, error) {
	_, err := fmt.Fprintf(w.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n", w.path, net.JoinHostPort(w.host, w.port), Software)
	return "", err
}

func (w *way) read(context.Context) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(w.conn, 4<<10)).ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "HTTP/1.") {
		return "", errors.New("the answer is not HTTP")
	}
	return strings.TrimSpace(clip(line, 60)), nil
}

// postTest looks at the way to the cloud and answers with what it came to.
func postTest(w http.ResponseWriter, r *http.Request, u *unit) {
	if !u.state().Powered {
		fail(w, http.StatusConflict, "refused", "the terminal is off")
		return
	}
	var t Tests
	var err error
	u.follow(r.Context(), TestAsked{}, func(n Note, _ heard) bool {
		if n.Tests == nil {
			return false
		}
		t = *n.Tests
		return true
	}, &err)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
		return
	}
	reply(w, http.StatusOK, t)
}
