package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time that a process has used, in user mode and in the kernel.
func cpu(tb testing.TB, pid int) time.Duration {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Fatal(err)
	}
	// The second field is a name in brackets, which may hold anything; 14 and 15 are utime and stime.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			tb.Fatal(err)
		}
		ticks += n
	}
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux that Go runs on
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// resident is the memory of a process that is in RAM, in KiB.
func resident(tb testing.TB, pid int) int64 {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				tb.Fatal(err)
			}
			return n
		}
	}
	tb.Fatal("no VmRSS")
	return 0
}

// floor is the disk by itself: a file that is as long as it will be, and syncs of 4 KiB each.
type floor struct {
	tb     testing.TB
	file   *os.File
	offset int64
	took   []time.Duration
}

const (
	floorBytes = 32 << 20
	floorWrite = 4 << 10
)

func newFloor(tb testing.TB, dir string) *floor {
	tb.Helper()
	file, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = file.Close() })
	if _, err := file.Write(make([]byte, floorBytes)); err != nil {
		tb.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		tb.Fatal(err)
	}
	return &floor{tb: tb, file: file}
}

// measure syncs for a span, one write after the other.
func (f *floor) measure(span time.Duration) {
	f.tb.Helper()
	page := make([]byte, floorWrite)
	for end := time.Now().Add(span); time.Now().Before(end); {
		began := time.Now()
		if _, err := f.file.WriteAt(page, f.offset); err != nil {
			f.tb.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.file.Fd())); err != nil {
			f.tb.Fatal(err)
		}
		f.took = append(f.took, time.Since(began))
		f.offset = (f.offset + floorWrite) % floorBytes
	}
}

func (f *floor) perSecond() float64 {
	var sum time.Duration
	for _, d := range f.took {
		sum += d
	}
	return float64(len(f.took)) / sum.Seconds()
}

// quantile of durations; the slice is sorted by it.
func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
