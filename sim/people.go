package sim

import (
	"time"

	"kassa/virtual/terminal"
)

// person is whoever stands in front of a terminal: they look at the screen and act a while later,
// rightly or wrongly, or not at all.
type person struct {
	d    *device
	card string // the card in their hand
}

// sees lets the person react to a screen, if it is still there when they do.
func (p *person) sees(s terminal.Screen) {
	switch {
	case s.TakesCard():
		p.later(time.Second, 6*time.Second, p.present)
	case s.Name == terminal.ScreenTip:
		p.later(time.Second, 6*time.Second, p.tip)
	case s.Name.PINPad() && s.Typed == 0:
		p.later(time.Second, 5*time.Second, p.typePIN)
	}
}

func (p *person) later(least, most time.Duration, act func()) {
	shown := p.d.shown
	p.d.w.after(p.d.w.between(least, most), func() {
		if p.d.shown == shown && p.d.machine != nil {
			act()
		}
	})
}

func (p *person) press(keys ...terminal.Key) {
	for _, k := range keys {
		p.d.handle(terminal.KeyPressed{Key: k})
	}
}

// deals says how often each card is drawn.
func deals() []struct {
	id     string
	weight int
} {
	return []struct {
		id     string
		weight int
	}{
		{"visa:000", 30}, {"mastercard:000", 10}, {"maestro:000", 4}, {"vpay:000", 4}, {"bancontact:000", 4},
		{"visa:005", 3}, {"visa:010", 3}, {"visa:103", 2}, {"visa:051", 3}, {"visa:055", 3}, {"visa:070", 5}, {"visa:072", 5}, {"mastercard:065", 5},
		{"mastercard:066", 5}, {"visa:082", 2}, {"visa:083", 4}, {"visa:100", 4}, {"visa:101", 8}, {"visa:105", 4},
		{"mastercard:107", 4}, {"visa:108", 4}, {"mastercard:101", 3}, {"maestro:083", 2}, {"bancontact:100", 2},
	}
}

func (w *world) draw() string {
	total := 0
	for _, d := range deals() {
		total += d.weight
	}
	n := w.chance.IntN(total)
	for _, d := range deals() {
		if n -= d.weight; n < 0 {
			return d.id
		}
	}
	return "visa:000"
}

// present puts a card to the reader, walks away, or presses Stop.
func (p *person) present() {
	w := p.d.w
	roll := w.chance.Float64()
	switch {
	case roll < 0.06 || (w.weather.calm && roll < 0.2):
		p.press(terminal.KeyStop)
		return
	case roll < 0.1:
		return
	}
	entry := terminal.Insert
	if len(p.d.screen.Wants) > 1 {
		p.card = w.draw()
		if roll := w.chance.Float64(); roll < 0.7 {
			entry = terminal.Tap
		} else if roll > 0.97 {
			entry = terminal.Swipe
		}
	}
	p.put(entry)
	if w.often(0.02) {
		p.put(entry) // twice, as people do
	}
}

func (p *person) put(entry terminal.Entry) {
	if p.card == "" {
		p.card = "visa:000"
	}
	w := p.d.w
	w.atc[p.card]++
	w.note(p.d.poiid, "card", p.card+" "+string(entry))
	p.d.handle(terminal.CardPresented{Entry: entry, Card: w.stock.cards[p.card], ATC: w.atc[p.card]})
}

// typePIN types the right PIN, a wrong one, or none.
func (p *person) typePIN() {
	roll := p.d.w.chance.Float64()
	switch {
	case roll < 0.04:
		p.press(terminal.KeyStop)
	case roll < 0.08: // walks away
	case roll < 0.2:
		p.press("9", "9", "9", "9", terminal.KeyOK)
	default:
		p.press("1", "2", "3", "4", terminal.KeyOK)
	}
}
