package estate

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"kassa/journal"
)

// noteUseEvery is how often the use of a key is written down: a till uses its key all day long.
const noteUseEvery = 5 * time.Minute

// keyUse is when and from where a key was used last.
type keyUse struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	From string    `json:"from,omitempty"`

	version uint64
	written time.Time
}

// keyUses hold the last use of each key in memory, and write it down now and then. What a crash loses
// is five minutes of it.
type keyUses struct {
	submit func(journal.Batch, func(journal.Receipt, error))
	mu     sync.Mutex
	last   map[string]keyUse // by the key's id
}

func (u *keyUses) load(store Store) error {
	return eachStream(store, "keyuse", func(s journal.Stream) error {
		var use keyUse
		if err := json.Unmarshal(s.State, &use); err != nil {
			return fmt.Errorf("estate: state of %s: %w", s.ID, err)
		}
		use.version, use.written = s.Version, use.At
		u.last[use.ID] = use
		return nil
	})
}

// note does not wait for the store: batches become durable in the order in which they are handed over,
// so that the versions follow each other.
func (u *keyUses) note(now time.Time, k Key, from string) {
	from = clip(from, maxReason)
	u.mu.Lock()
	defer u.mu.Unlock()
	use := u.last[k.ID]
	use.ID, use.At, use.From = k.ID, now, from
	if use.version == 0 || now.Sub(use.written) >= noteUseEvery {
		scope := k.Group
		if scope == "" {
			scope = k.Account
		}
		c, err := encode(now, journaled{stream: "keyuse/" + k.ID, state: use, facts: []fact{{scope, KeyUsed{ID: k.ID, From: from}}}}, use.version)
		if err == nil {
			u.submit(journal.Batch{c}, func(journal.Receipt, error) {})
			use.version++
			use.written = now
		}
	}
	u.last[k.ID] = use
}

// LastUsed tells when a key was last used, and from which address; a zero instant when it never was.
func (r *Registry) LastUsed(id string) (at time.Time, from string) {
	r.uses.mu.Lock()
	defer r.uses.mu.Unlock()
	use := r.uses.last[id]
	return use.At, use.From
}
