package main

import (
	"errors"
	"strings"

	"kassa/dashboard"
	"kassa/support/terminallog"
)

// pageLogs gives the pages the logs of terminals. Who reads them is the operator.
type pageLogs struct{ c *cloud }

func (p pageLogs) Tasks() (list []dashboard.LogTask) {
	for _, t := range p.c.logs.Tasks() {
		shown := dashboard.LogTask{
			ID: t.ID, Kind: "recording", State: string(t.State), Reason: t.Reason, By: t.By, At: t.At, From: t.From, Until: t.Until, Expires: t.ExpiresAt,
		}
		if t.Kind == terminallog.LastHours {
			shown.Kind = "the last two hours"
		}
		for _, d := range t.Devices {
			shown.Lines += d.Lines
			shown.Devices = append(shown.Devices, dashboard.LogDevice{
				Serial: d.Serial, TID: d.TID, State: string(d.State), Reason: d.Reason, Lines: d.Lines, Left: d.Left, Gaps: d.Gaps,
			})
		}
		list = append(list, shown)
	}
	return list
}

func (p pageLogs) Make(ask dashboard.NewLogTask) (string, error) {
	kind := terminallog.LastHours
	if !ask.From.IsZero() {
		kind = terminallog.Recording
	}
	t, err := p.c.logs.Make(terminallog.Ask{Type: terminallog.Syslog, Kind: kind, Serials: ask.Serials, From: ask.From, Until: ask.Until, By: "operator"})
	return t.ID, plainLogError(err)
}

func (p pageLogs) Release(id string) error {
	_, err := p.c.logs.Release(id, "operator")
	return plainLogError(err)
}

// plainLogError is an error for people.
func plainLogError(err error) error {
	if err == nil {
		return nil
	}
	text := strings.TrimPrefix(err.Error(), "terminallog: ")
	return errors.New(strings.TrimPrefix(strings.TrimPrefix(text, "invalid: "), "not in this state: "))
}

func (p pageLogs) Lines(id, serial string) ([]dashboard.LogLine, error) {
	lines, err := p.c.logs.Lines(id, serial)
	shown := make([]dashboard.LogLine, 0, len(lines))
	for _, l := range lines {
		shown = append(shown, dashboard.LogLine{N: l.N, At: l.At(), Part: l.Part, Text: l.Text, Order: l.Exchange})
	}
	return shown, err
}

func (p pageLogs) File(id, serial string) ([]byte, error) {
	lines, err := p.c.logs.Lines(id, serial)
	return terminallog.Text(lines), err
}
