package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"kassa/journal"
	"kassa/store/sqlite"
)

// rounds is the number of times that the store and the floor take turns; the medians count.
const rounds = 5

// BenchmarkCommit measures durable commits of a small batch (one stream on by one version, one
// fact) by clients that each wait for their own, beside the floor in the same run: the same clients
// on a preallocated log with one fdatasync per group.
func BenchmarkCommit(b *testing.B) {
	for _, clients := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			dir := b.TempDir()
			s := open(b, filepath.Join(dir, "kassa.db"), sqlite.Options{})
			defer closeStore(b, s)
			raw := openFloor(b, filepath.Join(dir, "raw.log"))
			defer raw.close(b)
			versions := make([]uint64, clients)
			before := s.Stats()
			var stores, floors []float64
			for range rounds {
				n := max(b.N/rounds, 1)
				floors = append(floors, perSecond(n, clients, func(int) { raw.commit() }))
				stores = append(stores, perSecond(n, clients, func(client int) {
					commit(b, s, client, &versions[client])
				}))
			}
			b.ReportMetric(0, "ns/op") // it would be that of both together
			store, floor := median(stores), median(floors)
			b.ReportMetric(store, "ops/s")
			b.ReportMetric(floor, "raw-ops/s")
			b.ReportMetric(store/floor, "ratio")
			stats := s.Stats()
			b.ReportMetric(float64(stats.Batches-before.Batches)/float64(stats.Commits-before.Commits), "batches/commit")
		})
	}
}

func commit(b *testing.B, s *sqlite.Store, client int, version *uint64) {
	// A stream has the length of a payment's: after ten steps the client takes another one.
	id := fmt.Sprintf("order/%08d-%d", *version/10, client)
	if _, err := s.Commit(context.Background(), step(id, *version%10)); err != nil {
		b.Error(err)
	}
	*version++
}

// perSecond shares n operations among the clients.
func perSecond(n, clients int, operation func(client int)) float64 {
	start := time.Now()
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for range (n + clients - 1 - client) / clients {
				operation(client)
			}
		})
	}
	wg.Wait()
	return float64(n) / time.Since(start).Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// floor is the least that a durable commit can cost here: one writer, one write and one fdatasync
// for all records that wait, in a file that is already as long as it will be.
type floor struct {
	file    *os.File
	waiting chan chan struct{}
	ended   chan struct{}
}

const (
	floorBytes  = 64 << 20
	floorRecord = 256
)

func openFloor(b *testing.B, path string) *floor {
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := file.Write(make([]byte, floorBytes)); err != nil {
		b.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		b.Fatal(err)
	}
	f := &floor{file: file, waiting: make(chan chan struct{}, 4096), ended: make(chan struct{})}
	go f.run(b)
	return f
}

func (f *floor) run(b *testing.B) {
	defer close(f.ended)
	record, offset := make([]byte, floorRecord), int64(0)
	var group []chan struct{}
	var page []byte
	for first := range f.waiting {
		group, page = append(group[:0], first), append(page[:0], record...)
	drain:
		for {
			select {
			case next := <-f.waiting:
				group, page = append(group, next), append(page, record...)
			default:
				break drain
			}
		}
		if offset+int64(len(page)) > floorBytes {
			offset = 0
		}
		if _, err := f.file.WriteAt(page, offset); err != nil {
			b.Error(err)
		}
		offset += int64(len(page))
		if err := syscall.Fdatasync(int(f.file.Fd())); err != nil {
			b.Error(err)
		}
		for _, done := range group {
			done <- struct{}{}
		}
	}
}

func (f *floor) commit() {
	done := make(chan struct{}, 1)
	f.waiting <- done
	<-done
}

func (f *floor) close(b *testing.B) {
	close(f.waiting)
	<-f.ended
	if err := f.file.Close(); err != nil {
		b.Error(err)
	}
}

// BenchmarkLoad reads the current state of one of many streams.
func BenchmarkLoad(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "kassa.db"), sqlite.Options{})
	defer closeStore(b, s)
	const streams = 10_000
	var wg sync.WaitGroup
	wg.Add(streams)
	for i := range streams {
		s.Submit(step(fmt.Sprintf("order/%d", i), 0), func(journal.Receipt, error) { wg.Done() })
	}
	wg.Wait()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if _, found, err := s.Load(fmt.Sprintf("order/%d", i%streams)); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}
