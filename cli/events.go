package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// eventView is a fact of /api/v1/events.
type eventView struct {
	Seq                               uint64
	At                                time.Time
	Kind, Order, Reference, Who, What string
	DeltaMS                           int64 `json:"deltaMs"`
}

// longGap is the time between two rows of a timeline that is pointed out.
const longGap = 5 * time.Second

// printEvent prints a row; in a timeline it tells the time since the row before instead of the order.
func printEvent(w io.Writer, e eventView, follows bool) error {
	gap := ""
	shade := faint
	if d := time.Duration(e.DeltaMS) * time.Millisecond; follows {
		gap = "+" + span(d)
		if d > longGap {
			shade = yellow
		}
	}
	_, err := fmt.Fprintf(w, "  %s %s  %-8s  %s\n", e.At.Local().Format("15:04:05.000"), paint(w, shade, fmt.Sprintf("%10s", gap)), plain(e.Who), plain(e.What))
	return err
}

// printEventLine prints an event of one order's stream.
func printEventLine(c *cobra.Command, e eventView, raw []byte, follows bool) error {
	if asJSON(c) {
		return printLine(c, raw)
	}
	return printEvent(c.OutOrStdout(), e, follows)
}

func eventsCommand() *cobra.Command {
	tail := &cobra.Command{
		Use: "tail", Short: "Print what happens, as it happens", Args: words(),
		Long: `Print the facts of the journal: the last ones, then each as it happens. Nothing is missed when the
connection breaks.`,
		Example: "  kassa events tail\n  kassa events tail --order demo-1 --follow=false --json\n  kassa events tail --after 0 --follow=false",
		RunE:    func(c *cobra.Command, _ []string) error { return tailEvents(c) },
	}
	f := tail.Flags()
	f.String("order", "", "only what is about an order, by its id or the merchant's, from its beginning")
	f.String("after", "", "begin after this sequence number; 0 is the beginning")
	f.Bool("follow", true, "stay, and print what happens")
	_ = tail.RegisterFlagCompletionFunc("order", liveOrders)
	return group("events", "What happens, fact by fact", withJSON(tail))
}

// tailLength is how many of the last facts a tail begins with.
const tailLength = 10

func tailEvents(c *cobra.Command) error {
	at, err := newClient()
	if err != nil {
		return err
	}
	q := url.Values{}
	order, after := c.Flag("order").Value.String(), c.Flag("after").Value.String()
	if order != "" {
		q.Set("order", order)
	}
	if after == "" && order == "" {
		var page struct{ Last uint64 }
		if err := at.get(c.Context(), "/api/v1/events?limit=1", &page); err != nil {
			return err
		}
		after = strconv.FormatUint(page.Last-min(page.Last, tailLength), 10)
	}
	if after != "" {
		q.Set("after", after)
	}
	show := func(_ string, raw []byte) error {
		var e eventView
		if err := json.Unmarshal(raw, &e); err != nil {
			return Failure{Failed, "an event is not what Kassa writes", "look at it with --json"}
		}
		if asJSON(c) {
			return printLine(c, raw)
		}
		about := e.Reference
		if about == "" {
			about = e.Order
		}
		_, err := fmt.Fprintf(c.OutOrStdout(), "%s  %s  %-8s  %-20s  %s\n", paint(c.OutOrStdout(), faint, fmt.Sprintf("%6d", e.Seq)),
			e.At.Local().Format("15:04:05.000"), plain(e.Who), plain(about), plain(e.What))
		return err
	}
	if follow, _ := c.Flags().GetBool("follow"); !follow {
		return found(at.pages(c.Context(), q, show))
	}
	err = at.follow(c.Context(), stream{ask: at.operator("/api/v1/events?" + q.Encode()), each: show, lost: func() { noteLost(c) }})
	if errors.Is(err, context.Canceled) {
		return nil // Ctrl-C is how one leaves
	}
	return found(err)
}

func noteLost(c *cobra.Command) {
	fmt.Fprintln(c.ErrOrStderr(), "kassa: the connection was lost; trying again")
}

// pages reads all events that there are.
func (c *client) pages(ctx context.Context, q url.Values, each func(string, []byte) error) error {
	for {
		var page struct {
			Data    []json.RawMessage
			HasMore bool `json:"has_more"`
			Next    string
		}
		if err := c.get(ctx, "/api/v1/events?"+q.Encode(), &page); err != nil {
			return err
		}
		for _, raw := range page.Data {
			if err := each("", raw); err != nil {
				return err
			}
		}
		if !page.HasMore {
			return nil
		}
		q.Set("after", page.Next)
	}
}
