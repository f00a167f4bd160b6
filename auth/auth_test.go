package auth_test

import (
	"testing"

	"kassa/auth"
	"kassa/estate"
)

type book struct {
	keys   map[string]estate.Key
	groups map[string]estate.Group
}

func (b book) Authenticate(key string) (estate.Key, bool) { k, ok := b.keys[key]; return k, ok }
func (b book) Group(id string) (estate.Group, bool)       { g, ok := b.groups[id]; return g, ok }

func TestAKeyOpensWhatItWasMadeFor(t *testing.T) {
	g := auth.NewGuard(book{
		keys: map[string]estate.Key{
			"group":    {Account: "1", Group: "11", Role: estate.RoleGroup},
			"account":  {Account: "1", Role: estate.RoleAccount},
			"operator": {Role: estate.RoleOperator},
			"strange":  {Account: "1", Group: "11", Role: "root"},
		},
		groups: map[string]estate.Group{"11": {ID: "11", Account: "1"}, "12": {ID: "12", Account: "1"}, "21": {ID: "21", Account: "2"}},
	})
	for _, test := range []struct {
		key  string
		want map[string]bool
	}{
		{"group", map[string]bool{"11": true, "12": false, "21": false, "99": false, "": false}},
		{"account", map[string]bool{"11": true, "12": true, "21": false, "99": false, "": false}},
		{"operator", map[string]bool{"11": true, "12": true, "21": true, "99": false}},
		{"strange", map[string]bool{"11": false, "21": false}},
	} {
		caller, ok := g.Caller(test.key)
		if !ok {
			t.Fatalf("%s: nobody's", test.key)
		}
		for group, want := range test.want {
			if got := g.MayUse(caller, group); got != want {
				t.Errorf("%s key in group %q: %v, want %v", test.key, group, got, want)
			}
		}
	}
	if c, ok := g.Caller("no such key"); ok || c != (auth.Caller{}) {
		t.Errorf("an unknown key is %+v", c)
	}
	if g.MayUse(auth.Caller{}, "11") {
		t.Error("nobody may use a group")
	}
}
