// Package ocpi is the door for charge point operators: Kassa as a Payment Terminal Provider over OCPI
// 2.2.1 (Direct Payment) and 2.3.0 (Payments), as server and as client.
//
// It keeps connections, the terminals as operators see them, what operators say of locations, tariffs,
// sessions and CDRs, and the confirmations that it owes them. What a session means for money is not its
// affair: it hands sessions, CDRs and command results to [Charging] and answers what comes back. An
// operator sees its own terminals and objects only; those of others are not there.
package ocpi
