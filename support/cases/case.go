package cases

import (
	"errors"
	"time"
)

// Errors of what is asked for. Anything else is the store's or the secure module's.
var (
	// ErrUnknown tells that there is no such case, attachment or subject, or that it is somebody else's.
	ErrUnknown = errors.New("cases: unknown")
	// ErrInvalid tells that a value breaks a rule; the text names the field first.
	ErrInvalid = errors.New("cases: invalid")
	// ErrState tells that a case is merged into another, or closed, and takes no such step.
	ErrState = errors.New("cases: not in this state")
	// ErrFull tells that a limit of the account or the installation is reached.
	ErrFull = errors.New("cases: full")
)

// State is how a case stands.
type State string

// The states. Waiting is for an answer of whom it belongs to.
const (
	Open    State = "open"
	Waiting State = "waiting"
	Closed  State = "closed"
)

// What a case is about.
const (
	AboutDiagnosis = "diagnosis"
	AboutTerminal  = "terminal"
	AboutOrder     = "order"
)

// Subject is what a case is opened from; Kind is empty for a case about nothing in particular.
type Subject struct {
	Kind string `json:"kind,omitempty"` // diagnosis, terminal or order
	ID   string `json:"id,omitempty"`
}

// Facts is what was known of the subject when the case was opened, masked.
type Facts struct {
	Account   string `json:"account,omitempty"`
	Group     string `json:"group,omitempty"`
	TID       string `json:"tid,omitempty"`
	Serial    string `json:"serial,omitempty"`
	Title     string `json:"title,omitempty"`
	Diagnosis string `json:"diagnosis,omitempty"` // its id
	Contact   string `json:"contact,omitempty"`   // whom the rule names, or general support
	// Lines say when what happened, and what was found; no line names a key, an address, a person or a reference.
	Lines []string `json:"lines,omitempty"`
}

// Case is one case, the state of a stream "case/ID".
type Case struct {
	ID          string       `json:"id"`
	OpenedAt    time.Time    `json:"openedAt"`
	ChangedAt   time.Time    `json:"changedAt"`
	By          string       `json:"by,omitempty"` // a key's id
	Account     string       `json:"account,omitempty"`
	Group       string       `json:"group,omitempty"`
	Subject     Subject      `json:"subject,omitzero"`
	Title       string       `json:"title"`
	Facts       []Facts      `json:"facts,omitempty"` // more than one after a merge
	Contact     string       `json:"contact,omitempty"`
	State       State        `json:"state"`
	Notes       []Note       `json:"notes,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	// Merged are the cases that became part of this one; Into is the one that this became part of.
	Merged []string `json:"merged,omitempty"`
	Into   string   `json:"into,omitempty"`
}

// Note is what somebody wrote.
type Note struct {
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`
	Text string    `json:"text"`
}

// Attachment is a file of a case; its bytes are kept sealed in a stream "casefile/ID".
type Attachment struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`
	Name string    `json:"name"`
	Type string    `json:"type"` // by its content
	Size int       `json:"size"` // bytes
}

// Who is who asks: the operator, an account's, or that of one group.
type Who struct {
	Operator       bool
	Account, Group string
	By             string
}

func (w Who) sees(c Case) bool {
	return w.Operator || w.Account != "" && w.Account == c.Account && (w.Group == "" || w.Group == c.Group)
}

// The facts about cases.
type (
	// CaseOpened begins a case.
	CaseOpened struct {
		ID      string  `json:"id"`
		Subject Subject `json:"subject,omitzero"`
		By      string  `json:"by,omitempty"`
	}
	// CaseNoted tells that somebody wrote a note; the state holds it.
	CaseNoted struct {
		ID string `json:"id"`
		By string `json:"by,omitempty"`
	}
	// CaseMoved gives a case another state.
	CaseMoved struct {
		ID    string `json:"id"`
		State State  `json:"state"`
		By    string `json:"by,omitempty"`
	}
	// CaseAttached tells of a new file.
	CaseAttached struct {
		ID   string `json:"id"`
		File string `json:"file"`
		Type string `json:"type"`
		Size int    `json:"size"`
		By   string `json:"by,omitempty"`
	}
	// CaseMerged tells that a case became part of another; both have it.
	CaseMerged struct {
		From string `json:"from"`
		Into string `json:"into"`
		By   string `json:"by,omitempty"`
	}
)
