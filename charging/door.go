package charging

import (
	"context"
	"errors"
	"strings"

	"kassa/ocpi"
)

// SessionPut takes an operator's session as it is now.
func (k *Keeper) SessionPut(ctx context.Context, peer string, s ocpi.Session) (ocpi.Session, *ocpi.Refusal, error) {
	r, refused := ReportOf(s)
	if refused != nil {
		return s, refusal(refused), nil
	}
	_, err := k.SessionReported(ctx, Names{Peer: peer, Ref: s.AuthorisationReference, TokenUID: s.CDRToken.UID, SessionID: s.ID,
		Location: s.LocationID, EVSE: s.EVSEUID}, r)
	return answered(s, err)
}

// CDRPosted takes a CDR; created is false for one that is known already.
func (k *Keeper) CDRPosted(ctx context.Context, peer string, d ocpi.CDR) (created bool, refused *ocpi.Refusal, err error) {
	c, wrong := CDROf(d)
	if wrong != nil {
		return false, refusal(wrong), nil
	}
	created, err = k.CDRReported(ctx, Names{Peer: peer, Ref: d.AuthorisationReference, TokenUID: d.CDRToken.UID, SessionID: d.SessionID,
		Location: d.CDRLocation.ID, EVSE: d.CDRLocation.EVSEUID}, c)
	created, refused, err = answered(created, err)
	if refused != nil {
		k.Log.Error("charging.alert", "peer", peer, "cdr", d.ID, "alert", refused.Message)
	}
	return created, refused, err
}

// Live tells whether a token is one of ours whose session is not over, and gives its reference.
func (k *Keeper) Live(_ context.Context, peer, uid string) (reference string, ok bool) {
	s, ok, err := k.Book.Load(strings.ToUpper(uid))
	if err != nil || !ok || s.Peer != peer || s.State.Final() {
		return "", false
	}
	return s.Ref, true
}

// CommandResulted takes an operator's later word on a command, by the secret name that it was sent with.
func (k *Keeper) CommandResulted(ctx context.Context, peer, commandID string, r ocpi.CommandResult) error {
	_, refused, err := answered(false, k.commandResulted(ctx, peer, commandID, r.Result))
	if refused != nil {
		return refused
	}
	return err
}

func answered[T any](v T, err error) (T, *ocpi.Refusal, error) {
	refused := (*Refused)(nil)
	if errors.As(err, &refused) {
		return v, refusal(refused), nil
	}
	return v, nil, err
}

func refusal(r *Refused) *ocpi.Refusal { return ocpi.Refuse(ocpi.Status(r.Code), "%s", r.Text) }
