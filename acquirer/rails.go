package acquirer

import (
	"bytes"
	_ "embed" // the defaults are a file, to be read and copied
	"encoding/json"
	"fmt"
	"io"
	"time"

	"kassa"
)

// OverCommit is how far an acquirer submits captures above what is held.
type OverCommit string

// The kinds of over-commit.
const (
	OverCommitNone     OverCommit = "none"
	OverCommitPercent  OverCommit = "percent"  // up to a share of the hold
	OverCommitAbsolute OverCommit = "absolute" // up to an amount above the hold
)

// Rail is what one acquirer allows for holds of one scheme and merchant category; "*" is any of them.
type Rail struct {
	Scheme string `json:"scheme"` // as kassa.CardFacts.Brand
	MCC    string `json:"mcc"`    // ISO 18245
	// ValidityHours is how long a hold lasts; ExtendOnIncrement whether an approved increment starts that anew.
	ValidityHours     int        `json:"validity_hours"`
	ExtendOnIncrement bool       `json:"extend_on_increment"`
	MaxIncrements     int        `json:"max_increments"`
	OverCommit        OverCommit `json:"overcommit"`
	// OverPercent goes with percent, OverMost (minor units above the hold) with absolute.
	OverPercent int   `json:"over_percent,omitempty"`
	OverMost    int64 `json:"over_most,omitempty"`
	// ReversalDeadlineHours is within what time what is not needed of a hold has to be released.
	ReversalDeadlineHours int `json:"reversal_deadline_hours"`
}

// Rails are the profiles of an acquirer, the first that fits counts.
type Rails struct {
	// Note is for people.
	Note  string `json:"note,omitempty"`
	Rails []Rail `json:"rails"`
}

//go:embed rails.json
var defaultRails []byte

// DefaultRails are cautious defaults. They must be confirmed with the acquirer.
func DefaultRails() (Rails, error) { return ReadRails(bytes.NewReader(defaultRails)) }

// ReadRails reads profiles from a file. An error names the profile, the field and the rule.
func ReadRails(r io.Reader) (Rails, error) {
	var rails Rails
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rails); err != nil {
		return Rails{}, fmt.Errorf("acquirer: rail profiles: %w", err)
	}
	for i, p := range rails.Rails {
		if err := p.check(); err != nil {
			return Rails{}, fmt.Errorf("acquirer: rails[%d].%w", i, err)
		}
	}
	return rails, nil
}

// The limits of a profile.
const (
	maxValidityHours  = 366 * 24
	maxRailIncrements = 100
	maxOverPercent    = 100
)

func (p Rail) check() error {
	switch {
	case p.Scheme == "":
		return fmt.Errorf("scheme: it must not be empty; * is any")
	case p.MCC != "*" && len(p.MCC) != 4:
		return fmt.Errorf("mcc: it must be four digits, or *")
	case p.ValidityHours < 1 || p.ValidityHours > maxValidityHours:
		return fmt.Errorf("validity_hours: it must be from 1 to %d", maxValidityHours)
	case p.MaxIncrements < 0 || p.MaxIncrements > maxRailIncrements:
		return fmt.Errorf("max_increments: it must be from 0 to %d", maxRailIncrements)
	case p.ReversalDeadlineHours < 0 || p.ReversalDeadlineHours > maxValidityHours:
		return fmt.Errorf("reversal_deadline_hours: it must be from 0 to %d", maxValidityHours)
	}
	switch p.OverCommit {
	case OverCommitNone, OverCommitPercent, OverCommitAbsolute:
	default:
		return fmt.Errorf("overcommit: it must be none, percent or absolute")
	}
	if (p.OverCommit == OverCommitPercent) != (p.OverPercent > 0) || p.OverPercent < 0 || p.OverPercent > maxOverPercent {
		return fmt.Errorf("over_percent: percent has one from 1 to %d, and nothing else has", maxOverPercent)
	}
	if (p.OverCommit == OverCommitAbsolute) != (p.OverMost > 0) || p.OverMost < 0 || p.OverMost > kassa.MaxMinor {
		return fmt.Errorf("over_most: absolute has one above 0, and nothing else has")
	}
	return nil
}

// For finds the profile of a scheme and a merchant category; ok is false when none fits.
func (r Rails) For(scheme, mcc string) (p Rail, ok bool) {
	for _, p := range r.Rails {
		if (p.Scheme == "*" || p.Scheme == scheme) && (p.MCC == "*" || p.MCC == mcc) {
			return p, true
		}
	}
	return Rail{}, false
}

// Most is the highest amount that may be captured of a hold, both in minor units.
func (p Rail) Most(hold int64) int64 {
	switch p.OverCommit {
	case OverCommitPercent:
		return hold + hold/100*int64(p.OverPercent) + hold%100*int64(p.OverPercent)/100
	case OverCommitAbsolute:
		return hold + p.OverMost
	}
	return hold
}

// Terms narrows what a merchant wishes for a hold of an amount (minor units) to what every profile of a merchant
// category keeps: before the card is read its scheme is not known. It also gives how long the hold lasts. Where no
// profile fits, nothing may be bent and the language's own time counts.
func (r Rails) Terms(mcc string, hold int64, wish kassa.HoldTerms) (terms kassa.HoldTerms, holdFor time.Duration) {
	terms, holdFor = wish, 0
	for _, p := range r.narrow(mcc) {
		terms.Increments = min(terms.Increments, p.MaxIncrements)
		terms.Extend = terms.Extend && p.ExtendOnIncrement
		terms.OverCommit = terms.OverCommit && p.OverCommit != OverCommitNone
		if most := p.Most(hold); p.OverCommit != OverCommitNone && (terms.Most == 0 || most < terms.Most) {
			terms.Most = most
		}
		if valid := time.Duration(p.ValidityHours) * time.Hour; holdFor == 0 || valid < holdFor {
			holdFor = valid
		}
	}
	switch {
	case holdFor == 0:
		return kassa.HoldTerms{Minimum: wish.Minimum, MinCapture: wish.MinCapture}, 0
	case !terms.OverCommit:
		terms.Most = wish.Most
	}
	return terms, holdFor
}

// narrow are the profiles that count for a merchant category: the first of each scheme that it names, and the first of
// all others.
func (r Rails) narrow(mcc string) (list []Rail) {
	seen := map[string]bool{}
	for _, p := range r.Rails {
		if (p.MCC == "*" || p.MCC == mcc) && !seen[p.Scheme] {
			seen[p.Scheme] = true
			list = append(list, p)
		}
	}
	return list
}
