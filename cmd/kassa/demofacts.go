package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"kassa/cli"
)

// demoFacts is what the cloud tells its parent of the demo estate, over a pipe: it holds keys, so
// it is written to no file but the one that --env names and, for this user's client verbs, the note
// of the installation that was started last.
type demoFacts struct {
	URL        string         `json:"url"`
	HTTPSURL   string         `json:"httpsURL"`
	CA         string         `json:"ca"` // path of the CA's certificate
	Token      string         `json:"token"`
	GroupKey   string         `json:"groupKey"`
	AccountKey string         `json:"accountKey"`
	OtherKey   string         `json:"otherKey"` // of the other group
	Merchant   string         `json:"merchant"` // Adyen's code of the account
	Group      string         `json:"group"`
	Other      string         `json:"other"`
	Terminals  []demoTerminal `json:"terminals"`
}

type demoTerminal struct {
	TID   string `json:"tid"`
	POIID string `json:"poiid"`
	Name  string `json:"name"`
	Group string `json:"group"`
	// Code activates it; empty once it is activated.
	Code string `json:"code,omitempty"`
}

// installation is what the client verbs need to know.
func (f demoFacts) installation() cli.Installation {
	at := cli.Installation{URL: f.URL, Token: f.Token, CA: f.CA, Key: f.GroupKey}
	if len(f.Terminals) > 0 {
		at.Terminal = f.Terminals[0].TID
	}
	return at
}

// environment is the text of the --env file: what client verbs and scripts need.
func (f demoFacts) environment() string {
	first := f.Terminals[0]
	var b strings.Builder
	for _, v := range [][2]string{
		{"KASSA_URL", f.URL}, {"KASSA_HTTPS_URL", f.HTTPSURL}, {"KASSA_CA", f.CA}, {"KASSA_TOKEN", f.Token},
		{"KASSA_MSP_KEY", f.GroupKey}, {"KASSA_MSP_ACCOUNT_KEY", f.AccountKey},
		{"KASSA_ADYEN_KEY", f.AccountKey}, {"KASSA_ADYEN_MERCHANT", f.Merchant},
		{"KASSA_TERMINAL_ID", first.TID}, {"KASSA_POIID", first.POIID},
	} {
		fmt.Fprintf(&b, "%s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
	}
	return b.String()
}

func (f demoFacts) banner(out io.Writer, dir string, took time.Duration) {
	first := f.Terminals[0]
	if took > 0 {
		fmt.Fprintf(out, "kassa · TEST · data %s · ready in %.1f s\n", dir, took.Seconds())
	}
	row := func(what, where string) { fmt.Fprintf(out, "  %-18s %s\n", what, where) }
	row("Live page", f.URL+"/")
	row("Virtual terminals", f.URL+"/sim/terminals/")
	for _, t := range f.Terminals {
		line := fmt.Sprintf("%s  %-16s %-12s %s", t.TID, t.POIID, t.Group, t.Name)
		if t.Code != "" {
			line += "   activate it with " + t.Code
		}
		row("", line)
	}
	row("MultiSafepay API", f.URL+"/v1/json/")
	row("  and over TLS", f.HTTPSURL+"/v1/json/   CA "+f.CA)
	row("  group key", f.GroupKey+"   "+f.Group)
	row("  group key", f.OtherKey+"   "+f.Other)
	row("  account key", f.AccountKey)
	row("Adyen Terminal API", f.HTTPSURL+"/sync   /async   "+f.HTTPSURL+"/v1/merchants/"+f.Merchant+"/devices/")
	row("  with the account key as X-API-Key", "merchant account "+f.Merchant)
	row("Operator token", f.Token)
	fmt.Fprintf(out, `
Try it in another terminal window:

  curl -s '%s/v1/json/orders?api_key=%s' -d '{"type":"redirect","order_id":"demo-1",
    "currency":"EUR","amount":1250,"description":"2 coffees","gateway_info":{"terminal_id":"%s"}}'
  bin/kassa card tap visa --terminal %s

or open %s/sim/terminals/%s and tap a card there. Ctrl-C ends everything.
`, f.URL, f.GroupKey, first.TID, first.TID, f.URL, first.TID)
}
