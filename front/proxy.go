package front

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// Proxy passes requests on to a peer on this machine, as they come and without holding the answer
// back, so that event streams and NDJSON arrive line by line. Where the peer is, is asked for each
// request: it may have been started again, on another port.
//
// The peer is another party, so Kassa's credentials stay here: Authorization, cookies and Origin
// are not passed on. Put [SimGuard] in front of it.
type Proxy struct {
	target    func() (*url.URL, error)
	transport *http.Transport
	log       *slog.Logger
}

// NewProxy makes a proxy; target tells where the peer is now, or why it is not there.
func NewProxy(target func() (*url.URL, error), log *slog.Logger) *Proxy {
	return &Proxy{
		target: target,
		log:    log,
		transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true,
			ForceAttemptHTTP2:      false,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}
}

// Close lets go of idle connections to peers.
func (p *Proxy) Close() { p.transport.CloseIdleConnections() }

// ServeHTTP passes one request on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to, err := p.target()
	if err != nil || to == nil {
		p.absent(w, r, err)
		return
	}
	proxy := httputil.ReverseProxy{
		Transport:     p.transport,
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(to)
			pr.SetXForwarded()
			for _, name := range []string{"Authorization", "Cookie", "Origin"} {
				pr.Out.Header.Del(name)
			}
		},
		ModifyResponse: func(answer *http.Response) error {
			// What the peer says about caching replaces what we said, instead of following it.
			for name := range answer.Header {
				if name == "Request-Id" {
					answer.Header.Del(name)
				} else {
					w.Header().Del(name)
				}
			}
			return nil
		},
		ErrorHandler: p.absent,
	}
	// Without it the server closes the request's body with the first byte of the answer. A peer that
	// answers at once would then be cut off in the middle: its request counts as not written to the end.
	if err := http.NewResponseController(w).EnableFullDuplex(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		p.absent(w, r, err)
		return
	}
	proxy.ServeHTTP(w, r)
}

func (p *Proxy) absent(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		// Nobody reads this, but the access log has a status then that tells it from a success.
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		p.log.LogAttrs(r.Context(), slog.LevelWarn, "a simulated party does not answer", slog.String("why", reach(err)))
	}
	Refuse(w, http.StatusServiceUnavailable, "peer_unavailable",
		"the simulated party is not running; kassa dev starts it, or kassa sim terminal and kassa sim acquirer by themselves")
}

// reach is the error without the request's URL, whose query is not for the log.
func reach(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}
