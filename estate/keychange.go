package estate

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// KeyChanged tells what a key may do from now on.
type KeyChanged struct {
	ID       string       `json:"id"`
	Role     Role         `json:"role"`
	Name     string       `json:"name,omitempty"`
	Only     []Permission `json:"only,omitempty"`
	Networks []string     `json:"networks,omitempty"`
	By       string       `json:"by,omitempty"`
}

// ChangeKey changes the role, the name, the permissions and the networks of a key; the key itself and
// whose it is stay.
func (r *Registry) ChangeKey(now time.Time, id, by string, change func(*Key)) (Key, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	former, ok := r.keys[r.keyIDs[id]]
	if !ok {
		return Key{}, fmt.Errorf("%w: key", ErrUnknown)
	}
	asked := former
	asked.Only, asked.Networks = slices.Clone(former.Only), slices.Clone(former.Networks)
	change(&asked)
	k := former
	k.Role, k.Name, k.Only, k.Networks = asked.Role, asked.Name, asked.Only, asked.Networks
	if reflect.DeepEqual(k, former) {
		return k, nil
	}
	n := NewKey{Account: k.Account, Group: k.Group, Role: k.Role, Name: k.Name, Only: k.Only, Networks: k.Networks, By: by}
	if err := r.checkKey(now, n); err != nil {
		return Key{}, err
	}
	if !slices.Equal(k.Networks, former.Networks) {
		n.Expires = r.keys[r.keyIDs[by]].Expires // its end is not changed
		if err := r.mayGive(n); err != nil {
			return Key{}, err
		}
	}
	return k, r.write(now, r.keyChange(k, KeyChanged{k.ID, k.Role, k.Name, k.Only, k.Networks, by}))
}
