package main

import (
	"slices"

	"kassa"
	"kassa/engine"
	"kassa/estate"
)

// cardGate stands between the terminals and the engine: it marks the cards that must not reach the host.
type cardGate struct {
	*engine.Engine
	c *cloud
}

// FromPOI refuses a card of the test deck in the live environment, any card on a terminal that takes no
// payments, also for an order that was on its screen before, and cards whose brand is switched off there.
func (g cardGate) FromPOI(tid, order string, in kassa.Input, settled func()) {
	if asked, ok := in.(kassa.Authorise); ok {
		t, _ := g.c.registry.Terminal(tid)
		switch may, _ := t.May(); {
		case g.c.live() && isTestCard(asked.Card.BIN):
			asked.Refuse = kassa.TestCardInLive
		case !may:
			asked.Refuse = kassa.TerminalBarred
		case g.c.registry.MethodDisabled(tid, asked.Card.Brand):
			asked.Refuse = kassa.MethodDisabled
		case g.c.points.sells(tid) && !g.c.holds.take(t.Account, order, asked.Card, g.c.now()):
			asked.Refuse = kassa.TooManyHolds
		}
		in = asked
	}
	g.Engine.FromPOI(tid, order, in, settled)
}

// isTestCard tells whether a card is of the published test deck (docs/test-cards.md): by its first six
// digits, since the middle ones are sealed.
func isTestCard(bin string) bool {
	return slices.Contains([]string{
		"476173", // Visa
		"541333", // Mastercard
		"679999", // Maestro
		"401325", // V PAY
		"670344", // Bancontact
	}, bin)
}

func (c *cloud) live() bool { return c.registry.Environment() == estate.Live }

// takes tells whether the payments of a cash register may go to a terminal, and if not why.
func (c *cloud) takes(tid string) (ok bool, why string) {
	t, _ := c.registry.Terminal(tid)
	if ok, why = t.May(); !ok {
		return false, why
	}
	switch {
	case !c.registry.SettingOn(tid, "cloud.webSocketEnabled"):
		return false, "cloud payments are not enabled on the terminal; the operator enables them (WebSocket enabled)"
	case !c.registry.SettingOn(tid, "cloud.apiEnabled"):
		return false, "cloud payments are switched off on the terminal (API enabled)"
	}
	return true, ""
}
