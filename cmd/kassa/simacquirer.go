package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kassa/front"
	"kassa/virtual/host"
)

// simAcquirerOptions are the flags of `kassa sim acquirer`.
type simAcquirerOptions struct {
	dir, addr, zone string
	late, slow      time.Duration
	withParent      bool
}

func simAcquirerCommand() *cobra.Command {
	var o simAcquirerOptions
	c := &cobra.Command{
		Use:   "acquirer",
		Short: "Run the simulated acquirer host and issuer, with a ledger of their own",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runSimAcquirer(c.Context(), o, c.OutOrStdout(), newLog(c.ErrOrStderr()))
		},
	}
	c.Flags().StringVar(&o.dir, "data", ".kassa/acquirer", "folder of the ledger")
	c.Flags().StringVar(&o.addr, "addr", "127.0.0.1:0", "where to take ISO 8583 links (port 0: a free one)")
	c.Flags().StringVar(&o.zone, "zone", "", "file of the zone keys shared with Kassa (default: zone.json beside the folder)")
	c.Flags().DurationVar(&o.late, "late", 0, "how late card 101 answers (default 20s)")
	c.Flags().DurationVar(&o.slow, "slow", 0, "how long card 170 takes (default 10s)")
	parentFlag(c, &o.withParent)
	return c
}

func parentFlag(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "with-parent", false, "end when standard input ends")
	_ = c.Flags().MarkHidden("with-parent")
}

func runSimAcquirer(ctx context.Context, o simAcquirerOptions, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.withParent {
		withParent(os.Stdin, cancel)
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	keys, err := host.EnsureZone(zonePath(o.zone, o.dir), rand.Reader)
	if err != nil {
		return err
	}
	server, err := host.NewServer(host.Options{
		Ledger: filepath.Join(o.dir, "ledger"), Config: host.Config{Keys: keys, LateAfter: o.late, SlowBy: o.slow}, Log: log,
	})
	if err != nil {
		return err
	}
	links, err := front.Listen(o.addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/sim/acquirer/", http.StripPrefix("/sim/acquirer", server.Control()))
	control, url, err := controlServer(mux, log)
	if err != nil {
		return err
	}
	if err := announce(o.dir, announcement{Control: url, Host: links.Addr().String()}); err != nil {
		return err
	}
	fmt.Fprintf(out, "acquirer   links %s   control %s/sim/acquirer/\n", links.Addr(), url)
	return runAll(ctx, func(ctx context.Context) error { return server.Run(ctx, links) }, control.Run)
}

func zonePath(named, dir string) string {
	if named != "" {
		return named
	}
	return filepath.Join(filepath.Dir(filepath.Clean(dir)), "zone.json")
}

// controlServer serves a control API on a free port of loopback, for this machine only.
func controlServer(h http.Handler, log *slog.Logger) (*front.Server, string, error) {
	l, err := front.Listen("127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	s := front.New(front.Options{Plain: l, Handler: front.SimGuard(h), Log: log, Now: time.Now, Random: rand.Reader})
	return s, front.URL("http", l), nil
}

// runAll runs every part until ctx ends or one of them does, then waits for all.
func runAll(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(parts))
	for _, run := range parts {
		go func() {
			err := run(ctx)
			cancel()
			ended <- err
		}()
	}
	var errs []error
	for range parts {
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
