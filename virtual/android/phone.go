package android

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kassa/msplink"
	"kassa/virtual/terminal"
)

// maxSites is how many sites of one terminal keep their port; the one opened first goes.
const maxSites = 16

// maxParents is how many addresses of the terminal's own page the sites know.
const maxParents = 4

// phone is one terminal as a device that runs apps.
type phone struct {
	app  terminal.App
	apps *Apps
	jar  *cookiejar.Jar

	mu      sync.Mutex
	changed chan struct{} // closed at each change, and made anew
	parents []string
	sites   []*proxy
	view    View
	paying  *payment
}

// View is what the page of the device shows.
type View struct {
	// Seq rises whenever the browser opens an address.
	Seq int `json:"seq"`
	// URL is the address that the browser opened; Port and Path are where the page shows it from.
	URL  string `json:"url,omitempty"`
	Port int    `json:"port,omitempty"`
	Path string `json:"path,omitempty"`
	// Paying is the payment that the payment app has on its hands.
	Paying *Started `json:"paying,omitempty"`
	// Problem is why the last link or intent was refused.
	Problem *msplink.Error `json:"problem,omitempty"`
	// Link and Intent are the last answers.
	Link   *LinkAnswer   `json:"link,omitempty"`
	Intent *IntentAnswer `json:"intent,omitempty"`
}

// Started is a payment on its way.
type Started struct {
	OrderID     string `json:"order_id"`
	AmountMinor int64  `json:"amount"`
	From        string `json:"from"` // link or intent
}

func newPhone(app terminal.App, apps *Apps) (*phone, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	return &phone{app: app, apps: apps, jar: jar, changed: make(chan struct{})}, nil
}

// change changes what the page shows, and tells those who watch.
func (p *phone) change(do func(*View)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do(&p.view)
	p.tell()
}

func (p *phone) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// look gives the present view, and what closes when it is over.
func (p *phone) look() (View, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.view, p.changed
}

// shownBy notes an origin from which the device's page is shown; the sites talk to no other.
func (p *phone) shownBy(origin string) {
	u, err := url.Parse(origin)
	if err != nil || !loopback(u.Hostname()) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parents = append(slices.DeleteFunc(p.parents, func(o string) bool { return o == origin }), origin)
	p.parents = p.parents[max(0, len(p.parents)-maxParents):]
}

// atHome undoes what the proxy did to a page that asked where it is: it takes the port here for its own.
func (p *phone) atHome(u *url.URL) *url.URL {
	i := slices.IndexFunc(p.sites, func(s *proxy) bool { return loopback(u.Hostname()) && u.Port() == strconv.Itoa(s.port) })
	if i < 0 {
		return u
	}
	home := *u
	home.Scheme, home.Host = p.sites[i].target.Scheme, p.sites[i].target.Host
	return &home
}

// sameServer tells whether an address leads to where the device's own page came from, by any name.
func sameServer(shown string, u *url.URL) bool {
	own, err := url.Parse(shown)
	return err == nil && loopback(u.Hostname()) && own.Port() == u.Port()
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

func (p *phone) shown() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.parents)
}

// errRunning tells that the process of the terminals ends.
var errRunning = errors.New("the terminals of this process are being switched off")

// open lets the browser show an address.
func (p *phone) open(raw string) error {
	u, err := address(raw)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.show(u)
}

// show is open with the lock held.
func (p *phone) show(u *url.URL) error {
	u = p.atHome(u)
	origin := originOf(u)
	if slices.ContainsFunc(p.parents, func(shown string) bool { return sameServer(shown, u) }) {
		return &msplink.Error{Field: "url", Rule: "is the simulator's own address, which its terminals do not open"}
	}
	i := slices.IndexFunc(p.sites, func(s *proxy) bool { return s.origin == origin })
	if i < 0 {
		site, err := p.site(u, origin)
		if err != nil {
			return err
		}
		if len(p.sites) == maxSites {
			p.sites[0].close()
			p.sites = p.sites[1:]
		}
		p.sites = append(p.sites, site)
		i = len(p.sites) - 1
	}
	p.view.Seq++
	p.view.URL, p.view.Port, p.view.Path = u.String(), p.sites[i].port, pathOf(u)
	p.tell()
	return nil
}

func (p *phone) site(u *url.URL, origin string) (*proxy, error) {
	nonce := make([]byte, 12)
	if _, err := io.ReadFull(p.apps.random, nonce); err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	site := &proxy{
		origin: origin, target: &url.URL{Scheme: strings.ToLower(u.Scheme), Host: u.Host},
		nonce: base64.RawURLEncoding.EncodeToString(nonce), jar: p.jar, parents: p.shown, log: p.apps.log,
	}
	if p.apps.ctx.Err() != nil {
		return nil, errRunning
	}
	return site, site.serve()
}

// address reads what the browser is to open. People leave the scheme out.
func address(raw string) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, &msplink.Error{Field: "url", Rule: "is missing"}
	}
	if len(raw) > msplink.MaxLink || strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, &msplink.Error{Field: "url", Rule: "is too long, or has a control character in it"}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Host == "" && strings.Trim(u.Opaque, "0123456789/?#") != u.Opaque {
		u, err = url.Parse("http://" + raw) // shop.example/pay, or localhost:3000
	}
	switch {
	case err != nil:
		return nil, &msplink.Error{Field: "url", Rule: "is not an address"}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &msplink.Error{Field: "url", Rule: "must begin with https:// or http://"}
	case u.User != nil:
		return nil, &msplink.Error{Field: "url", Rule: "must not hold a user name or password"}
	case u.Hostname() == "":
		return nil, &msplink.Error{Field: "url", Rule: "must name a host"}
	}
	return u, nil
}

// payment is one that the payment app has been asked for. Its end is told to whoever waits.
type payment struct {
	started Started
	done    chan struct{}
	outcome terminal.Outcome
	err     error
	answer  any // what the page or the app is told
}

// errBusy tells that the payment app is in front already.
var errBusy = errors.New("the payment app is busy with another payment")

// pay hands a payment to the payment app. It goes on when nobody waits for it any more, and then calls end.
func (p *phone) pay(from string, in terminal.StartOrder, end func(*View, *payment) any) (*payment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paying != nil {
		return nil, errBusy
	}
	one := &payment{started: Started{in.Reference, in.AmountMinor, from}, done: make(chan struct{})}
	if !p.apps.begin(func(ctx context.Context) { p.wait(ctx, one, in, end) }) {
		return nil, errRunning
	}
	p.paying, p.view.Paying, p.view.Problem = one, &one.started, nil
	p.tell()
	return one, nil
}

func (p *phone) wait(ctx context.Context, one *payment, in terminal.StartOrder, end func(*View, *payment) any) {
	one.outcome, one.err = p.app.Pay(ctx, in)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paying, p.view.Paying = nil, nil
	one.answer = end(&p.view, one)
	p.tell()
	close(one.done)
}

func (p *phone) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sites {
		s.close()
	}
	p.sites = nil
}
