package matrix

import (
	"cmp"
	"slices"

	"kassa/cli/cause"
)

// pair are two faults that have nothing to do with each other.
type pair struct{ near, far cause.Recipe }

func (p pair) name() string { return nameOf(p.near) + "+" + nameOf(p.far) }

func nameOf(r cause.Recipe) string { return r.Code + dashed(r.Name) }

// model is what both can be made on; false when there is no such one.
func (p pair) model() (string, bool) {
	a, b := p.near.Model, p.far.Model
	return cmp.Or(a, b), a == "" || b == "" || a == b
}

// pairsOf gives all pairs of independent faults of different layers, where the further one lasts and can be the cause
// of what the nearer one's user asks about; and those that cannot be met together, by why not.
func pairsOf(rules []rule, recipes []cause.Recipe) (list []pair, never map[string][]pair) {
	never = make(map[string][]pair)
	for _, near := range recipes {
		for _, far := range recipes {
			p := pair{near, far}
			if !lasts(far) || near.Bare || near.About == "" || layer(near) >= layer(far) || !isAbout(rules, far.Code, near.About) {
				continue
			}
			if _, ok := p.model(); !ok {
				never["no terminal is of two models"] = append(never["no terminal is of two models"], p)
			} else if why := near.Excludes(far); why != "" {
				never[why] = append(never[why], p)
			} else {
				list = append(list, p)
			}
		}
	}
	return list, never
}

// lasts tells whether a fault is there by itself, whoever then comes and asks.
func lasts(r cause.Recipe) bool { return r.Break != nil && !r.Asked && !r.Bare }

func layer(r cause.Recipe) int { return slices.Index(cause.Layers(), r.Layer) }

// isAbout tells whether a rule can be the cause of such a subject.
func isAbout(rules []rule, code, kind string) bool {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.Code == code })
	return i >= 0 && slices.Contains(rules[i].About, kind)
}
