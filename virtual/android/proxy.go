package android

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kassa/msplink"
)

//go:embed pages static
var files embed.FS

// scriptPath is the one path of a site that the proxy keeps for itself.
const scriptPath = "/.kassa-terminal/page.js"

// proxy shows one site under a loopback origin of its own.
type proxy struct {
	origin  string // of the site
	target  *url.URL
	port    int
	nonce   string
	jar     *cookiejar.Jar
	parents func() []string // the origins of the pages that show the browser
	log     *slog.Logger
	server  *http.Server
	forward *httputil.ReverseProxy
}

// originOf is the site of an address that a browser may open.
func originOf(address *url.URL) string {
	return strings.ToLower(address.Scheme) + "://" + strings.ToLower(address.Host)
}

// serve starts the proxy on a free loopback port.
func (p *proxy) serve() error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	p.forward = &httputil.ReverseProxy{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: 8,
		},
		FlushInterval:  -1,
		ErrorLog:       slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		Rewrite:        p.rewrite,
		ModifyResponse: p.answer,
		ErrorHandler:   p.unreachable,
	}
	p.server = &http.Server{
		Handler: http.HandlerFunc(p.handle), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Warn("the terminal's browser cannot show a site any more", "site", p.origin, "error", err)
		}
	}()
	return nil
}

func (p *proxy) close() {
	_ = p.server.Close() // pages that are still loading are not worth waiting for
	p.forward.Transport.(*http.Transport).CloseIdleConnections()
}

// handle lets in what the browser's own pages ask for. Any other page in the same real browser could
// otherwise use the shop as the customer who is logged in there.
func (p *proxy) handle(w http.ResponseWriter, r *http.Request) {
	port := strconv.Itoa(p.port)
	own := "http://" + r.Host
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	switch {
	case r.Host != "127.0.0.1:"+port && r.Host != "localhost:"+port,
		site == "cross-site",
		origin != "" && origin != own && (origin != "null" || site != "same-origin"),
		!safe && site != "" && site != "same-origin" && site != "none":
		http.Error(w, "this is the browser of a virtual terminal, and answers its own pages only", http.StatusForbidden)
		return
	case r.URL.Path == scriptPath:
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "static/page.js")
		return
	}
	p.forward.ServeHTTP(w, r)
}

// rewrite makes a request of the page one that the site knows: from its own address, with the cookies
// that it set. The browser's own cookies are all of loopback, whoever set them, and stay here.
func (p *proxy) rewrite(pr *httputil.ProxyRequest) {
	own := "http://" + pr.In.Host
	pr.SetURL(p.target)
	h := pr.Out.Header
	h.Del("Accept-Encoding") // the transport asks for what it can unpack
	h.Del("Cookie")
	for _, c := range p.jar.Cookies(p.cookieURL(pr.Out.URL)) {
		pr.Out.AddCookie(c)
	}
	if h.Get("Origin") == own {
		h.Set("Origin", p.origin)
	}
	if path, ok := strings.CutPrefix(h.Get("Referer"), own); ok {
		h.Set("Referer", p.origin+path)
	} else {
		h.Del("Referer")
	}
	if h.Get("Sec-Fetch-Dest") == "iframe" {
		h.Set("Sec-Fetch-Dest", "document")
	}
	if h.Get("Sec-Fetch-Site") == "same-site" {
		h.Set("Sec-Fetch-Site", "none") // as if the address had been typed
	}
}

// cookieURL is where a cookie belongs. A browser trusts loopback with Secure cookies, a jar does not.
func (p *proxy) cookieURL(u *url.URL) *url.URL {
	c := *u
	c.Scheme, c.Host = p.target.Scheme, p.target.Host
	if ip := net.ParseIP(c.Hostname()); c.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		c.Scheme = "https"
	}
	return &c
}

// answer changes what a site answers into what the frame can show.
func (p *proxy) answer(a *http.Response) error {
	if cookies := a.Cookies(); len(cookies) > 0 {
		p.jar.SetCookies(p.cookieURL(a.Request.URL), cookies)
		a.Header.Del("Set-Cookie")
	}
	framed(a.Header, p.nonce)
	if to := a.Header.Get("Location"); to != "" && a.StatusCode/100 == 3 {
		return p.redirect(a, to)
	}
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil || kind != "text/html" || a.Request.Method == http.MethodHead || a.Body == nil || a.Body == http.NoBody {
		return nil
	}
	if a.Header.Get("Content-Encoding") != "" {
		return nil // an encoding that nobody asked for
	}
	a.Header.Del("Content-Length")
	a.ContentLength = -1
	a.Body, err = inject(a.Body, p.tag(""))
	return err
}

// redirect keeps a redirection within the site on the proxy; one to elsewhere, or to the payment app, is the browser's to follow.
func (p *proxy) redirect(a *http.Response, to string) error {
	u, err := a.Request.URL.Parse(to)
	if err != nil {
		return fmt.Errorf("the site redirects to something that is no address: %w", err)
	}
	if originOf(u) == p.origin {
		u.Scheme, u.Host, u.User = "", "", nil
		a.Header.Set("Location", pathOf(u))
		return nil
	}
	mode := a.Request.Header.Get("Sec-Fetch-Mode")
	if mode != "" && mode != "navigate" || !msplink.IsLink(to) && u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	if msplink.IsLink(to) {
		u = &url.URL{Opaque: to} // to the letter: reading and writing it might mend it
	}
	_ = a.Body.Close()
	page := "<!doctype html><title>One moment</title>" + p.tag(u.String())
	a.StatusCode, a.Status = http.StatusOK, "200 OK"
	a.Body, a.ContentLength = io.NopCloser(strings.NewReader(page)), int64(len(page))
	for _, name := range []string{"Location", "Content-Encoding", "Content-Security-Policy", "Etag", "Last-Modified"} {
		a.Header.Del(name)
	}
	a.Header.Set("Content-Type", "text/html; charset=utf-8")
	a.Header.Set("Content-Length", strconv.Itoa(len(page)))
	a.Header.Set("Cache-Control", "no-store")
	return nil
}

// pathOf is an address within its site. Two slashes at its beginning would name another one.
func pathOf(u *url.URL) string {
	path := u.EscapedPath()
	path = "/" + strings.TrimLeft(path, "/")
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	if u.Fragment != "" {
		path += "#" + u.EscapedFragment()
	}
	return path
}

// unreachable is the browser's own page about a site that does not answer.
func (p *proxy) unreachable(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		w.WriteHeader(http.StatusBadGateway) // nobody reads this
		return
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
%s<title>No answer</title><body style="font:16px/1.5 system-ui,sans-serif;margin:2rem;overflow-wrap:anywhere"><h1 style="font-size:1.3rem">This page cannot be opened</h1><p>%s</p><p><small>%s</small></p>`,
		p.tag(""), html.EscapeString(p.origin), html.EscapeString(err.Error())) // the reader may be gone
}
