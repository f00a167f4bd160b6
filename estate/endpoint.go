package estate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// The dialects of webhook endpoints. MultiSafepay's have none: the URL is the order's or the group's.
const (
	DialectAdyen  = "adyen"
	DialectNative = "native"
)

// The types of Adyen's endpoints that are sent to. Others can be kept and read, and get nothing.
const (
	EndpointStandard        = "standard"                  // payments
	EndpointTerminalAPI     = "terminal-api-notification" // event and display notifications
	EndpointTerminalSetting = "terminal-settings"
	EndpointBoarding        = "terminal-boarding"
	EndpointAssignment      = "terminal-assignment"
	EndpointEvents          = "events" // the only one of the native dialect
)

// The ways in which an endpoint of a company chooses among its accounts.
const (
	AllAccounts     = "allAccounts"
	IncludeAccounts = "includeAccounts"
	ExcludeAccounts = "excludeAccounts"
)

// Endpoint is a URL that wants webhooks: of an account, of one of its groups, of all accounts of a company
// (Account is empty then), or of the whole installation (Company is empty too; native only).
type Endpoint struct {
	ID      string `json:"id"` // Adyen: "S2-", T or L, 19 symbols; native: "wh_test_" or "wh_live_", 20 symbols
	Dialect string `json:"dialect"`
	Account string `json:"account,omitempty"`
	Group   string `json:"group,omitempty"`
	Company string `json:"company,omitempty"`
	// Filter and Merchants choose among the accounts of a company, by their merchant account codes.
	Filter    string   `json:"filter,omitempty"`
	Merchants []string `json:"merchants,omitempty"`

	Type   string `json:"type"`
	URL    string `json:"url"`
	Active bool   `json:"active"`
	Format string `json:"format"` // json
	// Username and the sealed password are sent as basic authentication when there is a user name.
	Username       string `json:"username,omitempty"`
	SealedPassword []byte `json:"sealedPassword,omitempty"`
	// NewPassword, set inside MakeEndpoint and ChangeEndpoint only, is sealed and kept nowhere in clear.
	NewPassword *string `json:"-"`

	Encryption  string `json:"encryption,omitempty"` // TLSv1.2, TLSv1.3 or HTTP (test only)
	NetworkType string `json:"networkType,omitempty"`
	// What certificates it takes besides those that a known authority has signed.
	AcceptsExpired       bool `json:"acceptsExpired,omitempty"`
	AcceptsSelfSigned    bool `json:"acceptsSelfSigned,omitempty"`
	AcceptsUntrustedRoot bool `json:"acceptsUntrustedRoot,omitempty"`

	// Events are the codes or types that it wants; empty for all.
	Events []string `json:"events,omitempty"`
	// AdditionalSettings is kept as the dialect gave it.
	AdditionalSettings json.RawMessage `json:"additionalSettings,omitempty"`
	Description        string          `json:"description,omitempty"`
	CreatedAt          time.Time       `json:"createdAt"`
	// Secrets sign its webhooks: the newest first, and while it is being replaced the one before.
	Secrets []EndpointSecret `json:"secrets,omitempty"`
	Deleted bool             `json:"deleted,omitempty"`
}

// EndpointSecret is a sealed HMAC key (Adyen: 32 bytes, shown in hex) or secret (native: whsec_…).
type EndpointSecret struct {
	Sealed []byte `json:"sealed"`
	// Check tells two secrets apart without showing them: 6 hex digits.
	Check string    `json:"check"`
	Made  time.Time `json:"made"`
	// Until ends it, when a newer one has replaced it.
	Until time.Time `json:"until,omitzero"`
}

// HasPassword tells whether a password is kept.
func (e Endpoint) HasPassword() bool { return len(e.SealedPassword) > 0 }

// Wants tells whether it asked for a code or type of event; "order.*" asks for all that begin with "order.".
func (e Endpoint) Wants(event string) bool {
	return e.Active && !e.Deleted && (len(e.Events) == 0 || slices.ContainsFunc(e.Events, func(asked string) bool {
		family, all := strings.CutSuffix(asked, "*")
		return asked == event || all && strings.HasPrefix(event, family)
	}))
}

// The facts of endpoints. What is sealed is left out of them.

// EndpointMade is the first fact of an endpoint.
type EndpointMade struct {
	Endpoint Endpoint `json:"endpoint"`
	By       string   `json:"by,omitempty"`
}

// EndpointChanged tells what an endpoint is from now on.
type EndpointChanged struct {
	Endpoint Endpoint `json:"endpoint"`
	By       string   `json:"by,omitempty"`
}

// EndpointDeleted tells that nothing is sent to it any more.
type EndpointDeleted struct {
	ID string `json:"id"`
	By string `json:"by,omitempty"`
}

// EndpointSecretMade tells that what is sent to it is signed with a new secret.
type EndpointSecretMade struct {
	ID    string `json:"id"`
	Check string `json:"check"`
	By    string `json:"by,omitempty"`
}

// MakeEndpoint adds an endpoint; its ID is drawn, and CreatedAt is now. Whether the URL may be called is
// for the caller to ask, and is asked again at each try.
func (r *Registry) MakeEndpoint(now time.Time, e Endpoint, by string) (Endpoint, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if len(r.endpoints) >= maxEndpoints {
		return Endpoint{}, fmt.Errorf("%w: endpoints", ErrFull)
	}
	e.Secrets, e.SealedPassword, e.Deleted, e.CreatedAt = nil, nil, false, now
	var err error
	if e.ID, err = r.newEndpointID(e.Dialect); err != nil {
		return Endpoint{}, err
	}
	if err := r.checkEndpoint(&e); err != nil {
		return Endpoint{}, err
	}
	of := 0
	for _, other := range r.endpointsOf[e.owner()] {
		if !r.endpoints[other].Deleted {
			of++
		}
	}
	if of >= maxEndpointsOfOwner {
		return Endpoint{}, fmt.Errorf("%w: %d endpoints of one owner", ErrFull, of)
	}
	if err := r.sealPassword(&e); err != nil {
		return Endpoint{}, err
	}
	return e, r.write(now, r.endpointChange(e, EndpointMade{e.bare(), by}))
}

// ChangeEndpoint changes an endpoint. Its id, its dialect, its owner, its secrets and the day it was made stay.
func (r *Registry) ChangeEndpoint(now time.Time, id, by string, change func(*Endpoint)) (Endpoint, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	former, ok := r.endpoint(id)
	if !ok {
		return Endpoint{}, fmt.Errorf("%w: endpoint", ErrUnknown)
	}
	e := former
	e.Events, e.Merchants = slices.Clone(former.Events), slices.Clone(former.Merchants)
	change(&e)
	e.ID, e.Dialect, e.Account, e.Group, e.Company = former.ID, former.Dialect, former.Account, former.Group, former.Company
	e.Secrets, e.SealedPassword, e.CreatedAt, e.Deleted = former.Secrets, former.SealedPassword, former.CreatedAt, false
	if err := r.checkEndpoint(&e); err != nil {
		return Endpoint{}, err
	}
	if err := r.sealPassword(&e); err != nil || reflect.DeepEqual(e, former) {
		return e, err
	}
	return e, r.write(now, r.endpointChange(e, EndpointChanged{e.bare(), by}))
}

// DeleteEndpoint ends an endpoint. What waits for it is not sent.
func (r *Registry) DeleteEndpoint(now time.Time, id, by string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	e, ok := r.endpoint(id)
	if !ok {
		return fmt.Errorf("%w: endpoint", ErrUnknown)
	}
	e.Deleted, e.Active, e.Secrets, e.SealedPassword = true, false, nil, nil
	return r.write(now, r.endpointChange(e, EndpointDeleted{id, by}))
}

// NewSecret makes the secret that signs from now on and gives it in clear, here and never again: 64 hex
// digits (Adyen) or whsec_ and base64 (native). The one before it is good for the overlap.
func (r *Registry) NewSecret(now time.Time, id string, overlap time.Duration, by string) (Endpoint, string, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	e, ok := r.endpoint(id)
	if !ok {
		return Endpoint{}, "", fmt.Errorf("%w: endpoint", ErrUnknown)
	}
	if overlap < 0 || overlap > maxOverlap {
		return Endpoint{}, "", fmt.Errorf("%w: overlap must be from 0 to %s", ErrInvalid, maxOverlap)
	}
	clear, check, err := newEndpointSecret(r.random, e.Dialect)
	if err != nil {
		return Endpoint{}, "", err
	}
	sealed, err := r.vault.SealSecret(secretName(id), []byte(clear))
	if err != nil {
		return Endpoint{}, "", fmt.Errorf("estate: seal the secret of %s: %w", id, err)
	}
	secrets := []EndpointSecret{{Sealed: sealed, Check: check, Made: now}}
	if len(e.Secrets) > 0 && overlap > 0 { // one older secret at the most
		older := e.Secrets[0]
		older.Until = now.Add(overlap)
		secrets = append(secrets, older)
	}
	e.Secrets = secrets
	err = r.write(now, r.endpointChange(e, EndpointSecretMade{id, check, by}))
	if err != nil {
		return Endpoint{}, "", err
	}
	return e, clear, nil
}

// OpenSecrets gives the secrets that sign at an instant in clear, the newest first; none when none was made.
func (r *Registry) OpenSecrets(now time.Time, id string) ([]string, error) {
	e, ok := r.Endpoint(id)
	if !ok {
		return nil, fmt.Errorf("%w: endpoint", ErrUnknown)
	}
	var clear []string
	for _, s := range e.Secrets {
		if !s.Until.IsZero() && !now.Before(s.Until) {
			continue
		}
		plain, err := r.vault.OpenSecret(secretName(id), s.Sealed)
		if err != nil {
			return nil, fmt.Errorf("estate: open a secret of %s: %w", id, err)
		}
		clear = append(clear, string(plain))
	}
	return clear, nil
}

// OpenPassword gives the password of basic authentication in clear; empty when there is none.
func (r *Registry) OpenPassword(id string) (string, error) {
	e, ok := r.Endpoint(id)
	if !ok {
		return "", fmt.Errorf("%w: endpoint", ErrUnknown)
	}
	if !e.HasPassword() {
		return "", nil
	}
	plain, err := r.vault.OpenSecret(passwordName(id), e.SealedPassword)
	if err != nil {
		return "", fmt.Errorf("estate: open the password of %s: %w", id, err)
	}
	return string(plain), nil
}

// Endpoint finds an endpoint that is not deleted.
func (r *Registry) Endpoint(id string) (Endpoint, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e, ok := r.endpoint(id)
	e.Events, e.Merchants, e.Secrets = slices.Clone(e.Events), slices.Clone(e.Merchants), slices.Clone(e.Secrets)
	return e, ok
}

func (r *Registry) endpoint(id string) (Endpoint, bool) {
	e, ok := r.endpoints[id]
	if e.Deleted {
		return Endpoint{}, false
	}
	return e, ok
}

// Endpoints lists the endpoints of an account and its groups by id, of all dialects.
func (r *Registry) Endpoints(account string) []Endpoint {
	return r.endpointsThat(func(e Endpoint) bool { return e.Account == account && e.Company == "" })
}

// CompanyEndpoints lists the endpoints of a company by id.
func (r *Registry) CompanyEndpoints(company string) []Endpoint {
	return r.endpointsThat(func(e Endpoint) bool { return e.Company == company && company != "" })
}

// AllEndpoints lists the endpoints of the installation by id.
func (r *Registry) AllEndpoints() []Endpoint {
	return r.endpointsThat(func(Endpoint) bool { return true })
}

// EndpointsFor lists the active endpoints of a dialect that hear of what happens in a group of an account:
// the group's, the account's, those of its company that do not leave it out, and the installation's. Without
// an account it lists the installation's, without a group no group's.
func (r *Registry) EndpointsFor(dialect, account, group string) []Endpoint {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a, known := r.accounts[account]
	owners := []Endpoint{{}}
	if known {
		owners = append(owners, Endpoint{Account: account}, Endpoint{Company: a.Company})
	}
	if known && group != "" {
		owners = append(owners, Endpoint{Account: account, Group: group})
	}
	var list []Endpoint
	for _, o := range owners {
		for _, id := range r.endpointsOf[o.owner()] {
			if e := r.endpoints[id]; e.Dialect == dialect && e.Active && !e.Deleted && e.hears(a) {
				list = append(list, e)
			}
		}
	}
	return list
}

// hears tells whether an endpoint of a company does not leave an account out.
func (e Endpoint) hears(a Account) bool {
	switch e.Filter {
	case IncludeAccounts:
		return slices.Contains(e.Merchants, a.Merchant)
	case ExcludeAccounts:
		return !slices.Contains(e.Merchants, a.Merchant)
	}
	return true
}

func (r *Registry) endpointsThat(want func(Endpoint) bool) []Endpoint {
	return listed(r, func() map[string]Endpoint { return r.endpoints },
		func(e Endpoint) bool { return !e.Deleted && want(e) }, func(e Endpoint) string { return e.ID })
}

// bare is the endpoint as facts show it.
func (e Endpoint) bare() Endpoint {
	e.SealedPassword, e.Secrets, e.NewPassword = nil, nil, nil
	return e
}

func (e Endpoint) owner() string { return strings.Join([]string{e.Company, e.Account, e.Group}, "/") }

func (r *Registry) endpointChange(e Endpoint, body any) journaled {
	scope := e.Group
	if scope == "" {
		scope = e.Account
	}
	return journaled{
		stream: "endpoint/" + e.ID, state: e, facts: []fact{{scope, body}},
		show: func() { r.showEndpoint(e) },
	}
}

func (r *Registry) showEndpoint(e Endpoint) {
	if _, known := r.endpoints[e.ID]; !known {
		r.endpointsOf[e.owner()] = append(r.endpointsOf[e.owner()], e.ID)
	}
	r.endpoints[e.ID] = e
}

func (r *Registry) sealPassword(e *Endpoint) error {
	given := e.NewPassword
	e.NewPassword = nil
	switch {
	case given == nil:
		return nil
	case *given == "":
		e.SealedPassword = nil
		return nil
	}
	if former, err := r.vault.OpenSecret(passwordName(e.ID), e.SealedPassword); e.HasPassword() && err == nil && bytes.Equal(former, []byte(*given)) {
		return nil
	}
	sealed, err := r.vault.SealSecret(passwordName(e.ID), []byte(*given))
	if err != nil {
		return fmt.Errorf("estate: seal the password of %s: %w", e.ID, err)
	}
	e.SealedPassword = sealed
	return nil
}

func secretName(id string) string   { return "endpoint-secret/" + id }
func passwordName(id string) string { return "endpoint-password/" + id }
