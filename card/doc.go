// Package card is card data that masks itself: PAN, track 2, PIN and key types that can be parsed,
// compared and passed on, and whose every print is masked.
//
// No fmt verb, JSON encoding or slog attribute of these types shows more than a PAN's first six and
// last four digits (PCI DSS 3.4.1), and that holds too where they sit in an unexported field of
// somebody else's struct. The only way to the value is Reveal, so a search for that word finds
// every place that touches it. Errors name the rule, never the value. Nothing here is erased from
// memory when it is no longer used: Go cannot promise that.
//
// It does no I/O, and imports nothing of ours.
package card
