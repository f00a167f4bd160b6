package cli

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

// The paths of how the installation is.
const (
	componentsPath = "/api/v1/status-components"
	incidentsPath  = "/api/v1/incidents"
)

// statusCommand tells how the installation's components are; the exit code says whether one is down.
func statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "status", Short: "Show how the installation's components are; exit 1 when one is down", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			kassa, err := newClient()
			if err != nil {
				return err
			}
			list, err := kassa.all(c.Context(), componentsPath, nil)
			if err != nil {
				return err
			}
			down := false
			rows, err := rowsOf(c, list, func(o object) []string {
				down = down || o["state"] == "down"
				uptime := "-"
				if share, ok := o["uptime"].(float64); ok {
					uptime = fmt.Sprintf("%.2f %%", float64(int(share*100))/100)
				}
				return []string{o.text("title"), o.text("state"), o.text("since"), uptime, o.text("says")}
			})
			switch {
			case err != nil:
				return err
			case asJSON(c):
				return nil
			}
			if err := table(c, append([][]string{{"COMPONENT", "STATE", "SINCE", "UPTIME 90 D", "WHY"}}, rows...)); err != nil {
				return err
			}
			if down {
				return said{Failed}
			}
			return nil
		},
	}
	return withJSON(c)
}

func incidentsCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "incidents", Short: "List the incidents of the installation, or work on one"}, incidentsPath,
		[]string{"before: an id: those before it", "limit: at most so many"},
		column{"ID", "id"}, column{"TITLE", "title"}, column{"WORST", "worst"}, column{"OPENED", "opened"}, column{"RESOLVED", "resolved"},
		column{"BY", "openedBy"})
	show := doCommand(&cobra.Command{Use: "show INCIDENT", Short: "Show an incident, and all that was said of it"}, []string{"INCIDENT"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodGet, at(incidentsPath, args[0]), nil, nil
		})
	open := doCommand(&cobra.Command{
		Use: "open TITLE", Short: "Open an incident, which everybody reads at /status",
		Example: "  kassa incidents open 'Answers are slow' --component api --state degraded --text 'We look into it.'",
	}, []string{"TITLE"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		body := flagged(c, "state", "text")
		body["title"] = args[0]
		if list, err := c.Flags().GetStringSlice("component"); err == nil && len(list) > 0 {
			body["components"] = list
		}
		return http.MethodPost, incidentsPath, body, nil
	})
	open.Flags().StringSlice("component", nil, "which component it is about, by name; may be given again")
	open.Flags().String("state", "", "operational (a notice), degraded or down (default degraded)")
	open.Flags().String("text", "", "the first note")
	c.AddCommand(show, open)
	for _, step := range []struct{ use, short string }{
		{"note", "Say something about an incident"}, {"resolve", "Say how an incident ended"},
	} {
		c.AddCommand(doCommand(&cobra.Command{Use: step.use + " INCIDENT TEXT", Short: step.short}, []string{"INCIDENT", "TEXT"},
			func(_ *cobra.Command, args []string) (string, string, any, error) {
				body := map[string]any{"text": args[1]}
				if step.use == "resolve" {
					body["resolved"] = true
				}
				return http.MethodPost, at(incidentsPath, args[0], "notes"), body, nil
			}))
	}
	return c
}
