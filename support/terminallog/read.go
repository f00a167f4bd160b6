package terminallog

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// chunkState is the state of a chunk's stream; it has no facts, so that expiry leaves nothing.
type chunkState struct {
	GZ []byte `json:"gz,omitempty"` // the lines as JSON, gzip
}

// maxUnpacked bounds what a chunk unpacks to.
const maxUnpacked = 1 << 20

func packed(lines []Line) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(lines), z.Close()); err != nil {
		return nil, fmt.Errorf("terminallog: pack: %w", err)
	}
	return json.Marshal(chunkState{b.Bytes()})
}

func unpacked(state []byte) (lines []Line, err error) {
	var c chunkState
	if err := json.Unmarshal(state, &c); err != nil || len(c.GZ) == 0 {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(c.GZ))
	if err != nil {
		return nil, err
	}
	return lines, json.NewDecoder(io.LimitReader(z, maxUnpacked)).Decode(&lines)
}

// Lines reads what a task has of a device so far.
func (k *Keeper) Lines(id, serial string) ([]Line, error) {
	t, err := k.Task(id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(t.Devices, func(d Device) bool { return d.Serial == serial })
	if i < 0 {
		return nil, fmt.Errorf("%w: device", ErrUnknown)
	}
	if t.State == Expired {
		return nil, fmt.Errorf("%w: the lines have expired", ErrState)
	}
	all := []Line{}
	for n := range t.Devices[i].Chunks {
		s, ok, err := k.cfg.Store.Load(chunkStream(id, i, n))
		if err != nil || !ok {
			return nil, fmt.Errorf("terminallog: read a chunk of %s: %w", id, cmp.Or(err, ErrUnknown))
		}
		lines, err := unpacked(s.State)
		if err != nil {
			return nil, fmt.Errorf("terminallog: read a chunk of %s: %w", id, err)
		}
		all = append(all, lines...)
	}
	return all, nil
}

// What a support case gets of a log.
const (
	aroundBefore = time.Hour
	aroundAfter  = 15 * time.Minute
	maxAround    = 5000 // lines
)

// Around gives the lines of a device around an instant: those that tasks have, and those that the terminal still has
// where it is online. Only what was the account's then is in it, and the group's where one is given.
func (k *Keeper) Around(ctx context.Context, account, group, serial string, at time.Time) ([]Line, error) {
	from, until := at.Add(-aroundBefore), at.Add(aroundAfter)
	found := map[uint64]Line{}
	for _, t := range k.Tasks() {
		for _, d := range t.Devices {
			if t.Account != account || d.Serial != serial || group != "" && d.Group != group || t.State == Expired || !t.From.Before(until) || !t.Until.After(from) {
				continue
			}
			lines, err := k.Lines(t.ID, serial)
			if errors.Is(err, ErrState) {
				continue // it has just expired
			}
			if err != nil {
				return nil, err
			}
			for _, l := range lines {
				if !l.At().Before(from) && l.At().Before(until) {
					found[l.N] = l
				}
			}
		}
	}
	k.ask(ctx, account, group, serial, from, until, found)
	list := make([]Line, 0, len(found))
	for _, l := range found {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b Line) int { return cmp.Compare(a.N, b.N) })
	return list[max(0, len(list)-maxAround):], nil
}

// ask adds what the terminal still has; without an answer there is less in the bundle, and nothing is wrong.
func (k *Keeper) ask(ctx context.Context, account, group, serial string, from, until time.Time, into map[uint64]Line) {
	d, owner, err := k.device(serial)
	if err != nil || owner != account || group != "" && d.Group != group {
		return
	}
	if from, _ = k.allowed(account, d, from); !from.Before(until) {
		return
	}
	for after := uint64(0); len(into) < maxAround; {
		c, err := k.cfg.Terminals.Collect(ctx, d.TID, Question{Task: "bundle", From: from, Until: until, After: after})
		if err != nil {
			return
		}
		for _, l := range c.Lines {
			into[l.N], after = l, l.N
		}
		if c.Left == 0 || len(c.Lines) == 0 {
			return
		}
	}
}

// Text is lines as people read them, one a line: instant, number, part, order and text, with tabs between.
func Text(lines []Line) []byte {
	var b strings.Builder
	for _, l := range lines {
		order := cmp.Or(l.Exchange, "-")
		fmt.Fprintf(&b, "%s\t%d\t%s\t%s\t%s\n", l.At().Format("2006-01-02T15:04:05.000Z"), l.N, l.Part, order, l.Text)
	}
	return []byte(b.String())
}
