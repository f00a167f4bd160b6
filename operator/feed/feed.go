package feed

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"kassa/operator"
)

// Limits of what a provider may send.
const (
	maxBody      = 2 << 20
	maxIncidents = 200   // in one feed
	maxNoted     = 1_000 // of one provider that are kept
	patience     = 10 * time.Second
	pace         = time.Minute
	abreast      = 8 // accounts at a time
	perAccount   = 50 * time.Second
)

// Registry is where it is written.
type Registry interface {
	Accounts() []string
	World(account string) *operator.World
	Note(account, kind, id string, change func(w *operator.World) any) error
}

// Config is what a Reader works with; every field is needed.
type Config struct {
	Registry Registry
	Keys     *Keys
	// Client makes the connections, and refuses addresses that may not be reached. It must follow no redirect.
	Client *http.Client
	// CheckURL tells why an address may not be called.
	CheckURL func(url string) error
	Now      func() time.Time
	Log      *slog.Logger
}

// Reader reads the feeds of all accounts, each minute.
type Reader struct {
	cfg  Config
	wake chan struct{}
}

// New makes a reader; nothing is read before Run or Turn.
func New(cfg Config) (*Reader, error) {
	if cfg.Registry == nil || cfg.Keys == nil || cfg.Client == nil || cfg.CheckURL == nil || cfg.Now == nil || cfg.Log == nil {
		return nil, errors.New("feed: a field of Config is missing")
	}
	return &Reader{cfg: cfg, wake: make(chan struct{}, 1)}, nil
}

// Wake has it read now.
func (r *Reader) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run reads each minute, and when it is woken, until ctx ends.
func (r *Reader) Run(ctx context.Context) error {
	beat := time.NewTicker(pace)
	defer beat.Stop()
	for {
		r.Turn(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		case <-r.wake:
		}
	}
}

// errSlow ends the turn of an account whose providers take too long; what was not read by then is silent.
var errSlow = errors.New("feed: the providers of the account take too long")

// ended tells whether the process ends, which says nothing about a provider.
func ended(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), errSlow)
}

// Turn reads everything once. What fails is noted in the registry, and told in the log when it begins. Accounts do not wait for each
// other's providers.
func (r *Reader) Turn(ctx context.Context) {
	var wait sync.WaitGroup
	room := make(chan struct{}, abreast)
	for _, account := range r.cfg.Registry.Accounts() {
		room <- struct{}{}
		wait.Go(func() {
			defer func() { <-room }()
			ctx, cancel := context.WithTimeoutCause(ctx, perAccount, errSlow)
			defer cancel()
			r.turn(ctx, account)
		})
	}
	wait.Wait()
}

func (r *Reader) turn(ctx context.Context, account string) {
	w := r.cfg.Registry.World(account)
	for _, p := range w.Providers {
		if p.StatusFeed == "" {
			continue
		}
		if err := r.status(ctx, account, p); err != nil && !ended(ctx) && p.SilentSince.IsZero() {
			r.cfg.Log.Warn("a provider's status feed cannot be read", "account", account, "provider", p.ID, "error", err)
		}
	}
	for _, e := range w.ProviderEnvs {
		if e.APIBase == "" {
			continue
		}
		if err := r.terminals(ctx, account, e); err != nil && !ended(ctx) && e.SilentSince.IsZero() {
			r.cfg.Log.Warn("a provider's terminals cannot be read", "account", account, "environment", e.ID, "error", err)
		}
	}
}
