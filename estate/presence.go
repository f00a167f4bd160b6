package estate

import (
	"encoding/json"
	"fmt"
	"time"

	"kassa/journal"
)

// LinksStream is where links coming and going are noted. It is one stream and not one for each
// device: nobody waits for these facts, and thousands of devices may come back at once.
const LinksStream = "links/1"

func (r *Registry) openLinks() error {
	version := uint64(0)
	err := eachStream(r.store, "links", func(s journal.Stream) error {
		if s.ID == LinksStream {
			version = s.Version
		}
		return nil
	})
	r.links = journal.NewNotebook(LinksStream, version, r.store.Submit)
	return err
}

// NoteLinkUp notes that a device opened a link.
func (r *Registry) NoteLinkUp(now time.Time, up LinkUp) error {
	up.Software = clip(up.Software, maxSoftware)
	return r.noteLink(now, up.POIID, up)
}

// NoteLinkDown notes that a device has no link any more, and why.
func (r *Registry) NoteLinkDown(now time.Time, down LinkDown) error {
	down.Reason = clip(down.Reason, maxReason)
	return r.noteLink(now, down.POIID, down)
}

// NoteClone notes that two links with a device's key were alive at once.
func (r *Registry) NoteClone(now time.Time, c CloneSuspected) error {
	return r.noteLink(now, c.POIID, c)
}

// NoteNotActivated notes that a device was refused whatever its code, and why. The terminal that the code is of
// hears of it too.
func (r *Registry) NoteNotActivated(now time.Time, poiid, code string, why RefusalCode) error {
	tid := ""
	if len(code) <= maxCode {
		hash := r.codeHash(code)
		r.mu.RLock()
		tid = r.codes[hash]
		r.mu.RUnlock()
	}
	return r.noteLinkOf(now, poiid, tid, ActivationRefused{POIID: poiid, TID: tid, Reason: why})
}

func (r *Registry) noteLink(now time.Time, poiid string, body any) error {
	return r.noteLinkOf(now, poiid, "", body)
}

// noteLinkOf notes a fact about the link of a device, for the group of a terminal, or of the one that it is bound to.
func (r *Registry) noteLinkOf(now time.Time, poiid, tid string, body any) error {
	r.mu.RLock()
	d, ok := r.devices[poiid]
	if tid == "" {
		tid = d.TID
	}
	scope := r.terminals[tid].Group
	r.mu.RUnlock()
	if !ok {
		return fmt.Errorf("%w: device", ErrUnknown)
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("estate: encode %s: %w", LinksStream, err)
	}
	r.links.Note(journal.Fact{At: now, Kind: factKind(body), Scope: scope, Payload: payload}, nil)
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
