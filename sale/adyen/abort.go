package adyen

// What became of an Abort, in the header X-Kassa-Abort: nexo has no answer to one.
const (
	abortDone     = "aborted"
	abortTooLate  = "tooLate"
	abortNotFound = "notFound"
	abortUnknown  = "unknown" // the host is being asked; TransactionStatus tells
)
