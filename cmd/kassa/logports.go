package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"kassa/poi"
	"kassa/poilink"
	"kassa/sale/native"
	"kassa/support/cases"
	"kassa/support/terminallog"
)

// This file joins the logs of terminals with the links that they come over, and with who asks for them.

func (c *cloud) joinLogs() (err error) {
	c.logs, err = terminallog.New(terminallog.Config{
		Store: c.store, Stock: c.registry, Terminals: logSources{c.pois}, Environment: string(c.registry.Environment()), Now: c.now, Random: rand.Reader,
	})
	return err
}

// logSources asks terminals for their logs.
type logSources struct{ pois *poi.Hub }

func (l logSources) Collect(ctx context.Context, tid string, q terminallog.Question) (terminallog.Chunk, error) {
	got, err := l.pois.CollectLogs(ctx, tid, poilink.CollectLogs{Task: q.Task, FromMS: q.From.UnixMilli(), UntilMS: q.Until.UnixMilli(), After: q.After})
	switch {
	case errors.Is(err, poi.ErrNoAnswer):
		return terminallog.Chunk{}, fmt.Errorf("%w: %w", terminallog.ErrNoAnswer, err)
	case err != nil:
		return terminallog.Chunk{}, fmt.Errorf("%w: %w", terminallog.ErrOffline, err)
	}
	chunk := terminallog.Chunk{Left: got.Left, Lines: make([]terminallog.Line, 0, len(got.Lines))}
	for _, line := range got.Lines {
		chunk.Lines = append(chunk.Lines, terminallog.Line(line))
	}
	return chunk, nil
}

// logPorts gives the API the tasks.
type logPorts struct{ c *cloud }

func logTask(t terminallog.Task) native.LogTask {
	shown := native.LogTask{
		ID: t.ID, Type: t.Type, Kind: t.Kind, Account: t.Account, Group: t.Group, State: string(t.State), Reason: t.Reason, By: t.By, At: t.At,
		From: t.From, Until: t.Until, ReleasedBy: t.ReleasedBy, ReleasedAt: t.ReleasedAt, EndedAt: t.EndedAt, ExpiresAt: t.ExpiresAt,
	}
	for _, d := range t.Devices {
		shown.Lines += d.Lines
		shown.Devices = append(shown.Devices, native.LogDevice{
			Device: d.Serial, POIID: d.Serial, Terminal: d.TID, State: string(d.State), Reason: d.Reason, Lines: d.Lines, Left: d.Left, Gaps: d.Gaps,
		})
	}
	return shown
}

// refusedLog is why a task was not made or moved, for the API.
func refusedLog(err error) error {
	text := strings.TrimPrefix(errorText(err), "terminallog: ")
	switch {
	case errors.Is(err, terminallog.ErrInvalid):
		field, rule, _ := strings.Cut(strings.TrimPrefix(text, "invalid: "), ": ")
		return &native.JobProblem{Code: "invalid_input", Field: field, Text: rule}
	case errors.Is(err, terminallog.ErrState):
		return &native.JobProblem{Code: "wrong_state", Text: strings.TrimPrefix(text, "not in this state: ")}
	case errors.Is(err, terminallog.ErrUnknown):
		return &native.JobProblem{Code: "not_found", Text: "there is no such " + strings.TrimPrefix(text, "unknown: ")}
	}
	return err
}

func (l logPorts) LogTasks() (list []native.LogTask) {
	for _, t := range l.c.logs.Tasks() {
		list = append(list, logTask(t))
	}
	return list
}

func (l logPorts) MakeLogTask(ask native.NewLogTask, by string) (native.LogTask, error) {
	t, err := l.c.logs.Make(terminallog.Ask{Type: ask.Type, Kind: ask.Kind, Serials: ask.Serials, From: ask.From, Until: ask.Until, By: by})
	return logTask(t), refusedLog(err)
}

func (l logPorts) ReleaseLogTask(id, by string) (native.LogTask, error) {
	t, err := l.c.logs.Release(id, by)
	return logTask(t), refusedLog(err)
}

func (l logPorts) LogLines(id, device string) ([]native.LogLine, error) {
	lines, err := l.c.logs.Lines(id, device)
	shown := make([]native.LogLine, 0, len(lines))
	for _, line := range lines {
		shown = append(shown, native.LogLine{N: line.N, At: line.At(), Part: line.Part, Text: line.Text, Order: line.Exchange})
	}
	return shown, refusedLog(err)
}

func (logPorts) LogText(lines []native.LogLine) []byte {
	plain := make([]terminallog.Line, 0, len(lines))
	for _, line := range lines {
		plain = append(plain, terminallog.Line{N: line.N, AtMS: line.At.UnixMilli(), Part: line.Part, Text: line.Text, Exchange: line.Order})
	}
	return terminallog.Text(plain)
}

// caseLogs gives support cases the logs of their devices.
type caseLogs struct{ c *cloud }

// bundleTime bounds how long a bundle waits for a terminal.
const bundleTime = 10 * time.Second

func (l caseLogs) Around(account, group, serial string, at time.Time) ([]cases.LogFile, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bundleTime)
	defer cancel()
	lines, err := l.c.logs.Around(ctx, account, group, serial, at)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	return []cases.LogFile{{Name: "syslog.log", Body: terminallog.Text(lines)}}, nil
}
