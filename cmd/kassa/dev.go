package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli"
	"kassa/front"
	"kassa/sale/native"
)

// devOptions are the flags of `kassa dev`.
type devOptions struct {
	addr, dir, env, auto string
	reset                bool
	terminals            int
	late, slow, timeout  time.Duration
	heartbeat            time.Duration
	ev                   bool
	ocpi                 string // the one version that the charge point operator speaks; empty for both
	terms                string // of the holds of charging sessions
}

func devCommand() *cobra.Command {
	var o devOptions
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run the cloud, the simulated acquirer and virtual terminals on this machine",
		Long: `Run everything on this machine: the cloud, the simulated acquirer and issuer, and virtual
terminals, each a process of its own. They end with this one.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runDev(c.Context(), o, c.OutOrStdout()) },
	}
	c.Flags().StringVar(&o.addr, "addr", front.DefaultAddr, "where to listen for HTTP (all other ports are free ones)")
	c.Flags().StringVar(&o.dir, "data", ".kassa", "folder of all data")
	c.Flags().StringVar(&o.env, "env", "", "file to write the environment to, once everything is ready")
	c.Flags().BoolVar(&o.reset, "reset", false, "start over with an empty data folder")
	c.Flags().StringVar(&o.auto, "auto", "", "card that every terminal takes by itself, for example visa")
	c.Flags().IntVar(&o.terminals, "terminals", 3, "how many virtual terminals to have (at least 2)")
	c.Flags().DurationVar(&o.timeout, "acquirer-timeout", 0, "how long an authorisation may take (default 15s)")
	c.Flags().DurationVar(&o.heartbeat, "heartbeat", 0, "how often terminals report (default 10s)")
	c.Flags().DurationVar(&o.late, "late", 0, "how late card 101 answers (default 20s)")
	c.Flags().DurationVar(&o.slow, "slow", 0, "how long card 170 takes (default 10s)")
	c.Flags().BoolVar(&o.ev, "ev", false, "have a charge point operator with chargers too, and an unattended terminal that sells them")
	return c
}

// devAgent is how kassa dev names itself to its own cloud.
const devAgent = "kassa dev"

// dev is the running installation, seen from its parent process.
type dev struct {
	devOptions
	out    io.Writer
	plain  *os.File // the listeners live here, so that a cloud that is started again has them
	secure *os.File
	origin string
	client *http.Client
	lock   *os.File
	kids   []*child
}

func runDev(ctx context.Context, o devOptions, out io.Writer) error {
	if o.terminals < 2 {
		return cli.Failure{Code: cli.Usage, What: "--terminals must be at least 2: one for each of the two groups"}
	}
	began := time.Now()
	d := &dev{devOptions: o, out: out, client: &http.Client{Timeout: 5 * time.Second}}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer d.stop(cancel)
	facts, err := d.start(ctx)
	if err == nil {
		err = d.awaitReady(ctx, facts)
	}
	evTID := ""
	if err == nil && d.ev {
		evTID, err = d.joinEV(ctx, facts)
	}
	if ctx.Err() != nil {
		return cli.Failure{Code: cli.Failed, What: "stopped before everything was ready"}
	}
	if err != nil {
		return err
	}
	for i := range facts.Terminals {
		facts.Terminals[i].Code = "" // it has been used
	}
	if err := cli.WriteLast(facts.installation()); err != nil {
		fmt.Fprintln(out, "note: client commands need KASSA_URL and KASSA_TOKEN here:", err)
	}
	if d.env != "" {
		if err := writeByRename(d.env, []byte(facts.environment()), 0o600); err != nil {
			return err
		}
	}
	facts.banner(out, d.dir, time.Since(began))
	if d.ev {
		fmt.Fprintf(out, "  %-18s %s at %s/sim/terminals/%s   kassa ev chargers\n", "Charging", evTID, facts.URL, evPOIID)
	}
	return d.watch(ctx)
}

// prepare makes the folder and the address this process's own before it touches what is in them:
// with --reset as with --env, another that still runs must not lose its files.
func (d *dev) prepare(ctx context.Context) error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	var err error
	if d.lock, err = lockData(ctx, d.dir); err != nil {
		return err
	}
	if err := d.listen(); err != nil {
		return err
	}
	if d.reset {
		if err := removeData(d.dir); err != nil {
			return err
		}
	}
	if d.env != "" {
		// Whoever waits for the file must not meet the one of an earlier start.
		if err := os.Remove(d.env); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("--env: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(d.env), 0o700); err != nil {
			return fmt.Errorf("--env: %w", err)
		}
	}
	return os.MkdirAll(d.sub("log"), 0o700)
}

// removeData removes only what Kassa made, in case the folder is somebody's home.
func removeData(dir string) error {
	for _, name := range []string{"cloud", "acquirer", "terminal", "operator", "provider", "log", "zone.json"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("--reset: %w", err)
		}
	}
	return nil
}

func (d *dev) listen() error {
	plain, err := front.Listen(d.addr)
	if err != nil {
		return err
	}
	secure, err := front.ListenBeside(plain)
	if err != nil {
		return err
	}
	d.origin = front.URL("http", plain)
	for _, l := range []struct {
		from net.Listener
		to   **os.File
	}{{plain, &d.plain}, {secure, &d.secure}} {
		f, err := l.from.(*net.TCPListener).File()
		if err != nil {
			return fmt.Errorf("share the listener: %w", err)
		}
		*l.to = f
		_ = l.from.Close() // the file keeps the socket
	}
	return nil
}

// start starts the three processes. The terminals come last: they need the demo estate.
func (d *dev) start(ctx context.Context) (demoFacts, error) {
	acquirer := []string{"sim", "acquirer", "--data", d.sub("acquirer"), "--zone", d.sub("zone.json")}
	if d.late > 0 {
		acquirer = append(acquirer, "--late", d.late.String())
	}
	if d.slow > 0 {
		acquirer = append(acquirer, "--slow", d.slow.String())
	}
	cloud := []string{
		"serve", "--data", d.sub("cloud"), "--zone", d.sub("zone.json"), "--demo", fmt.Sprint(d.terminals),
		"--sim-acquirer", d.sub("acquirer"), "--sim-terminal", d.sub("terminal"), "--inherit",
	}
	if d.ev {
		cloud = append(cloud, "--sim-operator", d.sub("operator"), "--sim-provider", d.sub("provider"), "--charging-terms", d.terms, "--holds-per-card", "100")
	}
	if d.timeout > 0 {
		cloud = append(cloud, "--acquirer-timeout", d.timeout.String())
	}
	if d.heartbeat > 0 {
		cloud = append(cloud, "--heartbeat", d.heartbeat.String())
	}
	announced := make(chan []byte, 1)
	if err := d.spawn(ctx, &child{name: "acquirer", args: acquirer}); err != nil {
		return demoFacts{}, err
	}
	if err := d.spawn(ctx, &child{name: "cloud", args: cloud, files: []*os.File{d.plain, d.secure}, announced: announced}); err != nil {
		return demoFacts{}, err
	}
	if d.ev {
		if err := errors.Join(d.startOperator(ctx), d.startProvider(ctx)); err != nil {
			return demoFacts{}, err
		}
	}
	var facts demoFacts
	select {
	case data := <-announced:
		if err := json.Unmarshal(data, &facts); err != nil {
			return facts, fmt.Errorf("the cloud did not come up: %s", lastLine(filepath.Join(d.dir, "log", "cloud.log")))
		}
	case <-ctx.Done():
		return facts, ctx.Err()
	case <-time.After(20 * time.Second):
		return facts, fmt.Errorf("the cloud did not come up in 20 s: %s", lastLine(filepath.Join(d.dir, "log", "cloud.log")))
	}
	terminals := []string{"sim", "terminal", "--data", d.sub("terminal"), "--cloud", facts.URL, "--auto", d.auto}
	for _, t := range facts.Terminals {
		terminals = append(terminals, "--poiid", t.POIID)
	}
	return facts, d.spawn(ctx, &child{name: "terminal", args: terminals})
}

func (d *dev) sub(name string) string { return filepath.Join(d.dir, name) }

func (d *dev) spawn(ctx context.Context, c *child) error {
	c.log, c.lock = filepath.Join(d.dir, "log", c.name+".log"), d.lock
	if err := c.start(); err != nil {
		return err
	}
	d.kids = append(d.kids, c)
	go c.keep(ctx, d.out)
	return nil
}

// awaitReady activates what is not activated, and returns when all terminals are online and the
// acquirer is signed on.
func (d *dev) awaitReady(ctx context.Context, facts demoFacts) error {
	deadline := time.Now().Add(20 * time.Second)
	// Asked again after a while: a device whose old key counts no more gets a new one first.
	asked := make(map[string]time.Time)
	last := ""
	for {
		state, err := d.state(ctx, facts)
		last = state.waiting
		switch {
		case err != nil:
			last = err.Error()
		case state.ready:
			return nil
		}
		for _, t := range state.toActivate {
			if time.Since(asked[t.POIID]) > 3*time.Second && d.activate(ctx, facts.Token, t) == nil {
				asked[t.POIID] = time.Now()
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after 20 s: %s (logs in %s)", last, d.sub("log"))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

type readiness struct {
	ready      bool
	waiting    string
	toActivate []demoTerminal
}

func (d *dev) state(ctx context.Context, facts demoFacts) (readiness, error) {
	var status native.Status
	var list struct{ Data []native.Terminal }
	if err := d.get(ctx, facts.Token, "status", &status); err != nil {
		return readiness{}, err
	}
	if err := d.get(ctx, facts.Token, "terminals", &list); err != nil {
		return readiness{}, err
	}
	active := make(map[string]bool)
	for _, t := range list.Data {
		active[t.TID] = t.Activated && t.Online
	}
	r := readiness{ready: status.Acquirer.SignedOn > 0, waiting: "the acquirer is not signed on"}
	for _, t := range facts.Terminals {
		if active[t.TID] {
			continue
		}
		r.ready, r.waiting = false, "terminal "+t.TID+" is not online"
		if t.Code != "" {
			r.toActivate = append(r.toActivate, t)
		}
	}
	return r, nil
}

func (d *dev) get(ctx context.Context, token, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.origin+native.Prefix+path, nil)
	if err != nil {
		return err
	}
	return d.call(r, token, into)
}

// activate activates a terminal once it has its initial key: before, the cloud refuses.
func (d *dev) activate(ctx context.Context, token string, t demoTerminal) error {
	at := d.origin + "/sim/terminals/" + t.POIID
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/state", nil)
	if err != nil {
		return err
	}
	var state struct{ Online, Configured bool }
	if err := d.call(q, token, &state); err != nil {
		return err
	}
	if !state.Online || !state.Configured {
		return errors.New("the terminal has no initial key yet")
	}
	body, err := json.Marshal(map[string]string{"code": t.Code})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/activate", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	return d.call(r, token, nil)
}

func (d *dev) call(r *http.Request, token string, into any) error {
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("User-Agent", devAgent)
	resp, err := d.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", r.URL.Path, resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// watch returns when ctx ends or a process cannot be kept alive.
func (d *dev) watch(ctx context.Context) error {
	gave := make(chan error, len(d.kids))
	for _, c := range d.kids {
		go func() { gave <- <-c.gaveUp }()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-gave:
		return err
	}
}

// stop ends the processes: asked for 3 s, then killed, so that all have ended within 5 s.
func (d *dev) stop(cancel context.CancelFunc) {
	cancel()
	for _, c := range d.kids {
		c.askToEnd()
	}
	late := time.After(3 * time.Second)
	for _, c := range d.kids {
		select {
		case <-c.ended:
		case <-late:
			c.kill()
			<-c.ended
			late = time.After(0)
		}
	}
}
