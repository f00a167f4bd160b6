package charging_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kassa"
	"kassa/charging"
	"kassa/engine"
	"kassa/ocpi"
	"kassa/store/sqlite"
)

// parties are the host, the terminal and the operator around a real engine.
type parties struct {
	mu        sync.Mutex
	engine    *engine.Engine
	started   []string
	confirmed map[string]charging.Confirmation
}

func (p *parties) eng() *engine.Engine {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.engine
}

// Take is the host: it holds everything, and captures no more than 50.00.
func (p *parties) Take(o kassa.NewOrder, e kassa.Effect) {
	e1 := p.eng()
	tell := func(in kassa.Input) { e1.FromAcquirer(o.ID(), in) }
	switch e := e.(type) {
	case kassa.SendAuthorisation:
		tell(kassa.HostAnswered{Request: e.Auth.Request, ResponseCode: "00", AuthCode: "123456", Approved: e.Auth.Amount})
	case kassa.SendCapture:
		reason := kassa.None
		if e.Capture.Amount.Minor > 5000 {
			reason = kassa.DeclinedFunds
		}
		tell(kassa.CaptureAnswered{Number: e.Capture.Number, Reason: reason})
	case kassa.SendRelease:
		tell(kassa.ReleaseAnswered{ResponseCode: "00"})
	}
}

// Tell is the terminal: somebody taps a card at once.
func (p *parties) Tell(o kassa.NewOrder, e kassa.Effect) {
	if _, offer := e.(kassa.Offer); !offer {
		return
	}
	done := func() {}
	p.eng().FromPOI(o.TID, o.ID(), kassa.ScreenShown{Screen: "presentCard"}, done)
	p.eng().FromPOI(o.TID, o.ID(), kassa.Authorise{
		Request: 1, Entry: kassa.Contactless, Card: kassa.CardFacts{BIN: "476173", Last4: "0004", Brand: "VISA"},
		Sealed: kassa.SealedCard{KSN: "112233445566778800000001", Track2: []byte{1}},
	}, done)
}

func (p *parties) Authorise(ctx context.Context, s charging.Session) (kassa.Order, kassa.Reason, error) {
	n := s.NewOrder()
	n.TID, n.MID = tid, "MERCHANT"
	return p.eng().Create(ctx, n)
}

func (p *parties) Sells(context.Context, string) ([]charging.Sale, error) {
	return []charging.Sale{
		{New: charging.New{Peer: "peer", Account: "account", Group: "group", Location: "LOC", EVSE: "E1", Connector: "1",
			Currency: kassa.EUR, Hold: 5000, Margin: 250, Late: charging.LastKnown}, Status: "AVAILABLE"},
		{New: charging.New{Peer: "peer", Group: "group", Location: "LOC", EVSE: "E2"}, Status: "AVAILABLE", HelpLine: "0800-1"},
	}, nil
}

func (p *parties) Fresh(_ context.Context, s charging.Sale) (string, error) {
	if s.EVSE == "E2" {
		return "OUTOFORDER", nil
	}
	return s.Status, nil
}

func (p *parties) Show(charging.Session) {}

func (p *parties) Start(_ context.Context, s charging.Session) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = append(p.started, s.Ref)
	return 60, nil
}

func (p *parties) Stop(context.Context, charging.Session, string) error { return nil }

func (p *parties) Seek(context.Context, charging.Session, time.Time) (*charging.Report, error) {
	return nil, errSilent
}

func (p *parties) CDRs(context.Context, charging.Session, time.Time) ([]charging.CDR, error) {
	return nil, errSilent
}

func (p *parties) Confirm(_ context.Context, _ charging.Session, c charging.Confirmation) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirmed[c.ID] = c
	return nil
}

// process is one life of Kassa on a store.
func process(t *testing.T, store *sqlite.Store, p *parties) (*charging.Keeper, func()) {
	t.Helper()
	e, err := engine.New(store, p, p, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.engine = e
	p.mu.Unlock()
	book, err := charging.OpenBook(store)
	if err != nil {
		t.Fatal(err)
	}
	k := &charging.Keeper{Book: book, Orders: store, Money: e, Operator: p, POI: p, Now: time.Now, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{e.Run, k.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return k, func() {
		cancel()
		wg.Wait()
	}
}

// until waits for a session's state.
func until(t *testing.T, k *charging.Keeper, ref string, done func(charging.Session) bool) charging.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		s, _, err := k.Book.Load(ref)
		if err != nil {
			t.Fatal(err)
		}
		if done(s) {
			return s
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it stays %s (%s), duties %+v", s.State, s.Why, s.Duties)
		}
	}
}

// A driver chooses, taps, charges for 60.00 on a hold of 50.00, and Kassa is restarted on the way: 50.00 is taken
// once, 10.00 is open, and the operator hears it.
func TestKeeperOverARestart(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "kassa.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p := &parties{confirmed: map[string]charging.Confirmation{}}
	k, stop := process(t, store, p)
	if _, err := k.Choose(t.Context(), poiid, "E2", "", "nl", ""); err == nil {
		t.Error("a charger that is out of order is sold")
	}
	s, err := k.Choose(t.Context(), poiid, "E1", "1", "nl", "")
	if err != nil || len(s.Ref) != 26 {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := k.Choose(t.Context(), poiid, "E1", "1", "nl", ""); err == nil {
		t.Error("a second session at the same charger")
	}
	until(t, k, s.Ref, func(s charging.Session) bool {
		return s.State == charging.Starting && s.Start.Outcome == charging.Accepted
	})
	if err := k.CommandResulted(t.Context(), "peer", s.StartID, ocpi.CommandResult{Result: "ACCEPTED"}); err != nil {
		t.Error(err)
	}
	if err := k.CommandResulted(t.Context(), "other", s.StartID, ocpi.CommandResult{Result: "FAILED"}); err == nil {
		t.Error("another peer's word on a command was taken")
	}
	stop()
	k, stop = process(t, store, p)
	defer stop()
	session := ocpi.Session{ID: "S1", Status: "COMPLETED", Currency: "EUR", LocationID: "LOC", EVSEUID: "E1",
		CDRToken: ocpi.CDRToken{UID: s.Ref}, LastUpdated: ocpi.At(time.Now())}
	if _, refused, err := k.SessionPut(t.Context(), "other", session); refused == nil || err != nil {
		t.Errorf("another peer's session: %v %v", refused, err)
	}
	if _, refused, err := k.SessionPut(t.Context(), "peer", session); refused != nil || err != nil {
		t.Fatal(refused, err)
	}
	var d ocpi.CDR
	if err := ocpi.Read([]byte(`{"id":"C1","session_id":"S1","currency":"EUR","total_cost":{"excl_vat":49.59,"incl_vat":60.00}}`), &d); err != nil {
		t.Fatal(err)
	}
	d.AuthorisationReference = "UNKNOWN"
	if _, refused, _ := k.CDRPosted(t.Context(), "peer", d); refused == nil || refused.Status != 2000 {
		t.Errorf("a CDR for an unknown reference: %v", refused)
	}
	d.AuthorisationReference = s.Ref
	for range 2 {
		if _, refused, err := k.CDRPosted(t.Context(), "peer", d); refused != nil || err != nil {
			t.Fatal(refused, err)
		}
	}
	end := until(t, k, s.Ref, func(s charging.Session) bool { return s.State == charging.Settled && !s.Open() })
	f := end.Confirmations[0]
	if end.Order.Captured != 5000 || end.Short != 1000 || f.Status != charging.CapturePartial || f.Net() != 4132 {
		t.Errorf("captured %d, short %d, %+v", end.Order.Captured, end.Short, f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.started) != 1 || len(p.confirmed) != 1 {
		t.Errorf("started %v, confirmed %v", p.started, p.confirmed)
	}
}
