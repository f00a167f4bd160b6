package native_test

import (
	"fmt"
	"strings"
	"testing"

	"kassa/sale/native"
)

func (b *bench) LogTasks() []native.LogTask { return b.logs }

func (b *bench) MakeLogTask(ask native.NewLogTask, by string) (native.LogTask, error) {
	if ask.Kind == "recording" && !ask.From.After(noon) {
		return native.LogTask{}, &native.JobProblem{Code: "invalid_input", Field: "from", Text: "must be later than now"}
	}
	t := native.LogTask{ID: fmt.Sprintf("log_test_%d", len(b.logs)), Type: ask.Type, Kind: ask.Kind, State: "draft", By: by, At: noon}
	for _, s := range ask.Serials {
		o := b.owner(s)
		t.Account, t.Group = o.Account, o.Group
		t.Devices = append(t.Devices, native.LogDevice{Device: s, POIID: s, Terminal: o.Terminal, State: "waiting"})
	}
	b.logs = append(b.logs, t)
	return t, nil
}

func (b *bench) ReleaseLogTask(id, by string) (native.LogTask, error) {
	for i := range b.logs {
		if b.logs[i].ID == id && b.logs[i].State == "draft" {
			b.logs[i].State, b.logs[i].ReleasedBy = "released", by
			return b.logs[i], nil
		}
	}
	return native.LogTask{}, &native.JobProblem{Code: "wrong_state", Text: "only a draft is released"}
}

func (b *bench) LogLines(_, device string) ([]native.LogLine, error) {
	if device != "P2-00000ABC" {
		return nil, &native.JobProblem{Code: "not_found", Text: "there is no such device"}
	}
	return []native.LogLine{{N: 4, At: noon, Part: "link", Text: "connected", Order: "H4XQ"}}, nil
}

func (b *bench) LogText(lines []native.LogLine) []byte { return []byte(lines[0].Text + "\n") }

func TestLogsOfTerminals(t *testing.T) {
	w := newWorld(t)
	const body = `{"type":"syslog","kind":"last_two_hours","serials":["dev_test_P2-00000ABC"]}`
	task := w.ok("POST", "log-tasks", body, w.as("group")...)
	path := "log-tasks/" + fmt.Sprint(task["id"])
	if task["state"] != "draft" || task["devices"].([]any)[0].(object)["device"] != "dev_test_P2-00000ABC" {
		t.Errorf("%v", task)
	}
	w.refused("POST", "log-tasks", strings.Replace(body, "last_two_hours", "recording", 1), "invalid_input", "/from", w.as("group")...)
	w.refused("POST", "log-tasks", body, "invalid_input", "/serials/0", w.as("other")...)
	w.refused("POST", path+"/release", "", "not_found", "job", w.as("other")...)
	if got := w.ok("POST", path+"/release", "", w.as("account")...); got["state"] != "released" {
		t.Errorf("%v", got)
	}
	w.refused("POST", path+"/release", "", "wrong_state", "draft", w.as("account")...)
	if got := w.ok("GET", "log-tasks?state=released", "", w.as("group")...); len(got["data"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	lines := path + "/devices/P2-00000ABC"
	if got := w.ok("GET", lines, "", w.as("group")...); got["data"].([]any)[0].(object)["order"] != "H4XQ" {
		t.Errorf("%v", got)
	}
	w.refused("GET", lines, "", "not_found", "job", w.as("othergroup")...)
	w.refused("GET", lines+"?format=pdf", "", "invalid_input", "format", w.as("group")...)
	if answer := w.request("GET", "/api/v1/"+lines+"?format=text", "", w.as("group")...); answer.StatusCode != 200 ||
		!strings.Contains(answer.Header.Get("Content-Disposition"), "P2-00000ABC-") {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
}
