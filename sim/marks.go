package sim

import "slices"

// Mark is something rare that must have happened at least once over a full run: else the seeds do
// not reach what they are for.
type Mark string

// The marks.
const (
	Paid                Mark = "order completed"
	STANWrapped         Mark = "STAN wrapped"
	KeyReplayed         Mark = "key replay refused"
	LateApproval        Mark = "late approval"
	LateAfterReversal   Mark = "late approval after 0430"
	CancelDuring        Mark = "cancel during authorisation"
	CancelLost          Mark = "cancel came after the approval"
	CancelWon           Mark = "cancel won"
	AnswerFetched       Mark = "stored answer fetched from the host"
	ReversalRepeated    Mark = "reversal repeated"
	ReversalOfNothing   Mark = "reversal of what the host never had"
	RefundRepeated      Mark = "refund repeated"
	RefundDone          Mark = "refund completed"
	RefundAskedAgain    Mark = "refund asked again"
	RefundAboveRefused  Mark = "refund above the rest refused"
	CreateRepeated      Mark = "create repeated"
	CreateAfterEnd      Mark = "create repeated after the end"
	OtherBodyRefused    Mark = "another body refused"
	TerminalResent      Mark = "terminal sent a frame again"
	TerminalResumed     Mark = "terminal resumed an exchange"
	JournalCompacted    Mark = "terminal journal compacted"
	AnswerRetold        Mark = "stored answer told again"
	DecisionOnHello     Mark = "decision told after a hello"
	ResultLost          Mark = "terminal showed that the result is not known"
	RestartAuthorising  Mark = "restart with an open authorisation"
	RestartCompleting   Mark = "restart while the chip has the last word"
	RestartOwing        Mark = "restart with a reversal owed"
	RestartRefunding    Mark = "restart with a refund owed"
	TurnWaited          Mark = "order waited its turn"
	OrderExpired        Mark = "order expired"
	OrderInactive       Mark = "order cancelled for inactivity"
	StopPressed         Mark = "order cancelled at the terminal"
	SteppedUp           Mark = "soft decline, then completed"
	WrongPINThenPaid    Mark = "wrong PIN, then completed"
	OtherCardPaid       Mark = "declined, then another card paid"
	ChipRefused         Mark = "chip refused after the host approved"
	CompletionLost      Mark = "chip's last word never came"
	NotSent             Mark = "request never left"
	WriteTooLate        Mark = "frame not started after its time"
	UnknownReversed     Mark = "unknown outcome reversed"
	AuthorisationFailed Mark = "reversed, and the issuer had posted it"

	PartReversed        Mark = "approved in part, and reversed"
	EnteredPaid         Mark = "typed-in card, completed"
	EnteredDeclined     Mark = "typed-in card, declined"
	EnteredUnknown      Mark = "typed-in card, unknown and reversed"
	RestartEntered      Mark = "restart with a typed-in card at the host"
	HoldCaptured        Mark = "hold captured whole"
	HoldInPart          Mark = "hold captured in part, the rest released"
	HoldReleased        Mark = "hold released whole"
	HoldExpired         Mark = "hold expired"
	HoldAtPOI           Mark = "hold of a card that was presented"
	HoldReversed        Mark = "hold reversed, and the issuer had held it"
	CaptureRepeated     Mark = "capture repeated"
	CaptureAskedAgain   Mark = "capture asked again"
	CaptureAboveRefused Mark = "capture above the rest refused"
	CaptureTooLate      Mark = "capture refused, nothing is held"
	CaptureRefunded     Mark = "refund of what was captured"
	ReleaseWaited       Mark = "release waited for a capture"
	RestartCapturing    Mark = "restart with a capture owed"
	RestartReleasing    Mark = "restart with a release owed"
	RefundVoided        Mark = "refund taken back"
	RefundVoidedLater   Mark = "refund cancelled before its answer, then taken back"
	RefundVoidRefused   Mark = "refund not taken back by the host"
	RestartVoiding      Mark = "restart with a refund's reversal owed"
	CreditPaid          Mark = "credit completed"
	CreditReversed      Mark = "credit reversed, and the issuer had paid it"
	CheckDone           Mark = "card check completed"

	StartPaid        Mark = "order started at the terminal, completed"
	StartRepeated    Mark = "start asked again"
	StartRefused     Mark = "start refused"
	ClaimPaid        Mark = "unclaimed order taken up, completed"
	ClaimLost        Mark = "claim came after another terminal's"
	UnclaimedExpired Mark = "unclaimed order expired"
	RestartUnclaimed Mark = "restart with an unclaimed order"
	TipPaid          Mark = "tip, completed"
	TipReversed      Mark = "tip, reversed, and the issuer had posted it"
	RestartTipped    Mark = "restart with a tip before its card"
	RefundAtPOI      Mark = "refund at the terminal"
	StartedHere      Mark = "order of a register started at the terminal where it waits"
	Deferred         Mark = "order taken back, its terminal left cloud mode"
	DeferredPaid     Mark = "order taken back, then completed"

	BusyRefused     Mark = "order that does not wait refused, its terminal is busy"
	OneTryDeclined  Mark = "order of one try ended by a decline"
	OneTrySteppedUp Mark = "order of one try completed after a soft decline"
)

// Marks lists the marks, in the order of their definition.
func Marks() []Mark {
	return []Mark{
		Paid, STANWrapped, KeyReplayed, LateApproval, LateAfterReversal, CancelDuring, CancelLost, CancelWon, AnswerFetched,
		ReversalRepeated, ReversalOfNothing,
		RefundRepeated, RefundDone, RefundAskedAgain, RefundAboveRefused, CreateRepeated, CreateAfterEnd,
		OtherBodyRefused, TerminalResent, TerminalResumed, JournalCompacted, AnswerRetold, DecisionOnHello, ResultLost,
		RestartAuthorising, RestartCompleting, RestartOwing, RestartRefunding, TurnWaited, OrderExpired, OrderInactive,
		StopPressed, SteppedUp, WrongPINThenPaid, OtherCardPaid, ChipRefused, CompletionLost, NotSent, WriteTooLate,
		UnknownReversed, AuthorisationFailed,
		PartReversed, EnteredPaid, EnteredDeclined, EnteredUnknown, RestartEntered, HoldCaptured, HoldInPart, HoldReleased, HoldExpired,
		HoldAtPOI, HoldReversed, CaptureRepeated, CaptureAskedAgain, CaptureAboveRefused, CaptureTooLate, CaptureRefunded,
		ReleaseWaited, RestartCapturing, RestartReleasing, RefundVoided, RefundVoidedLater, RefundVoidRefused,
		RestartVoiding, CreditPaid, CreditReversed, CheckDone,
		StartPaid, StartRepeated, StartRefused, ClaimPaid, ClaimLost, UnclaimedExpired, RestartUnclaimed, TipPaid, TipReversed,
		RestartTipped, RefundAtPOI, StartedHere, Deferred, DeferredPaid, BusyRefused, OneTryDeclined, OneTrySteppedUp,
	}
}

func (w *world) mark(m Mark) { w.marks[m]++ }

// has tells whether a list of facts holds one of these kinds.
func has(kinds []string, any ...string) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(any, k) })
}
