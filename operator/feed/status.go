package feed

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"kassa/operator"
)

// entry is an incident of a feed, in either form: a list of our own form, or that of Statuspage.
type entry struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	Kind  operator.Kind `json:"kind"`
	Began time.Time     `json:"began"`
	Ended *time.Time    `json:"ended"`
	Link  string        `json:"link"`

	Name      string     `json:"name"`
	Created   time.Time  `json:"created_at"`
	Resolved  *time.Time `json:"resolved_at"`
	Shortlink string     `json:"shortlink"`
}

// readStatus reads a feed. The two forms differ in what they begin with: a list, or an object with incidents.
func readStatus(body []byte) (list []entry, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		err = json.Unmarshal(body, &list)
	} else {
		var page struct {
			Incidents *[]entry `json:"incidents"`
		}
		if err = json.Unmarshal(body, &page); err == nil && page.Incidents == nil {
			err = errors.New("it has no incidents")
		}
		if page.Incidents != nil {
			list = *page.Incidents
		}
	}
	if err != nil {
		return nil, fmt.Errorf("feed: the status feed cannot be read: %w", err)
	}
	if len(list) > maxIncidents {
		return nil, fmt.Errorf("feed: the status feed has more than %d incidents", maxIncidents)
	}
	for i := range list {
		e := &list[i]
		if e.Began.IsZero() {
			e.Began = e.Created
		}
		if e.Ended == nil {
			e.Ended = e.Resolved
		}
		if e.ID == "" || e.Began.IsZero() {
			return nil, errors.New("feed: an incident of the status feed has no id or no beginning")
		}
	}
	return list, nil
}

// incident is an entry as the registry keeps it.
func (e entry) incident(provider string) operator.Incident {
	in := operator.Incident{
		Provider: provider, Title: cmp.Or(line(cmp.Or(e.Title, e.Name)), "without a title"),
		Began: e.Began.UTC(), Link: cmp.Or(e.Link, e.Shortlink),
	}
	if e.Kind == operator.Test || e.Kind == operator.Production {
		in.Kind = e.Kind
	}
	if e.Ended != nil && !e.Ended.IsZero() {
		in.Ended = e.Ended.UTC()
		if in.Ended.Before(in.Began) {
			in.Ended = in.Began
		}
	}
	if !(strings.HasPrefix(in.Link, "https://") || strings.HasPrefix(in.Link, "http://")) || len(in.Link) > 255 || strings.ContainsAny(in.Link, " \t\r\n\"<>") {
		in.Link = "" // it is shown as a link
	}
	return in
}

// line makes one short line of a text.
func line(s string) string {
	text := []rune(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }), " "))
	return string(text[:min(len(text), 100)])
}

// made begins the ids of what the feed made itself; people's own things are never ended by it.
const made = "feed-"

// idOf is the same for the same thing of the same provider.
func idOf(of, id string) string {
	sum := sha256.Sum256([]byte(of + "\x00" + id))
	return made + hex.EncodeToString(sum[:15])
}

// status reads the status feed of one provider.
func (r *Reader) status(ctx context.Context, account string, p operator.Provider) error {
	_, body, err := r.fetch(ctx, p.StatusFeed, "")
	if ended(ctx) {
		return ctx.Err() // the process ends; that says nothing about the feed
	}
	var list []entry
	if err == nil {
		list, err = readStatus(body)
	}
	if err == nil {
		err = r.noteIncidents(account, p, list)
	}
	return errors.Join(err, r.cfg.Registry.Note(account, "providers", p.ID, func(w *operator.World) any {
		now, ok := w.Provider(p.ID)
		switch {
		case !ok || now.StatusFeed != p.StatusFeed: // it was changed meanwhile
			return nil
		case err == nil:
			now.SilentSince = time.Time{}
		case now.SilentSince.IsZero():
			now.SilentSince = r.cfg.Now().UTC()
		}
		return now
	}))
}

// noteIncidents keeps what is open, and ends what the feed says no more. What had ended before it was seen is left out.
func (r *Reader) noteIncidents(account string, p operator.Provider, list []entry) error {
	known := map[string]operator.Incident{}
	for _, i := range r.cfg.Registry.World(account).Incidents {
		if i.Provider == p.ID && strings.HasPrefix(i.ID, made) {
			known[i.ID] = i
		}
	}
	listed := map[string]bool{}
	for _, e := range list {
		id, in := idOf(p.ID, e.ID), e.incident(p.ID)
		listed[id] = true
		if _, ok := known[id]; !ok {
			if !in.Ended.IsZero() {
				continue
			}
			if len(known) >= maxNoted {
				return fmt.Errorf("feed: provider %s has had %d incidents; delete old ones", p.ID, maxNoted)
			}
		}
		known[id] = in
		if err := r.cfg.Registry.Note(account, "incidents", id, func(*operator.World) any { return in }); err != nil {
			return err
		}
	}
	for id, in := range known {
		if listed[id] || !in.Ended.IsZero() {
			continue
		}
		if in.Ended = r.cfg.Now().UTC(); in.Ended.Before(in.Began) {
			in.Ended = in.Began
		}
		if err := r.cfg.Registry.Note(account, "incidents", id, func(*operator.World) any { return in }); err != nil {
			return err
		}
	}
	return nil
}
