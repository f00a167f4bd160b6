package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const (
	// callTimeout is for answers that come at once; a card stream has streamTimeout.
	callTimeout   = 15 * time.Second
	streamTimeout = 10 * time.Minute
	maxAnswer     = 4 << 20
	maxLine       = 64 << 10
)

// client speaks to one installation.
type client struct {
	at   Installation
	http *http.Client
}

func newClient() (*client, error) {
	at, err := findInstallation()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	if at.CA != "" {
		pool := x509.NewCertPool()
		if text, err := os.ReadFile(at.CA); err != nil || !pool.AppendCertsFromPEM(text) {
			return nil, Failure{Failed, "the certificate file of KASSA_CA cannot be read", "kassa dev writes it as ca.pem in its data folder"}
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &client{at: at, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// send makes a request; the answer is 2xx, or an error that says what to do.
func (c *client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	r, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if c.at.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.at.Token)
	}
	return c.do(r)
}

func (c *client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.at.URL+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

func (c *client) do(r *http.Request) (*http.Response, error) {
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if answer.StatusCode/100 != 2 {
		defer answer.Body.Close()
		return nil, c.refused(answer)
	}
	return answer, nil
}

func (c *client) unreachable(err error) error {
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return Failure{Failed, fmt.Sprintf("the certificate of %s is not trusted (%v)", c.at.URL, bad.Err), "set KASSA_CA to its ca.pem"}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Failure{Failed, "stopped before the answer came", ""}
	case errors.Is(err, context.DeadlineExceeded):
		return Failure{Failed, "Kassa at " + c.at.URL + " did not answer in time", "try again"}
	}
	return Failure{Failed, "no Kassa answers at " + c.at.URL, "start one with kassa dev, or set KASSA_URL and KASSA_TOKEN"}
}

// refused turns an error answer into words. The parts of an installation write errors in their own
// ways (front, native, the simulated parties), and a sentence in any of them will do.
func (c *client) refused(answer *http.Response) error {
	var text struct {
		Message, Detail, Error, Fix, Code string
		Info                              string `json:"error_info"`
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxLine))
	if err != nil || json.Unmarshal(raw, &text) != nil {
		text.Message = ""
	}
	what := answer.Status
	for _, t := range []string{text.Error, text.Detail, text.Info, text.Message} {
		if t != "" {
			what = t
		}
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		return Failure{Failed, what, "set KASSA_TOKEN to the token of this installation"}
	case http.StatusNotFound:
		return Failure{NotFound, what, cmp.Or(text.Fix, "kassa terminals lists what there is")}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		if text.Code == "invalid_input" { // its fix is about the answer's form, for programs
			return Failure{Usage, what, ""}
		}
		return Failure{Usage, what, text.Fix}
	}
	return Failure{Failed, what, text.Fix}
}

// get reads a whole JSON answer.
func (c *client) get(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodGet, path, nil, into)
}

func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.callWithin(ctx, method, path, body, into)
}

// callWithin takes as long as ctx lets it.
func (c *client) callWithin(ctx context.Context, method, path string, body, into any) error {
	answer, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return c.unreachable(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return Failure{Failed, "the answer of " + c.at.URL + " is not what Kassa writes", "check KASSA_URL"}
	}
	return nil
}

// lines reads an NDJSON answer as it comes. It ends at the first error of each, or of the stream.
func (c *client) lines(ctx context.Context, method, path string, body any, each func([]byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	answer, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	scan := bufio.NewScanner(answer.Body)
	scan.Buffer(nil, maxLine)
	for scan.Scan() {
		line := bytes.TrimSpace(scan.Bytes())
		if len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return Failure{Failed, "the answer of " + c.at.URL + " is not what Kassa writes", "check KASSA_URL"}
		}
		if err := each(line); err != nil {
			return err
		}
	}
	if err := scan.Err(); err != nil {
		if ctx.Err() != nil {
			return c.unreachable(ctx.Err())
		}
		return Failure{Failed, "the connection to " + c.at.URL + " was lost", "look with kassa terminals whether it still runs"}
	}
	return nil
}
