package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// acquirerName is what fault and clear call the simulated acquirer.
const acquirerName = "acquirer"

// defaultDelay is how late the acquirer answers under the fault delay.
const defaultDelay = 3 * time.Second

func simCommand() *cobra.Command {
	fault := &cobra.Command{
		Use: "fault T NAME | fault CAUSE", Short: "Let something go wrong at a terminal, or at the acquirer", Args: faultWords,
		Long: `Let something go wrong at a terminal (by TID or POIID), or at the simulated acquirer (T is the word
acquirer), until kassa sim clear T. kassa sim faults lists the names. With the name of a cause alone it
makes that cause happen in a shop of its own, as kassa sim cause does.`,
		Example: "  kassa sim fault 00000ABC drop-answer\n  kassa sim fault acquirer delay --delay 20s",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return makeCause(c, args[0])
			}
			return setFault(c, args[0], args[1])
		},
	}
	fault.Flags().String("code", "05", "the response code (DE39), with the faults decline, refuse-capture and refuse-increment")
	fault.Flags().Duration("delay", defaultDelay, "how late the acquirer answers, with the fault delay")
	clear := &cobra.Command{
		Use: "clear T", Short: "End all faults of a terminal, or of the acquirer", Args: words("T"),
		RunE: func(c *cobra.Command, args []string) error { return clearFaults(c, args[0]) },
	}
	faults := &cobra.Command{
		Use: "faults", Short: "List the faults, and where each is set", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return listFaults(c) },
	}
	ledger := &cobra.Command{
		Use: "ledger", Short: "Print what the simulated acquirer has booked", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error { return printLedger(c) },
	}
	return group("sim", "The simulated parties around Kassa",
		withJSON(fault), withJSON(clear), withJSON(faults), withJSON(ledger), causeCommand(), causesCommand())
}

// faultWords takes a terminal and a fault, or a cause alone.
func faultWords(c *cobra.Command, args []string) error {
	if len(args) == 1 && isCause(args[0]) {
		return nil
	}
	return words("T", "NAME")(c, args)
}

// party is the path of a simulated party.
func party(name string) string {
	if name == acquirerName {
		return "/sim/acquirer"
	}
	return "/sim/terminals/" + url.PathEscape(name)
}

func setFault(c *cobra.Command, who, name string) error {
	if name == "clear" { // "sim fault T clear" is what people type after "sim fault T NAME"
		return clearFaults(c, who)
	}
	if !slices.ContainsFunc(faultNames(), func(f faultName) bool { return f.Name == name && (f.Of == acquirerName) == (who == acquirerName) }) {
		return Failure{Usage, "there is no such fault", "kassa sim faults lists them"}
	}
	ask := map[string]any{"name": name}
	if who == acquirerName {
		ask = map[string]any{"kind": name}
		delay, err := c.Flags().GetDuration("delay")
		if err != nil {
			return err
		}
		code, err := c.Flags().GetString("code")
		if err != nil {
			return err
		}
		switch name {
		case "delay":
			ask["delay_ms"] = delay.Milliseconds()
		case "decline", "refuse-capture", "refuse-increment":
			ask["code"] = code
		}
	}
	return changeFaults(c, http.MethodPost, who, ask, name+" is set; kassa sim clear "+who+" ends it")
}

func clearFaults(c *cobra.Command, who string) error {
	return changeFaults(c, http.MethodDelete, who, nil, "no faults are set")
}

func changeFaults(c *cobra.Command, method, who string, ask any, done string) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var state json.RawMessage
	if err := kassa.call(c.Context(), method, party(who)+"/fault", ask, &state); err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, state)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s: %s\n", paint(c.OutOrStdout(), green, "✓"), plain(who), done)
	return err
}

// faultName is a fault that the simulated parties know.
type faultName struct {
	Of   string   `json:"of"`
	Name string   `json:"name"`
	What string   `json:"what"`
	Set  []string `json:"set"` // the TIDs where it is set, or "acquirer"
}

func faultNames() []faultName {
	const terminal = "terminal"
	return []faultName{
		{Of: terminal, Name: "cut-link", What: "the link stays open, but nothing is read or written"},
		{Of: terminal, Name: "drop-answer", What: "answers that approve are lost on the way in"},
		{Of: terminal, Name: "power-off", What: "only the journal survives"},
		{Of: terminal, Name: "delay", What: "answers to the cloud leave 10 s late"},
		{Of: terminal, Name: "double-tap", What: "the card is read twice, the request leaves twice"},
		{Of: terminal, Name: "no-ipek", What: "the initial key is gone and none is injected: no activation, no payment"},
		{Of: terminal, Name: "tamper", What: "the keys are erased, every payment is refused until the unlock code is entered, or this is cleared"},
		{Of: terminal, Name: "keys-used-up", What: "no DUKPT key is left for a payment"},
		{Of: terminal, Name: "key-replay", What: "the last DUKPT key is used again, and the cloud refuses it"},
		{Of: terminal, Name: "garbled-card", What: "what the terminal sealed of a card is spoiled, and cannot be opened"},
		{Of: terminal, Name: "switched-off", What: "somebody switched the terminal off: it said goodbye"},
		{Of: terminal, Name: "twin", What: "a copy of the terminal opens a link with its key, while its own is alive"},
		{Of: terminal, Name: "weak-signal", What: "the network hardly reaches the terminal: 12 %"},
		{Of: terminal, Name: "idle-cut", What: "each link is cut four seconds after it has opened"},
		{Of: terminal, Name: "no-probe", What: "what asks the terminal to answer at once is lost"},
		{Of: terminal, Name: "clock-ahead", What: "its clock is two hours ahead"},
		{Of: terminal, Name: "paper-out", What: "receipts wait for a new roll"},
		{Of: terminal, Name: "no-dns", What: "a new connection does not find the server's name"},
		{Of: terminal, Name: "no-tcp", What: "the server's port does not answer a new connection"},
		{Of: terminal, Name: "no-tls", What: "a new connection fails at its encryption"},
		{Of: terminal, Name: "mute", What: "what the terminal sends is lost"},
		{Of: terminal, Name: "deaf", What: "what the server sends is lost"},
		{Of: terminal, Name: "battery-low", What: "4 %, and no charger"},
		{Of: terminal, Name: "reader-out", What: "the card reader is out of order: no card is read"},
		{Of: terminal, Name: "unplug", What: "the Smartpad's cable: no power, no network"},
		{Of: terminal, Name: "flap", What: "each link breaks a second after it has opened"},
		{Of: terminal, Name: "daily-reboot", What: "the device restarts now, and every 24 h from then on"},
		{Of: terminal, Name: "slow-sync", What: "the initial key is gone, and comes after three minutes on the network"},
		{Of: terminal, Name: "old-software", What: "an old program, which does not check itself when it is asked to"},
		{Of: terminal, Name: "app-frozen", What: "the device is online, but its payment program hangs: no payment is shown"},
		{Of: terminal, Name: "no-profile", What: "the list of accepted applications is gone: every card ends in Configuration error"},
		{Of: acquirerName, Name: "drop-next-answer", What: "the next answer is never sent"},
		{Of: acquirerName, Name: "delay", What: "answers are sent late (--delay)"},
		{Of: acquirerName, Name: "close", What: "the connection is closed instead of the next answer"},
		{Of: acquirerName, Name: "bad-mac", What: "the MAC of the next answer is wrong"},
		{Of: acquirerName, Name: "stop-reading", What: "nothing is read"},
		{Of: acquirerName, Name: "decline", What: "the issuer answers the next payment with a response code (--code)"},
		{Of: acquirerName, Name: "refuse-capture", What: "the next capture of a hold is refused with a response code (--code)"},
		{Of: acquirerName, Name: "refuse-increment", What: "the next increment of a hold is refused with a response code (--code)"},
		{Of: acquirerName, Name: "sign-off", What: "the host signs off, once"},
	}
}

func listFaults(c *cobra.Command) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	list := faultNames()
	set := func(of, name, where string) {
		for i := range list {
			if list[i].Of == of && list[i].Name == name {
				list[i].Set = append(list[i].Set, where)
			}
		}
	}
	terminals, err := kassa.terminals(c.Context())
	if err != nil {
		return err
	}
	for _, t := range terminals {
		var state struct{ Faults []string }
		if err := kassa.get(c.Context(), party(t.POIID)+"/state", &state); err != nil {
			continue // a terminal that is not a simulated one has no faults to list
		}
		for _, f := range state.Faults {
			set("terminal", f, t.TID)
		}
	}
	var state struct{ Faults []struct{ Kind string } }
	if err := kassa.get(c.Context(), party(acquirerName)+"/state", &state); err == nil {
		for _, f := range state.Faults {
			set(acquirerName, f.Kind, acquirerName)
		}
	}
	rows := [][]string{{"OF", "NAME", "WHAT HAPPENS", "SET AT"}}
	for _, f := range list {
		if asJSON(c) {
			if f.Set == nil {
				f.Set = []string{}
			}
			if err := printJSON(c, f); err != nil {
				return err
			}
		}
		rows = append(rows, []string{f.Of, f.Name, f.What, strings.Join(f.Set, " ")})
	}
	if asJSON(c) {
		return nil
	}
	if err := table(c, rows); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), "\nkassa sim causes lists the causes that kassa sim fault CAUSE makes, in the environment, keys, settings and webhooks too.")
	return err
}
