package cli

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

const logsPath = "/api/v1/log-tasks"

func logsCommand() *cobra.Command {
	c := &cobra.Command{Use: "logs", Short: "Collect the logs of terminals"}
	list := listCommand(&cobra.Command{Use: "list", Short: "List the tasks, the newest first"}, logsPath,
		[]string{"state: draft, released, collecting, ready, failed or expired"},
		column{"ID", "id"}, column{"KIND", "kind"}, column{"STATE", "state"}, column{"LINES", "lines"}, column{"FROM", "from"}, column{"UNTIL", "until"},
		column{"EXPIRES", "expiresAt"}, column{"WHY", "reason"})
	fresh := &cobra.Command{
		Use: "new POIID...", Short: "Make a task; it runs when it is released",
		Long: `Make a task that collects the log of one or more devices: the last two hours, or with --from and --until a
recording, which must start later than now. Nothing is collected before kassa logs release.`,
		Example: "  kassa logs new P2-KS00000001\n  kassa logs new P2-KS00000001 --from 2026-12-01T09:00:00Z --until 2026-12-01T17:00:00Z",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			body := flagged(c, "type", "from", "until")
			if body["kind"] = "last_two_hours"; c.Flags().Changed("from") || c.Flags().Changed("until") {
				body["kind"] = "recording"
			}
			body["serials"], body["type"] = args, c.Flag("type").Value.String()
			kassa, err := newClient()
			if err != nil {
				return err
			}
			var o object
			if err := kassa.call(c.Context(), http.MethodPost, logsPath, body, &o); err != nil {
				return err
			}
			return printObject(c, o)
		},
	}
	fresh.Flags().String("type", "syslog", "the type of log")
	fresh.Flags().String("from", "", "start of a recording (RFC 3339)")
	fresh.Flags().String("until", "", "end of a recording, at most 24 hours later")
	c.AddCommand(list, withJSON(fresh), oneOf("show ID", "Show a task with its progress", logsPath, ""),
		oneOf("release ID", "Let a task run", logsPath, "release"), downloadLog())
	return c
}

// downloadLog writes the lines of one device to a file, or to the output.
func downloadLog() *cobra.Command {
	c := &cobra.Command{
		Use: "download ID POIID", Short: "Write the lines of one device: instant, number, part, order and text", Args: words("ID", "POIID"),
		RunE: func(c *cobra.Command, args []string) (err error) {
			kassa, err := newClient()
			if err != nil {
				return err
			}
			answer, err := kassa.send(c.Context(), http.MethodGet, at(logsPath, args[0], "devices", url.PathEscape(args[1]))+"?format=text", nil)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, answer.Body.Close()) }()
			to := c.OutOrStdout()
			if name := c.Flag("output").Value.String(); name != "" {
				file, err := os.Create(name)
				if err != nil {
					return Failure{Usage, "the file cannot be written: " + err.Error(), ""}
				}
				defer func() { _ = file.Close() }() // Sync has told
				_, err = io.Copy(file, answer.Body)
				return errors.Join(err, file.Sync())
			}
			_, err = io.Copy(to, answer.Body)
			return err
		},
	}
	c.Flags().String("output", "", "file to write; without it the lines are printed")
	return c
}
