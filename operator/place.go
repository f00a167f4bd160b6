package operator

import "slices"

// SetupOf is the contactless set-up that a charger falls under: its contract's before its CPO's.
func (w *World) SetupOf(s Station) (Setup, bool) {
	l := look{w: w, station: s}
	l.env, _ = w.Environment(s.Environment)
	l.cpo, _ = w.CPO(s.CPO)
	return l.setup()
}

// WithSerial finds the terminal with a serial number; of several the one in the environment that a charger's terminals are
// in. The zero Station has none.
func (w *World) WithSerial(serial string, at Station) (t Terminal, ok bool) {
	env, _ := w.Environment(at.Environment)
	for _, one := range w.Terminals {
		if !sameSerial(one.Serial, serial) {
			continue
		}
		pe, _ := w.ProviderEnv(one.ProviderEnv)
		if !ok || w.pairs(env.Kind, pe.Kind) {
			t, ok = one, true
		}
	}
	return t, ok
}

// BoundTo is the newest binding of a charger.
func (w *World) BoundTo(station string) (Binding, bool) {
	return newest(w.Bindings, func(b Binding) bool { return b.Station == station })
}

// BoundWith is the newest binding of a terminal by its serial number.
func (w *World) BoundWith(serial string) (Binding, bool) {
	return newest(w.Bindings, func(b Binding) bool { return sameSerial(b.EnteredSerial, serial) })
}

func newest(list []Binding, match func(Binding) bool) (Binding, bool) {
	list = slices.DeleteFunc(slices.Clone(list), func(b Binding) bool { return !match(b) })
	if len(list) == 0 {
		return Binding{}, false
	}
	return slices.MaxFunc(list, func(x, y Binding) int { return x.At.Compare(y.At) }), true
}
