package doctor

import "kassa/operator"

// Placing is a charger, and the terminal that somebody bound to it last. It is a part of the chart once one was bound.
type Placing struct {
	Station     operator.Station     `json:"station"`
	Environment operator.Environment `json:"environment"`
	CPO         operator.CPO         `json:"cpo"`
	// Contract is the charger's; nil when it has none, or one that is not there.
	Contract *operator.Contract `json:"contract,omitempty"`
	// Setup is what lets the charger take cards; nil when nothing does.
	Setup    *operator.Setup   `json:"setup,omitempty"`
	Binding  operator.Binding  `json:"binding"`
	Provider operator.Provider `json:"provider"`
	// Beside is the provider's environment that goes with the charger's; nil when there is none.
	Beside *operator.ProviderEnvironment `json:"beside,omitempty"`
	// Terminal is the one with the serial that was entered, in that environment; nil when it is not in it.
	Terminal *operator.Terminal `json:"terminal,omitempty"`
	// Increments is how often a hold may be raised; nil when nobody has said.
	Increments *int `json:"increments,omitempty"`
	// Checked is what the checks of a binding come to now.
	Checked []operator.Finding `json:"checked"`
}

// PlacingOf makes the part of a chart of what an operator's world tells of a charger.
func PlacingOf(p operator.Placed) *Placing {
	return &Placing{
		Station: p.Station, Environment: p.Environment, CPO: p.CPO, Contract: p.Contract, Setup: p.Setup, Binding: p.Binding,
		Provider: p.Provider, Beside: p.Beside, Terminal: p.Terminal, Increments: p.Increments, Checked: p.Findings,
	}
}
