package cpo

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kassa/ocpi"
)

// Config is what an Operator is made of.
type Config struct {
	// Dir is where it keeps what it knows; empty keeps it in memory.
	Dir string
	// BaseURL is how its OCPI interface is reached, without a path.
	BaseURL string
	// Versions are those that it speaks; none means both.
	Versions []ocpi.Version
	Now      func() time.Time
	Random   io.Reader
	Log      *slog.Logger
}

// Who it is.
const (
	country  = "NL"
	partyID  = "LAD"
	name     = "Laadpunt"
	currency = "EUR"
)

// pace is how often chargers move on and pushes are sent.
const pace = 50 * time.Millisecond

// Operator is one charge point operator. It is safe for concurrent use.
type Operator struct {
	cfg    Config
	client *http.Client

	mu sync.Mutex // over s
	s  state

	// sending is held while pushes are sent, so that they arrive in their order.
	sending sync.Mutex
}

// state is all that it keeps.
type state struct {
	Link          Link                               `json:"link"`
	Ahead         time.Duration                      `json:"ahead"`
	Chargers      []*Charger                         `json:"chargers"`
	Tariff        Tariff                             `json:"tariff"`
	Charges       []*Charge                          `json:"charges"`
	CDRs          []ocpi.CDR                         `json:"cdrs"`
	Terminals     []ocpi.Terminal                    `json:"terminals"`
	Confirmations []ocpi.FinancialAdviceConfirmation `json:"confirmations"`
	Faults        []Fault                            `json:"faults"`
	Quirks        map[string]bool                    `json:"quirks"`
	Owed          []push                             `json:"owed"`
	Said          []Said                             `json:"said"`
	Last          int                                `json:"last"` // number of the last id
}

// Link is the connection with the Payment Terminal Provider.
type Link struct {
	TokenA      string          `json:"token_a,omitempty"`  // opens versions and credentials before registration
	Inbound     string          `json:"inbound,omitempty"`  // by which it is called
	Former      string          `json:"former,omitempty"`   // still good until the handshake under way is done
	Outbound    string          `json:"outbound,omitempty"` // by which it calls
	Version     ocpi.Version    `json:"version,omitempty"`
	VersionsURL string          `json:"versions_url,omitempty"`
	Endpoints   []ocpi.Endpoint `json:"endpoints,omitempty"`
	Country     string          `json:"country,omitempty"`
	PartyID     string          `json:"party_id,omitempty"`
	Registered  bool            `json:"registered"`
}

// Said is a call that it made and what was answered.
type Said struct {
	At      time.Time   `json:"at"`
	What    string      `json:"what"`
	HTTP    int         `json:"http"`
	Status  ocpi.Status `json:"status"`
	Message string      `json:"message,omitempty"`
}

// maxSaid is how many calls are remembered.
const maxSaid = 1000

// Open reads what the operator knew; a new one has one site with two chargers.
func Open(c Config) (*Operator, error) {
	if len(c.Versions) == 0 {
		c.Versions = ocpi.Versions()
	}
	o := &Operator{cfg: c, client: &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	o.s = state{Quirks: map[string]bool{}, Tariff: firstTariff(), Chargers: firstChargers()}
	if c.Dir == "" {
		return o, nil
	}
	data, err := os.ReadFile(o.file())
	switch {
	case errors.Is(err, os.ErrNotExist):
		return o, nil
	case err != nil:
		return nil, fmt.Errorf("cpo: %w", err)
	}
	if err := json.Unmarshal(data, &o.s); err != nil {
		return nil, fmt.Errorf("cpo: %s: %w", o.file(), err)
	}
	return o, nil
}

func (o *Operator) file() string { return filepath.Join(o.cfg.Dir, "operator.json") }

// keep writes the state down before anybody hears of it. The caller holds mu.
func (o *Operator) keep() error {
	if o.cfg.Dir == "" {
		return nil
	}
	data, err := json.Marshal(o.s)
	if err != nil {
		return fmt.Errorf("cpo: %w", err)
	}
	tmp, err := os.CreateTemp(o.cfg.Dir, "operator.*")
	if err != nil {
		return fmt.Errorf("cpo: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), o.file())
	}
	if err != nil {
		return fmt.Errorf("cpo: %w", err)
	}
	return nil
}

// Run moves the chargers on and sends what is owed, until ctx ends or nothing can be kept any more.
func (o *Operator) Run(ctx context.Context) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		if err := o.advance(); err != nil {
			return err
		}
		if err := o.send(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// now is its clock, which can be moved on. The caller holds mu.
func (o *Operator) now() time.Time { return o.cfg.Now().Add(o.s.Ahead) }

// newID makes the next id of a kind. The caller holds mu.
func (o *Operator) newID(kind string) string {
	o.s.Last++
	return fmt.Sprintf("%s-%s-%d", kind, o.now().UTC().Format("20060102150405"), o.s.Last)
}

// secret draws random characters.
func (o *Operator) secret() (string, error) {
	var b [24]byte
	if _, err := io.ReadFull(o.cfg.Random, b[:]); err != nil {
		return "", fmt.Errorf("cpo: randomness: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
