package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kassa/clinic"
	"kassa/doctor"
	"kassa/sale/native"
)

// doctorPorts gives the native API the doctor.
type doctorPorts struct{ k *clinic.Clinic }

func readerOf(who native.Caller) clinic.Reader {
	return clinic.Reader{Operator: who.Account == "", Account: who.Account, Group: who.Group, By: who.Key}
}

func shownDiagnosis(d clinic.Kept, err error) (native.Diagnosis, error) {
	if errors.Is(err, clinic.ErrUnknown) {
		err = fmt.Errorf("%w: %w", native.ErrNoSubject, err)
	}
	return native.Diagnosis{
		ID: d.ID, At: d.At, Account: d.Account, Group: d.Group, Trigger: d.Trigger, Symptom: d.Symptom, Judged: d.Judged, Found: d.Diagnosis,
	}, err
}

func (p doctorPorts) Diagnose(ctx context.Context, who native.Caller, q native.Question) (native.Diagnosis, error) {
	return shownDiagnosis(p.k.Diagnose(ctx, readerOf(who), clinic.Ask{Subject: q.Subject, Symptom: q.Symptom, Probe: q.Probe}))
}

func (p doctorPorts) Find(who native.Caller, id string) (native.Diagnosis, error) {
	return shownDiagnosis(p.k.Find(readerOf(who), id))
}

func (p doctorPorts) List(who native.Caller, f native.DiagnosisFilter) (list []native.Diagnosis, more bool, err error) {
	kept, more, err := p.k.List(readerOf(who), clinic.Filter{Subject: f.Subject, Code: f.Code, Trigger: f.Trigger, Before: f.Before, Limit: f.Limit})
	for _, d := range kept {
		shown, _ := shownDiagnosis(d, nil)
		list = append(list, shown)
	}
	return list, more, err
}

func (p doctorPorts) Feedback(ctx context.Context, who native.Caller, id, code string, yes bool) (native.Diagnosis, error) {
	return shownDiagnosis(p.k.Feedback(ctx, readerOf(who), id, code, yes))
}

func (p doctorPorts) Share(who native.Caller, id string, until time.Time) (string, error) {
	token, err := p.k.Share(readerOf(who), id, until)
	if errors.Is(err, clinic.ErrUnknown) {
		err = fmt.Errorf("%w: %w", native.ErrNoSubject, err)
	}
	return "/help/" + token, err
}

// rules are those of the doctor, with how they do.
func (p doctorPorts) rules() native.Rules {
	return native.Rules{
		List: func() []doctor.Rule { return p.k.Book.Rules() }, Contacts: p.k.Contacts,
		Hits: func(code string) native.Hits {
			r := p.k.HitRates()[code]
			return native.Hits{Found: r.Found, Also: r.Also, Yes: r.Yes, No: r.No}
		},
	}
}
