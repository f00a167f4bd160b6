package cases

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Limits of what people write.
const (
	MaxTitle = 200  // characters
	MaxNote  = 4000 // characters
	maxNotes = 500  // of a case
)

// Asked is what somebody opens a case with; what is empty is filled in from what is known.
type Asked struct {
	Subject Subject
	Title   string
	Note    string
}

// Open opens a case, pre-filled with what is known of its subject.
func (s *Shelf) Open(who Who, ask Asked) (Case, error) {
	for _, text := range []struct {
		field, text string
		most        int
	}{{"title", ask.Title, MaxTitle}, {"note", ask.Note, MaxNote}} {
		if err := check(text.field, text.text, 0, text.most); err != nil {
			return Case{}, err
		}
	}
	if !slices.Contains([]string{"", AboutDiagnosis, AboutTerminal, AboutOrder}, ask.Subject.Kind) {
		return Case{}, invalid("subject/kind", "must be diagnosis, terminal, order, or nothing")
	}
	if (ask.Subject.Kind == "") != (ask.Subject.ID == "") {
		return Case{}, invalid("subject/id", "must name the subject when there is one")
	}
	facts, err := s.cfg.Known.Of(who, ask.Subject)
	if err != nil {
		return Case{}, err
	}
	title := cmp.Or(ask.Title, facts.Title)
	if title == "" {
		return Case{}, invalid("title", "must say what the case is about when it has no subject")
	}
	now := s.cfg.Now()
	c := Case{
		OpenedAt: now, By: who.By, Account: facts.Account, Group: facts.Group, Subject: ask.Subject, Title: title, Facts: []Facts{facts},
		Contact: facts.Contact, State: Open,
	}
	if !who.sees(c) {
		return Case{}, fmt.Errorf("%w: subject", ErrUnknown)
	}
	if ask.Note != "" {
		c.Notes = []Note{{At: now, By: who.By, Text: ask.Note}}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if len(s.cases) >= maxCases {
		return Case{}, fmt.Errorf("%w: %d cases", ErrFull, maxCases)
	}
	if c.ID, err = s.newID(kindCase); err != nil {
		return Case{}, err
	}
	return s.made(step{c, []any{CaseOpened{c.ID, c.Subject, c.By}}})
}

// made commits one step, and gives the case after it. The caller holds writing.
func (s *Shelf) made(st step) (Case, error) {
	if err := s.commit(nil, st); err != nil {
		return Case{}, err
	}
	return s.cases[st.after.ID].copied(), nil
}

// Note adds what somebody writes. A case that waited or was closed is open again.
func (s *Shelf) Note(who Who, id, text string) (Case, error) {
	if err := check("text", text, 1, MaxNote); err != nil {
		return Case{}, err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	c, err := s.changeable(who, id)
	if err != nil {
		return c, err
	}
	if len(c.Notes) >= maxNotes {
		return c, fmt.Errorf("%w: a case has %d notes at most", ErrFull, maxNotes)
	}
	c.Notes, c.State = append(c.Notes, Note{At: s.cfg.Now(), By: who.By, Text: text}), Open
	return s.made(step{c, []any{CaseNoted{id, who.By}}})
}

// Move gives a case a state.
func (s *Shelf) Move(who Who, id string, to State) (Case, error) {
	if !slices.Contains([]State{Open, Waiting, Closed}, to) {
		return Case{}, invalid("state", "must be open, waiting or closed")
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	c, err := s.changeable(who, id)
	if err != nil || c.State == to {
		return c, err
	}
	c.State = to
	return s.made(step{c, []any{CaseMoved{id, to, who.By}}})
}

// Merge makes a case part of another one of the same account and group, which gets its facts, notes and attachments. The
// same again changes nothing.
func (s *Shelf) Merge(who Who, from, into string) (Case, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	gone, err := s.Find(who, from)
	if err != nil {
		return Case{}, err
	}
	c, err := s.changeable(who, into)
	switch {
	case err != nil:
		return c, err
	case gone.Into == into:
		return c, nil
	case gone.Into != "":
		return c, fmt.Errorf("%w: it is part of %s", ErrState, gone.Into)
	case from == into:
		return c, invalid("into", "must be another case")
	case gone.Account != c.Account || gone.Group != c.Group:
		return c, invalid("into", "must be a case of the same account and group")
	case len(c.Notes)+len(gone.Notes) > maxNotes || len(c.Attachments)+len(gone.Attachments) > maxFiles:
		return c, fmt.Errorf("%w: together they have more than %d notes or %d attachments", ErrFull, maxNotes, maxFiles)
	}
	c.Facts, c.Attachments = append(c.Facts, gone.Facts...), append(c.Attachments, gone.Attachments...)
	c.Notes = append(c.Notes, gone.Notes...)
	slices.SortStableFunc(c.Notes, func(a, b Note) int { return a.At.Compare(b.At) })
	c.Merged = append(append(c.Merged, from), gone.Merged...)
	gone.Into, gone.State = into, Closed
	fact := CaseMerged{from, into, who.By}
	if err := s.commit(nil, step{c, []any{fact}}, step{gone, []any{fact}}); err != nil {
		return Case{}, err
	}
	return s.cases[into].copied(), nil
}

// changeable gives a case that the asker may change. The caller holds writing.
func (s *Shelf) changeable(who Who, id string) (Case, error) {
	c, err := s.Find(who, id)
	if err == nil && c.Into != "" {
		err = fmt.Errorf("%w: it is part of %s", ErrState, c.Into)
	}
	return c, err
}

// invalid says which field breaks which rule.
func invalid(field, rule string, args ...any) error {
	return fmt.Errorf("%w: %s: "+rule, append([]any{ErrInvalid, field}, args...)...)
}

// check tells whether a text has so many characters, none that a page may not hold, and no card number.
func check(field, text string, least, most int) error {
	switch n := len([]rune(text)); {
	case n < least || n > most:
		return invalid(field, "must have from %d to %d characters", least, most)
	case strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r == unicode.ReplacementChar
	}):
		return invalid(field, "must be plain text")
	case namesCard(text):
		return invalid(field, "must not hold a card number")
	}
	return nil
}

// namesCard tells whether a text has 13 to 19 digits in a row, but for spaces and dashes, that pass the check of ISO/IEC
// 7812-1, annex B.
func namesCard(text string) bool {
	var run []int
	for _, r := range text + "." {
		switch {
		case r >= '0' && r <= '9':
			run = append(run, int(r-'0'))
		case r == ' ' || r == '-':
		default:
			for from := range run {
				for n := 13; n <= 19 && from+n <= len(run); n++ {
					if passes(run[from : from+n]) {
						return true
					}
				}
			}
			run = nil
		}
	}
	return false
}

func passes(digits []int) bool {
	sum := 0
	for i, d := range digits {
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
