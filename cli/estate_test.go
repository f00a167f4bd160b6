package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kassa/cli"
)

// TestEstateVerbs: each verb asks for what it says, and shows what comes back.
func TestEstateVerbs(t *testing.T) {
	const term = "/api/v1/terminals/00000ABC"
	for line, want := range map[string]struct{ asks, body, out string }{
		"terminals show 00000ABC":                  {"GET " + term, "", "state  active"},
		"terminals code 00000ABC":                  {"POST " + term + "/code", "", "code  X"},
		"terminals unbind 00000ABC":                {"POST " + term + "/unbind", "{}", "code  X"},
		"terminals block 00000ABC --why lost":      {"POST " + term + "/block", `{"why":"lost"}`, "state  active"},
		"terminals unblock 00000ABC":               {"POST " + term + "/unblock", "{}", "state  active"},
		"terminals move 00000ABC --shop pier":      {"PATCH " + term, `{"shop":"pier"}`, "state  active"},
		"terminals move 00000ABC --inventory":      {"PATCH " + term, `{"inventory":true}`, "state  active"},
		"terminals developer-mode 00000ABC on":     {"POST " + term + "/developer-mode", `{"on":true}`, "state  active"},
		"terminals inspected P2-1":                 {"DELETE /api/v1/devices/P2-1/tampered", "", "done  yes"},
		"terminals return P2-1 --why broken":       {"POST /api/v1/devices/P2-1/return", `{"why":"broken"}`, "case  R1"},
		"groups add --account 1 --name B --city X": {"POST /api/v1/groups", `{"account":"1","merchant":{"city":"X"},"name":"B"}`, "number  7"},
		"groups change 7 --webhook-url http://x":   {"PATCH /api/v1/groups/7", `{"webhookURL":"http://x"}`, "number  7"},
		"shops add --reference pier --country NL":  {"POST /api/v1/shops", `{"address":{"country":"NL"},"reference":"pier"}`, "reference  pier"},
		"shops change pier --status closed":        {"PATCH /api/v1/shops/pier", `{"status":"closed"}`, "reference  pier"},
		"keys add --role cashier --networks 10.0.0.0/8,10.1.0.0/16": {
			"POST /api/v1/keys", `{"networks":["10.0.0.0/8","10.1.0.0/16"],"role":"cashier"}`, "key  test_1",
		},
		"keys rotate K --overlap 1h": {"POST /api/v1/keys/K/rotate", `{"overlap":"1h"}`, "key  test_1"},
		"keys revoke K":              {"DELETE /api/v1/keys/K", "", "done  yes"},
		"settings set --terminal 00000ABC a.b=true c.d=text": {
			"PATCH " + term + "/settings", `{"set":{"a.b":true,"c.d":"text"}}`, "a.b   true   terminal 00000ABC",
		},
		"settings unset --terminal 00000ABC a.b":                 {"PATCH " + term + "/settings", `{"unset":["a.b"]}`, "the terminal has version 1 of 2"},
		"settings --terminal 00000ABC":                           {"GET " + term + "/settings", "", "a.b   true   terminal 00000ABC  false     no"},
		"settings wishes ask 00000ABC cloud.webSocketEnabled=on": {"POST " + term + "/settings-wishes", `{"setting":"cloud.webSocketEnabled","value":"on"}`, "status  open"},
		"settings wishes grant W":                                {"POST /api/v1/settings-wishes/W/grant", "{}", "status  open"},
	} {
		t.Run(line, func(t *testing.T) {
			settings := answer{200, `{"version":2,"reported":{"version":1,"at":"2026-11-25T10:00:00Z"},"data":[
				{"name":"a.b","value":true,"origin":{"level":"terminal","id":"00000ABC"},"reported":false,"refused":"no"},
				{"name":"x.y","value":1,"origin":{"level":"default"}}]}`}
			state, code, group := answer{200, `{"state":"active"}`}, answer{200, `{"code":"X"}`}, answer{200, `{"number":"7"}`}
			shop, key, wish := answer{200, `{"reference":"pier"}`}, answer{201, `{"key":"test_1"}`}, answer{200, `{"status":"open"}`}
			i := world(t, map[string]answer{
				"GET " + term: state, "PATCH " + term: state, "POST " + term + "/block": state, "POST " + term + "/unblock": state,
				"POST " + term + "/developer-mode": state, "POST " + term + "/code": code, "POST " + term + "/unbind": code,
				"DELETE /api/v1/devices/P2-1/tampered": {204, ""}, "POST /api/v1/devices/P2-1/return": {200, `{"case":"R1"}`}, "POST /api/v1/groups": group, "PATCH /api/v1/groups/7": group,
				"POST /api/v1/shops": shop, "PATCH /api/v1/shops/pier": shop, "POST /api/v1/keys": key, "POST /api/v1/keys/K/rotate": key,
				"DELETE /api/v1/keys/K": {204, ""}, "GET " + term + "/settings": settings, "PATCH " + term + "/settings": settings,
				"POST " + term + "/settings-wishes": wish, "POST /api/v1/settings-wishes/W/grant": wish,
			})
			code1, out, problem := kassa(t, line)
			if code1 != cli.OK || !strings.Contains(out, want.out) {
				t.Errorf("exit %d, %s\n%s", code1, problem, out)
			}
			if strings.Contains(out, "x.y") {
				t.Error("a setting that nobody has set is shown without --all")
			}
			if !slices.ContainsFunc(i.asked, func(asked string) bool {
				return strings.Contains(asked, want.asks) && strings.HasSuffix(asked, want.body)
			}) {
				t.Errorf("asked %q, want %s %s", i.asked, want.asks, want.body)
			}
		})
	}
	for _, line := range []string{
		"settings", "settings set a.b=1", "settings set --terminal X", "settings set --terminal X a.b", "settings --terminal X --group Y",
		"terminals developer-mode X perhaps", "keys add --expires-in soon", "terminals import /no/such/file",
	} {
		world(t, nil)
		if code, _, problem := kassa(t, line); code != cli.Usage || problem == "" {
			t.Errorf("kassa %s: exit %d, %s", line, code, problem)
		}
	}
}

// TestTerminalTest: the ladder is shown rung by rung, and the exit code is its verdict.
func TestTerminalTest(t *testing.T) {
	const path = "POST /api/v1/terminals/00000ABC/test"
	good := `{"n":1,"name":"record","title":"The terminal is known here","result":"pass","ms":0,"detail":"terminal 00000ABC"}
{"verdict":"Terminal is connected","connected":true,"headline":"Terminal is connected"}
`
	world(t, map[string]answer{path: {200, good}})
	if code, out, problem := kassa(t, "terminals test 00000ABC"); code != cli.OK || out != " 1 ✓ The terminal is known here  terminal 00000ABC\n\nTerminal is connected\n" {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
	bad := `{"n":1,"name":"record","title":"The terminal is known here","result":"pass","ms":0,"detail":""}
{"n":2,"name":"socket","title":"It has opened a connection","result":"fail","ms":12,"detail":"link lost"}
{"n":3,"name":"ping","title":"It answers","result":"skipped","ms":0,"detail":""}
{"verdict":"Terminal is disconnected","connected":false,"rung":2,"headline":"link lost 4m ago","fix":"switch it on"}
`
	world(t, map[string]answer{path: {200, bad}})
	want := ` 1 ✓ The terminal is known here
 2 ✗ It has opened a connection  link lost  12 ms
 3 – It answers

Terminal is disconnected
link lost 4m ago
→ switch it on
`
	if code, out, problem := kassa(t, "terminals test 00000ABC"); code != cli.Failed || out != want {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
	if code, out, _ := kassa(t, "terminals test 00000ABC --json"); code != cli.Failed || out != bad {
		t.Errorf("--json: exit %d\n%s", code, out)
	}
	world(t, map[string]answer{path: {200, strings.SplitAfter(bad, "\n")[0]}})
	if code, _, problem := kassa(t, "terminals test 00000ABC"); code != cli.Failed || !strings.Contains(problem, "before its verdict") {
		t.Errorf("a test that broke off: exit %d, %s", code, problem)
	}
}

// TestImport: wrong rows are named, and nothing is boarded; codes are shown once.
func TestImport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.csv")
	i := world(t, map[string]answer{
		"POST /api/v1/terminals/import": {201, `{"boarded":true,"rows":[{"line":2,"tid":"00000ABF","poiid":"P2-9","name":"Till 1","code":"ABCD2345"}]}`},
	})
	if err := os.WriteFile(file, []byte("poiid,name,group\nP2-9,Till 1,107265\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, problem := kassa(t, "terminals import "+file); code != cli.OK || !strings.Contains(out, "2     00000ABF  P2-9   Till 1  ABCD2345") {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
	if len(i.asked) != 1 || !strings.Contains(i.asked[0], "P2-9,Till 1,107265") {
		t.Errorf("asked %q", i.asked)
	}
	world(t, map[string]answer{
		"POST /api/v1/terminals/import": {400, `{"code":"invalid_input","detail":"1 of 1 rows cannot be boarded","errors":[{"line":2,"detail":"unknown: group"}]}`},
	})
	if code, out, problem := kassa(t, "terminals import "+file); code != cli.Usage || !strings.Contains(out, "line 2: unknown: group") {
		t.Errorf("a wrong row: exit %d, %s\n%s", code, problem, out)
	}
}
