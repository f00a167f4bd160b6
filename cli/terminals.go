package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

const terminalsPath = "/api/v1/terminals"

// terminal is what the table shows of one terminal of /api/v1/terminals.
type terminal struct {
	TID        string    `json:"tid"`
	POIID      string    `json:"poiid"`
	Name       string    `json:"name"`
	Group      string    `json:"group"`
	Online     bool      `json:"online"`
	Since      time.Time `json:"since,omitzero"`
	Configured bool      `json:"configured"`
}

func (c *client) terminals(ctx context.Context) ([]terminal, error) {
	var answer struct{ Data []terminal }
	err := c.get(ctx, terminalsPath, &answer)
	return answer.Data, err
}

func terminalsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "terminals", Short: "List the terminals, and whether each is online", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return printTerminals(c) },
	}
	c.AddCommand(stockCommands()...)
	return withJSON(c)
}

func printTerminals(c *cobra.Command) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	if asJSON(c) {
		var answer struct{ Data []json.RawMessage }
		if err := kassa.get(c.Context(), terminalsPath, &answer); err != nil {
			return err
		}
		for _, t := range answer.Data {
			if err := printJSON(c, t); err != nil {
				return err
			}
		}
		return nil
	}
	list, err := kassa.terminals(c.Context())
	if err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(c.OutOrStdout(), "There are no terminals.")
		return err
	}
	rows := [][]string{{"TID", "POIID", "NAME", "GROUP", "LINK", "SINCE", "CONFIGURED"}}
	for _, t := range list {
		link, since, configured := "offline", "-", "no"
		if t.Online {
			link = "online"
		}
		if !t.Since.IsZero() {
			since = t.Since.Local().Format(time.DateTime)
		}
		if t.Configured {
			configured = "yes"
		}
		rows = append(rows, []string{t.TID, t.POIID, t.Name, t.Group, link, since, configured})
	}
	return table(c, rows)
}
