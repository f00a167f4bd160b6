package operator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Asks is what a provider is asked to do.
type Asks string

// What providers are asked for.
const (
	AskActivate    Asks = "activate"    // check that the terminals are activated and configured
	AskMove        Asks = "move"        // into this environment: what is configured in the other one cannot be copied
	AskShare       Asks = "share"       // let this platform see and manage them
	AskTakeOver    Asks = "take_over"   // from their former owner
	AskContactless Asks = "contactless" // set contactless payment up for the CPO
)

// RequestStatus is how far a request is.
type RequestStatus string

// The statuses of a request.
const (
	RequestOpen     RequestStatus = "open"
	RequestAnswered RequestStatus = "answered"
)

// Request is one to a provider. It names the environment, since nothing is shared between the two, and the CPO as
// the platform knows it.
type Request struct {
	ID            string        `json:"id"`
	Account       string        `json:"account"`
	ProviderEnv   string        `json:"provider_env"`
	CPO           string        `json:"cpo"` // the id of one here
	CPOExternalID string        `json:"cpo_external_id"`
	Contract      string        `json:"contract,omitempty"`
	Serials       []string      `json:"serials,omitempty"`
	Asks          Asks          `json:"asks"`
	Note          string        `json:"note,omitempty"`
	Text          string        `json:"text"` // what to send to the provider
	By            string        `json:"by,omitempty"`
	At            time.Time     `json:"at"`
	Status        RequestStatus `json:"status"`
	Answer        string        `json:"answer,omitempty"`
	AnsweredAt    time.Time     `json:"answered_at,omitzero"`
}

// maxSerials is how many terminals one request may name.
const maxSerials = 100

func (r *Request) whose(id, account string) { r.ID, r.Account = id, account }
func (r *Request) put(w *World)             { w.Requests = append(w.Requests, *r) }

func (r *Request) check(w *World) error {
	pe, known := w.ProviderEnv(r.ProviderEnv)
	cpo, ok := w.CPO(r.CPO)
	_, contract := w.Contract(r.Contract)
	if err := all(there("provider_env", known), there("cpo", ok), there("contract", r.Contract == "" || contract),
		oneOf("asks", r.Asks, AskActivate, AskMove, AskShare, AskTakeOver, AskContactless), text("note", r.Note, 1000, false)); err != nil {
		return err
	}
	env, _ := w.Environment(cpo.Environment)
	if !w.pairs(env.Kind, pe.Kind) {
		return invalid("provider_env", "is a %s environment, and the CPO is in %s: name the one whose terminals its chargers take", pe.Kind, env.Kind)
	}
	if len(r.Serials) == 0 && r.Asks != AskContactless {
		return invalid("serials", "must name the terminals")
	}
	if len(r.Serials) > maxSerials {
		return invalid("serials", "must be at most %d", maxSerials)
	}
	for _, s := range r.Serials {
		if err := text("serials", s, maxID, true); err != nil {
			return err
		}
	}
	return nil
}

// words is the request as it is sent.
func (r *Request) words(w *World) string {
	pe, _ := w.ProviderEnv(r.ProviderEnv)
	cpo, _ := w.CPO(r.CPO)
	env, _ := w.Environment(cpo.Environment)
	please := map[Asks]string{
		AskActivate:    "Please check that these terminals are activated and configured, and tell us when they are.",
		AskMove:        "Please move these terminals into this environment, or add them here. What is configured in the other one cannot be copied.",
		AskShare:       "Please let our account see and manage these terminals.",
		AskTakeOver:    "Please put these terminals under our account. Their former owner sends the transfer form.",
		AskContactless: "Please set up contactless payment for this charge point operator, and tell us when it is configured.",
	}[r.Asks]
	lines := []string{
		"Environment: " + string(pe.Kind),
		"Platform: " + env.Platform + ", " + env.Name + " (" + string(env.Kind) + ")",
		"CPO: " + cpo.Name + ", external id " + cpo.ExternalID,
	}
	if c, ok := w.Contract(r.Contract); ok {
		lines = append(lines, "Contract: "+c.CustomerReference)
	}
	if pe.As != "" {
		lines = append(lines, "Our account: "+pe.As)
	}
	if len(r.Serials) > 0 {
		lines = append(lines, "Terminals: "+strings.Join(r.Serials, ", "))
	}
	lines = append(lines, "", please)
	if r.Note != "" {
		lines = append(lines, "", r.Note)
	}
	return strings.Join(lines, "\n")
}

// Ask keeps a request to a provider, with the words to send.
func (r *Registry) Ask(account, by string, q Request) (json.RawMessage, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	w := r.World(account)
	if err := q.check(w); err != nil {
		return nil, err
	}
	id, err := r.cfg.NewID()
	if err != nil {
		return nil, err
	}
	cpo, _ := w.CPO(q.CPO)
	q.whose(id, account)
	q.By, q.At, q.Status, q.CPOExternalID = by, r.cfg.Now(), RequestOpen, cpo.ExternalID
	q.Answer, q.AnsweredAt = "", time.Time{}
	q.Text = q.words(w)
	return r.keep(account, "requests", id, q)
}

// Answer notes what the provider said to a request.
func (r *Registry) Answer(account, id, says string) (json.RawMessage, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	i := slices.IndexFunc(r.World(account).Requests, func(q Request) bool { return q.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%w: requests", ErrUnknown)
	}
	if err := text("answer", says, 1000, true); err != nil {
		return nil, err
	}
	q := r.World(account).Requests[i]
	q.Status, q.Answer, q.AnsweredAt = RequestAnswered, says, r.cfg.Now()
	return r.keep(account, "requests", id, q)
}
