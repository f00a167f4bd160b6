// Package terminallog is the tasks that collect the logs of terminals: made, released, collected line by line over the
// terminal's link, read, and emptied when they expire.
//
// The cloud pulls. A chunk of lines and the place up to which a task has them become durable together, and only then
// the next lines are asked for: a restart, a kill or a broken link loses no line and brings none twice. Lines that a
// terminal's ring has lost are counted as gaps. It promises that a task shows only lines of the time in which the
// device was its account's, and that nothing runs before it was released. Instants, ids and randomness come from outside.
package terminallog
