package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli"
	"kassa/poilink"
	"kassa/virtual/android"
	"kassa/virtual/inbox"
	"kassa/virtual/terminal"
)

// simTerminalOptions are the flags of `kassa sim terminal`.
type simTerminalOptions struct {
	dir, cloud, ca string
	poiids         []string
	auto           string
	withParent     bool
}

func simTerminalCommand() *cobra.Command {
	var o simTerminalOptions
	c := &cobra.Command{
		Use:   "terminal",
		Short: "Run virtual terminals that connect to a Kassa",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runSimTerminal(c.Context(), o, c.OutOrStdout(), newLog(c.ErrOrStderr()))
		},
	}
	c.Flags().StringVar(&o.dir, "data", ".kassa/terminal", "folder of the terminals' journals")
	c.Flags().StringVar(&o.cloud, "cloud", "http://127.0.0.1:8080", "URL of the Kassa to connect to")
	c.Flags().StringVar(&o.ca, "ca", "", "file of the CA to trust for an https cloud")
	c.Flags().StringSliceVar(&o.poiids, "poiid", nil, "a terminal to have, as [model]-[serial] (repeatable)")
	c.Flags().StringVar(&o.auto, "auto", "", "card that every terminal takes by itself, for example visa")
	parentFlag(c, &o.withParent)
	return c
}

func runSimTerminal(ctx context.Context, o simTerminalOptions, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.withParent {
		withParent(os.Stdin, cancel)
	}
	link, err := linkURL(o.cloud)
	if err != nil {
		return err
	}
	var devices []terminal.Device
	for _, id := range o.poiids {
		devices = append(devices, terminal.Device{POIID: id, Auto: o.auto})
	}
	shelf, err := terminal.Open(terminal.ShelfConfig{
		Dir: o.dir, URL: link, CAFile: o.ca, Devices: devices, Now: time.Now, Random: rand.Reader, Log: log,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	apps := android.New(shelf, rand.Reader, log)
	mux.Handle("/sim/terminals/", apps.Handler("/sim/terminals", shelf.Handler("/sim/terminals")))
	mux.Handle("/sim/inbox/", inbox.New(time.Now)) // the Sale System's side of webhooks
	box := inbox.NewMailbox(time.Now)
	mux.Handle("/sim/mail/", box)
	post, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, at, err := controlServer(mux, log)
	if err != nil {
		return err
	}
	if err := announce(o.dir, announcement{Control: at, Mail: post.Addr().String()}); err != nil {
		return err
	}
	fmt.Fprintf(out, "terminals  %s/sim/terminals/   cloud %s\n", at, o.cloud)
	return runAll(ctx, shelf.Run, apps.Run, control.Run, func(ctx context.Context) error { return box.Serve(ctx, post) })
}

// linkURL is where the POI link of a cloud is.
func linkURL(cloud string) (string, error) {
	u, err := url.Parse(cloud)
	if err != nil || u.Host == "" {
		return "", cli.Failure{Code: cli.Usage, What: fmt.Sprintf("--cloud %q is not a URL like http://127.0.0.1:8080", cloud)}
	}
	switch u.Scheme {
	case "http", "ws":
		u.Scheme = "ws"
	case "https", "wss":
		u.Scheme = "wss"
	default:
		return "", cli.Failure{Code: cli.Usage, What: fmt.Sprintf("--cloud %q: its scheme is neither http nor https", cloud)}
	}
	u.Path = poilink.Path
	return u.String(), nil
}
