package terminal

import (
	"kassa/poilink"
	"kassa/virtual/terminal/paint"
)

// Output is what a terminal wants done. It is a closed sum; outputs happen strictly in order.
type Output interface{ output() }

// The outputs.
type (
	// Persist must be durable before any later output happens.
	Persist struct{ Record Record }
	// Send puts a frame on the link.
	Send struct{ Frame poilink.Frame }
	// Connect asks for a connection; LinkUp or LinkDown answers. Broken are the faults of the network.
	Connect struct{ Broken []Fault }
	// Test asks for a look at the way to the cloud, over a connection of its own; Tested answers.
	Test struct {
		ID     string
		Broken []Fault
	}
	// LookedAt is what a test came to that somebody at the device asked for.
	LookedAt struct{ Tests Tests }
	// Disconnect closes the connection; no LinkDown follows.
	Disconnect struct{}
	// Freeze stops reading the connection without closing it (FaultCutLink).
	Freeze struct{}
	// Abandon leaves the connection to itself: it stays open, and answers pings (FaultTwin).
	Abandon struct{}
	// Show changes the screen.
	Show struct{ Screen Screen }
	// Print puts a receipt on the roll.
	Print struct{ Receipt Receipt }
	// Finished reports the end of an attempt to pay.
	Finished struct{ Attempt Attempt }
	// Ordered reports the end of an order that was started on the terminal, once or more.
	Ordered struct{ Outcome Outcome }
	// Told is the cloud's answer to a refund, a receipt by e-mail or a closing balance.
	Told struct {
		ID, Title, Text string
		Accepted        bool
		Totals          *poilink.TotalsAnswer
	}
	// Objection says why an input by the control API changed nothing; Took names what it began.
	Objection struct{ Text string }
	Took      struct{ ID string }
)

func (Persist) output()    {}
func (Send) output()       {}
func (Connect) output()    {}
func (Test) output()       {}
func (LookedAt) output()   {}
func (Disconnect) output() {}
func (Freeze) output()     {}
func (Abandon) output()    {}
func (Show) output()       {}
func (Print) output()      {}
func (Finished) output()   {}
func (Ordered) output()    {}
func (Told) output()       {}
func (Objection) output()  {}
func (Took) output()       {}

// Result is how an attempt ended for the person in front of the terminal.
type Result string

// The results. ResultUnknown is no end: the terminal keeps asking.
const (
	ResultApproved     Result = "approved"
	ResultDeclined     Result = "declined"
	ResultCancelled    Result = "cancelled"
	ResultNotCompleted Result = "notCompleted"
	ResultUnknown      Result = "unknown"
	// ResultRefused is an order that could not be started.
	ResultRefused Result = "refused"
	// ResultStopping is a card that ends its charging session.
	ResultStopping Result = "stopping"
)

// Attempt is the result of one attempt.
type Attempt struct {
	Result   Result `json:"result"`
	Exchange string `json:"exchange"`
	Request  int    `json:"request,omitempty"`
	Text     string `json:"text,omitempty"`
	AuthCode string `json:"authCode,omitempty"`
	RRN      string `json:"rrn,omitempty"`
	STAN     string `json:"stan,omitempty"`
}

// Screen is what the display shows.
type Screen struct {
	Name        ScreenName `json:"name"`
	Title       string     `json:"title"`
	Lines       []string   `json:"lines,omitempty"`
	Error       string     `json:"error,omitempty"`
	AmountMinor int64      `json:"amountMinor,omitempty"`
	Currency    string     `json:"currency,omitempty"`
	// Typed is how many characters are entered; the PIN itself never reaches a screen. Code is
	// what was typed of an activation code, which is no secret of the cardholder.
	Typed int    `json:"typed"`
	Code  string `json:"code,omitempty"`
	// Wants lists the ways in which a card may be presented now.
	Wants []Entry `json:"wants,omitempty"`
	// Page is which of the menus it is, Items what can be touched, Field where something is typed.
	Page  string `json:"page,omitempty"`
	Items []Item `json:"items,omitempty"`
	Field *Field `json:"field,omitempty"`

	// Blocks are the looks of what a register shows, whose words are Lines; Picture is "Accepted" or another of
	// the device's own, Qualify what kind of message it is (nexo InfoQualify).
	Blocks  []paint.Block `json:"blocks,omitempty"`
	Picture string        `json:"picture,omitempty"`
	Qualify string        `json:"qualify,omitempty"`
	// Asked is what a register asks for, Signature the path of what is drawn so far.
	Asked     *AskedFor `json:"asked,omitempty"`
	Signature string    `json:"signature,omitempty"`

	problem string // what the device itself says of a card, in English
}

// AskedFor is what a register asks the customer for: Least and Most are characters, or entries of a menu.
type AskedFor struct {
	ServiceID string `json:"serviceId"`
	Command   string `json:"command"`
	Least     int    `json:"least,omitempty"`
	Most      int    `json:"most,omitempty"`
}

// ScreenName names a screen.
type ScreenName string

// The screens.
const (
	ScreenOff          ScreenName = "off"
	ScreenStart        ScreenName = "start"
	ScreenActivation   ScreenName = "activation"
	ScreenIdle         ScreenName = "idle"
	ScreenHome         ScreenName = "home"
	ScreenMenu         ScreenName = "menu"
	ScreenEntry        ScreenName = "entry"
	ScreenManagerPIN   ScreenName = "managerPIN"
	ScreenNotice       ScreenName = "notice"
	ScreenDisplay      ScreenName = "display"
	ScreenInput        ScreenName = "input"
	ScreenMessage      ScreenName = "message"
	ScreenBlocked      ScreenName = "blocked"
	ScreenTip          ScreenName = "tip"
	ScreenPoints       ScreenName = "points"   // the charging points of an unattended terminal
	ScreenPoint        ScreenName = "point"    // one of them, with its prices and what is held
	ScreenCharging     ScreenName = "charging" // a session; Page is its state
	ScreenStarting     ScreenName = "starting"
	ScreenRefused      ScreenName = "refused"
	ScreenPresentCard  ScreenName = "presentCard"
	ScreenPIN          ScreenName = "pin"
	ScreenPINAgain     ScreenName = "pinAgain"
	ScreenProcessing   ScreenName = "processing"
	ScreenInsertCard   ScreenName = "insertCard"
	ScreenChoose       ScreenName = "choose"
	ScreenUseMagstripe ScreenName = "useMagstripe"
	ScreenTampered     ScreenName = "tampered"
	ScreenApproved     ScreenName = "approved"
	ScreenDeclined     ScreenName = "declined"
	ScreenNotCompleted ScreenName = "notCompleted"
	ScreenResultLost   ScreenName = "resultLost"
	ScreenCancelled    ScreenName = "cancelled"
)

// PINPad tells whether digits typed now are a PIN.
func (n ScreenName) PINPad() bool { return n == ScreenPIN || n == ScreenPINAgain }

// TakesCard tells whether a card may be presented now.
func (s Screen) TakesCard() bool { return len(s.Wants) > 0 }
