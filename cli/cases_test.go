package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kassa/cli"
)

// TestCaseVerbs: each verb of cases asks for what it says, and shows what comes back.
func TestCaseVerbs(t *testing.T) {
	dir := t.TempDir()
	picture, bundle := filepath.Join(dir, "screen.png"), filepath.Join(dir, "all.zip")
	if err := os.WriteFile(picture, []byte("png"), 0o600); err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/cases"
	one := answer{200, `{"id":"case_1","title":"It\u001b[31m says no","state":"open","openedAt":"2026-11-26T02:00:00Z","contact":"+31 20 1",` +
		`"facts":[{"account":"10000001","tid":"00000ABC","serial":"P2-1","lines":["wifi_lost: it lost its Wi-Fi"]}],` +
		`"notes":[{"at":"2026-11-26T02:01:00Z","text":"one\ntwo"}],"attachments":[{"id":"casefile_1","name":"screen.png","type":"image/png","size":3}],"merged":["case_2"]}`}
	list := answer{200, `{"data":[` + one.body + `],"has_more":false}`}
	for line, want := range map[string]struct{ asks, body, out string }{
		"cases":                               {"GET " + path, "", "says no"},
		"cases show case_1":                   {"GET " + path + "/case_1", "", "wifi_lost: it lost its Wi-Fi"},
		"cases show case_1 --json=false":      {"GET " + path + "/case_1", "", "  one\n  two\n"},
		"cases open --terminal T1":            {"POST " + path, `{"subject":{"id":"T1","kind":"terminal"}}`, "P2-1"},
		"cases open --order O --title x":      {"POST " + path, `{"subject":{"id":"O","kind":"order"},"title":"x"}`, "case_1"},
		"cases open --diagnosis D --note n":   {"POST " + path, `{"note":"n","subject":{"id":"D","kind":"diagnosis"}}`, "+31 20 1"},
		"cases open --title Question":         {"POST " + path, `{"title":"Question"}`, "case_1"},
		"cases note case_1 hello":             {"POST " + path + "/case_1/notes", `{"text":"hello"}`, "case_1"},
		"cases attach case_1 " + picture:      {"POST " + path + "/case_1/attachments", "png", "image/png, 3 bytes, casefile_1"},
		"cases close case_1":                  {"PATCH " + path + "/case_1", `{"state":"closed"}`, "case_1"},
		"cases wait case_1 --json":            {"PATCH " + path + "/case_1", `{"state":"waiting"}`, `"id":"case_1"`},
		"cases reopen case_1":                 {"PATCH " + path + "/case_1", `{"state":"open"}`, "case_1"},
		"cases merge case_2 case_1":           {"POST " + path + "/case_2/merge", `{"into":"case_1"}`, "case_2"},
		"cases bundle case_1 --out " + bundle: {"GET " + path + "/case_1/bundle", "", "all.zip, 5 bytes"},
	} {
		t.Run(line, func(t *testing.T) {
			i := world(t, map[string]answer{
				"GET " + path: list, "POST " + path: one, "GET " + path + "/case_1": one, "PATCH " + path + "/case_1": one, "POST " + path + "/case_1/notes": one,
				"POST " + path + "/case_1/attachments": one, "POST " + path + "/case_2/merge": one, "GET " + path + "/case_1/bundle": {200, "PK..!"},
			})
			code, out, problem := kassa(t, line)
			if code != cli.OK || !strings.Contains(out, want.out) {
				t.Errorf("exit %d, %s\n%s", code, problem, out)
			}
			if !slices.ContainsFunc(i.asked, func(asked string) bool {
				return strings.Contains(asked, want.asks) && strings.HasSuffix(asked, want.body)
			}) {
				t.Errorf("asked %q, want %s %s", i.asked, want.asks, want.body)
			}
		})
	}
	if file, err := os.ReadFile(bundle); err != nil || string(file) != "PK..!" {
		t.Errorf("the bundle is %q, %v", file, err)
	}
	world(t, map[string]answer{"GET " + path + "/case_1/bundle": {200, "other"}, "GET " + path: {400, `{"code":"invalid_input","detail":"state: must be open, waiting or closed"}`}})
	for line, want := range map[string]int{
		"cases open": cli.Usage, "cases open --terminal T1 --order O": cli.Usage, "cases attach case_1 /no/such/file": cli.Usage, "cases merge case_1": cli.Usage,
		"cases bundle case_1 --out " + bundle: cli.Usage, "cases show case_9": cli.NotFound, "cases --state lost": cli.Usage,
	} {
		if code, out, _ := kassa(t, line); code != want {
			t.Errorf("%s: exit %d %s", line, code, out)
		}
	}
	if file, err := os.ReadFile(bundle); err != nil || string(file) != "PK..!" {
		t.Errorf("what was there is %q, %v", file, err)
	}
}
