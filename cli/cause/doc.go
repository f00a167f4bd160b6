// Package cause makes things go wrong, for real: each recipe breaks something in a running installation or in the
// simulated parties around it, over HTTP as anybody could, and then does what its user does.
//
// It promises that a recipe changes how something behaves and tells nobody: who looks for the cause shares no code
// with it. Every recipe works in a shop of its own (an account with a group, keys, a webhook address and a
// terminal), unless it says that it breaks the whole installation.
package cause
