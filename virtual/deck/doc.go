// Package deck is the box of test cards: for every brand a set of numbered cards (rows), each with
// its own script for what goes right or wrong when it is used.
//
// A card's number is the brand's test prefix, 900000, the row and a check digit. The deck promises
// that a card is the same wherever it is asked for (terminal, host, tests), that every number in it
// passes the Luhn check, and that asking for a card that is not there names those that are. It holds
// what the card itself knows; what the issuer thinks of the card is package host's.
//
// It never holds anything but published test keys and test numbers, does no I/O, and puts no card
// number into an error.
package deck
