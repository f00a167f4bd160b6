package terminal

import (
	"context"
	"strings"
	"time"

	"kassa/virtual/deck"
)

// The patience of a person with a card.
const (
	cardScreenWait = 10 * time.Second
	mostPresented  = 6
)

// Play is a person with a card: how it is presented, the PIN for the pad, and whether to stay.
type Play struct {
	Entry Entry
	Card  deck.Card
	// PIN is typed when the pad shows; several, comma-separated, are typed one after the other and
	// the last again. Empty: nobody types.
	PIN string
	// Choose is which application is taken where the terminal asks: its number or its label. Empty:
	// the card's favourite.
	Choose string
	// Follow stays with a result that is not known until it is.
	Follow bool
}

// Line is what a play reports: a screen, or at last the result.
type Line struct {
	Screen ScreenName `json:"screen,omitempty"`
	Title  string     `json:"title,omitempty"`
	Lines  []string   `json:"lines,omitempty"`
	Error  string     `json:"error,omitempty"`
	Typed  int        `json:"typed,omitempty"`
	Result Result     `json:"result,omitempty"`

	Exchange string `json:"exchange,omitempty"`
	Text     string `json:"text,omitempty"`
	AuthCode string `json:"authCode,omitempty"`
	RRN      string `json:"rrn,omitempty"`
	STAN     string `json:"stan,omitempty"`
}

// resultNoCardScreen tells that the terminal did not ask for a card.
const resultNoCardScreen Result = "noCardScreen"

// play presents a card and does what the screen asks until the attempt is over.
func (u *unit) play(ctx context.Context, p Play, report func(Line)) (Line, error) {
	notes, leave := u.feed.listen()
	defer leave()
	if line, ok := u.cardScreen(ctx, p, notes); !ok {
		return line, ctx.Err()
	}
	report(screenLine(u.state().Screen))
	a := actor{unit: u, play: p, report: report, pins: strings.Split(p.PIN, ",")}
	if err := a.present(ctx, p.Entry); err != nil {
		return Line{}, err
	}
	for {
		select {
		case <-ctx.Done():
			return Line{Result: ResultUnknown, Text: "nobody waited for the end"}, ctx.Err()
		case <-u.stopped:
			return Line{}, errStopped
		case n, ok := <-notes:
			if !ok {
				return Line{Result: ResultUnknown, Text: "too many screens at once"}, nil
			}
			if n.Finished != nil && (n.Finished.Result != ResultUnknown || !p.Follow) {
				return resultLine(*n.Finished), nil
			}
			if n.Screen == nil {
				continue
			}
			if n.Screen.Name == ScreenOff {
				return Line{Result: ResultUnknown, Text: "the terminal lost its power"}, nil
			}
			if err := a.react(ctx, *n.Screen); err != nil {
				return Line{}, err
			}
		}
	}
}

// cardScreen waits until the terminal wants a card in this way.
func (u *unit) cardScreen(ctx context.Context, p Play, notes <-chan Note) (Line, bool) {
	patience := time.NewTimer(cardScreenWait)
	defer patience.Stop()
	for {
		if wants(u.state().Screen, p.Entry) {
			return Line{}, true
		}
		select {
		case <-ctx.Done():
		case <-patience.C:
		case <-u.stopped:
		case _, ok := <-notes:
			if ok {
				continue
			}
		}
		s := u.state().Screen
		line := screenLine(s)
		line.Result = resultNoCardScreen
		line.Text = "the terminal shows " + string(s.Name) + " and does not ask for a card (" + string(p.Entry) + ")"
		return line, false
	}
}

// actor is the person during one play.
type actor struct {
	unit      *unit
	play      Play
	report    func(Line)
	pins      []string
	last      ScreenName
	presented int
	// read tells that the terminal took the card that was presented last.
	read bool
}

func (a *actor) present(ctx context.Context, e Entry) error {
	a.presented++
	a.read = false
	return a.unit.put(ctx, e, a.play.Card)
}

// react reports a screen and does what it asks: types the PIN on a fresh pad, and inserts the card
// where the tap was not enough.
func (a *actor) react(ctx context.Context, s Screen) error {
	before := a.last
	a.last = s.Name
	a.report(screenLine(s))
	if s.Name == ScreenProcessing || s.Name.PINPad() {
		a.read = true
	}
	switch {
	case s.Name == ScreenPresentCard && !a.read && s.Error == "" && wants(s, a.play.Entry):
		a.presented-- // the link was down when the card came, and is back
		return a.present(ctx, a.play.Entry)
	case s.Name.PINPad() && s.Typed == 0 && (!before.PINPad() || s.Error != "") && a.play.PIN != "":
		return a.typePIN(ctx)
	case s.Name == ScreenChoose:
		return a.unit.act(ctx, KeyPressed{a.play.choice(s)})
	case a.presented >= mostPresented:
		return nil
	case s.Name == ScreenInsertCard && wants(s, Insert) && !a.play.Card.Chip.Leaves:
		return a.present(ctx, Insert)
	case s.Name == ScreenUseMagstripe && wants(s, Swipe):
		return a.present(ctx, Swipe)
	case s.Name == ScreenPresentCard && (s.problem == problemInsertChip || s.problem == problemUnread) && wants(s, Insert):
		return a.present(ctx, Insert)
	case s.Name == ScreenPresentCard && s.problem == problemAgain && wants(s, a.play.Entry):
		return a.present(ctx, a.play.Entry)
	}
	return nil
}

// choice is the key of the application to take.
func (p Play) choice(s Screen) Key {
	for _, line := range s.Lines {
		if n, label, ok := strings.Cut(line, " "); ok && (p.Choose == n || strings.EqualFold(p.Choose, label)) {
			return Key(n)
		}
	}
	return KeyOK
}

func (a *actor) typePIN(ctx context.Context) error {
	pin := a.pins[0]
	if len(a.pins) > 1 {
		a.pins = a.pins[1:]
	}
	for _, d := range pin {
		if err := a.unit.act(ctx, KeyPressed{Key(d)}); err != nil {
			return err
		}
	}
	return a.unit.act(ctx, KeyPressed{KeyOK})
}

func screenLine(s Screen) Line {
	l := Line{Screen: s.Name, Title: s.Title, Lines: s.Lines, Error: s.Error, Typed: s.Typed}
	if s.AmountMinor > 0 {
		l.Lines = append([]string{money(s.AmountMinor, s.Currency)}, s.Lines...)
	}
	return l
}

func resultLine(a Attempt) Line {
	return Line{Result: a.Result, Exchange: a.Exchange, Text: a.Text, AuthCode: a.AuthCode, RRN: a.RRN, STAN: a.STAN}
}

// auto taps the terminal's own card once in each exchange.
func (u *unit) auto(ctx context.Context) {
	c, err := deck.Parse(u.entry.Auto)
	if err != nil {
		return // check() has refused it before
	}
	p := Play{Entry: Tap, Card: c, PIN: u.entry.AutoPIN, Follow: true}
	if p.PIN == "" {
		p.PIN = defaultPIN
	}
	last := ""
	notes, leave := u.feed.listen()
	for {
		if s := u.state(); s.Exchange != "" && s.Exchange != last && s.Screen.Name == ScreenPresentCard && s.Screen.TakesCard() {
			last = s.Exchange
			if u.playing.TryLock() {
				_, err := u.play(ctx, p, func(Line) {})
				u.playing.Unlock()
				if err != nil && ctx.Err() == nil {
					u.log.Warn("automatic card", "poiid", u.entry.POIID, "error", err)
				}
			}
		}
		select {
		case <-ctx.Done():
			leave()
			return
		case <-u.stopped:
			leave()
			return
		case _, ok := <-notes:
			if !ok {
				notes, leave = u.feed.listen()
			}
		}
	}
}

// defaultPIN is that of every card of the deck.
const defaultPIN = "1234"
