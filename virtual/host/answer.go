package host

import (
	"fmt"
	"time"

	"kassa/emv"
	"kassa/iso8583"
)

// The response codes (DE39) that this host gives.
const (
	rcApproved      = "00"
	rcInvalid       = "12" // invalid transaction
	rcAmount        = "13"
	rcCode          = "N7" // the verification code is wrong
	rcUnknownCard   = "14"
	rcNotFound      = "25"
	rcFormat        = "30"
	rcNotSupported  = "40"
	rcFunds         = "51"
	rcExpired       = "54"
	rcWrongPIN      = "55"
	rcNotPermitted  = "57" // transaction not permitted to the card
	rcSoftPIN       = "65" // Mastercard: more authentication
	rcPINRequired   = "70" // Visa: PIN data required
	rcTriesExceeded = "75"
	rcCrypto        = "81" // the PIN block does not open
	rcCryptogram    = "82"
	rcBadMAC        = "89"
	rcUnavailable   = "91" // the link has not signed on
	rcDuplicate     = "94"
	rcMalfunction   = "96"
	rcInsertCard    = "1A"
	rcOwnPIN        = "71" // this host's own: PIN data required
	rcPartial       = "10"
	rcNoReason      = "85" // no reason to decline
)

// The network management codes (DE70).
const (
	networkSignOn  = "001"
	networkSignOff = "002"
	networkEcho    = "301"
)

const (
	tagIssuerAuthentication emv.Tag = 0x91
	tagResponseCode         emv.Tag = 0x8A
)

// result is what an answer adds to the echo of its request.
type result struct {
	rc         string
	approval   string
	singleTap  bool
	issuerAuth []byte
	// approved is the amount of a partial approval, 0 otherwise; field is DE44.
	approved int64
	field    string
}

// answerMTI turns a request or advice into its answer, a repeat too: 0201 → 0210, 0421 → 0430.
func answerMTI(mti string) string { return mti[:2] + string(mti[2]+1) + "0" }

// answer builds the answer to a message. A repeat is answered from the stored result and so gets
// the same bytes as the first.
func (m *Machine) answer(msg *iso8583.Message, r result) ([]byte, error) {
	a := &iso8583.Message{MTI: answerMTI(msg.MTI)}
	for _, de := range []int{3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 70} {
		a.Set(de, msg.Get(de))
	}
	if r.approved > 0 {
		a.Set(4, fmt.Sprintf("%012d", r.approved))
	}
	a.Set(38, r.approval)
	a.Set(39, r.rc)
	a.Set(44, r.field)
	private := iso8583.Private{}
	if asked, err := iso8583.ParsePrivate(msg.Get(48)); err == nil && asked[iso8583.TagLifecycle] != "" {
		private[iso8583.TagLifecycle] = asked[iso8583.TagLifecycle]
	}
	if r.singleTap {
		private[iso8583.TagSingleTap] = "1"
	}
	a.Set(48, private.String())
	if len(r.issuerAuth) > 0 {
		a.SetBytes(55, emv.List{
			{Tag: tagResponseCode, Value: []byte(r.rc)},
			{Tag: tagIssuerAuthentication, Value: r.issuerAuth},
		}.Encode())
	}
	return m.profile.PackMAC(a, m.mac)
}

// refuse answers at once and without a trace in the ledger: network messages, and what could not
// be taken for a transaction.
func (m *Machine) refuse(conn uint64, msg *iso8583.Message, rc string) []Output {
	frame, err := m.answer(msg, result{rc: rc})
	if err != nil {
		return []Output{CloseConn{Conn: conn}}
	}
	return []Output{Send{Conn: conn, Frame: frame}}
}

func (m *Machine) networkRequest(now time.Time, code string) ([]byte, error) {
	msg := &iso8583.Message{MTI: "0800"}
	msg.Set(7, now.UTC().Format("0102150405"))
	msg.Set(11, fmt.Sprintf("%06d", m.stan))
	msg.Set(70, code)
	return m.profile.PackMAC(msg, m.mac)
}

// approvalCode is DE38 of the n-th record.
func approvalCode(n uint64) string { return fmt.Sprintf("%06d", n%1_000_000) }
