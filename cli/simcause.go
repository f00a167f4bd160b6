package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli/cause"
)

// causeTime bounds the making of a cause.
const causeTime = 2 * time.Minute

// causeCommand makes a cause that the doctor knows, in a shop of its own.
func causeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "cause CODE", Short: "Make a cause that the doctor knows happen, in a shop of its own", Args: words("CODE"),
		Long: `Make something go wrong for real, in a shop made for it (an account with a group, keys and a virtual
terminal), and do what its user does; then ask kassa doctor about it. kassa sim causes lists the codes.`,
		Example: "  kassa sim cause tampered\n  kassa sim cause webhook_redirects",
		RunE:    func(c *cobra.Command, args []string) error { return makeCause(c, args[0]) },
	}
	return withJSON(c)
}

func causesCommand() *cobra.Command {
	return withJSON(&cobra.Command{
		Use: "causes", Short: "List the causes that can be made to happen", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return listCauses(c) },
	})
}

func listCauses(c *cobra.Command) error {
	rows := [][]string{{"CAUSE", "WHERE", "WHAT HAPPENS"}}
	for _, r := range cause.Recipes() {
		name := r.Code
		if r.Name != "" {
			name += ":" + r.Name
		}
		what := r.What
		if r.Whole {
			what += " (breaks the whole installation)"
		}
		if asJSON(c) {
			if err := printJSON(c, map[string]any{"cause": name, "where": r.Layer, "what": r.What, "whole": r.Whole}); err != nil {
				return err
			}
		}
		rows = append(rows, []string{name, string(r.Layer), what})
	}
	if asJSON(c) {
		return nil
	}
	return table(c, rows)
}

// recipe finds a recipe by CODE or CODE:NAME.
func recipe(code string) (cause.Recipe, bool) {
	code, name, _ := strings.Cut(code, ":")
	list := cause.Recipes()
	i := slices.IndexFunc(list, func(r cause.Recipe) bool { return r.Code == code && r.Name == name })
	if i < 0 {
		return cause.Recipe{}, false
	}
	return list[i], true
}

func isCause(code string) bool {
	_, ok := recipe(code)
	return ok
}

func makeCause(c *cobra.Command, code string) error {
	r, ok := recipe(code)
	if !ok {
		return Failure{Usage, "there is no such cause to make", "kassa sim causes lists them"}
	}
	kassa, err := newClient()
	if err != nil {
		return err
	}
	lab := &cause.Lab{
		URL: kassa.at.URL, Token: kassa.at.Token, Client: kassa.http, Every: 100 * time.Millisecond,
		Name: func() string { return rand.Text()[:8] },
	}
	ctx, cancel := context.WithTimeout(c.Context(), causeTime)
	defer cancel()
	shop, about, err := r.Make(ctx, lab)
	if err != nil {
		return Failure{Failed, "the cause could not be made: " + err.Error(), "try again"}
	}
	if asJSON(c) {
		return printJSON(c, map[string]any{"cause": r.Code, "subject": about, "account": shop.Account, "group": shop.Group, "terminal": shop.TID, "key": shop.Key})
	}
	ask := strings.TrimSpace("kassa doctor " + about.Type + " " + about.ID)
	out := c.OutOrStdout()
	_, err = fmt.Fprintf(out, "%s %s\n  account %s, terminal %s (%s)\n  now ask: %s\n", paint(out, green, "✓"), plain(r.What), plain(shop.Account), plain(shop.TID), plain(shop.POIID), plain(ask))
	return err
}
