// Package acquirer is the acquirer's side: it takes what the language owes the host
// (authorisations, reversals, refunds), speaks ISO 8583 over a few connections, and reports what
// came of it.
//
// Machine decides and is pure; Link is the sockets around it. What they promise:
//
//   - An authorisation is sent once at most, and is resolved by its deadline: answered, unknown
//     (it may have reached the host) or not sent (no byte of it has left). The three are never
//     mixed up.
//   - An answer counts when its MAC, its identity, its amount and its currency are right, and
//     once. Any other is an alarm and no answer; one that comes after the outcome is reported as
//     late and changes nothing here.
//   - A reversal is repeated until the host has accepted it, a refund until it is answered. Both
//     may travel over any connection, and are never dropped.
//   - While a terminal has a reversal outstanding, none of its authorisations leaves.
//
// It never decides about an order, never sees a key, and never prints card data.
package acquirer
