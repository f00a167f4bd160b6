package cli

import (
	"encoding/base64"
	"net/http"
	"os"

	"github.com/spf13/cobra"
)

const (
	tamperPath    = "/api/v1/tamper-requests"
	developerPath = "/api/v1/developer-codes"
	returnsPath   = "/api/v1/returns"
)

// workshopCommands are the jobs around devices.
func workshopCommands() []*cobra.Command {
	return []*cobra.Command{devicesCommand(), tamperCommand(), developerCommand(), returnsCommand(), logsCommand()}
}

// oneOf is a verb that does one thing with a job.
func oneOf(use, short, path, verb string, flags ...string) *cobra.Command {
	return doCommand(&cobra.Command{Use: use, Short: short}, []string{"ID"},
		func(c *cobra.Command, args []string) (string, string, any, error) {
			if verb == "" {
				return http.MethodGet, at(path, args[0]), nil, nil
			}
			return http.MethodPost, at(path, args[0], verb), flagged(c, flags...), nil
		})
}

func devicesCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "devices", Short: "List the devices, with their initial keys and what is wrong with them"}, devicesPath,
		[]string{"account: in the stock of this account", "state: keyed, tampered, developer, returned, …"},
		column{"POIID", "poiid"}, column{"STATE", "state"}, column{"TERMINAL", "terminal"}, column{"KEY", "configured"}, column{"KCV", "kcv"},
		column{"DEVELOPER", "developer"}, column{"INJECTION", "injection.state"}, column{"WHY", "injection.words"})
	c.AddCommand(oneOf("show POIID", "Show one device", devicesPath, ""),
		oneOf("inject-keys POIID", "Have a device ask for a new initial key (RKI)", devicesPath, "key-injection"),
		doCommand(&cobra.Command{Use: "keys POIID", Short: "Show whether a device has its initial key, and how it came to it"}, []string{"POIID"},
			func(_ *cobra.Command, args []string) (string, string, any, error) {
				return http.MethodGet, at(devicesPath, args[0], "key-injection"), nil, nil
			}))
	return c
}

func tamperCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "tamper", Short: "List the requests for unlock codes after tamper alarms"}, tamperPath,
		[]string{"device: of this device", "state: asked, approved, refused, unlocked or cleared"},
		column{"ID", "id"}, column{"DEVICE", "poiid"}, column{"STATE", "state"}, column{"CODE", "code"}, column{"ASKED", "at"}, column{"SENSOR SUSPECTED", "suspected"}, column{"READY", "ready"})
	ask := doCommand(&cobra.Command{
		Use: "ask TERMINAL", Short: "Ask for the unlock code of a terminal that says Attacked!",
		Example: "  kassa tamper ask 00000ABC --code 0x10 --picture screen.jpg",
	}, []string{"TERMINAL"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		body := flagged(c, "code", "note")
		body["terminal"] = args[0]
		if file := c.Flag("picture").Value.String(); file != "" {
			picture, err := os.ReadFile(file)
			if err != nil {
				return "", "", nil, Failure{Usage, "the picture cannot be read: " + err.Error(), ""}
			}
			body["picture"] = base64.StdEncoding.EncodeToString(picture)
		}
		return http.MethodPost, tamperPath, body, nil
	})
	ask.Flags().String("code", "", "the error code on the screen")
	ask.Flags().String("note", "", "what happened")
	ask.Flags().String("picture", "", "file with a PNG or JPEG of the screen and the device, 2 MiB at most")
	approve := oneOf("approve ID", "Give the unlock code: it works once, within 24 hours", tamperPath, "approve", "anyway")
	approve.Flags().Bool("anyway", false, "although a sensor may be damaged")
	refuse := oneOf("refuse ID", "Refuse a request", tamperPath, "refuse", "why")
	refuse.Flags().String("why", "", "for who asked")
	c.AddCommand(ask, oneOf("show ID", "Show one request", tamperPath, ""), approve, refuse)
	return c
}

func developerCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "developer-codes", Short: "List the codes of developer mode"}, developerPath,
		[]string{"device: of this device", "state: issued, used, void or expired"},
		column{"ID", "id"}, column{"TUSN", "tusn"}, column{"DEVICE", "poiid"}, column{"STATE", "state"}, column{"EXPIRES", "expires"}, column{"REASON", "reason"})
	ask := doCommand(&cobra.Command{
		Use: "ask TUSN", Short: "Give a code with which a device goes into developer mode, for ever",
		Long: `Give a code of 4 digits for the device with this serial number (TUSN). On the device: Settings > System > About, press TUSN
(or SV) 8 times, and type it in within 24 hours. Developer mode is never left: the device is not PCI compliant any more,
and takes no live payments. Say that you know with --understood.`,
	}, []string{"TUSN"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		body := flagged(c, "reason", "understood")
		body["tusn"] = args[0]
		return http.MethodPost, developerPath, body, nil
	})
	ask.Flags().String("reason", "", "what it is for")
	ask.Flags().Bool("understood", false, "it is for ever, and the device is not PCI compliant any more")
	c.AddCommand(ask, oneOf("show ID", "Show one code without its digits", developerPath, ""))
	return c
}

func returnsCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "returns", Short: "List the returns of devices"}, returnsPath,
		[]string{"device: of this device", "state: asked, approved, labelled, in_transit, received, tested, …"},
		column{"ID", "id"}, column{"DEVICE", "poiid"}, column{"STATE", "state"}, column{"REASON", "reason"}, column{"TICKET", "ticket"}, column{"PARCEL", "parcel"}, column{"ASKED", "at"})
	ask := doCommand(&cobra.Command{
		Use: "ask TERMINAL", Short: "Ask for the return of a device",
		Long: `Ask the operator to take the device of a terminal back. The reason is display, keyboard, printer, scanner, battery,
chip_reader, network, damage, wrong_item, closure or payment_issues. It stays in use until it is sent.`,
		Example: "  kassa returns ask 00000ABC --reason printer --ticket T-1 --name Bar --street 'Kade 1' --postal-code '1012 LG' --city Amsterdam --country NL",
	}, []string{"TERMINAL"}, func(c *cobra.Command, args []string) (string, string, any, error) {
		body := flagged(c, "reason", "ticket", "note")
		address := flagged(c, "name", "street", "city", "country")
		address["postal_code"] = c.Flag("postal-code").Value.String()
		body["terminal"], body["address"] = args[0], address
		return http.MethodPost, returnsPath, body, nil
	})
	for _, f := range [][2]string{
		{"reason", "why it goes back"}, {"ticket", "reference of the ticket"}, {"note", "what is wrong with it"}, {"name", "where the replacement goes: a name"},
		{"street", "street and number"}, {"postal-code", "postal code"}, {"city", "city"}, {"country", "country, two letters"},
	} {
		ask.Flags().String(f[0], "", f[1])
	}
	c.AddCommand(ask, oneOf("show ID", "Show one return", returnsPath, ""))
	for _, s := range [][2]string{
		{"approve", "Take a return on"}, {"refuse", "Refuse a return; --note says why"}, {"withdraw", "Take the wish for a return back"}, {"label", "Make the label of the parcel"},
		{"send", "Note that the device is on its way: it is out of use"}, {"receive", "Note that the device has arrived"}, {"test", "Note what a test found"},
		{"repair", "Send the repaired device back to its terminal"},
	} {
		c.AddCommand(returnStep(s[0]+" ID", s[1], []string{"ID"}, s[0], ""))
	}
	c.AddCommand(
		returnStep("replace ID POIID", "Put another device in its place: name, group, shop and settings are the terminal's", []string{"ID", "POIID"}, "replace", "device"),
		returnStep("close ID OUTCOME", "End a return as account_closure or wrong_terminal", []string{"ID", "OUTCOME"}, "close", "outcome"))
	return c
}

// returnStep is a step of a return; its second argument is the field of that name.
func returnStep(use, short string, args []string, step, field string) *cobra.Command {
	c := doCommand(&cobra.Command{Use: use, Short: short}, args, func(c *cobra.Command, args []string) (string, string, any, error) {
		body := flagged(c, "note")
		if body["step"] = step; field != "" {
			body[field] = args[1]
		}
		return http.MethodPost, at(returnsPath, args[0], "steps"), body, nil
	})
	c.Flags().String("note", "", "for the record")
	return c
}
