// Package support is the jobs around the estate that take people and time: the request after a tamper alarm, the
// code of developer mode, the return of a device, and the injection of an initial key.
//
// Each job is a stream of its own, whose state is held in memory and whose steps are facts. It promises that what a
// method returned is durable, that a step of a job and the step of the estate that goes with it become durable
// together or not at all, and that an unlock code or a developer code works once, is bound to its device, and is never
// kept in clear. Instants, ids and randomness come from outside.
package support
