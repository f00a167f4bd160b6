// Package front is what every HTTP request to Kassa passes through: the listeners, TLS with a
// local certificate authority, limits on what a client may hold open, request ids, the access log,
// and the end of it all within a given time.
//
// What it promises:
//
//   - It listens on loopback unless it is told an address.
//   - A client that is slow, in its header, its body or in reading the answer, loses its connection
//     and nobody else's. How large a body may be is for the doors to say: they know their dialect.
//   - Every answer carries a Request-Id, and the request that a handler sees carries the same one.
//   - The access log has no query string, no header and no body in it, and what a handler panicked
//     with is never printed: a key or a card number in either would be in the log for good.
//   - When it is told to stop, event streams end at once, other requests have the grace period to
//     finish, and Run returns when their handlers have.
//
// It never looks into a dialect, and it decides nothing about who may do what, except that the
// simulation is only for pages of this machine ([SimGuard]).
package front
