package sim_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kassa/sim"
)

// setting reads an environment variable, and gives otherwise what it is by default.
func setting(name, otherwise string) string {
	if text := os.Getenv(name); text != "" {
		return text
	}
	return otherwise
}

// TestSeeds is the simulation: SEEDS seeds, from SEED on. It is the command that `make sim` runs, in
// a process of its own, because the race detector would make it ten times slower and a seed is one
// goroutine; the other tests run some seeds under it.
func TestSeeds(t *testing.T) {
	seeds := setting("SEEDS", "1200")
	cmd := exec.Command("go", "run", "./run", "-seeds", seeds, "-from", setting("SEED", "1"))
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := lines[len(lines)-1]
	if err != nil || !strings.HasPrefix(last, "sim seeds="+seeds+" ") || !strings.HasSuffix(last, " lost=0 doubled=0 open=0 planted=8/8") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(last)
}

func TestSomeSeedsOnAllWorkers(t *testing.T) {
	report, err := sim.Run(sim.Options{Seeds: 40, From: 5000, Log: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() || report.Seeds != 40 {
		t.Error(report)
	}
}

func TestASeedGivesTheSameRunEveryTime(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		first, err := sim.Seed(seed, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sim.Seed(seed, "", func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("seed %d (-first +again):\n%s", seed, diff)
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	seen := make(map[uint64]uint64)
	for seed := uint64(1); seed <= 20; seed++ {
		r, err := sim.Seed(seed, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[r.Hash]; ok {
			t.Errorf("seeds %d and %d are the same run", other, seed)
		}
		seen[r.Hash] = seed
	}
}

func TestUnknownBugsAreRefused(t *testing.T) {
	if _, err := sim.Run(sim.Options{Seeds: 1, Bug: "none of them"}); err == nil {
		t.Error("a bug that there is not")
	}
	if _, err := sim.Run(sim.Options{}); err == nil {
		t.Error("no seeds")
	}
}

func TestARunThatMissesSomethingFails(t *testing.T) {
	all := sim.Report{Seeds: 2000, Faults: map[sim.Fault]int{}, Marks: map[sim.Mark]int{}}
	for _, f := range sim.Faults() {
		all.Faults[f] = 1
	}
	for _, m := range sim.Marks() {
		all.Marks[m] = 1
	}
	if !all.OK() {
		t.Errorf("with everything seen: %v", all.Missing())
	}
	all.Faults[sim.ISOLost] = 0
	if all.OK() {
		t.Error("a fault that was never injected is not noticed")
	}
	all.Faults[sim.ISOLost], all.Marks[sim.LateApproval] = 1, 0
	if all.OK() {
		t.Error("a mark that was never reached is not noticed")
	}
	all.Marks[sim.LateApproval], all.Caught = 1, map[string]uint64{"stan-reused": 1}
	if all.OK() {
		t.Error("a planted bug that was not found is not noticed")
	}
	want := "sim seeds=2000 payments=0 faults=31 crashes=7 lost=0 doubled=0 open=0 planted=1/8"
	if got := all.String(); got != want {
		t.Errorf("last line %q, want %q", got, want)
	}
}
