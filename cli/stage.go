package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa"
	"kassa/cli/story"
)

// stage is where one scenario is played: a register, a terminal, and what was seen of both.
type stage struct {
	till     register
	terminal string
	say      func(string) // a line of the log
	ctx      context.Context
	cancel   context.CancelFunc
	threads  sync.WaitGroup

	orders []*placed
	card   *played
	faults map[string]bool // the parties that have faults
	ledger int             // lines in the issuer's books before the scenario

	mu      sync.Mutex
	screens []string
}

// placed is an order of the scenario.
type placed struct {
	name, id string
	amount   int64

	mu       sync.Mutex
	statuses []string
}

func (p *placed) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.statuses)
}

// played is a card that is or was presented.
type played struct {
	mu       sync.Mutex
	last     cardLine
	err      error
	deciding chan struct{} // closed when the host is asked
	ended    chan struct{}
}

// The patience of a stage.
const (
	cardPatience = 2 * time.Minute
	idlePatience = 45 * time.Second
	lookEvery    = 50 * time.Millisecond
)

// unexpected is a step that did not go as the story says.
type unexpected struct{ what, want, seen string }

func (u unexpected) Error() string {
	return fmt.Sprintf("%s: expected %s, saw %s", u.what, u.want, u.seen)
}

// raise opens the stage: the terminal is idle, and its screens are watched.
func raise(ctx context.Context, till register, terminal string, say func(string)) (*stage, error) {
	s := &stage{till: till, terminal: terminal, say: say, faults: map[string]bool{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	if err := s.awaitIdle(); err != nil {
		s.cancel()
		return nil, err
	}
	lines, err := s.books()
	if err != nil {
		s.cancel()
		return nil, err
	}
	s.ledger = len(lines)
	watched, once := make(chan struct{}), sync.Once{}
	failed := make(chan error, 1)
	s.threads.Go(func() {
		failed <- till.follow(s.ctx, stream{ask: till.operator(party(terminal) + "/events"), each: func(event string, data []byte) error {
			s.note(event, data)
			once.Do(func() { close(watched) })
			return nil
		}})
	})
	select {
	case <-watched:
		return s, nil
	case err = <-failed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.cancel()
	s.threads.Wait()
	return nil, err
}

// note keeps what a screen says.
func (s *stage) note(event string, data []byte) {
	var line cardLine
	switch event {
	case "screen":
		if json.Unmarshal(data, &line) != nil {
			return
		}
	case "state":
		var state struct{ Screen cardLine }
		if json.Unmarshal(data, &state) != nil {
			return
		}
		line = state.Screen
	default:
		return
	}
	s.saw(line)
}

func (s *stage) saw(line cardLine) {
	text := strings.Join(append([]string{line.Title, line.Error}, line.Lines...), " · ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.screens) == 0 || s.screens[len(s.screens)-1] != text {
		s.screens = append(s.screens, text)
	}
}

// strike clears the stage: what was set is mended, and what is open is cancelled.
func (s *stage) strike() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), callTimeout)
	defer cancel()
	for _, who := range []string{s.terminal, acquirerName} {
		if s.faults[who] {
			_ = s.till.command(ctx, http.MethodDelete, party(who)+"/fault", nil)
		}
	}
	for _, o := range s.orders {
		if now, _, err := s.till.get(ctx, o.id); err == nil && (now.Status == "initialized" || now.Status == "declined") {
			_, _ = s.till.call(ctx, http.MethodPost, "orders/"+url.PathEscape(o.id)+"/cancel", nil)
		}
	}
	s.cancel()
	s.threads.Wait()
}

// play plays one step.
func (s *stage) play(st story.Step) error {
	switch {
	case st.Order != nil:
		return s.order(*st.Order)
	case st.Card != nil:
		return s.present(*st.Card)
	case st.Kind == "key":
		return s.press(st.Keys)
	case st.Kind == "cancel race":
		return s.race(*st.Cancel)
	case st.Cancel != nil:
		e, err := s.till.call(s.ctx, http.MethodPost, "orders/"+url.PathEscape(s.named(st.Cancel.Of).id)+"/cancel", nil)
		return answered("cancel", e, err, st.Cancel.Error)
	case st.Refund != nil:
		return s.refund(*st.Refund)
	case st.Fault != nil:
		return s.fault(*st.Fault)
	case st.Kind == "clear":
		return s.clear(st.Text)
	case st.Kind == "unblock":
		return s.till.command(s.ctx, http.MethodDelete, "/sim/acquirer/wrong-pins?account="+url.QueryEscape(st.Text), nil)
	case st.Kind == "clock":
		return s.advance(st)
	case st.Kind == "wait" && st.Text == "idle":
		return s.awaitIdle()
	case st.Kind == "wait":
		return s.rest(st.Span)
	}
	return s.expect(*st.Expect)
}

// command makes a call of which only the success counts.
func (c *client) command(ctx context.Context, method, path string, body any) error {
	var ignored json.RawMessage
	return c.call(ctx, method, path, body, &ignored)
}

// advance moves the test clock on, and waits for what is due on the way.
func (s *stage) advance(st story.Step) error {
	by := st.Text
	if by == "" {
		by = st.Span.String()
	}
	ctx, cancel := context.WithTimeout(s.ctx, moveTimeout)
	defer cancel()
	var ignored json.RawMessage
	return s.till.callWithin(ctx, http.MethodPost, clockPath, map[string]string{"advance": by}, &ignored)
}

func (s *stage) rest(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// named is the order that a step speaks of: the newest when it names none.
func (s *stage) named(name string) *placed {
	for _, o := range slices.Backward(s.orders) {
		if name == "" || o.name == name {
			return o
		}
	}
	return &placed{} // the reader has checked the names
}

// answered compares what the register was answered with what the story says.
func answered(what string, e envelope, err error, want int64) error {
	switch {
	case err != nil:
		return err
	case e.Success && want != 0:
		return unexpected{what, fmt.Sprintf("error %d", want), "success"}
	case !e.Success && want == 0:
		return unexpected{what, "success", fmt.Sprintf("error %d: %s", e.ErrorCode, e.ErrorInfo)}
	case !e.Success && int64(e.ErrorCode) != want:
		return unexpected{what, fmt.Sprintf("error %d", want), fmt.Sprintf("error %d: %s", e.ErrorCode, e.ErrorInfo)}
	}
	return nil
}

func (s *stage) order(o story.Order) error {
	p := &placed{name: o.Name, id: freshID(o.Name), amount: o.Amount}
	ask := asked{
		ID: p.id, Terminal: o.Terminal, Amount: o.Amount, Description: o.Description,
		NotifyURL: o.NotifyURL, NotifyMethod: o.NotifyMethod,
	}
	if ask.Terminal == "" {
		ask.Terminal = s.terminal
	}
	if ask.Description == "" {
		ask.Description = o.Name
	}
	if ask.NotifyURL == "" {
		ask.NotifyURL = s.till.at.URL + "/sim/inbox/"
	}
	s.mu.Lock()
	s.screens = s.screens[len(s.screens):]
	s.mu.Unlock()
	m, e, err := s.till.create(s.ctx, ask)
	if err := answered("order", e, err, o.Error); err != nil || o.Error != 0 {
		return err
	}
	s.orders = append(s.orders, p)
	s.say(fmt.Sprintf("order %s is %s", o.Name, p.id))
	s.threads.Go(func() {
		// Where the stream breaks, what was seen is too little, and an story.Expectation says so.
		_ = s.till.statuses(s.ctx, m, func(status string, _ []byte) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.statuses = append(p.statuses, status)
			return nil
		})
	})
	return nil
}

// start presents a card, and does not wait for what comes of it.
func (s *stage) start(c story.Card) *played {
	p := &played{deciding: make(chan struct{}), ended: make(chan struct{})}
	ask := cardRequest{Present: c.Present, Card: c.Card, Follow: c.Follow}
	if c.PINGiven {
		ask.PIN = &c.PIN
	}
	s.card = p
	s.threads.Go(func() {
		defer close(p.ended)
		ctx, cancel := context.WithTimeout(s.ctx, cardPatience)
		defer cancel()
		asking := false
		err := s.till.lines(ctx, http.MethodPost, party(s.terminal)+"/card", ask, func(raw []byte) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.last = cardLine{}
			if err := json.Unmarshal(raw, &p.last); err != nil {
				return err
			}
			if p.last.Screen != "" && p.last.Result == "" {
				s.saw(p.last) // what the customer saw before the end is known when the end is
			}
			if p.last.Screen == "processing" && !asking {
				asking = true
				close(p.deciding)
			}
			return nil
		})
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
	})
	return p
}

// result waits for the end of a card.
func (s *stage) result(p *played) (string, error) {
	select {
	case <-p.ended:
	case <-s.ctx.Done():
		return "", s.ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return "", p.err
	}
	if p.last.Result == "" {
		return "unknown", nil
	}
	return p.last.Result, nil
}

func (s *stage) present(c story.Card) error {
	p := s.start(c)
	if c.Later {
		return nil
	}
	got, err := s.result(p)
	switch {
	case err != nil:
		return err
	case c.Result != "" && got != c.Result:
		return unexpected{"card", c.Result, got}
	case c.Result == "" && got == "noCardScreen":
		return unexpected{"card", "that the terminal asks for a card", strings.Join(p.last.Text, " ")}
	}
	s.say("the card is " + got)
	return nil
}

func (s *stage) press(keys []string) error {
	for _, key := range keys {
		if err := s.till.command(s.ctx, http.MethodPost, party(s.terminal)+"/keys", map[string]string{"key": key}); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) refund(f story.Refund) error {
	ask := map[string]any{"currency": string(kassa.EUR), "amount": f.Amount}
	if f.ID != "" {
		ask["refund_order_id"] = f.ID
	}
	e, err := s.till.call(s.ctx, http.MethodPost, "orders/"+url.PathEscape(s.named(f.Of).id)+"/refunds", ask)
	return answered("refund", e, err, f.Error)
}

func (s *stage) fault(f story.Fault) error {
	who, ask := s.terminal, map[string]any{"name": f.Terminal}
	if f.Acquirer != "" {
		who, ask = acquirerName, map[string]any{"kind": f.Acquirer}
		if f.Acquirer != "stop-reading" && f.Acquirer != "sign-off" {
			ask["tid"] = s.terminal // others may use the same acquirer
		}
		if f.Acquirer == "delay" {
			ask["delay_ms"] = cmp.Or(f.Delay, defaultDelay).Milliseconds()
		}
		if f.Count > 0 {
			ask["count"] = f.Count
		}
	}
	s.faults[who] = true
	return s.till.command(s.ctx, http.MethodPost, party(who)+"/fault", ask)
}

func (s *stage) clear(what string) error {
	for who, name := range map[string]string{s.terminal: "terminal", acquirerName: acquirerName} {
		if what != "all" && what != name {
			continue
		}
		if err := s.till.command(s.ctx, http.MethodDelete, party(who)+"/fault", nil); err != nil {
			return err
		}
	}
	return nil
}

// awaitIdle waits until the terminal has nothing to do.
func (s *stage) awaitIdle() error {
	deadline := time.Now().Add(idlePatience)
	for {
		var state struct {
			Exchange string
			Screen   struct{ Name string }
		}
		if err := s.till.client.get(s.ctx, party(s.terminal)+"/state", &state); err != nil {
			return err
		}
		if state.Exchange == "" {
			return nil
		}
		if time.Now().After(deadline) {
			return unexpected{"terminal " + s.terminal, "that it has nothing to do", "the screen " + state.Screen.Name}
		}
		if err := s.rest(lookEvery); err != nil {
			return err
		}
	}
}

// books are the issuer's own, as far as they are about this terminal.
func (s *stage) books() (lines []ledgerLine, err error) {
	err = s.till.lines(s.ctx, http.MethodGet, "/sim/acquirer/ledger", nil, func(raw []byte) error {
		var l ledgerLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return Failure{Failed, "a line of the ledger is not what Kassa writes", "look at it with kassa sim ledger --json"}
		}
		if l.TID == s.terminal {
			lines = append(lines, l)
		}
		return nil
	})
	return lines, err
}

// totals are what the issuer has booked in this scenario. A reversal or a refund counts when it is of
// something in this scenario: what an earlier one owed may still come in.
func (s *stage) totals() (charged, refunded, reversals int64, err error) {
	lines, err := s.books()
	if err != nil || len(lines) < s.ledger {
		return 0, 0, 0, errors.Join(err)
	}
	ours := map[string]bool{}
	for _, l := range lines[s.ledger:] {
		switch {
		case l.Kind == "sale":
			ours[l.RRN] = true
			if l.State == "posted" {
				charged += l.Amount
			}
		case l.Kind == "refund" && l.State == "posted" && ours[l.Of]:
			refunded += l.Amount
		case l.Kind == "reversal" && l.RC == "00" && ours[l.Of]:
			reversals++
		}
	}
	return charged, refunded, reversals, nil
}
