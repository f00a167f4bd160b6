package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/cli/cause"
)

// Limits of the campaign.
const (
	workers = 20               // shops in which something breaks at the same time
	perCase = 90 * time.Second // for one recipe or pair, on a machine that does other things too
	// patience is how long facts may be on their way to the doctor.
	patience = 20 * time.Second
)

// rule is what the matrix knows of one: what anybody can read.
type rule struct {
	ID, Code, Source, Title string
	Observable              bool
	About                   []string
}

// answer is what the matrix reads of a diagnosis.
type answer struct {
	Verdict string
	Cause   *struct{ Code string }
	Also    []struct{ Code string }
}

func (a answer) codes() (list []string) {
	if a.Cause != nil {
		list = append(list, a.Cause.Code)
	}
	for _, f := range a.Also {
		list = append(list, f.Code)
	}
	return list
}

// ask asks the doctor as its user would.
func ask(ctx context.Context, l *cause.Lab, about cause.Subject) (a answer, err error) {
	key := about.Key
	if key == "" {
		key = l.Token
	}
	body := map[string]any{"subject": about}
	if about.Symptom != "" {
		body["symptom"] = about.Symptom
	}
	if about.Probe {
		body["probe"] = true
	}
	return a, l.As(ctx, key, "POST", "diagnoses", body, &a)
}

// finds asks until what is wanted is found, for as long as facts may be on their way; it tells what was found last.
func finds(ctx context.Context, l *cause.Lab, about cause.Subject, want func(codes []string) bool) (codes []string, ok bool, err error) {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = l.Await(wait, "the cause is found", func() (bool, error) {
		a, err := ask(ctx, l, about)
		if no, is := errors.AsType[*cause.Refusal](err); is && no.Status == http.StatusNotFound {
			return false, nil // what a call has told of may be on its way
		}
		codes = a.codes()
		ok = err == nil && want(codes)
		return ok, err
	})
	if wait.Err() != nil && ctx.Err() == nil {
		err = nil
	}
	return codes, ok, err
}

// campaign is what a run counts.
type campaign struct {
	lab   *cause.Lab
	rules []rule

	mu      sync.Mutex
	first   map[string]bool // codes that were found first
	healthy int
	pairs   int
}

func TestMatrix(t *testing.T) {
	c := &campaign{lab: startSite(t), first: make(map[string]bool)}
	var list struct{ Data []rule }
	if err := c.lab.Native(t.Context(), "GET", "rules", nil, &list); err != nil {
		t.Fatal(err)
	}
	c.rules = list.Data
	only := strings.FieldsFunc(os.Getenv("MATRIX"), func(r rune) bool { return r == ',' || r == ' ' })
	recipes := slices.DeleteFunc(cause.Recipes(), func(r cause.Recipe) bool { return len(only) > 0 && !slices.Contains(only, r.Code) })
	apart := slices.DeleteFunc(slices.Clone(recipes), func(r cause.Recipe) bool { return r.Whole })
	// Nobody else is there while the whole installation is broken, and the clock moves over nothing that others left.
	for _, r := range recipes {
		if r.Whole {
			t.Run("cause/"+r.Code+dashed(r.Name), func(t *testing.T) { c.makes(t, r) })
		}
	}
	each(t, "cause", apart, func(r cause.Recipe) string { return r.Code + dashed(r.Name) }, c.makes)
	if len(only) == 0 {
		each(t, "healthy", variations(), func(v variation) string { return v.name }, c.stays)
		each(t, "pair", pairsOf(c, apart), func(p pair) string { return p.near.Code + "+" + p.far.Code }, c.findsBoth)
	}
	if len(only) > 0 {
		return
	}
	observable, missed := 0, []string{}
	for _, r := range c.rules {
		if r.Observable {
			observable++
			if !c.first[r.Code] {
				missed = append(missed, r.Code)
			}
		}
	}
	if len(missed) > 0 {
		t.Errorf("no recipe makes, or nobody finds: %v", missed)
	}
	line := fmt.Sprintf("doctor-matrix rules=%d first=%d healthy=%d/%d pairs=%d/%d", observable, observable-len(missed), c.healthy, len(variations()), c.pairs, len(pairsOf(c, apart)))
	compareDocument(t, c, recipes, line)
}

func dashed(name string) string {
	if name == "" {
		return ""
	}
	return "-" + name
}

// each runs cases side by side, each as a test of its own.
func each[T any](t *testing.T, group string, list []T, name func(T) string, run func(*testing.T, T)) {
	t.Run(group, func(t *testing.T) {
		var wg sync.WaitGroup
		queue := make(chan T)
		for range workers {
			wg.Go(func() {
				for one := range queue {
					t.Run(name(one), func(t *testing.T) { run(t, one) })
				}
			})
		}
		for _, one := range list {
			queue <- one
		}
		close(queue)
		wg.Wait()
	})
}

// makes makes a cause, and looks whether it is found first.
func (c *campaign) makes(t *testing.T, r cause.Recipe) {
	ctx, cancel := context.WithTimeout(t.Context(), perCase)
	defer cancel()
	s, about, err := r.Make(ctx, c.lab)
	defer func() { s.Leave(context.WithoutCancel(ctx)) }()
	if err != nil {
		t.Fatal(err)
	}
	if r.Undo != nil {
		defer func() {
			if err := r.Undo(t.Context(), s); err != nil {
				t.Error(err)
			}
		}()
	}
	codes, ok, err := finds(ctx, c.lab, about, func(codes []string) bool { return len(codes) > 0 && codes[0] == r.Code })
	if err != nil || !ok {
		t.Fatalf("asked about %s %s, found %v (%v)", about.Type, about.ID, codes, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first[r.Code] = true
}

// pair are two faults that have nothing to do with each other.
type pair struct{ near, far cause.Recipe }

// pairsOf gives all pairs of independent faults: of different layers, neither of which hides the other's, where the
// further one can be the cause of what the nearer one's user asks about, and lasts.
func pairsOf(c *campaign, recipes []cause.Recipe) (list []pair) {
	layer := func(r cause.Recipe) int { return slices.Index(cause.Layers(), r.Layer) }
	for _, near := range recipes {
		for _, far := range recipes {
			if far.Break == nil || far.Asked || near.Bare || far.Bare || layer(near) >= layer(far) || near.Model != far.Model ||
				prevents(near, far) || prevents(far, near) || slices.Contains(near.Blocks, far.Layer) || slices.Contains(far.Blocks, near.Layer) || near.About == "" || !c.about(far.Code, near.About) {
				continue
			}
			list = append(list, pair{near, far})
		}
	}
	return list
}

// prevents tells whether something that one needs to be met does not happen while the other lasts.
func prevents(one, other cause.Recipe) bool {
	return slices.ContainsFunc(other.Needs, func(e cause.Event) bool { return slices.Contains(one.Prevents, e) })
}

// about tells whether a rule can be the cause of such a subject.
func (c *campaign) about(code, kind string) bool {
	i := slices.IndexFunc(c.rules, func(r rule) bool { return r.Code == code })
	return i >= 0 && slices.Contains(c.rules[i].About, kind)
}

func (c *campaign) findsBoth(t *testing.T, p pair) {
	ctx, cancel := context.WithTimeout(t.Context(), perCase)
	defer cancel()
	s, err := c.lab.Open(ctx, p.near.Model)
	defer func() { s.Leave(context.WithoutCancel(ctx)) }()
	if err == nil {
		err = p.far.Break(ctx, s)
	}
	if err == nil && p.far.About == "terminal" {
		err = c.tells(ctx, s, p.far) // what the terminal has not told yet it may never tell
	}
	if err == nil && p.near.Break != nil {
		err = p.near.Break(ctx, s)
	}
	var about cause.Subject
	if err == nil {
		about, err = p.near.Meet(ctx, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	codes, ok, err := finds(ctx, c.lab, about, func(codes []string) bool {
		near, far := slices.Index(codes, p.near.Code), slices.Index(codes, p.far.Code)
		return near == 0 && far > near
	})
	if err != nil || !ok {
		t.Fatalf("asked about %s %s, found %v (%v)", about.Type, about.ID, codes, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pairs++
}

// tells waits until the cloud knows of a fault of the terminal.
func (c *campaign) tells(ctx context.Context, s *cause.Shop, r cause.Recipe) error {
	about, err := r.Meet(ctx, s)
	if err != nil {
		return err
	}
	codes, ok, err := finds(ctx, c.lab, about, func(codes []string) bool { return slices.Contains(codes, r.Code) })
	if err == nil && !ok {
		err = fmt.Errorf("%s alone: found %v", r.Code, codes)
	}
	return err
}

// writeDependences lists what keeps two faults from being met together.
func writeDependences(b *strings.Builder, recipes []cause.Recipe) {
	b.WriteString("\nEvery two faults in different layers are made together, and both must be found, the nearer one first. A pair is left out\n" +
		"where one fault hides the layer of the other (a terminal without a link reads no card), or keeps from happening what\n" +
		"the other needs to be met:\n\n| Cause | Layer | Hides | Needs | Prevents |\n|---|---|---|---|---|\n")
	for _, r := range recipes {
		if len(r.Blocks)+len(r.Needs)+len(r.Prevents) > 0 {
			fmt.Fprintf(b, "| %s%s | %s | %s | %s | %s |\n", r.Code, dashed(r.Name), r.Layer, listed(r.Blocks), listed(r.Needs), listed(r.Prevents))
		}
	}
}

func listed[T ~string](list []T) string {
	var words []string
	for _, one := range list {
		words = append(words, string(one))
	}
	return strings.Join(words, ", ")
}

// compareDocument holds docs/doctor-matrix.md against this run; UPDATE_DOCS=1 writes it.
func compareDocument(t *testing.T, c *campaign, recipes []cause.Recipe, line string) {
	const file = "../docs/doctor-matrix.md"
	var b strings.Builder
	b.WriteString("# What the doctor sees\n\nEvery cause that Kassa knows, by who says so. `make doctor-matrix` makes each observable one happen in a running\n" +
		"installation, asks about what its user would see, and wants it first; a guided one is a question that only people\n" +
		"can answer. The pages are in [causes](causes/README.md).\n\n| Row | Cause | Kind | Made by |\n|---|---|---|---|\n")
	slices.SortStableFunc(c.rules, func(x, y rule) int { return strings.Compare(x.Source+x.ID, y.Source+y.ID) })
	for _, r := range c.rules {
		kind, by := "guided", ""
		if r.Observable {
			kind = "observable"
			var whats []string
			for _, made := range recipes {
				if made.Code == r.Code {
					whats = append(whats, made.What)
				}
			}
			by = strings.Join(whats, "; ")
		}
		fmt.Fprintf(&b, "| %s | [%s](causes/%s.md) | %s | %s |\n", r.ID, r.Code, r.Code, kind, by)
	}
	writeDependences(&b, recipes)
	fmt.Fprintf(&b, "\nThe last run:\n\n    %s\n", line)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != b.String() {
		t.Errorf("%s is not what this run found (%v); UPDATE_DOCS=1 make doctor-matrix writes it", file, err)
	}
}
