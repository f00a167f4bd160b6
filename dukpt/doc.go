// Package dukpt is what a terminal and its host do with keys: AES-DUKPT (ANSI X9.24-3), PIN blocks
// (ISO 9564-1 format 4), CMAC and key check values, TR-31 key blocks (version D), and sealing of
// card data.
//
// Both sides are here: a Device derives each key once and forgets it, the host derives the same key
// from the base key and the key serial number. A counter of zero or with more than 16 one-bits has
// no key. Nothing panics on input from outside, errors never hold a key or a PIN, and every key is
// a card.Key, which masks itself. The package keeps no state but what a Device holds, does no I/O,
// and takes its randomness from the caller. It does not know which counters have been seen: refusing
// a replay is for who keeps the record. Keys of 16, 24 and 32 bytes work; a derived key is as long
// as the key it comes from.
package dukpt
