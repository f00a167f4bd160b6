package acquirer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"kassa/iso8583"
)

// SecureModule is what the secure module does for a message on its way to the host.
type SecureModule interface {
	// CompleteSale opens what the terminal sealed under the key with this serial number and bound
	// to aad, and sets DE35, and with a PIN DE110.
	CompleteSale(m *iso8583.Message, ksn string, aad, track2, pin []byte) error
	// CompleteEntered opens a card that was typed in and bound to aad, and sets DE2, DE14 and DE126.
	CompleteEntered(m *iso8583.Message, aad, sealed []byte) error
	// MAC is the MAC of a message under the zone's authentication key.
	MAC(b []byte) ([8]byte, error)
}

// Config is how the host wants to be spoken to, and the limits. A zero value means the default.
type Config struct {
	// Profile is the host's dialect of ISO 8583; default Kassa87.
	Profile *iso8583.Profile
	// AcquirerID is DE32, digits; default "000001".
	AcquirerID string
	// MCC is DE18, the merchant category; default 5999. Place is DE43, where the merchant is: name
	// 25, city 13, country 2 characters; absent when empty.
	MCC, Place string
	// Zone is where the terminals are (DE12, DE13); default UTC.
	Zone *time.Location

	// Timeout is how long an authorisation may take; default 15 s. It lies within the terminal's
	// own 20 s, and above what the host takes to give up on the issuer.
	Timeout time.Duration
	// LinkPatience is how long an authorisation may wait for a connection when none carries traffic,
	// as for a moment after a start; zero is not at all.
	LinkPatience time.Duration
	// EchoAfter is the silence after which a connection is tried with an echo, default 30 s;
	// NetworkTimeout is how long the answer to a sign-on or an echo may take, default 10 s.
	EchoAfter, NetworkTimeout time.Duration
	// SignOnAgain is how long after the host signed a connection off it is asked again; default 30 s.
	SignOnAgain time.Duration
	// RepeatFirst and RepeatMax are the first and the longest pause between two tries of a
	// reversal or a refund; default 5 s and 5 min.
	RepeatFirst, RepeatMax time.Duration
	// AlarmAfter is how many tries fail until each further one raises an alarm; default 6.
	AlarmAfter int

	// Codes are response codes of this host's own, each with the one of the table that it means here.
	Codes map[string]string

	// MaxInFlight bounds what one connection may have in the air, default 256. MaxWaiting bounds
	// the authorisations that wait for their terminal's reversals, default 1024.
	MaxInFlight, MaxWaiting int
	// OwedAlarm is the number of reversals and refunds outstanding from which on an alarm is
	// raised; default 1000. They have no limit of their own, since none may be dropped: each
	// is an open order in the journal, and those are bounded there.
	OwedAlarm int
	// MaxRemembered bounds the outcomes that are kept to recognise a late or duplicate answer;
	// default 32768.
	MaxRemembered int
}

// maxMisses is the number of echoes without an answer after which a connection is dead.
const maxMisses = 2

func (c Config) withDefaults() Config {
	if c.Profile == nil {
		c.Profile = iso8583.Kassa87()
	}
	if c.AcquirerID == "" {
		c.AcquirerID = "000001"
	}
	if c.MCC == "" {
		c.MCC = "5999"
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	for _, d := range []struct {
		at   *time.Duration
		then time.Duration
	}{
		{&c.Timeout, 15 * time.Second}, {&c.EchoAfter, 30 * time.Second},
		{&c.NetworkTimeout, 10 * time.Second}, {&c.SignOnAgain, 30 * time.Second},
		{&c.RepeatFirst, 5 * time.Second}, {&c.RepeatMax, 5 * time.Minute},
	} {
		if *d.at <= 0 {
			*d.at = d.then
		}
	}
	for _, n := range []struct {
		at   *int
		then int
	}{{&c.AlarmAfter, 6}, {&c.MaxInFlight, 256}, {&c.MaxWaiting, 1024}, {&c.OwedAlarm, 1000}, {&c.MaxRemembered, 32768}} {
		if *n.at <= 0 {
			*n.at = n.then
		}
	}
	return c
}

// laneTime is how long an authorisation may wait for its terminal's reversals. A third of its
// time stays for the host: with less it would only become unknown.
func (c Config) laneTime() time.Duration { return c.Timeout * 2 / 3 }

// pause is how long to wait after the n-th try, from 1: it doubles up to the longest, and loses up
// to a tenth so that many terminals do not repeat at the same instant.
func (c Config) pause(n int, random *rand.Rand) time.Duration {
	d := c.RepeatFirst
	for range n - 1 {
		if d *= 2; d >= c.RepeatMax {
			d = c.RepeatMax
			break
		}
	}
	return d - time.Duration(random.Float64()*float64(d)/10)
}

// checkCodes refuses what would make a host's own code mean nothing, or a listed one something else.
func (c Config) checkCodes() error {
	for own, means := range c.Codes {
		if _, listed := codes[own]; listed || len(own) != 2 {
			return fmt.Errorf("acquirer: code %q is not two characters, or is one that the table has", own)
		}
		if _, listed := codes[means]; !listed {
			return fmt.Errorf("acquirer: code %q cannot mean %q, which is not in the table", own, means)
		}
	}
	return nil
}

var errNoModule = errors.New("acquirer: no secure module")
