package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func browseCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "browse ADDRESS", Short: "Open a page, or an msp:// link, on a virtual terminal", Args: words("ADDRESS"),
		Long: `Open a page in the browser of a virtual terminal, or an msp:// link in its payment app. A link waits for
the end of the payment: present a card meanwhile with kassa card.

Exit codes of a link: 0 completed, 4 cancelled, 5 the outcome is not known, 2 the link is wrong.`,
		Example: "  kassa browse localhost:3000 --terminal 00000ABC\n" +
			"  kassa browse 'msp://?amount=1250&order_id=web-1&callback=http%3A%2F%2Flocalhost%3A3000%2Fpaid'",
		RunE: func(c *cobra.Command, args []string) error { return browse(c, args[0]) },
	}
	c.Flags().String("terminal", "", "the terminal, by TID or POIID (default: KASSA_TERMINAL_ID)")
	return withJSON(c)
}

func intentCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "intent FILE", Short: "Send an Android intent to the payment app of a virtual terminal", Args: words("FILE"),
		Long: `Send an intent as an app on the terminal does, and wait for the answer: present a card meanwhile with
kassa card. FILE (- is standard input) is JSON: {"package", "class", "action", "extras": {…}}. A whole number is
a long, {"int": 1250} an int.

Exit codes: 0 completed (471), 4 cancelled (17) or declined (88), 5 exception (875), 2 the intent is wrong.`,
		Example: `  echo '{"package":"com.multisafepay.pos.sunmi","class":"com.multisafepay.pos.middleware.IntentActivity",
    "extras":{"amount":1250,"order_id":"app-1","package_name":"com.example.register"}}' | kassa intent -`,
		RunE: func(c *cobra.Command, args []string) error { return sendIntent(c, args[0]) },
	}
	c.Flags().String("terminal", "", "the terminal, by TID or POIID (default: KASSA_TERMINAL_ID)")
	return withJSON(c)
}

func browse(c *cobra.Command, address string) error {
	if scheme, _, _ := strings.Cut(address, ":"); strings.EqualFold(scheme, "msp") || strings.EqualFold(scheme, "intent") {
		return payOnDevice(c, "/link", map[string]string{"url": address})
	}
	terminal, err := terminalOf(c)
	if err != nil {
		return err
	}
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var shown struct {
		URL string `json:"url"`
	}
	if err := kassa.call(c.Context(), http.MethodPost, party(terminal)+"/browser", map[string]string{"url": address}, &shown); err != nil {
		return err
	}
	at := kassa.at.URL + party(terminal) + "/browser"
	if asJSON(c) {
		return printJSON(c, map[string]string{"url": shown.URL, "browser": at})
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s is open on %s: %s\n", paint(c.OutOrStdout(), green, "✓"), plain(shown.URL), plain(terminal), at)
	return err
}

func sendIntent(c *cobra.Command, file string) error {
	in := io.Reader(c.InOrStdin())
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return Failure{Usage, "the file cannot be read: " + err.Error(), "give a JSON file, or - for standard input"}
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxLine))
	if err != nil || !json.Valid(raw) {
		return Failure{Usage, "the intent is not JSON", "see kassa intent --help"}
	}
	return payOnDevice(c, "/intent", json.RawMessage(raw))
}

// deviceLine is a line of the answer: the start, or the end.
type deviceLine struct {
	Started *struct {
		OrderID string `json:"order_id"`
		Amount  int64
	}
	Status   json.RawMessage // a word to a page, a number to an app
	Name     string
	Callback string
	Message  string
}

// payOnDevice hands a payment to the payment app and waits for its end.
func payOnDevice(c *cobra.Command, path string, ask any) error {
	terminal, err := terminalOf(c)
	if err != nil {
		return err
	}
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var last deviceLine
	err = kassa.lines(c.Context(), http.MethodPost, party(terminal)+path, ask, func(raw []byte) error {
		last = deviceLine{}
		if err := json.Unmarshal(raw, &last); err != nil {
			return Failure{Failed, "a line of the answer is not what Kassa writes", "check KASSA_URL"}
		}
		if asJSON(c) {
			return printLine(c, raw)
		}
		if last.Started == nil {
			return nil
		}
		_, err := fmt.Fprintf(c.OutOrStdout(), "  %s EUR %d.%02d, at the terminal; present a card with kassa card\n",
			plain(last.Started.OrderID), last.Started.Amount/100, last.Started.Amount%100)
		return err
	})
	if err != nil {
		return err
	}
	return concludeDevice(c, last)
}

func concludeDevice(c *cobra.Command, l deviceLine) error {
	w := c.OutOrStdout()
	word := strings.Trim(string(l.Status), `"`)
	line, code := paint(w, yellow, "! "+strings.TrimSpace(plain(word)+" "+plain(l.Name))), Unknown
	switch word {
	case "Completed", "471":
		line, code = paint(w, green, "✓ "+strings.TrimSpace(word+" "+plain(l.Name))), OK
	case "Cancelled", "17", "88":
		line, code = paint(w, red, "✗ "+strings.TrimSpace(word+" "+plain(l.Name))), NotApproved
	case "":
		line = paint(w, yellow, "! outcome unknown")
	}
	for _, t := range []string{l.Message, l.Callback} {
		if t != "" {
			line += " · " + plain(t)
		}
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
