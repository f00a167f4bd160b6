// Package cpo is a simulated charge point operator: it speaks OCPI 2.2.1 and 2.3.0 over HTTP to a Payment
// Terminal Provider, has chargers with tariffs and cars, and keeps what it was told, so that confirmations can
// be compared with what was charged. It shares nothing with Kassa but the messages on the wire.
package cpo
