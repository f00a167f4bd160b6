package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa/doctor"
)

type terminalView struct {
	frame
	terminalRow
	Links   []linkRow
	From    time.Time // the history begins here
	Search  search
	List    payments
	Service Jobs
	// CanTest tells that there is a connection test.
	CanTest bool
	Doctor  *panel
}

type linkRow struct {
	LinkFact
	Lasted string // until the next fact, or now
}

type terminalsView struct {
	frame
	Rows        []terminalRow
	Strays      []strayRow
	All, Online int
	Q           string
}

// maxRows bounds the list of terminals; a search finds the others.
const maxRows = 200

func (h *Handler) terminals(w http.ResponseWriter, r *http.Request) {
	v := terminalsView{frame: h.frame("Terminals", "terminals"), Q: readSearch(r).Q}
	all := h.Estate.Terminals()
	v.All = len(all)
	low := strings.ToLower(v.Q)
	all = slices.DeleteFunc(all, func(t Terminal) bool {
		return !strings.Contains(strings.ToLower(strings.Join([]string{t.TID, t.POIID, t.Name, t.Group, t.Merchant, t.Place}, "\n")), low)
	})
	var err error
	if v.Rows, v.Online, err = h.terminalRows(all, maxRows); err != nil {
		h.failed(w, "The terminals could not be read")
		return
	}
	if v.Q == "" {
		v.Strays = h.strays(maxRows)
	}
	h.render(w, http.StatusOK, "terminals.html", &v)
}

func (h *Handler) terminal(w http.ResponseWriter, r *http.Request) {
	tid := r.PathValue("tid")
	all := h.Estate.Terminals()
	i := slices.IndexFunc(all, func(t Terminal) bool { return t.TID == tid || t.POIID == tid })
	if i < 0 {
		h.missing(w, "There is no terminal "+clip(maskCards(tid)), "The list of terminals has a search.")
		return
	}
	t := all[i]
	v := terminalView{frame: h.frame(t.Name, "terminals"), Search: readSearch(r), CanTest: h.Test != nil}
	v.Search.TID = t.TID
	if h.Service != nil {
		v.Service = h.Service(t.TID)
	}
	var err error
	if v.terminalRow, err = h.terminalRow(t); err == nil {
		v.List, err = h.list(v.Search, "/terminals/"+t.TID, []string{t.GroupID})
	}
	if err == nil {
		v.Doctor, err = h.why(doctor.Subject{Kind: doctor.Terminal, ID: t.TID})
	}
	if err != nil {
		h.failed(w, "The terminal could not be read")
		return
	}
	history, from := h.links.of(t.POIID)
	v.From = from
	for i, f := range history {
		until := v.Now
		if i > 0 {
			until = history[i-1].At
		}
		v.Links = append(v.Links, linkRow{f, span(until.Sub(f.At))})
	}
	h.render(w, http.StatusOK, "terminal.html", &v)
}
