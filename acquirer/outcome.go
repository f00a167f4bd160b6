package acquirer

import (
	"kassa"
	"kassa/emv"
	"kassa/iso8583"
)

// Class is what a response code (DE39) comes down to.
type Class string

// The classes of response codes.
const (
	ClassApproved  Class = "A"
	ClassPartial   Class = "P" // approved in part
	ClassStepUp    Class = "S" // a soft decline: more authentication
	ClassRetry     Class = "R" // later perhaps
	ClassCorrect   Class = "C" // with a correction
	ClassNever     Class = "N" // never again with this card
	ClassTechnical Class = "T" // the host's fault, or ours
)

// Approved tells whether the cardholder's account was touched.
func (c Class) Approved() bool { return c == ClassApproved || c == ClassPartial }

// Action is what follows, in the words of ISO 20022 (caaa.002 ActionType) where it has one.
type Action string

// The actions.
const (
	ActionNone    Action = ""
	ActionPIN     Action = "PINQ"    // ask for the PIN and send the same tap again
	ActionRePIN   Action = "PINR"    // ask for the PIN again
	ActionInsert  Action = "FLFW"    // fall forward to the chip
	ActionReverse Action = "reverse" // the outcome is not known
	ActionKeys    Action = "keys"    // the zone keys must be exchanged
)

// Verdict is what an answer means.
type Verdict struct {
	Class  Class
	Reason kassa.Reason
	Action Action
	// Unlisted tells that the table has no such code.
	Unlisted bool
}

// tap is what a line of the table asks of the single tap.
type tap uint8

const (
	tapAny     tap = iota
	tapOffered     // the terminal can ask for the PIN and send the same tap again
	tapAgreed      // and the issuer's answer says: do so
)

// line is one line of the table. The first one that fits counts; an empty condition always fits.
type line struct {
	brand string
	entry kassa.Entry
	tap   tap
	arc   string // the end of tag 91, for schemes that say there what they want
	is    Verdict
}

func only(c Class, r kassa.Reason) []line { return []line{{is: Verdict{Class: c, Reason: r}}} }

const amex = "AMEX"

// Codes that call for more than their line of the table says.
const (
	codeFormat    = "30"
	codeDuplicate = "94"
)

// The verdicts on which codes and situations agree.
var (
	askPIN     = Verdict{Class: ClassStepUp, Reason: kassa.SoftDeclinePIN, Action: ActionPIN}
	insertCard = Verdict{Class: ClassStepUp, Reason: kassa.SoftDeclineInsert, Action: ActionInsert}
	notKnown   = Verdict{Class: ClassTechnical, Action: ActionReverse}
	badKeys    = Verdict{Class: ClassTechnical, Reason: kassa.Configuration, Action: ActionKeys}
	plainNo    = Verdict{Class: ClassRetry, Reason: kassa.Declined}
)

// codes is DE39 of the 1987 edition with the schemes' additions. 65 means another thing on a
// contact transaction than on a tap, and 70 and 1A make sense on a tap only.
var codes = map[string][]line{
	"00": only(ClassApproved, kassa.None), // approved
	"08": only(ClassApproved, kassa.None), // honour with identification
	"11": only(ClassApproved, kassa.None), // VIP
	"85": only(ClassApproved, kassa.None), // no reason to decline
	"10": only(ClassPartial, kassa.None),  // DE4 holds the lower amount

	"01": only(ClassNever, kassa.DeclinedReferral),
	"02": only(ClassNever, kassa.DeclinedReferral),
	"03": only(ClassTechnical, kassa.Configuration), // invalid merchant
	"04": only(ClassNever, kassa.DeclinedPickUp),
	"05": only(ClassRetry, kassa.Declined), // do not honour
	"06": only(ClassTechnical, kassa.DeclinedUnavailable),
	"07": only(ClassNever, kassa.DeclinedPickUp),
	"12": only(ClassNever, kassa.Configuration),   // invalid transaction
	"13": only(ClassCorrect, kassa.Configuration), // invalid amount
	"14": only(ClassNever, kassa.DeclinedCard),
	"15": only(ClassNever, kassa.DeclinedCard), // no such issuer
	"17": only(ClassNever, kassa.Declined),     // the customer cancelled
	"19": only(ClassRetry, kassa.DeclinedUnavailable),
	"21": only(ClassTechnical, kassa.Declined),      // no action taken
	"25": only(ClassTechnical, kassa.Declined),      // original not found
	"30": only(ClassTechnical, kassa.Configuration), // format error
	"31": only(ClassTechnical, kassa.DeclinedCard),  // not routable
	"33": only(ClassNever, kassa.DeclinedExpired),
	"34": only(ClassNever, kassa.DeclinedPickUp),
	"38": only(ClassRetry, kassa.PINTriesExceeded),
	"40": only(ClassTechnical, kassa.Configuration), // function not supported
	"41": only(ClassNever, kassa.DeclinedPickUp),    // lost
	"43": only(ClassNever, kassa.DeclinedPickUp),    // stolen
	"46": only(ClassNever, kassa.DeclinedCard),      // closed account
	"51": only(ClassRetry, kassa.DeclinedFunds),
	"54": only(ClassCorrect, kassa.DeclinedExpired),
	"55": {{is: Verdict{Class: ClassCorrect, Reason: kassa.WrongPIN, Action: ActionRePIN}}},
	"57": only(ClassNever, kassa.DeclinedCard),  // not permitted to the card
	"58": only(ClassNever, kassa.Configuration), // not permitted to the terminal
	"59": only(ClassNever, kassa.DeclinedPickUp),
	"61": only(ClassRetry, kassa.DeclinedLimit),
	"62": only(ClassNever, kassa.DeclinedCard),
	"63": only(ClassNever, kassa.DeclinedSecurity),
	"65": {
		{entry: kassa.Contactless, tap: tapAgreed, is: askPIN},
		{entry: kassa.Contactless, is: insertCard},
		{is: Verdict{Class: ClassRetry, Reason: kassa.DeclinedLimit}},
	},
	"68": {{is: notKnown}}, // the host had no answer in time
	"70": {
		{entry: kassa.Contactless, tap: tapOffered, is: askPIN},
		{entry: kassa.Contactless, is: insertCard},
		{is: plainNo},
	},
	"75": only(ClassRetry, kassa.PINTriesExceeded),
	"76": only(ClassTechnical, kassa.Declined), // does not match the original
	"77": only(ClassTechnical, kassa.Declined),
	"78": {{entry: kassa.Contactless, is: insertCard}, {is: plainNo}}, // first use must be chip and PIN
	"81": {{is: badKeys}},
	"82": only(ClassNever, kassa.DeclinedSecurity), // the card's cryptogram is wrong
	"86": only(ClassRetry, kassa.DeclinedUnavailable),
	"88": {{is: badKeys}},
	"89": {{is: badKeys}},
	"91": only(ClassRetry, kassa.DeclinedUnavailable),
	"92": only(ClassTechnical, kassa.DeclinedCard), // not routable
	"94": {{is: notKnown}},                         // a duplicate: what the first one got is not said
	"95": only(ClassTechnical, kassa.Declined),     // reconcile error
	"96": only(ClassTechnical, kassa.DeclinedUnavailable),
	"1A": {
		{brand: amex, entry: kassa.Contactless, tap: tapOffered, arc: "13", is: askPIN},
		{entry: kassa.Contactless, is: insertCard},
		{is: plainNo},
	},
	"R0": only(ClassNever, kassa.DeclinedCard), // revoked by the cardholder
	"R1": only(ClassNever, kassa.DeclinedCard),
	"R3": only(ClassNever, kassa.DeclinedCard),
	"N7": only(ClassNever, kassa.DeclinedSecurity),
	"6P": only(ClassCorrect, kassa.DeclinedSecurity), // identification failed
}

// Read tells what an answer to an authorisation means. A code that is not in the table is a
// decline, unless the answer also brings an approval code: then it is not known what it says.
func (c Config) Read(msg *iso8583.Message, auth kassa.Authorisation) Verdict {
	code := msg.Get(39)
	if means, ok := c.Codes[code]; ok {
		code = means
	}
	lines, ok := codes[code]
	if !ok {
		v := plainNo
		if msg.Has(38) {
			v = notKnown
		}
		v.Unlisted = true
		return v
	}
	for _, l := range lines {
		if l.fits(msg, auth) {
			return l.is
		}
	}
	return notKnown
}

func (l line) fits(msg *iso8583.Message, auth kassa.Authorisation) bool {
	switch {
	case l.brand != "" && l.brand != auth.Card.Brand,
		l.entry != "" && l.entry != auth.Entry,
		l.tap != tapAny && !auth.Card.SingleTap,
		l.arc != "" && l.arc != authenticationCode(msg):
		return false
	case l.tap != tapAgreed:
		return true
	}
	private, err := iso8583.ParsePrivate(msg.Get(48))
	return err == nil && private[iso8583.TagSingleTap] == "1"
}

// authenticationCode is the response code at the end of tag 91.
func authenticationCode(msg *iso8583.Message) string {
	list, err := emv.Parse(msg.Bytes(55))
	if err != nil {
		return ""
	}
	v, _ := list.Get(0x91)
	return string(v[max(0, len(v)-2):])
}

// acceptsReversal tells whether the answer to a reversal ends it. With 21, 25 and 76 the host
// never had the original, so that there is nothing to undo.
func acceptsReversal(rc string) bool {
	switch rc {
	case "00", "21", "25", "76":
		return true
	}
	return false
}
