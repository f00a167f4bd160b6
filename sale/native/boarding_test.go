package native_test

import (
	"strings"
	"testing"
)

func TestTerminalsAreAddedAndRemoved(t *testing.T) {
	w := newWorld(t)
	group := w.Groups()[0]
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "terminals", `{"group":"` + group.ID + `","name":"Bar 9"}`, 201},
		{"POST", "terminals", `{"group":"` + group.Name + `","name":"Bar 9"}`, 201},
		{"POST", "terminals", `{"group":"nobody's","name":"Bar 9"}`, 400},
		{"POST", "terminals", `{"group":"` + group.ID + `"}`, 400},
		{"POST", "terminals", `{"group":"` + group.ID + `","name":"Bar 9","poiid":"taken"}`, 400},
		{"POST", "terminals", `{"group":"` + group.ID + `","name":"Bar 9","colour":"red"}`, 400},
		{"POST", "terminals", `{"group":"` + group.ID + `","name":"` + strings.Repeat("x", 101) + `","poiid":"P2-9"}`, 400},
		{"POST", "terminals", `[]`, 400},
		{"DELETE", "terminals/00000XYZ", "", 204},
		{"DELETE", "terminals/none", "", 404},
		{"PUT", "terminals/00000XYZ", "{}", 405},
	} {
		answer := w.request(c.method, "/api/v1/"+c.path, c.body)
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s %s %s: %d, want %d", c.method, c.path, c.body, answer.StatusCode, c.want)
		}
	}
	if len(w.boarded) != 2 || w.boarded[0] != group.ID+"/Bar 9" || w.boarded[1] != w.boarded[0] {
		t.Fatalf("boarded %q", w.boarded)
	}
}
