// Package host is the acquirer's host and the card issuers behind it, as one simulated party that
// knows nothing of who calls it: it sees bytes on a link and keeps a ledger of its own.
//
// It promises to judge by cryptography and by the state of the account: a message whose MAC is
// wrong is refused with 89, a chip whose cryptogram is wrong or used twice with 82, a PIN block that
// does not open with 81. What a message did to an account is on disk before its answer leaves. An
// identity (terminal, STAN, transmission time) has at most one effect, whatever is repeated, and a
// reversal undoes its original once, even when it arrives first. The card decides which answer is
// lost, late, broken or given twice (see package deck); faults set from outside come before that.
//
// It never writes a card number, track, PIN or key to its ledger: accounts are named by brand and
// row. It never lets an amount choose an outcome; limits and balances do. It holds money (0100),
// raises a hold (0100 with DE48 tag IN), captures it (0220; above it, flagged with tag OC, as far as its rules for
// holds let it) and gives back what is left (0420, with DE95 where a part stays). It offers no reconciliation and
// answers those messages with 40.
//
// Machine and its parts are pure; Ledger, Server and Control do the I/O around it.
package host
