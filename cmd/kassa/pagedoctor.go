package main

import (
	"context"
	"errors"
	"time"

	"kassa/clinic"
	"kassa/dashboard"
	"kassa/doctor"
)

// pageDoctor gives the pages the doctor. Who sees the pages runs the installation.
type pageDoctor struct{ k *clinic.Clinic }

func (pageDoctor) who() clinic.Reader { return clinic.Reader{Operator: true, By: "the pages"} }

// known parts what is not there from what could not be read.
func known(err error) (bool, error) {
	if errors.Is(err, clinic.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

func (p pageDoctor) Diagnose(ctx context.Context, s doctor.Subject, symptom string, probe bool) (string, bool, error) {
	d, err := p.k.Diagnose(ctx, p.who(), clinic.Ask{Subject: s, Symptom: symptom, Probe: probe})
	ok, err := known(err)
	return d.ID, ok, err
}

func (p pageDoctor) Find(id string) (dashboard.Diagnosis, bool, error) {
	d, err := p.k.Find(p.who(), id)
	ok, err := known(err)
	return pageDiagnosis(d), ok, err
}

func pageDiagnosis(d clinic.Kept) dashboard.Diagnosis {
	return dashboard.Diagnosis{ID: d.ID, At: d.At, Trigger: d.Trigger, Symptom: d.Symptom, Judged: d.Judged, Found: d.Diagnosis}
}

func (p pageDoctor) List(f dashboard.DiagnosisFilter) (list []dashboard.Diagnosis, more bool, err error) {
	kept, more, err := p.k.List(p.who(), clinic.Filter{Subject: f.Subject, Code: f.Code, Trigger: f.Trigger, Before: f.Before, Limit: f.Limit})
	for _, d := range kept {
		list = append(list, pageDiagnosis(d))
	}
	return list, more, err
}

func (p pageDoctor) Feedback(ctx context.Context, id, code string, yes bool) (bool, error) {
	_, err := p.k.Feedback(ctx, p.who(), id, code, yes)
	return known(err)
}

func (p pageDoctor) Share(id string, until time.Time) (string, bool, error) {
	token, err := p.k.Share(p.who(), id, until)
	ok, err := known(err)
	return "/help/" + token, ok, err
}

// causes are what the doctor knows, with how it does.
func (p pageDoctor) causes() dashboard.Causes {
	return dashboard.Causes{
		Rules: p.k.Book.Rules(), Contacts: p.k.Contacts,
		Hits: func(code string) dashboard.Hits {
			r := p.k.HitRates()[code]
			return dashboard.Hits{Found: r.Found, Also: r.Also, Yes: r.Yes, No: r.No}
		},
	}
}
