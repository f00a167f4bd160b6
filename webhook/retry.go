package webhook

import "time"

// Policy says when a webhook that is not acknowledged is tried again.
type Policy struct {
	// Delays are the times from the first, the second, … failed try to the one after it.
	Delays []time.Duration
	// Every is the time from there on; 0 gives it up.
	Every time.Duration
	// Until ends it, counted from the fact that called for it; 0 never does.
	Until time.Duration
	// Warn is the number of failed tries after which people are told (WebhookWarned); 0 never.
	Warn int
}

// next gives the instant of the try that follows so many, the last of them at an instant; ok is false when
// none does.
func (p Policy) next(tries int, made, last time.Time) (at time.Time, ok bool) {
	delay := p.Every
	if tries <= len(p.Delays) {
		delay = p.Delays[tries-1]
	}
	at = last.Add(delay)
	return at, delay > 0 && (p.Until == 0 || at.Sub(made) <= p.Until)
}
