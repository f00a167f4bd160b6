package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kassa/cli"
	"kassa/ocpi"
	"kassa/virtual/cpo"
	"kassa/virtual/host"
)

// evCase is a golden case of a hold of 50.00 whose price is another: what the session costs, how far the hold may
// be bent, and what the acquirer's host does about it.
type evCase struct {
	Name   string
	What   string
	Price  int64  // minor units
	Terms  string // of the hold, as --charging-terms takes them
	Rules  string // of the host
	Faults []string
	// Silent drops the host's answers to the capture until it is known what became of it.
	Silent bool
}

func evCases() []evCase {
	const over = `{"overCommit":true}`
	return []evCase{
		{Name: "G1", What: "the session costs less than is held", Price: 4237},
		{Name: "G2", What: "it costs what is held", Price: 5000},
		{Name: "G3", What: "it costs more, and nothing above the hold is allowed", Price: 6000, Rules: `{"over_most":1000}`},
		{Name: "G4", What: "it costs more, over-commit is on, and the issuer gives it", Price: 6000, Terms: over, Rules: `{"over_most":1000}`},
		{Name: "G5", What: "it costs more, over-commit is on, and the issuer refuses", Price: 6000, Terms: over},
		{Name: "G6", What: "it costs more, and the hold is raised", Price: 6000, Terms: `{"increments":1}`},
		{Name: "G7", What: "it costs nothing", Price: 0},
		{Name: "G8", What: "the answer to the capture of 60.00 is lost", Price: 6000, Terms: over, Silent: true},
		{Name: "G9", What: "the acquirer takes 55.00 at most", Price: 6000, Terms: `{"overCommit":true,"most":5500}`, Rules: `{"over_percent":10}`},
		{Name: "G10", What: "every capture is refused", Price: 6000, Terms: over, Faults: []string{`{"kind":"refuse-capture","code":"57","count":2}`}},
	}
}

// evResult is what a session came to. Amounts are minor units of the euro. The ledger is the simulated issuer's,
// fac what the operator was told: null when it was told nothing.
type evResult struct {
	Case           string    `json:"case,omitempty"`
	Held           int64     `json:"held"`
	Captured       int64     `json:"captured"`
	Shortfall      int64     `json:"shortfall"`
	Released       int64     `json:"released"`
	LedgerHeld     int64     `json:"ledger_held"`
	LedgerCaptured int64     `json:"ledger_captured"`
	FAC            *evAdvice `json:"fac"`
	Resolved       bool      `json:"resolved"`
	// Unresolved is how it stood while nobody knew what had become of the capture (G8).
	Unresolved *evResult `json:"unresolved,omitempty"`
}

// evAdvice is a financial advice confirmation.
type evAdvice struct {
	Status   string   `json:"status"`
	Total    int64    `json:"total"`
	Net      int64    `json:"net"`
	Tax      int64    `json:"tax"`
	Currency string   `json:"currency"`
	EFTData  []string `json:"eft_data"`
}

func evDemoCommand() *cobra.Command {
	var name, version string
	var asJSON bool
	c := &cobra.Command{
		Use: "demo", Short: "Charge a car on this machine, from the plug to the receipt", Args: cobra.NoArgs,
		Long: `Charge a car on this machine: the cloud, an issuer, a charge point operator and an unattended terminal run on
temporary data and free ports, and what happens is told line by line. --case G1 to G10 plays a golden case of a hold of
50.00: what is captured when the price is another, or the acquirer does not do as it is asked.`,
		Example: "  kassa ev demo\n  kassa ev demo --case G3 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			play := evCase{Price: -1, What: "a driver charges and stops"}
			if name != "" {
				i := slices.IndexFunc(evCases(), func(e evCase) bool { return strings.EqualFold(e.Name, name) })
				if i < 0 {
					return cli.Failure{Code: cli.Usage, What: "--case must be G1 to G10"}
				}
				play = evCases()[i]
			}
			if version != "" && !slices.Contains(ocpi.Versions(), ocpi.Version(version)) {
				return cli.Failure{Code: cli.Usage, What: "--ocpi must be 2.2.1 or 2.3.0"}
			}
			out := c.OutOrStdout()
			story := out
			if asJSON {
				story = io.Discard
			}
			result, err := runEVDemo(c.Context(), play, version, story)
			if err != nil || !asJSON {
				return err
			}
			return json.NewEncoder(out).Encode(result)
		},
	}
	c.Flags().StringVar(&name, "case", "", "the golden case, G1 to G10")
	c.Flags().StringVar(&version, "ocpi", "", "the version that the operator speaks, 2.2.1 or 2.3.0 (default: both)")
	c.Flags().BoolVar(&asJSON, "json", false, "print what it came to as one JSON object, and nothing else")
	return c
}

// evPlay is a demo under way.
type evPlay struct {
	*dev
	facts demoFacts
	story io.Writer
	evCase
	evse string
	// before is how many sessions the operator had before this one; ref is this one's authorisation reference.
	before int
	ref    string
}

const evAt = "/sim/terminals/" + evPOIID

func runEVDemo(ctx context.Context, play evCase, version string, story io.Writer) (r evResult, err error) {
	dir, err := os.MkdirTemp("", "kassa-ev-*")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	d := &dev{out: story, client: newEVClient(), devOptions: devOptions{
		addr: "127.0.0.1:0", dir: dir, terminals: 2, timeout: 2 * time.Second, heartbeat: time.Second, ev: true, ocpi: version, terms: play.Terms,
	}}
	if err := d.prepare(ctx); err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer d.stop(cancel)
	facts, err := d.start(ctx)
	if err == nil {
		err = d.awaitReady(ctx, facts)
	}
	if err != nil {
		return r, err
	}
	p := &evPlay{dev: d, facts: facts, story: story, evCase: play, evse: "EVSE-1"}
	p.tell("Kassa, an issuer, a charge point operator and an unattended terminal run: %s", play.What)
	if _, err := d.joinEV(ctx, facts); err != nil {
		return r, err
	}
	p.tell("Operator and Kassa have shaken hands over OCPI, and the terminal sells the chargers A1 and A2")
	return p.session(ctx)
}

func (p *evPlay) tell(format string, args ...any) { fmt.Fprintf(p.story, "  "+format+"\n", args...) }

// session plays the session.
func (p *evPlay) session(ctx context.Context) (r evResult, err error) {
	for _, step := range []func(context.Context) error{p.prepareHost, p.plug, p.tap, p.charge} {
		if err := step(ctx); err != nil {
			return r, err
		}
	}
	var unresolved *evResult
	if p.Silent {
		if unresolved, err = p.unresolved(ctx); err != nil {
			return r, err
		}
	}
	if err := p.until(ctx, "the end of the session", func() (bool, error) {
		r, err = p.result(ctx)
		return err == nil && r.Resolved && (r.FAC != nil || p.Price == 0), nil
	}); err != nil {
		return r, err
	}
	r.Case, r.Unresolved = p.Name, unresolved
	p.epilogue(r)
	return r, nil
}

func (p *evPlay) prepareHost(ctx context.Context) error {
	if p.Rules != "" {
		if err := p.post(ctx, "/sim/acquirer/holds", p.Rules); err != nil {
			return err
		}
	}
	for _, f := range p.Faults {
		if err := p.post(ctx, "/sim/acquirer/fault", f); err != nil {
			return err
		}
	}
	if p.Price < 0 {
		return nil
	}
	// What the driver sees on the way would end the session before it costs more than is held.
	if err := p.post(ctx, "/sim/operator/fault", `{"kind":"quiet"}`); err != nil || p.Price > 0 {
		return err
	}
	return p.post(ctx, "/sim/operator/fault", `{"kind":"price","price":0}`)
}

func (p *evPlay) post(ctx context.Context, path, body string) error {
	return p.evPost(ctx, p.facts, path, json.RawMessage(body), nil)
}

// plug puts a car at the charger: one that is full at the price of the case, or one that never is.
func (p *evPlay) plug(ctx context.Context) error {
	body := `{"evse":"` + p.evse + `","wh_per_second":2000}`
	switch {
	case p.Price > 0:
		body = fmt.Sprintf(`{"evse":"%s","wh_per_second":100000,"wants_wh":%d}`, p.evse, p.Price*20)
	case p.Price == 0:
		body = `{"evse":"` + p.evse + `","wh_per_second":100000,"wants_wh":5000}`
	}
	p.tell("Plug          a car is plugged in at A1")
	return p.post(ctx, "/sim/operator/plug", body)
}

// tap chooses the charger and pays.
func (p *evPlay) tap(ctx context.Context) error {
	var t evTerminalState
	if err := p.terminal(ctx, &t); err != nil {
		return err
	}
	for _, point := range t.Sells.Points {
		if point.EVSE == p.evse && len(point.Prices) > 0 {
			p.tell("Choose        A1 at EUR %s per %s; EUR %s is held on the card, shown before the tap", point.Prices[0].Price, point.Prices[0].Per, euros(point.HoldMinor))
		}
	}
	if err := p.post(ctx, evAt+"/choose", `{"evse":"`+p.evse+`","connector":"1","language":"en"}`); err != nil {
		return err
	}
	if err := p.until(ctx, "the terminal asks for a card", func() (bool, error) {
		err := p.terminal(ctx, &t)
		return err == nil && t.Exchange != "", nil
	}); err != nil {
		return err
	}
	if err := p.post(ctx, evAt+"/card", `{"card":"visa","present":"tap","wait":false}`); err != nil {
		return err
	}
	p.tell("Tap           a Visa card")
	return p.started(ctx)
}

// started waits until the operator has the session.
func (p *evPlay) started(ctx context.Context) error {
	return p.until(ctx, "the operator has a session", func() (bool, error) {
		s, err := p.operator(ctx)
		if err != nil || len(s.Charges) <= p.before {
			return false, nil
		}
		c := s.Charges[p.before]
		p.ref = c.Reference
		p.tell("Start         the operator has started session %s; authorisation reference %s", c.ID, p.ref)
		return true, nil
	})
}

// charge waits for the end of the charge; without a case the driver stops it.
func (p *evPlay) charge(ctx context.Context) error {
	if p.Silent {
		// Until the car is full nothing else is asked of the host.
		if err := p.post(ctx, "/sim/acquirer/fault", `{"kind":"drop-next-answer","count":1000}`); err != nil {
			return err
		}
	}
	var told int64
	stopped := false
	return p.until(ctx, "the end of the charge", func() (bool, error) {
		s, err := p.operator(ctx)
		if err != nil {
			return false, nil
		}
		c := s.Charges[p.before]
		if c.Status == ocpi.SessionCompleted {
			p.tell("Stop          the session ended at %s kWh, EUR %s", kWh(c.Wh), euros(c.Cost))
			if p.Price == 0 {
				p.tell("Price         EUR 0.00, the operator says")
			}
			return true, nil
		}
		if c.Wh/4000 > told {
			told = c.Wh / 4000
			p.tell("Charge        %s kWh, EUR %s so far", kWh(c.Wh), euros(c.Cost))
		}
		if p.Price < 0 && told >= 4 && !stopped {
			stopped = true
			p.tell("Stop          the driver presses Stop on the terminal")
			return false, p.post(ctx, evAt+"/stop", `{"reference":"`+p.ref+`"}`)
		}
		return false, nil
	})
}

// unresolved shows how it stands while the capture has no answer, then lets answers through again.
func (p *evPlay) unresolved(ctx context.Context) (*evResult, error) {
	var r evResult
	if err := p.until(ctx, "the capture has come to the host", func() (bool, error) {
		holds, err := p.holds(ctx)
		return err == nil && len(holds) == 1 && len(holds[0].Refused) > 0, nil
	}); err != nil {
		return nil, err
	}
	if err := p.until(ctx, "Kassa has asked", func() (bool, error) {
		var err error
		r, err = p.result(ctx)
		return err == nil && r.Held > 0, nil
	}); err != nil {
		return nil, err
	}
	p.tell("Unresolved    EUR 60.00 was sent and nothing came back: EUR 50.00 is not asked for while 60.00 may be alive (captured %s)", euros(r.Captured))
	r.Case = p.Name
	if err := p.evCall(ctx, p.facts, "DELETE", "/sim/acquirer/fault", nil, nil); err != nil {
		return nil, err
	}
	p.tell("Resolved      the host answers again: 60.00 is dead")
	return &r, nil
}

// evTerminalState is what is read of the terminal.
type evTerminalState struct {
	Exchange string
	Sells    struct {
		Points []struct {
			EVSE      string
			HoldMinor int64
			Prices    []struct{ Per, Price string }
		}
	}
	Screen struct {
		Title string
		Items []struct{ ID, Label, Value string }
	}
}

func (p *evPlay) terminal(ctx context.Context, into *evTerminalState) error {
	*into = evTerminalState{}
	return p.evCall(ctx, p.facts, "GET", evAt+"/state", nil, into)
}

func (p *evPlay) operator(ctx context.Context) (s cpo.State, err error) {
	err = p.evCall(ctx, p.facts, "GET", "/sim/operator/state", nil, &s)
	return s, err
}

func (p *evPlay) holds(ctx context.Context) (h []host.HoldLine, err error) {
	err = p.evCall(ctx, p.facts, "GET", "/sim/acquirer/holds", nil, &h)
	return h, err
}

// until asks again until it is so.
func (p *evPlay) until(ctx context.Context, what string, so func() (bool, error)) error {
	deadline := time.Now().Add(time.Minute)
	for {
		ok, err := so()
		switch {
		case err != nil || ok:
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("this has not come within a minute: %s", what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func euros(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

func kWh(wh int64) string { return fmt.Sprintf("%d.%02d", wh/1000, wh%1000/10) }
