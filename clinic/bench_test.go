package clinic_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kassa"
	"kassa/clinic"
	"kassa/doctor"
	"kassa/journal"
)

// What the journal holds: 50 terminals that failed 2,000 times each, ten facts an order.
const (
	benchTerminals = 50
	benchOrders    = 100_000
	benchFacts     = 10
	benchBatch     = 250 // orders in one commit
)

// BenchmarkDiagnose asks about an order, a terminal and the installation when the journal holds a million events. Each
// answer is durable, as it is for who asks. A cause is to be there within 100 ms.
func BenchmarkDiagnose(b *testing.B) {
	w := newWorld(b)
	terminals := w.million()
	w.reopen()
	if last := w.store.Last(); last < benchOrders*benchFacts {
		b.Fatalf("the journal holds %d events", last)
	}
	who := clinic.Reader{Account: terminals[0].account}
	subjects := map[doctor.Kind]func(i int) string{
		doctor.Order:        func(i int) string { return kassa.FormatID(w.number - int64(i*7919%benchOrders)) }, // from all over the journal
		doctor.Terminal:     func(i int) string { return terminals[i%len(terminals)].tid },
		doctor.Installation: func(int) string { return "" },
	}
	for _, kind := range []doctor.Kind{doctor.Order, doctor.Terminal, doctor.Installation} {
		b.Run(string(kind), func(b *testing.B) {
			var took []time.Duration
			found := 0
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				d, err := w.Diagnose(b.Context(), who, clinic.Ask{Subject: doctor.Subject{Kind: kind, ID: subjects[kind](i)}})
				took = append(took, time.Since(began))
				must(b, err)
				found += len(d.Diagnosis.Findings)
			}
			if kind == doctor.Order && found < len(took) {
				b.Fatalf("%d causes of %d orders", found, len(took))
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op") // the median tells more
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
		})
	}
}

// million fills the journal.
func (w *world) million() (terminals []tenant) {
	w.t.Helper()
	one := w.opened("bench")
	for i := range benchTerminals {
		at := one
		at.poiid = fmt.Sprintf("P2-%d", i)
		at.tid = w.terminal(one.group, at.poiid, at.poiid)
		terminals = append(terminals, at)
	}
	failed := make(chan error, benchOrders/benchBatch)
	for range benchOrders / benchBatch {
		var batch journal.Batch
		for range benchBatch {
			w.number++
			batch = append(batch, w.failure(terminals[w.number%benchTerminals]))
		}
		w.store.Submit(batch, func(_ journal.Receipt, err error) { failed <- err })
	}
	for range benchOrders / benchBatch {
		must(w.t, <-failed)
	}
	return terminals
}

// failure is an order that was declined, with its facts.
func (w *world) failure(at tenant) journal.Change {
	o := at.order
	o.Number, o.TID, o.POIID, o.Ref = w.number, at.tid, at.poiid, fmt.Sprintf("bench-%d", w.number)
	facts := []journal.Fact{w.fact("OrderCreated", at.group, map[string]any{"order": o.NewOrder})}
	for len(facts) < benchFacts-1 {
		facts = append(facts, w.fact("HostDeclined", at.group, map[string]any{"request": 1, "responseCode": "51"}))
	}
	facts = append(facts, w.fact("AttemptClosed", at.group, map[string]any{"status": "declined"}))
	return journal.Change{Stream: "order/" + o.ID(), Scope: at.group, State: encoded(w.t, o), Facts: facts}
}
