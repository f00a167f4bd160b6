// Package doctor says what is wrong, and what to do: facts in, findings out.
//
// It promises that a finding rests on facts that it was given, that the first cause is the headline and
// nothing behind it is blamed, and that the same facts give the same words wherever they are asked for:
// the API, the command line and the pages. It looks nothing up, keeps nothing and has no clock.
package doctor
