package operator

import "time"

// Placed is a terminal at a charger with all that bears on it. Pointers are nil for what is not there.
type Placed struct {
	Station     Station
	Environment Environment
	CPO         CPO
	Contract    *Contract
	Setup       *Setup
	Binding     Binding
	Provider    Provider
	Beside      *ProviderEnvironment // that goes with the charger's environment
	Terminal    *Terminal            // the one with the serial, in Beside
	Increments  *int                 // of the nearest configuration that tells
	Findings    []Finding            // of [Check], now
}

// Placed gives the terminal that was bound to a charger last; false when the charger has none. What the binding names may
// be gone since: then the error tells so, as that of [Check].
func (w *World) Placed(now time.Time, station string) (p Placed, ok bool, err error) {
	for _, b := range w.Bindings {
		if b.Station == station && (!ok || b.At.After(p.Binding.At)) {
			p.Binding, ok = b, true
		}
	}
	if !ok {
		return p, false, nil
	}
	wish := Wish{Station: station, Serial: p.Binding.EnteredSerial, Provider: p.Binding.Provider}
	if p.Findings, err = Check(w, now, wish); err != nil {
		return p, true, err
	}
	at, _ := w.Station(station)
	l := w.at(at)
	p.Station, p.Environment, p.CPO = l.station, l.env, l.cpo
	p.Provider, _ = find(w.Providers, func(o Provider) bool { return o.ID == wish.Provider })
	if c, there := w.Contract(l.station.Contract); there {
		p.Contract = &c
	}
	if s, there := l.setup(); there {
		p.Setup = &s
	}
	pe, there := find(w.ProviderEnvs, func(e ProviderEnvironment) bool { return e.Provider == wish.Provider && w.pairs(l.env.Kind, e.Kind) })
	if there {
		p.Beside = &pe
		if t, known := find(w.Terminals, func(t Terminal) bool { return t.ProviderEnv == pe.ID && sameSerial(t.Serial, wish.Serial) }); known {
			p.Terminal = &t
		}
	}
	p.Increments = w.PaymentAt(l.station).Increments
	return p, true, nil
}
