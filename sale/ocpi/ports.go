package ocpi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kassa/journal"
	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

// Charging takes what operators say of their sessions. A refusal is for the operator and changes
// nothing; an error tells that nobody knows whether it was stored.
type Charging interface {
	// SessionPut takes a session as it is now, and gives it as it is kept.
	SessionPut(ctx context.Context, peer string, s ocpi.Session) (ocpi.Session, *ocpi.Refusal, error)
	// CDRPosted takes a CDR; created is false for one that is known already.
	CDRPosted(ctx context.Context, peer string, d ocpi.CDR) (created bool, refusal *ocpi.Refusal, err error)
	// CommandResulted takes the later word on a command, by the secret id that it was sent with.
	CommandResulted(ctx context.Context, peer, commandID string, r ocpi.CommandResult) error
	// Live tells whether a token is one of ours whose session is not over, and gives its reference.
	Live(ctx context.Context, peer, uid string) (reference string, ok bool)
}

// Store keeps streams and reads them.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Load(stream string) (journal.Stream, bool, error)
	Streams(kind, after string, limit int) ([]journal.Stream, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
}

// Unit is a terminal of the estate.
type Unit struct {
	TID, Serial, Account string
	// Contract is the customer reference that it belongs to; empty when none is known.
	Contract string
}

// Estate knows the terminals.
type Estate interface {
	// Unit finds a terminal by its TID.
	Unit(tid string) (Unit, bool)
	// BySerial finds a terminal by its serial number or POIID; problem says in a sentence why there is
	// none, for example that it is one of the other environment.
	BySerial(serial string) (u Unit, problem string)
}

// Config is what a Handler works with; every field is needed but the durations.
type Config struct {
	Store    Store
	Vault    peers.Vault
	Estate   Estate
	Charging Charging
	// BaseURL is how peers reach this installation, without a path.
	BaseURL func() string
	// Party is who Kassa is: country code, party id and name.
	Country, PartyID, Name string
	// CheckURL tells why a URL that a peer gave may not be called; Transport makes the connections.
	CheckURL  func(url string) error
	Transport http.RoundTripper
	Random    io.Reader
	Now       func() time.Time
	// RetryFirst is the first pause before a confirmation is sent again, by default 5 s; each doubles it
	// up to RetryMost, by default one hour.
	RetryFirst, RetryMost time.Duration
}

// Handler is the door: it serves /ocpi/ and makes the calls to peers.
type Handler struct {
	Config
	peers  *peers.Book
	caller *call.Caller
	routes []route

	// turns is held over reading and writing a stream of the door's own.
	turns sync.Mutex
	// locks are held over a handshake with one peer, and over what is said of one session, CDR or command:
	// one each for all whose names have the same hash.
	locks [64]sync.Mutex
	wake  chan struct{}

	contacts contacts
}

// New reads the connections.
func New(c Config) (*Handler, error) {
	if c.Store == nil || c.Vault == nil || c.Estate == nil || c.Charging == nil || c.BaseURL == nil || c.CheckURL == nil {
		return nil, errors.New("ocpi: a port is missing")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.RetryFirst == 0 {
		c.RetryFirst = 5 * time.Second
	}
	if c.RetryMost == 0 {
		c.RetryMost = time.Hour
	}
	h := &Handler{Config: c, wake: make(chan struct{}, 1)}
	var err error
	if h.peers, err = peers.Open(c.Store, c.Vault, c.Random); err != nil {
		return nil, err
	}
	h.caller = &call.Caller{Check: c.CheckURL, Transport: c.Transport, NewID: h.newID, Answered: h.answered}
	h.routes = routes()
	return h, nil
}

// Peers are the connections.
func (h *Handler) Peers() *peers.Book { return h.peers }

// newID makes a UUID (RFC 9562 version 4).
func (h *Handler) newID() string {
	var b [16]byte
	if _, err := io.ReadFull(h.Random, b[:]); err != nil {
		return ""
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
