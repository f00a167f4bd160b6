package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options is what a Server needs. Plain, Handler, Log, Now and Random are required.
type Options struct {
	// Plain is the listener for HTTP.
	Plain net.Listener
	// Secure is the listener for HTTPS, with TLS as its settings; nil for none.
	Secure net.Listener
	TLS    *tls.Config

	Handler http.Handler
	Log     *slog.Logger
	// Grace is how long requests may go on after the stop; DefaultGrace when zero.
	Grace time.Duration
	// MaxConns is how many connections may be open at once; DefaultMaxConns when zero. One more is
	// closed unanswered: an answer would cost what there is too little of.
	MaxConns int
	// Refuse writes the front's own errors in the words of the dialect whose path it is, and tells
	// whether it did; nil, or false, leaves the front's own form.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, message string) bool

	// Observe hears of every answer: its path, its status, how long it took, and whether it was a stream or a
	// connection that was taken over. nil when nobody wants to know. It must not wait.
	Observe func(path string, status int, took time.Duration, stream bool)

	Now    func() time.Time
	Random io.Reader
}

// Server serves one handler on its listeners.
type Server struct {
	opts Options

	// stopping ends when event streams must end, dying when everything must.
	stopping, dying context.Context
	stop, die       context.CancelFunc

	// running counts the handlers that have not returned.
	running gate

	// conns counts the open connections; full tells that the log has heard of too many.
	conns atomic.Int64
	full  atomic.Bool
}

// New makes a server. It owns the listeners from here on: Run closes them.
func New(o Options) *Server {
	if o.Grace <= 0 {
		o.Grace = DefaultGrace
	}
	if o.MaxConns <= 0 {
		o.MaxConns = DefaultMaxConns
	}
	s := &Server{opts: o}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.dying, s.die = context.WithCancel(context.Background())
	return s
}

// Run serves until ctx ends, then stops within the grace period. It returns nil when it stopped
// because of ctx and every handler has returned.
func (s *Server) Run(ctx context.Context) error {
	defer s.die()
	defer s.stop()

	plain := s.server(nil)
	servers := []*http.Server{plain}
	failed := make(chan error, 2)
	var serving sync.WaitGroup
	serving.Go(func() { failed <- plain.Serve(s.opts.Plain) })
	if s.opts.Secure != nil {
		secure := s.server(s.opts.TLS)
		servers = append(servers, secure)
		serving.Go(func() { failed <- secure.ServeTLS(s.opts.Secure, "", "") })
	}

	var cause error
	select {
	case <-ctx.Done():
	case err := <-failed:
		cause = fmt.Errorf("front: serve: %w", err)
	}
	err := s.end(servers)
	serving.Wait()
	return errors.Join(cause, err)
}

func (s *Server) server(t *tls.Config) *http.Server {
	return &http.Server{
		Handler:           s.through(s.opts.Handler),
		TLSConfig:         t,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.count,
		BaseContext:       func(net.Listener) context.Context { return s.dying },
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
	}
}

// count keeps the number of open connections, and closes one that is too many: its own goroutine
// finds it closed then, and ends.
func (s *Server) count(c net.Conn, state http.ConnState) {
	most := int64(s.opts.MaxConns)
	switch state {
	case http.StateNew:
		if s.conns.Add(1) <= most {
			return
		}
		_ = c.Close()
		if s.full.CompareAndSwap(false, true) {
			s.opts.Log.LogAttrs(context.Background(), slog.LevelWarn, "too many connections; new ones are closed", slog.Int64("most", most))
		}
	case http.StateHijacked, http.StateClosed:
		if s.conns.Add(-1) < most*9/10 {
			s.full.Store(false)
		}
	case http.StateActive, http.StateIdle:
	}
}

// end stops all servers. Three quarters of the grace are for requests to finish by themselves,
// the rest for handlers to notice that their context has ended.
func (s *Server) end(servers []*http.Server) error {
	s.stop()
	gentle, cancel := context.WithTimeout(context.Background(), s.opts.Grace*3/4)
	defer cancel()
	var shutting sync.WaitGroup
	for _, srv := range servers {
		shutting.Go(func() {
			if srv.Shutdown(gentle) != nil {
				s.die()
				// The listeners are closed already; an error in closing a connection changes nothing.
				_ = srv.Close()
			}
		})
	}
	shutting.Wait()
	s.die()

	last := time.NewTimer(s.opts.Grace / 4)
	defer last.Stop()
	select {
	case <-s.running.close():
		return nil
	case <-last.C:
		return errors.New("front: a request did not end within the grace period")
	}
}

// gate counts those inside, and once closed lets nobody in. (A WaitGroup must not grow while
// somebody waits, and a connection may bring a last request after the stop.)
type gate struct {
	mu     sync.Mutex
	inside int
	empty  chan struct{}
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty != nil {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.inside == 0 && g.empty != nil {
		close(g.empty)
	}
}

// close lets nobody in any more; the channel closes when the last one has left.
func (g *gate) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty == nil {
		g.empty = make(chan struct{})
		if g.inside == 0 {
			close(g.empty)
		}
	}
	return g.empty
}
