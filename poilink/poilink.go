// Package poilink is the envelope of the link between a POI and the cloud: JSON text frames on a
// WebSocket with identity, sequence, acknowledgement, presence, key injection, and the card
// messages that nexo Sale to POI leaves to the acceptor protocol (ISO 20022 caaa.001 to caaa.004).
//
// docs/protocol/poi-link.md describes it for somebody who writes a terminal; this package is that
// page as types. It promises strict decoding (a frame that does not fit is an error that names the
// field) and never keeps state.
package poilink

import "encoding/json"

// Subprotocol is the WebSocket subprotocol a POI must ask for.
const Subprotocol = "kassa.poilink.v1"

// Path is where the cloud accepts POI links.
const Path = "/poi/v1/link"

// MaxFrame is the largest frame that a POI may send, in bytes: an authorisation with a full DE55 stays below
// 8 KiB, and a signature below 48 KiB.
const MaxFrame = 64 << 10

// MaxDownFrame is the largest frame that the cloud may send, in bytes: nexo's OutputXHTML is up to 256 KiB.
const MaxDownFrame = 384 << 10

// Type names what a frame carries. Its body is the field of Frame of the same name.
type Type string

// The frame types. "up" goes from POI to cloud, "down" from cloud to POI. Those marked * are
// sequenced: they carry seq and are resent after a reconnect until acknowledged.
const (
	TypeChallenge             Type = "challenge"             // down, first frame of a link
	TypeHello                 Type = "hello"                 // up, answer to the challenge
	TypeWelcome               Type = "welcome"               // down, the link is open
	TypeRefused               Type = "refused"               // down, says no to hello (then closes), activate or injectKeys
	TypePing                  Type = "ping"                  // up, every heartbeat
	TypePong                  Type = "pong"                  // down, answers a ping
	TypeAck                   Type = "ack"                   // both, carries only ack
	TypeBye                   Type = "bye"                   // both, an orderly end with a reason
	TypeInjectKeys            Type = "injectKeys"            // up, asks for an initial key
	TypeKeys                  Type = "keys"                  // down, the initial key as a TR-31 block
	TypeKeysLoaded            Type = "keysLoaded"            // up*, the KCV of what was loaded
	TypeActivate              Type = "activate"              // up, the activation code
	TypeActivated             Type = "activated"             // down, who the POI now is
	TypeNexo                  Type = "nexo"                  // both*, a nexo message
	TypeProgress              Type = "progress"              // up*, what the screen shows in an exchange
	TypeAuthorisationRequest  Type = "authorisationRequest"  // up*, caaa.001
	TypeAuthorisationResponse Type = "authorisationResponse" // down*, caaa.002
	TypeCompletionAdvice      Type = "completionAdvice"      // up*, caaa.003
	TypeDecision              Type = "decision"              // down*, caaa.004: Kassa's stored decision on an exchange
	TypeReport                Type = "report"                // up, what the POI is and what it shows
	TypeStart                 Type = "start"                 // up*, somebody starts an order on the POI itself
	TypeStarted               Type = "started"               // down*, answers start
	TypeTip                   Type = "tip"                   // up*, what the customer adds for the staff
	TypeRefund                Type = "refund"                // up*, somebody refunds a payment of the POI's history
	TypeRefundAnswer          Type = "refundAnswer"          // down*, answers refund
	TypeReceipt               Type = "receipt"               // up*, the customer wants the receipt by e-mail
	TypeReceiptAnswer         Type = "receiptAnswer"         // down*, answers receipt
	TypeTotals                Type = "totals"                // up, asks for a closing balance
	TypeTotalsAnswer          Type = "totalsAnswer"          // down, answers totals
	TypeSettings              Type = "settings"              // down*, what the POI is to be set to
	TypeSettingsApplied       Type = "settingsApplied"       // up*, answers settings
	TypeProbe                 Type = "probe"                 // down, asks whether the POI is there, and how it is
	TypeProbed                Type = "probed"                // up, answers probe
	TypeCommand               Type = "command"               // down*, something to do that is no payment
	TypeService               Type = "service"               // up, a code that was typed in, or a key that was not taken
	TypeServiced              Type = "serviced"              // down, answers service
	TypeSells                 Type = "sells"                 // down*, what an unattended POI sells
	TypeChosen                Type = "chosen"                // up*, a driver chose what to charge with
	TypeCharging              Type = "charging"              // down*, how far a session is; answers chosen and stop
	TypeStop                  Type = "stop"                  // up*, a driver wants to end a session
)

// Frame is one WebSocket text message.
type Frame struct {
	Type Type `json:"t"`
	// Seq counts the sequenced frames of one direction over the life of the device, from 1,
	// without gaps; absent on the others.
	Seq uint64 `json:"seq,omitempty"`
	// Ack is the highest seq of the other direction that the sender has taken over.
	Ack uint64 `json:"ack,omitempty"`

	Challenge  *Challenge  `json:"challenge,omitempty"`
	Hello      *Hello      `json:"hello,omitempty"`
	Welcome    *Welcome    `json:"welcome,omitempty"`
	Refused    *Refused    `json:"refused,omitempty"`
	Bye        *Bye        `json:"bye,omitempty"`
	InjectKeys *InjectKeys `json:"injectKeys,omitempty"`
	Keys       *Keys       `json:"keys,omitempty"`
	KeysLoaded *KeysLoaded `json:"keysLoaded,omitempty"`
	Activate   *Activate   `json:"activate,omitempty"`
	Activated  *Activated  `json:"activated,omitempty"`
	// Nexo is a nexo.Message.
	Nexo json.RawMessage `json:"nexo,omitempty"`
	// ValidForMS goes with a nexo PaymentRequest: how long from its receipt the POI may still
	// show it. It is a span and no instant, since the POI's clock may be wrong.
	ValidForMS            int64                  `json:"validForMS,omitempty"`
	Progress              *Progress              `json:"progress,omitempty"`
	AuthorisationRequest  *AuthorisationRequest  `json:"authorisationRequest,omitempty"`
	AuthorisationResponse *AuthorisationResponse `json:"authorisationResponse,omitempty"`
	CompletionAdvice      *CompletionAdvice      `json:"completionAdvice,omitempty"`
	Decision              *Decision              `json:"decision,omitempty"`
	Report                *Report                `json:"report,omitempty"`
	Start                 *Start                 `json:"start,omitempty"`
	Started               *Started               `json:"started,omitempty"`
	Tip                   *Tip                   `json:"tip,omitempty"`
	Refund                *Refund                `json:"refund,omitempty"`
	RefundAnswer          *RefundAnswer          `json:"refundAnswer,omitempty"`
	Receipt               *Receipt               `json:"receipt,omitempty"`
	ReceiptAnswer         *ReceiptAnswer         `json:"receiptAnswer,omitempty"`
	Totals                *Totals                `json:"totals,omitempty"`
	TotalsAnswer          *TotalsAnswer          `json:"totalsAnswer,omitempty"`
	Settings              *Settings              `json:"settings,omitempty"`
	SettingsApplied       *SettingsApplied       `json:"settingsApplied,omitempty"`
	Probe                 *Probe                 `json:"probe,omitempty"`
	Probed                *Probed                `json:"probed,omitempty"`
	Command               *Command               `json:"command,omitempty"`
	Service               *Servicing             `json:"service,omitempty"`
	Serviced              *Serviced              `json:"serviced,omitempty"`
	Sells                 *Sells                 `json:"sells,omitempty"`
	Chosen                *Chosen                `json:"chosen,omitempty"`
	Charging              *Charging              `json:"charging,omitempty"`
	Stop                  *Stop                  `json:"stop,omitempty"`
}

// Challenge opens a link. Nonce is 32 random bytes; Host is the cloud's own name, which the POI
// signs so that its proof is of no use elsewhere.
type Challenge struct {
	Nonce []byte `json:"nonce"`
	Host  string `json:"host"`
	// TimeMS is the cloud's clock in Unix milliseconds; POI clocks are never trusted.
	TimeMS int64 `json:"timeMS"`
}

// Hello proves who the POI is and says what it remembers.
type Hello struct {
	POIID string `json:"poiid"` // [model]-[serial]
	// PublicKey is the device's Ed25519 public key, 32 bytes; pinned on first use for a boarded POI.
	PublicKey []byte `json:"publicKey"`
	// Signature is Ed25519 over ProofMessage.
	Signature []byte `json:"signature"`
	Software  string `json:"software"`
	// IKID (8 bytes, hex) and KCV of the loaded initial key; empty when none is loaded.
	IKID string `json:"ikid,omitempty"`
	KCV  string `json:"kcv,omitempty"`
	// Received is the highest down seq that the POI took over, in its whole life.
	Received uint64 `json:"received"`
	// Open lists the exchanges (ServiceIDs) in the POI's journal that have no end yet. The cloud
	// answers each that is no longer open there with a decision.
	Open []string `json:"open,omitempty"`
	// Report is what a report frame would say; the cloud takes a POI without one to be in cloud mode.
	Report *Report `json:"report,omitempty"`
}

// Welcome opens the link.
type Welcome struct {
	// Epoch rises with every link of this POI; commands come over the newest only.
	Epoch uint64 `json:"epoch"`
	// Received is the highest up seq that the cloud took over; the POI resends what is above it.
	Received    uint64 `json:"received"`
	HeartbeatMS int64  `json:"heartbeatMS"`
	TimeMS      int64  `json:"timeMS"`
	// Activated is who the POI is, null before its activation.
	Activated *Activated `json:"activated,omitempty"`
	// KeysConfirmed tells that the cloud knows the initial key named in hello.
	KeysConfirmed bool `json:"keysConfirmed"`
}

// RefusalCode says why the cloud said no.
type RefusalCode string

// The refusal codes. Each comes with a text for the screen.
const (
	RefusedUnknownPOI    RefusalCode = "unknown_poi"    // this serial is not boarded
	RefusedKeyMismatch   RefusalCode = "key_mismatch"   // another device key is pinned for this serial
	RefusedBadSignature  RefusalCode = "bad_signature"  // the proof does not verify
	RefusedIPEKMissing   RefusalCode = "ipek_missing"   // activation without an initial key
	RefusedWrongCode     RefusalCode = "wrong_code"     // no terminal has this activation code
	RefusedUsedCode      RefusalCode = "used_code"      // the code has been used
	RefusedAlreadyActive RefusalCode = "already_active" // this POI is activated
	RefusedTooManyTries  RefusalCode = "too_many_tries" // activation is locked for a while
	RefusedExpiredCode   RefusalCode = "expired_code"   // the code is older than 30 days
	RefusedTampered      RefusalCode = "tampered"       // the POI has raised a tamper alarm and was not inspected
	RefusedReturned      RefusalCode = "returned"       // the POI is to be sent back
	RefusedDeveloper     RefusalCode = "developer_mode" // the POI is in developer mode, and this is the live environment
	RefusedOtherAccount  RefusalCode = "other_account"  // the POI is in the stock of another merchant
	// RefusedCountry: terminals are not offered in the country of the group or the shop.
	RefusedCountry    RefusalCode = "country_not_offered"
	RefusedBlocked    RefusalCode = "blocked"    // the POI is blocked in the estate
	RefusedOverloaded RefusalCode = "overloaded" // come back after RetryAfterMS
	RefusedBadFrame   RefusalCode = "bad_frame"  // the frame does not fit the protocol
)

// Refused says no in words.
type Refused struct {
	Code         RefusalCode `json:"code"`
	Text         string      `json:"text"`
	RetryAfterMS int64       `json:"retryAfterMS,omitempty"`
}

// Bye ends a link. Reason is "shutdown", "replaced", "unbound", "blocked" or "restart". A POI that hears
// "unbound" forgets who it was, its history and its settings; its identity and its keys stay.
type Bye struct {
	Reason       string `json:"reason"`
	RetryAfterMS int64  `json:"retryAfterMS,omitempty"`
}

// InjectKeys asks for an initial key. Ephemeral is a fresh X25519 public key (32 bytes); Nonce is
// 16 fresh bytes; Signature is Ed25519 by the device key over InjectMessage.
type InjectKeys struct {
	Ephemeral []byte `json:"ephemeral"`
	Nonce     []byte `json:"nonce"`
	Signature []byte `json:"signature"`
}

// Keys carries the initial key: Block is a TR-31 version D key block (usage B1, optional block IK)
// under the key block protection key KBPK = HKDF-SHA256(X25519(ephemerals), salt = Nonce,
// info = InjectInfo, 16 bytes).
type Keys struct {
	Ephemeral []byte `json:"ephemeral"`
	Block     string `json:"block"`
	IKID      string `json:"ikid"`
	KCV       string `json:"kcv"`
}

// InjectInfo is the HKDF info string of key injection.
const InjectInfo = "kassa.poilink.v1 key injection"

// KeysLoaded reports what the POI computed over the key it loaded; the cloud compares.
type KeysLoaded struct {
	IKID string `json:"ikid"`
	KCV  string `json:"kcv"`
}

// Activate carries the activation code, as typed or scanned.
type Activate struct {
	Code string `json:"code"`
}

// Activated says who the POI is now.
type Activated struct {
	TID          string   `json:"tid"`
	TerminalName string   `json:"terminalName"`
	Group        string   `json:"group"`
	Merchant     Merchant `json:"merchant"`
	Environment  string   `json:"environment"` // "test" or "live"
}

// Merchant is what a receipt prints at its head.
type Merchant struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	City    string `json:"city"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	MID     string `json:"mid"`
}

// Screen names what the POI shows in an exchange.
type Screen string

// The screens that a POI reports with progress.
const (
	ScreenPresentCard Screen = "presentCard" // the amount and "present card": the exchange is shown
	ScreenPIN         Screen = "pin"
	ScreenInsertCard  Screen = "insertCard" // after FLFW
	ScreenProcessing  Screen = "processing"
	ScreenTip         Screen = "tip"    // before the card
	ScreenChoose      Screen = "choose" // which of the card's applications

	// What the POI says of a card without asking anybody.
	ScreenSwipeCard    Screen = "swipeCard"    // the chip cannot be read: the stripe, please
	ScreenNotSupported Screen = "notSupported" // nothing on the card is accepted here
	ScreenCardDeclined Screen = "cardDeclined" // the chip itself said no
	ScreenConfigError  Screen = "configError"  // the POI is not set up to take cards
)

// What happens between two screens. A POI reports it where the setting nexo.displayUrls has an address.
const (
	StepCardPresented   Screen = "cardPresented" // contactless
	StepCardInserted    Screen = "cardInserted"
	StepCardSwiped      Screen = "cardSwiped"
	StepCardRemoved     Screen = "cardRemoved"
	StepAppSelected     Screen = "applicationSelected"
	StepPINEntered      Screen = "pinEntered"
	StepGratuityEntered Screen = "gratuityEntered"
	StepPrintReceipt    Screen = "printReceipt"
	StepReceiptPrinted  Screen = "receiptPrinted"
)

// Progress reports a screen or a step, so that Kassa can count the 60 s of inactivity from it.
type Progress struct {
	Exchange string `json:"exchange"`
	Screen   Screen `json:"screen"`
}

// EntryMode is how the card was read.
type EntryMode string

// The entry modes (ISO 8583 DE22 071, 051, 901, 801).
const (
	EntryContactless EntryMode = "contactless"
	EntryChip        EntryMode = "chip"
	EntryMagstripe   EntryMode = "magstripe"
	EntryFallback    EntryMode = "fallback" // the stripe of a card whose chip could not be read
)

// AuthorisationRequest (caaa.001 AcceptorAuthorisationRequest) asks for one authorisation.
// (Exchange, Request) is its identity: a repeat, also over another link, carries the same and gets
// the stored answer. The POI has written it to its journal before it sends it.
type AuthorisationRequest struct {
	Exchange string    `json:"exchange"`
	Request  int       `json:"request"` // 1, 2, 3 … within the exchange
	Entry    EntryMode `json:"entry"`
	// FollowUpOf is the request whose tap this repeats with a PIN (PINQ, PINR, PINL); 0 otherwise.
	FollowUpOf int  `json:"followUpOf,omitempty"`
	Card       Card `json:"card"`
	// EMV is the public part of DE55 as BER-TLV (never tags 57, 5A, 5F20).
	EMV []byte `json:"emv,omitempty"`
	// Sealed is the track 2 equivalent, sealed under the DUKPT data key; additional data = Exchange.
	Sealed []byte `json:"sealed"`
	// KSN (12 bytes, hex) is the DUKPT key serial number of Sealed and of PIN.
	KSN string `json:"ksn"`
	// PIN is the ISO 9564 format 4 block under the DUKPT PIN key of the same KSN; absent without PIN.
	PIN []byte `json:"pin,omitempty"`
}

// Card is what may be known of a card in clear: never the full PAN.
type Card struct {
	BIN    string `json:"bin"`   // first 6
	Last4  string `json:"last4"` // last 4
	Brand  string `json:"brand"` // "VISA", "MASTERCARD", …
	AID    string `json:"aid"`   // upper-case hex, empty for magstripe
	Label  string `json:"label"`
	Expiry string `json:"expiry"` // YYMM
	PSN    string `json:"psn,omitempty"`
	CVM    CVM    `json:"cvm"`
	// SingleTap tells that the POI can ask a PIN and resend the same tap.
	SingleTap bool `json:"singleTap,omitempty"`
}

// CVM is the cardholder verification that was done.
type CVM string

// The cardholder verification methods.
const (
	CVMNone       CVM = "none"
	CVMOnlinePIN  CVM = "onlinePIN"
	CVMOfflinePIN CVM = "offlinePIN"
	CVMSignature  CVM = "signature"
	CVMDevice     CVM = "device"
)

// Verdict is what became of one authorisation.
type Verdict string

// The verdicts.
const (
	VerdictApproved     Verdict = "approved"     // contactless and magstripe: the payment is completed
	VerdictHostApproved Verdict = "hostApproved" // contact: finish with the card, then send completionAdvice
	VerdictDeclined     Verdict = "declined"     // see Action; without one the customer may try another card
	VerdictNotCompleted Verdict = "notCompleted" // no usable answer from the host: the order is cancelled
	VerdictCancelled    Verdict = "cancelled"    // the order had ended before
)

// Action is what the POI does next (ISO 20022 caaa.002 ActionType).
type Action string

// The actions.
const (
	ActionPINRequest  Action = "PINQ" // ask the PIN, resend with the same tap
	ActionPINRetry    Action = "PINR" // the PIN was wrong, ask again
	ActionPINLastTry  Action = "PINL" // wrong again, the last try
	ActionFallForward Action = "FLFW" // from contactless to chip: insert the card
	ActionNone        Action = ""
)

// AuthorisationResponse (caaa.002) answers one request. Repeating the request repeats it.
type AuthorisationResponse struct {
	Exchange string  `json:"exchange"`
	Request  int     `json:"request"`
	Verdict  Verdict `json:"verdict"`
	Action   Action  `json:"action,omitempty"`
	// Text is the line for the screen, for example "1000 card declined".
	Text         string `json:"text,omitempty"`
	ResponseCode string `json:"responseCode,omitempty"` // DE39
	AuthCode     string `json:"authCode,omitempty"`     // DE38
	RRN          string `json:"rrn,omitempty"`          // DE37
	STAN         string `json:"stan,omitempty"`         // DE11
	// EMV holds tags 91 and 8A (and scripts) for the card.
	EMV []byte `json:"emv,omitempty"`
	// Final tells that the exchange is over whatever the verdict; without it the POI goes back
	// to "present card" after a decline.
	Final bool `json:"final,omitempty"`
}

// CardOutcome is what the chip said at the end.
type CardOutcome string

// The outcomes of a contact transaction.
const (
	CardApproved CardOutcome = "approved" // TC from the second GENERATE AC
	CardRefused  CardOutcome = "refused"  // AAC, for example after a wrong ARPC
	CardRemoved  CardOutcome = "removed"  // the customer pulled the card
)

// CompletionAdvice (caaa.003 AcceptorCompletionAdvice) tells how the chip ended. The POI repeats
// it until a decision answers it.
type CompletionAdvice struct {
	Exchange string      `json:"exchange"`
	Request  int         `json:"request"`
	Outcome  CardOutcome `json:"outcome"`
	EMV      []byte      `json:"emv,omitempty"`
}

// Decision (caaa.004 AcceptorCompletionAdviceResponse, and the answer to Hello.Open) is Kassa's
// stored decision on an exchange. Only it, or VerdictApproved, lets a POI show APPROVED.
type Decision struct {
	Exchange string `json:"exchange"`
	// Request is the authorisation it decides; 0 when the exchange ended without one.
	Request  int     `json:"request,omitempty"`
	Verdict  Verdict `json:"verdict"` // approved, declined, cancelled or notCompleted
	Text     string  `json:"text,omitempty"`
	AuthCode string  `json:"authCode,omitempty"`
	RRN      string  `json:"rrn,omitempty"`
	STAN     string  `json:"stan,omitempty"`
}
