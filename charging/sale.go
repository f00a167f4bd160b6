package charging

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
)

// Sale is one thing that a terminal sells: an EVSE's connector at a price.
type Sale struct {
	New      // what the session will be, without what is random
	Label    string
	Status   string // of the EVSE, as it was last heard of
	HelpLine string // phone number of the location
}

// Sellable tells whether a session may begin: a charger that is offline or occupied takes no money.
func (s Sale) Sellable() bool { return s.Status == "AVAILABLE" || s.Status == "BLOCKED" }

// Offer is what a terminal sells.
func (k *Keeper) Offer(ctx context.Context, poiid string) ([]Sale, error) {
	return k.POI.Sells(ctx, poiid)
}

// Choose opens a session for what a driver chose at a terminal. The error is *Refused when it is not sold. Where ref
// is not empty it becomes the reference, and whoever asks with it again gets the session that it has; nobody may be
// able to guess it.
func (k *Keeper) Choose(ctx context.Context, poiid, evse, connector, language, ref string) (Session, error) {
	if ref != "" {
		if s, ok, err := k.Book.Load(ref); err != nil || ok {
			return s, err
		}
	}
	sales, err := k.POI.Sells(ctx, poiid)
	if err != nil {
		return Session{}, err
	}
	for _, sale := range sales {
		if sale.EVSE != evse || connector != "" && sale.Connector != connector {
			continue
		}
		if sale.Status, err = k.POI.Fresh(ctx, sale); err != nil {
			sale.Status = "OFFLINE" // an operator that is silent sells nothing: no money is held for it
		}
		if !sale.Sellable() {
			return Session{}, &Refused{2003, strings.TrimSpace("the charger is " + sale.Status + ". " + sale.HelpLine)}
		}
		n := sale.New
		n.POIID, n.Language, n.Ref = poiid, language, ref
		for _, name := range []*string{&n.Ref, &n.StartID, &n.StopID} {
			if *name != "" {
				continue
			}
			if *name, err = secret(k.Random); err != nil {
				return Session{}, err
			}
		}
		s, effects, err := k.Book.Take(ctx, k.Now(), n.Ref, Choose{New: n})
		if err != nil {
			return s, err
		}
		k.do(s, effects)
		return s, nil
	}
	return Session{}, &Refused{2003, "the terminal does not sell this"}
}

// secret is a name of 130 random bits: 26 characters that a URL can carry, in upper case.
func secret(random io.Reader) (string, error) {
	raw := make([]byte, 17)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("charging: randomness: %w", err)
	}
	return base32.StdEncoding.EncodeToString(raw)[:26], nil
}

// Stop stops the session at an EVSE for the driver whose card it is; with no EVSE, the one at the terminal
// that the card pays for.
func (k *Keeper) Stop(ctx context.Context, poiid, evse, card string) (Session, error) {
	refused := error(&Refused{2000, "no session of this card"})
	for _, ref := range k.Book.At(poiid, evse) {
		s, effects, err := k.Book.Take(ctx, k.Now(), ref, AskStop{Card: card})
		if err == nil {
			k.do(s, effects)
			return s, nil
		}
		refused = err
	}
	return Session{}, refused
}

func (k *Keeper) commandResulted(ctx context.Context, peer, commandID, result string) error {
	ref, ok := k.Book.byCommand(peer, commandID)
	if !ok {
		return &Refused{2001, "no such command"}
	}
	_, err := k.Ask(ctx, ref, CommandResulted{ID: commandID, Result: result})
	return err
}

// SessionReported takes an operator's word on its session. The error is *Refused when no session is meant.
func (k *Keeper) SessionReported(ctx context.Context, n Names, r Report) (Session, error) {
	s, ok, err := k.Book.Find(n)
	if err != nil {
		return s, err
	}
	if !ok {
		return s, &Refused{2000, "authorization_reference: unknown"}
	}
	return k.Ask(ctx, s.Ref, Reported{Report: r})
}

// CDRReported takes a charge detail record; created is false for one that is known.
func (k *Keeper) CDRReported(ctx context.Context, n Names, c CDR) (created bool, err error) {
	s, ok, err := k.Book.Find(n)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, &Refused{2000, "authorization_reference: unknown"}
	}
	next, err := k.Ask(ctx, s.Ref, CDRPosted{CDR: c})
	return len(next.CDRs) > len(s.CDRs), err
}

// Ask is Give with the refusal as an error, for somebody who waits for the answer.
func (k *Keeper) Ask(ctx context.Context, ref string, in Input) (Session, error) {
	s, effects, err := k.Book.Take(ctx, k.Now(), ref, in)
	if err != nil {
		return s, err
	}
	k.do(s, effects)
	return s, nil
}
