package operator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Verdict is what a check came to. What is not known is never a pass.
type Verdict string

// The verdicts.
const (
	Pass        Verdict = "pass"
	Fail        Verdict = "fail"
	Unknown     Verdict = "unknown"
	Consequence Verdict = "consequence" // it fails because of an earlier one
)

// Owner is who can act.
type Owner string

// The owners of a fix.
const (
	ByOperator Owner = "operator"
	ByPlatform Owner = "platform"
	ByProvider Owner = "provider"
	ByBank     Owner = "bank"
)

// Finding is what one rule came to.
type Finding struct {
	Rule     string   `json:"rule"` // R1 to R11
	Verdict  Verdict  `json:"verdict"`
	Cause    string   `json:"cause,omitempty"`
	Fix      string   `json:"fix,omitempty"`
	Owner    Owner    `json:"owner,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
}

// World is all that an account has, as the checks see it.
type World struct {
	Environments []Environment
	Providers    []Provider
	ProviderEnvs []ProviderEnvironment
	Pairings     []Pairing
	CPOs         []CPO
	Contracts    []Contract
	Setups       []Setup
	Stations     []Station
	Terminals    []Terminal
	Bindings     []Binding
	Payments     []Payment
	Incidents    []Incident
	Requests     []Request
}

func find[T any](list []T, match func(T) bool) (one T, ok bool) {
	i := slices.IndexFunc(list, match)
	if i < 0 {
		return one, false
	}
	return list[i], true
}

// Provider finds one by its id.
func (w *World) Provider(id string) (Provider, bool) {
	return find(w.Providers, func(p Provider) bool { return p.ID == id })
}

// Environment, ProviderEnv, CPO, Contract and Station find one by its id.
func (w *World) Environment(id string) (Environment, bool) {
	return find(w.Environments, func(e Environment) bool { return e.ID == id })
}

// ProviderEnv finds one by its id.
func (w *World) ProviderEnv(id string) (ProviderEnvironment, bool) {
	return find(w.ProviderEnvs, func(e ProviderEnvironment) bool { return e.ID == id })
}

// CPO finds one by its id.
func (w *World) CPO(id string) (CPO, bool) {
	return find(w.CPOs, func(c CPO) bool { return c.ID == id })
}

// Contract finds one by its id.
func (w *World) Contract(id string) (Contract, bool) {
	return find(w.Contracts, func(c Contract) bool { return c.ID == id })
}

// Station finds one by its id.
func (w *World) Station(id string) (Station, bool) {
	return find(w.Stations, func(s Station) bool { return s.ID == id })
}

// pairs tells whether a charger of one kind takes a terminal of another.
func (w *World) pairs(charger, terminal Kind) bool {
	return slices.Contains(w.Pairings, Pairing{charger, terminal})
}

// Wish is a terminal at a charger: what somebody typed in.
type Wish struct {
	Station, Serial, Provider string
}

// look is what the rules of one wish share.
type look struct {
	w       *World
	now     time.Time
	wish    Wish
	station Station
	env     Environment
	cpo     CPO
	found   []Terminal // with the serial, in any environment of the provider
	here    *Terminal  // the one in an environment that goes with the charger's
}

// at looks at a charger, whatever terminal is wished for.
func (w *World) at(s Station) *look {
	l := &look{w: w, station: s}
	l.env, _ = w.Environment(s.Environment)
	l.cpo, _ = w.CPO(s.CPO)
	return l
}

// Check runs R1 and R5 to R11 for a terminal at a charger, in the order in which people look: the provider, the
// environments, the serial, the set-up, the provider's side. Once one fails, those after it that fail too are
// consequences. The first error names a field of the wish that is not there.
func Check(w *World, now time.Time, wish Wish) ([]Finding, error) {
	l := look{w: w, now: now, wish: wish}
	var ok bool
	if l.station, ok = w.Station(wish.Station); !ok {
		return nil, invalid("station", "there is no such charger")
	}
	if l.env, ok = w.Environment(l.station.Environment); !ok {
		return nil, invalid("station", "its environment is not there")
	}
	if _, ok = w.Provider(wish.Provider); !ok {
		return nil, invalid("provider", "there is no such provider")
	}
	if strings.TrimSpace(wish.Serial) == "" {
		return nil, invalid("serial", "must be the serial number on the terminal")
	}
	l.cpo, _ = w.CPO(l.station.CPO)
	for _, t := range w.Terminals {
		pe, known := w.ProviderEnv(t.ProviderEnv)
		if !known || pe.Provider != wish.Provider || !sameSerial(t.Serial, wish.Serial) {
			continue
		}
		l.found = append(l.found, t)
		if w.pairs(l.env.Kind, pe.Kind) {
			l.here = &t
		}
	}
	var list []Finding
	failed := false
	for _, rule := range []func() Finding{l.outage, l.environments, l.known, l.otherCPO, l.perContract, l.setUp, l.onboarding} {
		f := rule()
		if f.Verdict == Fail && failed {
			f.Verdict = Consequence
		}
		failed = failed || f.Verdict == Fail
		list = append(list, f)
	}
	return list, nil
}

// Ready tells whether nothing that was checked failed or is unknown.
func Ready(list []Finding) bool {
	return !slices.ContainsFunc(list, func(f Finding) bool { return f.Verdict != Pass })
}

func sameSerial(a, b string) bool {
	clean := func(s string) string { return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s)) }
	return clean(a) == clean(b)
}

func passed(rule, evidence string) Finding {
	return Finding{Rule: rule, Verdict: Pass, Evidence: []string{evidence}}
}

// outageShare and outageWithin: when so many of a provider's terminals lose contact in the same minutes, it is the
// provider (R1).
const (
	outageShare  = 50 // per cent
	outageLeast  = 3  // terminals
	outageWithin = 5 * time.Minute
	outageAge    = 24 * time.Hour // what went dark before is another matter
)

// outage is R1.
func (l *look) outage() Finding {
	for _, i := range l.w.Incidents {
		if i.Provider == l.wish.Provider && i.Ended.IsZero() && (i.Kind == "" || l.w.pairs(l.env.Kind, i.Kind)) {
			return Finding{Rule: "R1", Verdict: Fail, Owner: ByProvider, Cause: "The provider of the terminal has an outage: " + i.Title,
				Fix: "Wait, and follow the provider's status page: " + cmp.Or(i.Link, l.statusPage()), Evidence: []string{"open since " + i.Began.UTC().Format(time.RFC3339)}}
		}
	}
	if f, lost := l.commonLoss(); lost {
		return f
	}
	return l.silence()
}

// silence is R1 where nothing speaks of an outage: nobody may have told.
func (l *look) silence() Finding {
	if p, _ := l.w.Provider(l.wish.Provider); p.StatusFeed != "" && !p.SilentSince.IsZero() {
		return Finding{Rule: "R1", Verdict: Unknown, Owner: ByProvider, Cause: "The provider's status feed cannot be read",
			Fix: "Look at the provider's status page: " + p.StatusPage, Evidence: []string{"silent since " + p.SilentSince.UTC().Format(time.RFC3339)}}
	}
	for _, pe := range l.w.ProviderEnvs {
		if pe.Provider == l.wish.Provider && l.w.pairs(l.env.Kind, pe.Kind) && !pe.SilentSince.IsZero() {
			f := Finding{Rule: "R1", Verdict: Unknown, Owner: ByProvider, Cause: "The provider does not tell how its terminals are",
				Fix: "Ask the provider whether its interface works", Evidence: []string{pe.ID + " is silent since " + pe.SilentSince.UTC().Format(time.RFC3339)}}
			if pe.Answered == http.StatusUnauthorized || pe.Answered == http.StatusForbidden {
				f.Owner, f.Cause, f.Fix = ByOperator, "The provider does not tell how its terminals are, because it refuses our key", "Give the key of "+pe.ID+" again"
				f.Evidence = append(f.Evidence, fmt.Sprintf("it answers %d", pe.Answered))
			}
			return f
		}
	}
	return passed("R1", "no open incident of the provider, and no common loss of contact")
}

func (l *look) statusPage() string {
	p, _ := find(l.w.Providers, func(p Provider) bool { return p.ID == l.wish.Provider })
	return p.StatusPage
}

// commonLoss tells whether most of the terminals of one of the provider's environments lost contact in the same minutes, of
// late. One that was never seen, or went long ago, says nothing about now.
func (l *look) commonLoss() (f Finding, lost bool) {
	for _, pe := range l.w.ProviderEnvs {
		if pe.Provider != l.wish.Provider || !l.w.pairs(l.env.Kind, pe.Kind) {
			continue
		}
		all, dark := 0, []time.Time{}
		for _, t := range l.w.Terminals {
			if t.ProviderEnv != pe.ID || t.Online == nil {
				continue
			}
			all++
			if !*t.Online && !t.LastSeen.IsZero() && l.now.Sub(t.LastSeen) < outageAge {
				dark = append(dark, t.LastSeen)
			}
		}
		slices.SortFunc(dark, time.Time.Compare)
		for i := range dark {
			n := 0
			for _, at := range dark[i:] {
				if at.Sub(dark[i]) <= outageWithin {
					n++
				}
			}
			if n >= outageLeast && n*100 >= all*outageShare {
				return Finding{Rule: "R1", Verdict: Fail, Owner: ByProvider, Cause: "Most terminals of the provider lost contact in the same minutes",
					Fix: strings.TrimSpace("Wait, and ask the provider " + l.statusPage()), Evidence: []string{fmt.Sprintf("%d of %d since %s", n, all, dark[i].UTC().Format(time.RFC3339))}}, true
			}
		}
	}
	return f, false
}

// environments is R5 and R6: the terminal is where the charger's terminals are.
func (l *look) environments() Finding {
	switch {
	case len(l.found) == 0:
		return Finding{Rule: "R5", Verdict: Unknown, Owner: ByProvider, Cause: "No environment of the provider shows the serial", Evidence: []string{"entered: " + l.wish.Serial}}
	case l.here == nil:
		pe, _ := l.w.ProviderEnv(l.found[0].ProviderEnv)
		what := "A " + string(pe.Kind) + " terminal is on " + article(l.env.Kind) + " charger"
		return Finding{Rule: "R6", Verdict: Fail, Owner: ByProvider, Cause: what,
			Fix:      "Ask the provider to move the terminal, or add it in the other environment; what is configured cannot be copied across",
			Evidence: []string{"the charger is in " + l.env.Name + " (" + string(l.env.Kind) + ")", "the serial is in the provider's " + string(pe.Kind) + " environment"}}
	case len(l.found) > 1:
		return Finding{Rule: "R5", Verdict: Fail, Owner: ByProvider, Cause: "The serial is in two environments of the provider",
			Fix: "Ask the provider to take it out of one", Evidence: []string{"found " + fmt.Sprint(len(l.found)) + " times"}}
	}
	return passed("R5", "the charger is in "+string(l.env.Kind)+", and the terminal where its terminals are")
}

func article(k Kind) string {
	if k == Acceptance {
		return "an " + string(k)
	}
	return "a " + string(k)
}

// known is R7: somewhere there is such a terminal.
func (l *look) known() Finding {
	if len(l.found) > 0 {
		return passed("R7", "the provider knows the serial "+l.found[0].Serial)
	}
	return Finding{Rule: "R7", Verdict: Fail, Owner: ByOperator, Cause: "The provider knows no terminal with this serial number",
		Fix:      "Read the number on the terminal again; register it with the provider; let its owner share it with this platform",
		Evidence: []string{"entered: " + l.wish.Serial + ", found in neither environment"}}
}

// setups are those that can be meant, and whether one is in another environment.
func (l *look) setups() (here []Setup, elsewhere *Setup) {
	for _, s := range l.w.Setups {
		same := s.CPOExternalID == l.cpo.ExternalID
		switch {
		case s.Environment == l.env.ID:
			here = append(here, s)
		case same && elsewhere == nil:
			elsewhere = &s
		}
	}
	return here, elsewhere
}

// setup is the one that covers the charger: its contract's before its CPO's.
func (l *look) setup() (Setup, bool) {
	here, _ := l.setups()
	if l.station.Contract != "" {
		if s, ok := find(here, func(s Setup) bool { return s.Contract == l.station.Contract }); ok {
			return s, true
		}
	}
	return find(here, func(s Setup) bool { return s.Contract == "" && s.CPOExternalID == l.cpo.ExternalID })
}

// otherCPO is R8: the charger is under the CPO that contactless payment was agreed for.
func (l *look) otherCPO() Finding {
	here, elsewhere := l.setups()
	if _, ok := l.setup(); ok {
		return passed("R8", "contactless payment was agreed for the CPO "+l.cpo.ExternalID)
	}
	if elsewhere != nil {
		env, _ := l.w.Environment(elsewhere.Environment)
		return Finding{Rule: "R8", Verdict: Fail, Owner: ByPlatform, Cause: "Contactless payment is configured in " + string(env.Kind) + " only",
			Fix: "Request it for this environment too, with the CPO's external id", Evidence: []string{"set-up " + elsewhere.ID + " is in " + env.Name}}
	}
	if len(here) == 0 || slices.ContainsFunc(here, func(s Setup) bool { return s.CPOExternalID == l.cpo.ExternalID }) {
		return passed("R8", "no set-up names another CPO instead")
	}
	return Finding{Rule: "R8", Verdict: Fail, Owner: ByPlatform, Cause: "The charger is under another CPO than the one contactless payment was agreed for",
		Fix:      "Move the charger to that CPO, or request a set-up for this one",
		Evidence: []string{"the charger's CPO is " + l.cpo.ExternalID + ", agreed was " + here[0].CPOExternalID}}
}

// perContract is R9: a customer with several CPOs needs a set-up for each.
func (l *look) perContract() Finding {
	contract, ok := l.w.Contract(l.station.Contract)
	if !ok || contract.Contactless != ScopeContract {
		return passed("R9", "its contract wants no set-up of its own")
	}
	here, _ := l.setups()
	if slices.ContainsFunc(here, func(s Setup) bool { return s.Contract == contract.ID }) {
		return passed("R9", "its contract has a set-up of its own")
	}
	return Finding{Rule: "R9", Verdict: Fail, Owner: ByPlatform, Cause: "The contract of the charger needs a contactless set-up of its own, and has none",
		Fix: "Request it for contract " + contract.CustomerReference + "; contracts are set up one by one", Evidence: []string{"contract " + contract.ID}}
}

// setUp is R10: the set-up is done.
func (l *look) setUp() Finding {
	if c, ok := l.w.Contract(l.station.Contract); ok && c.Contactless == ScopeOff {
		return Finding{Rule: "R10", Verdict: Fail, Owner: ByOperator, Cause: "The contract of the charger has contactless payment switched off",
			Fix: "Switch it on in contract " + c.CustomerReference + ", for the CPO's set-up or for one of its own", Evidence: []string{"contract " + c.ID + " says off"}}
	}
	s, ok := l.setup()
	if ok && s.Status == Configured {
		return passed("R10", "contactless payment is configured ("+s.ID+")")
	}
	f := Finding{Rule: "R10", Verdict: Fail, Owner: ByOperator, Cause: "Contactless payment was not requested for this CPO",
		Fix: "Request it: name the environment (" + l.env.Name + ") and the CPO's external id (" + l.cpo.ExternalID + ")", Evidence: []string{"no set-up"}}
	if ok {
		f.Cause, f.Evidence = "Contactless payment is not configured yet", []string{"set-up " + s.ID + " is " + string(s.Status)}
		if s.Status == Disabled {
			f.Cause = "Contactless payment is switched off"
		}
	}
	return f
}

// onboarding is R11: the provider has activated the terminal.
func (l *look) onboarding() Finding {
	switch {
	case l.here == nil || l.here.Activation == ActivationUnknown:
		return Finding{Rule: "R11", Verdict: Unknown, Owner: ByProvider, Cause: "The provider does not tell whether the terminal is activated",
			Fix: "Ask the provider; name the environment", Evidence: []string{"nothing was reported"}}
	case l.here.Activation != Activated:
		pe, _ := l.w.ProviderEnv(l.here.ProviderEnv)
		return Finding{Rule: "R11", Verdict: Fail, Owner: ByProvider, Cause: "The provider has not activated the terminal",
			Fix:      "Ask the provider to check that it is activated and configured in its " + string(pe.Kind) + " environment, and look for it in the portal of that one",
			Evidence: []string{"the provider says: " + string(l.here.Activation)}}
	}
	return passed("R11", "the provider has activated it")
}
