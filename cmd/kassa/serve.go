package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli"
	"kassa/estate"
	"kassa/front"
)

// serveOptions are the flags of `kassa serve`.
type serveOptions struct {
	dir, addr, zone          string
	acquirer, smtp, mailFrom string
	support, supportPOS      string // whom people call: a telephone number, an address or a URL
	simAcquirer, simTerminal string
	simOperator, simProvider string
	terms                    string // of the holds of charging sessions, as JSON
	rails, ceilings          string // files; without rails nothing is narrowed, without ceilings those that come with Kassa count
	holdsPerCard             int    // in an hour
	timeout, heartbeat       time.Duration
	codes                    map[string]string
	demo                     int
	environment              estate.Environment
	ocpiParty                string // country and party, as NL*KAS
	ocpiURL                  string // base URL at which charge point operators reach this installation
	otherURL                 string // base URL of the other environment's installation
	inherit, withParent      bool
}

// The files that `kassa dev` hands over: the two listeners, and a pipe for the announcement.
const (
	plainFD    = 3
	secureFD   = 4
	announceFD = 5
)

func serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the cloud",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runServe(c.Context(), o, c.OutOrStdout(), newLog(c.ErrOrStderr()))
		},
	}
	f := c.Flags()
	f.StringVar(&o.addr, "addr", front.DefaultAddr, "where to listen for HTTP (HTTPS gets a free port beside it)")
	f.StringVar((*string)(&o.environment), "environment", string(estate.Test), "test or live; a data folder is of one for ever, and they never see each other")
	f.StringVar(&o.support, "support", os.Getenv("KASSA_SUPPORT"), "whom people call when a diagnosis does not help (KASSA_SUPPORT)")
	f.StringVar(&o.supportPOS, "support-pos", os.Getenv("KASSA_SUPPORT_POS"), "whom they call about activation, keys, configuration and cards that are not supported (KASSA_SUPPORT_POS)")
	f.StringVar(&o.otherURL, "other-url", "", "base URL of the installation for the other environment, to name it to who brings its key here")
	f.StringVar(&o.ocpiURL, "ocpi-url", os.Getenv("KASSA_OCPI_URL"), "base URL at which charge point operators reach this installation (KASSA_OCPI_URL; default: its address)")
	f.StringVar(&o.ocpiParty, "ocpi-party", usualParty, "who this installation is on OCPI: country code and party id")
	f.StringVar(&o.dir, "data", ".kassa/cloud", "folder of the cloud's data")
	f.StringVar(&o.zone, "zone", "", "file of the zone keys shared with the acquirer (default: zone.json beside the folder)")
	f.StringVar(&o.acquirer, "acquirer", "", "HOST:PORT of the acquirer's host")
	f.StringVar(&o.smtp, "smtp", "", "HOST:PORT of the mail server for receipts (KASSA_SMTP_USER and KASSA_SMTP_PASSWORD; default: the simulated one)")
	f.StringVar(&o.mailFrom, "mail-from", "receipts@localhost", "whom receipts come from")
	f.StringVar(&o.simAcquirer, "sim-acquirer", "", "folder of a simulated acquirer, to find it by")
	f.StringVar(&o.simTerminal, "sim-terminal", "", "folder of virtual terminals, to find them by")
	f.StringVar(&o.simProvider, "sim-provider", "", "folder of a simulated provider of terminals, to find it by")
	f.StringVar(&o.simOperator, "sim-operator", "", "folder of a simulated charge point operator, to find it by")
	f.StringVar(&o.terms, "charging-terms", "", `how far the holds of charging sessions may be bent, as JSON: {"overCommit":true,"most":5500,"increments":1}`)
	f.StringVar(&o.rails, "rails", "", "file of the acquirer's rail profiles, which narrow those terms; none narrows them without it")
	f.StringVar(&o.ceilings, "ceilings", "", "file of the highest contactless holds by country (default: the ones that come with Kassa)")
	f.IntVar(&o.holdsPerCard, "holds-per-card", usualHolds, "how many holds a card may be asked for in an hour at the chargers of an account")
	f.DurationVar(&o.timeout, "acquirer-timeout", 0, "how long an authorisation may take (default 15s)")
	f.StringToStringVar(&o.codes, "acquirer-codes", map[string]string{"71": "70"}, "response codes of the host's own, each with the standard one that it means")
	f.DurationVar(&o.heartbeat, "heartbeat", 0, "how often terminals report (default 10s)")
	f.IntVar(&o.demo, "demo", 0, "make a demo estate with this many terminals")
	f.BoolVar(&o.inherit, "inherit", false, "take listeners from the parent process")
	_ = f.MarkHidden("inherit")
	parentFlag(c, &o.withParent)
	return c
}

func runServe(ctx context.Context, o serveOptions, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.withParent {
		withParent(os.Stdin, cancel)
	}
	if err := o.check(); err != nil {
		return err
	}
	plain, secure, err := listeners(o)
	if err != nil {
		return err
	}
	c, err := open(o, log)
	if errors.Is(err, estate.ErrEnvironment) {
		return cli.Failure{
			Code: cli.Usage, What: err.Error(),
			Next: "give --environment as the folder is, or another folder with --data",
		}
	}
	if err != nil {
		return err
	}
	defer c.close()
	server, err := c.server(o, plain, secure, log)
	if err != nil {
		return err
	}
	facts := demoFacts{
		URL: front.URL("http", plain), HTTPSURL: front.URL("https", secure), CA: absolute(c.authority.CAFile()),
	}
	if err := c.introduce(o, &facts, out); err != nil {
		return err
	}
	return runAll(ctx, append(c.parts(), server.Run)...)
}

// check tells which flags do not go together.
func (o serveOptions) check() error {
	switch o.environment {
	case "", estate.Test, estate.Live:
	default:
		return cli.Failure{Code: cli.Usage, What: fmt.Sprintf("--environment %q is neither test nor live", o.environment)}
	}
	if u, err := url.Parse(o.otherURL); o.otherURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return cli.Failure{Code: cli.Usage, What: fmt.Sprintf("--other-url %q is not like https://test.example.com", o.otherURL)}
	}
	if o.environment == estate.Live && (o.simAcquirer != "" || o.simTerminal != "" || o.simOperator != "" || o.simProvider != "" || o.demo > 0) {
		return cli.Failure{
			Code: cli.Usage, What: "the live environment has no simulation and no demo",
			Next: "leave out --sim-acquirer, --sim-terminal, --sim-operator, --sim-provider and --demo, or run --environment test",
		}
	}
	if o.acquirer == "" && o.simAcquirer == "" {
		return cli.Failure{
			Code: cli.Usage, What: "no acquirer is named",
			Next: "give its host with --acquirer HOST:PORT, or a simulated one with --sim-acquirer FOLDER",
		}
	}
	if _, _, err := net.SplitHostPort(o.acquirer); o.acquirer != "" && err != nil {
		return cli.Failure{Code: cli.Usage, What: fmt.Sprintf("--acquirer %q is not HOST:PORT", o.acquirer)}
	}
	return nil
}

func listeners(o serveOptions) (plain, secure net.Listener, err error) {
	if !o.inherit {
		if plain, err = front.Listen(o.addr); err != nil {
			return nil, nil, err
		}
		secure, err = front.ListenBeside(plain)
		return plain, secure, err
	}
	if plain, err = net.FileListener(os.NewFile(plainFD, "http")); err != nil {
		return nil, nil, fmt.Errorf("inherit the listener: %w", err)
	}
	if secure, err = net.FileListener(os.NewFile(secureFD, "https")); err != nil {
		return nil, nil, fmt.Errorf("inherit the listener: %w", err)
	}
	return plain, secure, nil
}

// introduce makes the demo estate when it is asked for, and tells who may operate: the parent
// process by the pipe, or a person, once, when the operator's token is made.
func (c *cloud) introduce(o serveOptions, facts *demoFacts, out io.Writer) error {
	token, fresh, err := c.key(estate.RoleOperator, "", "")
	if err != nil {
		return err
	}
	facts.Token = token
	if o.demo > 0 {
		if err := c.demo(o.demo, facts); err != nil {
			return err
		}
	}
	if o.inherit {
		pipe := os.NewFile(announceFD, "announcement")
		err := json.NewEncoder(pipe).Encode(facts)
		return errors.Join(err, pipe.Close())
	}
	fmt.Fprintf(out, "kassa · %s · %s   %s\n", c.registry.Environment(), facts.URL, facts.HTTPSURL)
	if err := cli.WriteLast(facts.installation()); err != nil {
		fmt.Fprintln(out, "note: client commands need KASSA_URL and KASSA_TOKEN here:", err)
	}
	if fresh {
		fmt.Fprintf(out, "operator token, shown only now: %s\n", token)
	}
	if o.demo > 0 {
		facts.banner(out, o.dir, 0)
	}
	return nil
}

// key gives the newest key of a role, or makes the first.
func (c *cloud) key(role estate.Role, account, group string) (key string, fresh bool, err error) {
	key, err = c.registry.OpenKey(c.now(), role, account, group)
	if errors.Is(err, estate.ErrUnknown) {
		_, key, err = c.registry.MakeKey(c.now(), estate.NewKey{Account: account, Group: group, Role: role})
		return key, true, err
	}
	return key, false, err
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func newLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }
