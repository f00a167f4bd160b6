package dashboard_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kassa/doctor"
)

// TestLadder: a script gets each rung as it is known and the verdict last; a form gets one page.
func TestLadder(t *testing.T) {
	w := newWorld(t)
	w.rungs = []doctor.Rung{
		{N: 1, Title: "The terminal is known here", Result: doctor.Pass},
		{N: 2, Title: "It has opened a connection", Result: doctor.Fail, Detail: "<link lost>"},
		{N: 3, Title: "It answers", Result: doctor.Skipped},
	}
	w.verdict = doctor.Verdict{Verdict: doctor.Disconnected, Headline: "link lost 4 min ago", Fix: "switch it on"}
	ask := func(tid, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/terminals/"+tid+"/test", nil)
		r.Header.Set("Accept", accept)
		answer := httptest.NewRecorder()
		w.pages.ServeHTTP(answer, r)
		return answer
	}
	lines := strings.Split(strings.TrimSpace(ask(bar, "application/x-ndjson").Body.String()), "\n")
	var last doctor.Verdict
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 4 || last != w.verdict {
		t.Errorf("%v, %d lines, the last %+v", err, len(lines), last)
	}
	page := ask(bar, "text/html").Body.String()
	for _, want := range []string{"Terminal is disconnected", "link lost 4 min ago. switch it on.", "&lt;link lost&gt;", `class="fail"`, `class="skipped"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	if got := ask("00000XYZ", "text/html").Code; got != http.StatusNotFound {
		t.Errorf("an unknown terminal gives %d", got)
	}
}
