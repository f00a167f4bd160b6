package host_test

import (
	"testing"

	"kassa/virtual/host"
)

// FuzzGenuineFrame feeds frames whose MAC is right whatever is in them: the peer is known, but mad.
// Nothing may panic, and what was persisted must replay to the same ledger.
func FuzzGenuineFrame(f *testing.F) {
	seed := &bench{t: &testing.T{}, keys: testKeys()}
	sale := seed.sale(use{entry: "051", pin: "1234"})
	for _, frame := range [][]byte{seed.pack(sale), seed.pack(seed.refund(sale, 1)), seed.pack(seed.reversal(sale))} {
		f.Add(frame[:len(frame)-8])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBench(t)
		b.send(b.sale(use{}))
		sum, err := mac(body)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			b.handle(host.Received{Conn: b.conn, Frame: append(append([]byte{}, body...), sum[:]...)})
		}
		before := b.lines()
		b.restart()
		after := b.lines()
		if len(before) != len(after) || before[len(before)-1] != after[len(after)-1] {
			t.Error("the ledger differs after a restart")
		}
	})
}
