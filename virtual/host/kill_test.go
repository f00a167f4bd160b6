package host_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kassa/iso8583"
	"kassa/virtual/host"
)

// childLedger names the ledger to a copy of this test binary that shall be a host.
const childLedger = "KASSA_TEST_HOST_LEDGER"

// TestKilledHost kills a host in the middle of its work, again and again: every sale that it has
// approved is in the ledger, once, and its repeat gets the same answer.
func TestKilledHost(t *testing.T) {
	if path := os.Getenv(childLedger); path != "" {
		serveUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "ledger")
	b := newBench(t)
	approved := map[string]*iso8583.Message{} // by RRN
	sent := 0
	for round := range 3 {
		child, address := startChild(t, path)
		w := (&running{t: t, address: address}).dial(b)
		for _, sale := range approved {
			if rc := w.ask(b, again(sale)); rc != "00" {
				t.Errorf("round %d: the repeat of an approved sale got %s", round, rc)
			}
		}
		var waiting []*iso8583.Message
		for i := range 60 {
			sale := b.sale(use{amount: 100})
			switch i % 3 {
			case 1:
				sale = b.hold(use{amount: 100})
			case 2:
				sale = b.capture(waiting[i-1], 60) // of the hold before it
			}
			w.put(b.pack(sale))
			waiting = append(waiting, sale)
		}
		sent += len(waiting)
		for _, sale := range waiting[:20*(round+1)-10] {
			if answer, err := w.get(); err != nil || answer.Get(39) != "00" || answer.Get(37) != sale.Get(37) {
				t.Fatalf("round %d: %v, %v", round, answer, err)
			}
			approved[sale.Get(37)] = sale
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		_ = w.socket.Close()
	}
	m := newMachine(t)
	l, err := host.OpenLedger(path, m.Restore)
	if err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	found, spent, held := reckon(m.Lines(0, 1000))
	for rrn := range approved {
		if found[rrn] != 1 {
			t.Errorf("an approved sale is %d times in the ledger", found[rrn])
		}
	}
	b.m = m
	if n := len(found); n < len(approved) || n > sent || b.spent("visa:000") != spent || b.held("visa:000") != held {
		t.Errorf("%d transactions, %d approved, %d sent, %d spent, %d held", n, len(approved), sent, b.spent("visa:000"), b.held("visa:000"))
	}
}

// reckon adds up approved sales, holds and captures.
func reckon(lines []host.Line) (found map[string]int, spent, held int64) {
	found = map[string]int{}
	for _, line := range lines {
		found[line.RRN]++
		switch line.Kind {
		case "hold":
			held += line.Amount
		case "capture":
			held -= line.Amount
			spent += line.Amount
		default:
			spent += line.Amount
		}
	}
	return found, spent, held
}

func startChild(t *testing.T, path string) (*exec.Cmd, string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledHost$", "-test.timeout=60s")
	child.Env = append(os.Environ(), childLedger+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return child, strings.TrimSpace(line)
}

func serveUntilKilled(t *testing.T, path string) {
	s, err := host.NewServer(host.Options{Ledger: path, Config: host.Config{Keys: testKeys()}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(listener.Addr())
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Run(ctx, listener); err != nil {
		t.Fatal(err)
	}
}
