package iso8583

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The tags of the private element DE48.
const (
	TagLifecycle      = "LI" // links the requests of one payment
	TagSingleTap      = "ST" // "1": the terminal can ask for the PIN on the same tap; in an answer: do so
	TagFollowUp       = "FU" // "1": this is the request with the PIN that follows such an answer
	TagOriginalRRN    = "OR" // the RRN of the sale that is refunded
	TagIncrement      = "IN" // "1": this authorisation raises the hold that DE90 and OR name
	TagOverCommit     = "OC" // "1": this capture may be above what is held
	TagReversalReason = "RR" // why it is reversed
	TagAmountCodes    = "AC" // "1": a test; the issuer judges a card that it would approve by the amount's last digits
)

// Reasons of a reversal, after DE25 of the 1993 edition.
const (
	ReversalCancelled   = "4000" // the customer or the merchant cancelled
	ReversalBadAnswer   = "4020" // the answer could not be trusted
	ReversalTimeout     = "4021" // no answer in time
	ReversalCardRefused = "4351" // the card refused what the host had approved
)

// Private is the content of DE48: values by tag, each written as the tag (2 an), the length of the
// value (3 digits) and the value, tags sorted.
type Private map[string]string

// ParsePrivate reads DE48. A tag that is there twice is an error.
func ParsePrivate(s string) (Private, error) {
	out := make(Private)
	for s != "" {
		if len(s) < 5 || !check(contentAN, s[:2]) || strings.Contains(s[:2], " ") || !check(contentDigits, s[2:5]) {
			return nil, &Error{48, "a private tag or its length is malformed"}
		}
		tag := s[:2]
		n := int(s[2]-'0')*100 + int(s[3]-'0')*10 + int(s[4]-'0')
		if len(s)-5 < n {
			return nil, &Error{48, "private tag " + tag + " ends early"}
		}
		if _, twice := out[tag]; twice {
			return nil, &Error{48, "private tag " + tag + " is there twice"}
		}
		out[tag] = s[5 : 5+n]
		s = s[5+n:]
	}
	return out, nil
}

// String is the wire form. Pack refuses it when it is too long for DE48.
func (p Private) String() string {
	var b strings.Builder
	for _, tag := range slices.Sorted(maps.Keys(p)) {
		v := p[tag]
		b.WriteString(tag)
		b.WriteString(padDigits(strconv.Itoa(len(v)), 3))
		b.WriteString(v)
	}
	return b.String()
}

// FormatOriginal is DE90: which message a reversal or a refund is about. The acquirer and the
// forwarder stay zero. Values of another length than 4, 6 and 10 digits make Pack fail.
func FormatOriginal(mti, stan, de7 string) string {
	return mti + stan + de7 + strings.Repeat("0", 22)
}

// ParseOriginal is the opposite of FormatOriginal.
func ParseOriginal(s string) (mti, stan, de7 string, err error) {
	if len(s) != 42 || !check(contentDigits, s) {
		return "", "", "", &Error{90, "it is not 42 digits"}
	}
	return s[:4], s[4:10], s[10:20], nil
}

func padDigits(s string, n int) string {
	return strings.Repeat("0", max(0, n-len(s))) + s
}
