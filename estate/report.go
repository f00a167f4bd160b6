package estate

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Report is what a terminal said of the settings that it was sent.
type Report struct {
	TID     string    `json:"tid"`
	Version uint64    `json:"version"` // the one of Desired that it took
	At      time.Time `json:"at"`
	// Values are those in force on the terminal; what is secret is masked.
	Values map[string]json.RawMessage `json:"values,omitempty"`
	// Refused says by name why a setting was not taken.
	Refused map[string]string `json:"refused,omitempty"`
}

// Applied records what a terminal did with its settings. Names that do not exist are left out, and an
// older version than the one reported, or the same report again, is nothing new.
func (r *Registry) Applied(now time.Time, tid string, version uint64, values map[string]json.RawMessage, refused map[string]string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	t, ok := r.terminals[tid]
	if !ok || t.Retired {
		return fmt.Errorf("%w: terminal", ErrUnknown)
	}
	if version < r.reports[tid].Version {
		return nil
	}
	report := Report{TID: tid, Version: version, At: now, Values: make(map[string]json.RawMessage), Refused: make(map[string]string)}
	for name, value := range values {
		d, ok := r.DefinitionOf(name)
		if read, rule := d.read(value); ok && rule == "" {
			report.Values[name] = d.mask(read)
		}
	}
	for name, why := range refused {
		if _, ok := r.DefinitionOf(name); ok {
			report.Refused[name] = clip(why, maxWhy)
		}
	}
	if former, ok := r.reports[tid]; ok {
		former.At = now
		if reflect.DeepEqual(former, report) {
			return nil
		}
	}
	return r.write(now, journaled{
		stream: "reported/" + tid, state: report, show: func() { r.showReport(report) },
		facts: []fact{{t.Group, SettingsReported{TID: tid, Version: version, Refused: report.Refused}}},
	})
}

func (r *Registry) showReport(report Report) { r.reports[report.TID] = report }

// Reported gives what a terminal last said of its settings; false when it never did.
func (r *Registry) Reported(tid string) (Report, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	report, ok := r.reports[tid]
	report.Values, report.Refused = maps.Clone(report.Values), maps.Clone(report.Refused)
	return report, ok
}

// WishStatus is what became of a wish.
type WishStatus string

// The statuses of a wish.
const (
	WishOpen    WishStatus = "open"
	WishGranted WishStatus = "granted"
	WishRefused WishStatus = "refused"
)

// Wish asks the operator for a setting of a terminal that only he may change.
type Wish struct {
	ID        string          `json:"id"` // "WISH", the environment's letter, and 20 letters and digits
	TID       string          `json:"tid"`
	Account   string          `json:"account"`
	Setting   string          `json:"setting"`
	Value     json.RawMessage `json:"value"`
	By        string          `json:"by"`
	At        time.Time       `json:"at"`
	Status    WishStatus      `json:"status"`
	DecidedBy string          `json:"decidedBy,omitempty"`
	DecidedAt time.Time       `json:"decidedAt,omitzero"`
}

// AskSetting asks the operator for a setting of a terminal. The same wish a second time is the one that
// is open.
func (r *Registry) AskSetting(now time.Time, tid, name string, value json.RawMessage, by string) (Wish, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	t, ok := r.terminals[tid]
	if !ok || t.Retired {
		return Wish{}, fmt.Errorf("%w: terminal", ErrUnknown)
	}
	d, known := r.DefinitionOf(name)
	read, rule := d.read(value)
	switch {
	case !known:
		return Wish{}, &SettingsError{[]SettingProblem{{clip(name, maxName), "there is no such setting"}}, ErrInvalid}
	case rule != "":
		return Wish{}, &SettingsError{[]SettingProblem{{name, rule}}, ErrInvalid}
	case d.By != RoleOperator || d.sealed():
		return Wish{}, &SettingsError{[]SettingProblem{{name, "it needs no wish: it may be set"}}, ErrInvalid}
	}
	for _, w := range r.wishes {
		if w.Status == WishOpen && w.TID == tid && w.Setting == name && string(w.Value) == string(read) {
			return w, nil
		}
	}
	if len(r.wishes) >= maxWishes {
		return Wish{}, fmt.Errorf("%w: wishes", ErrFull)
	}
	id, err := draw(r.random, idAlphabet, idLength)
	if err != nil {
		return Wish{}, err
	}
	w := Wish{
		ID: "WISH" + r.env.letter() + id, TID: tid, Account: t.Account, Setting: name, Value: read,
		By: clip(by, maxName), At: now, Status: WishOpen,
	}
	return w, r.write(now, r.wishChange(w, t.Group, SettingWished{w}))
}

func (r *Registry) wishChange(w Wish, scope string, body any) journaled {
	return journaled{stream: "wish/" + w.ID, state: w, facts: []fact{{scope, body}}, show: func() { r.showWish(w) }}
}

func (r *Registry) showWish(w Wish) { r.wishes[w.ID] = w }

// Wishes lists the wishes of an account, the newest first; for "" those of all.
func (r *Registry) Wishes(account string) []Wish {
	list := listed(r, func() map[string]Wish { return r.wishes },
		func(w Wish) bool { return account == "" || w.Account == account }, func(w Wish) string { return w.ID })
	slices.SortStableFunc(list, func(a, b Wish) int { return b.At.Compare(a.At) })
	return list
}

// DecideWish grants a wish, which sets the setting at its terminal, or refuses it. A wish is decided
// once.
func (r *Registry) DecideWish(now time.Time, id string, grant bool, by string) (Wish, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	w, ok := r.wishes[id]
	switch {
	case !ok:
		return Wish{}, fmt.Errorf("%w: wish", ErrUnknown)
	case w.Status != WishOpen:
		return Wish{}, fmt.Errorf("%w: the wish is %s", ErrState, w.Status)
	}
	w.Status, w.DecidedBy, w.DecidedAt = WishRefused, clip(by, maxName), now
	var changes []journaled
	if grant {
		w.Status = WishGranted
		c, err := r.planSettings(Owner{LevelTerminal, w.TID}, map[string]json.RawMessage{w.Setting: w.Value}, nil, Actor{Key: by, Role: RoleOperator})
		if err != nil {
			return Wish{}, err
		}
		if c.show != nil {
			changes = append(changes, c)
		}
	}
	changes = append(changes, r.wishChange(w, r.terminals[w.TID].Group, SettingWishDecided{w}))
	return w, r.write(now, changes...)
}
