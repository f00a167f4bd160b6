package operator

import (
	"slices"
	"strings"
)

// Standing is one of an operator's terminals as its provider's environment shows it, and what it is used for.
type Standing struct {
	Terminal
	Provider string `json:"provider"`
	Kind     Kind   `json:"kind"` // of the environment
	Portal   string `json:"portal,omitempty"`
	// Visible and Manageable tell whether our account there sees it and may configure it.
	Visible    bool `json:"visible"`
	Manageable bool `json:"manageable"`
	// Station is the charger that it is bound to, and Setup how far contactless payment is there.
	Station string      `json:"station,omitempty"`
	Binding string      `json:"binding,omitempty"`
	Setup   SetupStatus `json:"setup,omitempty"`
	// Warned tells that it was bound although the checks had found something.
	Warned bool `json:"warned,omitempty"`
	// Ready tells whether nothing keeps it from taking payments as of now; Findings are what does.
	Ready    bool      `json:"ready"`
	Findings []Finding `json:"findings,omitempty"`
}

// Standings lists the terminals of one provider environment, or of all when it is empty, by serial.
func (r *Registry) Standings(account, providerEnv string) ([]Standing, error) {
	w := r.World(account)
	if _, ok := w.ProviderEnv(providerEnv); providerEnv != "" && !ok {
		return nil, invalid("provider_env", "there is no such one")
	}
	list := []Standing{}
	for _, t := range w.Terminals {
		if providerEnv != "" && t.ProviderEnv != providerEnv {
			continue
		}
		pe, _ := w.ProviderEnv(t.ProviderEnv)
		s := Standing{
			Terminal: t, Provider: pe.Provider, Kind: pe.Kind, Portal: pe.Portal,
			Visible:    pe.As == "" || t.Owner == pe.As || slices.Contains(t.VisibleTo, pe.As),
			Manageable: pe.As == "" || t.Owner == pe.As || slices.Contains(t.ManagedBy, pe.As),
		}
		if b, ok := w.Bound(pe.Provider, t.Serial); ok {
			s.Station, s.Binding, s.Warned = b.Station, b.ID, b.Despite
			if station, ok := w.Station(b.Station); ok {
				if setup, ok := w.at(station).setup(); ok {
					s.Setup = setup.Status
				}
			}
			findings, err := Check(w, r.cfg.Now(), Wish{Station: b.Station, Serial: t.Serial, Provider: pe.Provider})
			s.Ready = err == nil && Ready(findings)
			s.Findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Verdict == Pass })
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b Standing) int { return strings.Compare(a.Serial, b.Serial) })
	return list, nil
}

// Bound finds the newest binding of a provider's terminal.
func (w *World) Bound(provider, serial string) (newest Binding, ok bool) {
	for _, b := range w.Bindings {
		if b.Provider == provider && sameSerial(b.EnteredSerial, serial) && (!ok || b.At.After(newest.At)) {
			newest, ok = b, true
		}
	}
	return newest, ok
}
