package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func cardCommand() *cobra.Command {
	one := func(how, short string) *cobra.Command {
		c := &cobra.Command{
			Use: how + " CARD", Short: short, Args: words("CARD"),
			Long: short + `.

CARD is a brand (visa, mastercard, maestro, vpay, bancontact), a row of the deck (visa:058; kassa card
list has them all) or a number. It waits up to 10 s until the terminal asks for a card, and then for the end of the attempt.

Exit codes: 0 approved, 4 not approved, 5 the outcome is not known yet, 3 no such terminal.`,
			Example: "  kassa card " + how + " visa --terminal 00000ABC\n  kassa card " + how + " visa:055 --pin 1234 --json",
			RunE:    func(c *cobra.Command, args []string) error { return present(c, how, args[0]) },
		}
		c.Flags().String("terminal", "", "the terminal, by TID or POIID (default: KASSA_TERMINAL_ID)")
		c.Flags().String("pin", "", "what is typed when the PIN pad shows; several with commas, one a try (default: the card's)")
		c.Flags().String("choose", "", "which application to take where the terminal asks, by its number or name (default: the card's favourite)")
		c.Flags().Bool("follow", false, "stay when the outcome is not known, until it is")
		return withJSON(c)
	}
	return group("card", "Present a test card to a virtual terminal",
		one("tap", "Tap a card"), one("insert", "Insert a card"), one("swipe", "Swipe a card"), cardListCommand())
}

// brands is how many brands the deck has.
const brands = 5

// deckPath is where the virtual terminals list their cards.
const deckPath = "/sim/terminals/deck"

func cardListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List the test cards; --json has how to play each, what the terminal shows and what the host answers", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return printDeck(c) },
	}
	return withJSON(c)
}

func printDeck(c *cobra.Command) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var answer struct{ Data []json.RawMessage }
	if err := kassa.get(c.Context(), deckPath, &answer); err != nil {
		return err
	}
	rows := [][]string{{"ROW", "WHAT HAPPENS", "CARDS"}}
	for _, raw := range answer.Data {
		var r struct {
			ID, Title, Fault string
			Cards            []string
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return Failure{Failed, "a row of the deck is not what Kassa writes", "check KASSA_URL"}
		}
		if asJSON(c) {
			if err := printJSON(c, raw); err != nil {
				return err
			}
			continue
		}
		cards := strings.Join(r.Cards, " ")
		switch {
		case r.Fault != "":
			cards = "terminal fault " + r.Fault
		case len(r.Cards) == brands:
			cards = "every brand"
		case cards == "":
			cards = "any"
		}
		rows = append(rows, []string{r.ID, r.Title, cards})
	}
	if asJSON(c) {
		return nil
	}
	return table(c, rows)
}

// cardRequest is what the virtual terminal takes.
type cardRequest struct {
	Present string  `json:"present"`
	Card    string  `json:"card"`
	PIN     *string `json:"pin,omitempty"`
	Choose  string  `json:"choose,omitempty"`
	Follow  bool    `json:"follow,omitempty"`
}

// cardLine is a screen, or with a Result the end.
type cardLine struct {
	Screen, Title, Error, Result string
	Lines                        textLines // what the screen shows
	Text                         textLines
	AuthCode, RRN                string
}

// textLines is text as a string or as a list of them.
type textLines []string

func (w *textLines) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*w = nil
		if one != "" {
			*w = textLines{one}
		}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(w))
}

func present(c *cobra.Command, how, card string) error {
	terminal, err := terminalOf(c)
	if err != nil {
		return err
	}
	ask := cardRequest{Present: how, Card: card}
	if f := c.Flags().Lookup("pin"); f.Changed {
		pin := f.Value.String()
		ask.PIN = &pin
	}
	if ask.Follow, err = c.Flags().GetBool("follow"); err != nil {
		return err
	}
	if ask.Choose, err = c.Flags().GetString("choose"); err != nil {
		return err
	}
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var last cardLine
	var shown string
	err = kassa.lines(c.Context(), http.MethodPost, "/sim/terminals/"+url.PathEscape(terminal)+"/card", ask, func(raw []byte) error {
		var l cardLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return Failure{Failed, "a line of the answer is not what Kassa writes", "check KASSA_URL"}
		}
		last = l
		if asJSON(c) {
			return printLine(c, raw)
		}
		screen := screenText(l)
		if screen == shown || screen == "" {
			return nil // a digit was typed, and the screen says the same
		}
		shown = screen
		_, err := fmt.Fprintf(c.OutOrStdout(), "  %s %s\n", paint(c.OutOrStdout(), faint, fmt.Sprintf("%-15s", plain(l.Screen))), screen)
		return err
	})
	if err != nil && last.Screen != "" && last.Result == "" {
		// The card was shown already: the payment goes on without us.
		return Failure{Unknown, "how it ended is not known (" + err.Error() + ")", "ask for the order's status before you do it again"}
	}
	if err != nil {
		return err
	}
	return conclude(c, last)
}

// terminalOf is the terminal of --terminal, else of the environment, else the first one of kassa dev.
func terminalOf(c *cobra.Command) (string, error) {
	t, err := c.Flags().GetString("terminal")
	if err != nil {
		return "", err
	}
	if t == "" {
		if at, err := findInstallation(); err == nil {
			t = at.Terminal
		}
	}
	if t == "" {
		t = os.Getenv("KASSA_TERMINAL_ID")
	}
	if t == "" {
		return "", Failure{Usage, "which terminal is not said", "add --terminal T; kassa terminals lists them"}
	}
	return t, nil
}

// screenText is what a screen says, on one line.
func screenText(l cardLine) string {
	if l.Screen == "" || l.Result != "" {
		return ""
	}
	var parts []string
	for _, p := range append([]string{l.Title, l.Error}, append(l.Lines, l.Text...)...) {
		if p = plain(p); p != "" && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

// conclude prints the summary line, and chooses the exit code.
func conclude(c *cobra.Command, l cardLine) error {
	w := c.OutOrStdout()
	line, code := "", NotApproved
	switch l.Result {
	case "approved":
		line, code = paint(w, green, "✓ approved"), OK
	case "declined":
		line = paint(w, red, "✗ declined")
	case "cancelled":
		line = paint(w, red, "✗ cancelled")
	case "notCompleted":
		line = paint(w, red, "✗ not completed")
	case "noCardScreen":
		line = paint(w, red, "✗ no card wanted")
	default:
		line, code = paint(w, yellow, "! outcome unknown"), Unknown
	}
	for _, t := range l.Text {
		if !strings.EqualFold(t, l.Result) {
			line += " · " + plain(t)
		}
	}
	if l.AuthCode != "" {
		line += " · auth " + plain(l.AuthCode)
	}
	if l.RRN != "" {
		line += " · rrn " + plain(l.RRN)
	}
	switch {
	case l.Result == "noCardScreen":
		line += " · send an order to this terminal first"
	case code == Unknown:
		line += " · do not start it again; ask for the order's status"
	}
	if !asJSON(c) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	if code == OK {
		return nil
	}
	return said{code}
}
