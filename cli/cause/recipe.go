package cause

import (
	"context"
	"slices"
)

// Layer is where something is broken. Faults of one layer are not independent of each other.
type Layer string

// The layers, the nearest to an order first.
const (
	InOrder    Layer = "order"
	OnCard     Layer = "card"
	OnTerminal Layer = "terminal"
	OnNetwork  Layer = "network"
	AtAcquirer Layer = "acquirer"
	OnHook     Layer = "hook"
	OnKey      Layer = "key"
)

// Layers lists the layers, the nearest first.
func Layers() []Layer {
	return []Layer{InOrder, OnCard, OnTerminal, OnNetwork, AtAcquirer, OnHook, OnKey}
}

// Subject is what a user would ask about.
type Subject struct {
	Type string `json:"type"` // order, terminal, webhook, key, charger or installation
	ID   string `json:"id"`
	// Symptom is what the user sees, in the words of the screen or the answer; it may be empty.
	Symptom string `json:"-"`
	// Key is who asks, empty for the operator.
	Key string `json:"-"`
	// Probe asks the terminal to check itself.
	Probe bool `json:"-"`
}

// Recipe makes one cause happen.
type Recipe struct {
	// Code is the cause that it makes; Name tells several recipes of one cause apart.
	Code, Name string
	What       string // for people: what it does
	Layer      Layer
	// Needs are what must work, or come about, for it to be seen; Takes is what it takes from others.
	Needs []Capability
	Takes []Loss
	// About is the type of what Meet gives; empty for a meeting that is no place for a second fault.
	About string
	// Model is that of the terminal; P2 when empty.
	Model string
	// Whole tells that it breaks the whole installation, so that it is made alone.
	Whole bool
	// Bare asks for a shop without a terminal: Break boards its own.
	Bare bool
	// Asked tells that it is found only when somebody tells what he sees, or does what Meet does.
	Asked bool
	// Break changes how something behaves; nil when what the user does is the mistake.
	Break func(ctx context.Context, s *Shop) error
	// Meet does what the user does who runs into it, and gives what he asks about.
	Meet func(ctx context.Context, s *Shop) (Subject, error)
	// Undo mends what a recipe of the whole installation broke.
	Undo func(ctx context.Context, s *Shop) error
}

// Make opens a shop, breaks it, and meets the consequences.
func (r Recipe) Make(ctx context.Context, l *Lab) (s *Shop, about Subject, err error) {
	if r.Bare {
		s, err = l.Found(ctx)
	} else {
		s, err = l.Open(ctx, r.Model)
	}
	if err == nil && r.Break != nil {
		err = r.Break(ctx, s)
	}
	if err == nil {
		about, err = r.Meet(ctx, s)
	}
	return s, about, err
}

// Recipes lists all recipes.
func Recipes() []Recipe {
	return slices.Concat(
		baseRecipes(), terminalRecipes(), paymentRecipes(), aroundRecipes(),
		acquirerRecipes(), networkRecipes(), kassaRecipes(), adyenRecipes(), chargeRecipes(), chargerRecipes(), placingRecipes(),
	)
}

// aboutTerminal is met by asking about the shop's terminal.
func aboutTerminal(_ context.Context, s *Shop) (Subject, error) {
	return Subject{Type: "terminal", ID: s.TID}, nil
}

// paying is met by a payment with a card, and asking about its order.
func paying(card string) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		ref, err := s.Pay(ctx, 1250, card)
		return Subject{Type: "order", ID: ref, Key: s.Key}, err
	}
}

// faulty breaks the shop's terminal.
func faulty(name string) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error { return s.Fault(ctx, name) }
}
