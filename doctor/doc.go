// Package doctor says what is wrong, and what to do: facts in, findings out.
//
// A Chart is all that is known of a subject: its records, and the entries of the journal that have to do
// with it. A Book is the rules, one file each in the folders beneath, grouped by who says so. Examine
// holds the chart against the book and gives a Diagnosis; the ladder of the connection test (Rise,
// Conclude) goes step by step and needs no book.
//
// It promises that a finding rests on facts that it was given, that the first cause is the headline and
// nothing behind it is blamed, that what is not known is never taken for good, and that the same facts
// give the same words wherever they are asked for. It looks nothing up, keeps nothing and has no clock.
package doctor
