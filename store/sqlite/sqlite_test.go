package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kassa/journal"
	"kassa/store/sqlite"
	"kassa/store/storetest"

	"go.uber.org/goleak"
	driver "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestMain runs the tests, or, started again by one of them, the process that is to be killed.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(child(role, os.Getenv(pathVariable)))
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		return open(t, filepath.Join(dir, "kassa.db"), sqlite.Options{})
	})
}

func open(t testing.TB, path string, opts sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

func closeStore(t testing.TB, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// step is the batch that takes a stream on from a version, with one fact.
func step(id string, expect uint64) journal.Batch {
	return journal.Batch{{
		Stream: id, Expect: expect, Open: true, State: fmt.Appendf(nil, `{"version":%d}`, expect+1),
		Facts: []journal.Fact{{Kind: "Stepped", Scope: "group", Payload: fmt.Appendf(nil, `{"of":%q}`, id), At: instant}},
	}}
}

// alter changes a database that no store has open.
func alter(t *testing.T, path, script string) {
	t.Helper()
	conn, err := driver.OpenConn(path, driver.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(conn, script, nil); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// made is the path of a closed store with one stream in it.
func made(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kassa.db")
	s := open(t, path, sqlite.Options{})
	if _, err := s.Commit(context.Background(), step("order/a", 0)); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	return path
}

func TestUnsafeSettingsAreRefused(t *testing.T) {
	for _, pragma := range []string{
		"synchronous = NORMAL", "synchronous = OFF", "synchronous = EXTRA", "foreign_keys = OFF",
		"journal_mode = DELETE", "journal_mode = MEMORY", "wal_autocheckpoint = 1000",
		"mmap_size = 1048576", "locking_mode = EXCLUSIVE", "no such pragma (",
	} {
		t.Run(pragma, func(t *testing.T) {
			path := made(t)
			s, err := sqlite.Open(path, sqlite.Options{Pragmas: []string{pragma}})
			if !errors.Is(err, sqlite.ErrUnsafe) {
				t.Errorf("got %v, want ErrUnsafe", err)
			}
			if err == nil {
				closeStore(t, s)
			}
			closeStore(t, open(t, path, sqlite.Options{})) // the refusal has let the file go
		})
	}
	closeStore(t, open(t, made(t), sqlite.Options{Pragmas: []string{"cache_size = -8000"}}))
}

func TestUnsuitableFilesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		want   error
	}{
		"newer schema":       {"INSERT INTO migrations VALUES (3, '0003_later.sql', 'x')", sqlite.ErrNewerSchema},
		"changed migration":  {"UPDATE migrations SET checksum = 'x'", sqlite.ErrUnsafe},
		"missing migration":  {"UPDATE migrations SET number = 7 WHERE number = 2", sqlite.ErrUnsafe},
		"other application":  {"PRAGMA application_id = 7", sqlite.ErrUnsafe},
		"before Kassa's own": {"PRAGMA application_id = 0", sqlite.ErrUnsafe},
	} {
		t.Run(name, func(t *testing.T) {
			path := made(t)
			alter(t, path, test.script)
			s, err := sqlite.Open(path, sqlite.Options{})
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err == nil {
				closeStore(t, s)
			}
		})
	}
}

func TestJournalModeIsSetBack(t *testing.T) {
	path := made(t)
	alter(t, path, "PRAGMA journal_mode = DELETE")
	s := open(t, path, sqlite.Options{})
	defer closeStore(t, s)
	if _, err := s.Commit(context.Background(), step("order/a", 1)); err != nil {
		t.Error(err)
	}
}

func TestDamageIsRefused(t *testing.T) {
	for name, damage := range map[string]func(file []byte){
		"header": func(file []byte) { copy(file, "not a database at all") },
		"page":   func(file []byte) { copy(file[3*4096:], strings.Repeat("damage", 600)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := made(t)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damage(file)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := sqlite.Open(path, sqlite.Options{})
			if !errors.Is(err, sqlite.ErrUnsafe) {
				t.Errorf("got %v, want ErrUnsafe", err)
			}
			if err == nil {
				closeStore(t, s)
			}
		})
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kassa.db")
	first := open(t, path, sqlite.Options{})
	_, err := sqlite.Open(path, sqlite.Options{})
	if !errors.Is(err, sqlite.ErrLocked) || !strings.Contains(err.Error(), "another kassa serves this data") {
		t.Errorf("got %v, want ErrLocked", err)
	}
	closeStore(t, first)
	closeStore(t, open(t, path, sqlite.Options{}))
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kassa.db")
	s := open(t, path, sqlite.Options{})
	defer closeStore(t, s)
	for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(name), info.Mode(), err)
		}
	}
}

func TestOpenInMissingFolder(t *testing.T) {
	if _, err := sqlite.Open(filepath.Join(t.TempDir(), "none", "kassa.db"), sqlite.Options{}); err == nil {
		t.Error("a store in a folder that does not exist")
	}
}

// TestGroupCommit holds the writer up until many batches wait: they then share a commit.
func TestGroupCommit(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	defer closeStore(t, s)
	busy, release := make(chan struct{}), make(chan struct{})
	s.Submit(nil, func(journal.Receipt, error) { close(busy); <-release })
	<-busy
	const n = 200
	var wg sync.WaitGroup
	wg.Add(n)
	for i := range n {
		s.Submit(step(fmt.Sprintf("order/%d", i), 0), func(_ journal.Receipt, err error) {
			if err != nil {
				t.Error(err)
			}
			wg.Done()
		})
	}
	before := s.Stats()
	close(release)
	wg.Wait()
	if got := s.Stats(); got.Commits != before.Commits+1 || got.Batches != before.Batches+n {
		t.Errorf("from %+v to %+v, want 1 commit of %d batches", before, got, n)
	}
}

func TestRefusedBatchesCostNoCommit(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	defer closeStore(t, s)
	if _, err := s.Commit(context.Background(), step("order/a", 5)); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if got := s.Stats(); got != (sqlite.Stats{}) {
		t.Errorf("Stats %+v, want none", got)
	}
}

func TestCommitEndsWithItsContext(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	busy, release := make(chan struct{}), make(chan struct{})
	s.Submit(nil, func(journal.Receipt, error) { close(busy); <-release })
	<-busy
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Commit(ctx, step("order/a", 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	close(release)
	closeStore(t, s)
}

func TestWatch(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended, other := s.Watch(ctx), s.Watch(context.Background())
	for v := range uint64(5) {
		if _, err := s.Commit(ctx, step("order/a", v)); err != nil {
			t.Fatal(err)
		}
	}
	<-ended
	select {
	case _, more := <-ended:
		t.Errorf("nudges have not fallen together (more %v)", more)
	default:
	}
	cancel()
	if _, more := <-ended; more {
		t.Error("a nudge after the context ended")
	}
	<-other
	closeStore(t, s)
	if _, more := <-other; more {
		t.Error("a nudge after Close")
	}
	if _, more := <-s.Watch(context.Background()); more {
		t.Error("a nudge of a closed store")
	}
}

func TestReadsAfterClose(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	closeStore(t, s)
	if _, _, err := s.Load("order/a"); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// TestLogStaysBounded writes far more than the log may hold: checkpoints must keep up with a
// writer that never rests.
func TestLogStaysBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kassa.db")
	s := open(t, path, sqlite.Options{})
	defer closeStore(t, s)
	state := []byte(strings.Repeat("s", 30_000))
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for v := range uint64(500) {
				b := step(fmt.Sprintf("order/%d", w), v)
				b[0].State = state
				if _, err := s.Commit(context.Background(), b); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if limit := int64(128 << 20); info.Size() > limit {
		t.Errorf("the log has %d bytes", info.Size())
	}
}
