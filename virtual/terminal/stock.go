package terminal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What the stock of terminals says no with.
var (
	errNotRunning = errors.New("the terminals are being switched on or off; try again")
	errStock      = errors.New("not possible")
)

// add takes a new terminal in and switches it on. source, when set, is one whose settings it has.
func (s *Shelf) add(d Device, source *unit) (*unit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life == nil || s.life.Err() != nil {
		return nil, errNotRunning
	}
	devices := s.devices()
	if i := slices.IndexFunc(devices, func(o Device) bool { return o.POIID == d.POIID && o.Removed }); i >= 0 {
		devices = slices.Delete(devices, i, i+1)
	}
	if err := check(append(devices, d)); err != nil {
		return nil, fmt.Errorf("%w: %w", errStock, err)
	}
	// A folder that a removal left behind would give the new device the old one's key.
	if err := os.RemoveAll(filepath.Join(s.cfg.Dir, d.POIID)); err != nil {
		return nil, err
	}
	var settings []Record
	if source != nil {
		for _, x := range source.state().Settings {
			settings = append(settings, Record{Kind: RecordSetting, Setting: x.ID, Value: x.Value})
		}
	}
	u, err := s.unit(d, settings)
	if err != nil {
		return nil, err
	}
	if err := writeList(filepath.Join(s.cfg.Dir, "terminals.json"), append(devices, d)); err != nil {
		return nil, errors.Join(err, u.journal.close(), u.logbook.close())
	}
	s.gone = slices.DeleteFunc(s.gone, func(id string) bool { return id == d.POIID })
	s.units = append(s.units, u)
	s.live(u)
	return u, nil
}

// devices is what terminals.json lists, with the lock held.
func (s *Shelf) devices() []Device {
	var list []Device
	for _, u := range s.units {
		list = append(list, u.entry)
	}
	for _, id := range s.gone {
		list = append(list, Device{POIID: id, Removed: true})
	}
	return list
}

// remove switches a terminal off for good and destroys its memory, its key first of all.
func (s *Shelf) remove(ctx context.Context, u *unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.units, u)
	if i < 0 {
		return nil // somebody was faster
	}
	if s.life == nil || s.life.Err() != nil {
		return errNotRunning
	}
	u.end()
	select {
	case <-u.stopped:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.units = slices.Delete(s.units, i, i+1)
	s.gone = append(s.gone, u.entry.POIID)
	if err := writeList(filepath.Join(s.cfg.Dir, "terminals.json"), s.devices()); err != nil {
		return err
	}
	return errors.Join(u.journal.close(), u.logbook.close(), os.RemoveAll(filepath.Join(s.cfg.Dir, u.entry.POIID)))
}

// nextSerial is a POIID of a model that no terminal here has or had.
func (s *Shelf) nextSerial(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := map[string]bool{}
	for _, d := range s.devices() {
		taken[d.POIID] = true
	}
	for n := 1; ; n++ {
		if id := fmt.Sprintf("%s-KS%08d", prefix, n); !taken[id] {
			return id
		}
	}
}

func getModels(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{"models": Models()})
}

// newTerminal is what POST / and POST clone take. Without a POIID the next serial of the model is taken.
type newTerminal struct {
	POIID string `json:"poiid"`
	Model string `json:"model"`
	Name  string `json:"name"`
	Code  string `json:"code"`
}

// read reads a page's form, or a JSON body.
func (n *newTerminal) read(w http.ResponseWriter, r *http.Request) bool {
	if !isForm(r) {
		return decode(w, r, n)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	n.POIID, n.Model = strings.TrimSpace(r.FormValue("poiid")), r.FormValue("model")
	n.Name, n.Code = strings.TrimSpace(r.FormValue("name")), activationCode(strings.TrimSpace(r.FormValue("code")))
	return true
}

func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

func (s *Shelf) postTerminal(w http.ResponseWriter, r *http.Request) {
	var n newTerminal
	if n.read(w, r) {
		s.make(w, r, n, nil)
	}
}

func (s *Shelf) postClone(w http.ResponseWriter, r *http.Request, u *unit) {
	var n newTerminal
	if n.read(w, r) {
		n.Model = u.state().Model.Prefix
		s.make(w, r, n, u)
	}
}

func (s *Shelf) make(w http.ResponseWriter, r *http.Request, n newTerminal, source *unit) {
	known := slices.ContainsFunc(Models(), func(m Model) bool { return m.Prefix == n.Model })
	switch {
	case n.POIID == "" && !known:
		fail(w, http.StatusBadRequest, "bad_model", fmt.Sprintf("model must be one of %s, or poiid be given", modelNames()))
		return
	case n.POIID == "":
		n.POIID = s.nextSerial(n.Model)
	case source != nil && ModelOf(n.POIID).Prefix != n.Model:
		fail(w, http.StatusBadRequest, "bad_poiid", "a clone is of the same model: its poiid begins with "+n.Model+"-")
		return
	}
	if len(n.Name) > maxLabel || !printable(n.Name) {
		fail(w, http.StatusBadRequest, "bad_name", fmt.Sprintf("name must be text of at most %d bytes", maxLabel))
		return
	}
	u, err := s.add(Device{POIID: n.POIID, Name: n.Name, Code: n.Code}, source)
	switch {
	case errors.Is(err, errStock):
		fail(w, http.StatusBadRequest, "bad_terminal", strings.TrimPrefix(err.Error(), errStock.Error()+": "))
	case err != nil:
		s.log.Error("add a virtual terminal", "poiid", n.POIID, "error", err)
		fail(w, http.StatusServiceUnavailable, "not_added", "the terminal could not be added; try again")
	case isForm(r):
		w.Header().Set("Location", "./"+u.entry.POIID)
		if source != nil {
			w.Header().Set("Location", "../"+u.entry.POIID)
		}
		w.WriteHeader(http.StatusSeeOther)
	default:
		reply(w, http.StatusCreated, u.state())
	}
}

func modelNames() string {
	var list []string
	for _, m := range Models() {
		list = append(list, m.Prefix)
	}
	return strings.Join(list, ", ")
}

func (s *Shelf) deleteTerminal(w http.ResponseWriter, r *http.Request, u *unit) {
	if err := s.remove(r.Context(), u); err != nil {
		s.log.Error("remove a virtual terminal", "poiid", u.entry.POIID, "error", err)
		fail(w, http.StatusServiceUnavailable, "not_removed", "the terminal could not be removed; try again")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
