package main

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"kassa/sale/native"
)

// TestLogsOverTheLink records a log over a real link while the link is cut, the cloud is killed, and the terminal comes
// back: each line is there once, in order, and the payment's lines name the payment.
func TestLogsOverTheLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3, "--heartbeat", "500ms")
	s.start("")
	j := jobs{s, s.facts.Terminals[0].TID, s.facts.Terminals[0].POIID, s}
	j.pays("before", 6200)
	s.awaitScreen(j.tid, "idle") // what the terminal logs then is of no payment
	var past, record native.LogTask
	j.ask("POST", "log-tasks", 201, map[string]any{"type": "syslog", "kind": "last_two_hours", "serials": []string{j.poiid}}, &past)
	from := time.Now().Add(2 * time.Second)
	j.ask("POST", "log-tasks", 201, map[string]any{
		"type": "syslog", "kind": "recording", "serials": []string{j.poiid}, "from": from, "until": from.Add(25 * time.Second),
	}, &record)
	j.ask("POST", "log-tasks/"+record.ID+"/release", 200, nil, nil)
	j.ask("POST", "log-tasks/"+past.ID+"/release", 200, nil, nil)
	await(t, "the past is ready", 30*time.Second, func() bool { return j.logTask(past.ID).State == "ready" })
	lines := j.logLines(past.ID)
	if text := logText(lines); !strings.Contains(text, "order payment of EUR 62.00 asked for") || !strings.Contains(text, "payment ended: approved") {
		t.Errorf("the payment is not in the log:\n%s", text)
	}
	of := map[string]int{}
	for _, l := range lines {
		of[l.Order]++
	}
	if len(of) != 2 || of[""] == len(lines) {
		t.Errorf("lines by payment: %v", of)
	}
	await(t, "the recording has begun", 30*time.Second, func() bool { return time.Now().After(from) })
	j.sim("fault", map[string]string{"name": "paper-out"})
	await(t, "its first lines are durable", 40*time.Second, func() bool { return j.logTask(record.ID).Lines > 0 })
	j.sim("fault", map[string]string{"name": "power-off"})
	j.restart()
	first := j.logLines(record.ID)
	if len(first) == 0 {
		t.Error("what was durable is gone")
	}
	resp, err := j.simCall("DELETE", "terminals/"+j.poiid+"/fault?name=power-off", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	await(t, "the recording is ready", 90*time.Second, func() bool { return j.logTask(record.ID).State == "ready" })
	got := j.logTask(record.ID)
	lines = j.logLines(record.ID)
	for i, l := range lines[1:] {
		if l.N != lines[i].N+1 {
			t.Errorf("line %d follows %d", l.N, lines[i].N)
		}
	}
	text := logText(lines)
	if got.Devices[0].Gaps != 0 || got.Lines != len(lines) || !strings.Contains(text, "power switched off") || !strings.Contains(text, "power started") {
		t.Errorf("%+v\n%s", got, text)
	}
	j.bundleHasLog()
}

func (j jobs) logTask(id string) (task native.LogTask) {
	j.t.Helper()
	j.ask("GET", "log-tasks/"+id, 200, nil, &task)
	return task
}

func (j jobs) logLines(id string) []native.LogLine {
	j.t.Helper()
	var list struct{ Data []native.LogLine }
	j.ask("GET", "log-tasks/"+id+"/devices/"+j.poiid, 200, nil, &list)
	return list.Data
}

func logText(lines []native.LogLine) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Part + " " + l.Text + "\n")
	}
	return b.String()
}

// bundleHasLog opens a case about the terminal and looks into its bundle.
func (j jobs) bundleHasLog() {
	j.t.Helper()
	var made struct{ ID string }
	j.ask("POST", "cases", 201, map[string]any{"subject": map[string]string{"kind": "terminal", "id": j.tid}}, &made)
	status, raw := j.ownAPI("GET", "cases/"+made.ID+"/bundle", "")
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		j.t.Fatalf("%d %v", status, err)
	}
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "logs/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			j.t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || !strings.Contains(string(text), "payment ended: approved") {
			j.t.Errorf("%v:\n%s", err, text)
		}
		return
	}
	j.t.Error("the bundle has no log")
}
