package cli

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kassa/cli/story"
)

//go:embed triggers.yaml
var triggers string

func triggerCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "trigger [EVENT]", Short: "Let something happen to a payment, to see what a register makes of it",
		Args: cobra.MaximumNArgs(1), Example: "  kassa trigger\n  kassa trigger payment.soft_declined",
		Long: `Make an order, and let a virtual terminal and its customer do what leads to an event. Without EVENT it
lists the events.

The webhooks go to the installation's own inbox; kassa listen passes them on to your program.

Exit codes: 0 it happened, 1 it did not.`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var list []cobra.Completion
			if s, err := readTriggers(); err == nil {
				for _, sc := range s.Scenarios {
					list = append(list, cobra.CompletionWithDesc(sc.Name, sc.About))
				}
			}
			return list, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: trigger,
	}
	c.Flags().String("terminal", "", "the terminal, by TID (default: KASSA_TERMINAL_ID)")
	_ = c.RegisterFlagCompletionFunc("terminal", liveTerminals)
	return withJSON(c)
}

func readTriggers() (story.Story, error) {
	return story.Read("triggers.yaml", strings.NewReader(triggers), knownFaults())
}

func trigger(c *cobra.Command, args []string) error {
	s, err := readTriggers()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return listTriggers(c, s)
	}
	i := slices.IndexFunc(s.Scenarios, func(sc story.Scenario) bool { return sc.Name == args[0] })
	if i < 0 {
		return Failure{Usage, fmt.Sprintf("there is no event %q", args[0]), "kassa trigger lists them"}
	}
	till, err := newRegister()
	if err != nil {
		return err
	}
	o, err := playScenario(c, till, s, s.Scenarios[i])
	if err != nil {
		return err
	}
	if err := printOutcome(c, o); err != nil {
		return err
	}
	if !o.OK {
		return said{Failed}
	}
	return nil
}

func listTriggers(c *cobra.Command, s story.Story) error {
	rows := [][]string{{"EVENT", "WHAT HAPPENS"}}
	for _, sc := range s.Scenarios {
		if asJSON(c) {
			if err := printJSON(c, map[string]string{"event": sc.Name, "about": sc.About}); err != nil {
				return err
			}
		}
		rows = append(rows, []string{sc.Name, sc.About})
	}
	if asJSON(c) {
		return nil
	}
	return table(c, rows)
}
