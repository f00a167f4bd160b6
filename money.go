package kassa

import "fmt"

// Currency is an ISO 4217 alphabetic code.
type Currency string

// EUR is the only currency that card-present acceptance takes so far.
const EUR Currency = "EUR"

// Numeric is the ISO 4217 numeric code that ISO 8583 DE49 carries; empty for one that Kassa
// cannot send to a host.
func (c Currency) Numeric() string {
	if c == EUR {
		return "978"
	}
	return ""
}

// MaxMinor is the largest amount that ISO 8583 DE4 (n12) can carry.
const MaxMinor int64 = 999_999_999_999

// Money is an amount in minor units of its currency (cents for EUR).
type Money struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

func (m Money) String() string {
	sign, minor := "", m.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s %s%d.%02d", m.Currency, sign, minor/100, minor%100)
}
