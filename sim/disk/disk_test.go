package disk_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"kassa/journal"
	"kassa/sim/disk"
	"kassa/store/storetest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStore proves the promises that every store keeps, with a disk that flushes by itself.
func TestStore(t *testing.T) {
	var mu sync.Mutex
	disks := make(map[string]*disk.Disk)
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		mu.Lock()
		defer mu.Unlock()
		if disks[dir] == nil {
			disks[dir] = disk.New()
		}
		return start(disks[dir])
	})
}

// flusher makes a Disk usable by many goroutines: it flushes whatever waits.
type flusher struct {
	mu     sync.Mutex
	wake   sync.Cond
	disk   *disk.Disk
	queue  []func()
	closed bool
	ended  chan struct{}
}

func start(d *disk.Disk) *flusher {
	f := &flusher{disk: d, ended: make(chan struct{})}
	f.wake.L = &f.mu
	go f.run()
	return f
}

// run flushes what has been submitted, and calls done without the lock.
func (f *flusher) run() {
	defer close(f.ended)
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		for f.disk.Waiting() == 0 {
			if f.closed {
				return
			}
			f.wake.Wait()
		}
		f.disk.Flush(-1)
		calls := f.queue
		f.queue = nil
		f.mu.Unlock()
		for _, call := range calls {
			call()
		}
		f.mu.Lock()
	}
}

func (f *flusher) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		go done(journal.Receipt{}, journal.ErrClosed)
		return
	}
	f.disk.Submit(b, func(r journal.Receipt, err error) {
		f.queue = append(f.queue, func() { done(r, err) })
	})
	f.wake.Signal()
}

func (f *flusher) Close() error {
	f.mu.Lock()
	f.closed = true
	f.wake.Signal()
	f.mu.Unlock()
	<-f.ended
	return nil
}

func (f *flusher) Load(id string) (journal.Stream, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Load(id)
}

func (f *flusher) Find(ref string) (journal.Stream, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Find(ref)
}

func (f *flusher) Holder(holds string) (journal.Stream, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Holder(holds)
}

func (f *flusher) OpenStreams(kind string, each func(journal.Stream) error) error {
	var open []journal.Stream
	f.mu.Lock()
	err := f.disk.OpenStreams(kind, func(s journal.Stream) error {
		open = append(open, s)
		return nil
	})
	f.mu.Unlock()
	for _, s := range open {
		if err == nil {
			err = each(s)
		}
	}
	return err
}

func (f *flusher) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Streams(kind, after, limit)
}

func (f *flusher) Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Newest(kind, scopes, before, limit)
}

func (f *flusher) Entries(after uint64, limit int) ([]journal.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Entries(after, limit)
}

func (f *flusher) StreamEntries(id string, upTo uint64) ([]journal.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.StreamEntries(id, upTo)
}

func (f *flusher) Last() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.disk.Last()
}

// create is a batch that makes one stream with one fact.
func create(id string) journal.Batch {
	return journal.Batch{{
		Stream: id, State: []byte(`{"id":"` + id + `"}`), Open: true, Ref: "ref-" + id, Holds: "poi-" + id,
		Facts: []journal.Fact{{At: time.Unix(1, 2), Kind: "Made", Scope: "shop", Payload: []byte(`{}`)}},
	}}
}

func TestFlushDecidesWhatIsDurable(t *testing.T) {
	d := disk.New()
	var told []string
	for _, id := range []string{"order/a", "order/b", "order/c"} {
		d.Submit(create(id), func(r journal.Receipt, err error) {
			if err != nil {
				t.Errorf("%s: %v", id, err)
			}
			told = append(told, id)
		})
	}
	if _, found, _ := d.Load("order/a"); found || d.Last() != 0 || told != nil {
		t.Fatal("a batch is visible before Flush")
	}
	d.Flush(2)
	if diff := cmp.Diff([]string{"order/a", "order/b"}, told); diff != "" {
		t.Fatalf("told (-want +got):\n%s", diff)
	}
	if d.Last() != 2 || d.Waiting() != 1 {
		t.Fatalf("Last %d, Waiting %d, want 2 and 1", d.Last(), d.Waiting())
	}
}

func TestCrashLosesWhatWasNotFlushed(t *testing.T) {
	d := disk.New()
	silent := func(journal.Receipt, error) { t.Error("done was called for a batch that the crash took") }
	d.Submit(create("order/a"), func(journal.Receipt, error) {})
	d.Flush(1)
	d.Submit(create("order/b"), silent)
	next := d.Crash()
	d.Flush(-1)
	d.Submit(create("order/c"), silent)
	d.Flush(-1)
	if _, found, _ := d.Load("order/a"); found {
		t.Error("the dead disk still answers")
	}
	if _, found, _ := next.Find("ref-order/a"); !found {
		t.Error("a flushed stream is lost")
	}
	if _, found, _ := next.Load("order/b"); found {
		t.Error("a stream that was not flushed has survived")
	}
	next.Submit(create("order/b"), func(r journal.Receipt, err error) {
		if err != nil || r.Last != 2 {
			t.Errorf("after the crash: %v, %v", r, err)
		}
	})
	next.Flush(-1)
}

func TestCrashInDoneSilencesTheRest(t *testing.T) {
	d := disk.New()
	var next *disk.Disk
	d.Submit(create("order/a"), func(journal.Receipt, error) { next = d.Crash() })
	d.Submit(create("order/b"), func(journal.Receipt, error) { t.Error("the dead process was told") })
	d.Flush(-1)
	if _, found, _ := next.Load("order/b"); !found {
		t.Error("a durable batch was lost with its answer")
	}
}

func TestSubmitIsBounded(t *testing.T) {
	d := disk.New()
	var refused error
	for range 5000 {
		d.Submit(journal.Batch{}, func(_ journal.Receipt, err error) { refused = err })
	}
	if !errors.Is(refused, disk.ErrFull) {
		t.Fatalf("got %v, want ErrFull", refused)
	}
}
