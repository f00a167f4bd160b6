// Package poi is the POI side of Kassa: the links over which terminals connect, prove who they are,
// get their keys and their activation, show orders and ask for authorisations.
//
// A Machine is one POI with its links, without a clock or a socket; the Hub and its links are the
// I/O around the machines. docs/protocol/poi-link.md describes what is spoken.
//
// It promises that only the device whose key is pinned speaks for a POI, that commands go to its
// newest link only while results are taken from any, that a frame is taken over at most once and
// told again until acknowledged, and that nothing here ever blocks the engine: a terminal that does
// not read is cut. It decides nothing about money, and never lets a clear card number through: it
// never sees a key, a PIN or a track in clear, and refuses frames that carry one.
package poi
