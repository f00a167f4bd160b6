// Package webhook delivers what merchants must be told: it follows the journal, lets the dialect
// of an order render and sign, and sends until the receiver acknowledges.
//
// What it promises: every fact that calls for a webhook becomes a delivery, in the same batch that
// moves the cursor past the fact, so that a crash loses none and makes none twice. A delivery is
// tried at once and three times more, a quarter of an hour apart, and then parked; each try is kept
// with its status, latency and the beginning of the reply. Receivers get at least one copy. Those
// of one order arrive in their order. A slow receiver delays only its own host. In the live
// environment a connection is made to public addresses over HTTPS only.
//
// It never decides what is said or when: that is the dialect's. It never follows a redirect and
// never shows or keeps a key.
package webhook
