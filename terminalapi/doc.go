// Package terminalapi is a client for the Terminal API that Adyen's payment terminals speak over the
// cloud, for registers written in Go: payments, refunds, aborts, status, displays, questions and prints.
//
// A register sends over the Terminal Cloud API or the Cloud Device API, in clear or encrypted, and
// works in minor units: what goes over the wire as a decimal is converted exactly.
//
// The rule about lost answers is built in. A payment is sent once. When its answer does not come, the
// outcome is [Unknown]: neither paid nor failed. [Client.Resolve] then asks for the status until it is
// known, and only [NotFound] says that a new payment is safe. Before [Client.Pay] a register stores the
// payment's ServiceID, so that it can ask after a crash too.
//
// A refusal is an error, so that no goods leave because nobody looked: [Failure] from the terminal or
// the issuer, [Reject] when the platform could not deliver the message, [HTTPError] from the server,
// [InputError] for what never left. It keeps nothing, logs nothing and never repeats a payment.
package terminalapi
