// Package provider is a simulated provider of terminals: a status feed, and two environments, test and production,
// each with terminals and a key of its own, over HTTP. It shares no type with Kassa.
//
// Its control interface opens incidents, changes terminals and keys, and lets it go silent, and shows its keys: a
// simulation has no secrets.
package provider
