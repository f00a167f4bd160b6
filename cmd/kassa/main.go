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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	sim := &cobra.Command{Use: "sim"}
	sim.AddCommand(simAcquirerCommand(), simTerminalCommand())
	os.Exit(cli.Execute(ctx, cli.New(serveCommand(), devCommand(), sim), os.Args[1:]))
}
