package estate

import (
	"crypto/subtle"
	"fmt"
	"strings"
	"time"
)

// keySecret is the random part of a key: with its prefix it has the 40 characters of MultiSafepay's.
const keySecret = 35

// MakeKey makes an API key and gives it in clear, here and never again. An operator key has neither
// account nor group, an account key no group.
func (r *Registry) MakeKey(now time.Time, account, group string, role Role) (Key, string, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.checkKey(account, group, role); err != nil {
		return Key{}, "", err
	}
	secret, err := draw(r.random, keyAlphabet, keySecret)
	if err != nil {
		return Key{}, "", err
	}
	clear := string(r.env) + "_" + secret
	k := Key{
		Hash: r.keyHash(clear), Account: account, Group: group, Role: role, Hint: clear[len(clear)-4:], Made: now,
	}
	if k.Sealed, err = r.vault.SealSecret(sealName(k.Hash), []byte(clear)); err != nil {
		return Key{}, "", fmt.Errorf("estate: seal key: %w", err)
	}
	scope := group
	if scope == "" {
		scope = account
	}
	err = r.write(now, change{
		stream: "key/" + k.Hash, state: k, show: func() { r.showKey(k) },
		facts: []fact{{scope, KeyMade{Account: account, Group: group, Role: role, Hint: k.Hint}}},
	})
	if err != nil {
		return Key{}, "", err
	}
	return k, clear, nil
}

func (r *Registry) checkKey(account, group string, role Role) error {
	if len(r.keys) >= maxKeys {
		return fmt.Errorf("%w: keys", ErrFull)
	}
	_, haveAccount := r.accounts[account]
	g, haveGroup := r.groups[group]
	switch {
	case role == RoleOperator && account == "" && group == "":
		return nil
	case role == RoleAccount && haveAccount && group == "":
		return nil
	case role == RoleGroup && haveGroup && g.Account == account:
		return nil
	}
	return fmt.Errorf("%w: account or group does not fit the role of the key", ErrUnknown)
}

// Authenticate finds a key by its keyed hash. What an attacker can time is the comparison of hashes
// under a key that he does not have.
func (r *Registry) Authenticate(key string) (Key, bool) {
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

// OpenKeyOf gives the newest key of a group in clear, to sign its webhooks with.
func (r *Registry) OpenKeyOf(group string) (string, error) {
	g, _ := r.Group(group)
	return r.OpenKey(RoleGroup, g.Account, group)
}

// OpenKey gives the newest key of a role in clear: for a group or an account, or the operator's,
// which has neither.
func (r *Registry) OpenKey(role Role, account, group string) (string, error) {
	var newest Key
	r.mu.RLock()
	for _, k := range r.keys {
		if k.Role == role && k.Account == account && k.Group == group &&
			(k.Made.After(newest.Made) || k.Made.Equal(newest.Made) && k.Hash > newest.Hash) {
			newest = k
		}
	}
	r.mu.RUnlock()
	if newest.Hash == "" {
		return "", fmt.Errorf("%w: no key has this role", ErrUnknown)
	}
	clear, err := r.vault.OpenSecret(sealName(newest.Hash), newest.Sealed)
	if err != nil {
		return "", fmt.Errorf("estate: open key: %w", err)
	}
	return string(clear), nil
}

func (r *Registry) keyHash(key string) string { return r.vault.LookupHash([]byte("api key " + key)) }

func sealName(hash string) string { return "key/" + hash }
