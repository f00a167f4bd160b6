// Package ocpi is the messages of OCPI 2.2.1 (with the Direct Payment addition) and 2.3.0 (with the
// Payments extension) as far as a Payment Terminal Provider speaks them: types, their JSON, the rules
// of their fields, tokens and times.
//
// Reading is tolerant where peers differ (an unknown field, an unknown word in an enum, either shape of
// a Price, one object wrapped in a list) and writing is exact for the version asked for. Bad input gets
// an [Error] that names the field and the rule. Amounts and quantities are [Decimal], never floats.
//
// It computes and does nothing else, and imports nothing of ours.
package ocpi
