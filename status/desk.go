package status

import (
	"encoding/json"
	"fmt"
	"time"

	"kassa/journal"
)

// open makes an incident. The channel tells once it is durable, or why it is not.
func (b *Board) open(now time.Time, n NewIncident) (Incident, <-chan error) {
	id, err := b.newID(now)
	if err != nil {
		return Incident{}, failed(err)
	}
	i := &held{Incident: Incident{
		ID: id, Title: n.Title, Components: n.Components, Worst: n.Worst, State: n.Worst, Opened: now, OpenedBy: n.By, Notes: []Note{},
	}}
	if n.Text != "" {
		i.Incident = i.noted(now, n.By, n.Text)
	}
	b.incidents = append([]*held{i}, b.incidents...)
	if len(b.incidents) > keptIncidents {
		b.incidents = b.incidents[:keptIncidents]
	}
	return i.Incident, b.store(now, i, IncidentOpened, i.Incident)
}

// store hands an incident to the store. The channel tells once it is durable, or why it is not.
func (b *Board) store(now time.Time, i *held, kind string, next Incident) <-chan error {
	body, err := json.Marshal(next)
	if err != nil {
		return failed(fmt.Errorf("status: encode %s: %w", i.ID, err))
	}
	ended := make(chan error, 1)
	b.cfg.Submit(journal.Batch{{
		Stream: incidentKind + "/" + i.ID, Expect: i.version, State: body, Open: next.Open(),
		Facts: []journal.Fact{{At: now, Kind: kind, Payload: body}},
	}}, func(_ journal.Receipt, err error) { ended <- err })
	i.Incident = next
	i.version++
	return ended
}

func failed(err error) <-chan error {
	c := make(chan error, 1)
	c <- err
	return c
}

// Incidents lists the incidents, the newest first: those before an id, at most so many.
func (b *Board) Incidents(before string, limit int) []Incident {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []Incident{}
	for _, i := range b.incidents {
		if len(list) < limit && (before == "" || i.ID < before) {
			list = append(list, i.Incident)
		}
	}
	return list
}

// Incident finds one.
func (b *Board) Incident(id string) (Incident, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.find(id)
	if err != nil {
		return Incident{}, err
	}
	return i.Incident, nil
}

func (b *Board) find(id string) (*held, error) {
	for _, i := range b.incidents {
		if i.ID == id {
			return i, nil
		}
	}
	return nil, ErrUnknown
}

// Open opens an incident; it is durable when this returns without an error.
func (b *Board) Open(n NewIncident) (Incident, error) {
	if err := n.check(); err != nil {
		return Incident{}, err
	}
	if n.Worst == "" {
		n.Worst = Degraded
	}
	b.mu.Lock()
	i, stored := b.open(b.cfg.Now(), n)
	b.mu.Unlock()
	return i, <-stored
}

// Note adds a note to an incident, which may resolve it; it is durable when this returns without an error.
func (b *Board) Note(id, by, text string, resolves bool) (Incident, error) {
	if !said(text, maxText) {
		return Incident{}, fmt.Errorf("%w: text must be text of 1 to %d characters", ErrInvalid, maxText)
	}
	next, stored, err := b.note(id, by, text, resolves)
	if err != nil {
		return Incident{}, err
	}
	return next, <-stored
}

func (b *Board) note(id, by, text string, resolves bool) (next Incident, stored <-chan error, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.find(id)
	switch {
	case err != nil:
		return next, nil, err
	case resolves && !i.Open():
		return next, nil, ErrOver
	case len(i.Notes) >= maxNotes:
		return next, nil, fmt.Errorf("%w: the incident has %d notes", ErrInvalid, maxNotes)
	}
	now, kind := b.cfg.Now(), IncidentNoted
	next = i.noted(now, by, text)
	if resolves {
		kind, next = IncidentResolved, next.resolved(now)
	}
	return next, b.store(now, i, kind, next), nil
}

// Row is a component with its past.
type Row struct {
	Component
	Title string `json:"title"`
	// Uptime is the share of the measured time of all days in which it was not down, in per cent; nil when nobody
	// looked.
	Uptime *float64 `json:"uptime,omitempty"`
	Days   []Day    `json:"days"` // HistoryDays, the oldest first
}

// Day is a day of a component. Worst is empty when nobody looked.
type Day struct {
	Day    string   `json:"day"`
	Worst  State    `json:"worst,omitempty"`
	Uptime *float64 `json:"uptime,omitempty"`
}

// Rows tells how the components are and were.
func (b *Board) Rows() []Row {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.cfg.Now()
	rows := make([]Row, 0, len(Names()))
	for _, c := range b.machine.Components() {
		row := Row{Component: c, Title: Title(c.Name)}
		var all []tally
		for i := HistoryDays - 1; i >= 0; i-- {
			date := dateOf(now.AddDate(0, 0, -i))
			var t tally
			if d := b.days[date]; d != nil {
				t = d.tallies[c.Name]
			}
			all = append(all, t)
			row.Days = append(row.Days, Day{Day: date, Worst: t.worst(), Uptime: percent(t)})
		}
		row.Uptime = percent(all...)
		rows = append(rows, row)
	}
	return rows
}

func percent(list ...tally) *float64 {
	up, ok := uptime(list...)
	if !ok {
		return nil
	}
	return &up
}

// Overall is the worst state of all components.
func Overall(rows []Row) State {
	s := Operational
	for _, r := range rows {
		s = worse(s, r.State)
	}
	return s
}
