// Package sim runs the whole of Kassa under a seed: the production engine and the pure halves of
// its edges, the virtual terminals and the virtual host, with one scheduler, one clock and one
// source of chance between them.
//
// A seed has two phases. In the first, faults: messages are lost, late, repeated, reordered and
// broken, links are cut and left half open, every party crashes before and after what it writes,
// clocks jump. In the second everything heals, and time runs until all is quiet. Then a checker
// that shares no code with what it checks compares the issuer's ledger, the terminals' endings and
// receipts, what the cash registers were told, and Kassa's books.
//
// It promises that a seed gives the same run every time, that a run in which a kind of fault never
// happened or a rare branch was never reached has failed, and that each of the planted bugs is
// found. It starts no goroutine but one for each worker of [Run], has no socket and no file, and
// adds no switch to production code: the planted bugs are wrapped around it.
package sim
