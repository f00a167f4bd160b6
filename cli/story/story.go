// Package story reads the scenarios that kassa scenario run plays: YAML files, strictly, so that a
// mistake is named with its line before anything is played.
//
// It plays nothing and compares nothing itself.
package story

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Story is a file of scenarios.
type Story struct {
	File      string
	Name      string
	Terminal  string
	Scenarios []Scenario
}

// Scenario is one story of a register: steps, one after the other.
type Scenario struct {
	Line     int
	Name     string
	About    string
	Terminal string
	Steps    []Step
}

// Step is one thing that somebody does, or sees. One of the pointers is set, as Kind tells.
type Step struct {
	Line   int
	Kind   string
	Order  *Order
	Card   *Card
	Keys   []string
	Cancel *Cancel
	Refund *Refund
	Fault  *Fault
	Expect *Expectation
	// Text is what clear, unblock and wait name; Span is how long wait and clock take.
	Text string
	Span time.Duration
}

// Order is made by the register.
type Order struct {
	Name, Terminal, Description, NotifyURL, NotifyMethod string
	Amount                                               int64
	Error                                                int64
}

// Card is presented by a customer.
type Card struct {
	Present, Card, PIN, Result string
	PINGiven, Follow, Later    bool
}

// Cancel is asked for by the register.
type Cancel struct {
	Of, Card string // with a card it is a race
	Present  string
	Error    int64
}

// Refund is asked for by the register.
type Refund struct {
	Of, ID        string
	Amount, Error int64
}

// Fault is what goes wrong from now on.
type Fault struct {
	Terminal, Acquirer string
	Delay              time.Duration
	Count              int64
}

// Expectation is what must be true, all at once.
type Expectation struct {
	Of, Status, FinancialStatus, Screen, NotShown, Card string
	Events, Webhook                                     []string
	HasEvents                                           bool
	AmountRefunded                                      *int64
	Ledger                                              *Ledger
	Within                                              time.Duration
}

// Ledger are totals of the issuer; nil is not compared.
type Ledger struct{ Charged, Refunded, Reversals *int64 }

// Bounds of a story.
const (
	maxStory      = 1 << 20
	defaultWithin = 10 * time.Second
	maxSpan       = 24 * time.Hour
)

// Error is what is wrong with a file; Line is 0 when that is not known.
type Error struct {
	File string
	Line int
	Text string
}

func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
}

// Faults are the names of the faults that the parties know.
type Faults struct{ Terminal, Acquirer []string }

// Read reads a file of scenarios. What is wrong with it is an Error.
func Read(file string, from io.Reader, faults Faults) (Story, error) {
	raw, err := io.ReadAll(io.LimitReader(from, maxStory+1))
	if err != nil {
		return Story{}, Error{File: file, Text: "it cannot be read"}
	}
	if len(raw) > maxStory {
		return Story{}, Error{File: file, Text: "it is longer than 1 MiB"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var doc yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "yaml: "), "EOF")
		if errors.Is(err, io.EOF) {
			text = "it is empty"
		}
		return Story{}, Error{File: file, Text: text}
	}
	r := &reader{file: file, faults: faults}
	s := Story{File: file}
	r.fields(doc.Content[0], "the file", fields{
		"name": r.text(&s.Name), "terminal": r.text(&s.Terminal),
		"scenarios": r.each(func(n *yaml.Node) { s.Scenarios = append(s.Scenarios, r.scenario(n)) }),
	})
	if more := decoder.Decode(new(yaml.Node)); r.err == nil && !errors.Is(more, io.EOF) {
		r.fail(doc.Content[0], "there must be one YAML document in the file")
	}
	if r.err == nil && len(s.Scenarios) == 0 {
		r.fail(doc.Content[0], "scenarios is missing")
	}
	var names []string
	for _, sc := range s.Scenarios {
		if r.err == nil && slices.Contains(names, sc.Name) {
			r.fail(&yaml.Node{Line: sc.Line}, fmt.Sprintf("there is another scenario %q", sc.Name))
		}
		names = append(names, sc.Name)
	}
	return s, r.err
}

// reader reads nodes; it keeps the first error.
type reader struct {
	file   string
	faults Faults
	err    error
}

func (r *reader) fail(n *yaml.Node, text string) {
	if r.err == nil {
		r.err = Error{r.file, n.Line, text}
	}
}

// fields are the readers of what a mapping may hold.
type fields map[string]func(*yaml.Node)

// fields reads a mapping of which every key must be known, and there once.
func (r *reader) fields(n *yaml.Node, what string, known fields) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, what+" must have fields (name: value)")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := known[key.Value]
		switch {
		case !ok:
			r.fail(key, fmt.Sprintf("%s has no field %q; %s", what, key.Value, nearest(key.Value, known)))
		case seen[key.Value]:
			r.fail(key, fmt.Sprintf("%s has the field %q twice", what, key.Value))
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			r.fail(value, "anchors and aliases are not taken: write it out")
		default:
			read(value)
		}
		seen[key.Value] = true
	}
}

// nearest is what was perhaps meant, or all that there is.
func nearest(word string, known fields) string {
	var all []string
	for name := range known {
		if len(word) > 2 && (strings.HasPrefix(name, word[:3]) || strings.HasSuffix(name, word[len(word)-3:])) {
			return "did you mean " + name + "?"
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return "there are " + strings.Join(all, ", ")
}

// each reads a list.
func (r *reader) each(read func(*yaml.Node)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			r.fail(n, "this must be a list (lines that begin with -)")
			return
		}
		for _, item := range n.Content {
			if item.Kind == yaml.AliasNode || item.Anchor != "" {
				r.fail(item, "anchors and aliases are not taken: write it out")
				return
			}
			read(item)
		}
	}
}

func (r *reader) scalar(n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		r.fail(n, "a value is missing here")
		return "", false
	}
	return n.Value, true
}

// text reads a word or a sentence, as it is written: a number too.
func (r *reader) text(into *string, oneOf ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if ok && len(oneOf) > 0 && !slices.Contains(oneOf, v) {
			r.fail(n, fmt.Sprintf("%q is none of %s", v, strings.Join(oneOf, ", ")))
		}
		*into = v
	}
}

// texts reads one word or a list of them.
func (r *reader) texts(into *[]string) func(*yaml.Node) {
	one := func(n *yaml.Node) {
		var v string
		r.text(&v)(n)
		*into = append(*into, v)
	}
	return func(n *yaml.Node) {
		if n.Kind == yaml.SequenceNode {
			r.each(one)(n)
			return
		}
		one(n)
	}
}

func (r *reader) number(into *int64, least int64) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if !ok {
			return
		}
		i, err := strconv.ParseInt(v, 10, 64)
		if err != nil || i < least {
			r.fail(n, fmt.Sprintf("%q must be a whole number from %d on; amounts are in cents (1250 is EUR 12.50)", v, least))
		}
		*into = i
	}
}

func (r *reader) maybe(into **int64) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*into = new(int64)
		r.number(*into, 0)(n)
	}
}

func (r *reader) flag(into *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Value != "true" && n.Value != "false" {
			r.fail(n, "this must be true or false")
		}
		*into = n.Value == "true"
	}
}

func (r *reader) span(into *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if !ok {
			return
		}
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 || d > maxSpan {
			r.fail(n, fmt.Sprintf("%q must be a time such as 500ms, 2s or 1m", v))
		}
		*into = d
	}
}

func (r *reader) scenario(n *yaml.Node) Scenario {
	s := Scenario{Line: n.Line}
	r.fields(n, "a scenario", fields{
		"name": r.text(&s.Name), "about": r.text(&s.About), "terminal": r.text(&s.Terminal),
		"steps": r.each(func(n *yaml.Node) { s.Steps = append(s.Steps, r.step(n)) }),
	})
	switch {
	case r.err != nil:
	case s.Name == "":
		r.fail(n, "a scenario needs a name")
	case len(s.Steps) == 0:
		r.fail(n, "the scenario "+s.Name+" has no steps")
	}
	r.names(s)
	return s
}

// names checks that the steps speak of orders that were made before.
func (r *reader) names(s Scenario) {
	var made []string
	for i := range s.Steps {
		st := &s.Steps[i]
		of := ""
		switch {
		case st.Order != nil:
			if st.Order.Name == "" {
				st.Order.Name = fmt.Sprintf("order-%d", len(made)+1)
			}
			if slices.Contains(made, st.Order.Name) {
				r.fail(&yaml.Node{Line: st.Line}, fmt.Sprintf("there is an order %q in this scenario already", st.Order.Name))
			}
			if st.Order.Error == 0 { // else none is made
				made = append(made, st.Order.Name)
			}
			continue
		case st.Cancel != nil:
			of = st.Cancel.Of
		case st.Refund != nil:
			of = st.Refund.Of
		case st.Expect != nil:
			if of = st.Expect.Of; of == "" && !st.Expect.AboutOrder() {
				continue
			}
		default:
			continue
		}
		switch {
		case len(made) == 0:
			r.fail(&yaml.Node{Line: st.Line}, "no order was made before this step")
		case of != "" && !slices.Contains(made, of):
			r.fail(&yaml.Node{Line: st.Line}, fmt.Sprintf("no order %q was made before this step", of))
		}
	}
}
