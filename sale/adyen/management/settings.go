package management

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"kassa/estate"
)

// ours are the objects of settings that Adyen does not have. They are changed elsewhere: a client that
// writes back what it read must not touch them.
func ours(name string) bool {
	return strings.HasPrefix(name, "cloud.") || strings.HasPrefix(name, "device.")
}

// settingOwners are where the settings of a path are kept: one place, or for a company one for each of
// the caller's accounts.
func (h *Handler) settingOwners(c *call) ([]estate.Owner, *fault) {
	if id, named := c.values["terminalId"]; named {
		u, no := h.unit(c, id)
		if no != nil {
			return nil, no
		}
		if !u.bound() {
			return nil, &fault{status: http.StatusUnprocessableEntity, detail: "the terminal is not activated; it has settings once it is"}
		}
		return []estate.Owner{{Level: estate.LevelTerminal, ID: u.terminal.TID}}, nil
	}
	if c.values["storeId"] != "" || c.values["reference"] != "" {
		s, no := h.storeNamed(c)
		if no != nil {
			return nil, no
		}
		return []estate.Owner{{Level: estate.LevelShop, ID: s.ID}}, nil
	}
	o, no := h.owner(c)
	if no != nil {
		return nil, no
	}
	var list []estate.Owner
	for _, a := range o.accounts {
		list = append(list, estate.Owner{Level: estate.LevelAccount, ID: a.ID})
	}
	return list, nil
}

func (h *Handler) showSettings(_ http.ResponseWriter, c *call) (reply, *fault) {
	at, no := h.settingOwners(c)
	if no != nil {
		return reply{}, no
	}
	return ok(h.settingsTree(at))
}

// settingsTree is what is in effect at an owner, and of several what is the same at all.
func (h *Handler) settingsTree(at []estate.Owner) map[string]any {
	agreed := make(map[string]json.RawMessage)
	for i, o := range at {
		now := make(map[string]json.RawMessage)
		for _, v := range h.Estate.Effective(o) {
			if !ours(v.Name) {
				now[v.Name] = v.Value
			}
		}
		if i == 0 {
			agreed = now
			continue
		}
		maps.DeleteFunc(agreed, func(name string, value json.RawMessage) bool { return !bytes.Equal(value, now[name]) })
	}
	tree := make(map[string]any)
	for name, value := range agreed {
		object, parts := tree, strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			inner, is := object[part].(map[string]any)
			if !is {
				inner = make(map[string]any)
				object[part] = inner
			}
			object = inner
		}
		object[parts[len(parts)-1]] = value
	}
	return tree
}

// settingForms tell what the settings are: which of them are secret, and the objects that they are in.
type settingForms struct {
	secret map[string]bool // by the name of each setting
	inner  map[string]bool // names of objects, such as nexo and refunds.unreferenced
}

func readForms() settingForms {
	f := settingForms{make(map[string]bool), make(map[string]bool)}
	for _, d := range estate.Definitions() {
		if ours(d.Name) {
			continue
		}
		f.secret[d.Name] = d.Secret
		for i, char := range d.Name {
			if char == '.' {
				f.inner[d.Name[:i]] = true
			}
		}
	}
	return f
}

// read takes a request apart: what it sets, and what it leaves to the level above because an object that
// is there does not have it.
func (f settingForms) read(body map[string]json.RawMessage) (set map[string]json.RawMessage, unset []string, no *fault) {
	set = make(map[string]json.RawMessage)
	var wrong []invalidField
	for object, value := range body {
		if string(value) != "null" {
			wrong = append(wrong, f.into(set, object, value)...)
		}
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b invalidField) int { return strings.Compare(a.Name, b.Name) })
		return nil, nil, invalid(wrong...)
	}
	for name := range f.secret {
		object, _, _ := strings.Cut(name, ".")
		value, there := body[object]
		if _, given := set[name]; there && string(value) != "null" && !given {
			unset = append(unset, name)
		}
	}
	slices.Sort(unset)
	return set, unset, nil
}

// into puts what stands under a name into set.
func (f settingForms) into(set map[string]json.RawMessage, name string, value json.RawMessage) (wrong []invalidField) {
	if _, is := f.secret[name]; is {
		if !empty(value) {
			set[name] = value
		}
		return nil
	}
	if !f.inner[name] {
		return []invalidField{{Name: name, Message: "is not a setting"}}
	}
	if empty(value) {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return []invalidField{{Name: name, Message: "must be an object"}}
	}
	for member, inner := range members {
		wrong = append(wrong, f.into(set, name+"."+member, inner)...)
	}
	return wrong
}

// empty tells whether a value leaves the choice to the level above.
func empty(value json.RawMessage) bool {
	switch string(bytes.Join(bytes.Fields(value), nil)) {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}

func (h *Handler) changeSettings(w http.ResponseWriter, c *call) (reply, *fault) {
	at, no := h.settingOwners(c)
	if no != nil {
		return reply{}, no
	}
	var body map[string]json.RawMessage
	if no := c.body(w, &body); no != nil {
		return reply{}, no
	}
	forms := readForms()
	set, unset, no := forms.read(body)
	if no != nil {
		return reply{}, no
	}
	if !c.caller.May(writeSecrets) {
		for _, o := range at {
			if no := forms.secretsIn(h.Estate.SettingsAt(o), set, unset); no != nil {
				return reply{}, no
			}
		}
	}
	by := estate.Actor{Key: c.caller.KeyID, Role: c.caller.Role}
	for _, o := range at {
		// What is written back as it was shown, with its secrets masked, stays as it is.
		have, news := h.Estate.SettingsAt(o), maps.Clone(set)
		maps.DeleteFunc(news, func(name string, value json.RawMessage) bool { return sameJSON(have[name], value) })
		if err := h.Estate.ChangeSettings(h.Now(), o, news, unset, by); err != nil {
			return reply{}, settingsFault(err)
		}
	}
	return ok(h.settingsTree(at))
}

// secretsIn refuses a change that touches a secret: one that is set, other than as it is shown, or one
// that there is and that would be lost with the object that it is in.
func (f settingForms) secretsIn(have, set map[string]json.RawMessage, unset []string) *fault {
	var names []string
	for name, value := range set {
		if f.secret[name] && !sameJSON(have[name], value) {
			names = append(names, name)
		}
	}
	for _, name := range unset {
		if f.secret[name] && have[name] != nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return forbidden("the API key's role does not have the permission " + writeSecrets + ", which this needs: " + strings.Join(names, ", "))
}

// sameJSON tells whether two values say the same, in whatever order.
func sameJSON(a, b json.RawMessage) bool {
	var read [2]any
	for i, text := range []json.RawMessage{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&read[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(read[0], read[1])
}

func settingsFault(err error) *fault {
	list, is := errors.AsType[*estate.SettingsError](err)
	switch {
	case !is:
		return estateFault(err)
	case errors.Is(err, estate.ErrNotAllowed):
		return forbidden(err.Error())
	}
	var fields []invalidField
	for _, p := range list.Problems {
		fields = append(fields, invalidField{Name: p.Name, Message: "must be: " + p.Rule})
	}
	return invalid(fields...)
}
