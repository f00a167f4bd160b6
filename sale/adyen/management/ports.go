package management

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// Config is what a Handler works with; every field is needed but Refused and Origin.
type Config struct {
	// Estate is the installation's. This door reads and changes most of it, so it takes it whole.
	Estate   *estate.Registry
	Keys     Keys
	Presence Presence
	Actions  Actions
	Webhooks Webhooks
	Records  Records
	// Refused keeps a call that was refused for diagnosis, and reads in the request who sent it; nil when nobody
	// does. It does not wait.
	Refused func(r *http.Request, call journal.RefusedCall)
	// Origin is the public origin such as "https://api.example.com"; when it is empty, the request's own
	// scheme and host.
	Origin string
	Now    func() time.Time
	Random func([]byte) // fills with randomness, for ids
}

// Keys tells who calls.
type Keys interface {
	// Identify tells whose key it is, coming from a remote address. When it is nobody's, or may not be
	// used, why says so for people.
	Identify(key, remote string) (c Caller, why string)
}

// Caller is who holds a key.
type Caller struct {
	KeyID string
	// Account is empty for the operator's keys, Group for those of a whole account.
	Account, Group string
	Role           estate.Role
	// May tells whether the key has a permission.
	May func(permission string) bool
}

// Presence knows which terminals have a live link, and what they say of themselves.
type Presence interface {
	Reach(tid string) Reach
	// Report is what a terminal last said of itself; false when it has said nothing.
	Report(tid string) (Report, bool)
}

// Reach is whether a terminal can be reached now.
type Reach struct {
	State  string // online, stale, offline or unknown
	Reason string // why it is not online: a word for programs
	Text   string // the same in words
	// Linked tells whether there is a live link, be it for management only.
	Linked bool
	// Epoch is that of the last link; a newer link has a higher one.
	Epoch uint64
	// Enabled tells whether cloud payments over its link are on.
	Enabled  bool
	Since    time.Time // of the state
	LastSeen time.Time
}

// Report is what a terminal says of itself. What it has not said is empty.
type Report struct {
	Firmware string
	Battery  *int   // per cent; nil on a device without one
	Network  string // wifi, ethernet or cellular
	Address  string // IP
	Name     string // the SSID or the operator
}

// Actions does what terminals are told to do.
type Actions interface {
	// Restart tells a terminal to restart. The error says why it was not told. A terminal that is told
	// twice with one id does so once.
	Restart(ctx context.Context, tid, id string) error
}

// Webhooks sends to the addresses that the estate keeps.
type Webhooks interface {
	// CheckURL tells why an address cannot be used in an environment.
	CheckURL(env estate.Environment, url string) error
	// Failing tells whether the last try to deliver to an endpoint failed.
	Failing(endpoint string) bool
	// Try sends one made-up notification of a type now, or the one given, and tells what came of it. It
	// does not repeat. The error says why there is nothing to send.
	Try(ctx context.Context, endpoint, merchant, kind string, notification json.RawMessage) (Trial, error)
}

// Trial is what came of one notification.
type Trial struct {
	Sent    string // what was sent
	Status  int    // HTTP; 0 when there was no answer
	Answer  string
	Took    time.Duration
	Failure string // empty when it was acknowledged
}

// Records keeps the terminal actions.
type Records interface {
	// Submit makes a batch durable and then calls done; it never blocks.
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Load(stream string) (journal.Stream, bool, error)
	// OpenStreams calls each for every stream of a kind that needs attention.
	OpenStreams(kind string, each func(journal.Stream) error) error
	// Newest lists streams of a kind and of these scopes whose id comes before the one given, or all for
	// "", the highest id first.
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
}

func (c Config) check() error {
	if c.Estate == nil || c.Keys == nil || c.Presence == nil || c.Actions == nil || c.Webhooks == nil || c.Records == nil ||
		c.Now == nil || c.Random == nil {
		return errors.New("management: a field of Config is missing")
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
			return errors.New("management: Origin must be like https://host[:port]")
		}
	}
	return nil
}

// Limits of what one request may use.
const (
	maxBody       = 1 << 20 // a logo for receipts has up to 256 KiB
	maxParameter  = 4096    // bytes of one
	maxPageSize   = 100
	maxPageNumber = 1_000_000
	maxKey        = 200
	maxAction     = 100 // terminals of one request
	maxDetails    = 2048
	maxPending    = 50_000 // actions that wait, of all
)
