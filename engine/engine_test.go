package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/journal"
	"kassa/sim/disk"
)

type journalReceipt = journal.Receipt

func decode(t *testing.T, state []byte) kassa.Order {
	t.Helper()
	var o kassa.Order
	if err := json.Unmarshal(state, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// durableStore makes every batch durable at once, or fails all from a switch on.
type durableStore struct {
	*disk.Disk
	mu   sync.Mutex
	fail error
}

func (s *durableStore) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		done(journal.Receipt{}, s.fail)
		return
	}
	s.Disk.Submit(b, done)
	s.Disk.Flush(1)
}

func (s *durableStore) Find(ref string) (journal.Stream, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Disk.Find(ref)
}

func (s *durableStore) Load(id string) (journal.Stream, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Disk.Load(id)
}

// edges counts what leaves.
type edges struct {
	mu   sync.Mutex
	sent map[string]int
}

func (e *edges) note(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent[what]++
}

func (e *edges) Take(_ kassa.NewOrder, effect kassa.Effect) { e.note(fmt.Sprintf("%T", effect)) }
func (e *edges) Tell(_ kassa.NewOrder, effect kassa.Effect) { e.note(fmt.Sprintf("%T", effect)) }

// running starts an engine in a synctest bubble and stops it at the end.
func running(t *testing.T) (*engine.Engine, *durableStore, *edges, func() error) {
	t.Helper()
	store := &durableStore{Disk: disk.New()}
	out := &edges{sent: map[string]int{}}
	e, err := engine.New(store, out, out, engine.Clock(time.Now, time.Time{}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	return e, store, out, func() error { cancel(); return <-ended }
}

func TestEngineAnswersHundredCallersAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, out, stop := running(t)
		var wg sync.WaitGroup
		numbers := make([]int64, 100)
		for i := range numbers {
			wg.Go(func() {
				o, reason, err := e.Create(t.Context(), newOrder("demo-1", "00000ABC"))
				if err != nil || reason != kassa.None {
					t.Errorf("create: %v %v", reason, err)
				}
				numbers[i] = o.Number
			})
		}
		wg.Wait()
		for _, n := range numbers {
			if n != numbers[0] {
				t.Fatalf("two orders: %d and %d", n, numbers[0])
			}
		}
		synctest.Wait()
		if out.sent["kassa.Offer"] != 1 {
			t.Fatalf("offered %d times", out.sent["kassa.Offer"])
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEngineEndsAnOrderThatNobodyShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, _, stop := running(t)
		n := newOrder("late", "00000ABC")
		n.Lifetime = 90 * time.Second
		if _, _, err := e.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			want  kassa.Status
		}{{89 * time.Second, kassa.Offered}, {time.Second, kassa.Expired}} {
			<-time.After(step.after)
			synctest.Wait()
			o, ok, err := e.Find(t.Context(), "multisafepay", "107265", "late")
			if err != nil || !ok || o.Status != step.want {
				t.Fatalf("after %s: %s, want %s (%v)", step.after, o.Status, step.want, err)
			}
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEngineStopsWithItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, store, out, stop := running(t)
		store.mu.Lock()
		store.fail = errors.New("disk full")
		store.mu.Unlock()
		_, _, err := e.Create(t.Context(), newOrder("a", "00000ABC"))
		if err == nil {
			t.Fatal("acknowledged without being durable")
		}
		if err := stop(); err == nil {
			t.Fatal("the engine lives on without its store")
		}
		if out.sent["kassa.Offer"] != 0 {
			t.Fatal("an effect left without its facts")
		}
		if _, _, err := e.Create(t.Context(), newOrder("b", "00000ABC")); !errors.Is(err, engine.ErrStopped) {
			t.Fatalf("after the end: %v", err)
		}
	})
}

func TestClockNeverGoesBack(t *testing.T) {
	wall := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	last := wall.Add(24 * time.Hour) // the journal's last instant, from before the clock was set back
	now := engine.Clock(func() time.Time { return wall }, last)
	if got := now(); got.Before(last) {
		t.Fatalf("the clock starts at %s, before %s", got, last)
	}
	wall = wall.Add(time.Second)
	if got := now(); !got.Equal(last.Add(time.Second)) {
		t.Fatalf("the clock runs to %s", got)
	}
}
