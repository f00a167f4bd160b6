// Package emv is what the acquirer's side knows of a chip card: BER-TLV lists (EMV Book 3 annex B),
// card and session keys, application cryptograms and issuer authentication (EMV Book 2 sections 8.1
// and 8.2, and the Visa and M/Chip cryptogram versions 10, 16, 17, 18, 20, 21 and 22).
//
// Parsing is strict, so that what parses encodes back to the same bytes. Nothing panics on input,
// errors name the tag and never a value, and a list masks the tags that hold card data when it is
// printed. It is no kernel: it selects no application, judges no limits and does no offline
// authentication. It keeps no state and does no I/O.
package emv
