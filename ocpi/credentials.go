package ocpi

import "fmt"

// Version is a version of OCPI by its number.
type Version string

// The versions that are spoken.
const (
	V221 Version = "2.2.1"
	V230 Version = "2.3.0"
)

// Versions are the versions that are spoken, the oldest first.
func Versions() []Version { return []Version{V221, V230} }

// The modules that a Payment Terminal Provider serves or uses. Others are kept as they are named.
const (
	ModuleCredentials = "credentials"
	ModulePayments    = "payments"
	ModuleCommands    = "commands"
	ModuleLocations   = "locations"
	ModuleTariffs     = "tariffs"
	ModuleSessions    = "sessions"
	ModuleCDRs        = "cdrs"
	ModuleTokens      = "tokens"
)

// The sides of a module.
const (
	Sender   = "SENDER"
	Receiver = "RECEIVER"
)

// VersionLink is one line of the versions endpoint.
type VersionLink struct {
	Version Version `json:"version"`
	URL     string  `json:"url"`
}

// VersionDetails lists the endpoints of a version.
type VersionDetails struct {
	Version   Version    `json:"version"`
	Endpoints []Endpoint `json:"endpoints"`
}

// Endpoint is one side of one module.
type Endpoint struct {
	Identifier string `json:"identifier"`
	Role       string `json:"role"`
	URL        string `json:"url"`
}

// URL finds an endpoint by module and side; empty when it is not there. The side of credentials means nothing.
func (d VersionDetails) URL(module, role string) string {
	for _, e := range d.Endpoints {
		if e.Identifier == module && (e.Role == role || module == ModuleCredentials) {
			return e.URL
		}
	}
	return ""
}

// Check holds the rules of a VersionDetails.
func (d VersionDetails) Check() error {
	var c checker
	c.word("version", string(d.Version), true)
	for i, e := range d.Endpoints {
		at := fmt.Sprintf("endpoints[%d].", i)
		c.word(at+"identifier", e.Identifier, true)
		c.url(at+"url", e.URL, true)
	}
	return c.err
}

// Credentials is how a party is reached, and who it is.
type Credentials struct {
	Token      string            `json:"token"`
	URL        string            `json:"url"`                    // its versions endpoint
	HubPartyID string            `json:"hub_party_id,omitempty"` // 2.3.0: country and party
	Roles      []CredentialsRole `json:"roles"`
}

// The roles of parties. Other words are kept.
const (
	RoleCPO   = "CPO"
	RoleEMSP  = "EMSP"
	RoleHUB   = "HUB"
	RoleOther = "OTHER"
	RolePTP   = "PTP" // in the terminology of 2.3.0, though not in its enum
)

// CredentialsRole is one party that a connection speaks for.
type CredentialsRole struct {
	Role            string          `json:"role"`
	BusinessDetails BusinessDetails `json:"business_details"`
	PartyID         string          `json:"party_id"`
	CountryCode     string          `json:"country_code"`
}

// BusinessDetails names a company.
type BusinessDetails struct {
	Name    string `json:"name"`
	Website string `json:"website,omitempty"`
	Logo    *Image `json:"logo,omitempty"`
}

// Image is a picture by its address.
type Image struct {
	URL       string `json:"url"`
	Thumbnail string `json:"thumbnail,omitempty"`
	Category  string `json:"category"`
	Type      string `json:"type"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
}

// For is the credentials as a version writes them.
func (c Credentials) For(v Version) Credentials {
	if v == V221 {
		c.HubPartyID = ""
	}
	return c
}

// Check holds the rules of a Credentials.
func (c Credentials) Check() error {
	var k checker
	if !ValidToken(c.Token) {
		k.fail("token", "must be 1 to 64 printable ASCII characters without spaces")
	}
	k.url("url", c.URL, true)
	k.id("hub_party_id", c.HubPartyID, 5, false)
	if len(c.Roles) == 0 {
		k.fail("roles", "must not be empty")
	}
	seen := map[string]bool{}
	for i, r := range c.Roles {
		at := fmt.Sprintf("roles[%d].", i)
		k.word(at+"role", r.Role, true)
		k.party(at, r.CountryCode, r.PartyID, true)
		k.text(at+"business_details.name", r.BusinessDetails.Name, 100, true)
		key := r.Role + "/" + Fold(r.CountryCode+r.PartyID)
		if seen[key] {
			k.fail(at+"party_id", "occurs twice with the same role and country_code")
		}
		seen[key] = true
	}
	return k.err
}
