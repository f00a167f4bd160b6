package dashboard

import (
	"net/url"
	"strings"
)

// Curl is the call as a command: with the variables of the demo environment in place of the address
// and the key, so that it can be shown to others and still runs.
func (c Call) Curl() string {
	var b strings.Builder
	b.WriteString("curl -sS")
	if c.Method != "GET" && (c.Method != "POST" || c.Sent.Text == "") {
		b.WriteString(" -X " + shell(c.Method))
	}
	b.WriteString(` "$KASSA_URL` + inQuotes(c.Path))
	joint := "?"
	for _, f := range c.Query {
		b.WriteString(joint + inQuotes(url.QueryEscape(f.Name)) + "=")
		joint = "&"
		if c.KeyAt.Query && f.Name == c.KeyAt.Name {
			b.WriteString("$" + c.variable())
			continue
		}
		b.WriteString(inQuotes(url.QueryEscape(f.Value)))
	}
	b.WriteString(`"`)
	if name := c.KeyAt.Name; name != "" && !c.KeyAt.Query {
		value := "$" + c.variable()
		if c.KeyAt.Scheme != "" {
			value = inQuotes(c.KeyAt.Scheme) + " " + value
		}
		if name == "Api_key" {
			name = "api_key"
		}
		b.WriteString(" \\\n  -H \"" + inQuotes(name) + ": " + value + `"`)
	}
	for _, f := range c.RequestHeader {
		if f.Name == "Content-Type" || f.Name == "Idempotency-Key" || f.Name == "Last-Event-Id" {
			b.WriteString(" \\\n  -H " + shell(f.Name+": "+f.Value))
		}
	}
	if c.Sent.Text != "" {
		b.WriteString(" \\\n  --data-raw " + shell(c.Sent.Text))
	}
	return b.String()
}

// Runs tells whether the command asks what the call asked: nothing of it was masked or cut.
func (c Call) Runs() bool {
	asked := c.Path + c.Sent.Text
	for _, f := range c.Query {
		if !c.KeyAt.Query || f.Name != c.KeyAt.Name {
			asked += f.Value
		}
	}
	return !c.Sent.Cut && c.Sent.Note == "" && !strings.Contains(asked, hidden) && !strings.Contains(asked, "****")
}

func (c Call) variable() string {
	switch {
	case c.Key.Variable != "":
		return c.Key.Variable
	case strings.Contains(c.Path, "/events/"):
		return "EVENTS_TOKEN"
	}
	return "KASSA_MSP_KEY"
}

// shell quotes a text for a shell: nothing in single quotes means anything.
func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// inQuotes makes a text mean itself within double quotes.
func inQuotes(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
}
