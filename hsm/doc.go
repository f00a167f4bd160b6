// Package hsm is the secure module: the one place in the cloud that works with keys, card data and
// PINs in clear. Everything else holds sealed bytes and asks.
//
// It injects initial keys into terminals, turns a terminal's sealed card data and PIN block into
// what the host gets, makes the MACs of the host link, and keeps the secrets of callers sealed. It
// never hands out a key or a clear PIN: no method returns one, no error holds one, and no print of
// a Module shows one. A message that it refuses is left as it was. A Module is safe for concurrent
// use.
//
// Which key serial numbers have been used is not kept here: the record that refuses a replay is the
// engine's.
//
// It is software, with the root key in a file beside what that key protects. PCI PIN Security wants
// both inside a device that destroys them when it is opened; this package has the shape of such a
// device and not its protection, and is meant for test environments.
package hsm
