package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli"
	"kassa/front"
	"kassa/ocpi"
)

// simOperatorOptions are the flags of `kassa sim operator`.
type simOperatorOptions struct {
	dir, addr, url, version string
	withParent              bool
}

func simOperatorCommand() *cobra.Command {
	var o simOperatorOptions
	c := &cobra.Command{
		Use:   "operator",
		Short: "Run a simulated charge point operator with chargers, which speaks OCPI",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runSimOperator(c.Context(), o, c.OutOrStdout(), newLog(c.ErrOrStderr()))
		},
	}
	c.Flags().StringVar(&o.dir, "data", ".kassa/operator", "folder of what it knows")
	c.Flags().StringVar(&o.addr, "addr", "", "where to take OCPI calls (default: the address of its last start, else a free one)")
	c.Flags().StringVar(&o.url, "url", "", "base URL at which it is reached (default: its address)")
	c.Flags().StringVar(&o.version, "ocpi", "", "the one version that it speaks, 2.2.1 or 2.3.0 (default: both)")
	parentFlag(c, &o.withParent)
	return c
}

// listenAgain takes the former address where it is free: the other side knows it.
func listenAgain(addr, former string) (net.Listener, error) {
	if addr == "" && former != "" {
		if l, err := front.Listen(former); err == nil {
			return l, nil
		}
	}
	return front.Listen(cmp.Or(addr, "127.0.0.1:0"))
}

func runSimOperator(ctx context.Context, o simOperatorOptions, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.withParent {
		withParent(os.Stdin, cancel)
	}
	var versions []ocpi.Version
	if o.version != "" {
		versions = []ocpi.Version{ocpi.Version(o.version)}
		if !slices.Contains(ocpi.Versions(), versions[0]) {
			return cli.Failure{Code: cli.Usage, What: "--ocpi must be 2.2.1 or 2.3.0"}
		}
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	before, _ := reach(o.dir) // it may be the first start
	links, err := listenAgain(o.addr, before.Host)
	if err != nil {
		return err
	}
	all, err := newOperators(o.dir, strings.TrimSuffix(cmp.Or(o.url, front.URL("http", links)), "/"), versions, log)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/sim/operator/", all.control())
	control, at, err := controlServer(mux, log)
	if err != nil {
		return err
	}
	door := front.New(front.Options{Plain: links, Handler: all.ocpi(), Log: log, Now: time.Now, Random: rand.Reader})
	if err := announce(o.dir, announcement{Control: at, Host: links.Addr().String()}); err != nil {
		return err
	}
	fmt.Fprintf(out, "operator   OCPI %s/ocpi/versions   control %s/sim/operator/\n", front.URL("http", links), at)
	return runAll(ctx, all.Run, control.Run, door.Run)
}
