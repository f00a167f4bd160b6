package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kassa"
	"kassa/clinic"
	"kassa/doctor"
	"kassa/sale/native"
	"kassa/support/cases"
)

// casePorts gives the native API the cases.
type casePorts struct{ s *cases.Shelf }

func asker(who native.Caller) cases.Who {
	return cases.Who{Operator: who.Account == "", Account: who.Account, Group: who.Group, By: who.Key}
}

// shownCase makes the errors of cases into those of the API.
func shownCase(c any, err error) (any, error) {
	for of, as := range map[error]error{
		cases.ErrUnknown: native.ErrNoCase, cases.ErrInvalid: native.ErrCaseInput, cases.ErrState: native.ErrCaseState, cases.ErrFull: native.ErrCaseState,
	} {
		if errors.Is(err, of) {
			return nil, fmt.Errorf("%w: %s", as, strings.TrimPrefix(err.Error(), of.Error()+": "))
		}
	}
	return c, err
}

func (p casePorts) Open(who native.Caller, ask native.NewCase) (any, error) {
	return shownCase(p.s.Open(asker(who), cases.Asked{Subject: cases.Subject{Kind: ask.Kind, ID: ask.ID}, Title: ask.Title, Note: ask.Note}))
}

func (p casePorts) List(who native.Caller, f native.CaseFilter) (any, string, error) {
	list, next, err := p.s.List(asker(who), cases.Filter{State: cases.State(f.State), After: f.After, Limit: f.Limit})
	shown, err := shownCase(append([]cases.Case{}, list...), err)
	return shown, next, err
}

func (p casePorts) Find(who native.Caller, id string) (any, error) {
	return shownCase(p.s.Find(asker(who), id))
}

func (p casePorts) Change(who native.Caller, id string, by native.CaseChange) (any, error) {
	switch {
	case by.Into != "":
		return shownCase(p.s.Merge(asker(who), id, by.Into))
	case by.Note != "":
		return shownCase(p.s.Note(asker(who), id, by.Note))
	}
	return shownCase(p.s.Move(asker(who), id, cases.State(by.State)))
}

func (p casePorts) Attach(who native.Caller, id, name string, body []byte) (any, error) {
	return shownCase(p.s.Attach(asker(who), id, name, body))
}

func (p casePorts) File(who native.Caller, id, file string) (kind, name string, body []byte, err error) {
	a, body, err := p.s.File(asker(who), id, file)
	_, err = shownCase(nil, err)
	return a.Type, a.Name, body, err
}

func (p casePorts) Bundle(who native.Caller, id string, to io.Writer) error {
	_, err := shownCase(nil, p.s.Bundle(asker(who), id, to))
	return err
}

// caseFacts fills in cases with what the doctor finds.
type caseFacts struct{ c *cloud }

// fillTime bounds how long whoever opens a case waits for the doctor.
const fillTime = 10 * time.Second

func (f caseFacts) Of(who cases.Who, about cases.Subject) (cases.Facts, error) {
	facts := cases.Facts{Account: who.Account, Group: who.Group, Contact: f.c.clinic.Contacts[doctor.GeneralSupport]}
	if about.Kind == "" {
		return facts, nil
	}
	d, err := f.examined(who, about)
	if errors.Is(err, clinic.ErrUnknown) {
		return facts, fmt.Errorf("%w: subject", cases.ErrUnknown)
	}
	if err != nil {
		return facts, err
	}
	facts.Account, facts.Group, facts.Diagnosis = d.Account, d.Group, d.ID
	facts.Title = string(d.Diagnosis.Subject.Kind) + " " + d.Diagnosis.Subject.ID
	t, known := f.c.registry.Terminal(f.terminalOf(d.Diagnosis.Subject))
	if known && (who.Operator || t.Account == d.Account && (d.Group == "" || t.Group == d.Group)) {
		facts.TID, facts.Serial = t.TID, t.POIID
	}
	shown := clinic.Masked(d)
	for i, found := range shown.Diagnosis.Findings {
		if i == 0 {
			facts.Title += ": " + found.Title.EN
			if contact := f.c.clinic.Contacts[found.Contact]; contact != "" {
				facts.Contact = contact
			}
		}
		facts.Lines = append(facts.Lines, found.Code+": "+found.Title.EN)
		for _, e := range found.Evidence {
			facts.Lines = append(facts.Lines, e.At.UTC().Format(time.RFC3339)+" "+string(e.Source)+": "+e.Says)
		}
	}
	return facts, nil
}

// examined is the diagnosis that a case is opened from, or a new one of its subject. What the operator asks about a
// subject, or has asked, is gathered as its owner sees it, so that the owner may see the case.
func (f caseFacts) examined(who cases.Who, about cases.Subject) (d clinic.Kept, err error) {
	reader := clinic.Reader{Operator: who.Operator, Account: who.Account, Group: who.Group, By: who.By}
	ask := clinic.Ask{Subject: doctor.Subject{Kind: doctor.Kind(about.Kind), ID: about.ID}}
	ctx, cancel := context.WithTimeout(context.Background(), fillTime)
	defer cancel()
	switch account, group := f.ownerOf(ask.Subject); {
	case about.Kind == cases.AboutDiagnosis:
		d, err = f.c.clinic.Find(reader, about.ID)
	case who.Operator && account != "":
		return f.c.clinic.Diagnose(ctx, clinic.Reader{Account: account, Group: group, By: who.By}, ask)
	default:
		d, err = f.c.clinic.Diagnose(ctx, reader, ask)
	}
	account, group := f.ownerOf(d.Diagnosis.Subject)
	if err != nil || !who.Operator || d.Account != "" || account == "" {
		return d, err
	}
	return f.c.clinic.Diagnose(ctx, clinic.Reader{Account: account, Group: group, By: who.By}, clinic.Ask{Subject: d.Diagnosis.Subject, Symptom: d.Symptom})
}

// ownerOf is the account and the group that an order was made for, or that a terminal belongs to; empty for all else.
func (f caseFacts) ownerOf(s doctor.Subject) (account, group string) {
	if s.Kind == doctor.Order {
		o := f.order(s.ID)
		return o.Account, o.Scope
	}
	if s.Kind == doctor.Terminal {
		t, _ := f.c.registry.Terminal(s.ID)
		return t.Account, t.Group
	}
	return "", ""
}

// terminalOf is the terminal that a subject is, or that an order was made for.
func (f caseFacts) terminalOf(s doctor.Subject) string {
	if s.Kind == doctor.Order {
		return f.order(s.ID).TID
	}
	return s.ID
}

// order reads an order; it is empty when there is none.
func (f caseFacts) order(id string) (o kassa.Order) {
	stream, ok, err := f.c.store.Load("order/" + id)
	if err != nil || !ok || json.Unmarshal(stream.State, &o) != nil {
		return kassa.Order{}
	}
	return o
}
