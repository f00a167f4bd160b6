package front

import "time"

// What a client may hold open, and for how long.
const (
	// headerTimeout is how long the request line and the header may take.
	headerTimeout = 10 * time.Second
	// bodyTimeout is how long the body may take, from the end of the header.
	bodyTimeout = 30 * time.Second
	// writeTimeout is how long one write to the client may wait for it to read. It is counted anew
	// for each write, so that an event stream may last.
	writeTimeout = 30 * time.Second
	// idleTimeout is how long a connection is kept between two requests.
	// Cash registers keep one for as long as a payment may take.
	idleTimeout = 200 * time.Second
	// maxHeaderBytes bounds the request line and the header; beyond it the answer is 431.
	maxHeaderBytes = 64 << 10
	// DefaultMaxConns is how many connections may be open at once, those that were handed over for
	// a WebSocket not counted (who took them limits them). A process may usually have 20,000 files
	// open or more; half of them stay for terminals, the acquirer and the store.
	DefaultMaxConns = 10_000
	// maxRequestID is the longest Request-Id that is taken from a client.
	maxRequestID = 64
	// maxLoggedPath is how much of a path the access log shows.
	maxLoggedPath = 256
	// maxFrames is how much of the stack the log shows after a panic.
	maxFrames = 24
	// DefaultGrace is how long requests may go on after the stop.
	DefaultGrace = 3 * time.Second
)
