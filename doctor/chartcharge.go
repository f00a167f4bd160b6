package doctor

import (
	"time"

	"kassa"
	"kassa/charging"
	"kassa/ocpi"
)

// Charge is what is known of charging: of an order the session whose money it holds, of a charger what its terminal sells.
// Of an order that holds no session's money, and of a charger that nobody has charged at, little of it is there.
type Charge struct {
	// Session is the one whose money the order holds; nil when it is no charging session's.
	Session *charging.Session `json:"session,omitempty"`
	// Past are the other sessions at the same terminal, the newest first, at most 48.
	Past []charging.Session `json:"past,omitempty"`
	// TID is the terminal at the charger, Points are what it sells, one a connector; Assigned what its operator has assigned
	// to it, whether that is there or not.
	TID      string   `json:"tid,omitempty"`
	Points   []Point  `json:"points,omitempty"`
	Assigned Assigned `json:"assigned,omitzero"`
	// Peer is the connection with the charge point operator; nil when the terminal is assigned by none.
	Peer *Peer `json:"peer,omitempty"`
	// Ceiling is the most that the country lets a terminal hold, in minor units.
	Ceiling charging.Ceiling `json:"ceiling,omitzero"`
	// PIN tells whether the terminal can ask for a PIN.
	PIN bool `json:"pin,omitempty"`
	// Setup is the currency of the contactless set-up that the charger falls under; empty when there is none.
	Setup kassa.Currency `json:"setup,omitempty"`
	// Station is the charger itself; nil when an order is asked about.
	Station *StationFacts `json:"station,omitempty"`
	// Reader is the state of the terminal's reader, as it or its provider says.
	Reader Reader `json:"reader,omitzero"`
	// Tries counts how cards fared at this terminal and at the account's others.
	Tries []CardTries `json:"tries,omitempty"`
}

// Point is a connector that a terminal sells.
type Point struct {
	Location  string         `json:"location"`
	Country   string         `json:"country,omitempty"` // ISO 3166-1 alpha-3
	EVSE      ocpi.EVSE      `json:"evse"`
	Connector ocpi.Connector `json:"connector"`
	// Heard is when the operator was last heard of about the EVSE, zero when it is not known.
	Heard time.Time `json:"heard,omitzero"`
	// Tariffs are those of the connector that are kept.
	Tariffs []ocpi.Tariff `json:"tariffs,omitempty"`
}

// Assigned is what an operator has assigned to a terminal.
type Assigned struct {
	Locations []string `json:"locations,omitempty"`
	EVSEs     []string `json:"evses,omitempty"`
	// Missing are those among them that the operator does not list, or has removed.
	Missing []string `json:"missing,omitempty"`
}

// StationFacts is a charger as its operator entered it.
type StationFacts struct {
	ID        string `json:"id"`
	Certified bool   `json:"certified"`
}

// Reader is the state of a terminal's reader.
type Reader struct {
	State  string    `json:"state,omitempty"` // IDLE, READY, …; empty when nobody has said
	Since  time.Time `json:"since,omitzero"`
	Online bool      `json:"online,omitempty"`
}

// CardTries is how cards fared at one terminal in the last day.
type CardTries struct {
	TID      string `json:"tid"`
	Tries    int    `json:"tries"`
	Declined int    `json:"declined"`
}

// Peer is the connection with a charge point operator.
type Peer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Refused is when it last answered that our token is not known, Answered when it last answered otherwise; RefusedUs when
	// we last told it so. What is told in memory only is zero after a restart.
	Refused  time.Time `json:"refused,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	// Skew is how far its clock is ahead of ours, by the timestamp of its last answer, which came at SkewAt; zero when it
	// has given none since the start.
	Skew   time.Duration `json:"skew,omitempty"`
	SkewAt time.Time     `json:"skewAt,omitzero"`
	// Bills are how long its last bills took after the sessions had ended.
	Bills []Bill `json:"bills,omitempty"`
}

// Bill is how long a charge detail record took.
type Bill struct {
	Session string        `json:"session"`
	At      time.Time     `json:"at"`
	After   time.Duration `json:"after"` // the end of the session
}
