package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"kassa"
)

// ledgerLine is one transaction in the books of the simulated acquirer.
type ledgerLine struct {
	Kind, TID, STAN, RRN, Last4, Currency, RC, State, Of string
	Amount                                               int64
}

// ledgerFormat has the widths of the standard's fields, so that a long ledger is printed as it comes.
const ledgerFormat = "%-10s  %-8s  %-6s  %-12s  %-4s  %16s  %-2s  %-8s  %s"

func printLedger(c *cobra.Command) error {
	at, err := newClient()
	if err != nil {
		return err
	}
	w, lines := c.OutOrStdout(), 0
	head := func() error {
		_, err := fmt.Fprintln(w, paint(w, faint, fmt.Sprintf(ledgerFormat, "KIND", "TID", "STAN", "RRN", "CARD", "AMOUNT", "RC", "STATE", "OF")))
		return err
	}
	err = at.lines(c.Context(), http.MethodGet, "/sim/acquirer/ledger", nil, func(raw []byte) error {
		lines++
		if asJSON(c) {
			return printLine(c, raw)
		}
		var l ledgerLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return Failure{Failed, "a line of the ledger is not what Kassa writes", "look at it with --json"}
		}
		if lines == 1 {
			if err := head(); err != nil {
				return err
			}
		}
		amount := kassa.Money{Minor: l.Amount, Currency: kassa.Currency(l.Currency)}
		line := fmt.Sprintf(ledgerFormat, plain(l.Kind), plain(l.TID), plain(l.STAN), plain(l.RRN), plain(l.Last4),
			plain(amount.String()), plain(l.RC), plain(l.State), plain(l.Of))
		_, err := fmt.Fprintln(w, strings.TrimRight(line, " "))
		return err
	})
	if err == nil && lines == 0 && !asJSON(c) {
		_, err = fmt.Fprintln(w, "The ledger is empty: no payment has reached the acquirer.")
	}
	return err
}
