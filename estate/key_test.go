package estate_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"kassa/estate"
	"kassa/journal"
)

func (w *world) key(n estate.NewKey) (estate.Key, string) {
	w.t.Helper()
	k, clear, err := w.MakeKey(noon, n)
	must(w.t, err)
	return k, clear
}

func (w *world) problem(at time.Time, clear, remote string, want estate.KeyProblem) {
	w.t.Helper()
	if _, got := w.Identify(at, clear, remote); got != want {
		w.t.Errorf("a key at %v from %q: %q, want %q", at, remote, got, want)
	}
}

func TestARevokedKeyOpensNothingAtOnce(t *testing.T) {
	w := newWorld(t)
	k, clear := w.key(estate.NewKey{Account: w.group.Account, Role: estate.RoleDeveloper, Name: "till"})
	if !strings.HasPrefix(k.ID, "key_test_") || k.Name != "till" {
		t.Errorf("made: %+v", k)
	}
	w.problem(noon, clear, "", "")
	must(t, w.RevokeKey(noon, k.ID, "key_1"))
	w.problem(noon, clear, "", estate.KeyRevokedAlready)
	must(t, w.RevokeKey(noon, k.ID, "key_1"))
	w.Registry = openOn(t, w.store)
	w.problem(noon, clear, "", estate.KeyRevokedAlready)
	if err := w.RevokeKey(noon, "key_test_X", ""); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := w.OpenKey(noon, estate.RoleDeveloper, w.group.Account, ""); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("a revoked key still signs: %v", err)
	}
}

func TestARotatedKeyWorksUntilTheOverlapEnds(t *testing.T) {
	w := newWorld(t)
	old, before := w.key(estate.NewKey{
		Account: w.group.Account, Group: w.group.ID, Role: estate.RoleCashier, Only: []estate.Permission{"orders.read"}, Networks: []string{"10.0.0.0/8"},
	})
	next, after, err := w.RotateKey(noon.Add(time.Second), old.ID, 24*time.Hour-time.Second, "key_1")
	must(t, err)
	if next.Replaces != old.ID || next.Role != old.Role || next.Group != old.Group || len(next.Only) != 1 || len(next.Networks) != 1 || next.ID == old.ID {
		t.Errorf("the successor: %+v", next)
	}
	for range 2 {
		w.problem(noon.Add(24*time.Hour-1), before, "10.1.2.3", "")
		w.problem(noon.Add(24*time.Hour), before, "10.1.2.3", estate.KeyExpired)
		w.problem(noon.Add(24*time.Hour), after, "10.1.2.3", "")
		w.Registry = openOn(t, w.store)
	}
	if got, err := w.OpenKeyOf(noon, w.group.ID); err != nil || got != after {
		t.Errorf("the key that signs: %v", err)
	}
	if _, _, err := w.RotateKey(noon.Add(25*time.Hour), old.ID, 0, ""); !errors.Is(err, estate.ErrState) {
		t.Errorf("an expired key is rotated: %v", err)
	}
	if _, _, err := w.RotateKey(noon, next.ID, 1000*24*time.Hour, ""); !errors.Is(err, estate.ErrInvalid) {
		t.Errorf("an overlap of years: %v", err)
	}
	if list := w.Keys(w.group.Account); len(list) != 2 {
		t.Errorf("keys: %+v", list)
	}
}

func TestAKeyWorksFromItsNetworks(t *testing.T) {
	w := newWorld(t)
	_, clear := w.key(estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin, Networks: []string{"192.0.2.0/24", "2001:db8::/32"}})
	for remote, want := range map[string]estate.KeyProblem{
		"192.0.2.7": "", "::ffff:192.0.2.7": "", "2001:db8::1": "", "192.0.3.1": estate.KeyOtherNetwork, "": estate.KeyOtherNetwork,
		"2001:db9::1": estate.KeyOtherNetwork, "nonsense": estate.KeyOtherNetwork,
	} {
		w.problem(noon, clear, remote, want)
	}
	for _, network := range []string{"192.0.2.1", "home", "192.0.2.0/33"} {
		if _, _, err := w.MakeKey(noon, estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin, Networks: []string{network}}); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("network %q: %v", network, err)
		}
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	w := newWorld(t)
	for name, n := range map[string]estate.NewKey{
		"no such role":             {Account: w.group.Account, Role: "king"},
		"operator with an account": {Account: w.group.Account, Role: estate.RoleOperator},
		"admin of nothing":         {Role: estate.RoleAdmin},
		"expired":                  {Account: w.group.Account, Role: estate.RoleAdmin, Expires: noon},
		"long name":                {Account: w.group.Account, Role: estate.RoleAdmin, Name: strings.Repeat("x", 200)},
	} {
		if _, _, err := w.MakeKey(noon, n); !errors.Is(err, estate.ErrInvalid) && !errors.Is(err, estate.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.problem(noon, "live_"+strings.Repeat("x", 35), "", estate.KeyOtherEnvironment)
	w.problem(noon, "test_"+strings.Repeat("x", 35), "", estate.KeyUnknown)
	w.problem(noon, "", "", estate.KeyUnknown)
}

// What was written before keys had ids and jobs.
func TestKeysOfFormerTimesAreAdmins(t *testing.T) {
	w := newWorld(t)
	k, clear := w.key(estate.NewKey{Account: w.group.Account, Group: w.group.ID, Role: estate.RoleCashier})
	for i, role := range []string{"group", "account"} {
		state, err := json.Marshal(map[string]any{
			"hash": k.Hash, "sealed": k.Sealed, "account": k.Account, "group": k.Group, "role": role, "hint": k.Hint, "made": k.Made,
		})
		must(t, err)
		w.store.Submit(journal.Batch{{Stream: "key/" + k.Hash, Expect: uint64(i + 1), State: state}}, func(_ journal.Receipt, err error) { must(t, err) })
		r := openOn(t, w.store)
		got, problem := r.Identify(noon, clear, "")
		if problem != "" || got.Role != estate.RoleAdmin || !strings.HasPrefix(got.ID, "key_test_") || len(got.ID) != len("key_test_")+20 {
			t.Errorf("role %s: %+v %q", role, got, problem)
		}
		if byID, ok := r.Key(got.ID); !ok || byID.Hash != k.Hash {
			t.Errorf("by its id: %+v", byID)
		}
	}
}

func TestTheLastUseOfAKey(t *testing.T) {
	w := newWorld(t)
	k, clear := w.key(estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin})
	if at, _ := w.LastUsed(k.ID); !at.IsZero() {
		t.Errorf("never used: %v", at)
	}
	before := len(w.facts())
	for i := range 301 { // five minutes, once a second
		w.problem(noon.Add(time.Duration(i)*time.Second), clear, "192.0.2.1", "")
	}
	if at, from := w.LastUsed(k.ID); !at.Equal(noon.Add(5*time.Minute)) || from != "192.0.2.1" {
		t.Errorf("last used %v from %q", at, from)
	}
	if wrote := len(w.facts()) - before; wrote != 2 {
		t.Errorf("300 uses wrote %d facts", wrote)
	}
	w.Registry = openOn(t, w.store)
	if at, from := w.LastUsed(k.ID); !at.Equal(noon.Add(5*time.Minute)) || from != "192.0.2.1" {
		t.Errorf("after a restart: last used %v from %q", at, from)
	}
	w.problem(noon.Add(time.Hour), clear, "192.0.2.2", "")
}

func TestDataBelongToOneEnvironment(t *testing.T) {
	w := newWorld(t)
	if _, err := estate.Open(w.store, vault{}, source(1), estate.Live); !errors.Is(err, estate.ErrEnvironment) {
		t.Errorf("test data are opened as live: %v", err)
	}
	live := &record{disk: newDisk()}
	r, err := estate.Open(live, vault{}, source(1), estate.Live)
	must(t, err)
	a, err := r.MakeAccount(noon, estate.Account{Name: "x"})
	must(t, err)
	k, clear, err := r.MakeKey(noon, estate.NewKey{Account: a.ID, Role: estate.RoleAdmin})
	must(t, err)
	s, err := r.MakeShop(noon, estate.Shop{Account: a.ID, Description: "x"})
	must(t, err)
	if !strings.HasPrefix(k.ID, "key_live_") || !strings.HasPrefix(clear, "live_") || !strings.HasPrefix(s.ID, "STL") {
		t.Errorf("live is not in %q, %.5s… and %q", k.ID, clear, s.ID)
	}
	w.problem(noon, clear, "", estate.KeyOtherEnvironment)
	for _, env := range []estate.Environment{estate.Live, estate.Test} {
		if _, err := estate.Open(live, vault{}, source(1), env); (err == nil) != (env == estate.Live) {
			t.Errorf("live data opened as %s: %v", env, err)
		}
	}
}

// TestAKeyGivesNoMoreThanItHas: an end and networks cannot be shaken off by making, rotating or changing a key.
func TestAKeyGivesNoMoreThanItHas(t *testing.T) {
	w := newWorld(t)
	end := noon.Add(time.Hour)
	bound := estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin, Networks: []string{"10.0.0.0/8"}, Expires: end}
	mine, _ := w.key(bound)
	free, _ := w.key(estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin})
	for name, n := range map[string]estate.NewKey{
		"for ever":           {Networks: []string{"10.1.0.0/16"}},
		"longer":             {Networks: []string{"10.1.0.0/16"}, Expires: end.Add(1)},
		"everywhere":         {Expires: end},
		"elsewhere":          {Expires: end, Networks: []string{"10.1.0.0/16", "192.0.2.0/24"}},
		"around":             {Expires: end, Networks: []string{"0.0.0.0/0"}},
		"of another version": {Expires: end, Networks: []string{"::/0"}},
	} {
		n.Account, n.Role, n.By = w.group.Account, estate.RoleAdmin, mine.ID
		if _, _, err := w.MakeKey(noon, n); !errors.Is(err, estate.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	within := bound
	within.Networks, within.By = []string{"10.1.0.0/16"}, mine.ID
	w.key(within)
	if _, _, err := w.RotateKey(noon, free.ID, 0, mine.ID); !errors.Is(err, estate.ErrNotAllowed) {
		t.Errorf("the successor of a freer key: %v", err)
	}
	for _, k := range []estate.Key{mine, free} {
		_, err := w.ChangeKey(noon, k.ID, mine.ID, func(k *estate.Key) { k.Networks = []string{"192.0.2.0/24"} })
		if !errors.Is(err, estate.ErrNotAllowed) {
			t.Errorf("other networks: %v", err)
		}
	}
	if _, err := w.ChangeKey(noon, free.ID, mine.ID, func(k *estate.Key) { k.Name = "till" }); err != nil {
		t.Errorf("another name: %v", err)
	}
	next, clear, err := w.RotateKey(noon, mine.ID, time.Minute, mine.ID)
	must(t, err)
	if !next.Expires.Equal(end) {
		t.Errorf("the successor expires at %v, want %v", next.Expires, end)
	}
	w.problem(end, clear, "10.1.2.3", estate.KeyExpired)
}

// TestAKeyToReadWithSignsNoWebhooks of a group whose register has another.
func TestAKeyToReadWithSignsNoWebhooks(t *testing.T) {
	w := newWorld(t)
	n := estate.NewKey{Account: w.group.Account, Group: w.group.ID, Role: estate.RoleAuditor}
	_, reads := w.key(n)
	if got, err := w.OpenKeyOf(noon, w.group.ID); err != nil || got != reads {
		t.Errorf("the only key of the group does not sign: %v", err)
	}
	n.Role = estate.RoleCashier
	_, register := w.key(n)
	for _, later := range []estate.NewKey{{Role: estate.RoleSupport}, {Role: estate.RoleAdmin, Only: []estate.Permission{"orders.read"}}} {
		later.Account, later.Group = n.Account, n.Group
		_, _, err := w.MakeKey(noon.Add(time.Hour), later)
		must(t, err)
		if got, err := w.OpenKeyOf(noon.Add(time.Hour), w.group.ID); err != nil || got != register {
			t.Errorf("%+v signs in the register's place: %v", later, err)
		}
	}
}
