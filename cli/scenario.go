package cli

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli/story"
)

func scenarioCommand() *cobra.Command {
	run := &cobra.Command{
		Use: "run FILE...", Short: "Play scenarios against a running test installation",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return Failure{Usage, "FILE is missing", "write kassa scenario run FILE"}
			}
			return nil
		},
		Long: `Play the scenarios of YAML files, one after the other: a register makes orders over MultiSafepay's API,
somebody presents cards and presses keys, faults are set, and what must come of it is compared with the
order, its event stream, the terminal's screens, the webhooks and the issuer's own books.
docs/scenarios.md lists the steps.

Exit codes: 0 all went as they say, 1 one did not, 2 a file is wrong and nothing was played.`,
		Example: "  kassa scenario run docs/examples/register.yaml --junit register.xml",
		RunE:    runScenarios,
	}
	run.Flags().String("junit", "", "file to write the results to, for a CI")
	run.Flags().String("terminal", "", "the terminal, by TID (default: the file's, else KASSA_TERMINAL_ID)")
	run.Flags().String("only", "", "only scenarios whose name holds this")
	run.Flags().Bool("verbose", false, "print every step")
	_ = run.RegisterFlagCompletionFunc("terminal", liveTerminals)
	return group("scenario", "Scenarios for a register's CI", withJSON(run))
}

func knownFaults() (f story.Faults) {
	for _, name := range faultNames() {
		if name.Of == acquirerName {
			f.Acquirer = append(f.Acquirer, name.Name)
		} else {
			f.Terminal = append(f.Terminal, name.Name)
		}
	}
	return f
}

// outcome is how one scenario went.
type outcome struct {
	File     string            `json:"file"`
	Scenario string            `json:"scenario"`
	OK       bool              `json:"ok"`
	Seconds  float64           `json:"seconds"`
	Line     int               `json:"line,omitempty"` // of the step that went wrong
	Step     string            `json:"step,omitempty"`
	Failure  string            `json:"failure,omitempty"`
	Expected string            `json:"expected,omitempty"`
	Saw      string            `json:"saw,omitempty"`
	Orders   map[string]string `json:"orders"` // order ids by their names in the story

	log    []string
	broken bool // it could not be played, which says nothing of the register
}

func runScenarios(c *cobra.Command, files []string) error {
	var stories []story.Story
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return Failure{Usage, name + " cannot be opened", "check its path"}
		}
		s, err := story.Read(name, f, knownFaults())
		_ = f.Close() // it was only read
		if err != nil {
			return Failure{Usage, err.Error(), "docs/scenarios.md lists what there is"}
		}
		stories = append(stories, s)
	}
	till, err := newRegister()
	if err != nil {
		return err
	}
	if _, err := till.terminals(c.Context()); err != nil {
		return err
	}
	only := strings.ToLower(c.Flag("only").Value.String())
	var all []outcome
	began := time.Now()
	for _, s := range stories {
		if !asJSON(c) {
			fmt.Fprintln(c.OutOrStdout(), plain(strings.TrimSuffix(s.File+" · "+s.Name, " · ")))
		}
		for _, sc := range s.Scenarios {
			if !strings.Contains(strings.ToLower(sc.Name), only) {
				continue
			}
			o, err := playScenario(c, till, s, sc)
			if err != nil {
				return err
			}
			all = append(all, o)
			if err := printOutcome(c, o); err != nil {
				return err
			}
		}
	}
	if to := c.Flag("junit").Value.String(); to != "" {
		if err := writeJUnit(to, all, began); err != nil {
			return Failure{Failed, "the results cannot be written to " + to, "check the path of --junit"}
		}
	}
	return sum(c, all)
}

func sum(c *cobra.Command, all []outcome) error {
	failed := 0
	for _, o := range all {
		if !o.OK {
			failed++
		}
	}
	if len(all) == 0 {
		return Failure{Usage, "no scenario has such a name", "leave --only out to play all"}
	}
	if !asJSON(c) {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%d scenarios, %d failed\n", len(all), failed); err != nil {
			return err
		}
	}
	if failed > 0 {
		return said{Failed}
	}
	return nil
}

// playScenario plays one scenario; the error is that of a stop from outside.
func playScenario(c *cobra.Command, till register, s story.Story, sc story.Scenario) (outcome, error) {
	o := outcome{File: s.File, Scenario: sc.Name, Orders: map[string]string{}}
	terminal := sc.Terminal
	if terminal == "" {
		terminal = s.Terminal
	}
	if f := c.Flag("terminal"); f.Changed || terminal == "" {
		var err error
		if terminal, err = terminalOf(c); err != nil {
			return o, err
		}
	}
	verbose := c.Flag("verbose") == nil || c.Flag("verbose").Value.String() == "true"
	say := func(text string) {
		o.log = append(o.log, text)
		if verbose && !asJSON(c) {
			fmt.Fprintln(c.OutOrStdout(), paint(c.OutOrStdout(), faint, "      "+plain(text)))
		}
	}
	began := time.Now()
	err := playSteps(c.Context(), till, terminal, s.File, sc, &o, say)
	if c.Context().Err() != nil {
		return o, Failure{Failed, "stopped in the middle of " + sc.Name, ""}
	}
	o.Seconds, o.OK = time.Since(began).Seconds(), err == nil
	if err == nil {
		return o, nil
	}
	o.Failure = err.Error()
	if u, ok := errors.AsType[unexpected](err); ok {
		o.Expected, o.Saw = u.want, u.seen
	} else {
		o.broken = true
	}
	return o, nil
}

func playSteps(ctx context.Context, till register, terminal, file string, sc story.Scenario, o *outcome, say func(string)) error {
	o.Line, o.Step = sc.Line, "the terminal must be free"
	at, err := raise(ctx, till, terminal, say)
	if err != nil {
		return err
	}
	defer at.strike()
	for _, st := range sc.Steps {
		o.Line, o.Step = st.Line, st.String()
		say(fmt.Sprintf("%s:%d %s", filepath.Base(file), st.Line, st))
		err := at.play(st)
		for _, p := range at.orders {
			o.Orders[p.name] = p.id
		}
		if err != nil {
			return err
		}
	}
	o.Line, o.Step = 0, ""
	return nil
}

func printOutcome(c *cobra.Command, o outcome) error {
	if asJSON(c) {
		return printJSON(c, o)
	}
	w := c.OutOrStdout()
	took := paint(w, faint, fmt.Sprintf("(%.1f s)", o.Seconds))
	if o.OK {
		_, err := fmt.Fprintf(w, "  %s %s %s\n", paint(w, green, "✓"), plain(o.Scenario), took)
		return err
	}
	text := fmt.Sprintf("  %s %s %s\n      %s:%d: %s: %s\n", paint(w, red, "✗"), plain(o.Scenario), took, o.File, o.Line, plain(o.Step), plain(o.Failure))
	for name, id := range o.Orders {
		text += fmt.Sprintf("      look at %s with kassa orders show %s\n", plain(name), id)
	}
	_, err := fmt.Fprint(w, text)
	return err
}

// The form that CI systems read; it has no standard, but a common core.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Error   *junitFailure `xml:"error,omitempty"`
	Out     string        `xml:"system-out"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(to string, all []outcome, began time.Time) error {
	report := junitSuites{Name: "kassa"}
	seconds := func(s float64) string { return fmt.Sprintf("%.3f", s) }
	total := 0.0
	for len(all) > 0 {
		suite := junitSuite{Name: all[0].File, Timestamp: began.UTC().Format("2006-01-02T15:04:05")}
		took := 0.0
		for len(all) > 0 && all[0].File == suite.Name {
			o := all[0]
			all = all[1:]
			took += o.Seconds
			test := junitCase{
				Name: o.Scenario, Class: strings.TrimSuffix(filepath.Base(o.File), filepath.Ext(o.File)), File: o.File,
				Time: seconds(o.Seconds), Out: strings.Join(o.log, "\n"),
			}
			problem := &junitFailure{Message: o.Failure, Type: "story.Expectation", Text: fmt.Sprintf("%s:%d: %s: %s", o.File, o.Line, o.Step, o.Failure)}
			switch {
			case o.broken:
				problem.Type, test.Error = "error", problem
				suite.Errors++
			case !o.OK:
				test.Failure = problem
				suite.Failures++
			}
			suite.Tests++
			suite.Cases = append(suite.Cases, test)
		}
		suite.Time = seconds(took)
		total += took
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Errors += suite.Errors
		report.Suites = append(report.Suites, suite)
	}
	report.Time = seconds(total)
	text, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(to, append([]byte(xml.Header), append(text, '\n')...), 0o644)
}
