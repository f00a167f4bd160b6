package cli_test

import (
	"slices"
	"strings"
	"testing"

	"kassa/cli"
)

// TestStatus: the table says how each component is, and the exit code whether one is down.
func TestStatus(t *testing.T) {
	const path = "GET /api/v1/status-components"
	well := `{"data":[{"name":"api","title":"API","state":"operational","uptime":99.999,"days":[]}]}`
	world(t, map[string]answer{path: {200, well}})
	if code, out, problem := kassa(t, "status"); code != cli.OK || !strings.Contains(out, "99.99 %") || strings.Contains(out, "100") {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
	world(t, map[string]answer{path: {200, strings.Replace(well, `"operational"`, `"down","says":"no line"`, 1)}})
	if code, out, problem := kassa(t, "status"); code != cli.Failed || !strings.Contains(out, "no line") || problem != "" {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
}

func TestIncidents(t *testing.T) {
	for line, want := range map[string]struct{ asks, body, out string }{
		"incidents":                  {"GET /api/v1/incidents", "", "Slow"},
		"incidents show I1":          {"GET /api/v1/incidents/I1", "", "Slow"},
		"incidents note I1 Soon":     {"POST /api/v1/incidents/I1/notes", `{"text":"Soon"}`, "Slow"},
		"incidents resolve I1 Done.": {"POST /api/v1/incidents/I1/notes", `{"resolved":true,"text":"Done."}`, "Slow"},
		"incidents open Slow --component api --component store --state down --text Look": {
			"POST /api/v1/incidents", `{"components":["api","store"],"state":"down","text":"Look","title":"Slow"}`, "Slow",
		},
	} {
		one := answer{200, `{"id":"I1","title":"Slow","worst":"down","notes":[{"at":"2026-11-25T10:00:00Z","by":"kassa","text":"x"}]}`}
		i := world(t, map[string]answer{
			"GET /api/v1/incidents": {200, `{"data":[` + one.body + `],"has_more":false}`}, "GET /api/v1/incidents/I1": one,
			"POST /api/v1/incidents/I1/notes": one, "POST /api/v1/incidents": one,
		})
		code, out, problem := kassa(t, line)
		if code != cli.OK || !strings.Contains(out, want.out) {
			t.Errorf("%s: exit %d, %s\n%s", line, code, problem, out)
		}
		if !slices.ContainsFunc(i.asked, func(asked string) bool {
			return strings.Contains(asked, want.asks) && strings.HasSuffix(asked, want.body)
		}) {
			t.Errorf("%s: asked %q, want %s %s", line, i.asked, want.asks, want.body)
		}
	}
}
