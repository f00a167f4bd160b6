package native

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"kassa/estate"
)

// Webhooks is how webhooks are sent.
type Webhooks interface {
	// CheckURL tells why a URL cannot be a webhook's in this environment.
	CheckURL(url string) error
	// Test sends an endpoint an event that says it is a test, once and now; the error tells that it could
	// not be made.
	Test(ctx context.Context, e estate.Endpoint) (Tested, error)
}

// Tested is a test event and what came of it.
type Tested struct {
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
	Try
}

// Endpoint is a URL that wants this API's events.
type Endpoint struct {
	ID          string    `json:"id"`
	Account     string    `json:"account,omitempty"` // none for the whole installation
	Group       string    `json:"group,omitempty"`
	URL         string    `json:"url"`
	Active      bool      `json:"active"`
	Events      []string  `json:"events"` // the types that it wants; none for all
	Description string    `json:"description,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	// Secrets are the check values of those that sign now, the newest first.
	Secrets []SecretShown `json:"secrets"`
	// Secret is the secret itself, where it is made: here and never again.
	Secret string `json:"secret,omitempty"`
}

// SecretShown is a secret as it may be shown.
type SecretShown struct {
	Check string    `json:"check"`
	Made  time.Time `json:"made"`
	Until time.Time `json:"until,omitzero"`
}

func (h *Handler) endpoint(e estate.Endpoint) Endpoint {
	shown := Endpoint{
		ID: e.ID, Account: h.shown(accountID, e.Account), Group: h.shown(groupID, e.Group), URL: e.URL, Active: e.Active,
		Events: e.Events, Description: e.Description, CreatedAt: e.CreatedAt, Secrets: []SecretShown{},
	}
	if shown.Events == nil {
		shown.Events = []string{}
	}
	for _, s := range e.Secrets {
		if s.Until.IsZero() || h.Now().Before(s.Until) {
			shown.Secrets = append(shown.Secrets, SecretShown{s.Check, s.Made, s.Until})
		}
	}
	return shown
}

func idOfEndpoint(e estate.Endpoint) string { return e.ID }

// seesEndpoint: those of this API only; Adyen's are managed where its own API is.
func seesEndpoint(who Caller, e estate.Endpoint) bool {
	return e.Dialect == estate.DialectNative && (who.operator() || e.Account != "" && who.sees(e.Account, e.Group))
}

func (h *Handler) listEndpoints(w http.ResponseWriter, c *call) *problem {
	list := slices.DeleteFunc(h.Registry.AllEndpoints(), func(e estate.Endpoint) bool { return !seesEndpoint(c.caller, e) })
	return listOf(w, c, byID(list, idOfEndpoint), idOfEndpoint, func(e estate.Endpoint) any { return h.endpoint(e) })
}

func (h *Handler) endpointIn(c *call) (estate.Endpoint, *problem) {
	if _, refused := h.bare("wh", c.path["webhook"]); refused != nil {
		return estate.Endpoint{}, refused
	}
	e, ok := h.Registry.Endpoint(c.path["webhook"])
	if !ok || !seesEndpoint(c.caller, e) {
		return estate.Endpoint{}, noSuch("webhook")
	}
	return e, nil
}

func (h *Handler) showEndpoint(w http.ResponseWriter, c *call) *problem {
	e, refused := h.endpointIn(c)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.endpoint(e))
}

// endpointChange is the body that makes or changes an endpoint; what is absent stays.
type endpointChange struct {
	Account     *string   `json:"account"` // when it is made
	Group       *string   `json:"group"`   // when it is made
	URL         *string   `json:"url"`
	Active      *bool     `json:"active"`
	Events      *[]string `json:"events"`
	Description *string   `json:"description"`
}

func (b endpointChange) on(e *estate.Endpoint) {
	set(&e.URL, b.URL)
	set(&e.Active, b.Active)
	set(&e.Events, b.Events)
	set(&e.Description, b.Description)
}

func (h *Handler) checkEndpointURL(url *string) *problem {
	if url == nil {
		return nil
	}
	if err := h.Webhooks.CheckURL(*url); err != nil {
		return badInput(mistake{Pointer: "/url", Detail: err.Error()})
	}
	return nil
}

// makeEndpoint adds an endpoint and its first secret, which is shown here and never again.
func (h *Handler) makeEndpoint(w http.ResponseWriter, c *call) *problem {
	var body endpointChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	e := estate.Endpoint{Dialect: estate.DialectNative, Type: estate.EndpointEvents, Active: true}
	account, group := "", ""
	set(&account, body.Account)
	set(&group, body.Group)
	if account != "" || group != "" || !c.caller.operator() {
		var refused *problem
		if e.Account, e.Group, refused = h.placeOfKey(c, account, group); refused != nil {
			return refused
		}
	}
	if body.URL == nil {
		return badInput(mistake{Pointer: "/url", Detail: "must be the address that events are sent to"})
	}
	if refused := h.checkEndpointURL(body.URL); refused != nil {
		return refused
	}
	body.on(&e)
	e, err := h.Registry.MakeEndpoint(h.Now(), e, c.actor())
	if err != nil {
		return estateProblem(err, "webhook")
	}
	e, secret, err := h.Registry.NewSecret(h.Now(), e.ID, 0, c.actor())
	if err != nil {
		return unreadable("the webhook is made, but not its secret; ask for one with POST …/secret")
	}
	return h.secretMade(w, c, http.StatusCreated, e, secret)
}

func (h *Handler) secretMade(w http.ResponseWriter, c *call, status int, e estate.Endpoint, secret string) *problem {
	shown := h.endpoint(e)
	hidden := shown
	shown.Secret, hidden.Secret = secret, onceHidden
	h.once(c, hidden)
	return answer(w, status, shown)
}

func (h *Handler) changeEndpoint(w http.ResponseWriter, c *call) *problem {
	e, refused := h.endpointIn(c)
	if refused != nil {
		return refused
	}
	var body endpointChange
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	for pointer, given := range map[string]*string{"/account": body.Account, "/group": body.Group} {
		if given != nil {
			return badInput(mistake{Pointer: pointer, Detail: "stays: a webhook does not change whose it is"})
		}
	}
	if refused := h.checkEndpointURL(body.URL); refused != nil {
		return refused
	}
	e, err := h.Registry.ChangeEndpoint(h.Now(), e.ID, c.actor(), body.on)
	if err != nil {
		return estateProblem(err, "change")
	}
	return answer(w, http.StatusOK, h.endpoint(e))
}

func (h *Handler) deleteEndpoint(w http.ResponseWriter, c *call) *problem {
	e, refused := h.endpointIn(c)
	if refused != nil {
		return refused
	}
	if err := h.Registry.DeleteEndpoint(h.Now(), e.ID, c.actor()); err != nil {
		return estateProblem(err, "removal")
	}
	return done(w)
}

// newSecret makes the secret that signs from now on; the one before it signs beside it for the overlap.
func (h *Handler) newSecret(w http.ResponseWriter, c *call) *problem {
	e, refused := h.endpointIn(c)
	if refused != nil {
		return refused
	}
	overlap, refused := c.overlap(w)
	if refused != nil {
		return refused
	}
	e, secret, err := h.Registry.NewSecret(h.Now(), e.ID, overlap, c.actor())
	if err != nil {
		return estateProblem(err, "secret")
	}
	return h.secretMade(w, c, http.StatusCreated, e, secret)
}

// testEndpoint sends a test event at once, and tells what came of it.
func (h *Handler) testEndpoint(w http.ResponseWriter, c *call) *problem {
	e, refused := h.endpointIn(c)
	if refused != nil {
		return refused
	}
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	tested, err := h.Webhooks.Test(c.Context(), e)
	if err != nil {
		return unreadable(fmt.Sprintf("the test could not be sent: %v", err))
	}
	return answer(w, http.StatusOK, tested)
}
