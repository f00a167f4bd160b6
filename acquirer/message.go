package acquirer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kassa"
	"kassa/iso8583"
)

// Processing codes (DE3) and network codes (DE70).
const (
	purchase = "000000"
	refunded = "200000"

	networkSignOn  = "001"
	networkSignOff = "002"
	networkEcho    = "301"
)

// pinCapture is DE26: the longest PIN that the terminal takes.
const pinCapture = "12"

// entryModes are DE22 on a terminal with a PIN pad.
var entryModes = map[kassa.Entry]string{kassa.Contactless: "071", kassa.Chip: "051", kassa.Magstripe: "901", kassa.Fallback: "801"}

func padRight(s string, n int) string { return s + strings.Repeat(" ", max(0, n-len(s))) }

// frameOf sets what all money messages have.
func (m *Machine) frameOf(mti, code string, o kassa.NewOrder, amount kassa.Money, sent time.Time, stan, rrn string) *iso8583.Message {
	local := sent.In(m.cfg.Zone)
	msg := &iso8583.Message{MTI: mti}
	msg.Set(3, code)
	msg.Set(4, fmt.Sprintf("%012d", amount.Minor))
	msg.Set(11, stan)
	msg.Set(12, local.Format("150405"))
	msg.Set(13, local.Format("0102"))
	msg.Set(32, m.cfg.AcquirerID)
	msg.Set(37, rrn)
	msg.Set(41, wireTID(o))
	msg.Set(42, padRight(o.MID, 15))
	msg.Set(49, amount.Currency.Numeric())
	return msg
}

// saleMessage is a purchase without its card data. A repeat differs in its MTI only, and in the
// padding of its PIN block.
func (m *Machine) saleMessage(j *job) *iso8583.Message {
	auth := j.sale.Auth
	msg := m.frameOf("0200", purchase, j.order, auth.Amount, auth.TransmittedAt, auth.STAN, auth.RRN)
	if j.sent > 0 {
		msg.MTI = "0201"
	}
	msg.Set(7, j.de7)
	msg.Set(18, m.cfg.MCC)
	msg.Set(22, entryModes[auth.Entry])
	if psn := auth.Card.PSN; psn != "" {
		msg.Set(23, strings.Repeat("0", max(0, 3-len(psn)))+psn)
	}
	msg.Set(25, "00")
	if auth.HasPIN {
		msg.Set(26, pinCapture)
	}
	if m.cfg.Place != "" {
		msg.Set(43, padRight(m.cfg.Place, 40))
	}
	private := iso8583.Private{iso8583.TagLifecycle: j.sale.Lifecycle}
	if auth.Card.SingleTap {
		private[iso8583.TagSingleTap] = "1"
	}
	if auth.FollowUpOf != 0 {
		private[iso8583.TagFollowUp] = "1"
	}
	msg.Set(48, private.String())
	msg.SetBytes(55, j.sale.Sealed.EMV)
	return msg
}

// reversalMessage is the advice that undoes a purchase. A repeat differs in its MTI only.
func (m *Machine) reversalMessage(j *job) *iso8583.Message {
	auth := j.undo.Auth
	msg := m.frameOf("0420", purchase, j.order, auth.Amount, auth.TransmittedAt, auth.STAN, auth.RRN)
	if j.sent > 0 {
		msg.MTI = "0421"
	}
	msg.Set(7, j.de7)
	msg.Set(38, auth.AuthCode)
	why := kassa.ReversalTimeout
	if auth.Reversal != nil {
		why = auth.Reversal.Reason
	}
	msg.Set(48, iso8583.Private{
		iso8583.TagLifecycle: j.order.ID(), iso8583.TagReversalReason: string(why),
	}.String())
	msg.Set(90, iso8583.FormatOriginal("0200", auth.STAN, de7(auth.TransmittedAt)))
	return msg
}

// refundMessage pays back. A repeat differs in its MTI only; one that a former process may have sent
// is a repeat.
func (m *Machine) refundMessage(j *job) *iso8583.Message {
	r, paid := j.back.Refund, j.back.Original
	msg := m.frameOf("0200", refunded, j.order, r.Amount, r.TransmittedAt, r.STAN, r.RRN)
	if j.sent > 0 || j.back.Again {
		msg.MTI = "0201"
	}
	msg.Set(7, j.de7)
	msg.Set(48, iso8583.Private{
		iso8583.TagLifecycle: j.order.ID(), iso8583.TagOriginalRRN: paid.RRN,
	}.String())
	msg.Set(90, iso8583.FormatOriginal("0200", paid.STAN, de7(paid.TransmittedAt)))
	return msg
}

// networkMessage is a sign-on, an echo, or the answer to one of the host's.
func (m *Machine) networkMessage(mti, sent, stan, code, rc string) (Frame, error) {
	msg := &iso8583.Message{MTI: mti}
	msg.Set(7, sent)
	msg.Set(11, stan)
	msg.Set(39, rc)
	msg.Set(70, code)
	return m.cfg.Profile.PackMAC(msg, m.secure.MAC)
}

// amountOf reads DE4 and DE49.
func amountOf(msg *iso8583.Message, want kassa.Money) (approved kassa.Money, ok bool) {
	minor, err := strconv.ParseInt(msg.Get(4), 10, 64)
	if err != nil || msg.Get(49) != want.Currency.Numeric() {
		return kassa.Money{}, false
	}
	return kassa.Money{Minor: minor, Currency: want.Currency}, true
}
