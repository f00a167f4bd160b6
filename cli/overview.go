package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// longOffline is how long a terminal may be away before the overview counts it apart.
const longOffline = time.Hour

// state is how the parts of an installation are.
type state struct {
	Acquirer  struct{ SignedOn int }
	Terminals struct{ Activated, Online, Stale, Offline, Unknown int }
	Store     struct{ Commits uint64 }
}

// printOverview is the installation on one screen: what works, what does not with its fix, and what to keep an eye on.
func printOverview(c *cobra.Command, kassa *client, d diagnosis, lang string) error {
	var s state
	if err := kassa.get(c.Context(), "/api/v1/status", &s); err != nil {
		return err
	}
	away, err := longAway(c, kassa)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	lines := []string{strings.Join(healthy(out, s), "   ")}
	if d.Cause != nil {
		first := finding{causeName: *d.Cause, Confidence: d.Confidence, Fix: d.Fix}
		for i, f := range append([]finding{first}, d.Also...) {
			lines = append(lines, findingLines(out, f)...)
			if i == 0 {
				for _, e := range d.Evidence {
					lines = append(lines, "    "+paint(out, faint, plain(e.Source)+": "+plain(e.Says)))
				}
			}
		}
	}
	var notes []string
	if away > 0 {
		notes = append(notes, paint(out, yellow, "!")+fmt.Sprintf(" %s offline > 1 h", counted(away, "terminal")))
	}
	if n := s.Terminals.Offline + s.Terminals.Stale - away; n > 0 {
		notes = append(notes, paint(out, yellow, "!")+fmt.Sprintf(" %s offline", counted(n, "terminal")))
	}
	for _, m := range d.Missing {
		notes = append(notes, paint(out, yellow, "?")+" not known: "+plain(m.Fact))
	}
	notes = append(notes, fmt.Sprintf("%d fine", len(d.RuledOut)))
	lines = append(lines, strings.Join(notes, " · "), paint(out, faint, "this report")+"  "+kassa.at.URL+"/diagnoses/"+d.ID+languageQuery(lang))
	_, err = fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func languageQuery(lang string) string {
	if lang == "en" {
		return ""
	}
	return "?lang=" + lang
}

// healthy are the parts in one line.
func healthy(out io.Writer, s state) []string {
	part := func(ok bool, text string) string {
		if ok {
			return paint(out, green, "✓") + " " + text
		}
		return paint(out, red, "✗") + " " + text
	}
	return []string{
		part(true, "cloud answers"), part(true, fmt.Sprintf("database, %d commits", s.Store.Commits)),
		part(s.Acquirer.SignedOn > 0, fmt.Sprintf("acquirer, signed on over %s", counted(s.Acquirer.SignedOn, "link"))),
		part(s.Terminals.Online == s.Terminals.Activated, fmt.Sprintf("terminals, %d of %d online", s.Terminals.Online, s.Terminals.Activated)),
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func findingLines(out io.Writer, f finding) (lines []string) {
	mark, shade := "✗", red
	if f.Confidence != "certain" {
		mark, shade = "!", yellow
	}
	lines = append(lines, paint(out, shade, mark)+" "+plain(f.Title)+"  "+paint(out, faint, plain(f.Code)))
	for _, x := range f.Fix {
		lines = append(lines, "  → "+plain(x.Text))
	}
	return lines
}

// longAway counts the terminals that have been offline for long.
func longAway(c *cobra.Command, kassa *client) (n int, err error) {
	list, err := kassa.all(c.Context(), terminalsPath, url.Values{"reach": {"offline"}})
	if err != nil {
		return 0, err
	}
	for _, raw := range list {
		var t struct{ Reach struct{ Since time.Time } }
		if err := json.Unmarshal(raw, &t); err != nil {
			return 0, Failure{Failed, "the answer of " + kassa.at.URL + " is not what Kassa writes", "check KASSA_URL"}
		}
		if !t.Reach.Since.IsZero() && time.Since(t.Reach.Since) > longOffline {
			n++
		}
	}
	return n, nil
}
