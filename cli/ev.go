package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const evOperator = "/sim/operator"

// evState is what is shown of the simulated charge point operator. Amounts are minor units of the euro.
type evState struct {
	Registered bool   `json:"registered"`
	Version    string `json:"version"`
	Tariff     struct {
		PerKWh int64 `json:"per_kwh"`
	} `json:"tariff"`
	Chargers []struct {
		EVSE   string    `json:"evse"`
		Label  string    `json:"label"`
		Status string    `json:"status"`
		Car    *struct{} `json:"car"`
	} `json:"chargers"`
	Charges []struct {
		ID        string `json:"id"`
		Reference string `json:"reference"`
		EVSE      string `json:"evse"`
		Status    string `json:"status"`
		Wh        int64  `json:"wh"`
		Cost      int64  `json:"cost"`
		Billed    bool   `json:"billed"`
	} `json:"charges"`
	Confirmations []struct {
		Reference string `json:"authorization_reference"`
		Status    string `json:"capture_status_code"`
	} `json:"confirmations"`
	Faults []struct {
		Kind string `json:"kind"`
		EVSE string `json:"evse"`
	} `json:"faults"`
	Quirks []string `json:"quirks"`
}

func evCommand() *cobra.Command {
	chargers := &cobra.Command{
		Use: "chargers", Short: "List the chargers of the simulated operator", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return evAsk(c, http.MethodGet, "/state", nil, evChargers) },
	}
	sessions := &cobra.Command{
		Use: "sessions", Short: "List its sessions, with what it was told of their captures", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return evAsk(c, http.MethodGet, "/state", nil, evSessions) },
	}
	plug := &cobra.Command{
		Use: "plug EVSE", Short: "Plug a car in", Args: words("EVSE"), Example: "  kassa ev plug EVSE-1 --speed 50 --wants 20000",
		RunE: func(c *cobra.Command, args []string) error {
			speed, err := c.Flags().GetInt64("speed")
			if err != nil {
				return err
			}
			wants, err := c.Flags().GetInt64("wants")
			if err != nil {
				return err
			}
			return evAsk(c, http.MethodPost, "/plug", map[string]any{"evse": args[0], "wh_per_second": speed, "wants_wh": wants}, evChargers)
		},
	}
	plug.Flags().Int64("speed", 100, "how fast it charges, in Wh per second")
	plug.Flags().Int64("wants", 0, "after how many Wh it is full; 0 is never")
	unplug := &cobra.Command{
		Use: "unplug EVSE", Short: "Pull the car out, which ends its session", Args: words("EVSE"),
		RunE: func(c *cobra.Command, args []string) error {
			return evAsk(c, http.MethodPost, "/unplug", map[string]any{"evse": args[0]}, evSessions)
		},
	}
	skip := &cobra.Command{
		Use: "skip DURATION", Short: "Move the operator's clock on, for example by 20m", Args: words("DURATION"),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := time.ParseDuration(args[0])
			if err != nil {
				return Failure{Usage, fmt.Sprintf("%q is no duration", args[0]), "write one like 90s or 20m"}
			}
			return evAsk(c, http.MethodPost, "/skip", map[string]any{"seconds": int64(by / time.Second)}, evSessions)
		},
	}
	rotate := &cobra.Command{
		Use: "rotate", Short: "Change the tokens of the connection between the operator and Kassa", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return evAsk(c, http.MethodPost, "/rotate", map[string]any{}, evChargers)
		},
	}
	c := group("ev", "Charging: sessions and their holds, connections with operators, and the simulated operator of kassa dev --ev",
		withJSON(chargers), withJSON(sessions), withJSON(plug), withJSON(unplug), withJSON(skip), withJSON(rotate),
		evFaultCommand(), evClearCommand(), evQuirkCommand())
	c.AddCommand(holdCommands()...)
	return c
}

func evFaultCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "fault NAME", Short: "Let something go wrong at the operator, until kassa ev clear", Args: words("NAME"),
		Long: `Let something go wrong at the simulated operator. Chargers: offline, refuse-start, start-fails, ignores-stop, quiet, no-tariff,
restricted, no-label. The link: refuse-token, refuse-fac.
Commands: result-lost. Bills: price (--price), cdr-late (--seconds), cdr-never, cdr-changed (--price), cdr-credit,
cdr-twice, cdr-differs, cdr-currency, cdr-early, cdr-unknown, cdr-reference.`,
		Example: "  kassa ev fault cdr-late --seconds 3600 --evse EVSE-1\n  kassa ev fault price --price 0",
		RunE: func(c *cobra.Command, args []string) error {
			ask := map[string]any{"kind": args[0], "evse": c.Flag("evse").Value.String()}
			for _, name := range []string{"price", "seconds"} {
				n, err := c.Flags().GetInt64(name)
				if err != nil {
					return err
				}
				ask[name] = n
			}
			return evAsk(c, http.MethodPost, "/fault", ask, evChargers)
		},
	}
	c.Flags().String("evse", "", "the charger; all of them without it")
	c.Flags().Int64("price", 0, "in minor units, with price and cdr-changed")
	c.Flags().Int64("seconds", 0, "with cdr-late")
	return withJSON(c)
}

func evClearCommand() *cobra.Command {
	return withJSON(&cobra.Command{
		Use: "clear", Short: "End all faults of the operator", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return evAsk(c, http.MethodDelete, "/fault", nil, evChargers)
		},
	})
}

func evQuirkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "quirk NAME", Short: "Let the operator depart from OCPI in a way that peers do", Args: words("NAME"),
		Long: `Let the operator depart from OCPI as peers do: raw-token, newline-token, lower-headers, no-routing, arrays,
null-data, other-price, timeout-zero, late-result, foreign-link, unknown-words, no-reference, no-last-updated.`,
		RunE: func(c *cobra.Command, args []string) error {
			off, err := c.Flags().GetBool("off")
			if err != nil {
				return err
			}
			return evAsk(c, http.MethodPost, "/quirk", map[string]any{"kind": args[0], "on": !off}, evChargers)
		},
	}
	c.Flags().Bool("off", false, "end it")
	return withJSON(c)
}

// evAsk asks the operator's control interface for something and shows the state that it answers with.
func evAsk(c *cobra.Command, method, path string, body any, show func(*cobra.Command, evState) error) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := kassa.call(c.Context(), method, evOperator+path, body, &raw); err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, raw)
	}
	var s evState
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	return show(c, s)
}

func evChargers(c *cobra.Command, s evState) error {
	rows := [][]string{{"EVSE", "LABEL", "STATUS", "CAR", "PER KWH", "FAULTS"}}
	for _, x := range s.Chargers {
		car := "–"
		if x.Car != nil {
			car = "plugged in"
		}
		var faults []string
		for _, f := range s.Faults {
			if f.EVSE == "" || strings.EqualFold(f.EVSE, x.EVSE) {
				faults = append(faults, f.Kind)
			}
		}
		rows = append(rows, []string{x.EVSE, x.Label, x.Status, car, evEuros(s.Tariff.PerKWh), strings.Join(append(faults, s.Quirks...), " ")})
	}
	return table(c, rows)
}

func evSessions(c *cobra.Command, s evState) error {
	rows := [][]string{{"REFERENCE", "EVSE", "STATUS", "KWH", "COST", "BILLED", "CAPTURE"}}
	for _, x := range s.Charges {
		capture, billed := "–", "no"
		if x.Billed {
			billed = "yes"
		}
		for _, f := range s.Confirmations {
			if strings.EqualFold(f.Reference, x.Reference) {
				capture = f.Status
			}
		}
		rows = append(rows, []string{x.Reference, x.EVSE, x.Status, fmt.Sprintf("%d.%03d", x.Wh/1000, x.Wh%1000), evEuros(x.Cost), billed, capture})
	}
	return table(c, rows)
}

func evEuros(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }
