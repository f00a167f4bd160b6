package native

import (
	"context"
	"net/http"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
)

// Config is what a Handler works with; every field but Refused is needed.
type Config struct {
	Environment estate.Environment
	Registry    Registry
	Callers     Callers
	Links       Links
	// Parts tells how the installation itself is.
	Parts      Parts
	Orders     Orders
	Records    Records
	Feed       Feed
	Notices    Notices
	Deliveries Deliveries
	Papers     Papers
	Clock      Clock
	Webhooks   Webhooks
	Doctor     Doctor
	Rules      Rules
	Board      Board
	Workshop   Workshop
	Logs       LogTasks
	Cases      Cases
	CaseFiles  CaseFiles
	// Connections are the OCPI connections.
	Connections Connections
	// Operators is whom unattended terminals work for.
	Operators Operators
	Placing   Placing
	// ProviderKeys keeps the keys of providers' environments.
	ProviderKeys ProviderKeys
	// Charges are the charging sessions.
	Charges Charges
	// Refused keeps a call that was refused for diagnosis, and reads in the request who sent it; nil when nobody
	// does. It does not wait.
	Refused func(r *http.Request, call journal.RefusedCall)
	// Write makes a batch durable and then calls done.
	Write func(batch journal.Batch, done func(journal.Receipt, error))
	// Heartbeat is how often terminals are to be heard of.
	Heartbeat time.Duration
	// Dialects are the names under which doors keep orders.
	Dialects []string
	// Now is the clock of the record, Wall that of this machine, which is never moved on.
	Now, Wall func() time.Time
}

func (c *Config) complete() error {
	for _, field := range []any{c.Registry, c.Callers, c.Links, c.Parts, c.Orders, c.Records, c.Feed, c.Notices, c.Deliveries, c.Papers, c.Clock, c.Webhooks, c.Doctor, c.Board, c.Workshop, c.Logs, c.Cases, c.CaseFiles, c.Operators, c.Placing, c.ProviderKeys, c.Charges} {
		if field == nil {
			return errIncomplete
		}
	}
	if c.Environment == "" || c.Write == nil || c.Heartbeat <= 0 || len(c.Dialects) == 0 || c.Now == nil || c.Wall == nil || c.Rules.List == nil || c.Rules.Hits == nil {
		return errIncomplete
	}
	return nil
}

// Parts tells how the installation itself is.
type Parts interface {
	Acquirer() AcquirerStatus
	Store() StoreStatus
}

// Orders runs the language. An error tells that nobody knows whether the request was stored.
type Orders interface {
	Find(ctx context.Context, dialect, scope, ref string) (kassa.Order, bool, error)
	Cancel(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error)
	Refund(ctx context.Context, dialect, scope, ref string, r kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error)
}

// Records reads streams of the journal.
type Records interface {
	Load(stream string) (journal.Stream, bool, error)
	StreamEntries(stream string, upTo uint64) ([]journal.Entry, error)
	// Newest gives streams of a kind whose id is below before (empty: from the newest), the
	// newest first; scopes limits whose they are, nil does not.
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
}

// Feed reads the journal as a whole. Watch nudges after commits; nudges may be lost.
type Feed interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Last() uint64
	Watch(ctx context.Context) <-chan struct{}
}

// Notices knows the webhooks of all dialects, wherever they go.
type Notices interface {
	// Notice renders the webhook that a fact calls for, signed at an instant; ok is false for
	// most facts. It needs no address: an order without one has its notices too.
	Notice(entry journal.Entry, now time.Time) (n Notice, ok bool, err error)
	// Judge says in words why a reply does not acknowledge; empty when it does.
	Judge(dialect string, status int, reply []byte) string
}

// Notice is one webhook without its address.
type Notice struct {
	ID        string      `json:"id"`
	Dialect   string      `json:"dialect"`
	Event     string      `json:"event"`
	Order     string      `json:"order"`
	Reference string      `json:"reference"`
	Group     string      `json:"group"`
	Method    string      `json:"method"`
	Query     string      `json:"query"` // to append to the address
	Header    http.Header `json:"header"`
	Body      string      `json:"body"`
	// Failure tells why the webhook that a fact calls for cannot be made; the rest is then empty.
	Failure string `json:"failure,omitempty"`
}

// Deliveries knows the webhooks that were sent, or are to be.
type Deliveries interface {
	// Streams names the streams of the deliveries that a fact called for: one for each that wanted it.
	Streams(seq uint64) ([]string, error)
	Read(s journal.Stream) (Delivery, error)
	// Resend sends a delivery again, or now if it waits at the head of its queue. It wraps ErrNoDelivery or
	// ErrUnderWay.
	Resend(ctx context.Context, id string) (Delivery, error)
	// Ignore gives a delivery up that waits, so that those behind it have their turn. It wraps ErrNoDelivery
	// or ErrUnderWay.
	Ignore(ctx context.Context, id string) (Delivery, error)
}

// Delivery is one webhook with its tries.
type Delivery struct {
	ID        string    `json:"id"`
	Dialect   string    `json:"dialect"`
	Endpoint  string    `json:"endpoint,omitempty"` // empty where the address is the order's or the group's
	Order     string    `json:"order"`
	Reference string    `json:"reference"`
	Account   string    `json:"account,omitempty"`
	Group     string    `json:"group"`
	Event     string    `json:"event"`
	URL       string    `json:"url"`
	Method    string    `json:"method"`
	Status    string    `json:"status"` // waiting, delivered or parked
	CreatedAt time.Time `json:"createdAt"`
	NextTry   time.Time `json:"nextTry,omitzero"`
	Attempts  []Try     `json:"attempts"`
}

// Try is one attempt to deliver.
type Try struct {
	At        time.Time `json:"at"`
	LatencyMS int64     `json:"latencyMs"`
	Status    int       `json:"status,omitempty"` // HTTP; 0 when there was no reply
	Reply     string    `json:"reply,omitempty"`  // its beginning, masked
	Failure   string    `json:"failure,omitempty"`
}

// Limits.
const (
	maxBody       = 64 << 10
	maxReply      = 2 << 10 // of a reply to be judged
	defaultPage   = 50
	maxPage       = 200
	defaultEvents = 200
	maxEvents     = 1000
	maxScan       = 5000 // streams or facts read for one page, when a filter leaves out most
	maxDetails    = 500  // facts of one order in its timeline
	maxStreams    = 64
	maxReference  = 200
	maxEstate     = 1000 // of a list of the estate
	maxImport     = 1 << 20
	maxTests      = 16
)

// Times of the event streams.
const (
	pingEvery = 10 * time.Second
	pollEvery = time.Second // when nudges are lost, and how long a stream outlives its key
)
