package terminal

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"kassa/virtual/deck"
)

// postDo takes a form of the page: what hands do at the terminal, for a browser without scripts. The
// answer leads back to the page, which shows what came of it.
func (s *Shelf) postDo(w http.ResponseWriter, r *http.Request, u *unit) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPicture+maxBody)
	var err error
	if isForm(r) {
		err = r.ParseForm()
	} else {
		err = r.ParseMultipartForm(maxPicture)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_request", "this is no form of the page, or it is too long")
		return
	}
	if r.FormValue("remove") == "yes" {
		if err := s.remove(r.Context(), u); err != nil {
			fail(w, http.StatusServiceUnavailable, "not_removed", "the terminal could not be removed; try again")
			return
		}
		w.Header().Set("Location", "../")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	list, err := u.hands(r)
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_form", err.Error())
		return
	}
	for _, in := range list {
		if err := u.act(r.Context(), in); err != nil {
			fail(w, http.StatusServiceUnavailable, "stopped", err.Error())
			return
		}
	}
	w.Header().Set("Location", "../"+u.entry.POIID)
	w.WriteHeader(http.StatusSeeOther)
}

// hands reads what a form does, in the order in which a person would.
func (u *unit) hands(r *http.Request) ([]Input, error) {
	var list []Input
	if file, _, err := r.FormFile("picture"); err == nil {
		picture, err := io.ReadAll(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		if len(picture) > 0 {
			text, err := readQR(picture)
			if err != nil {
				return nil, err
			}
			list = append(list, Scanned{text})
		}
	}
	if text := r.FormValue("scan"); text != "" {
		list = append(list, Scanned{text})
	}
	if code := strings.TrimSpace(r.FormValue("code")); code != "" {
		list = append(list, ActivateWith{activationCode(code)})
	}
	screen := u.state().Screen
	if text, key := r.FormValue("text"), r.FormValue("key"); key == string(KeyOK) && screen.Field != nil && screen.Field.Kind == FieldText {
		list = append(list, TextTyped{text})
	}
	if text := r.FormValue("text"); text != "" && screen.Page == string(promptSignature) {
		list = append(list, Answered{Text: &text})
	}
	if item := r.FormValue("touch"); item != "" {
		list = append(list, Touched{item})
	}
	if r.FormValue("hold") != "" {
		list = append(list, LogoHeld{})
	}
	if k := Key(r.FormValue("key")); k.Valid() {
		list = append(list, KeyPressed{k})
	}
	if f := Fault(r.FormValue("fault")); f.Known() {
		if slices.Contains(u.state().Faults, f) {
			list = append(list, FaultClear{f})
		} else {
			list = append(list, FaultSet{Fault: f})
		}
	}
	return u.withCard(list, r.FormValue("card"), Entry(r.FormValue("way")))
}

func (u *unit) withCard(list []Input, name string, way Entry) ([]Input, error) {
	if name == "" {
		return list, nil
	}
	c, err := deck.Parse(name)
	if err != nil {
		return nil, err
	}
	if way != Insert && way != Swipe {
		way = Tap
	}
	if s := u.state().Screen; !wants(s, way) && wants(s, Insert) {
		way = Insert
	}
	in := CardPresented{Entry: way, Card: c}
	if way != Swipe {
		if in.ATC, err = u.cards.next(c); err != nil {
			return nil, err
		}
	}
	return append(list, in), nil
}

// postScan holds a picture before the camera.
func postScan(w http.ResponseWriter, r *http.Request, u *unit) {
	picture, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPicture))
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_picture", errPicture.Error())
		return
	}
	text, err := readQR(picture)
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_picture", err.Error())
		return
	}
	acted(w, r, u, Scanned{text})
}
