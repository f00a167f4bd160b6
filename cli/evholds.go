package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const (
	chargesPath     = "/api/v1/charging-sessions"
	connectionsPath = "/api/v1/ocpi-connections"
)

// charge is what is shown of a charging session.
type charge struct {
	Reference, State, Why, EVSE string
	Terminal, POIID             string
	OpenedAt                    time.Time
	HoldEnds                    time.Time
	Holding, Overdue            bool
	Money                       struct {
		Currency                            string
		Asked, Held, Price, Captured, Short int64
		Cost, Released, Open, WrittenOff    int64
	}
	Waits []struct {
		For, What    string
		Since, Until time.Time
		Tries        int
		Overdue      bool
	}
	Confirmations []struct{ ID, Status, State, Reply string }
	Facts         []struct {
		At   time.Time
		Kind string
		Data json.RawMessage
	}
}

// holdCommands are the verbs about charging sessions, whoever the operator is.
func holdCommands() []*cobra.Command {
	holds := &cobra.Command{
		Use: "holds", Short: "List the open charging sessions: what is held, for how long, and who is waited for", Args: words(),
		Long: "List the open charging sessions, the oldest first. The exit code is 1 with --fail-overdue when one has waited longer than its policy lets it.",
	}
	holds.Flags().Bool("fail-overdue", false, "fail when one is overdue")
	holds.Flags().String("terminal", "", "those of one terminal only")
	holds.RunE = func(c *cobra.Command, _ []string) error { return listHolds(c) }
	show := &cobra.Command{Use: "session REFERENCE", Short: "Show a charging session with its facts", Args: words("REFERENCE")}
	show.RunE = func(c *cobra.Command, args []string) error {
		return chargeCall(c, http.MethodGet, args[0], "", nil)
	}
	stop := &cobra.Command{Use: "stop REFERENCE", Short: "Ask the operator to end a charging session", Args: words("REFERENCE")}
	stop.RunE = func(c *cobra.Command, args []string) error {
		return chargeCall(c, http.MethodPost, args[0], "/stop", nil)
	}
	release := &cobra.Command{Use: "release REFERENCE", Short: "Give a hold back before anything is captured", Args: words("REFERENCE")}
	release.Flags().String("why", "", "the reason, for the record")
	release.RunE = func(c *cobra.Command, args []string) error {
		return chargeCall(c, http.MethodPost, args[0], "/release", flagged(c, "why"))
	}
	confirm := &cobra.Command{Use: "confirm REFERENCE", Short: "Send the last confirmation again that the operator rejected", Args: words("REFERENCE")}
	confirm.RunE = func(c *cobra.Command, args []string) error {
		return chargeCall(c, http.MethodPost, args[0], "/confirm", nil)
	}
	return append(receivableCommands(), withJSON(holds), withJSON(show), withJSON(stop), withJSON(release), withJSON(confirm), connectionsCommand())
}

func listHolds(c *cobra.Command) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	query := url.Values{"open": {"true"}, "limit": {"200"}}
	if tid := c.Flag("terminal").Value.String(); tid != "" {
		query.Set("terminal", tid)
	}
	list, err := kassa.all(c.Context(), chargesPath, query)
	if err != nil {
		return err
	}
	rows, late := [][]string{{"REFERENCE", "AGE", "STATE", "EVSE", "HELD", "WAITS FOR", "SINCE", "UNTIL", ""}}, 0
	for _, raw := range list {
		var s charge
		if err := json.Unmarshal(raw, &s); err != nil {
			return Failure{Failed, "the answer is not what Kassa writes", "check KASSA_URL"}
		}
		if s.Overdue {
			late++
		}
		if asJSON(c) {
			if err := printLine(c, raw); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, holdRows(c, s)...)
	}
	switch {
	case asJSON(c):
	case len(rows) == 1:
		_, err = fmt.Fprintln(c.OutOrStdout(), "No charging session is open: nothing is held.")
	default:
		err = table(c, rows)
	}
	if fails, _ := c.Flags().GetBool("fail-overdue"); err == nil && fails && late > 0 {
		return Failure{Failed, fmt.Sprintf("%d of %d open sessions are overdue", late, len(list)), "kassa ev session REFERENCE tells more"}
	}
	return err
}

// holdRows are the rows of a session: one for each that it waits for.
func holdRows(c *cobra.Command, s charge) (rows [][]string) {
	row := []string{s.Reference, age(time.Since(s.OpenedAt)), s.State, s.EVSE, "-", "-", "-", "-", ""}
	if s.Holding {
		row[4] = s.Money.Currency + " " + evEuros(s.Money.Held)
	}
	for _, w := range s.Waits {
		row[5], row[6], row[7], row[8] = w.For+": "+w.What, w.Since.Local().Format(time.TimeOnly), "-", ""
		if !w.Until.IsZero() {
			row[7] = "in " + age(time.Until(w.Until))
		}
		if w.Overdue {
			row[7], row[8] = age(time.Since(w.Until))+" ago", paint(c.OutOrStdout(), red, "OVERDUE")
		}
		rows = append(rows, row)
		row = make([]string, len(row))
	}
	if rows == nil {
		rows = append(rows, row)
	}
	return rows
}

// age is a duration for people, in the two largest of its units.
func age(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

func chargeCall(c *cobra.Command, method, ref, path string, body any) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := kassa.call(c.Context(), method, chargesPath+"/"+url.PathEscape(ref)+path, body, &raw); err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, raw)
	}
	var s charge
	if err := json.Unmarshal(raw, &s); err != nil {
		return Failure{Failed, "the answer is not what Kassa writes", "check KASSA_URL"}
	}
	return printCharge(c, s)
}

func printCharge(c *cobra.Command, s charge) error {
	out, m := c.OutOrStdout(), s.Money
	var text strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&text, "%s %s\n", paint(out, faint, fmt.Sprintf("%-10s", name)), plain(value))
		}
	}
	sum := func(minor int64) string { return m.Currency + " " + evEuros(minor) }
	line("reference", s.Reference)
	line("state", strings.TrimSuffix(s.State+": "+s.Why, ": "))
	line("at", s.POIID+", "+s.EVSE)
	line("opened", s.OpenedAt.Local().Format(time.DateTime))
	line("held", sum(m.Held)+" of "+sum(m.Asked)+" asked for")
	if !s.HoldEnds.IsZero() {
		line("", "ends by "+s.HoldEnds.Local().Format(time.DateTime))
	}
	line("price", sum(m.Price))
	line("captured", sum(m.Captured)+", short "+sum(m.Short)+", released "+sum(m.Released))
	if m.Short > 0 {
		line("open", sum(m.Open)+", written off "+sum(m.WrittenOff))
	}
	for _, w := range s.Waits {
		says := w.For + ": " + w.What + ", since " + w.Since.Local().Format(time.DateTime)
		if !w.Until.IsZero() {
			says += ", until " + w.Until.Local().Format(time.DateTime)
		}
		if w.Tries > 0 {
			says += fmt.Sprintf(", tried %d times", w.Tries+1)
		}
		if w.Overdue {
			says += ", OVERDUE"
		}
		line("waits for", says)
	}
	for _, f := range s.Confirmations {
		line("confirmed", strings.TrimSpace(f.ID+" "+f.Status+": "+f.State+" "+f.Reply))
	}
	for _, f := range s.Facts {
		line(f.At.Local().Format(time.TimeOnly), strings.TrimPrefix(f.Kind, "Charging")+" "+short(string(f.Data)))
	}
	_, err := out.Write([]byte(text.String()))
	return err
}

// short is as much of a text as goes on a line; --json has it whole.
func short(text string) string {
	const most = 100
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// connectionsCommand is `kassa ev connections`: the OCPI connections with charge point operators.
func connectionsCommand() *cobra.Command {
	list := listCommand(&cobra.Command{Use: "list", Short: "List them"}, connectionsPath, nil,
		column{"ID", "id"}, column{"NAME", "name"}, column{"VERSION", "version"}, column{"PARTIES", "parties"}, column{"REGISTERED", "registered"}, column{"OWED", "owed"})
	add := operatorVerb(&cobra.Command{
		Use: "add NAME", Short: "Make one; its token A is shown once", Example: "  kassa ev connections add Laadpunt",
	}, []string{"NAME"}, nil)
	add.RunE = func(c *cobra.Command, args []string) error {
		return inWorld(c, func(kassa *client, query url.Values) error {
			body := flagged(c, "role", "price", "raw-token")
			body["name"], body["account"] = args[0], query.Get("account")
			var made object
			if err := kassa.call(c.Context(), http.MethodPost, connectionsPath, body, &made); err != nil {
				return err
			}
			return printObject(c, made)
		})
	}
	add.Flags().String("role", "", "what Kassa calls itself: PTP, OTHER or EMSP")
	add.Flags().String("price", "", "the OCPI version whose Price is sent, when not the agreed one")
	add.Flags().Bool("raw-token", false, "tokens are sent without base64")
	shake := doCommand(&cobra.Command{
		Use: "register CONNECTION", Short: "Register at the operator with its versions URL and token A; without both the tokens are changed",
	}, []string{"CONNECTION"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		body := object{"url": c.Flag("url").Value.String(), "tokenA": c.Flag("token").Value.String()}
		return http.MethodPost, connectionsPath + "/" + url.PathEscape(args[0]) + "/handshake", body, nil
	})
	shake.Flags().String("url", "", "the operator's versions URL")
	shake.Flags().String("token", "", "the operator's token A")
	end := doCommand(&cobra.Command{Use: "end CONNECTION", Short: "Unregister and forget one"}, []string{"CONNECTION"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodDelete, connectionsPath + "/" + url.PathEscape(args[0]), nil, nil
		})
	c := group("connections", "The OCPI connections with charge point operators", list, add, shake, end)
	c.PersistentFlags().String("account", "", "whose; needed when the key sees several accounts")
	return c
}

// receivableCommands are the verbs about what sessions cost and nobody has paid.
func receivableCommands() []*cobra.Command {
	list := listCommand(&cobra.Command{Use: "receivables", Short: "List what sessions cost and nobody has paid, in minor units"}, "/api/v1/charging-receivables",
		[]string{"open: true for those that are open, false for the others", "group: those of a group"},
		column{"REFERENCE", "ref"}, column{"SINCE", "since"}, column{"EVSE", "evse"}, column{"CURRENCY", "currency"}, column{"PRICE", "price"},
		column{"SHORT", "short"}, column{"COLLECTED", "collected"}, column{"WRITTEN OFF", "writtenOff"}, column{"OPEN", "open"}, column{"WHY", "why"})
	collect := &cobra.Command{
		Use: "collect REFERENCE AMOUNT", Short: "Note a part of what is open that came in another way, in minor units", Args: words("REFERENCE", "AMOUNT"),
		Example: "  kassa ev collect 46Y5IBH62SZNP5PBCPRVACNK2J 1000 --ref bank-2026-11-26 --how 'bank transfer'",
	}
	collect.Flags().String("ref", "", "what identifies it: noted twice it counts once")
	collect.Flags().String("how", "", "how it came")
	collect.RunE = func(c *cobra.Command, args []string) error {
		amount, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return Failure{Usage, "AMOUNT must be a whole number of minor units", ""}
		}
		body := flagged(c, "ref", "how")
		body["amount"] = amount
		return chargeCall(c, http.MethodPost, args[0], "/collections", body)
	}
	writeOff := &cobra.Command{Use: "write-off REFERENCE", Short: "Give up what is open of a session", Args: words("REFERENCE")}
	writeOff.Flags().String("reason", "", "why")
	writeOff.RunE = func(c *cobra.Command, args []string) error {
		return chargeCall(c, http.MethodPost, args[0], "/write-off", flagged(c, "reason"))
	}
	return []*cobra.Command{list, withJSON(collect), withJSON(writeOff)}
}
