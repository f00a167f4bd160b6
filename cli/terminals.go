package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
)

const terminalsPath = "/api/v1/terminals"

// terminal is what other verbs need of one terminal of /api/v1/terminals.
type terminal struct {
	TID    string `json:"tid"`
	POIID  string `json:"poiid"`
	Name   string `json:"name"`
	Group  string `json:"group"`
	Online bool   `json:"online"`
}

func (c *client) terminals(ctx context.Context) ([]terminal, error) {
	list, err := c.all(ctx, terminalsPath, nil)
	if err != nil {
		return nil, err
	}
	out := make([]terminal, len(list))
	for i, raw := range list {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, Failure{Failed, "the answer of " + c.at.URL + " is not what Kassa writes", "check KASSA_URL"}
		}
	}
	return out, nil
}

func terminalsCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "terminals", Short: "List the terminals, and whether each can be reached now"}, terminalsPath,
		[]string{
			"account: of this account only", "group: of this group only", "shop: of this shop only",
			"state: boarded, active, blocked, tampered, developer, inventory or retired", "reach: online, stale, offline or unknown",
			"q: whose name, TID or POIID has this text",
		},
		column{"TID", "tid"}, column{"POIID", "poiid"}, column{"NAME", "name"}, column{"GROUP", "group"}, column{"SHOP", "shop"},
		column{"STATE", "state"}, column{"REACH", "reach.state"}, column{"SINCE", "reach.since"}, column{"REASON", "reach.reason"})
	c.AddCommand(stockCommands()...)
	c.AddCommand(lifeCommands()...)
	c.AddCommand(testCommand(), historyCommand(), importCommand(), watchCommand())
	return c
}

// lifeCommands are the steps of a terminal's life.
func lifeCommands() []*cobra.Command {
	step := func(use, short, verb string, flags ...string) *cobra.Command {
		c := doCommand(&cobra.Command{Use: use + " TERMINAL", Short: short}, []string{"TERMINAL"},
			func(c *cobra.Command, args []string) (string, string, any, error) {
				return http.MethodPost, at(terminalsPath, args[0], verb), flagged(c, flags...), nil
			})
		return c
	}
	show := doCommand(&cobra.Command{Use: "show TERMINAL", Short: "Show one terminal"}, []string{"TERMINAL"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodGet, at(terminalsPath, args[0]), nil, nil
		})
	move := doCommand(&cobra.Command{
		Use: "move TERMINAL", Short: "Give a terminal another group or shop, or put it into the inventory",
		Example: "  kassa terminals move 00000ABC --group 57958 --shop pier",
	}, []string{"TERMINAL"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		return http.MethodPatch, at(terminalsPath, args[0]), flagged(c, "group", "shop", "inventory"), nil
	})
	move.Flags().String("group", "", "group, by id or name")
	move.Flags().String("shop", "", "shop, by id or reference; empty takes it out of its shop")
	move.Flags().Bool("inventory", false, "of its account, where it takes no payments")
	block := step("block", "Let a terminal take no payments until it is unblocked", "block", "why")
	unblock := step("unblock", "Let a blocked terminal take payments again", "unblock", "why")
	for _, c := range []*cobra.Command{block, unblock} {
		c.Flags().String("why", "", "for the record, and for the terminal's screen")
	}
	developer := doCommand(&cobra.Command{Use: "developer-mode TERMINAL on", Short: "Note that the device of a terminal is in developer mode, for ever"}, []string{"TERMINAL", "on"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			switch args[1] {
			case "on":
			case "off":
				return "", "", nil, Failure{Usage, "developer mode cannot be left", "kassa returns ask " + plain(args[0]) + " has the device replaced"}
			default:
				return "", "", nil, Failure{Usage, plain(args[1]) + " is not on", ""}
			}
			return http.MethodPost, at(terminalsPath, args[0], "developer-mode"), map[string]bool{"on": true}, nil
		})
	back := doCommand(&cobra.Command{Use: "return POIID", Short: "Take a device out of use and open a return"}, []string{"POIID"},
		func(c *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodPost, at(devicesPath, args[0], "return"), flagged(c, "why"), nil
		})
	back.Flags().String("why", "", "what is wrong with it")
	inspected := doCommand(&cobra.Command{Use: "inspected POIID", Short: "End the tamper alarm of a device that has been looked at: it may have keys again"}, []string{"POIID"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodDelete, at(devicesPath, args[0], "tampered"), nil, nil
		})
	return []*cobra.Command{
		show, move, block, unblock, developer, back, inspected,
		step("code", "Make a new activation code; the former one is void", "code"),
		step("unbind", "Part a terminal from its device, which forgets who it was; gives a new code", "unbind"),
	}
}

// testCommand climbs the ladder of the connection test, each rung as it is known.
func testCommand() *cobra.Command {
	return withJSON(&cobra.Command{
		Use: "test TERMINAL", Short: "Test the connection of a terminal step by step", Args: words("TERMINAL"),
		Long: `Test the connection of a terminal, in the order in which each step depends on those before it. The first step that
fails is the cause; later ones are skipped. The exit code is 1 when the terminal is disconnected.`,
		RunE: func(c *cobra.Command, args []string) error {
			kassa, err := newClient()
			if err != nil {
				return err
			}
			var verdict struct {
				Verdict, Headline, Reason, Fix string
				Connected                      bool
			}
			err = kassa.lines(c.Context(), http.MethodPost, at(terminalsPath, args[0], "test"), nil, func(line []byte) error {
				if asJSON(c) {
					if err := printLine(c, line); err != nil {
						return err
					}
				}
				var rung struct {
					N                     int
					Title, Result, Detail string
					MS                    int64
				}
				if err := json.Unmarshal(line, &rung); err != nil {
					return Failure{Failed, "the answer is not what Kassa writes", "check KASSA_URL"}
				}
				if rung.N == 0 {
					return json.Unmarshal(line, &verdict)
				}
				if asJSON(c) {
					return nil
				}
				return printRung(c.OutOrStdout(), rung.N, rung.Title, rung.Result, rung.Detail, rung.MS)
			})
			if err != nil {
				return err
			}
			if verdict.Verdict == "" {
				return Failure{Failed, "the test ended before its verdict", "try again"}
			}
			if !asJSON(c) {
				printVerdict(c.OutOrStdout(), verdict.Connected, verdict.Verdict, verdict.Headline, verdict.Fix)
			}
			if !verdict.Connected {
				return said{Failed}
			}
			return nil
		},
	})
}

func printRung(out io.Writer, n int, title, result, detail string, ms int64) error {
	mark, text := paint(out, green, "✓"), plain(title)
	switch result {
	case "fail":
		mark = paint(out, red, "✗")
	case "skipped":
		mark, text = paint(out, faint, "–"), paint(out, faint, text)
	}
	if detail != "" {
		text += paint(out, faint, "  "+plain(detail))
	}
	if ms > 0 {
		text += paint(out, faint, fmt.Sprintf("  %d ms", ms))
	}
	_, err := fmt.Fprintf(out, "%2d %s %s\n", n, mark, text)
	return err
}

func printVerdict(out io.Writer, connected bool, verdict, headline, fix string) {
	colour := red
	if connected {
		colour = green
	}
	fmt.Fprintf(out, "\n%s\n", paint(out, colour, plain(verdict)))
	if headline != "" && headline != verdict {
		fmt.Fprintln(out, plain(headline))
	}
	if fix != "" {
		fmt.Fprintln(out, "→ "+plain(fix))
	}
}

func historyCommand() *cobra.Command {
	return withJSON(&cobra.Command{
		Use: "history TERMINAL", Short: "List when a terminal could be reached, and when not and why", Args: words("TERMINAL"),
		RunE: func(c *cobra.Command, args []string) error {
			return printList(c, at(terminalsPath, args[0], "history"), nil,
				[]column{{"AT", "at"}, {"STATE", "state"}, {"REASON", "reason"}})
		},
	})
}

// watchCommand follows who comes and goes.
func watchCommand() *cobra.Command {
	return withJSON(&cobra.Command{
		Use: "watch", Short: "Show live which terminals can be reached", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			kassa, err := newClient()
			if err != nil {
				return err
			}
			show := func(raw json.RawMessage) error {
				if asJSON(c) {
					return printLine(c, raw)
				}
				var o object
				if err := json.Unmarshal(raw, &o); err != nil {
					return err
				}
				out, state := c.OutOrStdout(), o.text("reach.state")
				shade, known := map[string]colour{"online": green, "stale": yellow, "offline": red}[state]
				if !known {
					shade = faint
				}
				reason := o.text("reach.reason")
				if reason == "-" {
					reason = ""
				}
				_, err := fmt.Fprintf(out, "%s  %s  %s  %s  %s\n", time.Now().Format(time.TimeOnly), plain(o.text("tid")), paint(out, shade, state), plain(o.text("name")), plain(reason))
				return err
			}
			err = kassa.follow(c.Context(), stream{
				ask: func(ctx context.Context) (*http.Request, error) {
					r, err := kassa.operator("/api/v1/presence")(ctx)
					if err == nil {
						r.Header.Set("Accept", "text/event-stream")
					}
					return r, err
				},
				each: func(event string, data []byte) error {
					if event != "terminals" {
						return show(data)
					}
					var all struct{ Terminals []json.RawMessage }
					if err := json.Unmarshal(data, &all); err != nil {
						return err
					}
					for _, t := range all.Terminals {
						if err := show(t); err != nil {
							return err
						}
					}
					return nil
				},
				lost: func() { noteLost(c) },
			})
			if errors.Is(err, context.Canceled) {
				return nil // Ctrl-C is how one leaves
			}
			return err
		},
	})
}

// importCommand boards many terminals at once.
func importCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "import FILE", Short: "Board the terminals of a CSV file, all of them or none", Args: words("FILE"),
		Long: `Board the terminals of a CSV file (- is stdin) with the columns poiid,name,group,shop,provider: the group by its id or
name, the shop by its id or reference. Nothing is boarded when
a row is wrong; each such row is named with its reason. Activation codes are shown here and never again.`,
		RunE: func(c *cobra.Command, args []string) error {
			rows, err := readFile(c, args[0])
			if err != nil {
				return err
			}
			kassa, err := newClient()
			if err != nil {
				return err
			}
			query := url.Values{"dry_run": {c.Flag("dry-run").Value.String()}}
			if account := c.Flag("account").Value.String(); account != "" {
				query.Set("account", account)
			}
			return importRows(c, kassa, terminalsPath+"/import?"+query.Encode(), rows)
		},
	}
	c.Flags().String("account", "", "whose terminals they are")
	c.Flags().Bool("dry-run", false, "check the file and board nothing")
	return withJSON(c)
}

func readFile(c *cobra.Command, name string) ([]byte, error) {
	var rows []byte
	var err error
	if name == "-" {
		rows, err = io.ReadAll(io.LimitReader(c.InOrStdin(), maxAnswer))
	} else {
		rows, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, Failure{Usage, "the file cannot be read: " + err.Error(), ""}
	}
	return rows, nil
}

func importRows(c *cobra.Command, kassa *client, path string, rows []byte) error {
	r, err := http.NewRequestWithContext(c.Context(), http.MethodPost, kassa.at.URL+path, bytes.NewReader(rows))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "text/csv")
	r.Header.Set("Authorization", "Bearer "+kassa.at.Token)
	answer, err := kassa.http.Do(r)
	if err != nil {
		return kassa.unreachable(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return kassa.unreachable(err)
	}
	var told struct {
		Rows   []json.RawMessage
		Detail string
		Errors []struct {
			Line            int
			Pointer, Detail string
		}
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return Failure{Failed, "the answer of " + kassa.at.URL + " is not what Kassa writes", "check KASSA_URL"}
	}
	if answer.StatusCode/100 != 2 {
		for _, e := range told.Errors {
			where := plain(e.Pointer)
			if e.Line > 0 {
				where = fmt.Sprintf("line %d", e.Line)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s %s: %s\n", paint(c.OutOrStdout(), red, "✗"), where, plain(e.Detail))
		}
		return Failure{Usage, plain(told.Detail), "nothing was boarded"}
	}
	list, err := rowsOf(c, told.Rows, func(o object) []string {
		return []string{o.text("line"), o.text("tid"), o.text("poiid"), o.text("name"), o.text("code")}
	})
	if err != nil || asJSON(c) {
		return err
	}
	return table(c, append([][]string{{"LINE", "TID", "POIID", "NAME", "CODE"}}, list...))
}
