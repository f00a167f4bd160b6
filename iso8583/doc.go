// Package iso8583 turns ISO 8583:1987 messages into bytes and back, as data tables say.
//
// A Profile is a table: which data elements exist, what each may hold, and how digits and lengths
// are written. Pack and Unpack follow it and know no business. The codec is strict: every frame
// that Unpack accepts packs again to the same bytes, and a trailing byte, a bad digit, a wrong
// length, an empty element or a bit without an entry in the table is an error that names the data
// element and never its value. Values keep their leading zeros and their padding: nothing is
// stripped or added. A Message prints itself with card data masked.
//
// It never panics on input, never does I/O beyond reading one frame from a reader it is given,
// holds no key (a MAC is computed by a function that is passed in) and knows no Kassa type.
package iso8583
