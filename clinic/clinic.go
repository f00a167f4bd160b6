package clinic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
	"kassa/operator"
)

// Errors.
var (
	// ErrUnknown tells that there is no such subject or diagnosis, or that it is somebody else's.
	ErrUnknown = errors.New("clinic: unknown")
	// ErrExpired tells that a share is over, or was never made here.
	ErrExpired = errors.New("clinic: the link has expired or is not one of this installation")
)

// Records reads and writes the record.
type Records interface {
	Load(stream string) (journal.Stream, bool, error)
	StreamEntries(stream string, upTo uint64) ([]journal.Entry, error)
	StreamTail(stream string, limit int) ([]journal.Entry, error)
	Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error)
	Commit(ctx context.Context, b journal.Batch) (journal.Receipt, error)
}

// Feed reads the journal as a whole. Watch nudges after commits; nudges may be lost.
type Feed interface {
	Entries(after uint64, limit int) ([]journal.Entry, error)
	Last() uint64
	Watch(ctx context.Context) <-chan struct{}
}

// World tells what stands in no record.
type World interface {
	// Link tells how a terminal can be reached.
	Link(tid string) doctor.Link
	// Probe asks a terminal to check itself.
	Probe(ctx context.Context, tid string) doctor.Probe
	// SignedOn is on how many links the acquirer is signed on.
	SignedOn() int
	// CheckURL tells what is wrong with the address of a webhook.
	CheckURL(url string) error
	// May lists what a key may do.
	May(k estate.Key) []string
}

// Config is what a Clinic works with; every field but OtherURL, Contacts, Components, Charging, Operators and Log is needed.
type Config struct {
	Book     *doctor.Book
	Records  Records
	Feed     Feed
	World    World
	Registry *estate.Registry
	// FindOrder finds an order by its reference in one of some groups, whatever the dialect.
	FindOrder func(ctx context.Context, groups []string, ref string) (kassa.Order, bool, error)
	// Components are the parts of the installation by the service status; false when nobody measures them.
	Components func() ([]doctor.Component, bool)
	// Charging tells of charging sessions; nil where nobody charges.
	Charging Charging
	// Operators tells of chargers and what was bound to them, of one account; nil where nobody has any.
	Operators func(account string) *operator.World
	Contacts  map[doctor.Contact]string
	Secret    []byte // signs what is shared
	Heartbeat time.Duration
	OtherURL  string
	// Log hears what could not be examined by itself, at most once a minute; nil for nobody.
	Log    *slog.Logger
	Random io.Reader
	Now    func() time.Time
}

// Clinic gathers, examines and keeps.
type Clinic struct {
	Config
	index *index

	mu     sync.Mutex
	last   map[doctor.Subject]string // what was found last of a subject, to tell news
	counts map[string]*HitRate
	cursor cursor
	// spent is how many were examined by themselves since the instant began.
	spent int
	began time.Time
	// told is when a failure was logged last, and unsaid how many were not since.
	told   time.Time
	unsaid int
}

// New makes a clinic and reads back what it needs to find the facts of a subject.
func New(c Config) (*Clinic, error) {
	if c.Book == nil || c.Records == nil || c.Feed == nil || c.World == nil || c.Registry == nil || c.FindOrder == nil || len(c.Secret) == 0 ||
		c.Heartbeat <= 0 || c.Random == nil || c.Now == nil {
		return nil, errors.New("clinic: a field of Config is missing")
	}
	if c.Components == nil {
		c.Components = func() ([]doctor.Component, bool) { return nil, false }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	k := &Clinic{
		Config: c, index: newIndex(), last: make(map[doctor.Subject]string), counts: make(map[string]*HitRate),
	}
	if err := k.index.load(c.Records, c.Feed); err != nil {
		return nil, fmt.Errorf("clinic: %w", err)
	}
	if err := k.openCursor(); err != nil {
		return nil, fmt.Errorf("clinic: %w", err)
	}
	return k, k.countKept()
}

// Reader is who asks: the whole installation's, an account's, or that of one group.
type Reader struct {
	Operator       bool
	Account, Group string
	By             string // the key's id
}

// sees tells whether what belongs to a group of an account may be seen; group is empty for what is the whole account's.
func (r Reader) sees(account, group string) bool {
	return r.Operator || account != "" && account == r.Account && (r.Group == "" || r.Group == group)
}

// Ask is a question to the doctor.
type Ask struct {
	Subject doctor.Subject
	Symptom string
	Probe   bool // ask the terminal to check itself
}

// What started an examination.
const (
	Asked     = "asked"
	OnOrder   = "order"
	OnOffline = "offline"
	OnWebhook = "webhook"
)

// Diagnose gathers, examines and keeps. It is ErrUnknown when there is no such subject that the reader may see.
func (k *Clinic) Diagnose(ctx context.Context, who Reader, ask Ask) (Kept, error) {
	chart, err := k.chart(ctx, who, ask)
	if err != nil {
		return Kept{}, err
	}
	made := k.diagnosed(who, chart, Asked)
	if made.ID, err = k.newID(); err != nil {
		return Kept{}, err
	}
	return made, k.keep(ctx, made)
}

// diagnosed is a diagnosis of a chart, without an id. It belongs to whom it was gathered for: nobody who sees less may read
// it.
func (k *Clinic) diagnosed(who Reader, c *doctor.Chart, trigger string) Kept {
	return Kept{
		Account: who.Account, Group: who.Group, By: who.By, Trigger: trigger, Symptom: c.Symptom, At: k.Now(), Diagnosis: k.Book.Examine(c),
		Names: namesIn(c),
	}
}
