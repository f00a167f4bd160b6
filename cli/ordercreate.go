package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func createCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "create", Short: "Ask a terminal for a payment, as a cash register would", Args: words(),
		Long: `Ask a terminal for a payment over MultiSafepay's API, with the key in KASSA_MSP_KEY, as a cash
register would. With --wait it follows the order's event stream to its end.

Exit codes: 0 made (with --wait: completed), 4 ended unpaid, 5 the end was not seen.`,
		Example: "  kassa orders create --amount 1250 --wait\n  kassa orders create --amount 1250 --id till-7-0001 --terminal 00000ABC",
		RunE:    func(c *cobra.Command, _ []string) error { return createOrder(c) },
	}
	f := c.Flags()
	f.Int64("amount", 0, "how much, in cents")
	f.String("terminal", "", "the terminal, by TID (default: KASSA_TERMINAL_ID)")
	f.String("id", "", "the order id (default: a new one); the same order again is the same order")
	f.String("description", "", "what it is for")
	f.String("notification-url", "", "where the webhooks go")
	f.String("notification-method", "", "GET or POST")
	f.Bool("wait", false, "follow the order to its end")
	_ = c.RegisterFlagCompletionFunc("terminal", liveTerminals)
	return withJSON(c)
}

func createOrder(c *cobra.Command) error {
	terminal, err := terminalOf(c)
	if err != nil {
		return err
	}
	a := asked{
		ID: c.Flag("id").Value.String(), Terminal: terminal, Description: c.Flag("description").Value.String(),
		NotifyURL: c.Flag("notification-url").Value.String(), NotifyMethod: strings.ToUpper(c.Flag("notification-method").Value.String()),
	}
	if a.Amount, err = c.Flags().GetInt64("amount"); err != nil || a.Amount <= 0 {
		return Failure{Usage, "--amount is missing, or is not a number of cents above 0", "write --amount 1250 for EUR 12.50"}
	}
	if a.ID == "" {
		a.ID = freshID("cli")
	}
	if a.Description == "" {
		a.Description = "order " + a.ID
	}
	till, err := newRegister()
	if err != nil {
		return err
	}
	made, e, err := till.create(c.Context(), a)
	if err != nil {
		// The answer is missing, and not the order: the same again is safe, another one is not.
		f, _ := errors.AsType[Failure](err)
		return Failure{Failed, err.Error(), strings.TrimPrefix(f.Next+"; the order may have been made: repeat it with --id "+a.ID, "; ")}
	}
	if !e.Success {
		return e.failure()
	}
	w := c.OutOrStdout()
	if asJSON(c) {
		err = printLine(c, e.Data)
	} else {
		_, err = fmt.Fprintf(w, "%s order %s is made%s\n", paint(w, green, "✓"), plain(a.ID), warningText(e.Warnings))
	}
	if wait, _ := c.Flags().GetBool("wait"); err != nil || !wait {
		return err
	}
	return awaitOrder(c, till, made)
}

// warningText says the warnings of an answer.
func warningText(raw json.RawMessage) string {
	var list []struct{ Message, Warning string }
	if json.Unmarshal(raw, &list) != nil {
		return ""
	}
	text := ""
	for _, w := range list {
		text += "; " + plain(w.Message+w.Warning)
	}
	return text
}

// awaitOrder prints what the event stream says, to its end.
func awaitOrder(c *cobra.Command, till register, m made) error {
	w, last := c.OutOrStdout(), ""
	err := till.statuses(c.Context(), m, func(status string, raw []byte) error {
		last = status
		if asJSON(c) {
			return printLine(c, raw)
		}
		if status == "completed" || status == "cancelled" {
			return nil // said below, with the reason
		}
		_, err := fmt.Fprintf(w, "  %s\n", plain(status))
		return err
	})
	if err != nil || (last != "completed" && last != "cancelled") {
		why := "the stream ended"
		if err != nil {
			why = err.Error()
		}
		return Failure{Unknown, "how the order ended was not seen (" + why + ")", "ask with kassa orders show " + m.OrderID}
	}
	o, _, err := till.get(c.Context(), m.OrderID)
	line := paint(w, green, "✓ completed")
	if last != "completed" {
		line = paint(w, red, "✗ cancelled")
	}
	if err == nil && o.Reason != "" {
		line += " · " + plain(o.Reason)
	}
	if !asJSON(c) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	if last != "completed" {
		return said{NotApproved}
	}
	return nil
}
