package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/operator"
)

const (
	maxTerminals = 1_000 // of one environment
	maxSharing   = 50    // accounts that see one
	maxSerial    = 36
)

// SetKey keeps the key of a provider environment, and has it used at once. The key is given back by nobody. It errs
// with operator.ErrUnknown and operator.ErrInvalid.
func (r *Reader) SetKey(account, by, env, key string) error {
	e, ok := r.cfg.Registry.World(account).ProviderEnv(env)
	if !ok {
		return fmt.Errorf("%w: provider-environments", operator.ErrUnknown)
	}
	if err := r.cfg.Keys.put(e, key, by); err != nil {
		return err
	}
	_, of, err := r.cfg.Keys.key(e)
	if err != nil {
		return err
	}
	err = r.noteEnv(account, e, func(now *operator.ProviderEnvironment) { now.KeyOf, now.Answered = of, 0 })
	r.Wake()
	return err
}

// noteEnv changes what is known of an environment, unless its address was changed meanwhile.
func (r *Reader) noteEnv(account string, e operator.ProviderEnvironment, change func(*operator.ProviderEnvironment)) error {
	return r.cfg.Registry.Note(account, "provider-environments", e.ID, func(w *operator.World) any {
		now, ok := w.ProviderEnv(e.ID)
		if !ok || now.APIBase != e.APIBase {
			return nil
		}
		change(&now)
		return now
	})
}

// told is a terminal as its provider's environment tells of it.
type told struct {
	Serial     string              `json:"serial"`
	Model      string              `json:"model"`
	Family     string              `json:"family"`
	Activation operator.Activation `json:"activation"`
	Owner      string              `json:"owner"`
	VisibleTo  []string            `json:"visible_to"`
	ManagedBy  []string            `json:"managed_by"`
	Online     *bool               `json:"online"`
	State      string              `json:"state"`
	MerchantID string              `json:"merchant_id"`
	LastSeen   time.Time           `json:"last_seen"`
}

// terminals reads the terminals of one provider environment. Whatever goes wrong is silence, which keeps what was known;
// a definite no to the key is noted too, and 200 takes it back.
func (r *Reader) terminals(ctx context.Context, account string, e operator.ProviderEnvironment) error {
	key, of, err := r.cfg.Keys.key(e)
	if errors.Is(err, errNoKey) {
		return nil
	}
	if err != nil {
		return err
	}
	status, body, err := r.fetch(ctx, strings.TrimRight(e.APIBase, "/")+"/terminals", `CPS apikey="`+key+`"`)
	if ended(ctx) {
		return ctx.Err()
	}
	if err == nil {
		var list []told
		if list, err = readTerminals(body); err == nil {
			err = r.noteTerminals(account, e, list)
		}
	}
	return errors.Join(err, r.noteEnv(account, e, func(now *operator.ProviderEnvironment) {
		now.KeyOf = of
		if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusOK {
			now.Answered = status
		}
		switch {
		case err == nil:
			now.SilentSince = time.Time{}
		case now.SilentSince.IsZero():
			now.SilentSince = r.cfg.Now().UTC()
		}
	}))
}

func readTerminals(body []byte) (list []told, err error) {
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		return nil, errors.New("feed: the terminals are not a list that can be read")
	}
	if len(list) > maxTerminals {
		return nil, fmt.Errorf("feed: there are more than %d terminals", maxTerminals)
	}
	for _, t := range list {
		if line(t.Serial) == "" || len(t.Serial) > maxSerial {
			return nil, fmt.Errorf("feed: the serial of a terminal must have 1 to %d characters", maxSerial)
		}
	}
	return list, nil
}

func fold(serial string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(serial))
}

// noteTerminals keeps what the environment tells, by serial. One that is not in the list any more is shared with us no
// longer, and nothing is known of it.
func (r *Reader) noteTerminals(account string, e operator.ProviderEnvironment, list []told) error {
	known := map[string]string{} // ids by serial
	for _, t := range r.cfg.Registry.World(account).Terminals {
		if t.ProviderEnv == e.ID {
			known[fold(t.Serial)] = t.ID
		}
	}
	if len(known) > 2*maxTerminals {
		return fmt.Errorf("feed: environment %s has had %d terminals; delete old ones", e.ID, len(known))
	}
	listed := map[string]bool{}
	for _, t := range list {
		serial := fold(t.Serial)
		id, ok := known[serial]
		if !ok {
			id = idOf(e.ID, serial)
		}
		listed[serial] = true
		if err := r.noteTerminal(account, id, func(now *operator.Terminal) { t.tell(now, e, r.cfg.Now().UTC()) }); err != nil {
			return err
		}
	}
	for serial, id := range known {
		if listed[serial] {
			continue
		}
		if err := r.noteTerminal(account, id, func(now *operator.Terminal) {
			if now.ID != "" { // it was not deleted meanwhile
				leave(now, e)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) noteTerminal(account, id string, change func(*operator.Terminal)) error {
	return r.cfg.Registry.Note(account, "terminals", id, func(w *operator.World) any {
		var now operator.Terminal
		if i := slices.IndexFunc(w.Terminals, func(t operator.Terminal) bool { return t.ID == id }); i >= 0 {
			now = w.Terminals[i]
		}
		if change(&now); now.ProviderEnv == "" {
			return nil
		}
		return now
	})
}

// tell puts what was told in the place of what was known. That an online terminal was seen again is no news, or each
// minute would be written down.
func (t told) tell(now *operator.Terminal, e operator.ProviderEnvironment, at time.Time) {
	wasOnline := now.Online != nil && *now.Online
	now.ProviderEnv = e.ID
	if now.Serial == "" {
		now.Serial = line(t.Serial)
	}
	now.Model, now.Family, now.MerchantID, now.Owner = line(t.Model), line(t.Family), line(t.MerchantID), line(t.Owner)
	now.VisibleTo, now.ManagedBy, now.Online = lines(t.VisibleTo), lines(t.ManagedBy), t.Online
	activation := t.Activation
	if !slices.Contains([]operator.Activation{operator.Shipped, operator.Registered, operator.Activated, operator.Deactivated}, activation) {
		activation = operator.ActivationUnknown
	}
	if activation != now.Activation {
		now.Activation, now.ActivationAt = activation, at
	}
	if state := line(t.State); state != now.State {
		now.State, now.StateAt = state, at
	}
	if online := t.Online != nil && *t.Online; !t.LastSeen.IsZero() && !(online && wasOnline) {
		now.LastSeen = t.LastSeen.UTC()
	}
}

// leave is what is left of a terminal that the environment shows no more.
func leave(now *operator.Terminal, e operator.ProviderEnvironment) {
	without := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(a string) bool { return a == e.As })
	}
	now.VisibleTo, now.ManagedBy = without(now.VisibleTo), without(now.ManagedBy)
	now.Activation, now.ActivationAt, now.Online, now.State, now.StateAt = operator.ActivationUnknown, time.Time{}, nil, "", time.Time{}
}

func lines(list []string) (clean []string) {
	for _, s := range list[:min(len(list), maxSharing)] {
		clean = append(clean, line(s))
	}
	return clean
}
