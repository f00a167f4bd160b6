package sim

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Options say what to run.
type Options struct {
	// Seeds is how many, from From on.
	Seeds int
	From  uint64
	// Workers is how many at a time; default one for each processor.
	Workers int
	// Bug plants one of Planted in every seed.
	Bug string
	// Planted also shows that each planted bug is found.
	Planted bool
	// Log hears what is worth a line. It is called by one goroutine at a time.
	Log func(string)
}

// Report is what a run came to.
type Report struct {
	Seeds, Payments int
	Faults          map[Fault]int
	Marks           map[Mark]int
	Lost            int
	Doubled         int
	Open            int
	Failed          []Result // the seeds in which something was wrong
	// Caught are the planted bugs that were found, by name, with the seed that found them; nil
	// when none was planted.
	Caught map[string]uint64
	Took   time.Duration
}

// Result is what one seed came to.
type Result struct {
	Seed     uint64
	Payments int
	Problems []Problem
	// Hash is that of the whole trace; Tail holds its last lines.
	Hash   uint64
	Tail   []string
	Steps  int
	Faults map[Fault]int
	Marks  map[Mark]int
}

// enough is the number of seeds from which on every fault and every mark must have been seen.
const enough = 1000

// plantedSeeds is how many seeds a planted bug may take to be found.
const plantedSeeds = 3000

// Seed runs one seed; each hears every line of its trace when it is not nil.
func Seed(seed uint64, bugName string, each func(string)) (Result, error) {
	return runSeed(seed, newStock(), bugName, each)
}

func runSeed(seed uint64, stock stock, bugName string, each func(string)) (r Result, err error) {
	b, ok := newBug(bugName)
	if !ok {
		return Result{}, fmt.Errorf("sim: there is no planted bug %q; there are %s", bugName, strings.Join(Planted(), ", "))
	}
	w, err := newWorld(seed, stock, b)
	if err != nil {
		return Result{}, fmt.Errorf("sim: seed %d: %w", seed, err)
	}
	w.trace.each = each
	defer func() {
		if bug := recover(); bug != nil {
			stack := make([]byte, 8<<10)
			stack = stack[:runtime.Stack(stack, false)]
			w.books.wrong(lost, "", fmt.Sprintf("a broken invariant: %v\n%s", bug, stack))
		}
		r.Seed, r.Problems, r.Hash, r.Tail = seed, w.books.problems, w.trace.sum, w.trace.tail()
		r.Steps, r.Faults, r.Marks = w.steps, w.weather.seen, w.marks
	}()
	w.live()
	r.Payments = w.books.check()
	return r, nil
}

// Run runs many seeds. The error is about the options; what went wrong is in the report.
func Run(o Options) (Report, error) {
	began := time.Now()
	if _, ok := newBug(o.Bug); !ok {
		return Report{}, fmt.Errorf("sim: there is no planted bug %q; there are %s", o.Bug, strings.Join(Planted(), ", "))
	}
	if o.Seeds < 1 {
		return Report{}, errors.New("sim: seeds must be at least 1")
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.Workers < 1 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	rep := Report{Faults: make(map[Fault]int), Marks: make(map[Mark]int)}
	var firstErr error
	each(o, o.Bug, o.Seeds, func(r Result, err error) bool {
		if err != nil {
			firstErr = err
			return false
		}
		rep.add(r)
		if len(r.Problems) > 0 {
			o.Log(r.Text())
		}
		return true
	})
	if firstErr == nil && o.Planted {
		rep.Caught, firstErr = plant(o)
	}
	rep.Took = time.Since(began)
	return rep, firstErr
}

// each runs seeds on all workers and hands the results over one at a time, until one is enough.
func each(o Options, bugName string, seeds int, take func(Result, error) bool) {
	stock := newStock()
	var mu sync.Mutex
	next, over := 0, false
	var all sync.WaitGroup
	for range o.Workers {
		all.Go(func() {
			for {
				mu.Lock()
				n := next
				next++
				stop := over || n >= seeds
				mu.Unlock()
				if stop {
					return
				}
				r, err := runSeed(o.From+uint64(n), stock, bugName, nil)
				mu.Lock()
				if !over && !take(r, err) {
					over = true
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// plant shows that each planted bug is found.
func plant(o Options) (map[string]uint64, error) {
	caught := make(map[string]uint64)
	var firstErr error
	for _, name := range Planted() {
		each(o, name, plantedSeeds, func(r Result, err error) bool {
			if err != nil {
				firstErr = err
				return false
			}
			if len(r.Problems) == 0 {
				return true
			}
			caught[name] = r.Seed
			o.Log(fmt.Sprintf("planted %s: found by seed %d: %s", name, r.Seed, firstLine(r.Problems[0].String())))
			return false
		})
		if _, ok := caught[name]; !ok {
			o.Log("planted " + name + ": NOT FOUND")
		}
	}
	return caught, firstErr
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func (r *Report) add(s Result) {
	r.Seeds++
	r.Payments += s.Payments
	for f, n := range s.Faults {
		r.Faults[f] += n
	}
	for m, n := range s.Marks {
		r.Marks[m] += n
	}
	for _, p := range s.Problems {
		switch class(p.Class) {
		case lost:
			r.Lost++
		case doubled:
			r.Doubled++
		case open:
			r.Open++
		}
	}
	if len(s.Problems) > 0 {
		r.Failed = append(r.Failed, s)
	}
}

// Text is what a failed seed prints: what is wrong, the last of its trace, and how to see it again.
func (s Result) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "seed %d:\n", s.Seed)
	for _, l := range s.Tail {
		fmt.Fprintf(&out, "  %s\n", l)
	}
	for _, p := range s.Problems {
		fmt.Fprintf(&out, "%s\n", p)
	}
	fmt.Fprintf(&out, "replay: go run ./sim/run -seed %d", s.Seed)
	return out.String()
}

// Missing lists the faults that never happened and the marks that were never reached. A run of few
// seeds need not reach all.
func (r Report) Missing() []string {
	if r.Seeds < enough {
		return nil
	}
	var missing []string
	for _, f := range Faults() {
		if r.Faults[f] == 0 {
			missing = append(missing, "fault never injected: "+string(f))
		}
	}
	for _, m := range Marks() {
		if r.Marks[m] == 0 {
			missing = append(missing, "never reached: "+string(m))
		}
	}
	return missing
}

// OK tells whether the run shows what it should.
func (r Report) OK() bool {
	return len(r.Failed) == 0 && len(r.Missing()) == 0 && (r.Caught == nil || len(r.Caught) == len(Planted()))
}

// String is the last line of a run.
func (r Report) String() string {
	faults, died := 0, 0
	for _, n := range r.Faults {
		faults += n
	}
	for _, f := range crashes() {
		died += r.Faults[f]
	}
	return fmt.Sprintf("sim seeds=%d payments=%d faults=%d crashes=%d lost=%d doubled=%d open=%d planted=%d/%d",
		r.Seeds, r.Payments, faults, died, r.Lost, r.Doubled, r.Open, len(r.Caught), len(Planted()))
}
