package native

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"kassa/operator"
)

// Operators keeps whom unattended terminals work for: the things of each account, by kind and id. A change is durable
// when it returns without an error; errors wrap those of package operator.
type Operators interface {
	List(account, kind string) ([]json.RawMessage, error)
	Get(account, kind, id string) (json.RawMessage, error)
	Put(account, kind, id string, body []byte) (json.RawMessage, error)
	Delete(account, kind, id string) error
}

// Placing binds terminals to chargers, and asks their providers. Errors are as those of Operators.
type Placing interface {
	// Bind runs the checks before it keeps anything; it wraps operator.ErrWarned with what they found.
	Bind(account, by string, b operator.Binding, despite bool) (json.RawMessage, []operator.Finding, error)
	Check(account string, wish operator.Wish) ([]operator.Finding, error)
	Standings(account, providerEnv string) ([]operator.Standing, error)
	Ask(account, by string, r operator.Request) (json.RawMessage, error)
	Answer(account, id, says string) (json.RawMessage, error)
}

// ProviderKeys keeps the keys of providers' environments, sealed: none is ever given back. Errors are as those of
// Operators.
type ProviderKeys interface {
	SetKey(account, by, env, key string) error
}

// CarriesSecret tells whether the body of a call to a path holds a secret that must not be shown to anybody.
func CarriesSecret(path string) bool {
	return strings.HasPrefix(path, Prefix+"operator/provider-environments/")
}

// operatorRoutes are those to whom unattended terminals work for. A PUT has an identity of its own.
func operatorRoutes() []route {
	return []route{
		{"GET", "operator/standings", terminalsRead, "account provider_env", false, inWorld((*Handler).listStandings), nil},
		{"POST", "operator/checks", terminalsRead, "account", true, inWorld((*Handler).checkBinding), nil},
		{"POST", "operator/bindings", terminalsManage, "account", true, inWorld((*Handler).bindTerminal), nil},
		{"POST", "operator/requests", terminalsManage, "account", true, inWorld((*Handler).askProvider), nil},
		{"POST", "operator/requests/{thing}/answer", terminalsManage, "account", true, inWorld((*Handler).noteAnswer), nil},
		{"PUT", "operator/provider-environments/{thing}/key", terminalsManage, "account", false, inWorld((*Handler).setProviderKey), nil},
		{"GET", "operator/{kind}", terminalsRead, "account", false, inWorld((*Handler).listThings), nil},
		{"GET", "operator/{kind}/{thing}", terminalsRead, "account", false, inWorld((*Handler).showThing), nil},
		{"PUT", "operator/{kind}/{thing}", terminalsManage, "account", false, inWorld((*Handler).putThing), nil},
		{"DELETE", "operator/{kind}/{thing}", terminalsManage, "account", false, inWorld((*Handler).deleteThing), nil},
	}
}

// whoseWorld is the account that a call is about: the key's own, or the one that the query names. What an account has
// here is not any one group's, so that a key of a group sees nothing of it.
func (h *Handler) whoseWorld(c *call) (string, *problem) {
	given := c.query.Get("account")
	switch {
	case given == "" && c.caller.operator():
		return "", badInput(mistake{Parameter: "account", Detail: "must be given: this key sees every account"})
	case given == "":
		given = c.caller.Account
	}
	a, refused := h.accountIn(c, given)
	return a.ID, refused
}

// inWorld serves a call about an account's world, once it is known whose.
func inWorld(serve func(h *Handler, w http.ResponseWriter, c *call, account string) *problem) serve {
	return func(h *Handler, w http.ResponseWriter, c *call) *problem {
		account, refused := h.whoseWorld(c)
		if refused != nil {
			return refused
		}
		return serve(h, w, c, account)
	}
}

// thing answers with one thing, or with why there is none.
func (h *Handler) thing(w http.ResponseWriter, status int, state json.RawMessage, err error) *problem {
	if err != nil {
		return operatorProblem(err, nil)
	}
	return answer(w, status, h.publicThing(state))
}

func operatorProblem(err error, found []operator.Finding) *problem {
	switch {
	case errors.Is(err, operator.ErrUnknown):
		return noSuch("thing of this kind")
	case errors.Is(err, operator.ErrInvalid):
		field, rule, _ := strings.Cut(strings.TrimPrefix(err.Error(), operator.ErrInvalid.Error()+": "), ": ")
		if field == "body" {
			return badInput(mistake{Detail: "the body " + rule})
		}
		return badInput(mistake{Pointer: "/" + field, Detail: rule})
	case errors.Is(err, operator.ErrWarned):
		p := fault("binding_warned", "a payment would not get through at this charger; nothing was bound")
		p.Findings = found
		return p
	}
	return unreadable("it may not have been stored; read it back")
}

func (h *Handler) listThings(w http.ResponseWriter, c *call, account string) *problem {
	list, err := h.Operators.List(account, c.path["kind"])
	if err != nil {
		return operatorProblem(err, nil)
	}
	for i := range list {
		list[i] = h.publicThing(list[i])
	}
	return answer(w, http.StatusOK, map[string]any{"data": list})
}

// publicThing shows a thing with the id of its account as this API has it.
func (h *Handler) publicThing(state json.RawMessage) json.RawMessage {
	var all map[string]json.RawMessage
	var account string
	if json.Unmarshal(state, &all) != nil || json.Unmarshal(all["account"], &account) != nil {
		return state
	}
	all["account"], _ = json.Marshal(h.shown(accountID, account))
	public, err := json.Marshal(all)
	if err != nil {
		return state
	}
	return public
}

func (h *Handler) showThing(w http.ResponseWriter, c *call, account string) *problem {
	state, err := h.Operators.Get(account, c.path["kind"], c.path["thing"])
	return h.thing(w, http.StatusOK, state, err)
}

func (h *Handler) putThing(w http.ResponseWriter, c *call, account string) *problem {
	body, err := io.ReadAll(http.MaxBytesReader(w, c.Body, maxBody))
	if err != nil {
		return badInput(mistake{Detail: "the body could not be read to its end"})
	}
	status := http.StatusOK
	if _, err := h.Operators.Get(account, c.path["kind"], c.path["thing"]); errors.Is(err, operator.ErrUnknown) {
		status = http.StatusCreated
	}
	state, err := h.Operators.Put(account, c.path["kind"], c.path["thing"], body)
	return h.thing(w, status, state, err)
}

func (h *Handler) deleteThing(w http.ResponseWriter, c *call, account string) *problem {
	if err := h.Operators.Delete(account, c.path["kind"], c.path["thing"]); err != nil {
		return operatorProblem(err, nil)
	}
	return done(w)
}

// newBinding is a terminal at a charger, as somebody typed it in.
type newBinding struct {
	Station  string `json:"station"`
	EVSE     string `json:"evse"`
	Serial   string `json:"serial"`
	Provider string `json:"provider"`
	Despite  bool   `json:"despite"` // bind although the checks found something
}

func (h *Handler) checkBinding(w http.ResponseWriter, c *call, account string) *problem {
	var b newBinding
	if refused := c.body(w, &b); refused != nil {
		return refused
	}
	found, err := h.Placing.Check(account, operator.Wish{Station: b.Station, Serial: b.Serial, Provider: b.Provider})
	if err != nil {
		return operatorProblem(err, nil)
	}
	return answer(w, http.StatusOK, map[string]any{"ready": operator.Ready(found), "findings": found})
}

func (h *Handler) bindTerminal(w http.ResponseWriter, c *call, account string) *problem {
	var b newBinding
	if refused := c.body(w, &b); refused != nil {
		return refused
	}
	n := operator.Binding{Station: b.Station, EVSE: b.EVSE, EnteredSerial: b.Serial, Provider: b.Provider}
	state, found, err := h.Placing.Bind(account, c.caller.Key, n, b.Despite)
	if err != nil {
		return operatorProblem(err, found)
	}
	return answer(w, http.StatusCreated, h.publicThing(state))
}

func (h *Handler) listStandings(w http.ResponseWriter, c *call, account string) *problem {
	list, err := h.Placing.Standings(account, c.query.Get("provider_env"))
	if err != nil {
		return badInput(mistake{Parameter: "provider_env", Detail: "there is no such one"})
	}
	for i := range list {
		list[i].Account = h.shown(accountID, list[i].Account)
	}
	return answer(w, http.StatusOK, map[string]any{"data": list})
}

func (h *Handler) askProvider(w http.ResponseWriter, c *call, account string) *problem {
	var body struct {
		ProviderEnv string        `json:"provider_env"`
		CPO         string        `json:"cpo"`
		Contract    string        `json:"contract"`
		Serials     []string      `json:"serials"`
		Asks        operator.Asks `json:"asks"`
		Note        string        `json:"note"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	state, err := h.Placing.Ask(account, c.caller.Key, operator.Request{
		ProviderEnv: body.ProviderEnv, CPO: body.CPO, Contract: body.Contract, Serials: body.Serials, Asks: body.Asks, Note: body.Note,
	})
	return h.thing(w, http.StatusCreated, state, err)
}

func (h *Handler) noteAnswer(w http.ResponseWriter, c *call, account string) *problem {
	var body struct {
		Answer string `json:"answer"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	state, err := h.Placing.Answer(account, c.path["thing"], body.Answer)
	return h.thing(w, http.StatusOK, state, err)
}

func (h *Handler) setProviderKey(w http.ResponseWriter, c *call, account string) *problem {
	var body struct {
		Key string `json:"key"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if err := h.ProviderKeys.SetKey(account, c.caller.Key, c.path["thing"], body.Key); err != nil {
		return operatorProblem(err, nil)
	}
	return done(w)
}
