package management

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa/journal"
)

// The statuses of an action.
const (
	actionPending    = "pending"
	actionSuccessful = "successful"
	actionFailed     = "failed"
)

// actionKinds are the types of action with the fields that their details need.
func actionKinds() map[string][]string {
	return map[string][]string{
		actionReboot:                  nil,
		"ReleaseUpdate":               nil,
		"InstallAndroidApp":           {"appId"},
		"UninstallAndroidApp":         {"appId"},
		"InstallAndroidCertificate":   {"certificateId"},
		"UninstallAndroidCertificate": {"certificateId"},
	}
}

// actionReboot is the only action that terminals of Kassa do.
const actionReboot = "ForceReboot"

// How long an action waits for its terminal, and how long a terminal that was told may take to come back;
// meanwhile it is told again now and then.
const (
	actionPatience = 24 * time.Hour
	restartTime    = 10 * time.Minute
	tellEvery      = 10 * time.Second
)

// action is one action of one terminal, as it is kept.
type action struct {
	ID          string          `json:"id"`
	Account     string          `json:"account"`
	POIID       string          `json:"poiid"`
	TID         string          `json:"tid"`
	Kind        string          `json:"kind"`
	Details     json.RawMessage `json:"details"`
	Made        time.Time       `json:"made"`
	Due         time.Time       `json:"due"`
	ScheduledAt string          `json:"scheduledAt,omitempty"` // as it was asked
	By          string          `json:"by,omitempty"`          // the key
	Status      string          `json:"status"`
	Result      string          `json:"result,omitempty"`
	Confirmed   time.Time       `json:"confirmed,omitzero"`
	// Told is when the terminal was told, over the link Epoch.
	Told  time.Time `json:"told,omitzero"`
	Epoch uint64    `json:"epoch,omitempty"`

	version uint64
	tellAt  time.Time // next
}

// ActionScheduled and ActionEnded are the facts of an action.
type ActionScheduled struct {
	ID    string `json:"id"`
	POIID string `json:"poiid"`
	Kind  string `json:"kind"`
	By    string `json:"by,omitempty"`
}

// ActionSent tells that a terminal is being told what to do.
type ActionSent struct {
	ID    string `json:"id"`
	POIID string `json:"poiid"`
}

// ActionEnded tells what became of an action.
type ActionEnded struct {
	ID     string `json:"id"`
	POIID  string `json:"poiid"`
	Status string `json:"status"`
	Result string `json:"result,omitempty"`
}

// actionStream is the kind of an action's stream.
const actionStream = "terminal-action"

func (a action) change(now time.Time, kind string, fact any) (journal.Change, error) {
	state, err := json.Marshal(a)
	if err != nil {
		return journal.Change{}, fmt.Errorf("management: encode action: %w", err)
	}
	payload, err := json.Marshal(fact)
	if err != nil {
		return journal.Change{}, fmt.Errorf("management: encode fact: %w", err)
	}
	return journal.Change{
		Stream: actionStream + "/" + a.ID, Expect: a.version, State: state, Scope: a.Account, Open: a.Status == actionPending,
		Facts: []journal.Fact{{At: now, Kind: kind, Scope: a.Account, Payload: payload}},
	}, nil
}

func readAction(s journal.Stream) (action, error) {
	var a action
	if err := json.Unmarshal(s.State, &a); err != nil {
		return action{}, fmt.Errorf("management: state of %s: %w", s.ID, err)
	}
	a.version = s.Version
	return a, nil
}

// commit waits for durability.
func (h *Handler) commit(batch journal.Batch) error {
	done := make(chan error, 1)
	h.Records.Submit(batch, func(_ journal.Receipt, err error) { done <- err })
	return <-done
}

// newActionID makes an id that sorts by the instant.
func (h *Handler) newActionID(now time.Time) string {
	var random [10]byte
	h.Random(random[:])
	ms := strconv.FormatInt(now.UnixMilli(), 32)
	return "TRAC" + strings.ToUpper(ms) + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:])
}

type scheduled struct {
	Details     json.RawMessage     `json:"actionDetails"`
	Items       []scheduledItem     `json:"items"`
	ScheduledAt string              `json:"scheduledAt"`
	StoreID     string              `json:"storeId"`
	WithErrors  map[string][]string `json:"terminalsWithErrors"`
	Scheduled   int                 `json:"totalScheduled"`
	Errors      int                 `json:"totalErrors"`
}

type scheduledItem struct {
	ID         string `json:"id"`
	TerminalID string `json:"terminalId"`
}

type actionAsked struct {
	Details     json.RawMessage `json:"actionDetails"`
	ScheduledAt string          `json:"scheduledAt"`
	StoreID     string          `json:"storeId"`
	TerminalIDs []string        `json:"terminalIds"`
}

func (h *Handler) scheduleActions(w http.ResponseWriter, c *call) (reply, *fault) {
	var in actionAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	kind, no := actionKind(in.Details)
	if no != nil {
		return reply{}, no
	}
	now := h.Now()
	due, no := dueAt(in.ScheduledAt, now)
	if no != nil {
		return reply{}, no
	}
	units, no := h.actionUnits(c, in)
	if no != nil {
		return reply{}, no
	}
	h.mu.Lock()
	waits := len(h.pending)
	h.mu.Unlock()
	if waits+len(units) > maxPending {
		return reply{}, &fault{status: http.StatusUnprocessableEntity, detail: "too many actions wait for their terminals; try again later"}
	}
	out := scheduled{
		Details: in.Details, Items: []scheduledItem{}, ScheduledAt: in.ScheduledAt, StoreID: in.StoreID, WithErrors: map[string][]string{},
	}
	var batch journal.Batch
	var waiting []action
	for _, u := range units {
		a := action{
			ID: h.newActionID(now), Account: u.account, POIID: u.device.POIID, TID: u.terminal.TID, Kind: kind, Details: in.Details,
			Made: now, Due: due, ScheduledAt: in.ScheduledAt, By: c.caller.KeyID, Status: actionPending,
		}
		if kind != actionReboot {
			a.Status, a.Result = actionFailed, "Kassa distributes no software, apps or certificates to terminals"
		}
		change, err := a.change(now, "ActionScheduled", ActionScheduled{a.ID, a.POIID, a.Kind, a.By})
		if err != nil {
			return reply{}, estateFault(err)
		}
		a.version = 1
		batch, waiting = append(batch, change), append(waiting, a)
		out.Items = append(out.Items, scheduledItem{a.ID, a.POIID})
	}
	if err := h.commit(batch); err != nil {
		return reply{}, estateFault(err)
	}
	h.await(waiting...)
	out.Scheduled = len(out.Items)
	return ok(out)
}

func actionKind(details json.RawMessage) (string, *fault) {
	if len(details) > maxDetails {
		return "", invalid(invalidField{Name: "actionDetails", Message: fmt.Sprintf("may have %d bytes at most", maxDetails)})
	}
	var fields map[string]any
	if err := json.Unmarshal(details, &fields); err != nil || fields == nil {
		return "", invalid(invalidField{Name: "actionDetails", Message: "is required"})
	}
	kind, _ := fields["type"].(string)
	needs, known := actionKinds()[kind]
	if !known {
		return "", invalid(invalidField{Name: "actionDetails.type", Value: kind, Message: "is not a type of action"})
	}
	for _, name := range needs {
		if s, _ := fields[name].(string); s == "" {
			return "", invalid(invalidField{Name: "actionDetails." + name, Message: "is required"})
		}
	}
	return kind, nil
}

// dueAt reads an instant in RFC 3339, with the offset written as clients of Adyen do, without a colon.
func dueAt(text string, now time.Time) (time.Time, *fault) {
	if text == "" {
		return now, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() < 2200 && at.Year() > 2000 {
			return at, nil
		}
	}
	return time.Time{}, invalid(invalidField{Name: "scheduledAt", Value: text, Message: "is not an instant like 2026-12-12T20:21:22-0100"})
}

// actionUnits finds the terminals of a request. One that is not right fails it as a whole.
func (h *Handler) actionUnits(c *call, in actionAsked) ([]unit, *fault) {
	failed := func(detail string) *fault {
		return &fault{
			status: http.StatusUnprocessableEntity, code: "02_005", title: "Terminal ID verification failed.", detail: detail,
		}
	}
	switch {
	case len(in.TerminalIDs) == 0:
		return nil, failed("Terminal IDs are empty")
	case len(in.TerminalIDs) > maxAction:
		return nil, failed(fmt.Sprintf("There may be %d terminal IDs at most", maxAction))
	}
	shop := ""
	if in.StoreID != "" {
		s, no := h.store(c, "", in.StoreID)
		if no != nil {
			return nil, no
		}
		shop = s.ID
	}
	var units []unit
	for i, id := range in.TerminalIDs {
		u, no := h.unit(c, id)
		switch {
		case no != nil:
			return nil, failed("Terminal IDs are not the API key's: " + id)
		case !u.bound():
			return nil, failed("Terminal IDs are not activated: " + id)
		case shop != "" && u.terminal.Shop != shop:
			return nil, failed("Terminal IDs are not in the store: " + id)
		case slices.Contains(in.TerminalIDs[:i], id):
			return nil, failed("Terminal IDs are there more than once: " + id)
		}
		units = append(units, u)
	}
	return units, nil
}

type actionObject struct {
	ID          string `json:"id"`
	Kind        string `json:"actionType"`
	Config      string `json:"config"`
	Confirmed   string `json:"confirmedAt,omitempty"`
	ScheduledAt string `json:"scheduledAt"`
	Result      string `json:"result"`
	Status      string `json:"status"`
	TerminalID  string `json:"terminalId"`
}

func (a action) object() actionObject {
	o := actionObject{
		ID: a.ID, Kind: a.Kind, Config: string(a.Details), ScheduledAt: a.Due.UTC().Format(time.RFC3339), Result: a.Result,
		Status: a.Status, TerminalID: a.POIID,
	}
	if !a.Confirmed.IsZero() {
		o.Confirmed = a.Confirmed.UTC().Format(time.RFC3339)
	}
	return o
}

// maxActions bounds the actions that one list looks through.
const maxActions = 10_000

func (h *Handler) listActions(_ http.ResponseWriter, c *call) (reply, *fault) {
	accounts, no := h.company(c, c.values["companyId"])
	if no != nil {
		return reply{}, no
	}
	q, no := c.query("status", "type")
	if no != nil {
		return reply{}, no
	}
	var scopes []string
	for _, a := range accounts {
		scopes = append(scopes, a.ID)
	}
	streams, err := h.Records.Newest(actionStream, scopes, "", maxActions)
	if err != nil {
		return reply{}, unreadable()
	}
	var list []actionObject
	for _, s := range streams {
		a, err := readAction(s)
		if err != nil {
			return reply{}, unreadable()
		}
		if status := q.Get("status"); status != "" && status != a.Status {
			continue
		}
		if kind := q.Get("type"); kind != "" && kind != a.Kind {
			continue
		}
		list = append(list, a.object())
	}
	p, no := paged(h, c, usualTerminals, list)
	if no != nil {
		return reply{}, no
	}
	return ok(p)
}

func unreadable() *fault {
	return &fault{status: http.StatusInternalServerError, detail: "the record could not be read; try again"}
}

func (h *Handler) showAction(_ http.ResponseWriter, c *call) (reply, *fault) {
	accounts, no := h.company(c, c.values["companyId"])
	if no != nil {
		return reply{}, no
	}
	s, there, err := h.Records.Load(actionStream + "/" + c.values["actionId"])
	if err != nil {
		return reply{}, unreadable()
	}
	if there {
		a, err := readAction(s)
		if err != nil {
			return reply{}, unreadable()
		}
		for _, of := range accounts {
			if of.ID == a.Account {
				return ok(a.object())
			}
		}
	}
	return reply{}, notYours("terminal action")
}

// await puts actions where Run finds them.
func (h *Handler) await(list ...action) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range list {
		if a.Status == actionPending {
			h.pending[a.ID] = a
		}
	}
}

// Run does the actions that are due, until ctx ends. What it had not done before is done after the
// next start.
func (h *Handler) Run(ctx context.Context) error {
	err := h.Records.OpenStreams(actionStream, func(s journal.Stream) error {
		a, err := readAction(s)
		if err == nil {
			h.await(a)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("management: read open actions: %w", err)
	}
	tick := time.NewTicker(actionEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := h.doActions(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// actionEvery is how often Run looks for what is due.
const actionEvery = 250 * time.Millisecond

func (h *Handler) doActions(ctx context.Context) error {
	now := h.Now()
	h.mu.Lock()
	var due []action
	for _, a := range h.pending {
		if !now.Before(a.Due) {
			due = append(due, a)
		}
	}
	h.mu.Unlock()
	slices.SortFunc(due, func(a, b action) int { return strings.Compare(a.ID, b.ID) })
	for _, a := range due {
		if err := h.do(ctx, a, now); err != nil {
			return err
		}
	}
	return nil
}

// do takes an action a step on.
func (h *Handler) do(ctx context.Context, a action, now time.Time) error {
	t, found := h.Estate.Terminal(a.TID)
	reach := h.Presence.Reach(a.TID)
	switch {
	case !found || t.Retired || t.POIID != a.POIID:
		return h.end(a, now, actionFailed, "the device is not bound to its terminal any more")
	case !a.Told.IsZero() && reach.Linked && reach.Epoch > a.Epoch:
		a.Confirmed = now
		return h.end(a, now, actionSuccessful, "the terminal has connected anew since it was told to restart")
	case !a.Told.IsZero() && now.Sub(a.Told) >= restartTime:
		return h.end(a, now, actionFailed, "the terminal was told to restart, and has not come back")
	case a.Told.IsZero() && now.Sub(a.Due) >= actionPatience:
		return h.end(a, now, actionFailed, "the terminal could not be reached within 24 hours")
	case !reach.Linked || now.Before(a.tellAt):
		return nil
	}
	if a.Told.IsZero() {
		a.Told, a.Epoch = now, reach.Epoch
		if err := h.step(&a, now, "ActionSent", ActionSent{a.ID, a.POIID}); err != nil {
			return err
		}
	}
	a.tellAt = now.Add(tellEvery)
	h.await(a)
	// One that cannot be told now is told again.
	_ = h.Actions.Restart(ctx, a.TID, a.ID)
	return nil
}

func (h *Handler) end(a action, now time.Time, status, result string) error {
	a.Status, a.Result = status, result
	if err := h.step(&a, now, "ActionEnded", ActionEnded{a.ID, a.POIID, a.Status, a.Result}); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pending, a.ID)
	return nil
}

// step makes what an action is now durable.
func (h *Handler) step(a *action, now time.Time, kind string, fact any) error {
	change, err := a.change(now, kind, fact)
	if err == nil {
		err = h.commit(journal.Batch{change})
	}
	if err != nil {
		return fmt.Errorf("management: %s of %s: %w", kind, a.ID, err)
	}
	a.version++
	return nil
}
