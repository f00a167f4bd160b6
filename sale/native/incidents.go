package native

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// Board tells how the installation's components are, and keeps the incidents.
type Board interface {
	Components() []Component
	// Incidents lists them, the newest first, before an id.
	Incidents(before string, limit int) []Incident
	Incident(id string) (Incident, error)
	// Open and Note are durable when they return without an error; by is the id of a key.
	Open(n NewIncident, by string) (Incident, error)
	Note(id, by, text string, resolves bool) (Incident, error)
}

// Component is a part of the installation, as it is and was.
type Component struct {
	Name  string    `json:"name"`
	Title string    `json:"title"`
	State string    `json:"state"` // operational, degraded or down
	Since time.Time `json:"since,omitzero"`
	Says  string    `json:"says,omitempty"`
	// Uptime is the share of the measured time in which it was not down, in per cent; nil when nobody looked.
	Uptime *float64       `json:"uptime,omitempty"`
	Days   []ComponentDay `json:"days"` // 90, the oldest first
}

// ComponentDay is a day of a component. Worst is empty when nobody looked.
type ComponentDay struct {
	Day    string   `json:"day"`
	Worst  string   `json:"worst,omitempty"`
	Uptime *float64 `json:"uptime,omitempty"`
}

// Incident is something that went wrong, from its beginning to its end.
type Incident struct {
	ID         string         `json:"id"`
	Title      string         `json:"title"`
	Components []string       `json:"components,omitempty"`
	Worst      string         `json:"worst"`
	State      string         `json:"state"`
	Opened     time.Time      `json:"opened"`
	OpenedBy   string         `json:"openedBy"` // kassa, for what was measured, or the id of a key
	Resolved   time.Time      `json:"resolved,omitzero"`
	Notes      []IncidentNote `json:"notes"`
}

// IncidentNote is what somebody says about an incident.
type IncidentNote struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}

// NewIncident is an incident that the operator opens.
type NewIncident struct {
	Title      string   `json:"title"`
	Components []string `json:"components"`
	State      string   `json:"state"` // degraded when it is empty
	Text       string   `json:"text"`
}

// Why an incident is not taken.
var (
	ErrNoIncident   = errors.New("there is no incident with this id")
	ErrIncidentOver = errors.New("the incident has been resolved")
)

// InvalidIncident tells what is wrong with what was said of an incident.
type InvalidIncident struct{ Why string }

func (e InvalidIncident) Error() string { return e.Why }

// serviceRoutes are those to how the installation is.
func serviceRoutes() []route {
	return []route{
		{"GET", "status-components", anyKey, "", false, (*Handler).listComponents, nil},
		{"GET", "incidents", anyKey, "before limit", false, (*Handler).listIncidents, nil},
		{"POST", "incidents", estateOperate, "", true, (*Handler).openIncident, nil},
		{"GET", "incidents/{incident}", anyKey, "", false, (*Handler).showIncident, nil},
		{"POST", "incidents/{incident}/notes", estateOperate, "", true, (*Handler).noteIncident, nil},
	}
}

func (h *Handler) listComponents(w http.ResponseWriter, _ *call) *problem {
	return answer(w, http.StatusOK, map[string]any{"data": h.Board.Components()})
}

func (h *Handler) listIncidents(w http.ResponseWriter, c *call) *problem {
	limit, refused := limitOf(c.query, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	list := h.Board.Incidents(c.query.Get("before"), limit+1)
	more := len(list) > limit
	list = list[:min(limit, len(list))]
	for i := range list {
		list[i] = h.publicIncident(c, list[i])
	}
	return answer(w, http.StatusOK, map[string]any{"data": list, "has_more": more})
}

// publicIncident shows the ids of the operator's keys to the operator only.
func (h *Handler) publicIncident(c *call, i Incident) Incident {
	if c.caller.operator() {
		return i
	}
	who := func(by string) string {
		if by == "kassa" {
			return by
		}
		return "operator"
	}
	i.OpenedBy = who(i.OpenedBy)
	for n := range i.Notes {
		i.Notes[n].By = who(i.Notes[n].By)
	}
	return i
}

func (h *Handler) showIncident(w http.ResponseWriter, c *call) *problem {
	i, err := h.Board.Incident(c.path["incident"])
	if err != nil {
		return incidentProblem(err)
	}
	return answer(w, http.StatusOK, h.publicIncident(c, i))
}

func (h *Handler) openIncident(w http.ResponseWriter, c *call) *problem {
	var n NewIncident
	if refused := c.body(w, &n); refused != nil {
		return refused
	}
	i, err := h.Board.Open(n, c.caller.Key)
	if err != nil {
		return incidentProblem(err)
	}
	return answer(w, http.StatusCreated, i)
}

func (h *Handler) noteIncident(w http.ResponseWriter, c *call) *problem {
	var n struct {
		Text     string `json:"text"`
		Resolved bool   `json:"resolved"`
	}
	if refused := c.body(w, &n); refused != nil {
		return refused
	}
	i, err := h.Board.Note(c.path["incident"], c.caller.Key, n.Text, n.Resolved)
	if err != nil {
		return incidentProblem(err)
	}
	return answer(w, http.StatusCreated, i)
}

func incidentProblem(err error) *problem {
	if no, ok := errors.AsType[InvalidIncident](err); ok {
		field, why, _ := strings.Cut(no.Why, " ")
		return badInput(mistake{Pointer: "/" + field, Detail: why})
	}
	switch {
	case errors.Is(err, ErrNoIncident):
		return noSuch("incident")
	case errors.Is(err, ErrIncidentOver):
		return fault("wrong_state", err.Error())
	}
	return unreadable("the incident may not have been stored; read it back")
}
