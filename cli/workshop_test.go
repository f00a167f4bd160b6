package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kassa/cli"
)

// TestWorkshopVerbs: each verb of the jobs around devices asks for what it says, and shows what comes back.
func TestWorkshopVerbs(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "screen.png")
	if err := os.WriteFile(picture, []byte("png"), 0o600); err != nil {
		t.Fatal(err)
	}
	const logs = "/api/v1/log-tasks"
	const tamper, codes, returns, device = "/api/v1/tamper-requests", "/api/v1/developer-codes", "/api/v1/returns", "/api/v1/devices"
	job := answer{200, `{"id":"J1","state":"asked","unlockCode":"12345678"}`}
	list := answer{200, `{"data":[{"id":"J1","poiid":"P2-1","state":"asked"}],"has_more":false}`}
	for line, want := range map[string]struct{ asks, body, out string }{
		"tamper":         {"GET " + tamper, "", "J1"},
		"tamper show J1": {"GET " + tamper + "/J1", "", "id          J1"},
		"tamper ask T1 --code 0x10 --picture " + picture:   {"POST " + tamper, `{"code":"0x10","picture":"cG5n","terminal":"T1"}`, "state       asked"},
		"tamper approve J1 --anyway":                       {"POST " + tamper + "/J1/approve", `{"anyway":true}`, "unlockCode  12345678"},
		"tamper refuse J1 --why no":                        {"POST " + tamper + "/J1/refuse", `{"why":"no"}`, "J1"},
		"developer-codes":                                  {"GET " + codes, "", "P2-1"},
		"developer-codes ask 77 --reason app --understood": {"POST " + codes, `{"reason":"app","tusn":"77","understood":true}`, "J1"},
		"returns": {"GET " + returns, "", "asked"},
		"returns ask T1 --reason printer --ticket 7 --name B --street S --postal-code 1 --city C --country NL": {
			"POST " + returns, `{"address":{"city":"C","country":"NL","name":"B","postal_code":"1","street":"S"},"reason":"printer","terminal":"T1","ticket":"7"}`, "J1",
		},
		"returns refuse J1 --note fine":   {"POST " + returns + "/J1/steps", `{"note":"fine","step":"refuse"}`, "J1"},
		"returns replace J1 P2-2":         {"POST " + returns + "/J1/steps", `{"device":"P2-2","step":"replace"}`, "J1"},
		"returns close J1 wrong_terminal": {"POST " + returns + "/J1/steps", `{"outcome":"wrong_terminal","step":"close"}`, "J1"},
		"logs list":                       {"GET " + logs, "", "J1"},
		"logs new P2-1 P2-2":              {"POST " + logs, `{"kind":"last_two_hours","serials":["P2-1","P2-2"],"type":"syslog"}`, "J1"},
		"logs new P2-1 --from 2026-12-01T09:00:00Z --until 2026-12-01T10:00:00Z": {
			"POST " + logs, `{"from":"2026-12-01T09:00:00Z","kind":"recording","serials":["P2-1"],"type":"syslog","until":"2026-12-01T10:00:00Z"}`, "J1",
		},
		"logs show J1":             {"GET " + logs + "/J1", "", "J1"},
		"logs release J1":          {"POST " + logs + "/J1/release", "{}", "J1"},
		"logs download J1 P2-1":    {"GET " + logs + "/J1/devices/P2-1", "", "a line of a log"},
		"devices":                  {"GET " + device, "", "P2-1"},
		"devices keys P2-1":        {"GET " + device + "/P2-1/key-injection", "", "J1"},
		"devices inject-keys P2-1": {"POST " + device + "/P2-1/key-injection", "{}", "J1"},
	} {
		t.Run(line, func(t *testing.T) {
			i := world(t, map[string]answer{
				"GET " + tamper: list, "GET " + tamper + "/J1": job, "POST " + tamper: job, "POST " + tamper + "/J1/approve": job, "POST " + tamper + "/J1/refuse": job,
				"GET " + codes: list, "POST " + codes: job, "GET " + returns: list, "POST " + returns: job, "POST " + returns + "/J1/steps": job,
				"GET " + logs: list, "POST " + logs: job, "GET " + logs + "/J1": job, "POST " + logs + "/J1/release": job, "GET " + logs + "/J1/devices/P2-1": {200, "a line of a log\n"},
				"GET " + device: list, "GET " + device + "/P2-1/key-injection": job, "POST " + device + "/P2-1/key-injection": job,
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
	world(t, nil)
	for _, line := range []string{"terminals developer-mode 00000ABC off", "tamper ask T1 --picture /no/such/file", "returns replace J1"} {
		if code, out, _ := kassa(t, line); code != cli.Usage {
			t.Errorf("%s: exit %d %s", line, code, out)
		}
	}
}
