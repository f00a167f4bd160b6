package status

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// Paths are where the page and its data are.
func Paths() []string { return []string{"/status", "/status.json"} }

// shownIncidents are those of the page.
const shownIncidents = 20

//go:embed page.html
var pageHTML string

// Page is the public page about the installation, and the same as JSON. It needs no key, and tells nothing of any
// account.
type Page struct {
	board       *Board
	form        *template.Template
	environment string
}

// NewPage makes the page of a board; environment is test or live.
func NewPage(b *Board, environment string) (*Page, error) {
	form, err := template.New("status").Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("status: the page: %w", err)
	}
	return &Page{b, form, environment}, nil
}

// document is the JSON.
type document struct {
	Environment string     `json:"environment"`
	At          time.Time  `json:"at"`
	State       State      `json:"state"`
	Components  []Row      `json:"components"`
	Incidents   []Incident `json:"incidents"`
}

func (p *Page) document() document {
	rows := p.board.Rows()
	return document{
		Environment: p.environment, At: p.board.cfg.Now().UTC(), State: Overall(rows), Components: rows,
		Incidents: public(p.board.Incidents("", shownIncidents)),
	}
}

// public leaves out which key spoke: it is Kassa or the operator.
func public(list []Incident) []Incident {
	who := func(by string) string {
		if by == Kassa {
			return Kassa
		}
		return "operator"
	}
	for i := range list {
		list[i].OpenedBy = who(list[i].OpenedBy)
		notes := make([]Note, len(list[i].Notes))
		for j, n := range list[i].Notes {
			notes[j] = Note{n.At, who(n.By), n.Text}
		}
		list[i].Notes = notes
	}
	return list
}

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this path takes GET", http.StatusMethodNotAllowed)
		return
	}
	d := p.document()
	if strings.HasSuffix(r.URL.Path, ".json") {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_ = json.NewEncoder(w).Encode(d) // a client that went away is told nothing
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_ = p.form.Execute(w, shown(d)) // the same
}

// view is what the page shows.
type view struct {
	Environment, State, Head, At string
	Components                   []viewRow
	Open, Past                   []viewIncident
}

type viewRow struct {
	Title, State, Word, Says, Since, Uptime string
	Days                                    []viewDay
}

type viewDay struct{ State, Title string }

type viewIncident struct {
	Title, State, When, Length string
	Notes                      []viewNote
}

type viewNote struct{ At, By, Text string }

func shown(d document) view {
	v := view{Environment: d.Environment, State: string(d.State), Head: headline(d.State), At: clock(d.At)}
	for _, r := range d.Components {
		row := viewRow{Title: r.Title, State: string(r.State), Word: word(r.State), Says: told(r.Component), Since: clock(r.Since), Uptime: "not measured yet"}
		if r.Uptime != nil {
			row.Uptime = share2(*r.Uptime) + " uptime"
		}
		for _, day := range r.Days {
			title := day.Day + ": not measured"
			if day.Uptime != nil {
				title = day.Day + ": " + word(day.Worst) + ", " + share2(*day.Uptime) + " uptime"
			}
			row.Days = append(row.Days, viewDay{string(day.Worst), title})
		}
		v.Components = append(v.Components, row)
	}
	for _, i := range d.Incidents {
		shown := viewIncident{Title: i.Title, State: string(i.Worst), When: clock(i.Opened)}
		for _, n := range i.Notes {
			shown.Notes = append(shown.Notes, viewNote{clock(n.At), n.By, n.Text})
		}
		if i.Open() {
			v.Open = append(v.Open, shown)
			continue
		}
		shown.Length = length(i.Resolved.Sub(i.Opened))
		v.Past = append(v.Past, shown)
	}
	return v
}

func headline(s State) string {
	switch s {
	case Down:
		return "Something does not work"
	case Degraded:
		return "Something works with limits"
	}
	return "All is well"
}

func word(s State) string {
	switch s {
	case Down:
		return "Not working"
	case Degraded:
		return "With limits"
	}
	return "Working"
}

func clock(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") }

// share2 never rounds up to what was not reached.
func share2(percent float64) string {
	if percent >= 100 {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", float64(int(percent*100))/100)
}

func length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
