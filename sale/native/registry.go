package native

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"kassa/estate"
)

// Registry is the estate, in parts. What a method returned without an error is durable.
type Registry interface {
	Tree
	Stock
	Preferences
	Access
}

// Tree is who and where.
type Tree interface {
	Places
	PlaceChanges
	Shops
}

// Stock is the terminals and the devices.
type Stock interface {
	Terminals
	Boarding
	Life
	Bindings
}

// Preferences are the settings.
type Preferences interface {
	Settings
	Wishes
}

// Access is the keys and the endpoints of webhooks.
type Access interface {
	Keys
	KeyUse
	Endpoints
	EndpointChanges
}

// Places are the accounts and the groups.
type Places interface {
	Accounts() []estate.Account
	Account(id string) (estate.Account, bool)
	Groups(account string) []estate.Group
	Group(id string) (estate.Group, bool)
}

// PlaceChanges change accounts and groups.
type PlaceChanges interface {
	MakeAccount(now time.Time, a estate.Account) (estate.Account, error)
	ChangeAccount(now time.Time, id string, change func(*estate.Account)) (estate.Account, error)
	MakeGroup(now time.Time, g estate.Group) (estate.Group, error)
	ChangeGroup(now time.Time, id string, change func(*estate.Group)) (estate.Group, error)
}

// Shops are the places of business.
type Shops interface {
	ShopsOf(account string) []estate.Shop
	Shop(id string) (estate.Shop, bool)
	ShopByReference(account, reference string) (estate.Shop, bool)
	MakeShop(now time.Time, s estate.Shop) (estate.Shop, error)
	ChangeShop(now time.Time, id string, change func(*estate.Shop)) (estate.Shop, error)
}

// Terminals finds terminals and devices.
type Terminals interface {
	Terminal(tid string) (estate.Terminal, bool)
	Terminals(group string) []estate.Terminal
	Device(poiid string) (estate.Device, bool)
	Devices() []estate.Device
	LifeOfDevice(poiid string) (estate.LifeState, bool)
}

// Boarding makes and retires terminals and devices.
type Boarding interface {
	BoardDevice(now time.Time, poiid string) (estate.Device, error)
	BoardCSV(now time.Time, account string, rows io.Reader, dryRun bool, by string) ([]estate.CSVRow, error)
	RetireTerminal(now time.Time, tid string) error
}

// Life are the steps of a terminal's life.
type Life interface {
	MoveTerminal(now time.Time, tid string, to estate.Place, by string) error
	ToInventory(now time.Time, tid, by string) error
	Block(now time.Time, tid, by, why string) error
	Unblock(now time.Time, tid, by, why string) error
	SetDeveloperMode(now time.Time, tid string, on bool, by string) error
}

// Bindings are the steps between a terminal and its device, and those of a device.
type Bindings interface {
	RenewCode(now time.Time, tid string) (string, error)
	Unbind(now time.Time, tid, by string) (code string, err error)
	AssignDevice(now time.Time, poiid, account, by string) error
}

// Settings are inherited from account to group to shop to terminal.
type Settings interface {
	ChangeSettings(now time.Time, at estate.Owner, set map[string]json.RawMessage, unset []string, by estate.Actor) error
	SettingsAt(at estate.Owner) map[string]json.RawMessage
	Effective(at estate.Owner) []estate.Value
	Desired(tid string) (version uint64, values map[string]json.RawMessage)
	Reported(tid string) (estate.Report, bool)
}

// Wishes ask the operator for settings.
type Wishes interface {
	AskSetting(now time.Time, tid, name string, value json.RawMessage, by string) (estate.Wish, error)
	Wishes(account string) []estate.Wish
	DecideWish(now time.Time, id string, grant bool, by string) (estate.Wish, error)
}

// Keys are the API keys.
type Keys interface {
	MakeKey(now time.Time, n estate.NewKey) (estate.Key, string, error)
	RotateKey(now time.Time, id string, overlap time.Duration, by string) (estate.Key, string, error)
	RevokeKey(now time.Time, id, by string) error
	Keys(account string) []estate.Key
	Key(id string) (estate.Key, bool)
}

// KeyUse tells when and from where a key was last used.
type KeyUse interface {
	LastUsed(id string) (at time.Time, from string)
}

// Endpoints are the URLs that want webhooks.
type Endpoints interface {
	AllEndpoints() []estate.Endpoint
	Endpoint(id string) (estate.Endpoint, bool)
}

// EndpointChanges change them.
type EndpointChanges interface {
	MakeEndpoint(now time.Time, e estate.Endpoint, by string) (estate.Endpoint, error)
	ChangeEndpoint(now time.Time, id, by string, change func(*estate.Endpoint)) (estate.Endpoint, error)
	DeleteEndpoint(now time.Time, id, by string) error
	NewSecret(now time.Time, id string, overlap time.Duration, by string) (estate.Endpoint, string, error)
}

// Links tells how terminals can be reached.
type Links interface {
	Reach(tid string) Reach
	// Changes gives the TIDs of terminals whose reach changed; it may drop some.
	Changes(ctx context.Context) <-chan string
	History(tid string) []Transition
	// Probe asks a terminal to answer at once; with full it also looks at itself.
	Probe(ctx context.Context, tid string, full bool) (Probed, error)
}

// estateProblem is what the estate says no with.
func estateProblem(err error, what string) *problem {
	text := strings.ReplaceAll(err.Error(), "estate: ", "")
	var wrong *estate.SettingsError
	switch {
	case errors.As(err, &wrong):
		p := fault("invalid_input", text)
		if errors.Is(err, estate.ErrNotAllowed) {
			p = fault("not_allowed", text)
		}
		for _, s := range wrong.Problems {
			p.Errors = append(p.Errors, mistake{Pointer: "/set/" + s.Name, Detail: s.Rule})
		}
		return p
	case errors.Is(err, estate.ErrCountry):
		return fault("country_not_offered", text)
	case errors.Is(err, estate.ErrNotAllowed):
		return fault("not_allowed", text)
	case errors.Is(err, estate.ErrState):
		return fault("wrong_state", text)
	case errors.Is(err, estate.ErrExists):
		return fault("exists", text)
	case errors.Is(err, estate.ErrFull):
		return fault("limit_reached", text)
	case errors.Is(err, estate.ErrUnknown), errors.Is(err, estate.ErrInvalid):
		return invalidField(err)
	}
	return unreadable("the " + what + " may not have been stored")
}

// invalidField names the field that the estate's error begins with.
func invalidField(err error) *problem {
	text := err.Error()
	for _, kind := range []error{estate.ErrInvalid, estate.ErrUnknown} {
		text = strings.Replace(text, kind.Error()+": ", "", 1)
	}
	text = strings.ReplaceAll(text, "estate: ", "")
	name, rule, ok := strings.Cut(text, ": ")
	if !ok || strings.Contains(name, " ") {
		name, rule, _ = strings.Cut(text, " ")
	}
	if errors.Is(err, estate.ErrUnknown) && rule == "" {
		rule = "there is no such " + name
	}
	if rule == "" || !fieldForm.MatchString(name) {
		return badInput(mistake{Detail: text})
	}
	return badInput(mistake{Pointer: "/" + strings.ReplaceAll(name, ".", "/"), Detail: rule})
}

// fieldForm is what the name of a field looks like, other than a word of a sentence.
var fieldForm = regexp.MustCompile(`^[a-z][A-Za-z]*([.][A-Za-z]+)*$`)

// groupsOf are the groups that a caller sees.
func (h *Handler) groupsOf(c Caller) []estate.Group {
	if c.Group != "" {
		g, ok := h.Registry.Group(c.Group)
		if !ok {
			return nil
		}
		return []estate.Group{g}
	}
	var list []estate.Group
	for _, a := range h.accountsOf(c) {
		list = append(list, h.Registry.Groups(a.ID)...)
	}
	return list
}

// accountsOf are the accounts that a caller sees whole.
func (h *Handler) accountsOf(c Caller) []estate.Account {
	if c.operator() {
		return h.Registry.Accounts()
	}
	a, ok := h.Registry.Account(c.Account)
	if !ok || c.Group != "" {
		return nil
	}
	return []estate.Account{a}
}

// actor is who is written down to have done something.
func (c *call) actor() string { return c.caller.Key }

// listOf answers with the part of a list that a query asks for. The list is in the order of its ids.
func listOf[T any](w http.ResponseWriter, c *call, list []T, id func(T) string, show func(T) any) *problem {
	limit, refused := limitOf(c.query, maxEstate, maxEstate)
	if refused != nil {
		return refused
	}
	after := c.query.Get("after")
	shown := page{Data: []any{}}
	rows := []any{}
	last := ""
	for _, v := range list {
		if after != "" && id(v) <= after {
			continue
		}
		if len(rows) == limit {
			shown.HasMore, shown.Next = true, last
			break
		}
		rows, last = append(rows, show(v)), id(v)
	}
	shown.Data = rows
	return answer(w, http.StatusOK, shown)
}
