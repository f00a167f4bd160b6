package main

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"kassa/dashboard"
	"kassa/estate"
	"kassa/poilink"
	"kassa/sale/native"
	"kassa/support"
)

// This file joins the jobs around devices with who asks for them: the API, and the devices themselves.

// joinDesk opens the jobs. It comes after the links, which it reaches devices by.
func (c *cloud) joinDesk() (err error) {
	c.desk, err = support.Open(support.Config{
		Store: c.store, Vault: c.secure, Estate: c.registry, Links: c.pois, Environment: c.registry.Environment(), Now: c.now, Random: rand.Reader,
	})
	return err
}

// workshop does what the work on a device itself asks for.
type workshop struct{ c *cloud }

func (w workshop) Serve(_ time.Time, poiid string, s poilink.Servicing) (poilink.Serviced, error) {
	take := w.c.desk.Unlock
	if s.Kind == poilink.ServiceDeveloper {
		take = w.c.desk.DeveloperMode
	}
	v, err := take(poiid, s.Code)
	return poilink.Serviced{
		Accepted: v.Accepted && err == nil, Reason: reasonOf(v.Reason), Text: v.Text, RetryAfterMS: v.RetryAfter.Milliseconds(),
	}, err
}

// reasonOf is why a code was not accepted, as a device is told.
func reasonOf(r support.Reason) poilink.ServiceReason {
	switch r {
	case support.NoCode:
		return poilink.ServiceNoCode
	case support.WrongCode:
		return poilink.ServiceWrong
	case support.CodeLocked:
		return poilink.ServiceLocked
	case support.CodeVoided:
		return poilink.ServiceVoid
	case support.CodeExpired:
		return poilink.ServiceExpired
	case support.NotInLive:
		return poilink.ServiceLive
	}
	return ""
}

func (w workshop) Recovered(_ time.Time, poiid string) error { return w.c.desk.Recovered(poiid) }

func (w workshop) InDeveloperMode(now time.Time, poiid string) error {
	err := w.c.registry.EnterDeveloperMode(now, poiid, "device")
	if errors.Is(err, estate.ErrState) {
		return nil // it is known by now
	}
	return err
}

func (w workshop) KeyFailed(now time.Time, poiid string, why estate.InjectionFailure) error {
	return w.c.registry.FailInjection(now, poiid, why)
}

// jobPorts gives the API the jobs.
type jobPorts struct{ c *cloud }

// refusedJob is why a job was not done, for the API.
func refusedJob(err error) error {
	text := strings.TrimPrefix(strings.TrimPrefix(errorText(err), "support: "), "estate: ")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, support.ErrLive):
		return &native.JobProblem{Code: "developer_mode_in_live", Text: text}
	case errors.Is(err, support.ErrSensor):
		return &native.JobProblem{Code: "sensor_suspected", Text: text}
	case errors.Is(err, support.ErrInvalid):
		field, rule, _ := strings.Cut(strings.TrimPrefix(text, "invalid: "), ": ")
		return &native.JobProblem{Code: "invalid_input", Field: field, Text: rule}
	case errors.Is(err, support.ErrState):
		return &native.JobProblem{Code: "wrong_state", Text: strings.TrimPrefix(text, "not in this state: ")}
	case errors.Is(err, support.ErrUnknown):
		return &native.JobProblem{Code: "not_found", Text: "there is no such " + strings.TrimPrefix(text, "unknown: ")}
	}
	return err
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func owner(s support.Subject) native.Owner {
	return native.Owner{Device: s.Device, POIID: s.Device, Terminal: s.TID, Account: s.Account, Group: s.Group}
}

func tamperRequest(r support.TamperRequest) native.TamperRequest {
	shown := native.TamperRequest{
		ID: r.ID, Type: support.TamperType, Owner: owner(r.Subject), State: string(r.State), Code: r.Code, Alarm: r.Alarm, Matches: r.Matches(),
		Note: r.Note, Picture: r.Picture, By: r.By, At: r.At, Suspected: r.Suspected, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt, Why: r.Why,
		Expires: r.Expires, WrongCodes: r.Wrong, LockedUntil: r.LockedUntil, UnlockedAt: r.UnlockedAt, ClearedAt: r.ClearedAt,
	}
	if ask, ok := r.SuggestedReturn(); ok {
		shown.Suggested = &native.NewReturn{Device: ask.Device, Reason: ask.Reason, Ticket: ask.Ticket, Note: ask.Note}
	}
	return shown
}

func (j jobPorts) TamperRequests() (list []native.TamperRequest) {
	for _, r := range j.c.desk.TamperRequests() {
		list = append(list, tamperRequest(r))
	}
	return list
}

func (j jobPorts) AskUnlock(device, code, note string, picture []byte, by string) (native.TamperRequest, error) {
	r, err := j.c.desk.AskUnlock(support.TamperAsk{Device: device, Code: code, Note: note, Picture: picture, By: by})
	return tamperRequest(r), refusedJob(err)
}

func (j jobPorts) TamperPicture(id string) (string, []byte, error) {
	kind, picture, err := j.c.desk.TamperPicture(id)
	return kind, picture, refusedJob(err)
}

func (j jobPorts) DecideUnlock(id, by string, approve, anyway bool, why string) (native.TamperRequest, string, error) {
	if !approve {
		r, err := j.c.desk.Refuse(id, by, why)
		return tamperRequest(r), "", refusedJob(err)
	}
	r, code, err := j.c.desk.Approve(id, by, anyway)
	return tamperRequest(r), code, refusedJob(err)
}

func (j jobPorts) Inspected(device, by string) error {
	return refusedJob(j.c.desk.Inspected(device, by))
}

func developerCode(c support.DeveloperCode) native.DeveloperCode {
	return native.DeveloperCode{
		ID: c.ID, TUSN: c.TUSN, Owner: owner(c.Subject), State: string(c.State), Reason: c.Reason, By: c.By, At: c.At, Expires: c.Expires,
		WrongCodes: c.Wrong, UsedAt: c.UsedAt,
	}
}

func (j jobPorts) DeveloperCodes() (list []native.DeveloperCode) {
	for _, c := range j.c.desk.DeveloperCodes() {
		list = append(list, developerCode(c))
	}
	return list
}

func (j jobPorts) DeviceBySerial(tusn string) (estate.Device, bool) {
	return j.c.desk.DeviceBySerial(tusn)
}

func (j jobPorts) AskDeveloperCode(tusn, reason string, understood bool, by string) (native.DeveloperCode, string, error) {
	c, code, err := j.c.desk.AskDeveloperCode(support.CodeAsk{TUSN: tusn, Reason: reason, Understood: understood, By: by})
	return developerCode(c), code, refusedJob(err)
}

func returned(r support.Return) native.Return {
	shown := native.Return{
		ID: r.ID, Owner: owner(r.Subject), Name: r.Name, State: string(r.State), Reason: r.Reason, Ticket: r.Ticket, Note: r.Note,
		Address: native.ReturnAddress(r.Address), By: r.By, At: r.At, Parcel: r.Parcel, Replacement: r.Replacement, Outcome: r.Outcome,
	}
	for _, s := range r.Next() {
		shown.Next = append(shown.Next, string(s))
	}
	for _, s := range r.Steps {
		shown.Steps = append(shown.Steps, native.ReturnDone{At: s.At, By: s.By, State: string(s.State), Note: s.Note})
	}
	return shown
}

func (j jobPorts) Returns() (list []native.Return) {
	for _, r := range j.c.desk.Returns() {
		list = append(list, returned(r))
	}
	return list
}

func (j jobPorts) AskReturn(device string, ask native.NewReturn, by string) (native.Return, error) {
	r, err := j.c.desk.AskReturn(support.ReturnAsk{
		Device: device, Reason: ask.Reason, Ticket: ask.Ticket, Note: ask.Note, Address: support.Address(ask.Address), By: by,
	})
	return returned(r), refusedJob(err)
}

func (j jobPorts) MoveReturn(id string, step native.ReturnStep, by string) (native.Return, error) {
	r, err := j.c.desk.Move(id, support.ReturnDo{Step: support.Step(step.Step), Note: step.Note, By: by, Device: step.Device, Outcome: step.Outcome})
	return returned(r), refusedJob(err)
}

func (j jobPorts) TakeBack(device, by, why string) error {
	_, err := j.c.desk.TakeBack(device, by, why)
	return refusedJob(err)
}

func (j jobPorts) InjectKeys(device, by string) (estate.Injection, error) {
	i, err := j.c.desk.InjectKeys(device, by)
	return i, refusedJob(err)
}

// service tells of the work on the device of a terminal, for the pages.
func (p pagePorts) service(tid string) dashboard.Jobs {
	t, _ := p.c.registry.Terminal(tid)
	d, _ := p.c.registry.Device(t.POIID)
	shown := dashboard.Jobs{Developer: t.Developer, Suspected: d.SensorSuspected()}
	if d.Tampered != nil {
		shown.Alarm, shown.AlarmAt = d.Tampered.What, d.Tampered.At
	}
	if d.Injection != nil {
		if i := d.Injection.As(p.c.now()); i.State == estate.InjectionFailed {
			shown.Key = "failed: " + i.Reason.Text()
		} else if i.State != estate.InjectionDone {
			shown.Key = string(i.State)
		}
	}
	of := func(s support.Subject) bool { return s.TID == tid || t.POIID != "" && s.Device == t.POIID }
	for _, r := range p.c.desk.TamperRequests() {
		if of(r.Subject) {
			shown.Jobs = append(shown.Jobs, tamperJob(r))
		}
	}
	for _, r := range p.c.desk.Returns() {
		if of(r.Subject) {
			shown.Jobs = append(shown.Jobs, returnJob(r))
		}
	}
	for _, c := range p.c.desk.DeveloperCodes() {
		if of(c.Subject) {
			shown.Jobs = append(shown.Jobs, dashboard.Job{
				Kind: "Developer code", ID: c.ID, State: string(c.State), At: c.At, Says: c.Reason, Over: c.State != support.CodeIssued,
			})
		}
	}
	slices.SortStableFunc(shown.Jobs, func(a, b dashboard.Job) int { return b.At.Compare(a.At) })
	shown.Jobs = shown.Jobs[:min(len(shown.Jobs), maxShownJobs)]
	return shown
}

// maxShownJobs bounds what a page shows of the work on a device.
const maxShownJobs = 10

func tamperJob(r support.TamperRequest) dashboard.Job {
	j := dashboard.Job{Kind: support.TamperType, ID: r.ID, State: string(r.State), At: r.At, Says: r.Code + " on " + r.Device, Over: !r.Open()}
	switch {
	case r.State == support.TamperAsked && r.Suspected:
		j.Next = "kassa tamper refuse " + r.ID + " --why …"
	case r.State == support.TamperAsked:
		j.Next = "kassa tamper approve " + r.ID
	}
	return j
}

func returnJob(r support.Return) dashboard.Job {
	j := dashboard.Job{Kind: "Return", ID: r.ID, State: string(r.State), At: r.At, Says: r.Device + " " + r.Reason, Over: !r.Open()}
	if r.Parcel != "" {
		j.Says += ", parcel " + r.Parcel
	}
	if r.Replacement != "" {
		j.Says += ", replaced by " + r.Replacement
	}
	if next := r.Next(); len(next) > 0 {
		j.Next = "kassa returns " + string(next[0]) + " " + r.ID
	}
	return j
}
