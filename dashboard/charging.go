package dashboard

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/charging"
)

// Charging are the charging sessions. Give wraps *charging.Refused when a session does not take an input.
type Charging interface {
	Open() []string
	Load(ref string) (charging.Session, bool, error)
	Give(ctx context.Context, ref string, in charging.Input) (charging.Session, error)
}

type chargesView struct {
	frame
	Rows    []chargeRow // the open ones, the oldest first
	More    int         // how many others are open
	Recent  []chargeRow
	Held    []string // by currency
	Overdue int
}

// chargeRow is a session in a list, and what its own page begins with.
type chargeRow struct {
	charging.Session
	Badge   Badge
	Sum     string // what is held, or what was taken
	Waits   []chargeWait
	Overdue bool
	Place   string
}

// chargeWait is whom a session waits for.
type chargeWait struct {
	charging.Wait
	Overdue bool
}

type chargeView struct {
	frame
	chargeRow
	Terminal  string
	Sums      [][2]string
	Facts     []chargeFact
	Page      string // the driver's
	May       map[string]bool
	Wrong     string
	Remaining int
}

// chargeFact is a row of the timeline.
type chargeFact struct {
	At   time.Time
	What string
	Data string
}

// maxOpenShown is how many open sessions the page has.
const (
	maxOpenShown = 200
	maxRecent    = 30
)

func chargeBadge(s charging.Session) Badge {
	word := strings.ReplaceAll(string(s.State), "_", " ")
	word = strings.ToUpper(word[:1]) + word[1:]
	switch s.State {
	case charging.Settled:
		if s.Owing() > 0 {
			return Badge{"Short", "alert", warn}
		}
		return Badge{word, "check", good}
	case charging.Charging:
		return Badge{word, "plug", busy}
	case charging.AwaitingPrice, charging.Priced:
		return Badge{word, "clock", warn}
	case charging.Failed, charging.Expired:
		return Badge{word, "alert", bad}
	case charging.Declined:
		return Badge{word, "cross", bad}
	case charging.Released:
		return Badge{word, "back", calmly}
	}
	return Badge{word, "spin", busy}
}

func (h *Handler) chargeRow(s charging.Session) chargeRow {
	row := chargeRow{Session: s, Badge: chargeBadge(s), Place: cmp.Or(s.Place.Label, s.EVSE)}
	amount := s.Net()
	if s.Holding() {
		amount = cmp.Or(s.Order.Amount, s.Hold)
	}
	row.Sum = kassa.Money{Minor: amount, Currency: s.Currency}.String()
	for _, w := range s.Waits() {
		row.Waits = append(row.Waits, chargeWait{w, w.Overdue(h.Now())})
		row.Overdue = row.Overdue || w.Overdue(h.Now())
	}
	return row
}

func (h *Handler) charges(w http.ResponseWriter, _ *http.Request) {
	v := chargesView{frame: h.frame("Charging", "charging")}
	if err := h.openCharges(&v); err != nil {
		h.failed(w, "The charging sessions could not be read")
		return
	}
	if err := h.recentCharges(&v); err != nil {
		h.failed(w, "The charging sessions could not be read")
		return
	}
	h.render(w, http.StatusOK, "charging.html", &v)
}

func (h *Handler) openCharges(v *chargesView) error {
	held := map[kassa.Currency]int64{}
	for _, ref := range h.Charging.Open() {
		s, ok, err := h.Charging.Load(ref)
		if err != nil {
			return err
		}
		if !ok || !s.Open() {
			continue
		}
		row := h.chargeRow(s)
		v.Rows = append(v.Rows, row)
		if s.Holding() {
			held[s.Currency] += s.Order.Amount
		}
		if row.Overdue {
			v.Overdue++
		}
	}
	slices.SortFunc(v.Rows, func(a, b chargeRow) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), strings.Compare(a.Ref, b.Ref))
	})
	if len(v.Rows) > maxOpenShown {
		v.Rows, v.More = v.Rows[:maxOpenShown], len(v.Rows)-maxOpenShown
	}
	for c, minor := range held {
		v.Held = append(v.Held, kassa.Money{Minor: minor, Currency: c}.String())
	}
	slices.Sort(v.Held)
	return nil
}

// recentCharges are those that are over, by their orders.
func (h *Handler) recentCharges(v *chargesView) error {
	streams, err := h.Records.Newest("order", nil, "", scanPage)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		o, err := readOrder(stream)
		if err != nil {
			return err
		}
		if o.Dialect != charging.Dialect || len(v.Recent) == maxRecent {
			continue
		}
		s, ok, err := h.Charging.Load(o.Ref)
		if err != nil {
			return err
		}
		if ok && !s.Open() {
			v.Recent = append(v.Recent, h.chargeRow(s))
		}
	}
	return nil
}

func (h *Handler) charge(w http.ResponseWriter, r *http.Request) {
	h.showCharge(w, r, http.StatusOK, "")
}

func (h *Handler) showCharge(w http.ResponseWriter, r *http.Request, status int, wrong string) {
	s, ok, err := h.Charging.Load(r.PathValue("ref"))
	if err == nil && !ok {
		h.missing(w, "There is no charging session "+clip(maskCards(r.PathValue("ref"))), "The open ones are on the page Charging.")
		return
	}
	v := chargeView{frame: h.frame("Charging session", "charging"), Wrong: wrong}
	if err == nil {
		err = h.fillCharge(&v, s)
	}
	if err != nil {
		h.failed(w, "The charging session could not be read")
		return
	}
	h.render(w, status, "charge.html", &v)
}

func (h *Handler) fillCharge(v *chargeView, s charging.Session) error {
	v.chargeRow, v.Page = h.chargeRow(s), "/r/"+s.Ref
	v.Title = v.Badge.Word + " · " + v.Place
	for _, t := range h.Estate.Terminals() {
		if t.TID == s.TerminalID {
			v.Terminal = t.Name
		}
	}
	sum := func(name string, minor int64, shown bool) {
		if shown {
			v.Sums = append(v.Sums, [2]string{name, kassa.Money{Minor: minor, Currency: s.Currency}.String()})
		}
	}
	cost, known := s.Cost()
	price, _, charged := s.Charged()
	sum("Held", s.Order.Amount, s.Order.Amount > 0)
	sum("So far", cost, known && !charged)
	sum("Price", price, charged)
	sum("Captured", s.Net(), s.State.Final())
	sum("Released", s.Order.Released, s.Order.Released > 0)
	sum("Short", s.Short, s.Short > 0)
	sum("Open", s.Owing(), s.Short > 0)
	v.May = map[string]bool{
		"stop":    s.State == charging.Charging || s.State == charging.Starting,
		"release": !s.State.Final() && s.State != charging.Settling && s.State != charging.Releasing && s.State != charging.Authorising,
	}
	if n := len(s.Confirmations); n > 0 {
		v.May["confirm"] = s.Confirmations[n-1].State == charging.SendingRejected
	}
	entries, err := h.Records.StreamEntries("charging/"+s.Ref, 0)
	if err != nil {
		return err
	}
	if len(entries) > perPage*4 {
		v.Remaining, entries = len(entries)-perPage*4, entries[len(entries)-perPage*4:]
	}
	for _, e := range entries {
		fact := chargeFact{At: e.At, What: factName(e.Kind)}
		if e.Kind != "ChargingChosen" { // which has the secret names of the commands
			fact.Data = pretty(string(e.Payload))
		}
		v.Facts = append(v.Facts, fact)
	}
	return nil
}

// factName is the kind of a fact in words.
func factName(kind string) string {
	var words strings.Builder
	for i, r := range strings.TrimPrefix(kind, "Charging") {
		if i > 0 && r >= 'A' && r <= 'Z' && !strings.HasSuffix(words.String(), "C") && !strings.HasSuffix(words.String(), "CD") {
			words.WriteByte(' ')
		}
		words.WriteRune(r)
	}
	return words.String()
}

// actCharge does what somebody asks for by hand.
func (h *Handler) actCharge(w http.ResponseWriter, r *http.Request) {
	var in charging.Input
	switch r.PathValue("act") {
	case "stop":
		in = charging.AskStop{Trusted: true}
	case "release":
		in = charging.AskRelease{Why: clip(r.PostFormValue("why"))}
	case "confirm":
		in = charging.AskConfirm{}
	default:
		h.nothing(w, r)
		return
	}
	s, ok, err := h.Charging.Load(r.PathValue("ref"))
	if err != nil || !ok {
		h.showCharge(w, r, http.StatusOK, "")
		return
	}
	_, err = h.Charging.Give(r.Context(), s.Ref, in)
	if refused := (*charging.Refused)(nil); errors.As(err, &refused) {
		h.showCharge(w, r, http.StatusConflict, "It was not done: "+refused.Text+".")
		return
	}
	if err != nil {
		h.failed(w, "It may not have been done")
		return
	}
	http.Redirect(w, r, "/charging/"+s.Ref, http.StatusSeeOther)
}
