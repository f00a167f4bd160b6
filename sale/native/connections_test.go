package native_test

import (
	"context"

	"kassa/sale/native"
)

// connections has none.
type connections struct{}

func (connections) Connections() []native.Connection { return nil }

func (connections) Make(n native.NewConnection, _ string) (native.Connection, string, error) {
	if n.Name == "" {
		return native.Connection{}, "", native.InvalidConnection{Why: "name is required"}
	}
	return native.Connection{ID: "C1", Name: n.Name, Account: n.Account}, "token", nil
}

func (connections) Register(context.Context, string, string, string) (native.Connection, error) {
	return native.Connection{}, native.ErrNoConnection
}

func (connections) End(context.Context, string, string) error { return native.ErrNoConnection }
