package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"kassa/journal"
	"kassa/store/sqlite"
)

const (
	roleVariable = "KASSA_STORE_TEST_ROLE"
	pathVariable = "KASSA_STORE_TEST_PATH"
	roleKilled   = "killed"
	roleLimited  = "limited" // in the size of its files
	roleFailing  = "failing" // a sync of its disk

	childWriters = 8
	// fileSizeLimit lets a child write something, but not for long.
	fileSizeLimit = 256 << 10
)

var instant = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// child is the other process: it commits from several goroutines and prints each batch once it is
// acknowledged. It goes on until it is killed, or until the disk refuses.
func child(role, path string) int {
	s, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		fmt.Println("failed", err)
		return 1
	}
	if role == roleLimited {
		signal.Ignore(syscall.SIGXFSZ)
		limit := &syscall.Rlimit{Cur: fileSizeLimit, Max: fileSizeLimit}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, limit); err != nil {
			fmt.Println("failed", err)
			return 1
		}
	}
	var wg sync.WaitGroup
	var out sync.Mutex
	for w := range childWriters {
		wg.Go(func() {
			for {
				err := childStep(s, fmt.Sprintf("order/%d", w), &out)
				if err != nil {
					out.Lock()
					defer out.Unlock()
					fmt.Println("stopped")
					return
				}
			}
		})
	}
	wg.Wait()
	<-s.Failed()
	_, err = s.Commit(context.Background(), step("order/late", 0))
	fmt.Println("late", errors.Is(err, journal.ErrClosed))
	fmt.Println("closed with its cause", s.Close() != nil)
	return 0
}

// childStep takes a stream, and a second one in the same batch, one version on.
func childStep(s *sqlite.Store, id string, out *sync.Mutex) error {
	stream, _, err := s.Load(id)
	if err != nil {
		return err
	}
	b := append(step(id, stream.Version), step(id+"/twin", stream.Version)...)
	if _, err := s.Commit(context.Background(), b); err != nil {
		return err
	}
	out.Lock()
	defer out.Unlock()
	fmt.Println("acked", id, stream.Version+1)
	return nil
}

// run starts the child, under another program if one is named, and hands every line it prints to
// line, until it has ended.
func run(t *testing.T, role, path string, line func(cmd *exec.Cmd, text string), under ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(under, self)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line(cmd, lines.Text())
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() > 0) {
		t.Errorf("the child: %v", err)
	}
}

// verify wants all that was acknowledged, whole, and at most one batch more of each writer.
func verify(t *testing.T, path string, acked map[string]uint64) {
	t.Helper()
	s := open(t, path, sqlite.Options{})
	defer closeStore(t, s)
	entries, last := uint64(0), s.Last()
	for w := range childWriters {
		id := fmt.Sprintf("order/%d", w)
		stream, _, err := s.Load(id)
		if err != nil || stream.Version < acked[id] || stream.Version > acked[id]+1 {
			t.Errorf("%s: version %d, acknowledged %d: %v", id, stream.Version, acked[id], err)
		}
		twin, _, err := s.Load(id + "/twin")
		if err != nil || twin.Version != stream.Version {
			t.Errorf("%s: version %d, but its twin %d: %v", id, stream.Version, twin.Version, err)
		}
		facts, err := s.StreamEntries(id, 0)
		if err != nil || uint64(len(facts)) != stream.Version {
			t.Errorf("%s: %d facts at version %d: %v", id, len(facts), stream.Version, err)
		}
		acked[id] = stream.Version
		entries += 2 * stream.Version
	}
	if entries != last {
		t.Errorf("Last is %d, the streams have %d facts", last, entries)
	}
	gapFree(t, s, last)
}

func gapFree(t *testing.T, s *sqlite.Store, last uint64) {
	t.Helper()
	for after := uint64(0); after < last; {
		page, err := s.Entries(after, 1000)
		if err != nil || len(page) == 0 {
			t.Fatalf("Entries after %d: %d, %v", after, len(page), err)
		}
		for _, e := range page {
			if after++; e.Seq != after {
				t.Fatalf("seq %d where %d should be", e.Seq, after)
			}
		}
	}
}

// TestKill kills a process that writes, at a different point each time, and reads what it left.
func TestKill(t *testing.T) {
	const lives = 25
	path := filepath.Join(t.TempDir(), "kassa.db")
	random := rand.New(rand.NewPCG(1, 2))
	acked := make(map[string]uint64)
	total := 0
	for range lives {
		after, lines := 1+random.IntN(400), 0
		run(t, roleKilled, path, func(cmd *exec.Cmd, text string) {
			var id string
			var version uint64
			if n, _ := fmt.Sscanf(text, "acked %s %d", &id, &version); n != 2 {
				t.Errorf("the child says %q", text)
				return
			}
			acked[id] = max(acked[id], version)
			if lines++; lines == after {
				if err := cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
			}
		})
		total += lines
		verify(t, path, acked)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills, %d acknowledged batches, all found", lives, total)
}

// TestFileLimit lets the kernel refuse a write in the middle of the work: the store stops, and what
// it had acknowledged is there at the next start.
func TestFileLimit(t *testing.T) {
	stopsAtError(t, roleLimited)
}

// TestSyncFails lets strace answer a sync with EIO: the pages may be lost, so that trying again
// would be a lie.
func TestSyncFails(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("this test needs strace: %v", err)
	}
	stopsAtError(t, roleFailing, strace, "-f", "-qq", "-o", os.DevNull,
		"-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=20+")
}

// stopsAtError runs a child until its disk refuses, and reads what it left.
func stopsAtError(t *testing.T, role string, under ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kassa.db")
	acked := make(map[string]uint64)
	said := make(map[string]int)
	run(t, role, path, func(_ *exec.Cmd, text string) {
		var id string
		var version uint64
		if n, _ := fmt.Sscanf(text, "acked %s %d", &id, &version); n == 2 {
			acked[id] = max(acked[id], version)
			return
		}
		said[text]++
	}, under...)
	if said["stopped"] != childWriters || said["late true"] != 1 || said["closed with its cause true"] != 1 {
		t.Errorf("the child says %v", said)
	}
	if len(acked) == 0 {
		t.Error("nothing was acknowledged before the error")
	}
	verify(t, path, acked)
}

// TestFullDisk fills the file: the batch that meets the end and all that wait fail, and nothing is
// accepted afterwards, although reading goes on.
func TestFullDisk(t *testing.T) {
	path := made(t)
	s := open(t, path, sqlite.Options{Pragmas: []string{"max_page_count = 60"}})
	busy, release := make(chan struct{}), make(chan struct{})
	s.Submit(nil, func(journal.Receipt, error) { close(busy); <-release })
	<-busy
	const n = 2000 // more than one commit takes
	var wg sync.WaitGroup
	wg.Add(n)
	answers := make([]error, n)
	for i := range n {
		b := step(fmt.Sprintf("order/%04d", i), 0)
		b[0].State = make([]byte, 1000)
		s.Submit(b, func(_ journal.Receipt, err error) { answers[i] = err; wg.Done() })
	}
	close(release)
	wg.Wait()
	for i, err := range answers {
		if err == nil {
			t.Fatalf("batch %d of the failed commit was acknowledged", i)
		}
	}
	if errors.Is(answers[0], journal.ErrClosed) || !errors.Is(answers[n-1], journal.ErrClosed) {
		t.Errorf("the first batch was told %v, the last %v; only the last cannot have been written", answers[0], answers[n-1])
	}
	<-s.Failed()
	if _, err := s.Commit(context.Background(), step("order/late", 0)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after the failure: got %v, want ErrClosed", err)
	}
	if stream, found, err := s.Load("order/a"); !found || err != nil || stream.Version != 1 {
		t.Errorf("reading after the failure: %v, %v, %v", stream, found, err)
	}
	if err := s.Close(); err == nil {
		t.Error("Close does not tell why the store stopped")
	}
	s = open(t, path, sqlite.Options{})
	defer closeStore(t, s)
	if s.Last() != 1 {
		t.Errorf("Last is %d after the restart, want 1", s.Last())
	}
	if _, err := s.Commit(context.Background(), step("order/0000", 0)); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}
