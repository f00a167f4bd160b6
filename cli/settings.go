package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// owners are the flags that say whose settings are meant, with the paths of the resources.
var owners = [...]struct{ flag, path string }{
	{"account", accountsPath}, {"group", groupsPath}, {"shop", shopsPath}, {"terminal", terminalsPath},
}

func settingsCommand() *cobra.Command {
	show := &cobra.Command{
		Use: "settings", Short: "Show settings with their origin; what a terminal is to have beside what it has", Args: words(),
		Long: `Settings are inherited: account, group, shop, terminal; the nearest wins. ORIGIN is the level that a value comes
from. For a terminal REPORTED is what it says it is set to.`,
		Example: "  kassa settings --terminal 00000ABC\n  kassa settings set --group 107265 localization.language=nl",
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := ownerOf(c)
			if err != nil {
				return err
			}
			return printSettings(c, http.MethodGet, path, nil)
		},
	}
	show.Flags().Bool("all", false, "those too that nobody has set")
	set := &cobra.Command{
		Use: "set NAME=VALUE…", Short: "Set some settings of a level: all of them or none",
		RunE: func(c *cobra.Command, args []string) error {
			values := map[string]json.RawMessage{}
			for _, a := range args {
				name, value, ok := strings.Cut(a, "=")
				if !ok {
					return Failure{Usage, plain(a) + " is not NAME=VALUE", "kassa settings names lists the names"}
				}
				values[name] = jsonOf(value)
			}
			return changeSettings(c, map[string]any{"set": values}, len(values))
		},
	}
	unset := &cobra.Command{
		Use: "unset NAME…", Short: "Leave some settings of a level to the levels above",
		RunE: func(c *cobra.Command, args []string) error {
			return changeSettings(c, map[string]any{"unset": args}, len(args))
		},
	}
	for _, c := range []*cobra.Command{show, set, unset} {
		for _, o := range owners {
			c.Flags().String(o.flag, "", "of this "+o.flag+", by id")
		}
	}
	names := listCommand(&cobra.Command{Use: "names", Short: "List what can be set"}, "/api/v1/settings-definitions", nil,
		column{"NAME", "name"}, column{"FORM", "form"}, column{"SET BY", "by"}, column{"PUSHED", "pushed"}, column{"DEFAULT", "default"})
	show.AddCommand(withJSON(set), withJSON(unset), names, wishCommands())
	return withJSON(show)
}

func ownerOf(c *cobra.Command) (string, error) {
	path := ""
	for _, o := range owners {
		f := c.Flag(o.flag)
		switch {
		case !f.Changed:
		case path != "":
			return "", Failure{Usage, "name one owner", "write --account, --group, --shop or --terminal, one of them"}
		default:
			path = at(o.path, f.Value.String(), "settings")
		}
	}
	if path == "" {
		return "", Failure{Usage, "whose settings?", "write --account, --group, --shop or --terminal with an id"}
	}
	return path, nil
}

func changeSettings(c *cobra.Command, body map[string]any, n int) error {
	path, err := ownerOf(c)
	if err != nil {
		return err
	}
	if n == 0 {
		return Failure{Usage, "no setting is named", "kassa settings names lists the names"}
	}
	return printSettings(c, http.MethodPatch, path, body)
}

func printSettings(c *cobra.Command, method, path string, body any) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var answer struct {
		Version  uint64
		Reported *struct {
			Version uint64
			At      string
			Current bool
		}
		Data []json.RawMessage
	}
	if err := kassa.call(c.Context(), method, path, body, &answer); err != nil {
		return err
	}
	all := c.Flags().Lookup("all") != nil && c.Flag("all").Value.String() == "true"
	rows, err := rowsOf(c, answer.Data, func(o object) []string {
		origin := o.text("origin.level")
		if !all && (origin == "-" || origin == "default") {
			return nil
		}
		if id := o.text("origin.id"); id != "-" {
			origin += " " + id
		}
		return []string{o.text("name"), valueOf(o["value"]), origin, valueOf(o["reported"]), o.text("refused")}
	})
	if err != nil || asJSON(c) {
		return err
	}
	out := c.OutOrStdout()
	if r := answer.Reported; r != nil {
		state := paint(out, green, "the terminal has them")
		if !r.Current {
			state = paint(out, yellow, fmt.Sprintf("the terminal has version %d of %d", r.Version, answer.Version))
		}
		fmt.Fprintf(out, "%s, as of %s\n", state, moment(r.At))
	} else if answer.Version > 0 {
		fmt.Fprintln(out, paint(out, yellow, "the terminal has not said what it is set to"))
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "Nothing is set; --all shows the defaults.")
		return err
	}
	return table(c, append([][]string{{"NAME", "VALUE", "ORIGIN", "REPORTED", "REFUSED"}}, rows...))
}

// wishCommands are about what merchants ask of the operator.
func wishCommands() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "wishes", Short: "List what was asked of the operator"}, wishesPath, []string{"status: open, granted or refused"},
		column{"ID", "id"}, column{"TERMINAL", "tid"}, column{"SETTING", "setting"}, column{"VALUE", "value"}, column{"STATUS", "status"},
		column{"BY", "by"}, column{"AT", "at"})
	for _, step := range [...][2]string{{"grant", "Do what was asked"}, {"refuse", "Leave it as it is"}} {
		c.AddCommand(doCommand(&cobra.Command{Use: step[0] + " WISH", Short: step[1]}, []string{"WISH"},
			func(_ *cobra.Command, args []string) (string, string, any, error) {
				return http.MethodPost, at(wishesPath, args[0], step[0]), struct{}{}, nil
			}))
	}
	ask := doCommand(&cobra.Command{
		Use: "ask TERMINAL NAME=VALUE", Short: "Ask the operator for a setting that only the operator changes",
		Example: "  kassa settings wishes ask 00000ABC cloud.webSocketEnabled=true",
	}, []string{"TERMINAL", "NAME=VALUE"}, func(_ *cobra.Command, args []string) (string, string, any, error) {
		name, value, ok := strings.Cut(args[1], "=")
		if !ok {
			return "", "", nil, Failure{Usage, plain(args[1]) + " is not NAME=VALUE", ""}
		}
		return http.MethodPost, at(terminalsPath, args[0], "settings-wishes"), map[string]any{"setting": name, "value": jsonOf(value)}, nil
	})
	c.AddCommand(ask)
	return c
}

// valueOf shows the value of a setting as it is written in `set`.
func valueOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "-"
	}
	return string(text)
}
