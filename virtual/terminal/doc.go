// Package terminal is a virtual payment terminal: a POI that speaks poilink to a cloud, with a
// screen, a PIN pad, a card reader, a secure element and a receipt printer that are made of code.
//
// It stands on the other side of the wire: it knows the protocol and the card standards, and shares
// none of Kassa's beliefs about orders or hosts. Machine is the device itself and is pure: inputs
// with their instant go in, outputs come out in the order in which they must happen. Shelf runs many
// machines in one process, each with its own journal and link, and gives people and scripts a page
// and a control API for them.
//
// Promises: what a frame says has been written to the journal before the frame leaves, so a power
// cut at any point neither forgets a request nor uses a DUKPT key twice; APPROVED is shown only for
// the verdict approved or the decision approved. The journal never holds a PAN, a track or a PIN in
// clear, and the package never logs card data or decides whether money moved.
package terminal
