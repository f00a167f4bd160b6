package multisafepay

import (
	"net/http"

	"kassa"
)

// The dialect's error codes that this door uses.
const (
	codeUnknown        = 1000
	codeAmount         = 1001
	codeCurrency       = 1002
	codeOrderID        = 1006
	codeDescription    = 1008
	codeVariable       = 1010
	codeMissing        = 1016
	codeTerminal       = 1023
	codeDeclined       = 1024
	codeCartCurrencies = 1025
	codeCartCurrency   = 1026
	codeCartAmount     = 1027
	codeTaxRate        = 1028
	codeItemTax        = 1029
	codeItemCurrency   = 1030
	codeItemPrice      = 1031
	codeKey            = 1032
	codeRefund         = 1034
	codeCart           = 5001
	codeWorld          = 9999
)

// wireReason is how a reason looks on the wire: as the answer to a call that was refused for it,
// and as reason and reason_code of an order that was declined or ended for it.
type wireReason struct {
	status int
	code   int
	detail string // reason_code; empty for what is not a card's decline
	text   string // reason; empty for the reason's own text
}

// MultiSafepay answers most refusals with 404 and the code that tells them apart.
var wireReasons = map[kassa.Reason]wireReason{
	kassa.DuplicateOrder:       {status: http.StatusNotFound, code: codeOrderID},
	kassa.OrderFinished:        {status: http.StatusNotFound, code: codeOrderID},
	kassa.OrderUnknown:         {status: http.StatusNotFound, code: codeOrderID},
	kassa.AmountInvalid:        {status: http.StatusNotFound, code: codeAmount},
	kassa.CurrencyInvalid:      {status: http.StatusNotFound, code: codeCurrency},
	kassa.TerminalUnknown:      {status: http.StatusNotFound, code: codeTerminal},
	kassa.TerminalOtherGroup:   {status: http.StatusNotFound, code: codeTerminal},
	kassa.TerminalBarred:       {status: http.StatusNotFound, code: codeTerminal},
	kassa.NotCancellable:       {status: http.StatusConflict, code: codeUnknown},
	kassa.NotRefundable:        {status: http.StatusNotFound, code: codeRefund},
	kassa.RefundTooHigh:        {status: http.StatusNotFound, code: codeRefund},
	kassa.RefundDuplicate:      {status: http.StatusNotFound, code: codeRefund},
	kassa.RefundTooLate:        {status: http.StatusNotFound, code: codeRefund},
	kassa.TooManyRefunds:       {status: http.StatusNotFound, code: codeRefund},
	kassa.TooManyTries:         {status: http.StatusConflict, code: codeUnknown},
	kassa.RefundRepeated:       {status: http.StatusNotFound, code: codeRefund},
	kassa.NoHold:               {status: http.StatusNotFound, code: codeUnknown},
	kassa.CaptureTooHigh:       {status: http.StatusNotFound, code: codeAmount},
	kassa.CaptureRepeated:      {status: http.StatusNotFound, code: codeOrderID},
	kassa.TooManyCaptures:      {status: http.StatusNotFound, code: codeUnknown},
	kassa.RefundUnknown:        {status: http.StatusNotFound, code: codeRefund},
	kassa.RefundNotCancellable: {status: http.StatusNotFound, code: codeRefund},
	kassa.ClaimedElsewhere:     {status: http.StatusConflict, code: codeOrderID},
	kassa.TipInvalid:           {status: http.StatusNotFound, code: codeAmount},
	kassa.OutOfTurn:            {status: http.StatusConflict, code: codeUnknown},
	kassa.POIBusy:              {status: http.StatusConflict, code: codeTerminal},
	kassa.WorldBusy:            {status: http.StatusServiceUnavailable, code: codeWorld},

	kassa.CancelledBySale:     {status: http.StatusConflict, code: codeUnknown},
	kassa.CancelledAtPOI:      {status: http.StatusConflict, code: codeUnknown},
	kassa.Inactive:            {status: http.StatusConflict, code: codeUnknown},
	kassa.HoldExpired:         {status: http.StatusConflict, code: codeUnknown},
	kassa.NeverShown:          {status: http.StatusConflict, code: codeUnknown},
	kassa.NotCompleted:        {status: http.StatusConflict, code: codeUnknown},
	kassa.CardRefused:         {status: http.StatusConflict, code: codeDeclined},
	kassa.CompletionMissing:   {status: http.StatusConflict, code: codeUnknown},
	kassa.PartialNotAllowed:   {status: http.StatusConflict, code: codeDeclined},
	kassa.AcquirerUnreachable: {status: http.StatusConflict, code: codeUnknown},
	kassa.CardDataUnreadable:  {status: http.StatusConflict, code: codeUnknown},
	kassa.KeyReplay:           {status: http.StatusConflict, code: codeUnknown},
	kassa.POIUnable:           {status: http.StatusConflict, code: codeTerminal},
	kassa.TestCardInLive:      {status: http.StatusConflict, code: codeUnknown},
	kassa.MethodDisabled:      {status: http.StatusConflict, code: codeDeclined, detail: "4999"},
	kassa.TooManyHolds:        {status: http.StatusConflict, code: codeDeclined, detail: "4999"},

	kassa.Declined:            {http.StatusConflict, codeDeclined, "4001", "Do not honor"},
	kassa.DeclinedReferral:    {http.StatusConflict, codeDeclined, "4999", "Declined: refer to card issuer"},
	kassa.DeclinedFunds:       {http.StatusConflict, codeDeclined, "4002", "Insufficient funds"},
	kassa.DeclinedPickUp:      {http.StatusConflict, codeDeclined, "4003", "Suspected fraud"},
	kassa.DeclinedExpired:     {http.StatusConflict, codeDeclined, "4005", "Expired card or invalid account number"},
	kassa.DeclinedCard:        {http.StatusConflict, codeDeclined, "4005", "Expired card or invalid account number"},
	kassa.DeclinedLimit:       {http.StatusConflict, codeDeclined, "4999", "Declined: limit of the card exceeded"},
	kassa.DeclinedSecurity:    {http.StatusConflict, codeDeclined, "4999", "Declined: security violation"},
	kassa.DeclinedUnavailable: {http.StatusConflict, codeDeclined, "4999", "Declined: issuer not available"},
	kassa.WrongPIN:            {http.StatusConflict, codeDeclined, "4999", "Declined: wrong PIN"},
	kassa.PINTriesExceeded:    {http.StatusConflict, codeDeclined, "4999", "Declined: PIN tries exceeded"},
	kassa.SoftDeclinePIN:      {http.StatusConflict, codeDeclined, "4004", "Soft decline (authentication required)"},
	kassa.SoftDeclineInsert:   {http.StatusConflict, codeDeclined, "4004", "Soft decline (authentication required)"},
	kassa.Configuration:       {http.StatusConflict, codeDeclined, "4999", "Declined: not permitted to this merchant or terminal"},
}

// WireReason tells how a reason looks on the wire: the HTTP status and error_code of a refused
// call, and the reason_code and reason of an order. ok is false for a reason that has no row.
func WireReason(r kassa.Reason) (status, code int, reasonCode, reason string, ok bool) {
	w, ok := wireReasons[r]
	if w.text == "" {
		w.text = r.Text()
	}
	return w.status, w.code, w.detail, w.text, ok
}
