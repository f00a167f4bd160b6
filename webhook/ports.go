package webhook

import (
	"context"
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

// Dialect knows what is sent. All its methods depend on their arguments and the journal only.
type Dialect interface {
	// Render tells which webhook a fact calls for; ok is false for most facts.
	Render(entry journal.Entry) (n Notice, ok bool, err error)
	// Prepare makes one try at an instant, signed.
	Prepare(n Notice, now time.Time) (Request, error)
	// Judge says in words why a reply does not acknowledge; empty when it does.
	Judge(status int, reply []byte) string
}

// Notice is one webhook: the same in every try.
type Notice struct {
	// Order is the order's stream; notices of one order arrive in their order.
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

// Request is one try of a Notice.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Resolver finds the addresses of a host; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dial connects to an address that has been checked; (*net.Dialer).DialContext is one.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Limits.
const (
	tryTimeout    = 10 * time.Second // connect, send and read the reply
	minDialTime   = 2 * time.Second  // for one of several addresses
	maxReplyKept  = 2 << 10
	maxHeader     = 16 << 10
	perHost       = 4      // tries in the air to one host
	maxInAir      = 1024   // tries in the air in all
	maxHostQueue  = 10_000 // deliveries that may wait for one host
	maxPending    = 200_000
	cursorStride  = 1000 // facts that call for nothing, after which the cursor moves anyway
	entriesPage   = 200
	pollEvery     = time.Second // when nudges are lost
	maxLiveURL    = 150
	maxTestURL    = 2048
	retryInterval = 15 * time.Minute
	maxTries      = 4
)
