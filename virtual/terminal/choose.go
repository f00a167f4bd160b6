package terminal

import (
	"fmt"

	"kassa/poilink"
	"kassa/virtual/deck"
)

// choice is a card whose holder has to choose an application.
type choice struct {
	in   CardPresented
	list []deck.Application
}

func (m *Machine) choose(in CardPresented, list []deck.Application) {
	m.v.stage, m.v.choice = stageChoose, &choice{in, list}
	m.show(m.choiceScreen())
	m.progress(poilink.ScreenPresentCard)
}

func (m *Machine) choiceScreen() Screen {
	s := m.amounts(ScreenChoose, "Choose")
	if m.v.choice != nil {
		for i, a := range m.v.choice.list {
			s.Lines = append(s.Lines, fmt.Sprintf("%d %s", i+1, a.Label))
		}
	}
	return s
}

// choiceKey takes a number, or OK for the card's own favourite.
func (m *Machine) choiceKey(k Key) {
	c := m.v.choice
	if k == KeyStop {
		m.cancel("Cancelled at the terminal")
		return
	}
	n := 1
	if k.digit() {
		n = int(k[0] - '0')
	}
	if c == nil || k != KeyOK && !k.digit() || n < 1 || n > len(c.list) {
		return
	}
	m.v.choice = nil
	m.step(poilink.StepAppSelected)
	c.in.Card = c.in.Card.With(c.list[n-1])
	m.begin(c.in)
}

// stripeScreen asks for the stripe of a card whose chip could not be read.
func (m *Machine) stripeScreen() Screen {
	s := m.amounts(ScreenUseMagstripe, "Use Magstripe", m.say("The chip cannot be read"))
	if m.online() {
		s.Wants = []Entry{Swipe}
	} else {
		s.Error = m.say("No connection to the server")
	}
	return s
}
