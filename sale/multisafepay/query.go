package multisafepay

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// query reads the parameters of an address. The first one that is wrong refuses the call; those that
// nobody asks for are ignored, since every SDK adds some.
type query struct {
	values  url.Values
	refused *refusal
}

func readQuery(r *http.Request) *query { return &query{values: r.URL.Query()} }

func (q *query) refuse(name, rule string) {
	if q.refused == nil {
		q.refused = field(codeUnknown, "%s %s", name, rule)
	}
}

// one gives a parameter that may be there once; an empty one counts as absent.
func (q *query) one(name string) string {
	values := q.values[name]
	if len(values) > 1 {
		q.refuse(name, "may be given once")
	}
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

// whole reads a number within bounds.
func (q *query) whole(name string, least, most, otherwise int64, rule string) int64 {
	v := q.one(name)
	if v == "" {
		return otherwise
	}
	n, ok := whole(v)
	if !ok || n < least || n > most {
		q.refuse(name, "must be a whole number "+rule)
		return otherwise
	}
	return n
}

// among reads a word out of a list.
func (q *query) among(name string, words []string) string {
	v := q.one(name)
	if v != "" && !slices.Contains(words, v) {
		q.refuse(name, "must be one of "+strings.Join(words, ", "))
		return ""
	}
	return v
}

// currency reads a currency code; there may be nothing in that currency.
func (q *query) currency(name string) string {
	v := q.one(name)
	if v != "" && !letters(v, 3) {
		q.refuse(name, "must be a currency of 3 letters, as EUR")
		return ""
	}
	return v
}

// country reads a country code.
func (q *query) country(name string) string {
	v := q.one(name)
	if v != "" && !letters(v, 2) {
		q.refuse(name, "must be a country of 2 letters, as NL")
		return ""
	}
	return v
}

func letters(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// instant reads a date, a date with a time (Dutch time, unless it says its zone), or Unix seconds.
func (q *query) instant(name string) time.Time {
	v := q.one(name)
	if v == "" {
		return time.Time{}
	}
	if seconds, ok := whole(v); ok && seconds < 1e11 {
		return time.Unix(seconds, 0)
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if at, err := time.ParseInLocation(layout, v, dutch.zone()); err == nil {
			return at
		}
	}
	// A plus that was not escaped has become a space.
	if at, err := time.Parse(time.RFC3339, strings.ReplaceAll(v, " ", "+")); err == nil {
		return at
	}
	q.refuse(name, "must be a date (2026-05-04), a date with a time (2026-05-04T15:50:00), or Unix seconds")
	return time.Time{}
}

// within tells whether an instant lies in a range that begins at from and ends before until; both may
// be missing.
func within(at, from, until time.Time) bool {
	return (from.IsZero() || !at.IsZero() && !at.Before(from)) && (until.IsZero() || !at.IsZero() && at.Before(until))
}
