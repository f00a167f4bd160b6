package poi

import "time"

// Limits of one link and one POI. Each queue and each list ends somewhere.
const (
	maxPending   = 64 // frames down that wait for the acknowledgement of the POI
	maxQueue     = 2 * maxPending
	maxSessions  = 4   // links of one POI, the replaced ones that still close included
	maxWorking   = 512 // frames up that are being written down; a terminal keeps fewer
	maxOpen      = 64
	maxExchange  = 10 // characters of a nexo ServiceID
	maxRequest   = 1000
	maxCode      = 64
	maxSoftware  = 64
	maxHelloText = 100
	maxEMV       = 1024 // bytes; DE55 holds 255 on most hosts
	maxSealed    = 256
	maxLabel     = 32 // characters; EMV tag 50 has 16
	maxAID       = 32 // hex digits
	maxKCV       = 32
	maxDrain     = 1 << 20
	// aheadSize is what a link reads beyond a header: an acknowledgement or a ping is whole in it.
	aheadSize = 64
	// injectionsPerMinute: each spends a device number, and there are 2^32 of them.
	injectionsPerMinute = 6
	// activationsPerMinute: each refusal is written down.
	activationsPerMinute = 10
	// clonesPerMinute: each alarm is written down, and two clones replace each other for ever.
	clonesPerMinute = 1
	// measureEvery is after how many pings of the POI the round trip is measured.
	measureEvery = 6
)

// Times of the link.
const (
	// DefaultHeartbeat stays under the shortest idle cut of firewalls (60 s) with room for a loss.
	DefaultHeartbeat = 10 * time.Second
	// missedHeartbeats is how long a link may be silent before its POI is offline.
	missedHeartbeats = 2
	handshakeTime    = 10 * time.Second
	writeTime        = 10 * time.Second
	closeTime        = 2 * time.Second // for the last frames of a link that is being closed
	maxShown         = 5 * time.Minute // how long a POI may show a PaymentRequest from its receipt
	retryInjection   = 30 * time.Second
	retryActivation  = time.Minute
	retryStore       = 5 * time.Second
)

// Defaults of Config.
const (
	defaultMaxLinks  = 8_000 // with what the front takes (10,000) below 20,000 descriptors
	defaultHandshake = 200   // a second
)
