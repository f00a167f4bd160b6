// Package feed reads what providers of terminals say by themselves: which incidents they have, and how their terminals
// are. It writes into the registry of operators only what changed.
//
// What cannot be read changes nothing but that it is silent, and since when. Nothing that a provider sends is trusted
// further than a list of incidents and of its own terminals; each call is checked, and has limits on time, size and
// count. It judges nothing: the checks of package operator do.
package feed
