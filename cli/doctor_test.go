package cli_test

import (
	"strings"
	"testing"

	"kassa/cli"
)

const found = `{"id":"diag_test_1","subject":{"type":"terminal","id":"00000ABC"},"verdict":"cause_found","confidence":"certain",
"cause":{"code":"wifi_lost","rule":"NET-01","title":"It lost its Wi-Fi"},"evidence":[{"at":"2026-11-25T10:12:00Z","source":"link","seq":7,"says":"closed: no\u001b[2Janswer"}],
"fix":[{"who":"shop","text":"Check the router.","contact":"+31 20 0000000"}],"shop":{"en":"Check the router, please.","nl":"Kijk naar de router."},"developer":"Orders wait.",
"also":[{"code":"paper","title":"No paper","confidence":"likely","fix":[{"who":"shop","text":"Put a roll in."}]}],"ruled_out":[{"code":"x","because":"y"}],
"missing":[{"fact":"probe","offer":"Test it.","rules":["a","b"]}],"guided":[],"doc":"/docs/causes/wifi_lost","asks":"Did this answer the question?"}`

func TestDoctorTellsTheCause(t *testing.T) {
	i := world(t, map[string]answer{"POST /api/v1/diagnoses": {201, found}, "GET /api/v1/diagnoses/diag_test_1": {200, found}})
	code, out, problem := kassa(t, "doctor terminal 00000ABC --symptom off --probe")
	if code != cli.Failed || problem != "" {
		t.Fatalf("exit %d %s", code, problem)
	}
	for _, want := range []string{
		"✗ It lost its Wi-Fi  wifi_lost · NET-01 · certain\n  Check the router, please.\n  → Check the router.  (shop)\n", "+31 20 0000000", "Orders wait.",
		"  2026-11-25 10:12:00Z  link  closed: no [2Janswer  #7\n", "  ! No paper  paper · likely", "? probe: Test it.  (2 causes)", "1 other causes are ruled out",
		"/docs/causes/wifi_lost?lang=en", "/diagnoses/diag_test_1", "kassa doctor feedback diag_test_1 wifi_lost yes|no",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if want := `POST /api/v1/diagnoses {"probe":true,"subject":{"type":"terminal","id":"00000ABC"},"symptom":"off"}`; i.asked[0] != want {
		t.Errorf("asked %s", i.asked[0])
	}
	if _, out, _ := kassa(t, "doctor terminal 00000ABC --lang nl"); !strings.Contains(out, "Kijk naar de router.") {
		t.Errorf("%s", out)
	}
	if code, out, _ := kassa(t, "doctor terminal 00000ABC --json"); code != cli.Failed || !strings.Contains(out, `"verdict":"cause_found"`) {
		t.Errorf("%d %s", code, out)
	}
}

func TestDoctorExitCodes(t *testing.T) {
	for verdict, want := range map[string]int{"nothing_wrong": cli.OK, "several_possible": cli.Failed, "not_enough_evidence": cli.Unknown} {
		world(t, map[string]answer{"POST /api/v1/diagnoses": {201, `{"id":"d","subject":{"type":"order"},"verdict":"` + verdict + `"}`}})
		if code, out, _ := kassa(t, "doctor order o-1"); code != want || !strings.Contains(out, strings.ReplaceAll(verdict, "_", " ")) {
			t.Errorf("%s: %d %s", verdict, code, out)
		}
	}
	i := world(t, map[string]answer{"POST /api/v1/diagnoses": {404, `{"code":"not_found","detail":"no"}`}})
	if code, _, problem := kassa(t, "doctor o-1"); code != cli.NotFound || len(i.asked) != 5 || !strings.Contains(problem, "no such order, terminal, webhook, key or charger") {
		t.Errorf("%d %s %v", code, problem, i.asked)
	}
	for _, line := range []string{"doctor order", "doctor cat 1", "doctor installation 1", "doctor --lang de", "doctor feedback d c maybe", "doctor order a b"} {
		if code, _, problem := kassa(t, line); code == cli.OK || problem == "" {
			t.Errorf("%s: %d %s", line, code, problem)
		}
	}
}

func TestDoctorLooksAtTheInstallation(t *testing.T) {
	world(t, map[string]answer{
		"POST /api/v1/diagnoses": {201, strings.Replace(found, `"type":"terminal"`, `"type":"installation"`, 1)},
		"GET /api/v1/status":     {200, `{"acquirer":{"signedOn":2},"terminals":{"activated":3,"online":1,"offline":2},"store":{"commits":12}}`},
		"GET /api/v1/terminals":  {200, `{"data":[{"tid":"a","reach":{"since":"2020-01-01T00:00:00Z"}},{"tid":"b","reach":{"since":"2999-01-01T00:00:00Z"}}]}`},
	})
	code, out, problem := kassa(t, "doctor")
	want := `✓ cloud answers   ✓ database, 12 commits   ✓ acquirer, signed on over 2 links   ✗ terminals, 1 of 3 online
✗ It lost its Wi-Fi  wifi_lost
  → Check the router.
    link: closed: no [2Janswer
! No paper  paper
  → Put a roll in.
! 1 terminal offline > 1 h · ! 1 terminal offline · ? not known: probe · 1 fine
`
	if code != cli.Failed || !strings.HasPrefix(out, want) {
		t.Errorf("%d %s\n%s, want\n%s", code, problem, out, want)
	}
}

func TestDoctorVerbs(t *testing.T) {
	i := world(t, map[string]answer{
		"POST /api/v1/diagnoses/d/feedback": {200, `{"id":"d"}`}, "POST /api/v1/diagnoses/d/share": {201, `{"url":"https://k/help/x","expires":"2026-11-28T00:00:00Z"}`},
		"GET /api/v1/rules": {200, `{"data":[{"id":"NET-01","code":"wifi_lost","source":"network","observable":true,"title":"Lost","hits":{"found":3,"yes":2,"no":1}}]}`},
	})
	if code, out, _ := kassa(t, "doctor feedback d wifi_lost yes"); code != cli.OK || out != "✓ noted: wifi_lost, yes\n" || i.asked[0] != `POST /api/v1/diagnoses/d/feedback {"code":"wifi_lost","yes":true}` {
		t.Errorf("%d %s %v", code, out, i.asked)
	}
	if code, out, _ := kassa(t, "doctor share d --hours 5"); code != cli.OK || !strings.HasPrefix(out, "https://k/help/x\nuntil 2026-11-28 00:00 UTC") || i.asked[1] != `POST /api/v1/diagnoses/d/share {"hours":5}` {
		t.Errorf("%d %s %v", code, out, i.asked)
	}
	if _, out, _ := kassa(t, "doctor rules"); !strings.Contains(out, "NET-01  wifi_lost  network  yes   3      2    1   Lost") {
		t.Errorf("%s", out)
	}
}
