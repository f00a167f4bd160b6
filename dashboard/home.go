package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kassa"
)

// paymentRow is a payment in a list.
type paymentRow struct {
	kassa.Order
	Badge    Badge
	Why      string // only where the word does not say enough
	Terminal string // its name
	Card     string
}

// payments is one page of a list of payments.
type payments struct {
	Rows []paymentRow
	// More is the address of the older ones; Read tells how many were looked at when a search stopped
	// before it had found a page full.
	More string
	Read int
	// Newest is the address of the first page, empty on it.
	Newest string
}

// search is what a list is narrowed to.
type search struct {
	Q, TID string
	Before string
}

func (s search) Narrow() bool { return s.Q != "" || s.TID != "" }

func readSearch(r *http.Request) search {
	q := r.URL.Query()
	cut := func(name string) string {
		s := []rune(strings.TrimSpace(q.Get(name)))
		return string(s[:min(len(s), maxQuery)])
	}
	return search{Q: cut("q"), TID: cut("terminal"), Before: cut("before")}
}

func (s search) fits(row paymentRow) bool {
	if s.TID != "" && row.TID != s.TID {
		return false
	}
	if s.Q == "" {
		return true
	}
	low := strings.ToLower(s.Q)
	for _, text := range []string{row.Ref, row.Description, row.Terminal} {
		if strings.Contains(strings.ToLower(text), low) {
			return true
		}
	}
	exact := []string{row.ID(), row.TID, row.POIID}
	for _, at := range row.Attempts {
		for _, au := range at.Authorisations {
			exact = append(exact, au.Card.Last4, au.AuthCode, au.RRN)
		}
	}
	return slices.ContainsFunc(exact, func(text string) bool { return strings.EqualFold(text, s.Q) })
}

// list reads one page, newest first. A search looks at so many orders and no more; the link to the
// older ones goes on from there.
func (h *Handler) list(s search, path string, scopes []string) (p payments, err error) {
	names := h.names()
	before := ""
	if s.Before != "" {
		before = "order/" + s.Before
		p.Newest = s.at(path, "")
	}
	for {
		streams, err := h.Records.Newest("order", scopes, before, scanPage)
		if err != nil {
			return p, err
		}
		for i, stream := range streams {
			o, err := readOrder(stream)
			if err != nil {
				return p, err
			}
			p.Read++
			before = stream.ID
			if row := h.row(o, names); s.fits(row) {
				p.Rows = append(p.Rows, row)
			}
			full := len(p.Rows) == perPage || p.Read == maxScan
			if full && (i < len(streams)-1 || len(streams) == scanPage) {
				p.More = s.at(path, strings.TrimPrefix(before, "order/"))
			}
			if full {
				return p, nil
			}
		}
		if len(streams) < scanPage {
			return p, nil
		}
	}
}

// at is the address of the list from an order on.
func (s search) at(path, before string) string {
	q := url.Values{}
	for name, v := range map[string]string{"q": s.Q, "terminal": s.TID, "before": before} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (h *Handler) names() map[string]string {
	names := make(map[string]string)
	for _, t := range h.Estate.Terminals() {
		names[t.TID] = t.Name
	}
	return names
}

func (h *Handler) row(o kassa.Order, names map[string]string) paymentRow {
	row := paymentRow{Order: o, Badge: badgeOf(o), Terminal: names[o.TID]}
	if a := o.Attempt(); a != nil {
		if last := a.Last(); last != nil {
			row.Card = cardText(last.Card)
		} else if len(o.Attempts) > 1 {
			row.Card = cardText(o.Attempts[len(o.Attempts)-2].Last().Card)
		}
	}
	if (o.Status.Final() && o.Status != kassa.Completed) || o.Status == kassa.Refused || o.Status == kassa.Waiting {
		row.Why = because(o)
	}
	if o.Status == kassa.Presented && o.Screen != "" {
		row.Why = screenName(o.Screen)
	}
	return row
}

// terminalRow is a terminal in a list, with what is on its screen.
type terminalRow struct {
	Terminal
	Badge Badge
	Why   string
	Since time.Time // of the state; zero when nobody knows
	Order *kassa.Order
	Page  string // the virtual terminal's
}

func (h *Handler) terminalRow(t Terminal) (terminalRow, error) {
	row := terminalRow{Terminal: t}
	row.Badge, row.Why, row.Since = presence(t.TID, t.Device)
	if t.POIID == "" {
		row.Since = t.CreatedAt
		return row, nil
	}
	if t.Barred != "" && t.Life == "blocked" {
		row.Why = "" // what it is barred by says it better
	}
	row.Page = h.simulated(t.POIID)
	stream, ok, err := h.Records.Holder(t.TID)
	if err != nil || !ok {
		return row, err
	}
	o, err := readOrder(stream)
	row.Order = &o
	return row, err
}

func (h *Handler) simulated(poiid string) string {
	if h.Simulation == "" || poiid == "" {
		return ""
	}
	return h.Simulation + url.PathEscape(poiid)
}

// presence is a device's state with its reason and its beginning.
func presence(tid string, d Device) (b Badge, why string, since time.Time) {
	switch {
	case d.POIID == "":
		return Badge{"Not activated", "plug", warn}, "its activation code has not been entered on a device yet", time.Time{}
	case d.Online && tid == "":
		return Badge{"Not activated", "plug", warn}, "connected; waits for an activation code", d.Since
	case d.Disabled:
		return Badge{"Not enabled", "online", warn}, d.Reason, d.Since
	case d.Online:
		return Badge{"Online", "online", good}, "", d.Since
	case d.State == "stale":
		return Badge{"Stale", "online", warn}, d.Reason, d.Since
	case d.State == "unknown":
		return Badge{"Unknown", "unknown", calmly}, d.Reason, d.Since
	case !d.Seen:
		return Badge{"Never connected", "offline", calmly}, "no device with this serial has had a link", time.Time{}
	case d.Since.IsZero():
		return Badge{"Offline", "offline", bad}, "no link since the cloud was started", time.Time{}
	}
	return Badge{"Offline", "offline", bad}, d.Reason, d.Since
}

// strayRow is a device without a terminal.
type strayRow struct {
	Device
	Badge Badge
	Why   string
	Since time.Time
	Page  string
}

type homeView struct {
	frame
	Terminals   []terminalRow
	Strays      []strayRow
	All, Online int
	Search      search
	Names       []Terminal
	List        payments
	Try         try
}

// try is the first thing to do in an installation without payments.
type try struct{ TID, Hint string }

func (h *Handler) home(w http.ResponseWriter, r *http.Request) {
	v := homeView{frame: h.frame("Payments", "payments"), Search: readSearch(r)}
	var err error
	v.Names = h.Estate.Terminals()
	if v.Terminals, v.Online, err = h.terminalRows(v.Names, maxCards); err != nil {
		h.failed(w, "The terminals could not be read")
		return
	}
	v.All = len(v.Names)
	v.Strays = h.strays(maxCards)
	if v.List, err = h.list(v.Search, "/", nil); err != nil {
		h.failed(w, "The payments could not be read")
		return
	}
	if len(v.Names) > 0 {
		v.Try = try{v.Names[0].TID, h.Estate.KeyHint(v.Names[0].GroupID)}
	}
	h.render(w, http.StatusOK, "home.html", &v)
}

func (h *Handler) terminalRows(all []Terminal, most int) (rows []terminalRow, online int, err error) {
	for _, t := range all {
		if t.Online {
			online++
		}
		if len(rows) == most {
			continue
		}
		row, err := h.terminalRow(t)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, row)
	}
	return rows, online, nil
}

func (h *Handler) strays(most int) (rows []strayRow) {
	for _, d := range h.Estate.Strays() {
		if len(rows) == most {
			break
		}
		row := strayRow{Device: d, Page: h.simulated(d.POIID)}
		row.Badge, row.Why, row.Since = presence("", d)
		rows = append(rows, row)
	}
	return rows
}
