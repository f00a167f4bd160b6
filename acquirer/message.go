package acquirer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kassa"
	"kassa/iso8583"
)

// Processing codes (DE3) and network codes (DE70). A card check is an authorisation of nothing.
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
var entryModes = map[kassa.Entry]string{
	kassa.Contactless: "071", kassa.Chip: "051", kassa.Magstripe: "901", kassa.Fallback: "801",
	kassa.Entered: "010",
}

// saleMTI is how the host is asked about the card: a financial request takes the money at once, an
// authorisation request holds it, or checks the card.
func saleMTI(o kassa.NewOrder) string {
	if o.Capture == kassa.CaptureLater || o.Kind == kassa.CardCheck {
		return "0100"
	}
	return "0200"
}

func saleIdentity(o kassa.NewOrder, stan string) identity {
	return identity{saleMTI(o)[1], wireTID(o), stan}
}

// codeOf is the processing code of an order's request about the card.
func codeOf(o kassa.NewOrder) string {
	if o.Kind == kassa.Credit {
		return refunded
	}
	return purchase
}

// conditionOf is DE25.
func conditionOf(o kassa.NewOrder) string {
	switch {
	case o.Channel.CardAbsent():
		return "01"
	case o.Capture == kassa.CaptureLater:
		return "06"
	}
	return "00"
}

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

// saleMessage is an order's request about a card, without the card data. A repeat differs in its MTI
// only, and in the padding of its PIN block.
func (m *Machine) saleMessage(j *job) *iso8583.Message {
	auth := j.sale.Auth
	msg := m.frameOf(saleMTI(j.order), codeOf(j.order), j.order, auth.Amount, auth.TransmittedAt, auth.STAN, auth.RRN)
	if j.sent > 0 {
		msg.MTI = msg.MTI[:3] + "1"
	}
	msg.Set(7, j.de7)
	msg.Set(18, m.cfg.MCC)
	msg.Set(22, entryModes[auth.Entry])
	if psn := auth.Card.PSN; psn != "" {
		msg.Set(23, strings.Repeat("0", max(0, 3-len(psn)))+psn)
	}
	msg.Set(25, conditionOf(j.order))
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
	if j.order.AmountCodes {
		private[iso8583.TagAmountCodes] = "1"
	}
	msg.Set(48, private.String())
	msg.SetBytes(55, j.sale.Sealed.EMV)
	return msg
}

// reversalMessage is the advice that undoes a request, whole or what is left of it. A repeat differs
// in its MTI only.
func (m *Machine) reversalMessage(j *job) *iso8583.Message {
	of := j.undo
	msg := m.frameOf("0420", of.code, j.order, of.amount, of.sent, of.stan, of.rrn)
	if j.sent > 0 {
		msg.MTI = "0421"
	}
	msg.Set(7, j.de7)
	msg.Set(38, of.authCode)
	msg.Set(48, iso8583.Private{
		iso8583.TagLifecycle: j.order.ID(), iso8583.TagReversalReason: string(of.why),
	}.String())
	msg.Set(90, iso8583.FormatOriginal(of.mti, of.stan, de7(of.sent)))
	if of.kept.Minor > 0 {
		msg.Set(95, iso8583.FormatReplacement(of.kept.Minor))
	}
	return msg
}

// captureMessage takes what is held. A repeat differs in its MTI only.
func (m *Machine) captureMessage(j *job) *iso8583.Message {
	c, held := j.take.Capture, j.take.Original
	msg := m.frameOf("0220", purchase, j.order, c.Amount, c.TransmittedAt, c.STAN, c.RRN)
	if j.sent > 0 || j.take.Again {
		msg.MTI = "0221"
	}
	msg.Set(7, j.de7)
	msg.Set(38, held.AuthCode)
	private := iso8583.Private{iso8583.TagLifecycle: j.order.ID(), iso8583.TagOriginalRRN: held.RRN}
	if c.Over {
		private[iso8583.TagOverCommit] = "1"
	}
	msg.Set(48, private.String())
	msg.Set(90, iso8583.FormatOriginal("0100", held.STAN, de7(held.TransmittedAt)))
	return msg
}

// incrementMessage asks to hold more: an authorisation request without a card, since the hold says whose it is. A
// repeat differs in its MTI only.
func (m *Machine) incrementMessage(j *job) *iso8583.Message {
	n, held := j.more.Increment, j.more.Original
	msg := m.frameOf("0100", purchase, j.order, n.Amount, n.TransmittedAt, n.STAN, n.RRN)
	if j.sent > 0 || j.more.Again {
		msg.MTI = "0101"
	}
	msg.Set(7, j.de7)
	msg.Set(18, m.cfg.MCC)
	msg.Set(25, conditionOf(j.order))
	msg.Set(38, held.AuthCode)
	msg.Set(48, iso8583.Private{
		iso8583.TagLifecycle: j.order.ID(), iso8583.TagOriginalRRN: held.RRN, iso8583.TagIncrement: "1",
	}.String())
	msg.Set(90, iso8583.FormatOriginal("0100", held.STAN, de7(held.TransmittedAt)))
	return msg
}

// refundMessage pays back. A repeat differs in its MTI only; one that a former process may have sent
// is a repeat.
func (m *Machine) refundMessage(j *job) *iso8583.Message {
	r, paid, mti := j.back.Refund, j.back.Original, saleMTI(j.order)
	if c := j.back.Of; c.Number != 0 {
		paid.STAN, paid.RRN, paid.TransmittedAt, mti = c.STAN, c.RRN, c.TransmittedAt, "0220"
	}
	msg := m.frameOf("0200", refunded, j.order, r.Amount, r.TransmittedAt, r.STAN, r.RRN)
	if j.sent > 0 || j.back.Again {
		msg.MTI = "0201"
	}
	msg.Set(7, j.de7)
	msg.Set(48, iso8583.Private{
		iso8583.TagLifecycle: j.order.ID(), iso8583.TagOriginalRRN: paid.RRN,
	}.String())
	msg.Set(90, iso8583.FormatOriginal(mti, paid.STAN, de7(paid.TransmittedAt)))
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
