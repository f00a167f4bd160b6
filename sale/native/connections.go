package native

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Connections are the OCPI connections to charge point operators.
type Connections interface {
	Connections() []Connection
	// Make gives the token A, here and never again.
	Make(n NewConnection, by string) (Connection, string, error)
	// Register makes the handshake as a client, with the peer's token A and versions URL; without
	// either it rotates the tokens of one that is registered.
	Register(ctx context.Context, id, url, token string) (Connection, error)
	// End unregisters and forgets it.
	End(ctx context.Context, id, by string) error
}

// Connection is a link to a charge point operator's platform. No token is in it.
type Connection struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Account    string    `json:"account"`
	Contracts  []string  `json:"contracts,omitempty"`
	Version    string    `json:"version,omitempty"`
	Parties    []string  `json:"parties,omitempty"` // role, country and party, as CPO NL CPO
	Registered time.Time `json:"registered,omitzero"`
	Owed       int       `json:"owed"` // messages that it has not got yet
}

// NewConnection is a connection that the operator makes, with the ways in which its peer departs from OCPI.
type NewConnection struct {
	Name      string   `json:"name"`
	Account   string   `json:"account"`
	Contracts []string `json:"contracts"`
	Role      string   `json:"role"`      // what Kassa calls itself, PTP when it is empty
	RawToken  bool     `json:"rawToken"`  // tokens are sent without base64
	Price     string   `json:"price"`     // the version whose Price is sent, when it is not the agreed one
	FACOnVoid bool     `json:"facOnVoid"` // a released hold is confirmed too
}

// Why something is not done to a connection.
var (
	ErrNoConnection    = errors.New("there is no connection with this id")
	ErrConnectionState = errors.New("the connection is not in a state for this")
)

// InvalidConnection tells what is wrong with what was said of a connection: a field, a space and the rule.
type InvalidConnection struct{ Why string }

func (e InvalidConnection) Error() string { return e.Why }

// PeerFailed tells that the peer did not do its part of a handshake.
type PeerFailed struct{ Why string }

func (e PeerFailed) Error() string { return e.Why }

func connectionRoutes() []route {
	return []route{
		{"GET", "ocpi-connections", estateOperate, "", false, (*Handler).listConnections, nil},
		{"POST", "ocpi-connections", estateOperate, "", true, (*Handler).makeConnection, nil},
		{"DELETE", "ocpi-connections/{connection}", estateOperate, "", false, (*Handler).endConnection, nil},
		{"POST", "ocpi-connections/{connection}/handshake", estateOperate, "", true, (*Handler).shakeHands, nil},
	}
}

func (h *Handler) listConnections(w http.ResponseWriter, _ *call) *problem {
	list := h.Connections.Connections()
	if list == nil {
		list = []Connection{}
	}
	for i := range list {
		list[i].Account = h.shown(accountID, list[i].Account)
	}
	return answer(w, http.StatusOK, map[string]any{"data": list})
}

func (h *Handler) makeConnection(w http.ResponseWriter, c *call) *problem {
	var n NewConnection
	if refused := c.body(w, &n); refused != nil {
		return refused
	}
	a, refused := h.accountIn(c, n.Account)
	if refused != nil {
		return inBody(refused, "/account")
	}
	n.Account = a.ID
	made, token, err := h.Connections.Make(n, c.caller.Key)
	if err != nil {
		return connectionProblem(err)
	}
	made.Account = h.shown(accountID, made.Account)
	return answer(w, http.StatusCreated, struct {
		Connection
		TokenA string `json:"tokenA"`
	}{made, token})
}

func (h *Handler) shakeHands(w http.ResponseWriter, c *call) *problem {
	var asked struct {
		URL    string `json:"url"`
		TokenA string `json:"tokenA"`
	}
	if refused := c.body(w, &asked); refused != nil {
		return refused
	}
	done, err := h.Connections.Register(c.Context(), c.path["connection"], asked.URL, asked.TokenA)
	if err != nil {
		return connectionProblem(err)
	}
	done.Account = h.shown(accountID, done.Account)
	return answer(w, http.StatusOK, done)
}

func (h *Handler) endConnection(w http.ResponseWriter, c *call) *problem {
	if err := h.Connections.End(c.Context(), c.path["connection"], c.caller.Key); err != nil {
		return connectionProblem(err)
	}
	return done(w)
}

func connectionProblem(err error) *problem {
	if no, ok := errors.AsType[InvalidConnection](err); ok {
		field, why, _ := strings.Cut(no.Why, " ")
		return badInput(mistake{Pointer: "/" + field, Detail: why})
	}
	if no, ok := errors.AsType[PeerFailed](err); ok {
		return fault("wrong_state", no.Why)
	}
	switch {
	case errors.Is(err, ErrNoConnection):
		return noSuch("connection")
	case errors.Is(err, ErrConnectionState):
		return fault("wrong_state", err.Error())
	}
	return unreadable("the connection may not have been stored; read it back")
}
