package placing

import (
	"slices"
	"strings"
	"time"

	"kassa/doctor"
	"kassa/operator"
)

// usualLead is how many working days an activation takes where its provider does not say.
const usualLead = 5

// args are the arguments of every text here.
func args(c *doctor.Chart) map[string]string {
	p := c.Placing
	return map[string]string{
		"provider": p.Provider.Name, "serial": p.Binding.EnteredSerial, "station": p.Station.ID, "environment": p.Environment.Name, "cpo": p.CPO.ExternalID,
	}
}

// says makes evidence of one of the operator's things.
func says(c *doctor.Chart, ref, text string) doctor.Evidence {
	return doctor.Evidence{At: c.Now, Source: "operator", Ref: ref, Says: text}
}

// checked gives what the checks of a binding came to under one of some numbers. One that fails after another is found too:
// the earlier one explains it.
func checked(rules ...string) func(*doctor.Chart) doctor.Sign {
	return func(c *doctor.Chart) doctor.Sign {
		for _, rule := range rules {
			i := slices.IndexFunc(c.Placing.Checked, func(f operator.Finding) bool { return f.Rule == rule })
			if i < 0 {
				continue
			}
			f := c.Placing.Checked[i]
			switch {
			case f.Verdict == operator.Pass:
				return doctor.No(strings.Join(f.Evidence, "; "))
			case f.Verdict == operator.Unknown:
				return doctor.NotKnown(doctor.NeedPlacing, f.Cause)
			case rule != rules[0]: // that one found another fault, of which its own rule tells
				return doctor.No(f.Cause)
			}
			e := []doctor.Evidence{says(c, "bindings/"+c.Placing.Binding.ID, f.Cause)}
			for _, text := range f.Evidence {
				e = append(e, says(c, "stations/"+c.Placing.Station.ID, text))
			}
			return doctor.Found(args(c), e...)
		}
		return doctor.No("the checks found another fault in its place")
	}
}

// beside is the provider's environment that goes with the charger's, or what there is to say without it.
func beside(c *doctor.Chart) (*operator.ProviderEnvironment, doctor.Sign) {
	if c.Placing.Beside == nil {
		return nil, doctor.NotKnown(doctor.NeedPlacing, "the provider has no environment that goes with the charger's")
	}
	return c.Placing.Beside, doctor.Sign{}
}

// terminal is the one with the serial, in that environment.
func terminal(c *doctor.Chart) (*operator.Terminal, doctor.Sign) {
	if c.Placing.Terminal == nil {
		return nil, doctor.NotKnown(doctor.NeedPlacing, "the terminal is not in the environment that goes with the charger's")
	}
	return c.Placing.Terminal, doctor.Sign{}
}

// reach gives the terminal and the charger once it is known of both whether they are online.
func reach(c *doctor.Chart) (*operator.Terminal, operator.Station, doctor.Sign) {
	t, no := terminal(c)
	if t != nil && (t.Online == nil || c.Placing.Station.Online == nil) {
		return nil, c.Placing.Station, doctor.NotKnown(doctor.NeedPlacing, "it is not known whether both are online")
	}
	return t, c.Placing.Station, no
}

// contact is the evidence of who is online.
func contact(c *doctor.Chart, terminal, station bool) []doctor.Evidence {
	word := map[bool]string{true: "online", false: "offline"}
	t, s := c.Placing.Terminal, c.Placing.Station
	return []doctor.Evidence{
		{At: t.LastSeen, Source: "link", Ref: "terminals/" + t.ID, Says: "the terminal is " + word[terminal]},
		{At: s.LastSeen, Source: "operator", Ref: "stations/" + s.ID, Says: "the charger is " + word[station]},
	}
}

// acquirersOf lists the acquirers that a family of terminals works with, as its maker publishes them; nil when nobody has.
func acquirersOf(family string) []string {
	switch strings.ToLower(family) {
	case "p6x":
		return []string{"Elavon", "AIB", "Rabobank", "ING", "Equens", "CCV", "EMS", "CM.com", "Buckaroo"}
	case "ev1": // Kassa's own, at the simulated acquirer
		return []string{"simulated"}
	case "apollo":
		return []string{"Elavon", "Worldline", "Finaro", "Embed", "CCV", "Buckaroo", "Rabobank", "EMS"}
	}
	return nil
}

// workingDays counts the whole days from Monday to Friday between two instants, in UTC.
func workingDays(from, to time.Time) (n int) {
	for at := from.UTC().AddDate(0, 0, 1); !at.After(to); at = at.AddDate(0, 0, 1) {
		if d := at.Weekday(); d != time.Saturday && d != time.Sunday {
			n++
		}
		if n >= 366 { // longer than any lead time
			break
		}
	}
	return n
}

func orNobody(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}
