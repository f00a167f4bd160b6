// Package kassa is the language of an in-person payment: orders, attempts, authorisations,
// reversals, refunds, and the reasons why something was refused.
//
// It is pure: values in, values out; no I/O, no clock, no goroutines, no randomness. An [Order]
// moves by [Order.Step], which takes one [Input] at an instant and says what follows: the state,
// the facts to record ([Event]), the effects owed ([Effect]), or a refusal ([Reason]). State is
// nothing but the fold of [Order.Apply] over the facts, so that the journal alone rebuilds it.
//
// What it promises, whatever the order of inputs:
//
//   - One order charges at most once: no authorisation starts while another of the order may have
//     moved money and is not yet reversed.
//   - An outcome that is not known is never called failed: it owes a reversal until one is
//     acknowledged, and a late approval revives nothing.
//   - Final statuses are absorbing, and refunds never exceed what was paid.
//   - Captures never exceed what is held, and what is held ends captured or released: a hold is owed
//     its release at its deadline, if nobody asks before.
//
// It never sees a full PAN, a PIN or a track: only what may be kept of a card, and sealed bytes
// on their way to the secure module.
package kassa
