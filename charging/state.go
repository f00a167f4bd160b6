package charging

import (
	"slices"
	"time"

	"kassa"
)

// State is where a charging session stands.
type State string

// The states. Declined, Released, Settled, Failed and Expired are final for the hold.
const (
	Authorising   State = "authorising"    // the terminal asks for a card
	Starting      State = "starting"       // START_SESSION is out, or its outcome is being looked for
	Charging      State = "charging"       // the operator has a session, or has said that it makes one
	Stopping      State = "stopping"       // STOP_SESSION is out
	AwaitingPrice State = "awaiting_price" // the session ended, its CDR is missing
	Priced        State = "priced"         // a CDR came before the end of its session
	Settling      State = "settling"       // the order takes the price
	Releasing     State = "releasing"      // the order gives the hold back
	Declined      State = "declined"
	Released      State = "released"
	Settled       State = "settled"
	Failed        State = "failed" // nothing could be captured
	Expired       State = "expired"
)

// Final tells whether the hold has come to its end.
func (s State) Final() bool {
	return s == Declined || s == Released || s == Settled || s == Failed || s == Expired
}

// LatePolicy says what is done about a hold that is about to expire while its price is unknown.
type LatePolicy string

// The policies.
const (
	LastKnown LatePolicy = "last_known" // capture what the session had cost when last heard of
	VoidLate  LatePolicy = "void"       // give it back
)

// New is what a driver chose at a terminal. Amounts are minor units of Currency.
type New struct {
	Ref        string `json:"ref"`  // authorization_reference, also the uid of the token
	Peer       string `json:"peer"` // the connection of the charge point operator
	Account    string `json:"account"`
	Group      string `json:"group"`
	POIID      string `json:"poiid"`
	TerminalID string `json:"terminalID,omitempty"`
	Contract   string `json:"contract,omitempty"`
	Location   string `json:"location"`
	EVSE       string `json:"evse"`
	Connector  string `json:"connector,omitempty"`
	Language   string `json:"language,omitempty"`
	// StartID and StopID are the secret names under which the operator reports on the two commands.
	StartID string `json:"startID"`
	StopID  string `json:"stopID"`

	Currency kassa.Currency  `json:"currency"`
	Hold     int64           `json:"hold"`             // 0 for a tariff that costs nothing: no card is asked for
	Margin   int64           `json:"margin,omitempty"` // how far before the end of the hold the session is stopped
	Grow     int64           `json:"grow,omitempty"`   // one increment
	Terms    kassa.HoldTerms `json:"terms,omitzero"`
	HoldFor  time.Duration   `json:"holdFor,omitempty"` // 0 for the language's own time
	Late     LatePolicy      `json:"late"`
	Rates    Rates           `json:"rates,omitzero"`
	// ConfirmVoid sends a confirmation of a hold that was given back (peer option fac_on_void).
	ConfirmVoid bool `json:"confirmVoid,omitempty"`
	// InvoiceBy is who makes the invoice, and InvoiceBase where the operator shows its own, followed by Ref.
	InvoiceBy   InvoiceBy `json:"invoiceBy,omitempty"`
	InvoiceBase string    `json:"invoiceBase,omitempty"`
	// Place is what a driver is told of the place.
	Place Place `json:"place,omitzero"`
}

// Place is where a session is, as it was when the driver chose it.
type Place struct {
	Operator string `json:"operator,omitempty"` // who sells
	Name     string `json:"name,omitempty"`
	Address  string `json:"address,omitempty"`
	City     string `json:"city,omitempty"`
	TimeZone string `json:"timeZone,omitempty"` // IANA
	Help     string `json:"help,omitempty"`     // phone number
	EVSEID   string `json:"evseID,omitempty"`   // what roaming platforms call it
	Label    string `json:"label,omitempty"`    // what is written on it
	// Tariff is its text in each language, by ISO 639-1.
	Tariff map[string]string `json:"tariff,omitempty"`
}

// Session is one charging session: the fold of its events.
type Session struct {
	New
	State    State     `json:"state"`
	Why      string    `json:"why,omitempty"` // of the release or the end
	OpenedAt time.Time `json:"openedAt"`
	Since    time.Time `json:"since,omitzero"` // when it got to its state
	EndedAt  time.Time `json:"endedAt,omitzero"`

	Order  HoldView `json:"order"`
	Start  Start    `json:"start,omitzero"`
	Report Report   `json:"report,omitzero"` // what the operator last said
	// OverAt is when the operator said first that its session had ended, by our clock; what was kept before lacks it.
	OverAt time.Time `json:"overAt,omitzero"`
	Look   Look      `json:"look,omitzero"`
	// PlugBy, StopBy, SettleBy and CorrectionBy are deadlines; zero when they do not run.
	PlugBy       time.Time `json:"plugBy,omitzero"`
	StopBy       time.Time `json:"stopBy,omitzero"`
	SettleBy     time.Time `json:"settleBy,omitzero"`
	CorrectionBy time.Time `json:"correctionBy,omitzero"`
	// PriceSince is when the price began to be missing.
	PriceSince   time.Time `json:"priceSince,omitzero"`
	PriceAlerted bool      `json:"priceAlerted,omitempty"` // people know that it is missing
	Stopped      string    `json:"stopped,omitempty"`      // why STOP_SESSION was asked for
	LateStart    bool      `json:"lateStart,omitempty"`

	CDRs        []CDR `json:"cdrs,omitempty"`
	Price       int64 `json:"price"` // P as it was given to the order
	Provisional bool  `json:"provisional,omitempty"`
	// Short is what is open: the price less what was captured. It is a receivable of the operator.
	Short    int64     `json:"short,omitempty"`
	Asked    int       `json:"increments,omitempty"` // increments asked for
	Refunds  []Refund  `json:"refunds,omitempty"`
	Invoices []Invoice `json:"invoices,omitempty"`
	// Collections and WrittenOff are what became of what was short.
	Collections    []Collection   `json:"collections,omitempty"`
	WrittenOff     int64          `json:"writtenOff,omitempty"`
	WriteOffReason string         `json:"writeOffReason,omitempty"`
	Disputes       []Disputed     `json:"disputes,omitempty"`
	Confirmations  []Confirmation `json:"confirmations,omitempty"`
	Duties         []Duty         `json:"duties,omitempty"`
}

// Start is what became of START_SESSION.
type Start struct {
	AskedAt  time.Time `json:"askedAt,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"` // of the word on it
	Outcome  Outcome   `json:"outcome,omitempty"`
	Result   string    `json:"result,omitempty"` // CommandResult
}

// Look is a search for the session at the operator.
type Look struct {
	Until time.Time `json:"until,omitzero"` // how long its absence is not believed
	// At is the last search that the operator answered; Found tells whether it knew the session.
	At    time.Time `json:"at,omitzero"`
	Found bool      `json:"found,omitempty"`
}

// Outcome is what is known of a call of the operator.
type Outcome string

// The outcomes. Unknown is never taken for a refusal.
const (
	Accepted Outcome = "accepted"
	Refusal  Outcome = "refused"
	Unknown  Outcome = "unknown"
)

// The statuses of an OCPI session that the machine knows; others are kept as text.
const (
	Active    = "ACTIVE"
	Completed = "COMPLETED"
	Invalid   = "INVALID"
	Pending   = "PENDING"
)

// Report is what the operator says of its session.
type Report struct {
	SessionID string    `json:"sessionID,omitempty"`
	Status    string    `json:"status,omitempty"`
	Energy    Decimal   `json:"energy,omitempty"` // kWh
	Cost      *int64    `json:"cost,omitempty"`   // gross; nil is not free
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	Updated   time.Time `json:"updated,omitzero"` // last_updated
}

// CDR is a charge detail record as far as money goes. Print is a hash of all of it.
type CDR struct {
	ID        string         `json:"id"`
	Print     string         `json:"print"`
	SessionID string         `json:"sessionID,omitempty"`
	Currency  kassa.Currency `json:"currency"`
	Price     int64          `json:"price"` // gross; negative on a credit
	Taxes     []Tax          `json:"taxes,omitempty"`
	Energy    Decimal        `json:"energy,omitempty"`
	Invoice   string         `json:"invoice,omitempty"`   // invoice_reference_id
	SignedURL string         `json:"signedURL,omitempty"` // calibration law
	Credit    string         `json:"credit,omitempty"`    // the CDR that this one takes back
	Credited  bool           `json:"credited,omitempty"`  // another one took it back
	At        time.Time      `json:"at,omitzero"`         // when it came; sessions of before it was kept lack it
}

// Refund is what is paid back after a correction; Ref is its identity.
type Refund struct {
	Ref    string `json:"ref"`
	Amount int64  `json:"amount"`
	Done   bool   `json:"done,omitempty"`
	Failed bool   `json:"failed,omitempty"`
}

// Collection is a part of what was short that came in another way; Ref is its identity.
type Collection struct {
	Ref    string    `json:"ref"`
	Amount int64     `json:"amount"`
	How    string    `json:"how,omitempty"`
	At     time.Time `json:"at"`
}

// Disputed is a chargeback; Ref is its identity.
type Disputed struct {
	Ref    string    `json:"ref"`
	Amount int64     `json:"amount"`
	Why    string    `json:"why,omitempty"`
	At     time.Time `json:"at"`
}

// cdr is the record that counts: the newest that is neither a credit nor taken back.
func (s *Session) cdr() *CDR {
	for i := len(s.CDRs) - 1; i >= 0; i-- {
		if c := &s.CDRs[i]; c.Credit == "" && !c.Credited {
			return c
		}
	}
	return nil
}

// Charged is what the session costs, with its taxes: by its record, or by what was captured without one. It reports
// false while that is not known.
func (s *Session) Charged() (price int64, taxes []Tax, known bool) {
	switch c := s.cdr(); {
	case c != nil:
		return c.Price, s.taxes(c.Price), true
	case s.Provisional:
		return s.Price, s.taxes(s.Price), true
	}
	return 0, nil, false
}

// SignedURL is where the meter's signed values are (calibration law); empty when the operator names none.
func (s *Session) SignedURL() string {
	if c := s.cdr(); c != nil {
		return c.SignedURL
	}
	return ""
}

// refunded is what was paid back, and what is on its way.
func (s *Session) refunded() (sum int64) {
	for _, r := range s.Refunds {
		if !r.Failed {
			sum += r.Amount
		}
	}
	return sum
}

// Net is what was captured and not paid back.
func (s *Session) Net() int64 {
	net := s.Order.Captured
	for _, r := range s.Refunds {
		if r.Done {
			net -= r.Amount
		}
	}
	return net
}

// Open tells whether anything is still going on or owed.
func (s *Session) Open() bool {
	for _, r := range s.Refunds {
		if !r.Done && !r.Failed {
			return true // the order has taken it, and has not said how it ended
		}
	}
	return !s.State.Final() || len(s.Duties) > 0 || !s.CorrectionBy.IsZero()
}

// Known tells whether the session exists.
func (s *Session) Known() bool { return s.State != "" }

func (s *Session) clone() Session {
	n := *s
	n.CDRs, n.Refunds = slices.Clone(s.CDRs), slices.Clone(s.Refunds)
	n.Confirmations, n.Duties = slices.Clone(s.Confirmations), slices.Clone(s.Duties)
	n.Invoices, n.Collections = slices.Clone(s.Invoices), slices.Clone(s.Collections)
	n.Disputes = slices.Clone(s.Disputes)
	return n
}
