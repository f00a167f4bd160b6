package adyen

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/journal"
)

// ExchangeKind is the kind of the streams that keep exchanges: one for each, "exchange/<id>".
const ExchangeKind = "exchange"

// Exchange is the durable record of one request of a Sale System to a terminal. It holds no card data but
// what a response shows: a number truncated to first six and last four.
type Exchange struct {
	ID      string `json:"id"`
	POIID   string `json:"poiid"`
	TID     string `json:"tid"`
	Account string `json:"account"`
	Scope   string `json:"scope"` // the terminal's group when it was asked
	// SaleID, ServiceID and POIID identify the request for 48 hours. Generation counts how often they
	// have been used again after that, from 1.
	SaleID     string    `json:"saleID"`
	ServiceID  string    `json:"serviceID"`
	Generation int       `json:"generation"`
	Class      string    `json:"class"`
	Category   string    `json:"category"`
	Hash       string    `json:"hash"` // of the request, keyed
	At         time.Time `json:"at"`
	// Async tells that the answer goes to the event URL, V1 that it was asked through the Cloud Device API.
	Async bool `json:"async,omitempty"`
	V1    bool `json:"v1,omitempty"`
	// KeyIdentifier and KeyVersion are those of the key that the request was encrypted with, if it was:
	// every success goes out encrypted with the same one.
	KeyIdentifier string `json:"keyIdentifier,omitempty"`
	KeyVersion    int64  `json:"keyVersion,omitempty"`
	// Kept is what the category needs to go on after a restart, opaque here.
	Kept json.RawMessage `json:"kept,omitempty"`

	// AnsweredAt is zero while it runs. Response is then the response's body, such as the object under
	// "PaymentResponse"; Reject is the EventDetails with which the legacy paths refuse instead, where they do.
	AnsweredAt time.Time       `json:"answeredAt,omitzero"`
	Response   json.RawMessage `json:"response,omitempty"`
	Reject     string          `json:"reject,omitempty"`
}

// Ref is what the exchange is called elsewhere: the reference of its order and of its refund. No two have the
// same one, whatever a Sale System puts into its ids.
func (e Exchange) Ref() string {
	part := strings.NewReplacer("%", "%25", "/", "%2F").Replace
	ref := part(e.SaleID) + "/" + part(e.ServiceID) + "/" + part(e.POIID)
	if e.Generation > 1 {
		ref += fmt.Sprintf("/%d", e.Generation)
	}
	return ref
}

// The facts of an exchange.

// ExchangeBegun is its first fact, before anything is asked of a terminal.
type ExchangeBegun struct {
	ID        string `json:"id"`
	POIID     string `json:"poiid"`
	SaleID    string `json:"saleID"`
	ServiceID string `json:"serviceID"`
	Category  string `json:"category"`
	Async     bool   `json:"async,omitempty"`
}

// ExchangeAnswered is its last: the stream's state holds the response. When Async is true, the response is
// to be sent to the event URL.
type ExchangeAnswered struct {
	ID             string `json:"id"`
	POIID          string `json:"poiid"`
	SaleID         string `json:"saleID"`
	ServiceID      string `json:"serviceID"`
	Category       string `json:"category"`
	Async          bool   `json:"async,omitempty"`
	Result         string `json:"result,omitempty"`
	ErrorCondition string `json:"errorCondition,omitempty"`
}

// Kinds of these facts.
const (
	KindExchangeBegun    = "ExchangeBegun"
	KindExchangeAnswered = "ExchangeAnswered"
)

// exchangeID is the same for the same triple, and tells nothing about it.
func exchangeID(poiid, saleID, serviceID string) string {
	sum := sha256.Sum256([]byte(poiid + "\x00" + saleID + "\x00" + serviceID))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])
}

func (q *request) exchangeID() string {
	return exchangeID(q.header.poiid, q.header.saleID, q.header.serviceID)
}

func exchangeStream(id string) string { return ExchangeKind + "/" + id }

// lastStream keeps which exchanges were a terminal's last transactions.
func lastStream(poiid string) string { return "lasttransactions/" + exchangeID(poiid, "", "") }

// requestHash tells two requests apart whatever their spacing and the order of their keys. It is keyed:
// somebody may have put a card number into a field that is not for it.
func requestHash(secret []byte, category string, body object) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("request " + category + "\x00"))
	m.Write(encode(body))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// exchange is one that runs, or has run, in this process.
type exchange struct {
	h *Handler
	// record is what begin stored; it does not change while the exchange runs.
	record  Exchange
	version uint64
	// request is nil when the exchange was begun by an earlier process.
	request *request
	// aborted is closed when the Sale System has asked to abort it.
	aborted   chan struct{}
	abortOnce sync.Once

	mu        sync.Mutex
	finishing bool
	// done is closed once answered is durable.
	done     chan struct{}
	answered Exchange
}

func (x *exchange) abort() { x.abortOnce.Do(func() { close(x.aborted) }) }

// isAborted tells whether an abort was asked for.
func (x *exchange) isAborted() bool {
	select {
	case <-x.aborted:
		return true
	default:
		return false
	}
}

// exchanges are those that run.
type exchanges struct {
	mu      sync.Mutex
	running map[string]*exchange
	// stripes serialise who begins an exchange at the same terminal, until it is durable.
	stripes [64]chan struct{}
}

func newExchanges() *exchanges {
	e := &exchanges{running: make(map[string]*exchange)}
	for i := range e.stripes {
		e.stripes[i] = make(chan struct{}, 1)
	}
	return e
}

// still keeps exchanges from being begun at a terminal until resume is called: whatever was begun before is
// durable, or has failed.
func (e *exchanges) still(poiid string) (resume func()) {
	sum := sha256.Sum256([]byte(poiid))
	stripe := e.stripes[int(sum[0])%len(e.stripes)]
	stripe <- struct{}{}
	return func() { <-stripe }
}

// find gives an exchange that runs.
func (e *exchanges) find(id string) (*exchange, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x, ok := e.running[id]
	return x, ok
}

// add lets one run; false tells that another has its place, which is given, or that there are too many.
func (e *exchanges) add(x *exchange) (*exchange, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if other, ok := e.running[x.record.ID]; ok {
		return other, false
	}
	if len(e.running) >= maxRunning {
		return nil, false
	}
	e.running[x.record.ID] = x
	return x, true
}

func (e *exchanges) remove(x *exchange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running[x.record.ID] == x {
		delete(e.running, x.record.ID)
	}
}

var (
	errReused  = errors.New("adyen: the ServiceID was used with another body")
	errTooMany = errors.New("adyen: too many exchanges run")
)

// load reads the record of an exchange, with its version.
func (h *Handler) loadExchange(id string) (Exchange, uint64, bool, error) {
	s, ok, err := h.Records.Load(exchangeStream(id))
	if err != nil || !ok {
		return Exchange{}, 0, false, err
	}
	e, err := DecodeExchange(s)
	return e, s.Version, err == nil, err
}

// DecodeExchange reads the record of an exchange from the state of its stream.
func DecodeExchange(s journal.Stream) (Exchange, error) {
	var e Exchange
	if err := json.Unmarshal(s.State, &e); err != nil {
		return e, fmt.Errorf("adyen: state of %s: %w", s.ID, err)
	}
	return e, nil
}

// prior finds the exchange that the same request began within the last 48 hours: running, or finished.
// It is nil when there is none, and errReused when the request was another one, or not the caller's: a terminal
// that has moved takes no answers along. Nothing may be begun at the terminal meanwhile.
func (h *Handler) prior(q *request) (*exchange, error) {
	id := q.exchangeID()
	if x, ok := h.exchanges.find(id); ok {
		if x.record.Hash != q.hash || !q.mayRead(x.record) {
			return nil, errReused
		}
		return x, nil
	}
	e, version, ok, err := h.loadExchange(id)
	switch {
	case err != nil || !ok:
		return nil, err
	case e.AnsweredAt.IsZero():
		return nil, errTooMany // more were open at the start than may run
	case h.Now().Sub(e.At) >= keptFor:
		return nil, nil
	case e.Hash != q.hash || !q.mayRead(e):
		return nil, errReused
	}
	x := h.newExchange(e, version, nil)
	x.answered = e
	close(x.done)
	return x, nil
}

func (h *Handler) newExchange(e Exchange, version uint64, q *request) *exchange {
	return &exchange{h: h, record: e, version: version, request: q, aborted: make(chan struct{}), done: make(chan struct{})}
}

// begin makes the record of a new exchange durable and lets it run, or gives the one that the same
// request began before; fresh tells which.
func (h *Handler) begin(ctx context.Context, q *request) (x *exchange, fresh bool, err error) {
	defer h.exchanges.still(q.header.poiid)()
	id := q.exchangeID()
	if x, err := h.prior(q); x != nil || err != nil {
		return x, false, err
	}
	former, version, _, err := h.loadExchange(id) // older than 48 hours, if there is one
	if err != nil {
		return nil, false, err
	}
	e := Exchange{
		ID: id, POIID: q.header.poiid, TID: q.terminal.TID, Account: q.terminal.Account, Scope: q.terminal.Group,
		SaleID: q.header.saleID, ServiceID: q.header.serviceID, Generation: former.Generation + 1,
		Class: q.header.class, Category: q.header.category, Hash: q.hash, At: h.Now(), Async: q.async, V1: q.v1, Kept: q.kept,
	}
	if q.key != nil {
		e.KeyIdentifier, e.KeyVersion = q.key.Identifier, q.key.Version
	}
	fact := ExchangeBegun{ID: id, POIID: e.POIID, SaleID: e.SaleID, ServiceID: e.ServiceID, Category: e.Category, Async: e.Async}
	change, err := exchangeChange(e, version, true, KindExchangeBegun, fact, e.At)
	if err != nil {
		return nil, false, err
	}
	batch := journal.Batch{change}
	if q.category.transaction {
		last, err := h.lastChange(e)
		if err != nil {
			return nil, false, err
		}
		batch = append(batch, last)
	}
	x = h.newExchange(e, version+1, q)
	if _, ok := h.exchanges.add(x); !ok {
		return nil, false, errTooMany
	}
	if err := h.commit(context.WithoutCancel(ctx), batch); err != nil {
		h.exchanges.remove(x)
		return nil, false, err
	}
	return x, true, nil
}

func exchangeChange(e Exchange, version uint64, open bool, kind string, fact any, at time.Time) (journal.Change, error) {
	state, err := json.Marshal(e)
	if err != nil {
		return journal.Change{}, fmt.Errorf("adyen: encode exchange: %w", err)
	}
	payload, err := json.Marshal(fact)
	if err != nil {
		return journal.Change{}, fmt.Errorf("adyen: encode %s: %w", kind, err)
	}
	change := journal.Change{
		Stream: exchangeStream(e.ID), Expect: version, State: state, Open: open,
		Facts: []journal.Fact{{At: at, Kind: kind, Scope: e.Scope, Payload: payload}},
	}
	if version == 0 {
		change.Scope = e.Scope
	}
	return change, nil
}

// lastTransactions is the state of the stream that names a terminal's last transactions, the newest first:
// several, since those that met a busy terminal do not count.
type lastTransactions struct {
	Exchanges []string `json:"exchanges"`
}

// maxLast bounds them: a cash register that asks again and again while the terminal is busy stops before.
const maxLast = 50

func (h *Handler) lastChange(e Exchange) (journal.Change, error) {
	last, version, err := h.lastExchanges(e.POIID)
	if err != nil {
		return journal.Change{}, err
	}
	last = append([]string{e.ID}, slices.DeleteFunc(last, func(id string) bool { return id == e.ID })...)
	state, err := json.Marshal(lastTransactions{last[:min(len(last), maxLast)]})
	return journal.Change{Stream: lastStream(e.POIID), Expect: version, State: state}, err
}

func (h *Handler) lastExchanges(poiid string) (ids []string, version uint64, err error) {
	s, ok, err := h.Records.Load(lastStream(poiid))
	if err != nil || !ok {
		return nil, 0, err
	}
	var last lastTransactions
	if err := json.Unmarshal(s.State, &last); err != nil {
		return nil, 0, fmt.Errorf("adyen: state of %s: %w", s.ID, err)
	}
	return last.Exchanges, s.Version, nil
}

func (h *Handler) commit(ctx context.Context, batch journal.Batch) error {
	failed := make(chan error, 1)
	h.Write(batch, func(_ journal.Receipt, err error) { failed <- err })
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish makes the answer of an exchange durable and wakes everybody who waits for it; settled, when not
// nil, is called then, and at once when it had been answered before. An answer that cannot be stored
// answers nobody: the store has stopped, and the next process takes the exchange up.
func (h *Handler) finish(x *exchange, a answer, settled func()) {
	if settled == nil {
		settled = func() {}
	}
	x.mu.Lock()
	if x.finishing {
		x.mu.Unlock()
		go func() {
			select {
			case <-x.done:
				settled()
			case <-h.closing:
			}
		}()
		return
	}
	x.finishing = true
	x.mu.Unlock()
	e := x.record
	e.AnsweredAt, e.Response, e.Reject = h.Now(), encode(a.body), a.reject
	fact := ExchangeAnswered{
		ID: e.ID, POIID: e.POIID, SaleID: e.SaleID, ServiceID: e.ServiceID, Category: e.Category, Async: e.Async,
		Result: a.result(), ErrorCondition: a.condition(),
	}
	change, err := exchangeChange(e, x.version, false, KindExchangeAnswered, fact, e.AnsweredAt)
	if err != nil {
		return // what was decoded can be encoded
	}
	h.Write(journal.Batch{change}, func(_ journal.Receipt, err error) {
		if err != nil {
			return
		}
		x.answered = e
		close(x.done)
		h.exchanges.remove(x)
		settled()
	})
}

// takeUp finds what an earlier process has left open; it runs on once the handler runs. Nothing may have
// been served before.
func (h *Handler) takeUp() error {
	return h.Records.OpenStreams(ExchangeKind, func(s journal.Stream) error {
		e, err := DecodeExchange(s)
		if err == nil {
			h.exchanges.add(h.newExchange(e, s.Version, nil))
		}
		return err
	})
}
