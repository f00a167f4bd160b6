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
	"kassa/virtual/provider"
)

// simProviderOptions are the flags of `kassa sim provider`.
type simProviderOptions struct {
	dir, addr, serial string
	withParent        bool
}

func simProviderCommand() *cobra.Command {
	var o simProviderOptions
	c := &cobra.Command{
		Use:   "provider",
		Short: "Run a simulated provider of terminals, with a status feed and two environments",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runSimProvider(c.Context(), o, c.OutOrStdout(), newLog(c.ErrOrStderr()))
		},
	}
	c.Flags().StringVar(&o.dir, "data", ".kassa/provider", "folder of where it is")
	c.Flags().StringVar(&o.addr, "addr", "", "where to answer customers (default: the address of its last start, else a free one)")
	c.Flags().StringVar(&o.serial, "serial", "", "serial number of a terminal that is activated in its test environment")
	parentFlag(c, &o.withParent)
	return c
}

func runSimProvider(ctx context.Context, o simProviderOptions, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.withParent {
		withParent(os.Stdin, cancel)
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	before, _ := reach(o.dir) // it may be the first start
	links, err := listenAgain(o.addr, before.Host)
	if err != nil {
		return err
	}
	var terminals []provider.Terminal
	if o.serial != "" {
		terminals = append(terminals, provider.Terminal{
			Serial: o.serial, Model: "EV1", Family: "ev1", Activation: "activated", Owner: evProviderAccount, VisibleTo: []string{evProviderAccount},
			ManagedBy: []string{evProviderAccount}, Online: true, State: "IDLE", MerchantID: "M-LAADPUNT",
		})
	}
	saved := filepath.Join(o.dir, "provider.json")
	state, err := os.ReadFile(saved)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	one, err := provider.Open(provider.Config{
		Now: time.Now, Terminals: terminals, Saved: state, Keep: func(state []byte) error { return writeByRename(saved, state, 0o600) },
	})
	if err != nil {
		return fmt.Errorf("%s: %w", saved, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/sim/provider/", http.StripPrefix("/sim/provider", one.Control()))
	control, at, err := controlServer(mux, log)
	if err != nil {
		return err
	}
	door := front.New(front.Options{Plain: links, Handler: one.API(), Log: log, Now: time.Now, Random: rand.Reader})
	if err := announce(o.dir, announcement{Control: at, Host: links.Addr().String()}); err != nil {
		return err
	}
	fmt.Fprintf(out, "provider   status feed %s/status   control %s/sim/provider/\n", front.URL("http", links), at)
	return runAll(ctx, control.Run, door.Run)
}

// startProvider starts the simulated provider of terminals.
func (d *dev) startProvider(ctx context.Context) error {
	return d.spawn(ctx, &child{name: "provider", args: []string{"sim", "provider", "--data", d.sub("provider"), "--serial", evSerial}})
}

// evProvider is where the simulated provider is.
func (d *dev) evProvider(context.Context) (url string, err error) {
	a, err := reach(d.sub("provider"))
	return "http://" + a.Host, err
}
