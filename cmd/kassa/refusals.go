package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"kassa/estate"
	"kassa/journal"
	"kassa/store/sqlite"
)

// refusedCalls is the stream in which refused calls of all doors are kept for diagnosis.
const refusedCalls = "calls/refused"

// Limits of what is kept of one refused call.
const (
	maxCallText = 300
	hintLength  = 4
	leastKey    = 12 // a shorter one would be told by its last four characters
)

// refusals keeps the refused calls of all doors. It adds to what a door knows who sent a call, and bounds
// what is written, so that nobody fills the disk.
type refusals struct {
	notes    *journal.Notebook
	registry *estate.Registry
	now      func() time.Time

	mu    sync.Mutex
	meter meter
}

func newRefusals(store *sqlite.Store, registry *estate.Registry, now func() time.Time) (*refusals, error) {
	stream, _, err := store.Load(refusedCalls)
	if err != nil {
		return nil, err
	}
	return &refusals{
		notes: journal.NewNotebook(refusedCalls, stream.Version, store.Submit), registry: registry, now: now, meter: newMeter(),
	}, nil
}

// Record keeps a call. What an unknown key was used for has no scope: only the operator sees it, not those
// whose order or terminal it names.
func (k *refusals) Record(r *http.Request, kind string, call journal.RefusedCall) {
	k.caller(r, &call)
	call.Agent, call.Origin = clipped(r.UserAgent()), clipped(r.Header.Get("Origin"))
	call.ErrorInfo, call.Field = clipped(call.ErrorInfo), clipped(call.Field)
	call.OrderID, call.TerminalID = clipped(call.OrderID), clipped(call.TerminalID)
	scope := cmp.Or(call.Scope, call.Account)
	if k.admitted(source{scope, call.From}, call.Account) {
		k.note(kind, scope, call.At, call)
	}
}

// refused keeps a call that was refused.
func (k *refusals) refused(r *http.Request, call journal.RefusedCall) {
	k.Record(r, journal.CallRefused, call)
}

// Left keeps that the client of an order's event stream left.
func (k *refusals) Left(scope string, at time.Time, left journal.LeftStream) {
	if k.admitted(source{scope: scope}, "") {
		k.note(journal.EventStreamLeft, scope, at, left)
	}
}

// caller tells who sent a call and with which key. The reason of one that is about the key becomes precise.
func (k *refusals) caller(r *http.Request, call *journal.RefusedCall) {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	call.From = clipped(remote)
	shown := k.shownKeys(r)
	if len(shown) == 0 {
		if call.Reason == journal.ReasonKey {
			call.Reason = journal.ReasonKeyMissing
		}
		return
	}
	key, known := k.registry.FindKey(shown[0])
	switch {
	case known:
		call.Key, call.Hint = key.ID, key.Hint
		call.Account, call.Scope = cmp.Or(call.Account, key.Account), cmp.Or(call.Scope, key.Group)
	default:
		call.Hint = hint(shown[0])
	}
	if call.Reason == journal.ReasonKey && len(shown) == 1 {
		call.Reason = k.keyReason(shown[0], key, known)
	}
}

// keyReason tells what is the matter with a key that opens nothing. A good one opened nothing here because
// it is of a kind that this door does not take, or may not be used from where it came.
func (k *refusals) keyReason(shown string, key estate.Key, known bool) string {
	now := k.now()
	switch {
	case !known:
		if env, formed := estate.EnvironmentOf(shown); formed && env != k.registry.Environment() {
			return journal.ReasonOtherEnvironment
		}
		return journal.ReasonKeyUnknown
	case !key.Revoked.IsZero():
		return journal.ReasonKeyRevoked
	case !key.Usable(now):
		return journal.ReasonKeyExpired
	case key.Account == "":
		return journal.ReasonForbidden
	case len(key.Networks) > 0:
		return journal.ReasonKeyNetwork
	}
	return journal.ReasonKey
}

// shownKeys are the keys that a request shows, wherever doors look for them. The password of a person is none,
// unless it is a key.
func (k *refusals) shownKeys(r *http.Request) (keys []string) {
	shown := append(r.URL.Query()["api_key"], r.Header.Values("api_key")...)
	shown = append(shown, r.Header.Values("X-Api-Key")...)
	for _, a := range r.Header.Values("Authorization") {
		if scheme, token, ok := strings.Cut(a, " "); ok && strings.EqualFold(scheme, "Bearer") {
			shown = append(shown, token)
		}
	}
	if _, password, ok := r.BasicAuth(); ok {
		if _, known := k.registry.FindKey(password); known {
			shown = append(shown, password)
		}
	}
	for _, key := range shown {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// hint is the end of a key that was never made here; empty when it would tell too much of what was meant.
func hint(key string) string {
	if len(key) < leastKey {
		return ""
	}
	return clipped(strings.ToValidUTF8(key[len(key)-hintLength:], "?"))
}

// clipped is a text of others as it may be kept: short, printable, and without what could be a card number.
func clipped(s string) string {
	if len(s) > maxCallText {
		s = s[:maxCallText]
		for len(s) > 0 && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	out := []rune(strings.ToValidUTF8(s, "?"))
	run := 0
	for i := 0; i <= len(out); i++ {
		if i < len(out) && unicode.IsControl(out[i]) {
			out[i] = ' '
		}
		if i < len(out) && out[i] >= '0' && out[i] <= '9' {
			run++
			continue
		}
		if run >= 12 && run <= 19 {
			for j := i - run + 6; j < i-4; j++ {
				out[j] = '*'
			}
		}
		run = 0
	}
	return string(out)
}

func (k *refusals) note(kind, scope string, at time.Time, body any) {
	payload, err := json.Marshal(body)
	if err != nil {
		return
	}
	k.notes.Note(journal.Fact{At: at, Kind: kind, Scope: scope, Payload: payload}, nil)
}

// admitted tells whether one more may be written, and counts it when not.
func (k *refusals) admitted(from source, account string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.meter.admit(from, account, k.now())
}

// run writes down now and then how much was left out.
func (k *refusals) run(ctx context.Context) error {
	tick := time.NewTicker(tellLeftOut)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			k.tell()
		}
	}
}

func (k *refusals) tell() {
	k.mu.Lock()
	left := k.meter.drain()
	k.mu.Unlock()
	for scope, out := range left {
		k.note(journal.CallsLeftOut, scope, k.now(), out)
	}
}
