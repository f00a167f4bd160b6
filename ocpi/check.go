package ocpi

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// checker notes the first rule that is broken.
type checker struct{ err error }

func (c *checker) fail(field, rule string, args ...any) {
	if c.err == nil {
		c.err = &Error{field, fmt.Sprintf(rule, args...)}
	}
}

// id is a CiString: printable ASCII (OCPI types). Whether letters are the same in either case is for who compares.
func (c *checker) id(field, value string, most int, required bool) {
	switch {
	case value == "" && required:
		c.fail(field, "is required")
	case len(value) > most:
		c.fail(field, "has %d characters, at most %d", len(value), most)
	case strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) >= 0:
		c.fail(field, "must be printable ASCII")
	}
}

// text is a string: printable UTF-8.
func (c *checker) text(field, value string, most int, required bool) {
	switch {
	case value == "" && required:
		c.fail(field, "is required")
	case utf8.RuneCountInString(value) > most:
		c.fail(field, "has %d characters, at most %d", utf8.RuneCountInString(value), most)
	case !utf8.ValidString(value) || strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0:
		c.fail(field, "must be printable UTF-8")
	}
}

// word is a value of an enum. Which words there are changes with each version: any is taken.
func (c *checker) word(field, value string, required bool) { c.id(field, value, 50, required) }

func (c *checker) time(field string, t DateTime, required bool) {
	if required && t.IsZero() {
		c.fail(field, "is required")
	}
}

// country is an ISO 3166 code of two letters, party the id of a company (ISO 15118).
func (c *checker) party(field, country, party string, required bool) {
	if country == "" && party == "" && !required {
		return
	}
	if !twoLetters.MatchString(country) {
		c.fail(field+"country_code", "must be two letters (ISO 3166-1 alpha-2)")
	}
	if !threeSymbols.MatchString(party) {
		c.fail(field+"party_id", "must be three letters or digits")
	}
}

func (c *checker) currency(field, code string) {
	if !threeCapitals.MatchString(code) {
		c.fail(field, "must be three capitals (ISO 4217)")
	}
}

// url is an absolute address; which scheme and host may be called is for who calls it.
func (c *checker) url(field, value string, required bool) {
	c.id(field, value, 255, required)
	if value != "" && !absolute.MatchString(value) {
		c.fail(field, "must be an absolute http or https URL")
	}
}

func (c *checker) within(prefix string, err error) {
	if err == nil || c.err != nil {
		return
	}
	if e, ok := err.(*Error); ok {
		c.err = &Error{prefix + "." + e.Field, e.Rule}
		return
	}
	c.err = err
}

var (
	twoLetters    = regexp.MustCompile(`^[A-Za-z]{2}$`)
	threeSymbols  = regexp.MustCompile(`^[A-Za-z0-9]{3}$`)
	threeCapitals = regexp.MustCompile(`^[A-Z]{3}$`)
	absolute      = regexp.MustCompile(`^https?://[^\s/?#]+([/?#]\S*)?$`)
	latitude      = regexp.MustCompile(`^-?[0-9]{1,2}\.[0-9]{5,7}$`)
	longitude     = regexp.MustCompile(`^-?[0-9]{1,3}\.[0-9]{5,7}$`)
)
