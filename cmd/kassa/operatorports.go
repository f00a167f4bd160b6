package main

import (
	"crypto/rand"

	"kassa/operator"
)

// This file joins whom unattended terminals work for with the rest of the installation.

// joinOperators reads the operators' platforms, contracts and set-ups.
func (c *cloud) joinOperators() (err error) {
	c.operators, err = operator.Open(operator.Config{
		Store: c.store, Now: c.now, Pairings: operator.Pairings(),
		NewID: func() (string, error) { return rand.Text(), nil },
	})
	return err
}
