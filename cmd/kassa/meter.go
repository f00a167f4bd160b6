package main

import (
	"time"

	"kassa/journal"
)

// Bounds of the refused calls that are written down: so many at once, and so many a second for long. One
// account, or one address without an account, uses up its own share only.
const (
	burstOfSource, rateOfSource     = 60, 1.0
	burstOfAccounts, rateOfAccounts = 2000, 20.0
	burstOfStrangers                = 500
	rateOfStrangers                 = 5.0
	maxSources                      = 10_000
	tellLeftOut                     = 10 * time.Second
)

// meter bounds what is written for each source, and for all with and all without an account.
type meter struct {
	sources             map[source]*bucket
	accounts, strangers bucket
	leftOut             map[string]journal.LeftOut // by scope
}

// source is who calls: a scope, or without one an address.
type source struct{ scope, address string }

func newMeter() meter {
	return meter{
		sources:   make(map[source]*bucket),
		accounts:  bucket{tokens: burstOfAccounts},
		strangers: bucket{tokens: burstOfStrangers},
		leftOut:   make(map[string]journal.LeftOut),
	}
}

// bucket holds what may still be written at once.
type bucket struct {
	tokens float64
	at     time.Time
}

func (b *bucket) fill(now time.Time, burst, rate float64) {
	if passed := now.Sub(b.at); !b.at.IsZero() && passed > 0 {
		b.tokens = min(burst, b.tokens+rate*passed.Seconds())
	}
	b.at = now
}

// admit tells whether one more may be written for a source, and otherwise counts it as left out.
func (m *meter) admit(from source, account string, now time.Time) bool {
	all, burst, rate := &m.accounts, float64(burstOfAccounts), rateOfAccounts
	if from.scope == "" {
		all, burst, rate = &m.strangers, burstOfStrangers, rateOfStrangers
	} else {
		from.address = ""
	}
	all.fill(now, burst, rate)
	own := m.own(from, now)
	if all.tokens >= 1 && own.tokens >= 1 {
		all.tokens--
		own.tokens--
		return true
	}
	out := m.leftOut[from.scope]
	if out.Calls++; out.Since.IsZero() {
		out.Since = now
	}
	out.Account = account
	if from.scope == "" {
		if out.Calls > 1 && out.From != from.address {
			from.address = "" // several
		}
		out.From = from.address
	}
	m.leftOut[from.scope] = out
	return false
}

// own is the bucket of one source. When there are too many, those that are full are forgotten, and if that
// does not help all of them: what bounds the whole still holds.
func (m *meter) own(from source, now time.Time) *bucket {
	b, ok := m.sources[from]
	if !ok {
		if len(m.sources) >= maxSources {
			for s, b := range m.sources {
				if b.fill(now, burstOfSource, rateOfSource); b.tokens >= burstOfSource {
					delete(m.sources, s)
				}
			}
		}
		if len(m.sources) >= maxSources {
			clear(m.sources)
		}
		b = &bucket{tokens: burstOfSource}
		m.sources[from] = b
	}
	b.fill(now, burstOfSource, rateOfSource)
	return b
}

// drain gives what was left out since it was asked last, by scope.
func (m *meter) drain() map[string]journal.LeftOut {
	left := m.leftOut
	m.leftOut = make(map[string]journal.LeftOut)
	return left
}
