package acquirer_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kassa"
	"kassa/acquirer"
	"kassa/iso8583"
)

// crowd lets many callers pay at once and gives the outcomes and the longest wait.
func (k *till) crowd(callers, each int) (got []kassa.Input, longest time.Duration) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := range each {
				in, took := k.pay(int64(c*each+n+1), fmt.Sprintf("T%d", c))
				mu.Lock()
				got = append(got, in)
				longest = max(longest, took)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return got, longest
}

func smallBuffers(ctx context.Context, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetWriteBuffer(4096)
}

func TestEveryRequestResolvesInTime(t *testing.T) {
	dropping := func(h *host) script {
		var n atomic.Int64
		return func(c net.Conn, m *iso8583.Message) {
			if n.Add(1)%50 == 0 {
				h.dropAll()
				return
			}
			if n.Load()%3 != 0 {
				approve(c, m)
			}
		}
	}
	flooding := func(h *host) script {
		return func(c net.Conn, m *iso8583.Message) {
			h.wg.Go(func() {
				f := answerTo(m, set(11, "999999"))
				wire := slices.Repeat(iso8583.AppendFrame(nil, f), 100)
				for range 200 {
					if _, err := c.Write(wire); err != nil {
						return
					}
				}
			})
		}
	}
	tests := map[string]struct {
		script func(*host) script
		deaf   bool
	}{
		"the host stops reading": {deaf: true},
		"the host drops":         {script: dropping},
		"the host floods":        {script: flooding},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, approve)
			h.deaf.Store(tt.deaf)
			if tt.script != nil {
				h.play(tt.script(h))
			}
			k := newTill(t, h.address, func(c *acquirer.LinkConfig) { c.Dial = smallBuffers })
			k.signedOn(2)
			got, longest := k.crowd(300, 4)
			if slices.Contains(got, nil) {
				t.Fatal("a request was never resolved")
			}
			if limit := 400*time.Millisecond + slack; longest > limit {
				t.Errorf("the longest wait was %v, more than %v", longest, limit)
			}
			t.Logf("longest wait %v", longest)
			begun := time.Now()
			k.end()
			if took := time.Since(begun); took > time.Second {
				t.Errorf("the link took %v to end", took)
			}
		})
	}
}

// A peer that accepts and never reads, on a clock that stands still while anybody works: the
// deadline is exact.
func TestDeadlinesAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := func(context.Context, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				frame, err := iso8583.ReadFrame(theirs, iso8583.MaxFrame)
				if err != nil {
					return
				}
				m, _ := iso8583.Kassa87().Unpack(frame)
				write(theirs, answerTo(m, nil)) // it signs us on, and reads nothing more
			}()
			return ours, nil
		}
		k := newTill(t, func() string { return "" }, func(c *acquirer.LinkConfig) {
			c.Dial, c.Connections, c.Timeout, c.WriteTimeout = dial, 1, 0, 0
		})
		k.signedOn(1)
		got, longest := k.crowd(64, 3)
		if slices.Contains(got, nil) || longest > 15*time.Second+100*time.Millisecond {
			t.Errorf("the longest wait was %v", longest)
		}
		unknown, unsent := 0, 0
		for _, in := range got {
			switch in.(type) {
			case kassa.HostOutcomeUnknown:
				unknown++
			case kassa.HostRequestNotSent:
				unsent++
			}
		}
		if unknown+unsent != len(got) || unknown == 0 || unsent == 0 {
			t.Errorf("%d unknown, %d not sent of %d", unknown, unsent, len(got))
		}
		k.end()
	})
}

// A peer that reads so slowly that no write fails: what still waits at its deadline must never be
// written, since by then it has been given up.
func TestNothingIsStartedAfterItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var latest time.Duration
		var received int
		begun := time.Now()
		dial := func(context.Context, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				slow := slowReader{r: theirs}
				buffered := bufio.NewReaderSize(&slow, 1024)
				for {
					frame, err := iso8583.ReadFrame(buffered, iso8583.MaxFrame)
					if err != nil {
						return
					}
					m, err := iso8583.Kassa87().Unpack(frame)
					switch {
					case err != nil:
						t.Error(err)
						return
					case m.MTI == "0800":
						write(theirs, answerTo(m, nil))
						slow.pause = 150 * time.Millisecond
					case m.MTI == "0200":
						mu.Lock()
						received++
						latest = max(latest, time.Since(begun))
						mu.Unlock()
					}
				}
			}()
			return ours, nil
		}
		k := newTill(t, func() string { return "" }, func(c *acquirer.LinkConfig) {
			c.Dial, c.Connections, c.MaxInFlight, c.Timeout, c.WriteTimeout = dial, 1, 1000, 0, 0
		})
		k.signedOn(1)
		got, _ := k.crowd(900, 1)
		<-time.After(time.Minute) // of the bubble: whatever is still to be written has its time
		mu.Lock()
		defer mu.Unlock()
		if latest < 15*time.Second || latest > 20*time.Second || received == len(got) {
			t.Errorf("%d of %d sales were read, the last after %v", received, len(got), latest)
		}
		k.end()
	})
}

// slowReader reads a kilobyte at a time, with a pause before each.
type slowReader struct {
	r     net.Conn
	pause time.Duration
}

func (s *slowReader) Read(p []byte) (int, error) {
	<-time.After(s.pause)
	return s.r.Read(p[:min(len(p), 1024)])
}

func TestLinkEndsWithRequestsInTheAir(t *testing.T) {
	reached := make(chan struct{}, 2)
	h := newHost(t, func(net.Conn, *iso8583.Message) { reached <- struct{}{} })
	k := newTill(t, h.address, func(c *acquirer.LinkConfig) { c.Timeout = time.Minute })
	k.signedOn(2)
	result := make(chan kassa.Input, 1)
	go func() {
		in, _ := k.pay(1, "T1")
		result <- in
	}()
	in := sale(2, "T2", time.Now())
	k.link.Take(in.Order, in.Effect)
	<-reached
	<-reached
	k.end()
	wantType[kassa.HostOutcomeUnknown](t, <-result)
	k.link.Take(in.Order, in.Effect) // it takes it and does nothing
}

func BenchmarkLink64Callers(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				for {
					frame, err := iso8583.ReadFrame(c, iso8583.MaxFrame)
					if err != nil {
						return
					}
					if m, err := iso8583.Kassa87().Unpack(frame); err == nil {
						write(c, answerTo(m, nil))
					}
				}
			}()
		}
	}()
	k := newTill(b, func() string { return listener.Addr().String() }, func(c *acquirer.LinkConfig) { c.Timeout = 0 })
	k.signedOn(2)
	var n atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for {
				i := n.Add(1)
				if i > int64(b.N) {
					return
				}
				if in, _ := k.pay(i, fmt.Sprintf("T%d", i%64)); in == nil {
					b.Error("no outcome")
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	k.end()
}

func BenchmarkMachineSale(b *testing.B) {
	d := newDesk(b, nil)
	d.up(1)
	b.ReportAllocs()
	for n := int64(1); b.Loop(); n++ {
		s := sale(n%999_999, "T1", d.now.Add(time.Duration(n)*time.Second))
		out := d.m.Handle(d.now, s)
		d.m.Handle(d.now, d.reply(out[0].(acquirer.Send), nil))
	}
}
