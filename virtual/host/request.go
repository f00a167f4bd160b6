package host

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"kassa/card"
	"kassa/emv"
	"kassa/iso8583"
)

// request is a money message as far as its kind does not matter.
type request struct {
	msg     *iso8583.Message
	private iso8583.Private
	repeat  bool
	tid     string
	mid     string
	rrn     string
	id      string
	amount  int64
}

// identity is what names a transaction for ever: no terminal gives the same STAN and transmission
// time to two of them.
func identity(tid, stan, sent string) string { return tid + "|" + stan + "|" + sent }

// readRequest reads what every money message must have; false is a format error.
func readRequest(msg *iso8583.Message) (request, bool) {
	for _, de := range []int{3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49} {
		if !msg.Has(de) {
			return request{}, false
		}
	}
	amount, err := strconv.ParseInt(msg.Get(4), 10, 64)
	if err != nil {
		return request{}, false
	}
	private, err := iso8583.ParsePrivate(msg.Get(48))
	if err != nil || len(private[iso8583.TagLifecycle]) > maxLifecycle || len(private[iso8583.TagOriginalRRN]) > maxRRN {
		return request{}, false
	}
	r := request{
		msg: msg, private: private, repeat: msg.MTI[3] == '1', amount: amount,
		tid: strings.TrimRight(msg.Get(41), " "), mid: strings.TrimRight(msg.Get(42), " "), rrn: msg.Get(37),
	}
	r.id = identity(r.tid, msg.Get(11), msg.Get(7))
	return r, r.tid != ""
}

// record starts the record of a request, before it is judged.
func (r request) record(now time.Time, k Kind) Record {
	return Record{
		At: now, Kind: k, TID: r.tid, MID: r.mid, STAN: r.msg.Get(11), Sent: r.msg.Get(7), RRN: r.rrn,
		Amount: r.amount, Currency: r.msg.Get(49), Lifecycle: r.private[iso8583.TagLifecycle],
		State: StateDeclined,
	}
}

// sale is what a sale brings beside: the card, and what its holder did.
type sale struct {
	pan    card.PAN
	expiry string // YYMM
	code   string // the verification code of a card that was typed in
	entry  string // DE22
	// psn is the card sequence number, two digits, "" when the message has none.
	psn      string
	chip     emv.List
	pinBlock []byte
	// singleTap tells that the terminal can ask for the PIN on the same tap; followUp that this
	// is the same tap again, with the PIN.
	singleTap bool
	followUp  bool
	// amountCodes tells that the amount may ask for an answer.
	amountCodes bool
}

func (s sale) tap() bool     { return strings.HasPrefix(s.entry, "07") }
func (s sale) contact() bool { return strings.HasPrefix(s.entry, "05") }
func (s sale) stripe() bool {
	return strings.HasPrefix(s.entry, "90") || strings.HasPrefix(s.entry, "80")
}
func (s sale) entered() bool { return strings.HasPrefix(s.entry, "01") }
func (s sale) hasPIN() bool  { return len(s.pinBlock) > 0 }

// shows is a tag of the chip in hexadecimal, "" when it is absent or longer than any that is asked for.
func (s sale) shows(t emv.Tag) string {
	v, _ := s.chip.Get(t)
	if len(v) > maxShown {
		return ""
	}
	return strings.ToUpper(hex.EncodeToString(v))
}

// canPIN tells whether the terminal has a PIN pad (DE22, third digit).
func (s sale) canPIN() bool { return strings.HasSuffix(s.entry, "1") }

// readSale reads the card part of a sale, or tells why it is refused.
func readSale(r request) (s sale, rc string) {
	s = sale{
		entry: r.msg.Get(22), pinBlock: r.msg.Bytes(110),
		singleTap: r.private[iso8583.TagSingleTap] == "1", followUp: r.private[iso8583.TagFollowUp] == "1",
		amountCodes: r.private[iso8583.TagAmountCodes] == "1",
	}
	if psn := r.msg.Get(23); psn != "" {
		s.psn = psn[1:]
	}
	if s.entered() {
		return s, s.readEntered(r)
	}
	if s.entry == "" || !r.msg.Has(35) || s.hasPIN() && len(s.pinBlock) != 16 {
		return sale{}, rcFormat
	}
	if !s.tap() && !s.contact() && !s.stripe() {
		return sale{}, rcNotPermitted
	}
	track, err := card.ParseTrack2(r.msg.Get(35))
	if err != nil {
		return sale{}, rcUnknownCard
	}
	s.pan, s.expiry = track.PAN(), track.Expiry()
	if s.stripe() {
		return s, ""
	}
	if s.chip, err = emv.Parse(r.msg.Bytes(55)); err != nil || len(s.chip) == 0 {
		return sale{}, rcFormat
	}
	return s, ""
}

// readEntered reads a card that was typed in: it has no chip data and no PIN.
func (s *sale) readEntered(r request) (rc string) {
	s.expiry, s.code = r.msg.Get(14), r.msg.Get(126)
	if s.hasPIN() || r.msg.Has(35) || r.msg.Has(55) || s.expiry == "" {
		return rcFormat
	}
	var err error
	if s.pan, err = card.ParsePAN(r.msg.Get(2)); err != nil {
		return rcUnknownCard
	}
	return ""
}
