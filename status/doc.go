// Package status tells how the installation's parts are, for everybody who depends on it: which components
// work, are slow or are down, what incidents there were, and how the last 90 days went.
//
// It promises that a component's state is measured from what really happens (answers, links, commits), that one
// bad look changes nothing and one good look mends nothing, that each change is a fact, and that what it shows
// names nobody's account, terminal or order. It measures nothing itself: it takes figures.
package status
