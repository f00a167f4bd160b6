package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	NotFound    = 3
	NotApproved = 4 // the payment ended without money
	Unknown     = 5 // whether money moved is not known yet
)

// Failure is an error with its exit code and, for the person who reads it, the next step.
type Failure struct {
	Code int
	What string
	Next string
}

func (f Failure) Error() string {
	if f.Next == "" {
		return f.What
	}
	return f.What + "; " + f.Next
}

// said is a failure that has been told on stdout already, as part of the result.
type said struct{ code int }

func (s said) Error() string { return fmt.Sprintf("exit code %d", s.code) }

// New makes the root command with the client verbs, and with extra beside them.
func New(extra ...*cobra.Command) *cobra.Command {
	root := group("kassa", "In-person payments: the cloud, its simulated surroundings, and the verbs to work with them",
		browseCommand(), cardCommand(), casesCommand(), clockCommand(), doctorCommand(), groupsCommand(), incidentsCommand(), intentCommand(), keysCommand(), ordersCommand(), eventsCommand(), evCommand(), listenCommand(), operatorCommand(), scenarioCommand(), settingsCommand(), shopsCommand(), simCommand(), statusCommand(), terminalsCommand(), triggerCommand(), versionCommand())
	root.AddCommand(workshopCommands()...)
	for _, c := range extra {
		// "sim acquirer" joins the verbs of "sim" instead of hiding them.
		if same, _, err := root.Find([]string{c.Name()}); err == nil && same != root && c.HasSubCommands() {
			for _, sub := range c.Commands() {
				c.RemoveCommand(sub)
				same.AddCommand(sub)
			}
			continue
		}
		root.AddCommand(c)
	}
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return Failure{Usage, err.Error(), "see " + c.CommandPath() + " --help"}
	})
	return root
}

// Execute runs a command line (without the program's name) and returns the exit code. What went
// wrong is on the root's stderr then: a sentence, or with --json an object.
func Execute(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return OK
	}
	if s, ok := errors.AsType[said](err); ok {
		return s.code
	}
	f, ok := errors.AsType[Failure](err)
	if !ok {
		f.Code = Failed
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if !slices.Contains(args, "--json") { // as it was written: the flags may be what is wrong
		fmt.Fprintf(root.ErrOrStderr(), "kassa: %s\n", text)
		return f.Code
	}
	line, err := json.Marshal(struct {
		Code  int    `json:"code"`
		Error string `json:"error"`
		Next  string `json:"next,omitempty"`
	}{f.Code, strings.TrimSuffix(text, "; "+f.Next), f.Next})
	if err == nil {
		fmt.Fprintf(root.ErrOrStderr(), "%s\n", line)
	}
	return f.Code
}

// group is a command that only has others beneath it.
func group(use, short string, under ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2, DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			next := "see " + c.CommandPath() + " --help"
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				next = "did you mean " + c.CommandPath() + " " + near[0] + "?"
			}
			return Failure{Usage, fmt.Sprintf("there is no %s %s", c.CommandPath(), args[0]), next}
		},
	}
	c.AddCommand(under...)
	return c
}

// words checks that a command got its arguments, and no more.
func words(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		next := "write " + strings.TrimSpace(c.CommandPath()+" "+strings.Join(names, " "))
		switch {
		case len(args) < len(names):
			return Failure{Usage, names[len(args)] + " is missing", next}
		case len(args) > len(names):
			return Failure{Usage, "there are too many words", next}
		}
		return nil
	}
}
