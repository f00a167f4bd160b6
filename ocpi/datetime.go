package ocpi

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// errTime is the rule of a DateTime.
var errTime = errors.New("must be a time in UTC such as 2026-11-21T00:48:00Z, at most 25 characters, without an offset")

// DateTime is an instant (OCPI types, DateTime: RFC 3339 in UTC; without Z it is UTC all the same, and
// an offset is not allowed).
type DateTime struct{ time.Time }

// At is an instant as OCPI writes it: whole milliseconds, because 25 characters have no room for more.
func At(t time.Time) DateTime { return DateTime{t.UTC().Truncate(time.Millisecond)} }

// ParseDateTime reads a DateTime.
func ParseDateTime(text string) (DateTime, error) {
	if len(text) > 25 {
		return DateTime{}, errTime
	}
	t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text, "Z"))
	if err != nil {
		return DateTime{}, errTime
	}
	return DateTime{t}, nil
}

// String writes it with Z, and with a fraction of milliseconds only when there is one.
func (d DateTime) String() string { return d.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// MarshalJSON writes a JSON string.
func (d DateTime) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a JSON string; null and the empty string leave it as it is.
func (d *DateTime) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return broken(errTime.Error(), dateTimeType())
	}
	if text == nil || *text == "" {
		return nil
	}
	read, err := ParseDateTime(*text)
	if err != nil {
		return broken(errTime.Error(), dateTimeType())
	}
	*d = read
	return nil
}
