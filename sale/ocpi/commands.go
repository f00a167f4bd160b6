package ocpi

import (
	"cmp"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"kassa/ocpi"
	"kassa/sale/ocpi/call"
	"kassa/sale/ocpi/peers"
)

// errMissing tells that the object of a change is not there.
var errMissing = errors.New("ocpi: it is not there")

// grace is how long after its time-out the result of a command is still taken.
const grace = 10 * time.Minute

// sent is a command that was sent: the last part of its response_url is its secret, good for one word
// of the peer that it was sent to.
type sent struct {
	Command string    `json:"command"`
	Until   time.Time `json:"until"`
	Used    bool      `json:"used,omitempty"`
	Result  string    `json:"result,omitempty"`
}

// NewCommandID draws the secret of a command: 26 symbols of base 32 from 130 bits.
func (h *Handler) NewCommandID() (string, error) {
	var raw [17]byte
	if _, err := io.ReadFull(h.Random, raw[:]); err != nil {
		return "", fmt.Errorf("ocpi: randomness: %w", err)
	}
	return base32.StdEncoding.EncodeToString(raw[:])[:26], nil
}

// Start sends START_SESSION under a secret id. A *call.Refused is a definite no, also when the peer's
// answer is anything but ACCEPTED; any other error leaves the outcome unknown.
func (h *Handler) Start(ctx context.Context, peer, commandID string, s ocpi.StartSession) (ocpi.CommandResponse, error) {
	return h.command(ctx, peer, ocpi.CommandStart, commandID, func(responseURL string) any {
		s.ResponseURL = responseURL
		s.Token.CountryCode, s.Token.PartyID = h.Country, h.PartyID
		s.Token.Type, s.Token.Valid, s.Token.Whitelist = ocpi.TokenAdHoc, true, ocpi.WhitelistNever
		s.Token.Issuer = cmp.Or(s.Token.Issuer, h.Name)
		s.Token.ContractID = cmp.Or(s.Token.ContractID, h.Country+"-"+h.PartyID+"-ADHOC")
		if s.Token.LastUpdated.IsZero() {
			s.Token.LastUpdated = ocpi.At(h.Now())
		}
		return s
	})
}

// Stop sends STOP_SESSION. Errors are as those of Start.
func (h *Handler) Stop(ctx context.Context, peer, commandID, sessionID string) (ocpi.CommandResponse, error) {
	return h.command(ctx, peer, ocpi.CommandStop, commandID, func(responseURL string) any {
		return ocpi.StopSession{ResponseURL: responseURL, SessionID: sessionID}
	})
}

func (h *Handler) command(ctx context.Context, peer, name, id string, body func(responseURL string) any) (ocpi.CommandResponse, error) {
	p, ok := h.peers.Peer(peer)
	if !ok || !p.Registered() {
		return ocpi.CommandResponse{}, &call.Refused{Message: "the connection is not registered"}
	}
	message := body(h.module(p.Version, ocpi.ModuleCommands) + "/" + name + "/" + id)
	if c, checks := message.(interface{ Check() error }); checks {
		if err := c.Check(); err != nil {
			return ocpi.CommandResponse{}, &call.Refused{Status: ocpi.StatusInvalid, Message: err.Error()}
		}
	}
	if err := h.expect(p, name, id, ocpi.DefaultCommandTimeout); err != nil {
		return ocpi.CommandResponse{}, err
	}
	data, err := h.call(ctx, p, http.MethodPost, ocpi.ModuleCommands, ocpi.Receiver, name, message)
	if err != nil {
		return ocpi.CommandResponse{}, err
	}
	answer, err := readInto[ocpi.CommandResponse](data)
	if err != nil {
		return answer, fmt.Errorf("ocpi: the answer to %s: %w", name, err)
	}
	switch answer.Result {
	case ocpi.ResultAccepted:
	case ocpi.ResultRejected, ocpi.ResultNotSupported, ocpi.ResultUnknownSession:
		return answer, &call.Refused{HTTP: http.StatusOK, Status: ocpi.StatusOK, Message: answer.Result}
	default: // a word that is not known says neither yes nor no
		return answer, fmt.Errorf("ocpi: the answer to %s is %q", name, answer.Result)
	}
	answer.Timeout = answer.Wait()
	if answer.Timeout > ocpi.DefaultCommandTimeout {
		err = h.expect(p, name, id, answer.Timeout)
	}
	return answer, err
}

// expect makes durable, before a command is sent and when it is given longer, that its result may come.
func (h *Handler) expect(p peers.Peer, name, id string, seconds int) error {
	h.turns.Lock()
	defer h.turns.Unlock()
	k, err := load[sent](h, streamOf(kindCommand, p.ID, id))
	if err != nil {
		return err
	}
	if k.Object.Used {
		return nil
	}
	k.Object = sent{Command: name, Until: h.Now().Add(time.Duration(seconds)*time.Second + grace)}
	fact := ""
	if k.version == 0 {
		fact = "OCPICommandSent"
	}
	return keep(h, p, k, fact, note{Object: name})
}

// commandResult takes the later word on a command. Another peer, a second word and a late one find
// nothing there.
func (h *Handler) commandResult(q *request) reply {
	name, id := q.args[0], q.args[1]
	result, err := readInto[ocpi.CommandResult](q.body)
	if err != nil {
		return invalid(err)
	}
	stream := streamOf(kindCommand, q.peer.ID, id)
	defer h.turn(stream)()
	k, err := load[sent](h, stream)
	switch {
	case err != nil:
		return failed(err)
	case !k.there() || k.Object.Command != name || k.Object.Used || h.Now().After(k.Object.Until):
		return notFound("the command")
	}
	if err := h.Charging.CommandResulted(q.Context(), q.peer.ID, id, result); err != nil {
		var no *ocpi.Refusal
		if errors.As(err, &no) {
			return refused(no)
		}
		return failed(err)
	}
	k.Object.Used, k.Object.Result = true, result.Result
	if err := keep(h, q.peer, k, "OCPICommandResulted", note{Object: name, Text: result.Result}); err != nil {
		return failed(err)
	}
	return reply{}
}

// listTokens is empty: a token lives as long as its transaction, and is not pushed.
func (h *Handler) listTokens(q *request) reply {
	return paged(h, q, nil, func(t ocpi.Token) ocpi.DateTime { return t.LastUpdated })
}

// authoriseToken allows a token of a transaction that is not over, and knows no other.
func (h *Handler) authoriseToken(q *request) reply {
	uid := q.args[0]
	reference, ok := h.Charging.Live(q.Context(), q.peer.ID, uid)
	if !ok {
		return refused(ocpi.Refuse(ocpi.StatusUnknownToken, "the token is not known"))
	}
	return reply{data: ocpi.TokenAnswer{
		Allowed: "ALLOWED", AuthorisationReference: reference,
		Token: ocpi.Token{
			CountryCode: h.Country, PartyID: h.PartyID, UID: uid, Type: ocpi.TokenAdHoc, ContractID: h.Country + "-" + h.PartyID + "-ADHOC",
			Issuer: h.Name, Valid: true, Whitelist: ocpi.WhitelistNever, LastUpdated: ocpi.At(h.Now()),
		},
	}}
}
