package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const diagnosesPath = "/api/v1/diagnoses"

// diagnosis is what the doctor's verbs read of an answer.
type diagnosis struct {
	ID         string
	Subject    struct{ Type, ID string }
	Verdict    string
	Confidence string
	Cause      *causeName
	Evidence   []evidence
	Fix        []fix
	Shop       map[string]string
	Developer  string
	Also       []finding
	RuledOut   []struct{ Code, Because string } `json:"ruled_out"`
	Missing    []struct {
		Fact, Offer string
		Rules       []string
	}
	Guided []struct{ Code, Question, Fix string }
	Doc    string
	Asks   string
}

type causeName struct{ Code, Rule, Title string }

type evidence struct {
	At     time.Time
	Source string
	Seq    uint64
	Says   string
}

type fix struct{ Who, Text, Contact string }

type finding struct {
	causeName
	Confidence string
	Fix        []fix
}

// subjects are what one may ask about.
func subjects() []string {
	return []string{"order", "terminal", "webhook", "key", "charger", "installation"}
}

func doctorCommand() *cobra.Command {
	c := withJSON(&cobra.Command{
		Use: "doctor [order|terminal|webhook|key|charger|installation] [ID]", Short: "Say why something does not work, with the evidence and the fix",
		Long: `Say why something does not work: the cause, what it rests on, and who can do what about it. Without a subject it looks
at the whole installation; with an id alone it finds out what the id is of. Every answer is kept and has a page.

The exit code is 0 when nothing is wrong, 1 when a cause was found or several are possible, 5 when not enough is known,
and 3 when there is no such subject.`,
		Example: "  kassa doctor\n  kassa doctor order demo-1 --lang nl\n  kassa doctor terminal 00000ABC --symptom \"no connection\" --probe\n  kassa doctor charger station-1\n  kassa doctor 00000ABC --json",
		Args:    cobra.MaximumNArgs(2), ValidArgsFunction: completeSubject,
		RunE: func(c *cobra.Command, args []string) error {
			asks, err := questions(args)
			if err != nil {
				return err
			}
			return examine(c, asks)
		},
	})
	c.Flags().String("symptom", "", "what is seen: the words of a screen or an answer")
	c.Flags().Bool("probe", false, "let the terminal check itself first")
	c.Flags().String("lang", "en", "language of what is said: en, nl, fr, it or es")
	c.AddCommand(rulesCommand(), feedbackCommand(), shareCommand())
	return c
}

func completeSubject(c *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return subjects(), cobra.ShellCompDirectiveNoFileComp
	case len(args) == 1 && args[0] == "order":
		return liveOrders(c, nil, text)
	case len(args) == 1 && args[0] == "terminal":
		return liveTerminals(c, nil, text)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// question is one thing to ask about.
type question struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// questions are what the words may mean: an id alone is that of whatever there is.
func questions(args []string) (list []question, err error) {
	switch {
	case len(args) == 0, args[0] == "installation" && len(args) == 1:
		return []question{{"installation", ""}}, nil
	case args[0] == "installation":
		return nil, Failure{Usage, "an installation has no id", "write kassa doctor"}
	case slices.Contains(subjects(), args[0]) && len(args) == 2:
		return []question{{args[0], args[1]}}, nil
	case slices.Contains(subjects(), args[0]):
		return nil, Failure{Usage, "the id is missing", "write kassa doctor " + args[0] + " ID"}
	case len(args) == 2:
		return nil, Failure{Usage, plain(args[0]) + " is nothing one can ask about", "there are " + strings.Join(subjects(), ", ")}
	}
	for _, s := range subjects()[:5] {
		list = append(list, question{s, args[0]})
	}
	return list, nil
}

// examine asks until one of the meanings is of something that there is.
func examine(c *cobra.Command, asks []question) error {
	lang := c.Flag("lang").Value.String()
	if !slices.Contains([]string{"en", "nl", "fr", "it", "es"}, lang) {
		return Failure{Usage, plain(lang) + " is no language that the doctor speaks", "there are en, nl, fr, it and es"}
	}
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var raw object
	for i, ask := range asks {
		body := map[string]any{"subject": ask, "probe": c.Flag("probe").Value.String() == "true"}
		if s := c.Flag("symptom").Value.String(); s != "" {
			body["symptom"] = s
		}
		err = kassa.call(c.Context(), http.MethodPost, diagnosesPath, body, &raw)
		if f, ok := errors.AsType[Failure](err); ok && f.Code == NotFound && i < len(asks)-1 {
			continue
		}
		break
	}
	if f, ok := errors.AsType[Failure](err); ok && f.Code == NotFound {
		return Failure{NotFound, "there is no such " + kindsOf(asks), "kassa orders and kassa terminals list what there is"}
	}
	if err == nil && lang != "en" {
		err = kassa.get(c.Context(), diagnosesPath+"/"+url.PathEscape(raw.text("id"))+"?lang="+lang, &raw)
	}
	if err != nil {
		return err
	}
	var d diagnosis
	if err := raw.into(&d); err != nil {
		return err
	}
	switch {
	case asJSON(c):
		err = printJSON(c, raw)
	case d.Subject.Type == "installation":
		err = printOverview(c, kassa, d, lang)
	default:
		err = printDiagnosis(c.OutOrStdout(), d, lang, kassa.at.URL)
	}
	if err != nil {
		return err
	}
	return d.exit()
}

// into reads an answer as what is expected of it.
func (o object) into(v any) error {
	text, err := json.Marshal(o)
	if err != nil || json.Unmarshal(text, v) != nil {
		return Failure{Failed, "the answer is not what Kassa writes", "check KASSA_URL"}
	}
	return nil
}

func kindsOf(asks []question) string {
	if len(asks) > 1 {
		return "order, terminal, webhook, key or charger"
	}
	return asks[0].Type
}

func (d diagnosis) exit() error {
	switch d.Verdict {
	case "nothing_wrong":
		return nil
	case "not_enough_evidence":
		return said{Unknown}
	}
	return said{Failed}
}

// printDiagnosis is a diagnosis for somebody who looks at a terminal window.
func printDiagnosis(out io.Writer, d diagnosis, lang, base string) error {
	var b strings.Builder
	mark, shade := "?", yellow
	switch d.Verdict {
	case "cause_found":
		mark, shade = "✗", red
	case "several_possible":
		mark, shade = "!", yellow
	case "nothing_wrong":
		mark, shade = "✓", green
	}
	head := strings.ReplaceAll(d.Verdict, "_", " ")
	if d.Cause != nil {
		head = plain(d.Cause.Title)
	}
	fmt.Fprintf(&b, "%s %s", paint(out, shade, mark), paint(out, shade, head))
	if d.Cause != nil {
		fmt.Fprintf(&b, "  %s", paint(out, faint, plain(d.Cause.Code)+" · "+plain(d.Cause.Rule)+" · "+plain(d.Confidence)))
	}
	b.WriteString("\n")
	if s := d.Shop[lang]; s != "" {
		fmt.Fprintf(&b, "  %s\n", plain(s))
	}
	for _, f := range d.Fix {
		b.WriteString(fixLine(out, f))
	}
	if d.Developer != "" {
		fmt.Fprintf(&b, "\n%s\n  %s\n", paint(out, faint, "for the developer"), plain(d.Developer))
	}
	b.WriteString(evidenceLines(out, d.Evidence))
	for i, a := range d.Also {
		if i == 0 {
			fmt.Fprintf(&b, "\n%s\n", paint(out, faint, "also"))
		}
		fmt.Fprintf(&b, "  %s %s  %s\n", paint(out, yellow, "!"), plain(a.Title), paint(out, faint, plain(a.Code)+" · "+plain(a.Confidence)))
	}
	b.WriteString(unknownLines(out, d))
	if n := len(d.RuledOut); n > 0 {
		fmt.Fprintf(&b, "\n%s\n", paint(out, faint, strconv.Itoa(n)+" other causes are ruled out; --json tells why"))
	}
	if d.Doc != "" {
		fmt.Fprintf(&b, "\n%s  %s\n", paint(out, faint, "about this cause"), base+d.Doc+"?lang="+lang)
	}
	fmt.Fprintf(&b, "%s       %s\n", paint(out, faint, "this report"), base+"/diagnoses/"+d.ID)
	if d.Asks != "" {
		fmt.Fprintf(&b, "%s kassa doctor feedback %s %s yes|no\n", plain(d.Asks), d.ID, d.Cause.Code)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func fixLine(out io.Writer, f fix) string {
	line := fmt.Sprintf("  → %s  %s\n", plain(f.Text), paint(out, faint, "("+plain(f.Who)+")"))
	if f.Contact != "" {
		line += fmt.Sprintf("    %s\n", paint(out, faint, "when that does not help: "+plain(f.Contact)))
	}
	return line
}

// evidenceLines are the facts that a finding rests on, in columns.
func evidenceLines(out io.Writer, list []evidence) string {
	if len(list) == 0 {
		return ""
	}
	width := 0
	for _, e := range list {
		width = max(width, len([]rune(e.Source)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", paint(out, faint, "evidence"))
	for _, e := range list {
		at, seq := strings.Repeat(" ", len("2006-01-02 15:04:05Z")), ""
		if !e.At.IsZero() {
			at = e.At.UTC().Format("2006-01-02 15:04:05Z")
		}
		if e.Seq > 0 {
			seq = paint(out, faint, "  #"+strconv.FormatUint(e.Seq, 10))
		}
		source := plain(e.Source)
		fmt.Fprintf(&b, "  %s  %s%s  %s%s\n", at, source, strings.Repeat(" ", max(0, width-len([]rune(source)))), plain(e.Says), seq)
	}
	return b.String()
}

// maxQuestions is how many questions a terminal window shows.
const maxQuestions = 5

// unknownLines are what is missing, and when nothing was found what only people can check.
func unknownLines(out io.Writer, d diagnosis) string {
	var b strings.Builder
	for i, m := range d.Missing {
		if i == 0 {
			fmt.Fprintf(&b, "\n%s\n", paint(out, faint, "not known"))
		}
		fmt.Fprintf(&b, "  ? %s: %s  %s\n", plain(m.Fact), plain(m.Offer), paint(out, faint, fmt.Sprintf("(%d causes)", len(m.Rules))))
	}
	if d.Cause != nil {
		return b.String()
	}
	for i, g := range d.Guided {
		if i == maxQuestions {
			fmt.Fprintf(&b, "  %s\n", paint(out, faint, fmt.Sprintf("and %d more on its page; --symptom with what is seen asks the right ones", len(d.Guided)-i)))
			break
		}
		if i == 0 {
			fmt.Fprintf(&b, "\n%s\n", paint(out, faint, "please check; if yes, do what is behind it"))
		}
		fmt.Fprintf(&b, "  ? %s\n    → %s\n", plain(g.Question), plain(g.Fix))
	}
	return b.String()
}

// rulesCommand lists what the doctor knows.
func rulesCommand() *cobra.Command {
	return listCommand(&cobra.Command{Use: "rules", Short: "List the causes that the doctor knows, with how often each was it"}, "/api/v1/rules", nil,
		column{"ROW", "id"}, column{"CAUSE", "code"}, column{"SOURCE", "source"}, column{"SEEN", "observable"}, column{"FOUND", "hits.found"},
		column{"YES", "hits.yes"}, column{"NO", "hits.no"}, column{"WHAT IT IS", "title"})
}

func feedbackCommand() *cobra.Command {
	return withJSON(&cobra.Command{
		Use: "feedback DIAGNOSIS CAUSE yes|no", Short: "Say whether a finding answered the question", Args: words("DIAGNOSIS", "CAUSE", "yes|no"),
		RunE: func(c *cobra.Command, args []string) error {
			if args[2] != "yes" && args[2] != "no" {
				return Failure{Usage, plain(args[2]) + " is neither yes nor no", ""}
			}
			kassa, err := newClient()
			if err != nil {
				return err
			}
			var o object
			body := map[string]any{"code": args[1], "yes": args[2] == "yes"}
			if err := kassa.call(c.Context(), http.MethodPost, at(diagnosesPath, args[0], "feedback"), body, &o); err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, o)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s noted: %s, %s\n", paint(c.OutOrStdout(), green, "✓"), plain(args[1]), args[2])
			return err
		},
	})
}

func shareCommand() *cobra.Command {
	c := withJSON(&cobra.Command{
		Use: "share DIAGNOSIS", Short: "Make an address under which anybody can read a report, masked, for some days", Args: words("DIAGNOSIS"),
		RunE: func(c *cobra.Command, args []string) error {
			hours, err := strconv.Atoi(c.Flag("hours").Value.String())
			if err != nil {
				return Failure{Usage, "--hours is not a number", ""}
			}
			kassa, err := newClient()
			if err != nil {
				return err
			}
			var made struct {
				URL     string    `json:"url"`
				Expires time.Time `json:"expires"`
			}
			if err := kassa.call(c.Context(), http.MethodPost, at(diagnosesPath, args[0], "share"), map[string]int{"hours": hours}, &made); err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, made)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n%s\n", made.URL, paint(c.OutOrStdout(), faint, "until "+made.Expires.UTC().Format("2006-01-02 15:04 UTC")))
			return err
		},
	})
	c.Flags().Int("hours", 72, "how long, 720 at most")
	return c
}
