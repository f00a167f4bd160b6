package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"

	"kassa/journal"
)

// Store is the journal as this package needs it.
type Store interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Watch(ctx context.Context) <-chan struct{}
	Load(stream string) (journal.Stream, bool, error)
	OpenStreams(kind string, each func(journal.Stream) error) error
	Commit(ctx context.Context, batch journal.Batch) (journal.Receipt, error)
}

// Dialect knows what is sent. All its methods depend on their arguments, the journal and the estate only.
type Dialect interface {
	// Render tells which webhooks a fact calls for: none for most facts.
	Render(entry journal.Entry) ([]Notice, error)
	// Prepare makes one try at an instant, signed. ErrGone tells that nobody wants it any more.
	Prepare(n Notice, now time.Time) (Request, error)
	// Judge says in words why a reply does not acknowledge; empty when it does.
	Judge(status int, reply []byte) string
	// Policy says when it is tried again.
	Policy() Policy
}

// ErrGone tells that the endpoint that wanted a webhook is deleted or switched off.
var ErrGone = errors.New("the endpoint is deleted or not active")

// Notice is one webhook: the same in every try.
type Notice struct {
	// Endpoint names who of several wants to hear of the fact; empty when there is one only. It is part
	// of the delivery's id: letters, digits, "_" and "-".
	Endpoint string
	// Queue names what arrives in order: a notice waits until all before it in its queue are
	// acknowledged or given up. Empty is the order's own.
	Queue string
	// Order is the stream that the fact is about.
	Order       string
	OrderRef    string
	Account     string
	Group       string
	Environment string
	Event       string
	URL         string
	Method      string
	Body        []byte
}

// Request is one try of a Notice. Its URL may be another than the notice's, where an endpoint has moved.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	Trust  Trust
}

// Trust says which certificates a receiver may show besides those that a known authority has signed. The
// host name must always fit.
type Trust struct {
	Expired       bool
	SelfSigned    bool
	UntrustedRoot bool
	// TLS13 refuses TLS 1.2.
	TLS13 bool
}

// Resolver finds the addresses of a host; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dial connects to an address that has been checked; (*net.Dialer).DialContext is one.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Limits.
const (
	tryTimeout   = 10 * time.Second // connect, send and read the reply
	minDialTime  = 2 * time.Second  // for one of several addresses
	maxReplyKept = 2 << 10
	maxHeader    = 16 << 10
	perHost      = 4      // tries in the air to one host
	maxInAir     = 1024   // tries in the air in all
	maxHostQueue = 10_000 // deliveries that may wait for one host
	maxPending   = 200_000
	cursorStride = 1000 // facts that call for nothing, after which the cursor moves anyway
	entriesPage  = 200
	pollEvery    = time.Second // when nudges are lost
	maxLiveURL   = 150
	maxTestURL   = 2048
	maxPerFact   = 250 // webhooks that one fact may call for
	maxTests     = 16  // test webhooks in the air
	repliesKept  = 10  // of the newest tries
	aheadShown   = 10
)
