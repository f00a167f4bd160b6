package operator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Limits of what is kept. It is all held in memory, so that each kind ends somewhere.
const (
	maxThings = 50_000 // of a kind
	maxID     = 36
	maxName   = 100
	maxURL    = 255
	maxEVSEs  = 200 // of a charger
)

// thing is one of the things that are kept: it names itself, and tells what is wrong with it.
type thing interface {
	// whose gives the thing its id and its account.
	whose(id, account string)
	// check tells which field breaks which rule, seen against the rest of the account's world.
	check(w *World) error
	// put puts it into a world.
	put(w *World)
}

// kindOf is one kind of thing: its name in addresses and streams, and an empty one.
type kindOf struct {
	name  string
	empty func() thing
}

func kinds() []kindOf {
	return []kindOf{
		{"environments", func() thing { return &Environment{} }},
		{"providers", func() thing { return &Provider{} }},
		{"provider-environments", func() thing { return &ProviderEnvironment{} }},
		{"cpos", func() thing { return &CPO{} }},
		{"contracts", func() thing { return &Contract{} }},
		{"setups", func() thing { return &Setup{} }},
		{"stations", func() thing { return &Station{} }},
		{"terminals", func() thing { return &Terminal{} }},
		{"payments", func() thing { return &Payment{} }},
		{"incidents", func() thing { return &Incident{} }},
		{"bindings", func() thing { return &Binding{} }},
		{"requests", func() thing { return &Request{} }},
	}
}

// Kinds lists the kinds of things, as they are called in addresses.
func Kinds() (list []string) {
	for _, k := range kinds() {
		list = append(list, k.name)
	}
	return list
}

func kindNamed(name string) (kindOf, bool) {
	return find(kinds(), func(k kindOf) bool { return k.name == name })
}

func (e *Environment) whose(id, account string)         { e.ID, e.Account = id, account }
func (p *Provider) whose(id, account string)            { p.ID, p.Account = id, account }
func (p *ProviderEnvironment) whose(id, account string) { p.ID, p.Account = id, account }
func (c *CPO) whose(id, account string)                 { c.ID, c.Account = id, account }
func (c *Contract) whose(id, account string)            { c.ID, c.Account = id, account }
func (s *Setup) whose(id, account string)               { s.ID, s.Account = id, account }
func (s *Station) whose(id, account string)             { s.ID, s.Account = id, account }
func (t *Terminal) whose(id, account string)            { t.ID, t.Account = id, account }
func (p *Payment) whose(id, account string)             { p.ID, p.Account = id, account }
func (i *Incident) whose(id, account string)            { i.ID, i.Account = id, account }
func (b *Binding) whose(id, account string)             { b.ID, b.Account = id, account }

func (e *Environment) put(w *World)         { w.Environments = append(w.Environments, *e) }
func (p *Provider) put(w *World)            { w.Providers = append(w.Providers, *p) }
func (p *ProviderEnvironment) put(w *World) { w.ProviderEnvs = append(w.ProviderEnvs, *p) }
func (c *CPO) put(w *World)                 { w.CPOs = append(w.CPOs, *c) }
func (c *Contract) put(w *World)            { w.Contracts = append(w.Contracts, *c) }
func (s *Setup) put(w *World)               { w.Setups = append(w.Setups, *s) }
func (s *Station) put(w *World)             { w.Stations = append(w.Stations, *s) }
func (t *Terminal) put(w *World)            { w.Terminals = append(w.Terminals, *t) }
func (p *Payment) put(w *World)             { w.Payments = append(w.Payments, *p) }
func (i *Incident) put(w *World)            { w.Incidents = append(w.Incidents, *i) }
func (b *Binding) put(w *World)             { w.Bindings = append(w.Bindings, *b) }

// decode reads a thing as somebody wrote it: no field that there is not, nothing behind it.
func decode(k kindOf, body []byte) (thing, error) {
	t := k.empty()
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			return nil, invalid(wrong.Field, "must be %s", typeName(wrong))
		}
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return nil, invalid(strings.Trim(field, `"`), "there is no such field")
		}
		return nil, invalid("body", "must be one JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("body", "must be one JSON object")
	}
	return t, nil
}

func typeName(e *json.UnmarshalTypeError) string {
	switch name := e.Type.Kind().String(); name {
	case "string", "struct":
		return "text"
	case "bool":
		return "true or false"
	case "slice":
		return "a list"
	default:
		return "a whole number"
	}
}

// all gives the first error of some checks.
func all(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func text(field, value string, most int, needed bool) error {
	n := len([]rune(value))
	if needed && strings.TrimSpace(value) == "" {
		return invalid(field, "must be given")
	}
	if n > most || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return invalid(field, "must be a line of at most %d characters", most)
	}
	return nil
}

func oneOf[T ~string](field string, value T, list ...T) error {
	if slices.Contains(list, value) {
		return nil
	}
	var words []string
	for _, one := range list {
		if one != "" {
			words = append(words, string(one))
		}
	}
	return invalid(field, "must be one of %s", strings.Join(words, ", "))
}

// pattern holds a value against a form; an empty one is left out.
func pattern(field, value, form, says string) error {
	if value != "" && !regexp.MustCompile("^(?:"+form+")$").MatchString(value) {
		return invalid(field, "%s", says)
	}
	return nil
}

func address(field, value string) error {
	if len(value) > maxURL {
		return invalid(field, "must have at most %d characters", maxURL)
	}
	return pattern(field, value, `https?://[^\s"<>]+`, "must be an address that begins with https:// or http://")
}

// there holds that what a field names is there.
func there(field string, ok bool) error {
	if ok {
		return nil
	}
	return invalid(field, "there is no such one")
}

func currency(value string) error {
	return pattern("currency", value, `[A-Z]{3}`, "must be three capital letters (ISO 4217)")
}

func (e *Environment) check(*World) error {
	return all(text("platform", e.Platform, maxName, true), text("name", e.Name, maxName, true), oneOf("kind", e.Kind, Acceptance, Production))
}

func (p *Provider) check(*World) error {
	if p.LeadDays < 0 {
		return invalid("lead_days", "must not be negative")
	}
	return all(text("name", p.Name, maxName, true), address("status_feed", p.StatusFeed), address("status_page", p.StatusPage))
}

func (p *ProviderEnvironment) check(w *World) error {
	_, ok := find(w.Providers, func(o Provider) bool { return o.ID == p.Provider })
	return all(there("provider", ok), oneOf("kind", p.Kind, Test, Production), address("portal", p.Portal), address("api_base", p.APIBase), text("as", p.As, maxName, false))
}

func (c *CPO) check(w *World) error {
	_, ok := w.Environment(c.Environment)
	return all(there("environment", ok), text("external_id", c.ExternalID, maxName, true), text("name", c.Name, maxName, true),
		pattern("country_code", c.CountryCode, `[A-Z]{2}`, "must be two capital letters (ISO 3166-1)"), pattern("party_id", c.PartyID, `[A-Z0-9]{3}`, "must be three letters or digits (OCPI)"))
}

func (c *Contract) check(w *World) error {
	_, ok := w.CPO(c.CPO)
	if !c.Ends.IsZero() && !c.Ends.After(c.Starts) {
		return invalid("ends", "must be later than starts")
	}
	return all(there("cpo", ok), text("customer_reference", c.CustomerReference, maxID, true), oneOf("contactless", c.Contactless, ScopeOff, ScopeCPO, ScopeContract))
}

func (s *Setup) check(w *World) error {
	_, ok := w.Environment(s.Environment)
	_, contract := w.Contract(s.Contract)
	if s.Status == Configured && s.MerchantID == "" {
		return invalid("merchant_id", "must be given before the set-up is configured")
	}
	return all(there("environment", ok), there("contract", s.Contract == "" || contract), text("cpo_external_id", s.CPOExternalID, maxName, true),
		text("currency", s.Currency, 3, true), currency(s.Currency), pattern("mcc", s.MCC, `[0-9]{4}`, "must be four digits (ISO 18245)"),
		oneOf("status", s.Status, Requested, Configured, Disabled))
}

func (s *Station) check(w *World) error {
	_, env := w.Environment(s.Environment)
	cpo, ok := w.CPO(s.CPO)
	_, contract := w.Contract(s.Contract)
	if ok && cpo.Environment != s.Environment {
		return invalid("cpo", "must be one of the charger's environment")
	}
	if len(s.EVSEs) > maxEVSEs {
		return invalid("evse_uids", "must be at most %d", maxEVSEs)
	}
	for _, uid := range s.EVSEs {
		if err := text("evse_uids", uid, maxID, true); err != nil {
			return err
		}
	}
	return all(there("environment", env), there("cpo", ok), there("contract", s.Contract == "" || contract), text("ocpp_id", s.OCPPID, maxName, false),
		text("location", s.Location, maxID, len(s.EVSEs) > 0))
}

func (t *Terminal) check(w *World) error {
	_, ok := w.ProviderEnv(t.ProviderEnv)
	return all(there("provider_env", ok), text("serial", t.Serial, maxID, true), text("model", t.Model, maxName, false),
		oneOf("activation", t.Activation, ActivationUnknown, Shipped, Registered, Activated, Deactivated))
}

func (p *Payment) check(w *World) error {
	_, environment := w.Environment(p.Of)
	_, cpo := w.CPO(p.Of)
	_, contract := w.Contract(p.Of)
	_, station := w.Station(p.Of)
	there := map[string]bool{"environment": environment, "cpo": cpo, "contract": contract, "station": station}[p.Scope]
	switch {
	case !there:
		return invalid("of", "must be the id of the %s that it is for", p.Scope)
	case min(p.Hold, p.Minimum, p.Most, p.Step, p.MinCapture) < 0:
		return invalid("hold", "must not be negative, as minimum, most, step and min_capture must not")
	case p.Most > 0 && p.Hold > p.Most:
		return invalid("hold", "must not be more than most")
	case p.Hold > 0 && p.Minimum > p.Hold:
		return invalid("minimum", "must not be more than the hold")
	case max(p.Hold, p.Minimum, p.Most, p.Step, p.MinCapture) > 0 && p.Currency == "":
		return invalid("currency", "must be given with an amount")
	case p.Increments != nil && (*p.Increments < 0 || *p.Increments > 10):
		return invalid("increments", "must be 0 to 10")
	}
	return all(oneOf("scope", p.Scope, "environment", "cpo", "contract", "station"), currency(p.Currency))
}

func (i *Incident) check(w *World) error {
	_, ok := find(w.Providers, func(p Provider) bool { return p.ID == i.Provider })
	if i.Began.IsZero() || !i.Ended.IsZero() && i.Ended.Before(i.Began) {
		return invalid("ended", "must be later than began, and began be given")
	}
	return all(there("provider", ok), oneOf("kind", i.Kind, "", Test, Production), text("title", i.Title, maxName, true), address("link", i.Link))
}

func (b *Binding) check(w *World) error {
	_, ok := w.Station(b.Station)
	return all(there("station", ok), text("entered_serial", b.EnteredSerial, maxID, true), text("evse", b.EVSE, maxID, false))
}

// idOK tells whether an id can stand in an address.
func idOK(id string) error {
	if id == "" {
		return invalid("id", "must be given")
	}
	if len(id) > maxID {
		return invalid("id", "must have at most %d characters", maxID)
	}
	return pattern("id", id, `[A-Za-z0-9][A-Za-z0-9._-]*`, "must be letters, digits, dots, hyphens and underscores")
}
