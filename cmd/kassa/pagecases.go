package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"kassa/dashboard"
	"kassa/doctor"
	"kassa/support/cases"
)

// pageCases gives the pages the cases. Who sees the pages runs the installation.
type pageCases struct{ s *cases.Shelf }

func (pageCases) who() cases.Who { return cases.Who{Operator: true, By: "the pages"} }

// onPage makes the errors of cases into those of the pages.
func onPage(err error) error {
	if errors.Is(err, cases.ErrUnknown) {
		return dashboard.ErrNoCase
	}
	for _, of := range []error{cases.ErrInvalid, cases.ErrState, cases.ErrFull} {
		if errors.Is(err, of) {
			says := strings.TrimPrefix(err.Error(), of.Error()+": ")
			if of == cases.ErrInvalid { // the field, and then the rule
				says = strings.Replace(says, ": ", " ", 1)
			}
			return fmt.Errorf("%w: %s", dashboard.ErrCaseRefused, says)
		}
	}
	return err
}

func (p pageCases) Open(about doctor.Subject, title, note string) (string, error) {
	c, err := p.s.Open(p.who(), cases.Asked{Subject: cases.Subject{Kind: string(about.Kind), ID: about.ID}, Title: title, Note: note})
	return c.ID, onPage(err)
}

func (p pageCases) Find(id string) (dashboard.Case, error) {
	c, err := p.s.Find(p.who(), id)
	return pageCase(c), onPage(err)
}

func (p pageCases) List(f dashboard.CaseFilter) (list []dashboard.Case, next string, err error) {
	kept, next, err := p.s.List(p.who(), cases.Filter{State: cases.State(f.State), After: f.After, Limit: f.Limit})
	for _, c := range kept {
		list = append(list, pageCase(c))
	}
	return list, next, onPage(err)
}

func pageCase(c cases.Case) dashboard.Case {
	shown := dashboard.Case{
		ID: c.ID, Title: c.Title, State: string(c.State), OpenedAt: c.OpenedAt, ChangedAt: c.ChangedAt, Account: c.Account, Group: c.Group, Contact: c.Contact,
		About: doctor.Subject{Kind: doctor.Kind(c.Subject.Kind), ID: c.Subject.ID}, Merged: c.Merged, Into: c.Into,
	}
	for _, f := range c.Facts {
		shown.Facts = append(shown.Facts, dashboard.CaseFacts{Account: f.Account, Group: f.Group, TID: f.TID, Serial: f.Serial, Diagnosis: f.Diagnosis, Lines: f.Lines})
	}
	for _, n := range c.Notes {
		shown.Notes = append(shown.Notes, dashboard.CaseNote(n))
	}
	for _, a := range c.Attachments {
		shown.Files = append(shown.Files, dashboard.CaseFile{ID: a.ID, Name: a.Name, Type: a.Type, At: a.At, Size: a.Size})
	}
	return shown
}

func (p pageCases) Change(id string, by dashboard.CaseStep) (err error) {
	switch {
	case by.Into != "":
		_, err = p.s.Merge(p.who(), id, by.Into)
	case by.Note != "":
		_, err = p.s.Note(p.who(), id, by.Note)
	default:
		_, err = p.s.Move(p.who(), id, cases.State(by.State))
	}
	return onPage(err)
}

func (p pageCases) Attach(id, name string, body []byte) error {
	_, err := p.s.Attach(p.who(), id, name, body)
	return onPage(err)
}

func (p pageCases) File(id, file string) (string, []byte, error) {
	a, body, err := p.s.File(p.who(), id, file)
	return a.Type, body, onPage(err)
}

func (p pageCases) Bundle(id string, to io.Writer) error { return onPage(p.s.Bundle(p.who(), id, to)) }
