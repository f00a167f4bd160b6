package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kassa/cli"
)

// TestStoriesAreReadStrictly: what is wrong is named with its line, and nothing is played.
func TestStoriesAreReadStrictly(t *testing.T) {
	empty(t)
	file := filepath.Join(t.TempDir(), "s.yaml")
	steps := func(text string) string {
		return "scenarios:\n  - name: a\n    steps:\n      - order: {amount: 1}\n" + text
	}
	for text, want := range map[string]string{
		"":                         ": it is empty",
		"# nothing":                ": it is empty",
		"[]":                       ":1: the file must have fields (name: value)",
		"scenarios: [":             ": line 1: ",
		"name: x":                  ":1: scenarios is missing",
		"name: x\nsteps: []":       `:2: the file has no field "steps"; there are name, scenarios, terminal`,
		"scenarios: {}":            ":1: this must be a list",
		"scenarios: [{steps: []}]": ":1: a scenario needs a name",
		"scenarios: [{name: a}]":   ":1: the scenario a has no steps",
		"name: a\n---\nname: b":    ":1: there must be one YAML document",
		"name: a\nname: b":         `:2: the file has the field "name" twice`,
		"name: &a b\nterminal: *a": ":1: anchors and aliases are not taken",
		steps("      - pay: 1"):    `:5: a scenario has no field "pay"`,
		steps("      - card: tap visa\n        key: ok"):                             ":5: a step does one thing",
		steps("      - card: pay visa"):                                              ":5: say how which card is presented",
		steps("      - card: {tap: visa, swipe: visa}"):                              ":5: a card is presented in one way",
		steps("      - card: {tap: visa, result: paid}"):                             `:5: "paid" is none of approved`,
		steps("      - card: {tap: visa, wait: no}"):                                 ":5: this must be true or false",
		steps("      - card: {tap: visa, wait: false, result: approved}"):            ":5: without waiting there is no result",
		steps("      - refund: 12.50"):                                               `:5: "12.50" must be a whole number from 1 on; amounts are in cents`,
		steps("      - refund: -1"):                                                  `:5: "-1" must be`,
		steps("      - refund: 99999999999999999999"):                                ":5: ",
		steps("      - refund: {of: b}"):                                             `:5: no order "b" was made before this step`,
		steps("      - order: {name: order-1, amount: 2}"):                           `:5: there is an order "order-1" in this scenario already`,
		steps("      - order: {name: a b, amount: 2}"):                               ":5: an order's name is",
		steps("      - order: {amout: 2}"):                                           `:5: order has no field "amout"; did you mean amount?`,
		steps("      - order: {}"):                                                   ":5: order needs an amount in cents",
		steps("      - order:"):                                                      ":5: order must have fields",
		steps("      - fault: burn"):                                                 `:5: "burn" is none of cut-link`,
		steps("      - fault: {terminal: delay, delay: 3s}"):                         ":5: only the acquirer's delay has a delay",
		steps("      - fault: {delay: 3s}"):                                          ":5: fault needs one of terminal and acquirer",
		steps("      - wait: soon"):                                                  `:5: "soon" must be a time`,
		steps("      - wait: -3s"):                                                   `:5: "-3s" must be a time`,
		steps("      - clear: me"):                                                   `:5: "me" is none of terminal, acquirer, all`,
		steps("      - expect: {}"):                                                  ":5: expect says nothing",
		steps("      - expect:\n          status: completed\n          colour: red"): `:7: expect has no field "colour"`,
		steps("      - expect: {status: }"):                                          ":5: a value is missing here",
		steps("      - expect: {ledger: {charged: x}}"):                              `:5: "x" must be`,
		steps("      - cancel race: {of: order-1}"):                                  ":5: cancel race needs a card",
		"scenarios: [{name: a, steps: [{cancel: }]}]":                                ":1: no order was made before this step",
		steps("  - name: a\n    steps: [{wait: 1s}]"):                                `:5: there is another scenario "a"`,
		strings.Repeat("[", 20_000):                                                  ": ",
		strings.Repeat("#", 1<<20+1):                                                 ": it is longer than 1 MiB",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, problem := kassa(t, "scenario run "+file)
		if code != cli.Usage || !strings.HasPrefix(problem, "kassa: "+file+want) || out != "" {
			t.Errorf("%.80q: exit %d, %s", text, code, problem)
		}
	}
}

// TestFieldsAreDocumented: docs/scenarios.md names every field that a file may hold.
func TestFieldsAreDocumented(t *testing.T) {
	empty(t)
	docs, err := os.ReadFile("../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	file, fields := filepath.Join(t.TempDir(), "s.yaml"), 0
	for _, text := range []string{
		"zz: 1", "scenarios: [{zz: 1}]", "scenarios: [{name: a, steps: [{zz: 1}]}]",
		"scenarios: [{name: a, steps: [{order: {zz: 1}}]}]", "scenarios: [{name: a, steps: [{card: {zz: 1}}]}]",
		"scenarios: [{name: a, steps: [{cancel: {zz: 1}}]}]", "scenarios: [{name: a, steps: [{cancel race: {zz: 1}}]}]",
		"scenarios: [{name: a, steps: [{refund: {zz: 1}}]}]", "scenarios: [{name: a, steps: [{fault: {zz: 1}}]}]",
		"scenarios: [{name: a, steps: [{expect: {zz: 1}}]}]", "scenarios: [{name: a, steps: [{expect: {ledger: {zz: 1}}}]}]",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, problem := kassa(t, "scenario run "+file)
		list := regexp.MustCompile(`there are ([a-z_, ]+);`).FindStringSubmatch(problem)
		if list == nil {
			t.Fatalf("%s: %s", text, problem)
		}
		for name := range strings.SplitSeq(list[1], ", ") {
			fields++
			if !regexp.MustCompile("`([a-z\\[\\]]+\\.)?" + name + "[`:.]").Match(docs) {
				t.Errorf("docs/scenarios.md does not name %s (of %s)", name, text)
			}
		}
	}
	if fields < 50 {
		t.Errorf("only %d fields were looked at", fields)
	}
}
