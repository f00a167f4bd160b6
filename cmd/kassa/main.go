// Command kassa is the binary: the cloud, the simulated parties around it, and the verbs to work
// with them. It holds all wiring and nothing else.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kassa/cli"
	"kassa/store/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	sim := &cobra.Command{Use: "sim"}
	sim.AddCommand(simAcquirerCommand(), simTerminalCommand(), simOperatorCommand(), simProviderCommand())
	ev := &cobra.Command{Use: "ev"}
	ev.AddCommand(evDemoCommand())
	root := cli.New(serveCommand(), devCommand(), sim, ev)
	root.Annotations = map[string]string{cli.SQLiteAnnotation: sqlite.LibraryVersion}
	os.Exit(cli.Execute(ctx, root, os.Args[1:]))
}
