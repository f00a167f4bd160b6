// Command run runs the simulation: many seeds, or one of them with its whole trace. Its last line
// says what came of it, and it ends with 1 when something was wrong.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"

	"kassa/sim"
)

func main() {
	os.Exit(run())
}

func run() int {
	seeds := flag.Int("seeds", 2000, "how many seeds")
	from := flag.Uint64("from", 1, "the first seed")
	workers := flag.Int("workers", 0, "how many at a time; 0 is one for each processor")
	seed := flag.Uint64("seed", 0, "replay this seed and show its trace")
	bug := flag.String("bug", "", "plant a bug: one of "+fmt.Sprint(sim.Planted()))
	verbose := flag.Bool("v", false, "show how often each fault and each rare turn happened")
	flag.Parse()
	if *seed != 0 {
		return replay(*seed, *bug)
	}
	report, err := sim.Run(sim.Options{
		Seeds: *seeds, From: *from, Workers: *workers, Bug: *bug, Planted: *bug == "",
		Log: func(s string) { fmt.Println(s) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if *verbose {
		show(report)
	}
	for _, m := range report.Missing() {
		fmt.Println(m)
	}
	fmt.Println(report)
	if !report.OK() {
		return 1
	}
	return 0
}

func replay(seed uint64, bug string) int {
	result, err := sim.Seed(seed, bug, func(line string) { fmt.Println(line) })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, p := range result.Problems {
		fmt.Println(p)
	}
	fmt.Printf("seed %d: %d steps, %d orders, trace %016x\n", seed, result.Steps, result.Payments, result.Hash)
	if len(result.Problems) > 0 {
		return 1
	}
	return 0
}

func show(report sim.Report) {
	for _, f := range sim.Faults() {
		fmt.Printf("%8d %s\n", report.Faults[f], f)
	}
	marks := sim.Marks()
	slices.Sort(marks)
	for _, m := range marks {
		fmt.Printf("%8d %s\n", report.Marks[m], m)
	}
	fmt.Printf("%d seeds in %s\n", report.Seeds, report.Took)
}
