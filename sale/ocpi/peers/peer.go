// Package peers keeps the OCPI connections: who is at the other end, which tokens open what, which
// endpoints the other end has, and in which ways it departs from the document.
//
// A token that opens our side is kept as a keyed hash, one that opens theirs is sealed; neither is
// shown again. Each step is durable before anybody sees it. It calls nobody.
package peers

import (
	"slices"
	"time"

	"kassa/ocpi"
)

// Peer is one connection: a pair of tokens, and the parties that speak through it.
type Peer struct {
	ID      string `json:"id"` // 20 symbols of base 32
	Name    string `json:"name"`
	Account string `json:"account"` // whose terminals it may see
	// Contracts are the customer references that are its own; empty when the account has just this one.
	Contracts []string  `json:"contracts,omitempty"`
	MadeAt    time.Time `json:"madeAt"`

	// Registering is the hash of a token A: it opens versions and credentials, and nothing else.
	Registering string `json:"registering,omitempty"`
	// Inbound is the hash of the token by which it calls us.
	Inbound string `json:"inbound,omitempty"`
	// Offered is the hash of a token that was sent to it and not yet confirmed; it opens as Inbound does.
	Offered string `json:"offered,omitempty"`
	// Outbound is the sealed token by which we call it.
	Outbound []byte `json:"outbound,omitempty"`

	VersionsURL  string                 `json:"versionsUrl,omitempty"`
	Version      ocpi.Version           `json:"version,omitempty"`
	Endpoints    []ocpi.Endpoint        `json:"endpoints,omitempty"`
	Roles        []ocpi.CredentialsRole `json:"roles,omitempty"`
	RegisteredAt time.Time              `json:"registeredAt,omitzero"` // zero before the handshake and after its end

	Quirks  Quirks `json:"quirks,omitzero"`
	Deleted bool   `json:"deleted,omitempty"`
}

// Quirks are the ways in which a peer departs from the document; the zero value is none.
type Quirks struct {
	// RawToken sends tokens as they are, not in base64.
	RawToken bool `json:"rawToken,omitempty"`
	// Role is what Kassa calls itself towards it instead of PTP (spec 1.12 Q1).
	Role string `json:"role,omitempty"`
	// Price writes prices in the shape of another version.
	Price ocpi.Version `json:"price,omitempty"`
	// FACOnVoid wants a confirmation (FAILED, 0) of a hold that was released.
	FACOnVoid bool `json:"facOnVoid,omitempty"`
}

// Registered tells whether a handshake has succeeded and has not been undone.
func (p Peer) Registered() bool { return !p.RegisteredAt.IsZero() }

// URL is the address of one side of a module; empty when the peer has none.
func (p Peer) URL(module, role string) string {
	return ocpi.VersionDetails{Endpoints: p.Endpoints}.URL(module, role)
}

// PriceVersion is the version whose Price it is sent.
func (p Peer) PriceVersion() ocpi.Version {
	if p.Quirks.Price != "" {
		return p.Quirks.Price
	}
	return p.Version
}

// Is tells whether one of its roles is a party.
func (p Peer) Is(country, party string) bool {
	return slices.ContainsFunc(p.Roles, func(r ocpi.CredentialsRole) bool {
		return ocpi.Fold(r.CountryCode) == ocpi.Fold(country) && ocpi.Fold(r.PartyID) == ocpi.Fold(party)
	})
}

// Covers tells whether a contract is its own.
func (p Peer) Covers(contract string) bool {
	return len(p.Contracts) == 0 || slices.ContainsFunc(p.Contracts, func(c string) bool { return ocpi.Fold(c) == ocpi.Fold(contract) })
}
