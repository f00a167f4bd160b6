package ocpi

// Token is what a driver pays with. Kassa makes one for each transaction, of type AD_HOC_USER.
type Token struct {
	CountryCode  string   `json:"country_code"`
	PartyID      string   `json:"party_id"`
	UID          string   `json:"uid"`
	Type         string   `json:"type"`
	ContractID   string   `json:"contract_id"`
	VisualNumber string   `json:"visual_number,omitempty"`
	Issuer       string   `json:"issuer"`
	Valid        bool     `json:"valid"`
	Whitelist    string   `json:"whitelist"`
	Language     string   `json:"language,omitempty"` // ISO 639-1
	LastUpdated  DateTime `json:"last_updated"`
}

// The words of a token for direct payment.
const (
	TokenAdHoc     = "AD_HOC_USER"
	WhitelistNever = "NEVER"
)

// Check holds the rules of a Token.
func (t Token) Check() error {
	var c checker
	c.party("", t.CountryCode, t.PartyID, true)
	c.id("uid", t.UID, 36, true)
	c.word("type", t.Type, true)
	c.id("contract_id", t.ContractID, 36, true)
	c.text("issuer", t.Issuer, 64, true)
	c.word("whitelist", t.Whitelist, true)
	c.text("language", t.Language, 2, false)
	c.time("last_updated", t.LastUpdated, true)
	return c.err
}

// TokenAnswer tells whether a token may charge ("AuthorizationInfo").
type TokenAnswer struct {
	Allowed                string `json:"allowed"` // ALLOWED, BLOCKED, EXPIRED, NO_CREDIT, NOT_ALLOWED
	Token                  Token  `json:"token"`
	AuthorisationReference string `json:"authorization_reference,omitempty"`
}

// The commands that are sent.
const (
	CommandStart = "START_SESSION"
	CommandStop  = "STOP_SESSION"
)

// StartSession asks a charge point operator to start.
type StartSession struct {
	ResponseURL            string `json:"response_url"`
	Token                  Token  `json:"token"`
	LocationID             string `json:"location_id"`
	EVSEUID                string `json:"evse_uid,omitempty"`
	ConnectorID            string `json:"connector_id,omitempty"`
	AuthorisationReference string `json:"authorization_reference,omitempty"`
}

// Check holds the rules of a StartSession.
func (s StartSession) Check() error {
	var c checker
	c.url("response_url", s.ResponseURL, true)
	c.within("token", s.Token.Check())
	c.id("location_id", s.LocationID, 36, true)
	c.id("evse_uid", s.EVSEUID, 36, false)
	c.id("connector_id", s.ConnectorID, 36, false)
	if s.ConnectorID != "" && s.EVSEUID == "" {
		c.fail("evse_uid", "is required with connector_id")
	}
	c.id("authorization_reference", s.AuthorisationReference, 36, false)
	return c.err
}

// StopSession asks a charge point operator to stop.
type StopSession struct {
	ResponseURL string `json:"response_url"`
	SessionID   string `json:"session_id"`
}

// Check holds the rules of a StopSession.
func (s StopSession) Check() error {
	var c checker
	c.url("response_url", s.ResponseURL, true)
	c.id("session_id", s.SessionID, 36, true)
	return c.err
}

// The results of commands: at once (CommandResponse) and later (CommandResult).
const (
	ResultAccepted       = "ACCEPTED"
	ResultRejected       = "REJECTED"
	ResultNotSupported   = "NOT_SUPPORTED"
	ResultUnknownSession = "UNKNOWN_SESSION"
	ResultEVSEOccupied   = "EVSE_OCCUPIED"
	ResultInoperative    = "EVSE_INOPERATIVE"
	ResultFailed         = "FAILED"
	ResultTimeout        = "TIMEOUT"
)

// DefaultCommandTimeout is how many seconds a result is waited for when a peer says none or 0.
const DefaultCommandTimeout = 60

// CommandResponse is the answer to a command: whether the peer passes it on.
type CommandResponse struct {
	Result  string        `json:"result"`
	Timeout int           `json:"timeout"` // seconds
	Message []DisplayText `json:"message,omitempty"`
}

// Wait is how many seconds the result may take.
func (r CommandResponse) Wait() int {
	if r.Timeout <= 0 {
		return DefaultCommandTimeout
	}
	return r.Timeout
}

// Check holds the rules of a CommandResponse.
func (r CommandResponse) Check() error {
	var c checker
	c.word("result", r.Result, true)
	return c.err
}

// CommandResult is what came of a command; it comes later, to the response_url, or never.
type CommandResult struct {
	Result  string        `json:"result"`
	Message []DisplayText `json:"message,omitempty"`
}

// Check holds the rules of a CommandResult.
func (r CommandResult) Check() error {
	var c checker
	c.word("result", r.Result, true)
	return c.err
}

// DisplayText is a text in one language (ISO 639-1).
type DisplayText struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}
