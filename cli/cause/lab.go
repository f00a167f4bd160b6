package cause

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Lab is a running installation in which things may break.
type Lab struct {
	URL, Token string // of its operator
	Client     *http.Client
	// Name makes names that nothing else here has.
	Name func() string
	// Every is the pause between two looks at whether something has happened.
	Every time.Duration
}

// Shop is a place for one recipe: it shares nothing with other shops.
type Shop struct {
	*Lab
	Account, Group, TID, POIID string // bare ids
	Key                        string // of the group; MultiSafepay's api_key
	KeyID                      string
	AccountKey                 string
	Merchant                   string // Adyen's merchant account
	Hook                       string // where its webhooks go
	Connection                 string // with its charge point operator
}

// Open makes a shop. Its terminal, of a model (P2 when empty), is online and activated.
func (l *Lab) Open(ctx context.Context, model string) (*Shop, error) {
	s, err := l.Found(ctx)
	if err != nil {
		return nil, err
	}
	if model == "" {
		model = "P2"
	}
	return s, s.AddTerminal(ctx, model)
}

// Found makes a shop without a terminal.
func (l *Lab) Found(ctx context.Context) (*Shop, error) {
	name := l.Name()
	s := &Shop{Lab: l, Merchant: "Shop" + name, Hook: l.URL + "/sim/inbox/" + name}
	var made struct{ ID, Key string }
	if err := s.Native(ctx, "POST", "accounts", object{"name": "Shop " + name, "merchant": s.Merchant}, &made); err != nil {
		return nil, err
	}
	s.Account = bare(made.ID)
	group := object{
		"account": made.ID, "name": "Bar " + name, "webhookURL": s.Hook,
		"merchant": object{"name": "Bar " + name, "address": "Kade 1", "city": "Amsterdam", "country": "NL", "mid": mid(name), "mcc": "5813"},
	}
	if err := s.Native(ctx, "POST", "groups", group, &made); err != nil {
		return nil, err
	}
	s.Group = bare(made.ID)
	if err := s.Native(ctx, "POST", "keys", object{"account": s.Account, "group": s.Group, "role": "admin", "name": "till"}, &made); err != nil {
		return nil, err
	}
	s.Key, s.KeyID = made.Key, made.ID
	if err := s.Native(ctx, "POST", "keys", object{"account": s.Account, "role": "admin", "name": "office"}, &made); err != nil {
		return nil, err
	}
	s.AccountKey = made.Key
	return s, nil
}

// AddTerminal boards a terminal, switches a virtual one on as it, and waits until it is online.
func (s *Shop) AddTerminal(ctx context.Context, model string) error {
	code, err := s.Board(ctx, model)
	if err != nil {
		return err
	}
	if err := s.SwitchOn(ctx, code); err != nil {
		return err
	}
	return s.Online(ctx)
}

// Board makes a place for a terminal and gives its activation code.
func (s *Shop) Board(ctx context.Context, model string) (code string, err error) {
	var made struct{ ID, Code string }
	s.POIID = model + "-" + s.Name()
	if err := s.Native(ctx, "POST", "terminals", object{"group": s.Group, "name": "Till 1", "poiid": s.POIID}, &made); err != nil {
		return "", err
	}
	s.TID = bare(made.ID)
	return made.Code, nil
}

// SwitchOn starts the virtual terminal; with a code it activates itself.
func (s *Shop) SwitchOn(ctx context.Context, code string) error {
	return s.Sim(ctx, "POST", "terminals/", object{"poiid": s.POIID, "code": code}, nil)
}

// Online waits until the terminal may take payments.
func (s *Shop) Online(ctx context.Context) error { return s.Reach(ctx, "online") }

// Reach waits until the cloud sees the terminal in a state (online, stale, offline).
func (s *Shop) Reach(ctx context.Context, state string) error {
	return s.Await(ctx, "the terminal is "+state, func() (bool, error) {
		var t struct{ Reach struct{ State string } }
		err := s.Native(ctx, "GET", "terminals/"+s.TID, nil, &t)
		return t.Reach.State == state, err
	})
}

type object = map[string]any

// bare takes the prefix off an id.
func bare(id string) string {
	if i := strings.LastIndexByte(id, '_'); i >= 0 {
		return id[i+1:]
	}
	return id
}

// mid makes a merchant id (DE42, 15 characters) of a name.
func mid(name string) string {
	const width = 15
	id := "K" + strings.Repeat("0", width) + strings.ToUpper(name)
	return "K" + id[len(id)-width+1:]
}

// Refusal is an answer that is no success.
type Refusal struct {
	What   string
	Status int
	Body   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: status %d: %s", r.What, r.Status, r.Body) }

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 20

// Call sends a request and reads the answer into to, when it is not nil; one that is not 2xx is a *Refusal.
func (l *Lab) Call(ctx context.Context, method, path string, header http.Header, body, to any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, l.URL+path, in)
	if err != nil {
		return err
	}
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := l.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case answer.StatusCode/100 != 2:
		return &Refusal{method + " " + path, answer.StatusCode, string(text)}
	case to == nil:
		return nil
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s %s: %w in %.200q", method, path, err, text)
	}
	return nil
}

// Native calls Kassa's own API as the operator.
func (l *Lab) Native(ctx context.Context, method, path string, body, to any) error {
	return l.Call(ctx, method, "/api/v1/"+path, bearer(l.Token), body, to)
}

// As calls Kassa's own API with a key.
func (l *Lab) As(ctx context.Context, key, method, path string, body, to any) error {
	return l.Call(ctx, method, "/api/v1/"+path, bearer(key), body, to)
}

// Sim calls the simulated parties.
func (l *Lab) Sim(ctx context.Context, method, path string, body, to any) error {
	return l.Call(ctx, method, "/sim/"+path, bearer(l.Token), body, to)
}

func bearer(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }

// POS calls MultiSafepay's API with a key.
func (l *Lab) POS(ctx context.Context, key, method, path string, body, to any) error {
	return l.Call(ctx, method, "/v1/json/"+path, http.Header{"Api_key": {key}}, body, to)
}

// Order asks for a payment on the shop's terminal, as a cloud POS does, and gives the order_id and the
// instalation's own id. More fields may be given.
func (s *Shop) Order(ctx context.Context, minor int64, more object) (ref string, err error) {
	ref = "till-" + s.Name()
	return ref, s.POS(ctx, s.Key, "POST", "orders", s.order(ref, minor, more), nil)
}

func (s *Shop) order(ref string, minor int64, more object) object {
	body := object{
		"type": "redirect", "order_id": ref, "currency": "EUR", "amount": minor, "description": "order " + ref,
		"gateway_info": object{"terminal_id": s.TID},
	}
	for name, value := range more {
		body[name] = value
	}
	return body
}

// Status gives the status of an order of MultiSafepay's.
func (s *Shop) Status(ctx context.Context, ref string) (string, error) {
	var o struct{ Data struct{ Status string } }
	err := s.POS(ctx, s.Key, "GET", "orders/"+url.PathEscape(ref), nil, &o)
	return o.Data.Status, err
}

// Ends waits until an order has a status.
func (s *Shop) Ends(ctx context.Context, ref, status string) error {
	return s.Await(ctx, "order "+ref+" is "+status, func() (bool, error) {
		now, err := s.Status(ctx, ref)
		return now == status, err
	})
}

// Shown waits until the terminal shows a screen.
func (s *Shop) Shown(ctx context.Context, screen string) error {
	return s.Await(ctx, "the terminal shows "+screen, func() (bool, error) {
		var state struct{ Screen struct{ Name string } }
		err := s.Sim(ctx, "GET", "terminals/"+s.POIID+"/state", nil, &state)
		return state.Screen.Name == screen, err
	})
}

// Present holds a card to the terminal ("visa:051"), in a way ("tap", "insert", "swipe"; empty for tap), and gives
// what the terminal says in the end.
func (s *Shop) Present(ctx context.Context, card, how string) (result string, err error) {
	text, err := json.Marshal(object{"present": how, "card": card})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/sim/terminals/"+s.POIID+"/card", bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	r.Header = bearer(s.Token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.Client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode != http.StatusOK {
		lines.Scan()
		return "", &Refusal{"present " + card, answer.StatusCode, lines.Text()}
	}
	for lines.Scan() {
		var line struct{ Result string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return "", err
		}
		result = line.Result
	}
	return result, lines.Err()
}

// Pay makes an order of an amount, and presents a card once its terminal asks for it. It gives up an order that
// was declined, as a customer does who has no other card.
func (s *Shop) Pay(ctx context.Context, minor int64, card string) (ref string, err error) {
	if ref, err = s.Order(ctx, minor, nil); err != nil {
		return ref, err
	}
	if _, err = s.Present(ctx, card, ""); err != nil {
		return ref, err
	}
	if err = s.dealtWith(ctx, ref); err != nil {
		return ref, err
	}
	return ref, s.giveUp(ctx, ref)
}

// dealtWith waits until it is known what became of a card: what the terminal made of it is on its way when the card is
// taken away. An order that waits for another card is left as it is after a while.
func (s *Shop) dealtWith(ctx context.Context, ref string) error {
	const atMost = 10 * time.Second
	wait, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	err := s.Await(wait, "the card is dealt with", func() (bool, error) {
		status, err := s.Status(ctx, ref)
		return status != "initialized", err
	})
	if wait.Err() != nil && ctx.Err() == nil {
		return nil
	}
	return err
}

// Fault breaks the shop's terminal; kassa sim faults has the names.
func (s *Shop) Fault(ctx context.Context, name string) error {
	return s.Sim(ctx, "POST", "terminals/"+s.POIID+"/fault", object{"name": name}, nil)
}

// Mend ends the faults of the shop's terminal.
func (s *Shop) Mend(ctx context.Context) error {
	return s.Sim(ctx, "DELETE", "terminals/"+s.POIID+"/fault", nil, nil)
}

// MendOne ends one fault of the shop's terminal.
func (s *Shop) MendOne(ctx context.Context, name string) error {
	return s.Sim(ctx, "DELETE", "terminals/"+s.POIID+"/fault?name="+name, nil, nil)
}

// Leave takes the shop's terminal away: it would go on being broken, and keep the others busy.
func (s *Shop) Leave(ctx context.Context) {
	if s != nil && s.POIID != "" {
		_ = s.Sim(ctx, "DELETE", "terminals/"+s.POIID, nil, nil) // where there is none, there is nothing to take away
	}
}

// Await looks again and again until something is so, or ctx ends.
func (l *Lab) Await(ctx context.Context, what string, so func() (bool, error)) error {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		if ok, err := so(); err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
}
