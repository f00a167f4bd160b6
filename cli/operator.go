package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

const operatorPath = "/api/v1/operator/"

// operatorCommand is `kassa operator`: whom unattended terminals work for.
func operatorCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "operator", Short: "Platforms, contracts, set-ups and chargers that unattended terminals work for",
		Long: "What an account of a charge point operator has: " + "environments, providers, provider-environments, cpos, contracts, setups, stations, terminals, payments, incidents, bindings and requests; docs/operators.md has their fields.",
	}
	c.PersistentFlags().String("account", "", "whose; needed when the key sees several accounts")
	list := &cobra.Command{Use: "list KIND", Short: "List the things of a kind", Args: words("KIND"), Example: "  kassa operator list stations"}
	list.RunE = func(c *cobra.Command, args []string) error {
		return inWorld(c, func(_ *client, query url.Values) error {
			return printList(c, operatorPath+url.PathEscape(args[0]), query, operatorColumns(args[0]))
		})
	}
	show := operatorVerb(&cobra.Command{Use: "show KIND ID", Short: "Show one"}, []string{"KIND", "ID"}, func(_ *cobra.Command, args []string) (string, string, any, error) {
		return http.MethodGet, thingPath(args), nil, nil
	})
	put := operatorVerb(&cobra.Command{
		Use: "put KIND ID", Short: "Make one, or put it in the place of what was there; its fields are JSON from --file or the standard input",
		Example: `  echo '{"environment":"prod","cpo":"zuid"}' | kassa operator put stations S1`,
	}, []string{"KIND", "ID"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		body, err := bodyFrom(c)
		return http.MethodPut, thingPath(args), body, err
	})
	put.Flags().String("file", "-", "the file with its fields; - is the standard input")
	take := operatorVerb(&cobra.Command{Use: "delete KIND ID", Short: "Take one away"}, []string{"KIND", "ID"}, func(_ *cobra.Command, args []string) (string, string, any, error) {
		return http.MethodDelete, thingPath(args), nil, nil
	})
	standings := &cobra.Command{Use: "terminals", Short: "List terminals per environment of a provider, with activation and configuration", Args: words()}
	standings.Flags().String("provider-env", "", "those of one environment of a provider only")
	standings.RunE = func(c *cobra.Command, _ []string) error {
		return inWorld(c, func(kassa *client, query url.Values) error {
			if env := c.Flag("provider-env").Value.String(); env != "" {
				query.Set("provider_env", env)
			}
			return printStandings(c, kassa, query)
		})
	}
	answer := operatorVerb(&cobra.Command{Use: "answer REQUEST TEXT", Short: "Note what a provider answered"}, []string{"REQUEST", "TEXT"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodPost, operatorPath + "requests/" + url.PathEscape(args[0]) + "/answer", object{"answer": args[1]}, nil
		})
	c.AddCommand(withJSON(list), show, put, take, providerKeyCommand(), withJSON(standings), checkCommand(false), checkCommand(true), requestCommand(), answer)
	return c
}

func thingPath(args []string) string {
	return operatorPath + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
}

// operatorColumns are those that people look for in a list of a kind.
func operatorColumns(kind string) []column {
	of := map[string]string{
		"environments": "platform name kind", "providers": "name status_feed status_page", "provider-environments": "provider kind portal answered",
		"cpos": "environment external_id name", "contracts": "cpo customer_reference contactless", "setups": "environment cpo_external_id contract merchant_id status",
		"stations": "environment cpo contract online", "terminals": "provider_env serial family activation online", "payments": "scope of hold currency over_commit increments",
		"incidents": "provider kind title began ended", "bindings": "station entered_serial provider despite at", "requests": "provider_env cpo_external_id asks status at",
	}[kind]
	list := []column{{"ID", "id"}}
	for field := range strings.FieldsSeq(of) {
		list = append(list, column{strings.ToUpper(strings.ReplaceAll(field, "_", " ")), field})
	}
	return list
}

// inWorld does something about one account: the one of --account, the key's own, or the only one that the key sees.
func inWorld(c *cobra.Command, do func(kassa *client, query url.Values) error) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	account, err := whoseWorld(c.Context(), kassa, c.Flag("account").Value.String())
	if err != nil {
		return err
	}
	return do(kassa, url.Values{"account": {account}})
}

func whoseWorld(ctx context.Context, kassa *client, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	var me struct{ Account string }
	if err := kassa.get(ctx, "/api/v1/me", &me); err != nil || me.Account != "" {
		return me.Account, err
	}
	list, err := kassa.all(ctx, accountsPath, nil)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", Failure{Usage, fmt.Sprintf("the key sees %d accounts", len(list)), "name one with --account"}
	}
	var one struct{ ID string }
	err = json.Unmarshal(list[0], &one)
	return one.ID, err
}

// operatorVerb asks for one step in an account's world and shows what it gives.
func operatorVerb(c *cobra.Command, args []string, ask func(c *cobra.Command, args []string) (method, path string, body any, err error)) *cobra.Command {
	return doCommand(c, args, func(c *cobra.Command, args []string) (method, path string, body any, err error) {
		if method, path, body, err = ask(c, args); err != nil {
			return method, path, body, err
		}
		err = inWorld(c, func(_ *client, query url.Values) error {
			path += "?" + query.Encode()
			return nil
		})
		return method, path, body, err
	})
}

// maxThing is how many bytes the fields of a thing may have.
const maxThing = 64 << 10

func bodyFrom(c *cobra.Command) (json.RawMessage, error) {
	in, name := c.InOrStdin(), c.Flag("file").Value.String()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, Failure{Usage, err.Error(), "name a file with the fields as JSON"}
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxThing))
	if err != nil || !json.Valid(raw) {
		return nil, Failure{Usage, "the fields are not JSON", "write one JSON object"}
	}
	return raw, nil
}

// checkCommand is the check of a terminal at a charger, alone or before it is bound.
func checkCommand(binds bool) *cobra.Command {
	c := &cobra.Command{
		Use: "check STATION SERIAL", Short: "What would keep a terminal from taking payments at a charger", Args: words("STATION", "SERIAL"),
		Example: "  kassa operator check S1 P-100 --provider payco",
	}
	if binds {
		c.Use, c.Short = "bind STATION SERIAL", "Bind a terminal to a charger, after the checks"
		c.Example = "  kassa operator bind S1 P-100 --provider payco"
		c.Flags().Bool("despite", false, "bind although the checks find something")
		c.Flags().String("evse", "", "to one EVSE of the charger only")
	}
	c.Flags().String("provider", "kassa", "the provider of the terminal")
	c.RunE = func(c *cobra.Command, args []string) error {
		body := flagged(c, "despite", "evse")
		body["station"], body["serial"], body["provider"] = args[0], args[1], c.Flag("provider").Value.String()
		return inWorld(c, func(kassa *client, query url.Values) error { return runChecks(c, kassa, binds, query, body) })
	}
	return withJSON(c)
}

// checkFinding is what one rule of the checks came to.
type checkFinding struct {
	Rule, Verdict, Cause, Fix, Owner string
	Evidence                         []string
}

// runChecks shows what the checks find; it fails when that keeps the terminal from being ready. With binds it is bound
// when nothing does, or when whoever binds knows.
func runChecks(c *cobra.Command, kassa *client, binds bool, query url.Values, body map[string]any) error {
	var found struct {
		Ready    bool           `json:"ready"`
		Findings []checkFinding `json:"findings"`
	}
	wish := map[string]any{"station": body["station"], "serial": body["serial"], "provider": body["provider"]}
	if err := kassa.call(c.Context(), http.MethodPost, operatorPath+"checks?"+query.Encode(), wish, &found); err != nil {
		return err
	}
	if !binds && asJSON(c) {
		if err := printJSON(c, found); err != nil {
			return err
		}
	} else if !asJSON(c) {
		if err := printFindings(c, found.Findings); err != nil {
			return err
		}
	}
	switch {
	case !binds && !found.Ready:
		return Failure{Failed, "a payment would not get through", "put it right before you bind it"}
	case !binds:
		return nil
	case !found.Ready && body["despite"] != true:
		return Failure{Failed, "nothing was bound: a payment would not get through", "put it right, or bind it all the same with --despite"}
	}
	var made object
	if err := kassa.call(c.Context(), http.MethodPost, operatorPath+"bindings?"+query.Encode(), body, &made); err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, made)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "\nBound: %s at %s.\n", made.text("entered_serial"), made.text("station"))
	return err
}

// printFindings shows each check in a line, and under those that did not pass the cause, the fix and who can do it.
func printFindings(c *cobra.Command, list []checkFinding) error {
	out := c.OutOrStdout()
	var text strings.Builder
	for _, f := range list {
		mark := fmt.Sprintf("%-8s", f.Verdict)
		says := f.Cause
		switch f.Verdict {
		case "pass":
			mark, says = paint(out, green, mark), strings.Join(f.Evidence, "; ")
		case "fail":
			mark = paint(out, red, mark)
		case "consequence":
			mark = paint(out, faint, "follows ")
		}
		fmt.Fprintf(&text, "%s %-4s %s\n", mark, f.Rule, plain(says))
		if f.Verdict == "pass" || f.Verdict == "consequence" {
			continue
		}
		for _, line := range [][2]string{{"seen", strings.Join(f.Evidence, "; ")}, {"fix", f.Fix}, {"by", f.Owner}} {
			if line[1] != "" {
				fmt.Fprintf(&text, "              %s %s\n", paint(out, faint, fmt.Sprintf("%-4s", line[0])), plain(line[1]))
			}
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func printStandings(c *cobra.Command, kassa *client, query url.Values) error {
	list, err := kassa.all(c.Context(), operatorPath+"standings", query)
	if err != nil {
		return err
	}
	rows, err := rowsOf(c, list, func(o object) []string {
		stands := "ready"
		if o["ready"] != true {
			stands = "not bound"
			if o.text("station") != "-" {
				stands = firstCause(o)
			}
		}
		return []string{o.text("serial"), o.text("provider") + " " + o.text("kind"), o.text("activation"), o.text("manageable"), o.text("station"), o.text("setup"), stands}
	})
	if err != nil || asJSON(c) {
		return err
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(c.OutOrStdout(), "There are none.")
		return err
	}
	return table(c, append([][]string{{"SERIAL", "PROVIDER", "ACTIVATION", "MANAGED", "CHARGER", "SET-UP", "STANDS"}}, rows...))
}

// firstCause is the cause of the first finding of a standing.
func firstCause(o object) string {
	list, _ := o["findings"].([]any)
	for _, one := range list {
		if f, ok := one.(map[string]any); ok {
			return fmt.Sprint(f["rule"], ": ", f["cause"])
		}
	}
	return "not ready"
}

func requestCommand() *cobra.Command {
	c := operatorVerb(&cobra.Command{
		Use: "request ASKS", Short: "Ask a provider to activate, move, share or take_over terminals, or to set up contactless",
		Example: "  kassa operator request activate --provider-env payco-prod --cpo zuid --serial P-100",
	}, []string{"ASKS"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		serials, err := c.Flags().GetStringSlice("serial")
		body := object{"asks": args[0], "serials": serials, "provider_env": c.Flag("provider-env").Value.String(), "cpo": c.Flag("cpo").Value.String(), "contract": c.Flag("contract").Value.String(), "note": c.Flag("note").Value.String()}
		return http.MethodPost, operatorPath + "requests", body, err
	})
	c.Flags().String("provider-env", "", "the provider's environment that is meant")
	c.Flags().String("cpo", "", "for whose chargers")
	c.Flags().String("contract", "", "for one contract only")
	c.Flags().String("note", "", "what else to say")
	c.Flags().StringSlice("serial", nil, "a terminal; may be given more than once")
	return c
}

// providerKeyCommand keeps the key of a provider's environment. It comes from the standard input, so that no shell
// remembers it.
func providerKeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "key ENV", Short: "Keep the key that opens a provider's environment; it is read from the standard input and never shown",
		Args: words("ENV"), Example: "  kassa operator key payco-prod < key.txt",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		raw, err := io.ReadAll(io.LimitReader(c.InOrStdin(), maxThing))
		if err != nil {
			return Failure{Usage, "the key cannot be read: " + err.Error(), "give it on the standard input"}
		}
		return inWorld(c, func(kassa *client, query url.Values) error {
			path := operatorPath + "provider-environments/" + url.PathEscape(args[0]) + "/key?" + query.Encode()
			if err := kassa.tell(c.Context(), http.MethodPut, path, object{"key": strings.TrimSpace(string(raw))}); err != nil {
				return err
			}
			return printObject(c, object{"done": true})
		})
	}
	return withJSON(c)
}
