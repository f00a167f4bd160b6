package estate_test

import (
	"errors"
	"testing"

	"kassa/estate"
)

func TestAChangedKeyStaysTheSameKey(t *testing.T) {
	w := newWorld(t)
	k, clear := w.key(estate.NewKey{Account: w.group.Account, Role: estate.RoleDeveloper, Name: "till"})
	_, err := w.ChangeKey(noon, k.ID, "key_1", func(k *estate.Key) {
		k.Role, k.Name, k.Networks = estate.RoleAuditor, "books", []string{"10.0.0.0/8"}
		k.Account, k.Group, k.ID = "", "", "other" // whose it is stays
	})
	must(t, err)
	for range 2 {
		got, problem := w.Identify(noon, clear, "10.1.2.3")
		if problem != "" || got.ID != k.ID || got.Role != estate.RoleAuditor || got.Name != "books" || got.Account != w.group.Account {
			t.Errorf("the changed key: %q %+v", problem, got)
		}
		w.problem(noon, clear, "192.0.2.1", estate.KeyOtherNetwork)
		w.Registry = openOn(t, w.store)
	}
	for _, change := range []func(*estate.Key){
		func(k *estate.Key) { k.Role = estate.RoleOperator },
		func(k *estate.Key) { k.Role = "chief" },
		func(k *estate.Key) { k.Networks = []string{"anywhere"} },
	} {
		if _, err := w.ChangeKey(noon, k.ID, "key_1", change); !errors.Is(err, estate.ErrInvalid) && !errors.Is(err, estate.ErrUnknown) {
			t.Errorf("a key that cannot be: %v", err)
		}
	}
	if got, _ := w.Key(k.ID); got.Role != estate.RoleAuditor || len(got.Networks) != 1 {
		t.Errorf("a refused change was made: %+v", got)
	}
	if _, err := w.ChangeKey(noon, "key_test_X", "", func(*estate.Key) {}); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("a key that is not there: %v", err)
	}
}
