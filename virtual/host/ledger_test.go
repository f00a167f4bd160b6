package host_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kassa/virtual/deck"
	"kassa/virtual/host"
)

func openLedger(t *testing.T, path string) (*host.Ledger, []host.Record) {
	t.Helper()
	var records []host.Record
	l, err := host.OpenLedger(path, func(r host.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, records
}

func closeLedger(t *testing.T, l *host.Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// someRecords is a ledger with every kind of record in it.
func someRecords(t *testing.T) []host.Record {
	t.Helper()
	b := newBench(t)
	for _, c := range deck.All() {
		sale := b.sale(use{card: c.ID(), entry: "051", pin: "1234", amount: 1000})
		b.send(sale)
		b.send(b.refund(sale, 100))
		b.send(b.sale(use{card: c.ID()}))
		wrong := b.sale(use{card: c.ID(), entry: "051", pin: "4321"})
		b.send(wrong)
		b.send(b.reversal(wrong))
		b.handle(host.Unblock{Account: c.ID()})
		frame := b.pack(b.sale(use{card: c.ID()}))
		frame[len(frame)-1] ^= 1
		b.handle(host.Received{Conn: b.conn, Frame: frame})
	}
	return b.records
}

func TestLedgerKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	records := someRecords(t)
	l, _ := openLedger(t, path)
	for len(records) > 0 {
		n := min(7, len(records))
		if err := l.Append(records[:n]); err != nil {
			t.Fatal(err)
		}
		records = records[n:]
	}
	closeLedger(t, l)
	l, got := openLedger(t, path)
	defer closeLedger(t, l)
	if diff := cmp.Diff(someRecords(t), got); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestLedgerHoldsNoCardData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, _ := openLedger(t, path)
	if err := l.Append(someRecords(t)); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range deck.All() {
		number := c.PAN.Reveal()
		for _, secret := range []string{number, number[:10], number[6:], c.Track2().Reveal()} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("card data of %s is in the ledger", c.ID())
			}
		}
	}
	if found := regexp.MustCompile(`[0-9]{13,}`).Find(content); found != nil {
		t.Errorf("%d digits in a row are in the ledger", len(found))
	}
	content = bytes.ReplaceAll(content, []byte(`"last4":"1234"`), nil) // what a card's number happens to end in
	for _, secret := range []string{"\"1234\"", "4321", "pin_block", "track"} {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%q is in the ledger", secret)
		}
	}
}

// TestLedgerTornAnywhere cuts the file at each byte of its last two lines, and puts rubbish behind
// it: whole lines before stay, and it can be written on.
func TestLedgerTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger")
	records := someRecords(t)[:4]
	l, _ := openLedger(t, path)
	if err := l.Append(records); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	start := len(lines[0]) + len(lines[1])
	for cut := start; cut <= len(whole); cut++ {
		for _, rubbish := range []string{"", "\x00\x00\x00", "00000000 {}\n", strings.Repeat("x", 20_000)} {
			torn := append(append([]byte{}, whole[:cut]...), rubbish...)
			keep := 2 + strings.Count(string(whole[start:cut]), "\n")
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			l, got := openLedger(t, path)
			if len(got) != keep {
				t.Fatalf("cut at %d: %d records, want %d", cut, len(got), keep)
			}
			if keep < len(records) && cut%40 == 0 { // sync is slow
				if err := l.Append(records[keep:]); err != nil {
					t.Fatal(err)
				}
				closeLedger(t, l)
				var again []host.Record
				if l, again = openLedger(t, path); len(again) != len(records) {
					t.Fatalf("cut at %d: %d records after writing on", cut, len(again))
				}
			}
			closeLedger(t, l)
		}
	}
}

func TestLedgerDamageInTheMiddleIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, _ := openLedger(t, path)
	if err := l.Append(someRecords(t)[:4]); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(content)
	damaged[30] ^= 1
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := host.OpenLedger(path, func(host.Record) error { return nil }); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("damage: %v", err)
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, damaged) {
		t.Errorf("the damaged file was changed (%v)", err)
	}
	lines := strings.SplitAfter(string(content), "\n")
	if err := os.WriteFile(path, []byte(lines[0]+lines[2]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := host.OpenLedger(path, newMachine(t).Restore); err == nil {
		t.Error("a missing line is accepted")
	}
}

func TestLedgerBelongsToOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, _ := openLedger(t, path)
	if _, err := host.OpenLedger(path, func(host.Record) error { return nil }); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second opening: %v", err)
	}
	closeLedger(t, l)
	if err := l.Append([]host.Record{{N: 1, At: time.Now()}}); err == nil {
		t.Error("a closed ledger takes records")
	}
	if err := l.Append(nil); err == nil {
		t.Error("after an error it takes more")
	}
}
