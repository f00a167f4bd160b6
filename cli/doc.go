// Package cli is the client verbs of the kassa command. They speak HTTP to a running installation,
// so that they do nothing that a program of your own could not do.
//
// The installation is the one of KASSA_URL, KASSA_TOKEN and KASSA_CA, else the one last started on
// this machine ([ReadLast]). What a cash register does goes over MultiSafepay's API with the key in
// KASSA_MSP_KEY, as it would from a register; all else over Kassa's own, as the operator.
//
// Promises: the exit code says how it ended ([OK] to [Unknown]) and stays the same between versions;
// an error is one line on stderr that says what to do next; with --json what is printed is JSON, one
// object a line, the error too; there are no colours where no person looks, or NO_COLOR is set.
//
// It never prints the token, the key, nor the card that it was given.
package cli
