package journal_test

import (
	"sync"
	"testing"
	"time"

	"kassa/journal"
	"kassa/sim/disk"
)

func TestNotebookKeepsEveryNoteInOneStream(t *testing.T) {
	d := disk.New()
	var mu sync.Mutex
	submit := func(b journal.Batch, done func(journal.Receipt, error)) {
		mu.Lock()
		defer mu.Unlock()
		d.Submit(b, done)
	}
	n := journal.NewNotebook("refused/1", 0, submit)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				n.Note(journal.Fact{At: time.Unix(1795262400, 0), Kind: "CallRefused", Payload: []byte("{}")}, func(_ journal.Receipt, err error) {
					if err != nil {
						t.Errorf("note: %v", err)
					}
				})
			}
		})
	}
	wg.Wait()
	d.Flush(d.Waiting())
	entries, err := d.StreamEntries("refused/1", 0)
	if err != nil || len(entries) != 200 {
		t.Fatalf("%d notes, %v", len(entries), err)
	}
	again := journal.NewNotebook("refused/1", entries[199].Version, submit)
	again.Note(journal.Fact{At: time.Unix(1795262400, 0), Kind: "CallRefused", Payload: []byte("{}")}, nil)
	d.Flush(1)
	if entries, _ := d.StreamEntries("refused/1", 0); len(entries) != 201 {
		t.Fatalf("%d notes after a restart", len(entries))
	}
}
