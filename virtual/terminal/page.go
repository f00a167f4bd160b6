package terminal

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"kassa/virtual/deck"
	"kassa/virtual/terminal/words"
)

//go:embed pages static
var files embed.FS

func staticNames() []string { return []string{"icon.svg", "terminal.css", "terminal.js"} }

func staticFiles() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.FileServerFS(files).ServeHTTP(w, r)
	})
}

// render writes a page whole or an error, never half of one.
func render(w http.ResponseWriter, page string, data any) {
	t, err := template.New("").Funcs(template.FuncMap{"money": money, "picture": pictureURL, "say": words.Say, "outcome": outcomeWord}).ParseFS(files, "pages/*.html")
	var out bytes.Buffer
	if err == nil {
		err = t.ExecuteTemplate(&out, page, data)
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, "page", "the page could not be made")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w) // the reader may be gone
}

func (s *Shelf) listPage(w http.ResponseWriter, _ *http.Request) {
	var states []State
	online := 0
	for _, u := range s.all() {
		st := u.state()
		if st.Online {
			online++
		}
		states = append(states, st)
	}
	render(w, "list.html", map[string]any{"Terminals": states, "Online": online, "Models": Models()})
}

// shelfCard is a card as the page shows it.
type shelfCard struct {
	ID, Row, Does, PAN string
}

// shelfBrand is a brand's cards.
type shelfBrand struct {
	Name, Label string
	Cards       []shelfCard
}

func shelfCards() []shelfBrand {
	var brands []shelfBrand
	for _, c := range deck.All() {
		i := slices.IndexFunc(brands, func(b shelfBrand) bool { return b.Name == string(c.Brand) })
		if i < 0 {
			i = len(brands)
			brands = append(brands, shelfBrand{Name: string(c.Brand), Label: c.Label})
		}
		id := c.ID()
		brands[i].Cards = append(brands[i].Cards, shelfCard{
			ID: id, Row: id[len(id)-3:], Does: c.Script().Title, PAN: "•••• " + c.PAN.Last4(),
		})
	}
	return brands
}

func (s *Shelf) devicePage(w http.ResponseWriter, _ *http.Request, u *unit) {
	deviceView(w, u, "device.html")
}

// viewPart is what changes of the page, for the script to put in place.
func (s *Shelf) viewPart(w http.ResponseWriter, _ *http.Request, u *unit) {
	deviceView(w, u, "view.html")
}

func deviceView(w http.ResponseWriter, u *unit, page string) {
	st := u.state()
	receipts := slices.Clone(st.Receipts)
	slices.Reverse(receipts)
	render(w, page, map[string]any{
		"T": st, "Brands": shelfCards(), "Faults": faultsOf(st.Model), "Receipts": receipts,
		"Keys":   []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", ""},
		"Active": func(f Fault) bool { return slices.Contains(st.Faults, f) },
	})
}

// faultsOf lists what can go wrong with a model.
func faultsOf(m Model) []FaultNote {
	return slices.DeleteFunc(Faults(), func(n FaultNote) bool { return n.Name == FaultUnplug && !m.Cable })
}

// pictureURL lets a picture through that the device has looked at; anything else is no address.
func pictureURL(data string) template.URL {
	for _, format := range []string{"png", "jpeg", "gif"} {
		if rest, ok := strings.CutPrefix(data, "data:image/"+format+";base64,"); ok && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == "" {
			return template.URL(data)
		}
	}
	return ""
}

// outcomeWord is what a paper says of a result, in English.
func outcomeWord(r Receipt) string {
	switch {
	case r.Kind == PaperRefund:
		return "REFUND"
	case r.Result == ResultApproved:
		return "APPROVED"
	case r.Result == ResultDeclined:
		return "DECLINED"
	case r.Result == ResultCancelled:
		return "CANCELLED"
	}
	return "NOT COMPLETED"
}
