package terminal

import "time"

// The limits of one terminal. Each queue, list and repeat ends somewhere.
const (
	maxOutbox     = 256       // unacknowledged frames; above it new exchanges are refused with Busy
	maxEnded      = 64        // ended exchanges whose answer is kept for repeats
	maxReceipts   = 1000      // receipts on the roll, about a day of a busy shop
	maxLate       = 64        // frames held back by the fault "delay"
	maxCode       = 32        // characters of an activation code
	maxPIN        = 12        // ISO 9564
	minPIN        = 4         // ISO 9564
	maxServiceID  = 64        // nexo says 10; be liberal, yet bounded
	maxLabel      = 140       // characters of a description on the screen
	maxWishes     = 16        // starts, refunds and receipts without an answer
	maxHistory    = 200       // payments in the history
	pastShown     = 8         // of them on one screen
	maxAddress    = 254       // RFC 5321
	maxReplies    = 64        // answers to requests of class Device, for repeats
	maxRoll       = 640 << 10 // bytes of what registers printed that the roll keeps
	maxReplyBytes = 512 << 10
	maxMessages   = 8  // texts for the staff that nobody has read
	maxOutputs    = 8  // parts of a DisplayRequest
	maxEntries    = 40 // of a menu
	maxDigits     = 40 // of a number that a register asks for
	maxDecimals   = 6
	maxPoints     = 1000 // of a signature, and its lines: 26 KiB when it is sent
	maxInputTime  = 3600 // seconds
	maxOutcomes   = 64   // ends of orders that were started here, for who asks late

	// What the link allows in a start.
	maxReference   = 50
	maxDescription = 200
	maxURL         = 2048
	maxMinor       = 999_999_999_999 // ISO 8583 DE4
)

// The instants of the device. The outer timers are the cloud's; these are the terminal's own.
const (
	handshakeTimeout = 10 * time.Second // from link up to welcome
	reconnectFirst   = 500 * time.Millisecond
	reconnectMost    = 30 * time.Second
	keysRetry        = 30 * time.Second // asking for an initial key again
	keysDiffer       = 2 * time.Second  // the same, where the cloud knows no such key
	activateRetry    = 30 * time.Second // automatic activation after a passing refusal
	defaultHeartbeat = 15 * time.Second
	pinTimeout       = 30 * time.Second // cards.md 7.3
	answerTimeout    = 20 * time.Second // then the screen says that the result is not known
	askAgainFirst    = 5 * time.Second
	askAgainMost     = 30 * time.Second
	resultShown      = 3 * time.Second // declined, before "present card" again
	endShown         = 5 * time.Second // approved, cancelled, not completed
	delayFault       = 10 * time.Second
	menuTimeout      = 2 * time.Minute // a menu that nobody touches
	totalsTimeout    = 10 * time.Second
	identifyTime     = 5 * time.Second
	bootTime         = 2 * time.Second
	flapAfter        = time.Second // the fault flap
	rebootEvery      = 24 * time.Hour
	syncTime         = 3 * time.Minute // the fault slow-sync
	promptTimeout    = 2 * time.Minute // where the register names no time
)

// The area of a signature, in points.
const (
	signatureWidth  = 480
	signatureHeight = 200
)

// noCVMLimitMinor is the contactless limit without cardholder verification: 50.00 EUR
// (PSD2 RTS article 11; NL, BE, ES and IT terminals).
const noCVMLimitMinor = 5000
