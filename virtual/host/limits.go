package host

import "time"

// The limits of one host. They keep a mad peer from taking its memory; no honest run meets them.
const (
	// maxTransactions is how many transactions one ledger holds; above it requests get 96.
	maxTransactions = 2_000_000
	// maxDelayed is how many answers wait to be sent late; further ones are lost.
	maxDelayed = 10_000
	// maxHoldRules is how many terminals have rules of their own; maxOver is the highest amount above a hold in
	// minor units, maxOverPercent the highest share, maxHoldSeconds the longest hold: a year.
	maxHoldRules   = 1000
	maxOver        = 1_000_000_00
	maxOverPercent = 100
	maxHoldSeconds = 366 * 24 * 3600
	// maxTID is the length of a terminal id (DE41).
	maxTID = 8
	// maxHeld is how many sales wait for their reversal to come first (card 104); further ones are lost.
	maxHeld = 1000
	// maxFaults is how many faults are set at a time.
	maxFaults = 256
	// maxFaultDelay is the longest delay of an answer that a fault may ask for.
	maxFaultDelay = 10 * time.Minute
	// maxLifecycle is the longest lifecycle id that is stored, in bytes.
	maxLifecycle = 64
	// maxShown is the longest tag of a chip that is stored, in bytes.
	maxShown = 32
	// maxRRN is the length of a retrieval reference number, in bytes.
	maxRRN = 12
	// maxConns is how many connections are served at a time; further ones are closed at once.
	maxConns = 1024
	// maxBatch is how many inputs share one write to the ledger.
	maxBatch = 512
	// maxQueued is how many frames wait to be written to one connection; a peer that reads
	// nothing for longer is disconnected.
	maxQueued = 1024
	// maxLine is the longest line of the ledger file, in bytes.
	maxLine = 4096
	// maxControlBody is the longest body of a control request, in bytes.
	maxControlBody = 4096
	// ledgerPage is how many ledger lines are copied at a time while others wait.
	ledgerPage = 4096
	// writeTimeout is how long a write to a peer may take.
	writeTimeout = 5 * time.Second
)

// The issuer's rules.
const (
	// maxPINTries is how often a wrong PIN is judged before the PIN is blocked.
	maxPINTries = 3
	// startBalance is what an account holds at first in each currency, in minor units.
	startBalance = 100_000_000_000
	// contactlessLimit is the highest contactless amount without a PIN, in euro cents (RTS on
	// strong customer authentication, article 11).
	contactlessLimit = 50_00
	// maxTaps and maxTapped are how often, and for how much in minor units, card 076 pays by tap until
	// its holder has to be verified again (the same article).
	maxTaps   = 5
	maxTapped = 150_00
	// maxRefusals is how often the host cannot take the reversal of card 103.
	maxRefusals = 5
	// verificationCode is printed on the back of every card of the deck.
	verificationCode = "123"
	// euro is the currency of contactlessLimit (ISO 4217).
	euro = "978"
)
