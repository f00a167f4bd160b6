package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// completionPatience is how long a shell waits for live ids.
const completionPatience = 2 * time.Second

// liveOrders completes the ids of orders, the newest ones.
func liveOrders(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return complete(c, func(ctx context.Context, at *client) (list []cobra.Completion, err error) {
		var page struct{ Data []orderView }
		err = at.get(ctx, ordersPath+"?limit=50", &page)
		for _, o := range page.Data {
			list = append(list, cobra.CompletionWithDesc(o.Reference, fmt.Sprintf("%s %s", o.Amount, o.Status)))
		}
		return list, err
	})
}

// liveTerminals completes the TIDs of terminals.
func liveTerminals(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return complete(c, func(ctx context.Context, at *client) (list []cobra.Completion, err error) {
		terminals, err := at.terminals(ctx)
		for _, t := range terminals {
			list = append(list, cobra.CompletionWithDesc(t.TID, t.Name))
		}
		return list, err
	})
}

func complete(c *cobra.Command, ask func(context.Context, *client) ([]cobra.Completion, error)) ([]cobra.Completion, cobra.ShellCompDirective) {
	at, err := newClient()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError | cobra.ShellCompDirectiveNoFileComp
	}
	ctx := c.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	list, err := ask(ctx, at)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError | cobra.ShellCompDirectiveNoFileComp
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
