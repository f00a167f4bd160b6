package status

import (
	"fmt"
	"time"
)

// State is how a component is.
type State string

// The states, the best first.
const (
	Operational State = "operational"
	Degraded    State = "degraded"
	Down        State = "down"
)

// rank orders the states, the worst last; 0 is no state.
func (s State) rank() int {
	switch s {
	case Operational:
		return 1
	case Degraded:
		return 2
	case Down:
		return 3
	}
	return 0
}

func worse(a, b State) State {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// The components.
const (
	API       = "api"
	Dashboard = "dashboard"
	Terminals = "terminals"
	Acquirer  = "acquirer"
	Webhooks  = "webhooks"
	Events    = "events"
	Store     = "store"
)

// Names lists the components in the order in which they are shown.
func Names() []string {
	return []string{API, Dashboard, Terminals, Acquirer, Webhooks, Events, Store}
}

// Title is a component's name for people.
func Title(name string) string {
	switch name {
	case API:
		return "API"
	case Dashboard:
		return "Dashboard"
	case Terminals:
		return "Terminal connections"
	case Acquirer:
		return "Connection to the acquirer"
	case Webhooks:
		return "Webhooks"
	case Events:
		return "Events and live updates"
	case Store:
		return "Record of payments"
	}
	return name
}

// Figures are what was measured of the installation over the last minutes.
type Figures struct {
	API, Dashboard Traffic
	Terminals      Fleet
	Acquirer       Line
	Webhooks       Post
	Events         Delay
	Store          Disk
}

// Traffic is answers over HTTP; Failed are those with a status of 500 and above.
type Traffic struct {
	Answers, Failed int
	P95             time.Duration
}

// Fleet is the terminals: how many have a link, and how many lost theirs within the last minute and are not back.
type Fleet struct{ Online, Dropped int }

// Line is the way to the acquirer: the links that there should be, those that are signed on, the authorisations
// asked for and those without an answer.
type Line struct{ Links, SignedOn, Asked, TimedOut int }

// Post is the webhooks: the hosts that were called, and those of which no call succeeded.
type Post struct{ Hosts, Failing int }

// Delay is how long facts take from their commit to those who follow the record.
type Delay struct {
	Heard int
	P95   time.Duration
}

// Disk is how long commits take.
type Disk struct {
	Commits int
	P95     time.Duration
	Failed  bool
}

// Reading is what one look at a component came to.
type Reading struct {
	State State
	Says  string // in words for everybody; empty when all is well
}

// Where a state begins. Counts keep a single failure of a quiet night from being an outage.
const (
	leastFailed = 3
	leastSlow   = 20
	slowAnswer  = 2 * time.Second
	leastDrops  = 3
	leastHosts  = 3
	slowEvents  = 2 * time.Second
	deadEvents  = 15 * time.Second
	slowCommit  = 500 * time.Millisecond
	deadCommit  = 10 * time.Second
)

// Judge says how each component is by what was measured alone.
func Judge(f Figures) map[string]Reading {
	return map[string]Reading{
		API: traffic(f.API), Dashboard: traffic(f.Dashboard), Terminals: fleet(f.Terminals), Acquirer: line(f.Acquirer),
		Webhooks: post(f.Webhooks), Events: delay(f.Events), Store: disk(f.Store),
	}
}

func fine() Reading { return Reading{State: Operational} }

// share tells whether part is at least so many per cent of all.
func share(part, all, percent int) bool { return all > 0 && part*100 >= all*percent }

func traffic(t Traffic) Reading {
	says := fmt.Sprintf("%d of %d answers failed in the last minutes", t.Failed, t.Answers)
	switch {
	case t.Failed >= leastFailed && share(t.Failed, t.Answers, 50):
		return Reading{Down, says}
	case t.Failed >= leastFailed && share(t.Failed, t.Answers, 5):
		return Reading{Degraded, says}
	case t.Answers >= leastSlow && t.P95 > slowAnswer:
		return Reading{Degraded, "answers take longer than usual: up to " + seconds(t.P95)}
	}
	return fine()
}

func fleet(f Fleet) Reading {
	all := f.Online + f.Dropped
	switch {
	case f.Dropped >= leastDrops && share(f.Dropped, all, 50):
		return Reading{Down, "most terminals lost their connection at once"}
	case f.Dropped >= leastDrops && share(f.Dropped, all, 10):
		return Reading{Degraded, fmt.Sprintf("%d per cent of the terminals lost their connection at once", f.Dropped*100/all)}
	}
	return fine()
}

func line(l Line) Reading {
	late := fmt.Sprintf("%d of %d authorisations stayed without an answer in the last minutes", l.TimedOut, l.Asked)
	switch {
	case l.SignedOn == 0:
		return Reading{Down, "no connection to the acquirer is signed on: cards cannot be authorised"}
	case l.TimedOut >= leastFailed && share(l.TimedOut, l.Asked, 50):
		return Reading{Down, late}
	case l.TimedOut >= leastFailed && share(l.TimedOut, l.Asked, 10):
		return Reading{Degraded, late}
	case l.SignedOn < l.Links:
		return Reading{Degraded, fmt.Sprintf("%d of %d connections to the acquirer are signed on", l.SignedOn, l.Links)}
	}
	return fine()
}

// post takes many hosts that fail for ours to have failed: that one does not answer is its own affair.
func post(p Post) Reading {
	says := fmt.Sprintf("%d of %d receivers could not be reached in the last minutes", p.Failing, p.Hosts)
	switch {
	case p.Failing >= leastHosts && share(p.Failing, p.Hosts, 90):
		return Reading{Down, says}
	case p.Failing >= leastHosts && share(p.Failing, p.Hosts, 50):
		return Reading{Degraded, says}
	}
	return fine()
}

func delay(d Delay) Reading {
	says := "updates arrive late: after up to " + seconds(d.P95)
	switch {
	case d.Heard > 0 && d.P95 > deadEvents:
		return Reading{Down, says}
	case d.Heard > 0 && d.P95 > slowEvents:
		return Reading{Degraded, says}
	}
	return fine()
}

func disk(d Disk) Reading {
	switch {
	case d.Failed:
		return Reading{Down, "the record cannot be written"}
	case d.Commits > 0 && d.P95 > deadCommit:
		return Reading{Down, "the record takes too long to write: up to " + seconds(d.P95)}
	case d.Commits > 0 && d.P95 > slowCommit:
		return Reading{Degraded, "the record is slow: a commit takes up to " + seconds(d.P95)}
	}
	return fine()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// Rules of the hysteresis.
const (
	// looksToFall is how many looks in a row must find a component worse before it is.
	looksToFall = 2
	// timeToRise is how long it must have looked better before it is.
	timeToRise = time.Minute
	// longestLook bounds what one look counts for: for longer than that nobody looked.
	longestLook = 30 * time.Second
)

// Component is how a component is.
type Component struct {
	Name  string    `json:"name"`
	State State     `json:"state"`
	Since time.Time `json:"since,omitzero"`
	Says  string    `json:"says,omitempty"`
}

// Change is a component that has another state; it is the body of ComponentChanged.
type Change struct {
	Component
	Former State `json:"former,omitempty"`
}

// Machine follows the components from look to look.
type Machine struct {
	parts  map[string]*part
	looked time.Time
}

type part struct {
	Component
	falling State // the mildest of the looks in a row that were worse
	says    string
	falls   int
	rising  State // the worst of the looks since it began to look better
	better  time.Time
}

// NewMachine goes on from how the components were; what is not among them is taken to be operational since now.
func NewMachine(now time.Time, were []Component) *Machine {
	m := &Machine{parts: make(map[string]*part)}
	for _, name := range Names() {
		m.parts[name] = &part{Component: Component{Name: name, State: Operational, Since: now}}
	}
	for _, c := range were {
		if p := m.parts[c.Name]; p != nil && c.State.rank() > 0 {
			p.Component = c
		}
	}
	return m
}

// Components tells how they are, in their order.
func (m *Machine) Components() []Component {
	list := make([]Component, 0, len(m.parts))
	for _, name := range Names() {
		list = append(list, m.parts[name].Component)
	}
	return list
}

// Look takes what a look came to, and tells what has changed, and for how long the components were as they
// have been since the last look.
func (m *Machine) Look(now time.Time, readings map[string]Reading) (changes []Change, lasted time.Duration) {
	if !m.looked.IsZero() {
		lasted = min(max(now.Sub(m.looked), 0), longestLook)
	}
	m.looked = now
	for _, name := range Names() {
		r, ok := readings[name]
		if !ok || r.State.rank() == 0 {
			continue
		}
		if c, changed := m.parts[name].look(now, r); changed {
			changes = append(changes, c)
		}
	}
	return changes, lasted
}

func (p *part) look(now time.Time, r Reading) (Change, bool) {
	switch {
	case r.State.rank() > p.State.rank():
		p.better = time.Time{}
		if p.falls++; p.falls == 1 || r.State.rank() < p.falling.rank() {
			p.falling = r.State
		}
		p.says = r.Says
		if p.falls < looksToFall {
			return Change{}, false
		}
		return p.become(now, p.falling, p.says), true
	case r.State.rank() < p.State.rank():
		p.falls = 0
		if p.better.IsZero() {
			p.better, p.rising = now, r.State
		}
		if p.rising = worse(p.rising, r.State); now.Sub(p.better) < timeToRise {
			return Change{}, false
		}
		return p.become(now, p.rising, r.Says), true
	}
	p.falls, p.better = 0, time.Time{}
	if r.Says != "" {
		p.Says = r.Says
	}
	return Change{}, false
}

func (p *part) become(now time.Time, s State, says string) Change {
	c := Change{Component: Component{Name: p.Name, State: s, Since: now, Says: says}, Former: p.State}
	*p = part{Component: c.Component}
	return c
}
