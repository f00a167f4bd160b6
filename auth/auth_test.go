package auth_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa/auth"
	"kassa/estate"
)

type book struct {
	env      estate.Environment
	keys     map[string]estate.Key
	problems map[string]estate.KeyProblem
	groups   map[string]estate.Group
}

func (b book) Identify(_ time.Time, key, _ string) (estate.Key, estate.KeyProblem) {
	if problem, bad := b.problems[key]; bad {
		return estate.Key{Account: "1", Role: estate.RoleAdmin}, problem
	}
	k, ok := b.keys[key]
	if !ok {
		return estate.Key{}, estate.KeyUnknown
	}
	return k, ""
}
func (b book) Environment() estate.Environment      { return b.env }
func (b book) Group(id string) (estate.Group, bool) { g, ok := b.groups[id]; return g, ok }
func (b book) Account(id string) (estate.Account, bool) {
	return estate.Account{ID: id}, id == "1" || id == "2"
}
func (b book) Terminal(tid string) (estate.Terminal, bool) {
	group, ok := strings.CutPrefix(tid, "T")
	return estate.Terminal{TID: tid, Group: group}, ok
}

func guard() *auth.Guard {
	return auth.NewGuard(book{
		env: estate.Test,
		keys: map[string]estate.Key{
			"group":    {ID: "k1", Account: "1", Group: "11", Role: estate.RoleAdmin},
			"account":  {Account: "1", Role: estate.RoleAdmin},
			"auditor":  {Account: "1", Role: estate.RoleAuditor},
			"operator": {Role: estate.RoleOperator},
			"strange":  {Account: "1", Group: "11", Role: "root"},
			"homeless": {Role: estate.RoleAdmin},
			"narrowed": {Account: "1", Role: estate.RoleAdmin, Only: []estate.Permission{auth.OrdersRead, auth.EstateOperate}},
		},
		problems: map[string]estate.KeyProblem{
			"live": estate.KeyOtherEnvironment, "gone": estate.KeyRevokedAlready, "old": estate.KeyExpired, "far": estate.KeyOtherNetwork,
		},
		groups: map[string]estate.Group{"11": {ID: "11", Account: "1"}, "12": {ID: "12", Account: "1"}, "21": {ID: "21", Account: "2"}, "00": {ID: "00"}},
	}, time.Now, "https://live.example")
}

func TestAKeyOpensWhatItWasMadeFor(t *testing.T) {
	g := guard()
	for _, test := range []struct {
		key  string
		want map[string]bool // by group
	}{
		{"group", map[string]bool{"11": true, "12": false, "21": false, "99": false, "": false}},
		{"account", map[string]bool{"11": true, "12": true, "21": false, "99": false, "": false}},
		{"auditor", map[string]bool{"11": true, "12": true, "21": false}},
		{"operator", map[string]bool{"11": true, "12": true, "21": true, "99": false}},
		{"strange", map[string]bool{"11": false, "21": false}},
		{"homeless", map[string]bool{"11": false, "21": false, "00": false}},
	} {
		caller, problem := g.Identify(test.key, "")
		if problem.Bad() {
			t.Fatalf("%s: %s", test.key, problem.Text())
		}
		for group, want := range test.want {
			if got := g.MayUse(caller, group); got != want {
				t.Errorf("%s key in group %q: %v, want %v", test.key, group, got, want)
			}
			if got := g.MayUseTerminal(caller, "T"+group); got != want {
				t.Errorf("%s key at the terminal of group %q: %v, want %v", test.key, group, got, want)
			}
		}
	}
	for key, want := range map[string]bool{"group": false, "account": true, "operator": true, "strange": false} {
		caller, _ := g.Identify(key, "")
		if got := g.MayUseAccount(caller, "1"); got != want {
			t.Errorf("%s key and its account: %v", key, got)
		}
		if got := g.MayUseAccount(caller, "2"); got != (key == "operator") {
			t.Errorf("%s key and another account: %v", key, got)
		}
	}
	if g.MayUse(auth.Caller{}, "11") || g.MayUseAccount(auth.Caller{}, "1") || (auth.Caller{}).Can(auth.OrdersRead) {
		t.Error("nobody may do something")
	}
}

func TestWhyAKeyIsNoGood(t *testing.T) {
	g := guard()
	for key, words := range map[string]string{
		"live": "https://live.example", "gone": "revoked", "old": "expired", "far": "address", "never": "not known",
	} {
		caller, problem := g.Identify(key, "192.0.2.1")
		if !problem.Bad() || !strings.Contains(problem.Text(), words) {
			t.Errorf("%s: %q", key, problem.Text())
		}
		if caller.Account != "" || caller.Can(auth.OrdersRead) {
			t.Errorf("%s: its caller is %+v", key, caller)
		}
	}
}

func TestEveryPermissionIsInTheTable(t *testing.T) {
	g := guard()
	admin, _ := g.Identify("account", "")
	auditor, _ := g.Identify("auditor", "")
	narrowed, _ := g.Identify("narrowed", "")
	seen := make(map[estate.Permission]bool)
	for _, row := range auth.Table() {
		if seen[row.Permission] || row.Allows == "" || !slices.Contains(row.Roles, estate.RoleOperator) {
			t.Errorf("%s stands twice, allows nothing, or is not the operator's", row.Permission)
		}
		seen[row.Permission] = true
		operatorsOwn := len(row.Roles) == 1 || row.Permission == auth.DevicesService // nobody unlocks his own device
		if got := admin.Can(row.Permission); got == operatorsOwn {
			t.Errorf("admin and %s: %v", row.Permission, got)
		}
		reads := strings.HasSuffix(string(row.Permission), ".read")
		if got := auditor.Can(row.Permission); got != reads {
			t.Errorf("auditor and %s: %v", row.Permission, got)
		}
		if got := narrowed.Can(row.Permission); got != (row.Permission == auth.OrdersRead) {
			t.Errorf("a key that is narrowed to reading orders, and %s: %v", row.Permission, got)
		}
	}
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := strings.Count(string(source), "estate.Permission = ")
	if declared == 0 || declared != len(seen) {
		t.Errorf("%d permissions are declared and %d in the table", declared, len(seen))
	}
	if (auth.Caller{Role: estate.RoleAdmin}).Can("payments.forge") {
		t.Error("a permission that is not in the table is allowed")
	}
}

func TestTheDocumentOfRolesIsFresh(t *testing.T) {
	const file = "../docs/roles.md"
	got, err := os.ReadFile(file)
	if err != nil || string(got) != auth.Document() {
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(auth.Document()), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("%s is stale (%v); run UPDATE=1 go test ./auth", file, err)
	}
}
