package operator

import "time"

// Kind is what an environment is for.
type Kind string

// The kinds. A platform has acceptance and production, a provider test and production.
const (
	Acceptance Kind = "acceptance"
	Test       Kind = "test"
	Production Kind = "production"
)

// Environment is one of a charge point operator's platform, like its acceptance system.
type Environment struct {
	ID       string `json:"id"`
	Account  string `json:"account"` // whose it is
	Platform string `json:"platform"`
	Name     string `json:"name"`
	Kind     Kind   `json:"kind"` // acceptance or production
}

// Provider is who runs terminals: Kassa itself, or another one.
type Provider struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Name    string `json:"name"`
	// StatusFeed is where the provider tells of its incidents, and StatusPage where people read them.
	StatusFeed string `json:"status_feed,omitempty"`
	StatusPage string `json:"status_page,omitempty"`
	// SilentSince is since when the feed cannot be read; zero while it can, or when there is none.
	SilentSince time.Time `json:"silent_since,omitzero"`
	// LeadDays is how many working days an activation takes.
	LeadDays int `json:"lead_days,omitempty"`
}

// ProviderEnvironment is one of a provider's two worlds, between which nothing is shared.
type ProviderEnvironment struct {
	ID       string `json:"id"`
	Account  string `json:"account"`
	Provider string `json:"provider"`
	Kind     Kind   `json:"kind"` // test or production
	Portal   string `json:"portal,omitempty"`
	// APIBase is where its interface is, and KeyOf the provider environment that the stored key was issued for: a key
	// of another one is a mistake (R14).
	APIBase string `json:"api_base,omitempty"`
	KeyOf   string `json:"key_of,omitempty"`
	// Answered is what its interface said to our key last: an HTTP status, 0 when nobody has asked.
	Answered int `json:"answered,omitempty"`
	// SilentSince is since when its terminals cannot be read; zero while they can, or when nobody asks.
	SilentSince time.Time `json:"silent_since,omitzero"`
	// As is the account under which we are known there; terminals are shared with it.
	As string `json:"as,omitempty"`
}

// Pairing tells that chargers of one kind of environment take terminals of one kind of provider environment.
type Pairing struct {
	Charger  Kind `json:"charger"`
	Terminal Kind `json:"terminal"`
}

// Pairings is the usual table.
func Pairings() []Pairing {
	return []Pairing{{Acceptance, Test}, {Production, Production}}
}

// CPO is a charge point operator in one environment of its platform.
type CPO struct {
	ID          string `json:"id"`
	Account     string `json:"account"`
	Environment string `json:"environment"`
	ExternalID  string `json:"external_id"` // how the platform calls it
	Customer    string `json:"customer,omitempty"`
	CountryCode string `json:"country_code,omitempty"` // OCPI, ISO 3166-1 alpha-2
	PartyID     string `json:"party_id,omitempty"`     // OCPI
	Name        string `json:"name"`
}

// Scope is how contactless payment is set up under a contract.
type Scope string

// The scopes of a contract's contactless set-up.
const (
	ScopeOff      Scope = "off"
	ScopeCPO      Scope = "cpo"
	ScopeContract Scope = "contract"
)

// Contract is one between a CPO and a customer of it.
type Contract struct {
	ID                string    `json:"id"`
	Account           string    `json:"account"`
	CPO               string    `json:"cpo"`
	CustomerReference string    `json:"customer_reference"` // agreed with the CPO before
	Starts            time.Time `json:"starts,omitzero"`
	Ends              time.Time `json:"ends,omitzero"`
	Contactless       Scope     `json:"contactless"`
}

// SetupStatus is how far a contactless set-up is.
type SetupStatus string

// The statuses of a set-up.
const (
	Requested  SetupStatus = "requested"
	Configured SetupStatus = "configured"
	Disabled   SetupStatus = "disabled"
)

// Setup lets chargers of a CPO, or of one contract of it, take contactless cards.
type Setup struct {
	ID            string      `json:"id"`
	Account       string      `json:"account"`
	Environment   string      `json:"environment"`
	CPOExternalID string      `json:"cpo_external_id"`
	Contract      string      `json:"contract,omitempty"` // empty for the whole CPO
	MerchantID    string      `json:"merchant_id,omitempty"`
	Acquirer      string      `json:"acquirer,omitempty"`
	Currency      string      `json:"currency"`
	MCC           string      `json:"mcc,omitempty"`
	Status        SetupStatus `json:"status"`
}

// Station is a charger.
type Station struct {
	ID          string `json:"id"`
	Account     string `json:"account"`
	Environment string `json:"environment"`
	CPO         string `json:"cpo"`
	Contract    string `json:"contract,omitempty"`
	OCPPID      string `json:"ocpp_id,omitempty"`
	// Location is its OCPI location, and EVSEs the uids of its EVSEs there; none means all of the location.
	Location  string    `json:"location,omitempty"`
	EVSEs     []string  `json:"evse_uids,omitempty"`
	Certified bool      `json:"certified"`
	Online    *bool     `json:"online,omitempty"` // nil when nobody has told
	LastSeen  time.Time `json:"last_seen,omitzero"`
}

// Activation is how far a provider is with a terminal.
type Activation string

// The activations.
const (
	ActivationUnknown Activation = ""
	Shipped           Activation = "shipped"
	Registered        Activation = "registered"
	Activated         Activation = "activated"
	Deactivated       Activation = "deactivated"
)

// Terminal is a terminal as its provider's environment tells of it.
type Terminal struct {
	ID           string     `json:"id"`
	Account      string     `json:"account"`
	ProviderEnv  string     `json:"provider_env"`
	Serial       string     `json:"serial"`
	Model        string     `json:"model,omitempty"`
	Family       string     `json:"family,omitempty"`
	Activation   Activation `json:"activation,omitempty"`
	ActivationAt time.Time  `json:"activation_at,omitzero"` // when it got there
	MerchantID   string     `json:"merchant_id,omitempty"`
	Owner        string     `json:"owner,omitempty"`      // the account of the provider that owns it
	VisibleTo    []string   `json:"visible_to,omitempty"` // those that see it
	ManagedBy    []string   `json:"managed_by,omitempty"` // and those that may configure it
	Online       *bool      `json:"online,omitempty"`
	State        string     `json:"state,omitempty"` // as the provider says: IDLE, READY, …
	StateAt      time.Time  `json:"state_at,omitzero"`
	LastSeen     time.Time  `json:"last_seen,omitzero"`
	// Screen and PIN tell what it can do; Increments whether its family can raise a hold.
	Screen     bool `json:"screen,omitempty"`
	PIN        bool `json:"pin,omitempty"`
	Increments bool `json:"increments,omitempty"`
}

// Binding is what an operator typed in to bind a terminal to a charger.
type Binding struct {
	ID            string    `json:"id"`
	Account       string    `json:"account"`
	Station       string    `json:"station"`
	EVSE          string    `json:"evse,omitempty"`
	EnteredSerial string    `json:"entered_serial"`
	Provider      string    `json:"provider"`
	By            string    `json:"by,omitempty"`
	At            time.Time `json:"at"`
	// Despite tells that it was bound although Findings were shown.
	Despite  bool      `json:"despite,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
}

// Payment is how money is held, for an environment, a CPO, a contract or a station; the nearest one counts, field by
// field.
type Payment struct {
	ID       string `json:"id"`
	Account  string `json:"account"`
	Scope    string `json:"scope"` // environment, cpo, contract or station
	Of       string `json:"of"`    // the id of that
	Currency string `json:"currency,omitempty"`
	// Hold is how much is held, Minimum the least that a partial approval may be, both in minor units; 0 when it is
	// left to what is further away.
	Hold    int64 `json:"hold,omitempty"`
	Minimum int64 `json:"minimum,omitempty"`
	// Most is the highest hold that the contract lets there be, Step one increment of it, and MinCapture the least that
	// is captured at all.
	Most       int64 `json:"most,omitempty"`
	Step       int64 `json:"step,omitempty"`
	MinCapture int64 `json:"min_capture,omitempty"`
	OverCommit *bool `json:"over_commit,omitempty"`
	Increments *int  `json:"increments,omitempty"`
}

// Incident is one that a provider tells of.
type Incident struct {
	ID       string    `json:"id"`
	Account  string    `json:"account"`
	Provider string    `json:"provider"`
	Kind     Kind      `json:"kind,omitempty"` // of its environment; empty for both
	Title    string    `json:"title"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended,omitzero"`
	Link     string    `json:"link,omitempty"`
}
