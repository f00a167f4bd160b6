package estate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kassa/journal"
)

// Level is where a setting is set.
type Level string

// The levels, from the farthest to the nearest. A terminal inherits from its account, then its group,
// then its shop; the nearest that sets something wins.
const (
	LevelDefault  Level = "default" // set by nobody
	LevelAccount  Level = "account"
	LevelGroup    Level = "group"
	LevelShop     Level = "shop"
	LevelTerminal Level = "terminal"
)

// Owner is one place where settings are set: a level and the id of an account, group, shop or terminal.
type Owner struct {
	Level Level  `json:"level"`
	ID    string `json:"id,omitempty"`
}

// String gives level:id, as in a Change of the kind settings.
func (o Owner) String() string { return string(o.Level) + ":" + o.ID }

// ParseOwner reads what String gives.
func ParseOwner(s string) (Owner, bool) {
	level, id, ok := strings.Cut(s, ":")
	o := Owner{Level(level), id}
	switch o.Level {
	case LevelAccount, LevelGroup, LevelShop, LevelTerminal:
		return o, ok && id != ""
	}
	return Owner{}, false
}

// Actor is who changes something.
type Actor struct {
	Key  string `json:"key,omitempty"` // the id of the key
	Role Role   `json:"role"`
}

// Value is a setting in effect, with where it comes from. What is secret in it is masked.
type Value struct {
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value"`
	Origin Owner           `json:"origin"`
	Secret bool            `json:"secret,omitempty"`
}

// SettingProblem is a setting that cannot be set, and the rule.
type SettingProblem struct {
	Name string `json:"name"`
	Rule string `json:"rule"`
}

// SettingsError tells which settings were refused; nothing was changed. It is an ErrInvalid, and an
// ErrNotAllowed where a role is the reason.
type SettingsError struct {
	Problems []SettingProblem
	kind     error
}

func (e *SettingsError) Error() string {
	list := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		list[i] = p.Name + ": " + p.Rule
	}
	return e.kind.Error() + ": " + strings.Join(list, "; ")
}

func (e *SettingsError) Unwrap() error { return e.kind }

// ownerSettings is what one owner sets, in clear: it stays in memory.
type ownerSettings struct {
	version uint64
	values  map[string]json.RawMessage
}

// keptSettings is how that is kept: what is secret is sealed by the secure module.
type keptSettings struct {
	Owner   Owner                      `json:"owner"`
	Version uint64                     `json:"version"`
	Values  map[string]json.RawMessage `json:"values,omitempty"`
	Sealed  map[string][]byte          `json:"sealed,omitempty"`
}

func settingName(o Owner, name string) string { return "settings/" + o.String() + "/" + name }

func (r *Registry) keep(o Owner, s ownerSettings) (keptSettings, error) {
	kept := keptSettings{Owner: o, Version: s.version, Values: make(map[string]json.RawMessage), Sealed: make(map[string][]byte)}
	for name, value := range s.values {
		if d, _ := r.DefinitionOf(name); !d.sealed() {
			kept.Values[name] = value
			continue
		}
		sealed, err := r.vault.SealSecret(settingName(o, name), value)
		if err != nil {
			return keptSettings{}, fmt.Errorf("estate: seal %s: %w", name, err)
		}
		kept.Sealed[name] = sealed
	}
	return kept, nil
}

func (r *Registry) loadSettings() error {
	return eachStream(r.store, "settings", func(s journal.Stream) error {
		var kept keptSettings
		if err := json.Unmarshal(s.State, &kept); err != nil {
			return fmt.Errorf("estate: state of %s: %w", s.ID, err)
		}
		values := make(map[string]json.RawMessage, len(kept.Values)+len(kept.Sealed))
		maps.Copy(values, kept.Values)
		for name, sealed := range kept.Sealed {
			value, err := r.vault.OpenSecret(settingName(kept.Owner, name), sealed)
			if err != nil {
				return fmt.Errorf("estate: open %s of %s: %w", name, s.ID, err)
			}
			values[name] = value
		}
		r.version[s.ID] = s.Version
		r.showSettings(kept.Owner, ownerSettings{kept.Version, values})
		return nil
	})
}

func (r *Registry) showSettings(o Owner, s ownerSettings) {
	r.settings[o] = s
	r.settled = max(r.settled, s.version)
}

// nextSettings numbers the changes of what terminals are to have. The caller holds writing.
func (r *Registry) nextSettings() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled++
	return r.settled
}

// ChangeSettings sets some settings of an owner, and leaves others to the levels above. All is taken or
// nothing; a *SettingsError names each setting that was refused, and its rule. A null unsets.
func (r *Registry) ChangeSettings(now time.Time, at Owner, set map[string]json.RawMessage, unset []string, by Actor) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	c, err := r.planSettings(at, set, unset, by)
	if err != nil || c.show == nil {
		return err
	}
	return r.write(now, c)
}

// planSettings prepares a change of settings; one without show changes nothing.
func (r *Registry) planSettings(at Owner, set map[string]json.RawMessage, unset []string, by Actor) (journaled, error) {
	scope, err := r.scopeOf(at)
	if err != nil {
		return journaled{}, err
	}
	former := r.settings[at]
	next := ownerSettings{former.version, maps.Clone(former.values)}
	if next.values == nil {
		next.values = make(map[string]json.RawMessage)
	}
	if set, unset, err = r.readSettings(at, former.values, set, unset, by); err != nil {
		return journaled{}, err
	}
	told := SettingsChanged{Owner: at, Set: make(map[string]json.RawMessage), By: by}
	pushed := false
	for name, value := range set {
		if d, _ := r.DefinitionOf(name); !bytes.Equal(former.values[name], value) {
			next.values[name], told.Set[name] = value, d.mask(value)
			pushed = pushed || d.Pushed
		}
	}
	for _, name := range unset {
		if d, _ := r.DefinitionOf(name); former.values[name] != nil {
			delete(next.values, name)
			told.Unset = append(told.Unset, name)
			pushed = pushed || d.Pushed
		}
	}
	if len(told.Set)+len(told.Unset) == 0 {
		return journaled{}, nil
	}
	if pushed {
		next.version = r.nextSettings()
	}
	kept, err := r.keep(at, next)
	if err != nil {
		return journaled{}, err
	}
	return journaled{
		stream: "settings/" + at.String(), state: kept, facts: []fact{{scope, told}},
		show: func() { r.showSettings(at, next) },
	}, nil
}

// scopeOf is whose data the settings of an owner are.
func (r *Registry) scopeOf(o Owner) (string, error) {
	switch o.Level {
	case LevelAccount:
		if _, ok := r.accounts[o.ID]; ok {
			return o.ID, nil
		}
	case LevelGroup:
		if _, ok := r.groups[o.ID]; ok {
			return o.ID, nil
		}
	case LevelShop:
		if s, ok := r.shops[o.ID]; ok {
			return s.Account, nil
		}
	case LevelTerminal:
		if t, ok := r.terminals[o.ID]; ok && !t.Retired {
			return t.Group, nil
		}
	}
	return "", fmt.Errorf("%w: %s", ErrUnknown, clip(o.String(), maxName))
}

// readSettings checks what is asked for. A value that still holds a mask where the secret was is the
// value that there is.
func (r *Registry) readSettings(at Owner, former, set map[string]json.RawMessage, unset []string, by Actor) (map[string]json.RawMessage, []string, error) {
	var invalid, forbidden []SettingProblem
	out := make(map[string]json.RawMessage, len(set))
	unset = slices.Clone(unset)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		d, ok := r.DefinitionOf(name)
		value, rule := d.read(set[name])
		switch {
		case !ok:
			invalid = append(invalid, SettingProblem{clip(name, maxName), "there is no such setting"})
		case rule == "" && string(value) == "null":
			unset = append(unset, name)
		case former[name] != nil && asShown(set[name], d.mask(former[name])):
		case d.sealed() && bytes.Contains(set[name], []byte(Mask)):
			invalid = append(invalid, SettingProblem{name, "a secret that is shown as " + Mask + " must be written anew"})
		case rule != "":
			invalid = append(invalid, SettingProblem{name, rule})
		case len(d.Levels) > 0 && !slices.Contains(d.Levels, at.Level):
			invalid = append(invalid, SettingProblem{name, fmt.Sprintf("it is set at the level %v only", d.Levels)})
		default:
			out[name] = value
		}
	}
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(out)), unset) {
		switch d, ok := r.DefinitionOf(name); {
		case !ok:
			invalid = append(invalid, SettingProblem{clip(name, maxName), "there is no such setting"})
		case !d.maySet(by.Role):
			forbidden = append(forbidden, SettingProblem{name, "it is set by the role " + string(d.By) + "; ask for it instead"})
		}
	}
	switch {
	case len(invalid) > 0:
		return nil, nil, &SettingsError{invalid, ErrInvalid}
	case len(forbidden) > 0:
		return nil, nil, &SettingsError{forbidden, ErrNotAllowed}
	}
	return out, unset, nil
}

// asShown tells whether what was shown is sent back.
func asShown(sent, shown json.RawMessage) bool {
	var short bytes.Buffer
	return json.Compact(&short, sent) == nil && bytes.Equal(short.Bytes(), shown)
}

// above lists where an owner's settings come from, the farthest first and itself last.
func (r *Registry) above(o Owner) []Owner {
	switch o.Level {
	case LevelGroup:
		return []Owner{{LevelAccount, r.groups[o.ID].Account}, o}
	case LevelShop:
		return []Owner{{LevelAccount, r.shops[o.ID].Account}, o}
	case LevelTerminal:
		t := r.terminals[o.ID]
		list := []Owner{{LevelAccount, t.Account}, {LevelGroup, t.Group}}
		if t.Shop != "" {
			list = append(list, Owner{LevelShop, t.Shop})
		}
		return append(list, o)
	}
	return []Owner{o}
}

// SettingsAt gives what an owner itself sets, by name; what is secret is masked.
func (r *Registry) SettingsAt(at Owner) map[string]json.RawMessage {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make(map[string]json.RawMessage)
	for name, value := range r.settings[at].values {
		d, _ := r.DefinitionOf(name)
		out[name] = d.mask(value)
	}
	return out
}

// Effective gives what is in effect for an owner, by name: what it sets, what it inherits, and the
// defaults. What is secret is masked.
func (r *Registry) Effective(at Owner) []Value {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []Value
	for _, d := range r.definitions {
		if value, origin := r.effective(at, d); value != nil {
			list = append(list, Value{d.Name, d.mask(value), origin, d.sealed()})
		}
	}
	return list
}

func (r *Registry) effective(at Owner, d Definition) (json.RawMessage, Owner) {
	for _, o := range slices.Backward(r.above(at)) {
		if value := r.settings[o].values[d.Name]; value != nil {
			return value, o
		}
	}
	return d.Default, Owner{Level: LevelDefault}
}

// Setting gives one setting in effect in clear, for who works with it; false when nothing is set and
// there is no default.
func (r *Registry) Setting(at Owner, name string) (json.RawMessage, Owner, bool) {
	d, ok := r.DefinitionOf(name)
	if !ok {
		return nil, Owner{}, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	value, origin := r.effective(at, d)
	return slices.Clone(value), origin, value != nil
}

// SettingOn tells whether a setting of the form bool is true for a terminal.
func (r *Registry) SettingOn(tid, name string) bool {
	value, _, _ := r.Setting(Owner{LevelTerminal, tid}, name)
	return string(value) == "true"
}

// disabledMethods names the brands of cards that a terminal's payments may not be made with. The cloud refuses them.
const disabledMethods = "cloud.disabledMethods"

// MethodDisabled tells whether cards of a brand are switched off for a terminal.
func (r *Registry) MethodDisabled(tid, brand string) bool {
	value, _, ok := r.Setting(Owner{LevelTerminal, tid}, disabledMethods)
	var list []string
	return ok && json.Unmarshal(value, &list) == nil && slices.Contains(list, brand)
}

// Desired gives the settings that a terminal is to have, in clear, and their version: it rises with
// every change of them, also when the terminal is moved. The passwords of addresses, which the cloud alone
// calls, are masked.
func (r *Registry) Desired(tid string) (version uint64, values map[string]json.RawMessage) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	at := Owner{LevelTerminal, tid}
	version = r.terminals[tid].SettingsSince
	for _, o := range r.above(at) {
		version = max(version, r.settings[o].version)
	}
	values = make(map[string]json.RawMessage)
	for _, d := range r.definitions {
		value, origin := r.effective(at, d)
		// Hours that nobody has set are the cloud's own default: a terminal that cannot keep them need not say so.
		if d.Pushed && value != nil && (origin.Level != LevelDefault || d.Form != FormInt) {
			if !d.Secret {
				value = d.mask(value)
			}
			values[d.Name] = slices.Clone(value)
		}
	}
	if r.terminals[tid].Developer {
		values[developerMode] = json.RawMessage("true")
	}
	return version, values
}

// developerMode tells a terminal that it is in developer mode. It is no setting of anybody's: SetDeveloperMode
// changes it.
const developerMode = "device.developerMode"

// TerminalsUnder lists the TIDs that inherit from an owner.
func (r *Registry) TerminalsUnder(o Owner) []string {
	var tids []string
	for _, t := range r.terminalsWhere(func(t Terminal) bool {
		switch o.Level {
		case LevelAccount:
			return t.Account == o.ID
		case LevelGroup:
			return t.Group == o.ID
		case LevelShop:
			return t.Shop == o.ID
		case LevelTerminal:
			return t.TID == o.ID
		}
		return false
	}) {
		tids = append(tids, t.TID)
	}
	return tids
}
