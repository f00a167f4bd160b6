package poilink

// Limits of a log's way up. A chunk of the longest lines stays below MaxFrame.
const (
	MaxLogLines = 200   // of one chunk
	MaxLogBytes = 40000 // of the texts of one chunk
	MaxLogText  = 300   // bytes of a line's text
)

// CollectLogs asks a POI for the lines of its log whose time lies in a window, from line After on. The cloud asks
// for the next ones when it has made those before durable, and asks again after a reconnect: a POI keeps nothing
// for it.
type CollectLogs struct {
	Task string `json:"task"`
	// FromMS and UntilMS are the window in Unix milliseconds by the cloud's clock; UntilMS is not part of it.
	FromMS  int64 `json:"fromMS"`
	UntilMS int64 `json:"untilMS"`
	// After is the number of the last line that the cloud has, 0 for none.
	After uint64 `json:"after"`
}

// LogChunk answers collectLogs, with at most MaxLogLines lines whose numbers rise.
type LogChunk struct {
	Task  string    `json:"task"`
	After uint64    `json:"after"` // what was asked for
	Lines []LogLine `json:"lines,omitempty"`
	// Left is how many lines of the window follow.
	Left int `json:"left"`
}

// LogLine is one thing that happened on a POI. It never holds card data, a PIN or a key.
type LogLine struct {
	// N counts the lines over the life of the device, from 1.
	N uint64 `json:"n"`
	// AtMS is when it happened, in Unix milliseconds by the cloud's clock as the POI knows it.
	AtMS int64 `json:"atMS"`
	// Part is the part of the device: "power", "link", "order", "screen", "card", "answer", "settings", "print" or "device".
	Part string `json:"part"`
	Text string `json:"text"` // at most MaxLogText bytes
	// Exchange is the payment that it belongs to; empty for none.
	Exchange string `json:"exchange,omitempty"`
}
