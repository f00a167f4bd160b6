package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// The paths of the estate.
const (
	accountsPath = "/api/v1/accounts"
	groupsPath   = "/api/v1/groups"
	shopsPath    = "/api/v1/shops"
	keysPath     = "/api/v1/keys"
	devicesPath  = "/api/v1/devices"
	wishesPath   = "/api/v1/settings-wishes"
)

// moment is an instant in local time; other text stays as it is.
func moment(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return t.Local().Format(time.DateTime)
}

func groupsCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "groups", Short: "List the terminal groups, or work on one"}, groupsPath,
		[]string{"account: of this account only"},
		column{"ID", "number"}, column{"NAME", "name"}, column{"ACCOUNT", "account"}, column{"MERCHANT", "merchant.name"},
		column{"CITY", "merchant.city"}, column{"COUNTRY", "merchant.country"}, column{"WEBHOOK", "webhookURL"})
	show := doCommand(&cobra.Command{Use: "show GROUP", Short: "Show one group"}, []string{"GROUP"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodGet, at(groupsPath, args[0]), nil, nil
		})
	add := doCommand(&cobra.Command{
		Use: "add", Short: "Add a terminal group to an account",
		Example: "  kassa groups add --account 10000001 --name Pier --country NL --city Den Haag",
	}, nil, func(c *cobra.Command, _ []string) (string, string, any, error) {
		return http.MethodPost, groupsPath, groupBody(c, "account", "name", "webhook-url"), nil
	})
	add.Flags().String("account", "", "account, by id")
	change := doCommand(&cobra.Command{Use: "change GROUP", Short: "Change a group's name, webhook or merchant"}, []string{"GROUP"},
		func(c *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodPatch, at(groupsPath, args[0]), groupBody(c, "name", "webhook-url"), nil
		})
	for _, c := range []*cobra.Command{add, change} {
		c.Flags().String("name", "", "what people call it")
		c.Flags().String("webhook-url", "", "where MultiSafepay's webhooks go")
		for _, f := range []string{"merchant", "address", "city", "country", "mid", "mcc"} {
			c.Flags().String(f, "", f+" on receipts and at the acquirer")
		}
	}
	c.AddCommand(show, add, change)
	return c
}

func groupBody(c *cobra.Command, names ...string) map[string]any {
	body := flagged(c, names...)
	if url, ok := body["webhookUrl"]; ok {
		delete(body, "webhookUrl")
		body["webhookURL"] = url
	}
	merchant := flagged(c, "address", "city", "country", "mid", "mcc")
	if name := c.Flag("merchant"); name.Changed {
		merchant["name"] = name.Value.String()
	}
	if len(merchant) > 0 {
		body["merchant"] = merchant
	}
	return body
}

func shopsCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "shops", Short: "List the shops (Adyen: stores), or work on one"}, shopsPath,
		[]string{"account: of this account only", "reference: with this reference only"},
		column{"ID", "number"}, column{"REFERENCE", "reference"}, column{"DESCRIPTION", "description"}, column{"ACCOUNT", "account"},
		column{"STATUS", "status"}, column{"CITY", "address.city"}, column{"COUNTRY", "address.country"})
	show := doCommand(&cobra.Command{Use: "show SHOP", Short: "Show one shop"}, []string{"SHOP"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodGet, at(shopsPath, args[0]), nil, nil
		})
	add := doCommand(&cobra.Command{
		Use: "add", Short: "Add a shop to an account",
		Example: "  kassa shops add --account 10000001 --reference pier --description 'Beach pier' --shopper-statement 'KASSA PIER' --phone +31701234567 --country NL --city 'Den Haag'",
	}, nil, func(c *cobra.Command, _ []string) (string, string, any, error) {
		return http.MethodPost, shopsPath, shopBody(c, "account", "reference"), nil
	})
	add.Flags().String("account", "", "account, by id")
	add.Flags().String("reference", "", "the account's own name of it: letters, digits, - and _")
	change := doCommand(&cobra.Command{Use: "change SHOP", Short: "Change a shop; closed is for good"}, []string{"SHOP"},
		func(c *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodPatch, at(shopsPath, args[0]), shopBody(c, "status"), nil
		})
	change.Flags().String("status", "", "active, inactive (no new payments) or closed (for good)")
	for _, c := range []*cobra.Command{add, change} {
		c.Flags().String("description", "", "what people call it")
		c.Flags().String("shopper-statement", "", "what cardholders read on their statement, at most 22 characters")
		c.Flags().String("phone", "", "in the form +31701234567")
		for _, f := range []string{"line1", "city", "postal-code", "country"} {
			c.Flags().String(f, "", "of the address")
		}
	}
	c.AddCommand(show, add, change)
	return c
}

func shopBody(c *cobra.Command, names ...string) map[string]any {
	body := flagged(c, append(names, "description", "shopper-statement", "phone")...)
	if address := flagged(c, "line1", "city", "postal-code", "country"); len(address) > 0 {
		body["address"] = address
	}
	return body
}

func keysCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "keys", Short: "List the API keys, or work on one"}, keysPath,
		[]string{"account: of this account only", "group: of this group only"},
		column{"ID", "id"}, column{"NAME", "name"}, column{"ROLE", "role"}, column{"ACCOUNT", "account"}, column{"GROUP", "group"},
		column{"ENDS IN", "hint"}, column{"STATUS", "status"}, column{"LAST USED", "lastUsed"}, column{"EXPIRES", "expires"})
	add := doCommand(&cobra.Command{
		Use: "add", Short: "Make a key; it is shown once",
		Example: "  kassa keys add --account 10000001 --role cashier --name 'Till 7' --networks 203.0.113.0/24",
	}, nil, func(c *cobra.Command, _ []string) (string, string, any, error) {
		body := flagged(c, "account", "group", "role", "name")
		for _, list := range []string{"only", "networks"} {
			if given := c.Flag(list).Value.String(); given != "" {
				body[list] = strings.Split(given, ",")
			}
		}
		if span := c.Flag("expires-in").Value.String(); span != "" {
			d, err := time.ParseDuration(span)
			if err != nil || d <= 0 {
				return "", "", nil, Failure{Usage, "--expires-in is not a duration such as 720h", "write kassa keys add --expires-in 720h"}
			}
			body["expires"] = time.Now().Add(d).UTC().Format(time.RFC3339)
		}
		return http.MethodPost, keysPath, body, nil
	})
	add.Flags().String("account", "", "for this account")
	add.Flags().String("group", "", "for this terminal group alone")
	add.Flags().String("role", "", "operator, admin, developer, cashier, support or auditor (docs/roles.md)")
	add.Flags().String("name", "", "what it is for")
	add.Flags().String("only", "", "permissions that it keeps of its role, with commas")
	add.Flags().String("networks", "", "where it may be used from: CIDRs with commas")
	add.Flags().String("expires-in", "", "ends by itself after this time")
	rotate := doCommand(&cobra.Command{Use: "rotate KEY", Short: "Make a key's successor; the old one ends after the overlap"}, []string{"KEY"},
		func(c *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodPost, at(keysPath, args[0], "rotate"), map[string]string{"overlap": c.Flag("overlap").Value.String()}, nil
		})
	rotate.Flags().String("overlap", "24h", "how long both are good; 0s ends the old one at once")
	revoke := doCommand(&cobra.Command{Use: "revoke KEY", Short: "End a key at once"}, []string{"KEY"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodDelete, at(keysPath, args[0]), nil, nil
		})
	show := doCommand(&cobra.Command{Use: "show KEY", Short: "Show what a key may do, and when it was used last"}, []string{"KEY"},
		func(_ *cobra.Command, args []string) (string, string, any, error) {
			return http.MethodGet, at(keysPath, args[0]), nil, nil
		})
	c.AddCommand(show, add, rotate, revoke)
	return c
}

// jsonOf reads a value of the command line: JSON, or else text.
func jsonOf(text string) json.RawMessage {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return json.RawMessage("null")
	}
	return quoted
}
