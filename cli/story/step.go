package story

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kassa"
)

// step reads one step: a mapping with one field, which tells what is done.
func (r *reader) step(n *yaml.Node) Step {
	s := Step{Line: n.Line}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		r.fail(n, "a step does one thing, such as - card: tap visa")
		return s
	}
	s.Kind = n.Content[0].Value
	r.fields(n, "a scenario", fields{
		"order":  func(n *yaml.Node) { s.Order = r.orderStep(n) },
		"card":   func(n *yaml.Node) { s.Card = r.cardStep(n) },
		"key":    r.texts(&s.Keys),
		"cancel": func(n *yaml.Node) { s.Cancel = r.cancelStep(n) },
		"cancel race": func(n *yaml.Node) {
			s.Cancel = &Cancel{}
			r.raceStep(n, s.Cancel)
		},
		"refund":  func(n *yaml.Node) { s.Refund = r.refundStep(n) },
		"fault":   func(n *yaml.Node) { s.Fault = r.faultStep(n) },
		"clear":   r.text(&s.Text, "terminal", "acquirer", "all"),
		"unblock": r.text(&s.Text),
		"wait":    func(n *yaml.Node) { r.spanOr("idle", n, &s) },
		"clock":   func(n *yaml.Node) { r.spanOr("next", n, &s) },
		"expect":  func(n *yaml.Node) { s.Expect = r.expectation(n) },
	})
	return s
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,30}$`)

func (r *reader) orderStep(n *yaml.Node) *Order {
	o := &Order{}
	r.fields(n, "order", fields{
		"name": r.text(&o.Name), "amount": r.number(&o.Amount, 0), "terminal": r.text(&o.Terminal),
		"description": r.text(&o.Description), "notification_url": r.text(&o.NotifyURL),
		"notification_method": r.text(&o.NotifyMethod, "GET", "POST"), "error": r.number(&o.Error, 1),
	})
	if o.Name != "" && !nameForm.MatchString(o.Name) {
		r.fail(n, "an order's name is 1 to 30 letters, digits and . _ -")
	}
	if o.Amount == 0 && o.Error == 0 {
		r.fail(n, "order needs an amount in cents")
	}
	return o
}

// presented reads "tap visa:070".
func (r *reader) presented(n *yaml.Node, how, card *string) {
	v, _ := r.scalar(n)
	present, name, ok := strings.Cut(v, " ")
	if !ok || (present != "tap" && present != "insert" && present != "swipe") {
		r.fail(n, "say how which card is presented: tap visa, insert maestro, swipe visa:051")
		return
	}
	*how, *card = present, strings.TrimSpace(name)
}

func (r *reader) cardStep(n *yaml.Node) *Card {
	c := &Card{}
	if n.Kind == yaml.ScalarNode {
		r.presented(n, &c.Present, &c.Card)
		return c
	}
	way := func(how string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			if c.Present != "" {
				r.fail(n, "a card is presented in one way")
			}
			c.Present = how
			r.text(&c.Card)(n)
		}
	}
	wait := true
	r.fields(n, "card", fields{
		"tap": way("tap"), "insert": way("insert"), "swipe": way("swipe"), "follow": r.flag(&c.Follow), "wait": r.flag(&wait),
		"pin": func(n *yaml.Node) {
			var pins []string
			r.texts(&pins)(n)
			c.PIN, c.PINGiven = strings.Join(pins, ","), true
		},
		"result": r.text(&c.Result, cardResults()...),
	})
	c.Later = !wait
	switch {
	case c.Present == "":
		r.fail(n, "card needs one of tap, insert and swipe")
	case c.Later && c.Result != "":
		r.fail(n, "without waiting there is no result; expect the card's result later")
	}
	return c
}

// cardResults are the ends that a terminal reports.
func cardResults() []string {
	return []string{"approved", "declined", "cancelled", "notCompleted", "unknown", "noCardScreen"}
}

func (r *reader) cancelStep(n *yaml.Node) *Cancel {
	c := &Cancel{}
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		r.text(&c.Of)(n)
		return c
	}
	if n.Kind == yaml.MappingNode {
		r.fields(n, "cancel", fields{"of": r.text(&c.Of), "error": r.number(&c.Error, 1)})
	}
	return c
}

func (r *reader) raceStep(n *yaml.Node, c *Cancel) {
	if n.Kind == yaml.ScalarNode {
		r.presented(n, &c.Present, &c.Card)
		return
	}
	r.fields(n, "cancel race", fields{
		"of": r.text(&c.Of), "card": func(n *yaml.Node) { r.presented(n, &c.Present, &c.Card) },
	})
	if c.Card == "" {
		r.fail(n, "cancel race needs a card")
	}
}

func (r *reader) refundStep(n *yaml.Node) *Refund {
	f := &Refund{}
	if n.Kind == yaml.ScalarNode {
		if n.Value != "all" {
			r.number(&f.Amount, 1)(n)
		}
		return f
	}
	r.fields(n, "refund", fields{
		"of": r.text(&f.Of), "id": r.text(&f.ID), "amount": r.number(&f.Amount, 1), "error": r.number(&f.Error, 1),
	})
	return f
}

func (r *reader) faultStep(n *yaml.Node) *Fault {
	f := &Fault{}
	if n.Kind == yaml.ScalarNode {
		r.text(&f.Terminal, r.faults.Terminal...)(n)
		return f
	}
	r.fields(n, "fault", fields{
		"terminal": r.text(&f.Terminal, r.faults.Terminal...), "acquirer": r.text(&f.Acquirer, r.faults.Acquirer...),
		"delay": r.span(&f.Delay), "count": r.number(&f.Count, 1),
	})
	switch {
	case (f.Terminal == "") == (f.Acquirer == ""):
		r.fail(n, "fault needs one of terminal and acquirer")
	case f.Delay != 0 && f.Acquirer != "delay":
		r.fail(n, "only the acquirer's delay has a delay")
	case f.Count != 0 && f.Acquirer == "":
		r.fail(n, "only faults of the acquirer are counted")
	}
	return f
}

// spanOr reads a time, or a word in its place.
func (r *reader) spanOr(word string, n *yaml.Node, s *Step) {
	if n.Value == word {
		s.Text = word
		return
	}
	r.span(&s.Span)(n)
}

func (r *reader) expectation(n *yaml.Node) *Expectation {
	e := &Expectation{Within: defaultWithin}
	r.fields(n, "expect", fields{
		"of": r.text(&e.Of), "status": r.text(&e.Status), "financial_status": r.text(&e.FinancialStatus),
		"events": func(n *yaml.Node) {
			e.HasEvents = true
			r.texts(&e.Events)(n)
		},
		"screen": r.text(&e.Screen), "not_shown": r.text(&e.NotShown), "card": r.text(&e.Card, cardResults()...),
		"webhook": r.texts(&e.Webhook), "amount_refunded": r.maybe(&e.AmountRefunded), "within": r.span(&e.Within),
		"ledger": func(n *yaml.Node) {
			e.Ledger = &Ledger{}
			r.fields(n, "ledger", fields{
				"charged": r.maybe(&e.Ledger.Charged), "refunded": r.maybe(&e.Ledger.Refunded), "reversals": r.maybe(&e.Ledger.Reversals),
			})
		},
	})
	if !e.AboutOrder() && e.Screen == "" && e.NotShown == "" && e.Card == "" && e.Ledger == nil {
		r.fail(n, "expect says nothing")
	}
	return e
}

func (e *Expectation) AboutOrder() bool {
	return e.Status != "" || e.FinancialStatus != "" || e.HasEvents || len(e.Webhook) > 0 || e.AmountRefunded != nil
}

// String says a step as it stands in a log.
func (s Step) String() string {
	switch {
	case s.Order != nil:
		return fmt.Sprintf("order %s of %s", s.Order.Name, cents(s.Order.Amount))
	case s.Card != nil:
		return "card " + s.Card.Present + " " + s.Card.Card
	case s.Kind == "key":
		return "key " + strings.Join(s.Keys, " ")
	case s.Refund != nil && s.Refund.Amount > 0:
		return "refund " + cents(s.Refund.Amount)
	case s.Fault != nil:
		return strings.TrimSpace("fault " + s.Fault.Terminal + s.Fault.Acquirer)
	case s.Kind == "cancel race":
		return "cancel race, " + s.Cancel.Present + " " + s.Cancel.Card
	case s.Span != 0:
		return s.Kind + " " + s.Span.Round(time.Millisecond).String()
	}
	return strings.TrimSpace(s.Kind + " " + s.Text)
}

func cents(n int64) string { return kassa.Money{Minor: n, Currency: kassa.EUR}.String() }
