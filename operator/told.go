package operator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Accounts lists the accounts that have anything here, in order.
func (r *Registry) Accounts() (list []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	seen := map[string]bool{}
	for _, k := range r.kept {
		if !k.gone && !seen[k.account] {
			seen[k.account] = true
			list = append(list, k.account)
		}
	}
	slices.Sort(list)
	return list
}

// Note keeps a thing as change gives it from what there is at that moment, and writes nothing when that is as before
// or nil. It is for what somebody else tells of a thing that people change too.
func (r *Registry) Note(account, kind, id string, change func(w *World) any) error {
	k, ok := kindNamed(kind)
	if !ok || kind == "bindings" || kind == "requests" {
		return fmt.Errorf("%w: %s", ErrUnknown, kind)
	}
	if err := idOK(id); err != nil {
		return err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	told := change(r.World(account))
	if told == nil {
		return nil
	}
	body, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("operator: encode %s: %w", kind, err)
	}
	t, err := decode(k, body)
	if err != nil {
		return err
	}
	t.whose(id, account)
	if body, err = json.Marshal(t); err != nil {
		return fmt.Errorf("operator: encode %s: %w", kind, err)
	}
	if before, err := r.Get(account, kind, id); err == nil && bytes.Equal(before, body) {
		return nil
	}
	_, err = r.putChecked(account, kind, id, t)
	return err
}
