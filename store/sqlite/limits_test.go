package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"kassa/journal"
	"kassa/store/sqlite"

	driver "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestSubmitBlocksWhenFull stops the writer: Submit then takes a bounded number and waits.
func TestSubmitBlocksWhenFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kassa.db")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, path, sqlite.Options{})
		release := make(chan struct{})
		s.Submit(nil, func(journal.Receipt, error) { <-release })
		synctest.Wait()
		const n = 10_000
		var submitted, answered atomic.Int32
		var wg sync.WaitGroup
		wg.Go(func() {
			for range n {
				s.Submit(nil, func(journal.Receipt, error) { answered.Add(1) })
				submitted.Add(1)
			}
		})
		synctest.Wait()
		if got := submitted.Load(); got < 1000 || got >= n {
			t.Errorf("%d batches wait", got)
		}
		close(release)
		wg.Wait()
		closeStore(t, s)
		if answered.Load() != n {
			t.Errorf("%d of %d answered", answered.Load(), n)
		}
	})
}

// TestManyStreams has more streams than the writer remembers, and goes back to the first.
func TestManyStreams(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	defer closeStore(t, s)
	const streams, again, together = 36_000, 1000, 250
	for v, n := range []int{streams, again} {
		for i := 0; i < n; i += together {
			var b journal.Batch
			for j := range together {
				c := step(fmt.Sprintf("order/%05d", i+j), uint64(v))[0]
				c.Facts, c.Open = nil, v == 0
				b = append(b, c)
			}
			if _, err := s.Commit(context.Background(), b); err != nil {
				t.Fatalf("version %d from stream %d: %v", v, i, err)
			}
		}
	}
	for _, v := range []uint64{0, 1, 3} {
		if _, err := s.Commit(context.Background(), step("order/00000", v)); !errors.Is(err, journal.ErrConflict) {
			t.Errorf("version %d: got %v, want ErrConflict", v, err)
		}
	}
}

// TestLargeFileIsCheckedBeside damages a file that is too large to be checked before the start.
func TestLargeFileIsCheckedBeside(t *testing.T) {
	path := made(t)
	s := open(t, path, sqlite.Options{})
	for i := range 20 {
		b := step(fmt.Sprintf("order/%d", i), 0)
		b[0].State = make([]byte, 4<<20)
		if _, err := s.Commit(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	closeStore(t, open(t, path, sqlite.Options{})) // whole
	damageIndex(t, path)
	s = open(t, path, sqlite.Options{})
	<-s.Failed()
	if _, err := s.Commit(context.Background(), step("order/late", 0)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := s.Close(); !errors.Is(err, sqlite.ErrUnsafe) {
		t.Errorf("Close: got %v, want ErrUnsafe", err)
	}
}

// damageIndex writes rubbish over the root page of an index.
func damageIndex(t *testing.T, path string) {
	t.Helper()
	conn, err := driver.OpenConn(path, driver.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	var page int64
	err = sqlitex.ExecuteTransient(conn, "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_stream'",
		&sqlitex.ExecOptions{ResultFunc: func(stmt *driver.Stmt) error { page = stmt.ColumnInt64(0); return nil }})
	if err := errors.Join(err, conn.Close()); err != nil || page == 0 {
		t.Fatalf("page %d, %v", page, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteAt([]byte("rubbish instead of an index"), (page-1)*4096)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
