// Package dashboard is the pages that people read: the terminals, the payments as they happen, each
// with what was said between whom, and the calls of the API.
//
// What it promises: every fact is in the page as it is served, without a script; a script only puts
// the same page in place again when the journal has grown. Times are machine-readable, and a state is
// never told by colour alone. Of the API's calls it keeps the newest in memory, and in them no key, no
// card number, no token and no name of a card holder.
//
// It changes nothing but what the doctor and the cases keep, and says nothing that the journal, the estate
// or a link does not: a page is made anew from them at every request. Who may read it is decided before it is asked.
package dashboard
