package multisafepay

import (
	"context"
	"net/http"
	"slices"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
)

// Dialect is the name under which this door's orders are kept.
const Dialect = "multisafepay"

// Orders runs the language. An error tells that nobody knows whether the request was stored.
type Orders interface {
	Create(ctx context.Context, n kassa.NewOrder) (kassa.Order, kassa.Reason, error)
	Find(ctx context.Context, dialect, scope, ref string) (kassa.Order, bool, error)
	Claim(ctx context.Context, dialect, scope, ref string, c kassa.Claim) (kassa.Order, kassa.Reason, error)
	Cancel(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error)
	Refund(ctx context.Context, dialect, scope, ref string, r kassa.AskRefund) (kassa.Order, int64, kassa.Reason, error)
}

// Changes are what a Sale System may want of an order that has been made, beside its end and a refund.
type Changes interface {
	Note(ctx context.Context, dialect, scope, ref string, n kassa.Note) (kassa.Order, kassa.Reason, error)
	// Pay makes an order with its card and waits for its end.
	Pay(ctx context.Context, n kassa.NewOrder, card kassa.EnteredCard) (kassa.Order, kassa.Reason, error)
	CancelRefund(ctx context.Context, dialect, scope, ref string, number int64) (kassa.Order, kassa.Reason, error)
	Capture(ctx context.Context, dialect, scope, ref string, ask kassa.AskCapture) (kassa.Order, int64, kassa.Reason, error)
	Release(ctx context.Context, dialect, scope, ref string) (kassa.Order, kassa.Reason, error)
}

// Cards is the secure module's part for cards that customers type in.
type Cards interface {
	// Seal seals a card so that only the acquirer's link opens it, and only for the order with this key.
	// It gives ErrCard for what is no card, and ErrTestCard for one that is of no use in this environment.
	Seal(order string, c EnteredCard) (kassa.CardFacts, []byte, error)
	// Keep seals a card's number for later payments, under a name.
	Keep(name string, c EnteredCard) ([]byte, error)
	// SealKept seals such a card for one order, with its expiry YYMM and without a verification code.
	SealKept(order, name string, kept []byte, expiry string) ([]byte, error)
}

// Records reads streams of the journal.
type Records interface {
	// Newest lists the streams of a kind and of these scopes whose id comes before the one given, or
	// all for "", the highest id first.
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
	Load(stream string) (journal.Stream, bool, error)
	StreamEntries(stream string, upTo uint64) ([]journal.Entry, error)
}

// Feed reads the journal as a whole. Watch nudges after commits; nudges may be lost.
type Feed interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Last() uint64
	Watch(ctx context.Context) <-chan struct{}
}

// Directory knows keys, terminals and groups.
type Directory interface {
	// Identify tells whose key it is; nobody's when it is not known. A problem says why one that is known
	// opens nothing, for who sent it. remote is the address that it came from, without a port.
	Identify(key, remote string) (caller Caller, problem string)
	// Takes tells whether new payments of a cash register may go to a terminal, and if not why.
	Takes(tid string) (ok bool, why string)
	Terminal(tid string) (estate.Terminal, bool)
	Group(id string) (estate.Group, bool)
	// Groups lists the ids of an account's groups.
	Groups(account string) []string
}

// Estate lists and changes what there is.
type Estate interface {
	Environment() estate.Environment
	Terminals(group string) []estate.Terminal
	BoardTerminal(now time.Time, group, name, tid string) (t estate.Terminal, code string, err error)
	BoardCTAP(now time.Time, group, name string) (t estate.Terminal, code string, err error)
	ChangeGroup(now time.Time, id string, change func(*estate.Group)) (estate.Group, error)
}

// Caller is who holds a key.
type Caller struct {
	Account string
	// Group is the terminal group of a group key; empty for an account key, which speaks for all
	// groups of the account.
	Group string
	Role  estate.Role
	// May is what the key may do.
	May []estate.Permission
}

func (c Caller) can(p estate.Permission) bool { return p == "" || slices.Contains(c.May, p) }

// Presence knows which terminals have a live link.
type Presence interface {
	Online(tid string) bool
	// CloudMode tells whether the terminal shows what cash registers send; true when it is not known.
	CloudMode(tid string) bool
}

// Refusals keeps refused calls as facts for diagnosis. Who calls, and from where, it reads in the request;
// reasons that are about a key it makes more precise. It does not wait for the store.
type Refusals interface {
	// Record keeps a call as a fact of a kind, journal.CallRefused or journal.OrderPatched.
	Record(r *http.Request, kind string, call journal.RefusedCall)
	// Left keeps that the client of an order's event stream left.
	Left(scope string, at time.Time, left journal.LeftStream)
}

// Signer makes the HMAC-SHA512 of a message with the trimmed API key of a group. The key itself
// never leaves it.
type Signer interface {
	HMAC(group string, message []byte) ([]byte, error)
}

// Config is what a Handler works with; every field is needed but Origin.
type Config struct {
	Orders  Orders
	Changes Changes
	Cards   Cards
	// Write makes a batch of the journal durable and then calls done; it never blocks. Tokens are
	// stored by it.
	Write     func(batch journal.Batch, done func(journal.Receipt, error))
	Records   Records
	Feed      Feed
	Directory Directory
	Estate    Estate
	Presence  Presence
	Refusals  Refusals
	// CheckURL tells why a webhook URL cannot be used in an environment.
	CheckURL func(env estate.Environment, url string) error
	// Secret signs events tokens and makes session ids; at least 32 bytes, the same for ever.
	Secret []byte
	// Origin is the public origin such as "https://api.example.com"; when it is empty, the
	// request's own scheme and host.
	Origin string
	Now    func() time.Time
}

// Limits of what one request or the door as a whole may use.
const (
	maxBody         = 256 << 10
	maxDepth        = 32
	maxValues       = 20_000
	maxNumber       = 40 // characters of a number
	maxKept         = 64 << 10
	maxCartItems    = 500
	maxStreams      = 10_000
	maxOrderStreams = 16
	maxKeyLength    = 200
	keyLength       = 40 // of Kassa's own
	maxDescription  = 200
	maxGateway      = 50
	maxHolder       = 100
	maxReference    = 100
	maxTokens       = 100 // of one customer
	maxVariable     = 500
	maxScan         = 50_000 // journal entries read to find an order by its transaction id
	// maxWalk bounds the orders that one list of transactions looks through.
	maxWalk        = 10_000
	walkPage       = 200
	maxPage        = 1000
	maxClosingDays = 31
	// maxClosingFacts bounds the facts, of all groups, that one call for closing totals reads: some seconds.
	maxClosingFacts = 2_000_000
)

// Times of the event stream.
const (
	pingEvery    = 5 * time.Second // the official Python client gives up after 10 s of silence
	pollEvery    = time.Second     // when nudges are lost
	writeTimeout = 10 * time.Second
	sessionLife  = 30 * 24 * time.Hour // of an order that no terminal has taken up
	tokenLife    = 24 * time.Hour      // beyond the order's own lifetime
)
