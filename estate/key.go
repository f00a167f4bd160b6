package estate

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// keySecret is the random part of a key: with its prefix it has the 40 characters of MultiSafepay's.
const keySecret = 35

// Key is an API key, known by its keyed hash. Without an account it is the installation's, with one it
// opens all groups of that account, and with a group that group alone.
type Key struct {
	ID   string `json:"id,omitempty"` // "key_test_" or "key_live_" and 20 letters and digits
	Hash string `json:"hash"`
	// Sealed is the key itself, sealed by the secure module: MultiSafepay's webhooks are signed
	// with the key.
	Sealed  []byte `json:"sealed"`
	Account string `json:"account"`
	Group   string `json:"group,omitempty"`
	Role    Role   `json:"role"`
	Name    string `json:"name,omitempty"`
	// Only narrows what the role may do; empty leaves all of it.
	Only []Permission `json:"only,omitempty"`
	// Networks are the ranges (CIDR) from which the key may be used; empty for anywhere.
	Networks []string  `json:"networks,omitempty"`
	Hint     string    `json:"hint"` // the last four characters, for people
	Made     time.Time `json:"made"`
	Expires  time.Time `json:"expires,omitzero"`
	Revoked  time.Time `json:"revoked,omitzero"`
	// Replaces is the id of the key whose successor it is.
	Replaces string `json:"replaces,omitempty"`
}

// Role is the job of who holds a key. Package auth says what each may do.
type Role string

// The roles.
const (
	RoleOperator  Role = "operator"  // runs the installation; its keys have no account
	RoleAdmin     Role = "admin"     // all that is the merchant's
	RoleDeveloper Role = "developer" // integrates: payments, webhooks, deliveries
	RoleCashier   Role = "cashier"   // payments and refunds
	RoleSupport   Role = "support"   // looks into what went wrong
	RoleAuditor   Role = "auditor"   // reads
)

// Roles lists the roles, the mightiest first.
func Roles() []Role {
	return []Role{RoleOperator, RoleAdmin, RoleDeveloper, RoleCashier, RoleSupport, RoleAuditor}
}

// Permission is one thing that a key may do; package auth lists them.
type Permission string

// KeyProblem says why a key opens nothing.
type KeyProblem string

// The problems.
const (
	KeyUnknown          KeyProblem = "unknown"
	KeyRevokedAlready   KeyProblem = "revoked"
	KeyExpired          KeyProblem = "expired"
	KeyOtherEnvironment KeyProblem = "other_environment"
	KeyOtherNetwork     KeyProblem = "network"
)

// NewKey is what a key is to be.
type NewKey struct {
	Account, Group string
	Role           Role
	Name           string
	Only           []Permission
	Networks       []string
	Expires        time.Time // zero for never
	By             string    // the key that asks
}

// MakeKey makes an API key and gives it in clear, here and never again. The operator's has neither
// account nor group; all others have an account.
func (r *Registry) MakeKey(now time.Time, n NewKey) (Key, string, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if len(r.keys) >= maxKeys {
		return Key{}, "", fmt.Errorf("%w: keys", ErrFull)
	}
	if err := r.checkKey(now, n); err != nil {
		return Key{}, "", err
	}
	if err := r.mayGive(n); err != nil {
		return Key{}, "", err
	}
	k, clear, err := r.newKey(now, n)
	if err != nil {
		return Key{}, "", err
	}
	if err := r.write(now, r.keyChange(k, keyMade(k, n.By))); err != nil {
		return Key{}, "", err
	}
	return k, clear, nil
}

func (r *Registry) newKey(now time.Time, n NewKey) (Key, string, error) {
	secret, err := draw(r.random, keyAlphabet, keySecret)
	if err != nil {
		return Key{}, "", err
	}
	id, err := draw(r.random, idAlphabet, idLength)
	if err != nil {
		return Key{}, "", err
	}
	clear := string(r.env) + "_" + secret
	k := Key{
		ID: "key_" + string(r.env) + "_" + id, Hash: r.keyHash(clear), Account: n.Account, Group: n.Group, Role: n.Role, Name: n.Name,
		Only: slices.Clone(n.Only), Networks: slices.Clone(n.Networks), Hint: clear[len(clear)-4:], Made: now, Expires: n.Expires,
	}
	if k.Sealed, err = r.vault.SealSecret(sealName(k.Hash), []byte(clear)); err != nil {
		return Key{}, "", fmt.Errorf("estate: seal key: %w", err)
	}
	return k, clear, nil
}

func keyMade(k Key, by string) KeyMade {
	return KeyMade{
		ID: k.ID, Account: k.Account, Group: k.Group, Role: k.Role, Name: k.Name, Only: k.Only, Networks: k.Networks,
		Expires: k.Expires, Replaces: k.Replaces, Hint: k.Hint, By: by,
	}
}

func (r *Registry) keyChange(k Key, facts ...any) journaled {
	c := journaled{stream: "key/" + k.Hash, state: k, show: func() { r.showKey(k) }}
	scope := k.Group
	if scope == "" {
		scope = k.Account
	}
	for _, f := range facts {
		c.facts = append(c.facts, fact{scope, f})
	}
	return c
}

func (r *Registry) showKey(k Key) {
	if k.ID == "" { // one that was made before keys had ids and jobs
		k.ID = "key_" + string(r.env) + "_" + strings.ToUpper(k.Hash[:min(idLength, len(k.Hash))])
	}
	if k.Role == "group" || k.Role == "account" {
		k.Role = RoleAdmin
	}
	r.keys[k.Hash] = k
	r.keyIDs[k.ID] = k.Hash
}

func (r *Registry) checkKey(now time.Time, n NewKey) error {
	_, haveAccount := r.accounts[n.Account]
	g, haveGroup := r.groups[n.Group]
	switch {
	case !slices.Contains(Roles(), n.Role):
		return fmt.Errorf("%w: role: one of %v", ErrInvalid, Roles())
	case n.Role == RoleOperator && n.Account == "" && n.Group == "":
	case n.Role == RoleOperator || n.Account == "":
		return fmt.Errorf("%w: role: the operator's keys have no account, and all others have one", ErrUnknown)
	case !haveAccount:
		return fmt.Errorf("%w: account", ErrUnknown)
	case n.Group != "" && (!haveGroup || g.Account != n.Account):
		return fmt.Errorf("%w: group", ErrUnknown)
	}
	if len(n.Name) > maxName || !plainText(n.Name) {
		return fmt.Errorf("%w: name: up to %d bytes, and no control characters", ErrInvalid, maxName)
	}
	if !n.Expires.IsZero() && !n.Expires.After(now) {
		return fmt.Errorf("%w: expires: an instant to come", ErrInvalid)
	}
	if len(n.Networks) > maxNetworks || len(n.Only) > maxNetworks {
		return fmt.Errorf("%w: networks and only: up to %d", ErrInvalid, maxNetworks)
	}
	for _, network := range n.Networks {
		if _, err := netip.ParsePrefix(network); err != nil {
			return fmt.Errorf("%w: networks: %q is not a range like 192.0.2.0/24", ErrInvalid, clip(network, maxReason))
		}
	}
	return nil
}

// mayGive holds that a key gives no more than it has: what a key with networks or an end makes lies within
// those networks, and ends no later. What it may do is for package auth to compare.
func (r *Registry) mayGive(n NewKey) error {
	giver, ok := r.keys[r.keyIDs[n.By]]
	switch {
	case !ok: // the installation itself
	case !giver.Expires.IsZero() && (n.Expires.IsZero() || n.Expires.After(giver.Expires)):
		return fmt.Errorf("%w: expires: this key expires at %s, and gives none that lasts longer", ErrNotAllowed, giver.Expires.UTC().Format(time.RFC3339))
	case !contained(n.Networks, giver.Networks):
		return fmt.Errorf("%w: networks: this key is for %s, and gives none for other networks", ErrNotAllowed, strings.Join(giver.Networks, ", "))
	}
	return nil
}

// contained tells whether all of some networks lie in others; no network is everywhere.
func contained(inner, outer []string) bool {
	if len(outer) == 0 {
		return true
	}
	lies := func(network string) bool {
		p, err := netip.ParsePrefix(network)
		return err == nil && slices.ContainsFunc(outer, func(around string) bool {
			o, err := netip.ParsePrefix(around)
			return err == nil && o.Bits() <= p.Bits() && o.Contains(p.Addr())
		})
	}
	return len(inner) > 0 && !slices.ContainsFunc(inner, func(network string) bool { return !lies(network) })
}

// RotateKey makes the successor of a key, with all that the key has, also its end, and gives it in clear,
// here and never again. The old one expires after the overlap.
func (r *Registry) RotateKey(now time.Time, id string, overlap time.Duration, by string) (Key, string, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	old, ok := r.keys[r.keyIDs[id]]
	switch {
	case !ok:
		return Key{}, "", fmt.Errorf("%w: key", ErrUnknown)
	case old.problem(now) != "":
		return Key{}, "", fmt.Errorf("%w: the key is %s", ErrState, old.problem(now))
	case overlap < 0 || overlap > maxKeyOverlap:
		return Key{}, "", fmt.Errorf("%w: overlap: 0 to %d days", ErrInvalid, maxKeyOverlap/(24*time.Hour))
	case len(r.keys) >= maxKeys:
		return Key{}, "", fmt.Errorf("%w: keys", ErrFull)
	}
	n := NewKey{
		Account: old.Account, Group: old.Group, Role: old.Role, Name: old.Name, Only: old.Only, Networks: old.Networks, Expires: old.Expires, By: by,
	}
	if err := r.mayGive(n); err != nil {
		return Key{}, "", err
	}
	k, clear, err := r.newKey(now, n)
	if err != nil {
		return Key{}, "", err
	}
	k.Replaces = old.ID
	if until := now.Add(overlap); old.Expires.IsZero() || until.Before(old.Expires) {
		old.Expires = until
	}
	err = r.write(now, r.keyChange(k, keyMade(k, by)),
		r.keyChange(old, KeyRotated{ID: old.ID, Successor: k.ID, Expires: old.Expires, By: by}))
	if err != nil {
		return Key{}, "", err
	}
	return k, clear, nil
}

// RevokeKey ends a key: it opens nothing any more once this returns. A second time changes nothing.
func (r *Registry) RevokeKey(now time.Time, id, by string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	k, ok := r.keys[r.keyIDs[id]]
	switch {
	case !ok:
		return fmt.Errorf("%w: key", ErrUnknown)
	case !k.Revoked.IsZero():
		return nil
	}
	k.Revoked = now
	return r.write(now, r.keyChange(k, KeyRevoked{ID: id, By: by}))
}

// problem tells what is the matter with a key that is known.
func (k Key) problem(now time.Time) KeyProblem {
	switch {
	case !k.Revoked.IsZero():
		return KeyRevokedAlready
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return KeyExpired
	}
	return ""
}

// Usable tells whether a key is neither revoked nor expired.
func (k Key) Usable(now time.Time) bool { return k.problem(now) == "" }

// Identify finds the key that somebody presents, and notes its use. remote is the address from which
// it came, without a port. With a problem the key opens nothing; it is given as far as it is known.
//
// It is found by its keyed hash: what an attacker can time is the comparison of hashes under a key that
// he does not have.
func (r *Registry) Identify(now time.Time, key, remote string) (Key, KeyProblem) {
	k, ok := r.FindKey(key)
	if !ok {
		if env, formed := EnvironmentOf(key); formed && env != r.env {
			return Key{}, KeyOtherEnvironment
		}
		return Key{}, KeyUnknown
	}
	if problem := k.problem(now); problem != "" {
		return k, problem
	}
	if !k.from(remote) {
		return k, KeyOtherNetwork
	}
	r.uses.note(now, k, remote)
	return k, ""
}

// FindKey finds a key that was made here, whatever has become of it.
func (r *Registry) FindKey(key string) (Key, bool) {
	if key = strings.TrimSpace(key); key == "" || len(key) > maxKey {
		return Key{}, false
	}
	hash := r.keyHash(key)
	r.mu.RLock()
	k, ok := r.keys[hash]
	r.mu.RUnlock()
	if !ok || subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hash)) != 1 {
		return Key{}, false
	}
	return k, true
}

// from tells whether a key may be used from an address.
func (k Key) from(remote string) bool {
	if len(k.Networks) == 0 {
		return true
	}
	at, err := netip.ParseAddr(remote)
	if err != nil {
		return false
	}
	at = at.Unmap().WithZone("")
	return slices.ContainsFunc(k.Networks, func(network string) bool {
		p, err := netip.ParsePrefix(network)
		return err == nil && p.Contains(at)
	})
}

// Key finds a key by its id.
func (r *Registry) Key(id string) (Key, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.keys[r.keyIDs[id]]
	return k, ok
}

// Keys lists the keys of an account by id, with those that are of no use any more; for "" the
// operator's.
func (r *Registry) Keys(account string) []Key {
	return listed(r, func() map[string]Key { return r.keys },
		func(k Key) bool { return k.Account == account }, func(k Key) string { return k.ID })
}

// OpenKeyOf gives the newest usable key of a group in clear, to sign its webhooks with: one that takes
// payments, as the register has that verifies them, and only where there is none another. Who is given a key to
// read with changes no register's signatures, and could not make them.
func (r *Registry) OpenKeyOf(now time.Time, group string) (string, error) {
	g, _ := r.Group(group)
	ofGroup := func(k Key) bool { return group != "" && k.Account == g.Account && k.Group == group }
	clear, err := r.openNewest(now, func(k Key) bool { return ofGroup(k) && k.takesPayments() })
	if errors.Is(err, ErrUnknown) {
		return r.openNewest(now, ofGroup)
	}
	return clear, err
}

// takesPayments tells whether a key may be a register's.
func (k Key) takesPayments() bool {
	return k.Role != RoleSupport && k.Role != RoleAuditor && (len(k.Only) == 0 || slices.Contains(k.Only, "payments.take"))
}

// OpenKey gives the newest usable key of a role in clear: for a group or an account, or the operator's,
// which has neither.
func (r *Registry) OpenKey(now time.Time, role Role, account, group string) (string, error) {
	return r.openNewest(now, func(k Key) bool { return k.Role == role && k.Account == account && k.Group == group })
}

func (r *Registry) openNewest(now time.Time, want func(Key) bool) (string, error) {
	var newest Key
	r.mu.RLock()
	for _, k := range r.keys {
		if want(k) && k.Usable(now) && (k.Made.After(newest.Made) || k.Made.Equal(newest.Made) && k.Hash > newest.Hash) {
			newest = k
		}
	}
	r.mu.RUnlock()
	if newest.Hash == "" {
		return "", fmt.Errorf("%w: no usable key", ErrUnknown)
	}
	clear, err := r.vault.OpenSecret(sealName(newest.Hash), newest.Sealed)
	if err != nil {
		return "", fmt.Errorf("estate: open key: %w", err)
	}
	return string(clear), nil
}

func (r *Registry) keyHash(key string) string { return r.vault.LookupHash([]byte("api key " + key)) }

func sealName(hash string) string { return "key/" + hash }
