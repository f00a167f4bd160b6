package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

const clockPath = "/api/v1/clock"

// clockState is the test clock as /api/v1/clock shows it.
type clockState struct {
	Now      time.Time  `json:"now"`
	Ahead    string     `json:"ahead"`
	Upcoming []upcoming `json:"upcoming"`
	Passed   []upcoming `json:"passed,omitempty"`
	Pending  []upcoming `json:"pending,omitempty"`
}

type upcoming struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	ID        string    `json:"id"`
	Reference string    `json:"reference,omitempty"`
	What      string    `json:"what"`
}

func clockCommand() *cobra.Command {
	show := withJSON(&cobra.Command{
		Use: "show", Short: "Show the test clock, and what will happen next", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return clockCall(c, http.MethodGet, nil)
		},
	})
	advance := withJSON(&cobra.Command{
		Use: "advance DURATION|next", Short: "Move the test clock on, or to the next instant at which something happens", Args: words("DURATION|next"),
		Long: `Move the clock of a test installation on: 60s, 15m, 720h, or next for the next instant at which
something happens by itself. It stops wherever something is due, so that retries, cancellations and expiries
happen in their order. It never goes back.`,
		RunE: func(c *cobra.Command, args []string) error {
			return clockCall(c, http.MethodPost, map[string]string{"advance": args[0]})
		},
	})
	return group("clock", "The test clock: what will happen next, and jumping to it", show, advance)
}

// moveTimeout: a move waits for what is due at every stop.
const moveTimeout = 5 * time.Minute

func clockCall(c *cobra.Command, method string, body any) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Context(), moveTimeout)
	defer cancel()
	var s clockState
	if err := kassa.callWithin(ctx, method, clockPath, body, &s); err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, s)
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s   %s ahead of the wall clock\n", s.Now.Local().Format(time.DateTime), s.Ahead)
	for _, part := range []struct {
		title string
		list  []upcoming
	}{{"happened on the way", s.Passed}, {"was due and is still at work", s.Pending}, {"next", s.Upcoming}} {
		if len(part.list) == 0 {
			continue
		}
		rows := [][]string{{part.title, "", "", ""}}
		for _, u := range part.list {
			rows = append(rows, []string{u.At.Local().Format(time.DateTime), u.Kind, u.Reference, u.What})
		}
		if err := table(c, rows); err != nil {
			return err
		}
	}
	if len(s.Upcoming) == 0 {
		fmt.Fprintln(out, "Nothing will happen by itself.")
	}
	return nil
}
