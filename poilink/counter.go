package poilink

// What people do at the POI itself, without a cash register on the network.

// Report tells what the POI is, and whether it shows what cash registers send (cloud mode) or only
// what is started on it. It goes up after every welcome and after every change.
type Report struct {
	Model     string `json:"model,omitempty"`
	CloudMode bool   `json:"cloudMode"`
	// Health is how the device is; nil when it does not say.
	Health *Health `json:"health,omitempty"`
	// TimeMS is the POI's clock in Unix milliseconds; 0 when it does not say.
	TimeMS int64 `json:"timeMS,omitempty"`
	// UpMS is how long it has been switched on, in milliseconds; 0 when it does not say.
	UpMS int64 `json:"upMS,omitempty"`
	// ManualInput tells that it takes amounts that are typed in on it, and nothing else.
	ManualInput bool `json:"manualInput,omitempty"`
	// APIEnabled and WebSocketEnabled are what the POI was told of its cloud payments; nil when it was told nothing.
	APIEnabled       *bool `json:"apiEnabled,omitempty"`
	WebSocketEnabled *bool `json:"webSocketEnabled,omitempty"`
	// Screen names what it shows.
	Screen string `json:"screen,omitempty"`
	// IKID (hex) and KCV are of the initial key that it holds; empty without one.
	IKID string `json:"ikid,omitempty"`
	KCV  string `json:"kcv,omitempty"`
	// LastFailure tells how it failed to connect before the link that it has; nil when it did not.
	LastFailure *ConnectFailure `json:"lastFailure,omitempty"`
	// CloseTimeout is after how many seconds a result leaves the screen by itself, 0 for never; AllowRefunds tells
	// whether refunds can be made on the POI. nil when it does not say.
	CloseTimeout *int  `json:"closeTimeout,omitempty"`
	AllowRefunds *bool `json:"allowRefunds,omitempty"`
	// DeveloperMode tells that the device is in developer mode, which it never leaves.
	DeveloperMode bool `json:"developerMode,omitempty"`
}

// ConnectFailure is why a POI could not connect: at which step the last time, how often in a row, and since when.
// Steps are those of a full probe: "resolve", "connect", "tls", "write", "read".
type ConnectFailure struct {
	Step    string `json:"step"`
	Times   int    `json:"times"`
	SinceMS int64  `json:"sinceMS"` // by the POI's clock, in Unix milliseconds
	Detail  string `json:"detail,omitempty"`
}

// Origin is how an order came to be started on the POI.
type Origin string

// The origins.
const (
	OriginManual    Origin = "manual"    // typed in
	OriginWebApp    Origin = "webApp"    // a page in the POI's browser, by an msp:// link
	OriginNativeApp Origin = "nativeApp" // an app on the POI, by an intent
)

// StartKind is what a started order does.
type StartKind string

// The kinds of start.
const (
	StartPayment   StartKind = ""
	StartRefund    StartKind = "refund"    // unreferenced: pays to the card that is presented
	StartCardCheck StartKind = "cardCheck" // amount 0
)

// Start asks for an order, or takes up one that was made for no POI in particular. Reference is its
// identity: a repeat carries the same one, gets the same answer, and never makes a second order. The
// POI repeats it until it is answered; what it shows comes as a PaymentRequest with that reference.
type Start struct {
	Reference   string    `json:"reference"` // the order id, 1 to 50 characters
	Origin      Origin    `json:"origin"`
	Kind        StartKind `json:"kind,omitempty"`
	AmountMinor int64     `json:"amountMinor"`
	Currency    string    `json:"currency"`
	Description string    `json:"description,omitempty"`
	// NotificationURL is where the app wants its webhook.
	NotificationURL string `json:"notificationURL,omitempty"`
	// SessionID is that of the order which is taken up, where the app has it.
	SessionID string `json:"sessionID,omitempty"`
}

// Started answers a start: the exchange, or in words why there is none.
type Started struct {
	Reference string `json:"reference"`
	Exchange  string `json:"exchange,omitempty"`
	// Code is empty when it was taken; else a name for programs, with Text for the screen.
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

// Tip is what the customer adds, before the first authorisation request: that one's amount has it.
type Tip struct {
	Exchange    string   `json:"exchange"`
	AmountMinor int64    `json:"amountMinor"`
	Employee    Employee `json:"employee,omitzero"`
}

// Employee is who gets a tip.
type Employee struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Refund pays a part or all of an earlier payment back. ID is its identity, made by the POI, at most 50
// characters; the POI repeats it until it is answered.
type Refund struct {
	ID          string `json:"id"`
	Exchange    string `json:"exchange"` // that of the payment
	AmountMinor int64  `json:"amountMinor"`
	Description string `json:"description,omitempty"`
}

// RefundAnswer tells whether a refund was taken. Accepted, it goes to the bank until that has answered.
type RefundAnswer struct {
	ID       string `json:"id"`
	Exchange string `json:"exchange"`
	Accepted bool   `json:"accepted"`
	// RefundedMinor is all that has gone back of the payment so far.
	RefundedMinor int64  `json:"refundedMinor"`
	Text          string `json:"text,omitempty"` // why not
}

// Receipt asks for a receipt by e-mail. ID is its identity, made by the POI.
type Receipt struct {
	ID       string `json:"id"`
	Exchange string `json:"exchange"`
	Address  string `json:"address"`
}

// ReceiptAnswer tells whether the receipt will be sent.
type ReceiptAnswer struct {
	ID       string `json:"id"`
	Accepted bool   `json:"accepted"`
	Text     string `json:"text,omitempty"`
}

// TotalsLevel is whose totals are asked for.
type TotalsLevel string

// The levels of a closing balance.
const (
	TotalsTerminal TotalsLevel = "terminal"
	TotalsGroup    TotalsLevel = "group"
	TotalsAccount  TotalsLevel = "account"
)

// Totals asks for the closing balance of a day. ID comes back with the answer.
type Totals struct {
	ID        string      `json:"id"`
	Level     TotalsLevel `json:"level"`
	Day       string      `json:"day"`       // 2006-01-02, in the merchant's time
	StartHour int         `json:"startHour"` // 0 to 23: when the day begins
}

// TotalsAnswer is a closing balance. Text says why there is none.
type TotalsAnswer struct {
	ID       string      `json:"id"`
	From     string      `json:"from,omitempty"` // RFC 3339
	Until    string      `json:"until,omitempty"`
	Currency string      `json:"currency,omitempty"`
	Rows     []TotalsRow `json:"rows,omitempty"` // by brand
	Text     string      `json:"text,omitempty"`
}

// TotalsRow is what one card brand adds to a closing balance. Payments include their tips.
type TotalsRow struct {
	Brand         string `json:"brand"`
	Payments      int    `json:"payments"`
	PaymentsMinor int64  `json:"paymentsMinor"`
	TipsMinor     int64  `json:"tipsMinor"`
	Refunds       int    `json:"refunds"`
	RefundsMinor  int64  `json:"refundsMinor"`
}
