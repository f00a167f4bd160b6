// Package cases keeps what people ask support about: a case with its subject, facts, notes and attachments.
//
// It promises that what a method returned is durable, that a case is seen by its account (or its group) and the operator
// alone, that two cases which become one lose nothing, and that what is attached is kept sealed and within limits. What
// is known of a subject comes from outside, masked. Instants, ids and randomness come from outside too.
package cases
