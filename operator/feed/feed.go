package feed

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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

// Turn reads everything once. What fails is noted in the registry, and in the log when that fails too.
func (r *Reader) Turn(ctx context.Context) {
	for _, account := range r.cfg.Registry.Accounts() {
		w := r.cfg.Registry.World(account)
		for _, p := range w.Providers {
			if p.StatusFeed == "" || ctx.Err() != nil {
				continue
			}
			if err := r.status(ctx, account, p); err != nil && ctx.Err() == nil {
				r.cfg.Log.Warn("a provider's status feed cannot be read", "account", account, "provider", p.ID, "error", err)
			}
		}
		for _, e := range w.ProviderEnvs {
			if e.APIBase == "" || ctx.Err() != nil {
				continue
			}
			if err := r.terminals(ctx, account, e); err != nil && ctx.Err() == nil {
				r.cfg.Log.Warn("a provider's terminals cannot be read", "account", account, "environment", e.ID, "error", err)
			}
		}
	}
}
