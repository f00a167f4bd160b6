// Package operator is whom unattended terminals work for: platforms of charge point operators with their
// environments, the providers whose terminals they use, contracts, contactless set-ups, stations, and which terminal is
// bound to which charger.
//
// A terminal of a provider's test environment works on a charger of an acceptance platform, and one of production on one
// of production; which kinds go together is data ([Pairing]). [Check] is pure: it tells what keeps a terminal from
// taking payments at a charger, in the order in which people look, and nothing unknown counts as good. A [Registry]
// keeps it all, and runs the checks before it binds a terminal.
//
// It decides no payment and knows no protocol.
package operator
