package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kassa"
	"kassa/acquirer"
	"kassa/auth"
	"kassa/charging"
	"kassa/clinic"
	"kassa/dashboard"
	"kassa/driver"
	"kassa/engine"
	"kassa/estate"
	"kassa/front"
	"kassa/help"
	"kassa/hsm"
	"kassa/journal"
	"kassa/mail"
	"kassa/operator"
	"kassa/operator/feed"
	"kassa/poi"
	"kassa/poilink"
	"kassa/sale/adyen"
	"kassa/sale/adyen/management"
	"kassa/sale/multisafepay"
	"kassa/sale/native"
	ocpidoor "kassa/sale/ocpi"
	"kassa/status"
	"kassa/store/sqlite"
	"kassa/support"
	"kassa/support/cases"
	"kassa/support/terminallog"
	"kassa/webhook"
)

// cloud is one running installation: every part, joined by hand.
type cloud struct {
	store    *sqlite.Store
	secure   *hsm.Module
	registry *estate.Registry
	guard    *auth.Guard
	clock    *testClock
	now      func() time.Time // the clock's
	engine   *engine.Engine
	acquirer *acquirer.Link
	pois     *poi.Hub
	door     *multisafepay.Handler
	adyen    *adyen.Handler
	ocpi     *ocpidoor.Handler
	charging *charging.Keeper
	points   *points
	holds    *cardHolds
	ceilings map[string]charging.Ceiling // of holds, by country
	// operators is whom unattended terminals work for.
	operators              *operator.Registry
	feed                   *feed.Reader // of what providers say
	ocpiCountry, ocpiParty string       // who Kassa is there
	ocpiURL                string       // how charge point operators reach this installation
	webhooks               *webhook.Deliverer
	post                   *mail.Outbox
	native                 *native.Handler
	manage                 *management.Handler
	pages                  *dashboard.Handler
	help                   *help.Handler
	driver                 *driver.Handler
	clinic                 *clinic.Clinic
	cases                  *cases.Shelf
	calls                  *dashboard.Calls
	refusals               *refusals
	gauges                 *gauges
	board                  *status.Board
	desk                   *support.Desk
	logs                   *terminallog.Keeper
	// statusPage is the public page about the installation.
	statusPage *status.Page
	// authority signs the certificate of the HTTPS listener; server makes it.
	authority *front.Authority
	proxies   []*front.Proxy
}

// open opens the folder and joins the parts. Nothing works before parts are run.
func open(o serveOptions, log *slog.Logger) (*cloud, error) {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, err
	}
	c := &cloud{}
	var err error
	if c.store, err = sqlite.Open(filepath.Join(o.dir, "kassa.db"), sqlite.Options{}); err != nil {
		return nil, err
	}
	if err := c.join(o, log); err != nil {
		return nil, errors.Join(err, c.store.Close())
	}
	return c, nil
}

func (c *cloud) close() {
	for _, p := range c.proxies {
		p.Close()
	}
	_ = c.store.Close()
}

func (c *cloud) join(o serveOptions, log *slog.Logger) error {
	var err error
	c.secure, err = hsm.Open(filepath.Join(o.dir, "hsm"), rand.Reader, hsm.Options{ZoneFile: zonePath(o.zone, o.dir)})
	if err != nil {
		return err
	}
	if c.registry, err = estate.Open(c.store, c.secure, rand.Reader, cmp.Or(o.environment, estate.Test)); err != nil {
		return err
	}
	c.guard = auth.NewGuard(c.registry, func() time.Time { return c.now() }, o.otherURL)
	last, err := lastInstant(c.store)
	if err != nil {
		return err
	}
	moves, _, err := c.store.Load(clockStream)
	if err != nil {
		return err
	}
	c.clock = &testClock{base: engine.Clock(time.Now, last), moves: journal.NewNotebook(clockStream, moves.Version, c.store.Submit)}
	c.now = c.clock.now
	if c.acquirer, err = c.acquirerLink(o, log); err != nil {
		return err
	}
	if c.pois, err = c.poiHub(o, log); err != nil {
		return err
	}
	if err := c.joinDesk(); err != nil {
		return err
	}
	if err := c.joinLogs(); err != nil {
		return err
	}
	if c.engine, err = engine.New(c.store, c.acquirer, c.pois, c.now, log); err != nil {
		return err
	}
	if c.post, err = c.outbox(o); err != nil {
		return err
	}
	if err := c.joinOperators(); err != nil {
		return err
	}
	if err := c.joinFeed(log); err != nil {
		return err
	}
	if err := c.joinClinic(o, log); err != nil {
		return err
	}
	if c.cases, err = cases.New(cases.Config{
		Store: c.store, Vault: c.secure, Known: caseFacts{c}, Logs: caseLogs{c}, Environment: string(c.registry.Environment()), Now: c.now, Random: rand.Reader,
	}); err != nil {
		return err
	}
	if err := c.joinDoors(o, log); err != nil {
		return err
	}
	return c.joinPages(o)
}

// lastInstant is the instant of the newest fact: the clock does not start before it.
func lastInstant(store *sqlite.Store) (time.Time, error) {
	last := store.Last()
	if last == 0 {
		return time.Time{}, nil
	}
	entries, err := store.Entries(last-1, 1)
	if err != nil || len(entries) == 0 {
		return time.Time{}, err
	}
	return entries[0].At, nil
}

func (c *cloud) joinDoors(o serveOptions, log *slog.Logger) error {
	var err error
	if c.refusals, err = newRefusals(c.store, c.registry, c.now); err != nil {
		return err
	}
	door := doorPorts{c}
	c.door, err = multisafepay.New(multisafepay.Config{
		Orders: c.engine, Changes: c.engine, Cards: cardPorts{c.secure, c.live()}, Write: c.store.Submit, Records: c.store, Feed: c.store, Directory: door, Estate: c.registry, Presence: c.pois,
		Refusals: c.refusals,
		CheckURL: webhook.CheckURL, Secret: []byte(c.secure.LookupHash([]byte("events token"))), Now: c.now,
	})
	if err != nil {
		return err
	}
	if err := c.joinAdyen(); err != nil {
		return err
	}
	if err := c.joinCharging(o, log); err != nil {
		return err
	}
	if err := c.joinHolds(o.holdsPerCard); err != nil {
		return err
	}
	if err := c.joinOCPI(o); err != nil {
		return err
	}
	if c.webhooks, err = c.deliverer(door); err != nil {
		return err
	}
	if err := c.joinStatus(); err != nil {
		return err
	}
	if c.native, err = c.nativeAPI(o, door, door); err != nil {
		return err
	}
	c.manage, err = c.managementAPI()
	return err
}

// parts are what must run, each until its context ends.
func (c *cloud) parts() []func(context.Context) error {
	return []func(context.Context) error{
		c.engine.Run, c.acquirer.Run, c.runPOIs, c.door.Run, c.adyen.Run, c.ocpi.Run, c.charging.Run, c.feed.Run, c.points.run, c.points.look, c.manage.Run, c.webhooks.Run, c.post.Run, c.pages.Run, c.clinic.Run,
		c.refusals.run, c.gauges.run, c.board.Run, c.logs.Run, c.watchStore,
	}
}

func (c *cloud) runPOIs(ctx context.Context) error { return c.pois.Run(ctx, cardGate{c.engine, c}) }

// watchStore ends the process at the first I/O error: what is on disk is then unknown, and only a
// new start can tell.
func (c *cloud) watchStore(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-c.store.Failed():
		return errors.New("the store failed; the process ends, and recovers when it is started again")
	}
}

// server is the HTTP surface: POI links, doors, and in the test environment the simulation.
func (c *cloud) server(o serveOptions, plain, secure net.Listener, log *slog.Logger) (*front.Server, error) {
	host, _, err := net.SplitHostPort(plain.Addr().String())
	if err != nil {
		return nil, err
	}
	var hosts []string
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
		hosts = append(hosts, host)
	}
	if c.authority, err = front.EnsureCA(filepath.Join(o.dir, "tls"), hosts, time.Now, rand.Reader); err != nil {
		return nil, err
	}
	c.ocpiURL = cmp.Or(c.ocpiURL, front.URL("http", plain))
	mux := http.NewServeMux()
	mux.Handle(poilink.Path, c.pois)
	mux.Handle("/sim/", c.simulation(o, log))
	c.mountPages(mux)
	for _, path := range status.Paths() {
		mux.Handle(path, c.statusPage)
	}
	door, terminal, api, manage := c.watched(c.door), c.watched(c.adyen), c.watched(c.native), c.watched(c.manage)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		front.Refuse(w, http.StatusNotFound, "not_found", "there is nothing at this path")
	})
	root := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.EscapedPath(); { // before the mux, which would clean order ids like ".." away
		case multisafepay.Owns(path):
			door.ServeHTTP(w, r)
		case adyen.Owns(path):
			terminal.ServeHTTP(w, r)
		case management.Owns(path):
			manage.ServeHTTP(w, r)
		case ocpidoor.Owns(path):
			c.ocpi.ServeHTTP(w, r) // not among the calls that are shown: its bodies carry tokens
		case native.CarriesSecret(path):
			c.native.ServeHTTP(w, r) // nor is this
		case native.Owns(path):
			api.ServeHTTP(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	})
	return front.New(front.Options{
		Plain: plain, Secure: secure, TLS: c.authority.TLS(), Handler: root, Log: log, Refuse: refuse,
		Observe: c.gauges.answered, Now: time.Now, Random: rand.Reader,
	}), nil
}

// simulation passes on to the simulated parties.
func (c *cloud) simulation(o serveOptions, log *slog.Logger) http.Handler {
	if c.live() {
		return noSimulation(o.otherURL)
	}
	mux := http.NewServeMux()
	for path, dir := range map[string]string{
		"/sim/acquirer/": o.simAcquirer, "/sim/terminals/": o.simTerminal, "/sim/inbox/": o.simTerminal,
		"/sim/mail/": o.simTerminal, "/sim/operator/": o.simOperator, "/sim/provider/": o.simProvider,
	} {
		p := front.NewProxy(controlURL(dir), log)
		c.proxies = append(c.proxies, p)
		mux.Handle(path, p)
	}
	mux.HandleFunc("/sim/", func(w http.ResponseWriter, _ *http.Request) {
		front.Refuse(w, http.StatusNotFound, "not_found", "the simulation has /sim/terminals/, /sim/acquirer/, /sim/operator/, /sim/provider/, /sim/inbox/ and /sim/mail/")
	})
	return c.guarded("the simulation needs", auth.Simulate, mux)
}

// noSimulation answers at the paths of the simulation in the live environment.
func noSimulation(testURL string) http.Handler {
	message := "this is the live environment, which has no simulation: it is in the test environment"
	if testURL != "" {
		message += ", at " + testURL
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		front.Refuse(w, http.StatusNotFound, "no_simulation_in_live", message)
	})
}

func (c *cloud) acquirerLink(o serveOptions, log *slog.Logger) (*acquirer.Link, error) {
	notes, err := newAcquirerNotes(c, c.store, log)
	if err != nil {
		return nil, err
	}
	return acquirer.New(acquirer.LinkConfig{
		Config: acquirer.Config{
			Timeout: o.timeout, LinkPatience: 2 * time.Second, Codes: o.codes,
			// Who wants answers sooner than usual wants repeats sooner too; 0 stays the link's default.
			RepeatFirst: min(5*time.Second, o.timeout),
		},
		Address: func() string {
			if o.acquirer != "" {
				return o.acquirer
			}
			a, err := reach(o.simAcquirer)
			if err != nil {
				return ""
			}
			return a.Host
		},
		RedialFirst: 20 * time.Millisecond, RedialMax: 2 * time.Second, Now: c.now,
		Observe: notes.observe,
	}, secureModule{c.secure}, func(order string, in kassa.Input) { c.engine.FromAcquirer(order, in) })
}

// refuse writes the front's errors in the words of the dialect whose path it is.
func refuse(w http.ResponseWriter, r *http.Request, status int, message string) bool {
	return multisafepay.Refuse(w, r, status, message) || adyen.Refuse(w, r, status, message) ||
		management.Refuse(w, r, status, message) || ocpidoor.Refuse(w, r, status, message) || native.Refuse(w, r, status, message)
}
