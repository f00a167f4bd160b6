package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"kassa/journal"
	"kassa/operator"
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
}

// Vault hashes and seals what must not be kept in clear (the secure module).
type Vault interface {
	LookupHash(secret []byte) string
	SealSecret(name string, secret []byte) ([]byte, error)
	OpenSecret(name string, sealed []byte) ([]byte, error)
}

const (
	keyStream = "operatorkey"
	maxKey    = 200
	keyPage   = 1000
)

// Keys are the keys that open providers' environments, sealed. It is safe for concurrent use.
type Keys struct {
	store Store
	vault Vault
	now   func() time.Time

	writing sync.Mutex
	mu      sync.RWMutex
	kept    map[string]keptKey // by stream
}

// keptKey is a key as it is kept. Of is the environment that it was first given for, and Origin the only place where
// it is sent: whoever changes the address of an environment must have the key.
type keptKey struct {
	Account string `json:"account"`
	Env     string `json:"env"`
	Of      string `json:"of"`
	Origin  string `json:"origin"`
	Hash    string `json:"hash"`
	Sealed  []byte `json:"sealed"`

	version uint64
}

// KeyChanged is the fact that an environment has another key. No key is in it.
type KeyChanged struct {
	Account string `json:"account"`
	Env     string `json:"env"`
	Of      string `json:"of"`
	By      string `json:"by,omitempty"`
}

// OpenKeys reads the keys.
func OpenKeys(store Store, vault Vault, now func() time.Time) (*Keys, error) {
	k := &Keys{store: store, vault: vault, now: now, kept: map[string]keptKey{}}
	for after := ""; ; {
		page, err := store.Streams(keyStream, after, keyPage)
		if err != nil {
			return nil, fmt.Errorf("feed: keys: %w", err)
		}
		for _, s := range page {
			one := keptKey{version: s.Version}
			if err := json.Unmarshal(s.State, &one); err != nil {
				return nil, fmt.Errorf("feed: state of %s: %w", s.ID, err)
			}
			k.kept[s.ID] = one
			after = strings.TrimPrefix(s.ID, keyStream+"/")
		}
		if len(page) < keyPage {
			return k, nil
		}
	}
}

func keyName(account, env string) string { return keyStream + "/" + account + "." + env }

// origin is the place of an address: its scheme and host.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// put keeps the key of an environment. It errs with operator.ErrInvalid when the key cannot be one. A key that
// another environment of the account was given before is of that one, which is a mistake for others to tell.
func (k *Keys) put(e operator.ProviderEnvironment, key, by string) error {
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		return fmt.Errorf("%w: key: must be 1 to %d characters of ASCII without spaces and quotes", operator.ErrInvalid, maxKey)
	}
	if e.APIBase == "" {
		return fmt.Errorf("%w: key: the provider environment has no api_base to use it at", operator.ErrInvalid)
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	name := keyName(e.Account, e.ID)
	one := keptKey{Account: e.Account, Env: e.ID, Of: e.ID, Origin: origin(e.APIBase), Hash: k.vault.LookupHash([]byte("provider key " + key)), version: k.kept[name].version}
	for _, other := range k.kept {
		if other.Account == e.Account && other.Env != e.ID && other.Hash == one.Hash && other.Of == other.Env {
			one.Of = other.Env
		}
	}
	var err error
	if one.Sealed, err = k.vault.SealSecret("operator-key/"+e.Account+"/"+e.ID, []byte(key)); err != nil {
		return fmt.Errorf("feed: seal the key of %s: %w", e.ID, err)
	}
	state, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	payload, err := json.Marshal(KeyChanged{e.Account, e.ID, one.Of, by})
	if err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	done := make(chan error, 1)
	k.store.Submit(journal.Batch{{
		Stream: name, Expect: one.version, State: state, Scope: e.Account,
		Facts: []journal.Fact{{At: k.now(), Kind: "OperatorKeyChanged", Scope: e.Account, Payload: payload}},
	}}, func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return fmt.Errorf("feed: write the key of %s: %w", e.ID, err)
	}
	one.version++
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[name] = one
	return nil
}

// errNoKey tells that there is none for this address.
var errNoKey = errors.New("feed: there is no key for this address")

// key opens the key of an environment, for the place it was given for only.
func (k *Keys) key(e operator.ProviderEnvironment) (key, of string, err error) {
	k.mu.RLock()
	one, ok := k.kept[keyName(e.Account, e.ID)]
	k.mu.RUnlock()
	if !ok || one.Origin != origin(e.APIBase) {
		return "", "", errNoKey
	}
	clear, err := k.vault.OpenSecret("operator-key/"+e.Account+"/"+e.ID, one.Sealed)
	if err != nil {
		return "", "", fmt.Errorf("feed: open the key of %s: %w", e.ID, err)
	}
	return string(clear), one.Of, nil
}
