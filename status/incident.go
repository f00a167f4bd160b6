package status

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// incidentKind is the kind of the streams of incidents: incident/ID.
const incidentKind = "incident"

// The kinds of facts about incidents; the payload of each is the incident as it is then.
const (
	IncidentOpened   = "IncidentOpened"
	IncidentNoted    = "IncidentNoted"
	IncidentResolved = "IncidentResolved"
)

// Kassa is who opens incidents by what was measured.
const Kassa = "kassa"

// Limits of incidents.
const (
	maxTitle = 120
	maxText  = 2000
	maxNotes = 200
	// keptIncidents are held in memory and shown; older ones are in the record.
	keptIncidents = 200
	// degradedFor is how long a component may be slow before that is an incident.
	degradedFor = 5 * time.Minute
)

// Incident is something that went wrong, from its beginning to its end.
type Incident struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Components []string `json:"components,omitempty"`
	Worst      State    `json:"worst"`
	// State is how its components are, as far as it tells; operational once it is resolved.
	State    State     `json:"state"`
	Opened   time.Time `json:"opened"`
	OpenedBy string    `json:"openedBy"`
	Resolved time.Time `json:"resolved,omitzero"`
	Notes    []Note    `json:"notes"`
}

// Open tells whether it goes on.
func (i Incident) Open() bool { return i.Resolved.IsZero() }

// Note is what somebody says about an incident.
type Note struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}

// Why an incident is not taken.
var (
	// ErrInvalid tells what is wrong with what was said.
	ErrInvalid = errors.New("status: not valid")
	ErrUnknown = errors.New("status: there is no such incident")
	ErrOver    = errors.New("status: the incident has been resolved")
)

// NewIncident is an incident that somebody opens.
type NewIncident struct {
	Title      string
	Components []string
	Worst      State // Degraded when it is empty
	Text       string
	By         string
}

func (n NewIncident) check() error {
	switch {
	case !said(n.Title, maxTitle):
		return fmt.Errorf("%w: title must be text of 1 to %d characters", ErrInvalid, maxTitle)
	case n.Text != "" && !said(n.Text, maxText):
		return fmt.Errorf("%w: text must be text of at most %d characters", ErrInvalid, maxText)
	case n.Worst != "" && n.Worst.rank() == 0:
		return fmt.Errorf("%w: state must be operational, degraded or down", ErrInvalid)
	}
	for _, c := range n.Components {
		if !slices.Contains(Names(), c) {
			return fmt.Errorf("%w: components must be among %s", ErrInvalid, strings.Join(Names(), ", "))
		}
	}
	return nil
}

func said(text string, most int) bool {
	return strings.TrimSpace(text) != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most
}

// noted adds a note.
func (i Incident) noted(now time.Time, by, text string) Incident {
	i.Notes = append(slices.Clone(i.Notes), Note{now, by, text})
	return i
}

// resolved ends it.
func (i Incident) resolved(now time.Time) Incident {
	i.Resolved, i.State = now, Operational
	return i
}

// measured takes what was measured of its component.
func (i Incident) measured(now time.Time, c Component) Incident {
	i = i.noted(now, Kassa, told(c))
	if c.State == Operational {
		return i.resolved(now)
	}
	i.State, i.Worst = c.State, worse(i.Worst, c.State)
	i.Title = about(Component{Name: c.Name, State: i.Worst})
	return i
}

// about is the title of an incident that was measured.
func about(c Component) string {
	title := Title(c.Name)
	if c.State == Down {
		return title + ": not working"
	}
	return title + ": working with limits"
}

// told is the note about a component's state.
func told(c Component) string {
	if c.State == Operational {
		return "It works again."
	}
	if c.Says == "" {
		return word(c.State) + "."
	}
	return strings.ToUpper(c.Says[:1]) + c.Says[1:] + "."
}
