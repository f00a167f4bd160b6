package matrix

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"kassa/cli/cause"
)

// compareDocument holds docs/doctor-matrix.md against this run; UPDATE_DOCS=1 writes it.
func compareDocument(t *testing.T, rules []rule, recipes []cause.Recipe, never map[string][]pair, line string) {
	const file = "../docs/doctor-matrix.md"
	var b strings.Builder
	b.WriteString("# What the doctor sees\n\nEvery cause that Kassa knows, by who says so. `make doctor-matrix` makes each observable one happen in a running\n" +
		"installation, asks about what its user would see, and wants it first; a guided one is a question that only people\n" +
		"can answer. The pages are in [causes](causes/README.md).\n\n")
	writeRules(&b, rules, recipes)
	writeNever(&b, never)
	fmt.Fprintf(&b, "\n## The last run\n\n    %s\n", line)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != b.String() {
		t.Errorf("%s is not what this run found, %s (%v); UPDATE_DOCS=1 make doctor-matrix writes it", file, line, err)
	}
}

func writeRules(b *strings.Builder, rules []rule, recipes []cause.Recipe) {
	rules = slices.SortedStableFunc(slices.Values(rules), func(x, y rule) int { return strings.Compare(x.Source+x.ID, y.Source+y.ID) })
	observable := 0
	var table strings.Builder
	for _, r := range rules {
		kind, by := "guided", ""
		if why := prevented(r.Code); why != "" {
			kind, by = "prevented", why
		} else if r.Observable {
			kind = "observable"
			observable++
			var whats []string
			for _, made := range recipes {
				if made.Code == r.Code {
					whats = append(whats, made.What)
				}
			}
			by = strings.Join(whats, "; ")
		}
		fmt.Fprintf(&table, "| %s | [%s](causes/%s.md) | %s | %s |\n", r.ID, r.Code, r.Code, kind, by)
	}
	fmt.Fprintf(b, "%d causes are observable, and the other %d guided, or prevented.\n\n| Row | Cause | Kind | Made by |\n|---|---|---|---|\n%s", observable, len(rules)-observable, table.String())
}

// writeNever lists the pairs that nobody can meet together, and why not.
func writeNever(b *strings.Builder, never map[string][]pair) {
	count := 0
	for _, pairs := range never {
		count += len(pairs)
	}
	fmt.Fprintf(b, "\n## Pairs that cannot be\n\nTwo faults are independent as long as neither takes from the other what it needs to be seen: what each needs and takes\n"+
		"is declared with its recipe (`cli/cause`), and pairs follow from it. The nearer of a pair is of a nearer layer (%s), the\n"+
		"further one lasts and can be a cause of what the nearer one's user asks about. Of these, %d cannot be met together:\n\n| Why | Pairs |\n|---|---|\n", layers(), count)
	for _, why := range slices.Sorted(maps.Keys(never)) {
		fmt.Fprintf(b, "| %s | %s |\n", why, strings.Join(namesOf(never[why]), ", "))
	}
}

func layers() string {
	var names []string
	for _, l := range cause.Layers() {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}

func namesOf(pairs []pair) (names []string) {
	for _, p := range pairs {
		names = append(names, p.name())
	}
	return names
}
