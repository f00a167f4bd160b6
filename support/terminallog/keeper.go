package terminallog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// Store keeps the streams.
type Store interface {
	Submit(batch journal.Batch, done func(journal.Receipt, error))
	Streams(kind, after string, limit int) ([]journal.Stream, error)
	Load(stream string) (journal.Stream, bool, error)
}

// Stock finds devices and the terminals that they are bound to.
type Stock interface {
	Device(poiid string) (estate.Device, bool)
	Terminal(tid string) (estate.Terminal, bool)
}

// Config is what a Keeper works with; every field is needed.
type Config struct {
	Store       Store
	Stock       Stock
	Terminals   Terminals
	Environment string // test or live
	Now         func() time.Time
	Random      io.Reader
}

// Keeper is all tasks of an installation. It is safe for concurrent use; changes are made one after the other.
type Keeper struct {
	cfg   Config
	nudge chan struct{}

	// writing is held over a change and its commit. Only its holder changes what mu guards.
	writing sync.Mutex
	mu      sync.RWMutex
	tasks   map[string]kept
	pace    pace
}

type kept struct {
	Task
	version uint64
}

const (
	kindTask  = "terminallog"
	kindChunk = "terminallogchunk"
	loadPage  = 1000
	idLength  = 20
)

// New reads the tasks.
func New(cfg Config) (*Keeper, error) {
	if cfg.Store == nil || cfg.Stock == nil || cfg.Terminals == nil || cfg.Environment == "" || cfg.Now == nil || cfg.Random == nil {
		return nil, errors.New("terminallog: a field of Config is missing")
	}
	k := &Keeper{cfg: cfg, nudge: make(chan struct{}, 1), tasks: make(map[string]kept), pace: pace{last: make(map[place]time.Time), silent: make(map[place]int)}}
	for after := ""; ; {
		page, err := cfg.Store.Streams(kindTask, after, loadPage)
		if err != nil {
			return nil, fmt.Errorf("terminallog: read: %w", err)
		}
		for _, s := range page {
			t := kept{version: s.Version}
			if err := json.Unmarshal(s.State, &t.Task); err != nil {
				return nil, fmt.Errorf("terminallog: read %s: %w", s.ID, err)
			}
			after, k.tasks[t.ID] = strings.TrimPrefix(s.ID, kindTask+"/"), t
		}
		if len(page) < loadPage {
			return k, nil
		}
	}
}

// Make makes a task. It does nothing before its release.
func (k *Keeper) Make(ask Ask) (Task, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	now := k.cfg.Now()
	if err := ask.check(now); err != nil {
		return Task{}, err
	}
	t := Task{Type: ask.Type, Kind: ask.Kind, By: ask.By, At: now, From: ask.From.UTC(), Until: ask.Until.UTC(), State: Draft, ExpiresAt: now.Add(Keep)}
	if ask.Kind == LastHours {
		t.From, t.Until = time.Time{}, time.Time{}
	}
	for i, serial := range ask.Serials {
		d, account, err := k.device(serial)
		switch {
		case err != nil:
			return Task{}, err
		case slices.Contains(ask.Serials[:i], serial):
			return Task{}, invalid("serials", "%s is there twice", serial)
		case i > 0 && account != t.Account:
			return Task{}, invalid("serials", "must be devices of one account")
		case i == 0:
			t.Account, t.Group = account, d.Group
		case d.Group != t.Group:
			t.Group = ""
		}
		t.Devices = append(t.Devices, d)
	}
	if k.open(t.Account) >= MaxOpen || len(k.tasks) >= maxTasks {
		return Task{}, fmt.Errorf("%w: the account has %d tasks that wait or run", ErrState, MaxOpen)
	}
	var err error
	if t.ID, err = k.newID(); err != nil {
		return Task{}, err
	}
	return t, k.commit(t, nil, LogTaskMade{t.ID, t.Kind, ask.Serials, ask.By})
}

// device is a device that a task can be about.
func (k *Keeper) device(serial string) (Device, string, error) {
	d, ok := k.cfg.Stock.Device(serial)
	t, bound := k.cfg.Stock.Terminal(d.TID)
	if !ok {
		return Device{}, "", invalid("serials", "there is no device %s", serial)
	}
	if d.TID == "" || !bound {
		return Device{}, "", invalid("serials", "%s is bound to no terminal", serial)
	}
	return Device{Serial: serial, TID: d.TID, Group: t.Group, State: Waiting}, t.Account, nil
}

func (k *Keeper) open(account string) (n int) {
	for _, t := range k.tasks {
		if t.Account == account && (t.State == Draft || t.Running()) {
			n++
		}
	}
	return n
}

// Release lets a task run.
func (k *Keeper) Release(id, by string) (Task, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	t, err := k.Task(id)
	if err != nil {
		return t, err
	}
	now := k.cfg.Now()
	switch {
	case t.State != Draft:
		return t, fmt.Errorf("%w: it is %s, and only a draft is released", ErrState, t.State)
	case t.Kind == LastHours:
		t.From, t.Until = now.Add(-lastSpan).UTC(), now.UTC()
	case !t.From.After(now):
		return t, fmt.Errorf("%w: its start has passed without a release: make a new one", ErrState)
	}
	t.State, t.ReleasedAt, t.ReleasedBy, t.ExpiresAt = Released, now, by, time.Time{}
	if err := k.commit(t, nil, LogTaskReleased{id, by}); err != nil {
		return t, err
	}
	select {
	case k.nudge <- struct{}{}:
	default:
	}
	return t, nil
}

// Tasks lists the tasks, the newest first.
func (k *Keeper) Tasks() []Task {
	k.mu.RLock()
	list := make([]Task, 0, len(k.tasks))
	for _, t := range k.tasks {
		list = append(list, t.copied())
	}
	k.mu.RUnlock()
	slices.SortFunc(list, func(a, b Task) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Task finds a task.
func (k *Keeper) Task(id string) (Task, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	t, ok := k.tasks[id]
	if !ok {
		return Task{}, fmt.Errorf("%w: task", ErrUnknown)
	}
	return t.copied(), nil
}

// commit makes a task durable, with the chunks that go with it. The caller holds writing.
func (k *Keeper) commit(t Task, chunks journal.Batch, facts ...any) error {
	state, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("terminallog: encode: %w", err)
	}
	scope := t.Group
	if scope == "" {
		scope = t.Account
	}
	change := journal.Change{Stream: kindTask + "/" + t.ID, Expect: k.tasks[t.ID].version, State: state, Scope: scope}
	for _, f := range facts {
		body, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("terminallog: encode: %w", err)
		}
		name := fmt.Sprintf("%T", f)
		change.Facts = append(change.Facts, journal.Fact{At: k.cfg.Now(), Kind: name[strings.LastIndexByte(name, '.')+1:], Scope: scope, Payload: body})
	}
	for i := range chunks {
		chunks[i].Scope = scope
	}
	done := make(chan error, 1)
	k.cfg.Store.Submit(append(journal.Batch{change}, chunks...), func(_ journal.Receipt, err error) { done <- err })
	if err := <-done; err != nil {
		return fmt.Errorf("terminallog: write: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tasks[t.ID] = kept{t.copied(), change.Expect + 1}
	return nil
}

func (k *Keeper) newID() (string, error) {
	raw := make([]byte, idLength)
	if _, err := io.ReadFull(k.cfg.Random, raw); err != nil {
		return "", fmt.Errorf("terminallog: randomness: %w", err)
	}
	for i, b := range raw {
		raw[i] = "abcdefghijklmnopqrstuvwxyz234567"[b%32]
	}
	return "log_" + k.cfg.Environment + "_" + string(raw), nil
}
