package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"kassa/sale/native"
)

const (
	rounds    = 3 // the loads take turns, and the medians count
	roundTime = 4 * time.Second
	warmTime  = 1 * time.Second
	// idleLinks are the terminals whose memory is measured.
	idleLinks = 2000
)

// load is a cloud, its acquirer, and terminals and registers that cost little.
type load struct {
	*site
	host  string
	tills []*till
	hooks *httptest.Server
	heard atomic.Int64 // webhooks
}

// till is a cash register with one terminal.
type till struct {
	l    *load
	poi  *leanPOI
	tid  string
	conn net.Conn
	in   *bufio.Reader
	last int
}

func newLoad(tb testing.TB, terminals int) *load {
	tb.Helper()
	l := &load{site: newSite(tb, terminals+1)} // the last one of the demo is of another group
	l.hooks = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		l.heard.Add(1)
		_, _ = io.WriteString(w, "OK")
	}))
	tb.Cleanup(l.hooks.Close)
	l.acquirer = l.run("acquirer", l.acquirerArgs)
	l.facts = l.startCloud()
	l.host = strings.TrimPrefix(l.facts.URL, "http://")
	await(tb, "the acquirer is signed on", 20*time.Second, func() bool { return l.status().Acquirer.SignedOn > 0 })
	return l
}

func (l *load) status() native.Status {
	l.t.Helper()
	d := &dev{origin: l.facts.URL, client: l.client}
	var s native.Status
	if err := d.get(l.t.Context(), l.facts.Token, "status", &s); err != nil {
		l.t.Fatal(err)
	}
	return s
}

// connect links and activates terminals, not faster than the cloud admits them.
func (l *load) connect(n int) {
	l.t.Helper()
	for i := range n {
		d := l.facts.Terminals[i]
		p, err := newLeanPOI(d.POIID, d.Code)
		if err != nil {
			l.t.Fatal(err)
		}
		for err = p.dial(l.host); errors.Is(err, errBusy); err = p.dial(l.host) {
			<-time.After(20 * time.Millisecond)
		}
		if err != nil {
			l.t.Fatal(err)
		}
		go p.run()
		l.tills = append(l.tills, &till{l: l, poi: p, tid: d.TID})
	}
	for _, r := range l.tills {
		if err := <-r.poi.ready; err != nil {
			l.t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	l.t.Cleanup(func() { close(stop) })
	go l.beat(stop)
}

// beat sends the heartbeats of all terminals.
func (l *load) beat(stop chan struct{}) {
	ticker := time.NewTicker(10 * time.Second / time.Duration(len(l.tills)))
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-ticker.C:
			_ = l.tills[i%len(l.tills)].poi.ping() // whoever pays notices that the link is gone
		}
	}
}

// pay places an order and follows its event stream to the end, over one connection.
func (r *till) pay() error {
	r.last++
	body, err := json.Marshal(map[string]any{
		"type": "redirect", "order_id": fmt.Sprintf("%s-%d", r.tid, r.last), "currency": "EUR", "amount": 100 + r.last%1000,
		"description": "2 coffees", "gateway_info": map[string]any{"terminal_id": r.tid},
		"payment_options": map[string]any{"notification_url": r.l.hooks.URL + "/hook"},
	})
	if err != nil {
		return err
	}
	status, text, err := r.ask("POST", "/v1/json/orders", "api_key: "+r.l.facts.GroupKey, body)
	var created struct{ Data struct{ Events_token string } }
	if err != nil || status != http.StatusOK || json.Unmarshal(text, &created) != nil {
		return fmt.Errorf("create: %d %s %w", status, text, err)
	}
	status, text, err = r.ask("GET", "/events/stream/", "Authorization: "+created.Data.Events_token, nil)
	if err != nil || status != http.StatusOK || !bytes.Contains(text, []byte(`"status":"completed"`)) {
		return fmt.Errorf("events: %d %s %w", status, text, err)
	}
	return nil
}

// ask is HTTP without a client library: the load must leave the processors to the cloud.
func (r *till) ask(method, path, header string, body []byte) (status int, text []byte, err error) {
	if r.conn == nil {
		if r.conn, err = net.Dial("tcp", r.l.host); err != nil {
			return 0, nil, err
		}
		r.in = bufio.NewReaderSize(r.conn, 2048)
	}
	request := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
		method, path, r.l.host, header, len(body), body)
	if _, err := r.conn.Write(request); err != nil {
		return 0, nil, err
	}
	resp, err := http.ReadResponse(r.in, nil)
	if err != nil {
		return 0, nil, err
	}
	text, err = io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// figures are what one round of one load gives.
type figures struct {
	payments                   int
	span                       time.Duration
	cloud, acquirer, generator time.Duration
	commits, batches           uint64
	latencies                  []time.Duration
	drain                      time.Duration // until the last webhook, after the last payment
}

// round lets the first n tills pay without a pause for a span, and then waits for the last webhook.
func (l *load) round(n int, span time.Duration) figures {
	l.t.Helper()
	before, hooks := l.status().Store, l.heard.Load()
	f := figures{cloud: -cpu(l.t, l.cloud.cmd.Process.Pid), acquirer: -cpu(l.t, l.acquirer.cmd.Process.Pid), generator: -cpu(l.t, os.Getpid())}
	took := make([][]time.Duration, n)
	failed := make(chan error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i, r := range l.tills[:n] {
		wg.Go(func() {
			for time.Since(began) < span {
				start := time.Now()
				if err := r.pay(); err != nil {
					failed <- fmt.Errorf("%s: %w", r.tid, err)
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	f.span = time.Since(began)
	for _, d := range took {
		f.latencies = append(f.latencies, d...)
	}
	select {
	case err := <-failed:
		l.t.Fatal(err)
	default:
	}
	f.payments = len(f.latencies)
	await(l.t, "all webhooks are delivered", time.Minute, func() bool { return l.heard.Load()-hooks >= int64(f.payments) })
	f.drain = time.Since(began) - f.span
	f.cloud += cpu(l.t, l.cloud.cmd.Process.Pid)
	f.acquirer += cpu(l.t, l.acquirer.cmd.Process.Pid)
	f.generator += cpu(l.t, os.Getpid())
	after := l.status().Store
	f.commits, f.batches = after.Commits-before.Commits, after.Batches-before.Batches
	return f
}

// BenchmarkPayments measures whole payments against the real processes: order over HTTP, push to the
// terminal, tap, authorisation over ISO 8583 with a host that writes its own ledger, event stream,
// webhook.
func BenchmarkPayments(b *testing.B) {
	sizes := []int{1, 16, 256}
	l := newLoad(b, sizes[len(sizes)-1])
	l.connect(sizes[len(sizes)-1])
	disk := newFloor(b, l.dir)
	l.round(16, warmTime)
	all := make([][]figures, len(sizes))
	for range rounds {
		for i, n := range sizes {
			disk.measure(roundTime / 8)
			all[i] = append(all[i], l.round(n, roundTime))
		}
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nterminals\tpayments/s\tcloud µs\tacquirer µs\tgenerator µs\tcommits\tbatches\tp50 ms\tp99 ms\twebhooks behind ms\t")
	for i, n := range sizes {
		b.Run(fmt.Sprintf("terminals=%d", n), func(b *testing.B) { summarise(b, t, n, all[i]) })
	}
	_ = t.Flush()
	p50 := quantile(disk.took, .5)
	fmt.Printf("µs, commits and batches are per payment. The disk alone, 4 KiB and fdatasync: %.0f/s, p50 %.3f ms, p99 %.3f ms.\n",
		disk.perSecond(), ms(p50), ms(quantile(disk.took, .99)))
	b.Run("disk", func(b *testing.B) {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(disk.perSecond(), "fdatasync/s")
		b.ReportMetric(ms(p50), "p50-ms")
	})
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func summarise(b *testing.B, t io.Writer, n int, rounds []figures) {
	var latencies []time.Duration
	var rate, cloud, acquirer, generator, commits, batches, behind []float64
	for _, f := range rounds {
		per := func(total time.Duration) float64 { return float64(total.Microseconds()) / float64(f.payments) }
		rate = append(rate, float64(f.payments)/f.span.Seconds())
		cloud, acquirer, generator = append(cloud, per(f.cloud)), append(acquirer, per(f.acquirer)), append(generator, per(f.generator))
		commits = append(commits, float64(f.commits)/float64(f.payments))
		batches = append(batches, float64(f.batches)/float64(f.payments))
		behind = append(behind, ms(f.drain))
		latencies = append(latencies, f.latencies...)
	}
	p50, p99 := ms(quantile(latencies, .5)), ms(quantile(latencies, .99))
	fmt.Fprintf(t, "%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t\n",
		n, median(rate), median(cloud), median(acquirer), median(generator), median(commits), median(batches), p50, p99, median(behind))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(rate), "payments/s")
	b.ReportMetric(median(cloud), "cloud-µs/payment")
	b.ReportMetric(median(commits), "commits/payment")
	b.ReportMetric(p50, "p50-ms")
	b.ReportMetric(p99, "p99-ms")
}

// BenchmarkIdleTerminals measures what a connected terminal that does nothing costs the cloud: all
// the process has grown by, the room that the garbage collector leaves included.
func BenchmarkIdleTerminals(b *testing.B) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < idleLinks+1000 {
		b.Fatalf("open files are limited to %d: raise it (ulimit -n) above %d", limit.Cur, idleLinks+1000)
	}
	l := newLoad(b, idleLinks)
	pid := l.cloud.cmd.Process.Pid
	before := resident(b, pid)
	l.connect(idleLinks)
	<-time.After(roundTime) // heartbeats go on; the runtime gives back what the handshakes needed
	spent := cpu(b, pid)
	<-time.After(2 * roundTime)
	spent = cpu(b, pid) - spent
	if online := l.status().Terminals.Online; online != idleLinks {
		b.Fatalf("%d terminals online", online)
	}
	per := float64(resident(b, pid)-before) / idleLinks
	fmt.Printf("\n%d idle terminals: %.1f KiB each (RSS of the cloud, before %d KiB), %.1f %% of one CPU for their heartbeats\n",
		idleLinks, per, before, 100*spent.Seconds()/(2*roundTime).Seconds())
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(per, "KiB/terminal")
}
