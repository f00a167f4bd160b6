package support

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// ReturnReasons are why a device is sent back.
func ReturnReasons() []string {
	return []string{
		"display", "keyboard", "printer", "scanner", "battery", "chip_reader", "network", "damage", "wrong_item", "closure", "payment_issues",
	}
}

// ReturnState is how far a return is.
type ReturnState string

// The states of a return, and with repaired, replaced, closed, refused and withdrawn its ends.
const (
	ReturnAsked     ReturnState = "asked"
	ReturnRefused   ReturnState = "refused"
	ReturnWithdrawn ReturnState = "withdrawn"
	ReturnApproved  ReturnState = "approved"
	ReturnLabelled  ReturnState = "labelled"
	ReturnTransit   ReturnState = "in_transit"
	ReturnReceived  ReturnState = "received"
	ReturnTested    ReturnState = "tested"
	ReturnRepaired  ReturnState = "repaired"
	ReturnReplaced  ReturnState = "replaced"
	ReturnClosed    ReturnState = "closed"
)

// Step is what is done with a return.
type Step string

// The steps.
const (
	StepApprove  Step = "approve"
	StepRefuse   Step = "refuse"
	StepWithdraw Step = "withdraw"
	StepLabel    Step = "label"
	StepSend     Step = "send"
	StepReceive  Step = "receive"
	StepTest     Step = "test"
	StepRepair   Step = "repair"
	StepReplace  Step = "replace"
	StepClose    Step = "close"
)

// move is where a step leads, and from where.
type move struct {
	step Step
	from []ReturnState
	to   ReturnState
}

func moves() []move {
	asked, approved := []ReturnState{ReturnAsked}, []ReturnState{ReturnApproved}
	return []move{
		{StepApprove, asked, ReturnApproved},
		{StepRefuse, asked, ReturnRefused},
		{StepWithdraw, []ReturnState{ReturnAsked, ReturnApproved, ReturnLabelled}, ReturnWithdrawn},
		{StepLabel, approved, ReturnLabelled},
		{StepSend, []ReturnState{ReturnLabelled}, ReturnTransit},
		{StepReceive, []ReturnState{ReturnTransit}, ReturnReceived},
		{StepTest, []ReturnState{ReturnReceived}, ReturnTested},
		{StepRepair, []ReturnState{ReturnTested}, ReturnRepaired},
		{StepReplace, []ReturnState{ReturnTested}, ReturnReplaced},
		{StepClose, []ReturnState{ReturnTested}, ReturnClosed},
	}
}

// Steps lists the steps.
func Steps() (list []Step) {
	for _, m := range moves() {
		list = append(list, m.step)
	}
	return list
}

// Why a return is closed without a repair and without a replacement.
const (
	ClosedAccount = "account_closure"
	ClosedWrong   = "wrong_terminal"
)

// Address is where a repaired device or a replacement is sent.
type Address struct {
	Name       string `json:"name"`
	Street     string `json:"street"`
	PostalCode string `json:"postal_code"`
	City       string `json:"city"`
	Country    string `json:"country"` // ISO 3166-1 alpha-2
}

func (a Address) check() error {
	for _, f := range []struct{ name, value string }{
		{"address/name", a.Name}, {"address/street", a.Street}, {"address/postal_code", a.PostalCode}, {"address/city", a.City},
	} {
		if !says(f.value, 1, maxShort) {
			return invalid(f.name, "must be text of 1 to %d characters", maxShort)
		}
	}
	if len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return invalid("address/country", "must be two capital letters, like NL")
	}
	return nil
}

// Return is a device that somebody wants to send back.
type Return struct {
	ID string `json:"id"`
	Subject
	Name    string      `json:"name,omitempty"` // of its terminal
	Reason  string      `json:"reason,omitempty"`
	Ticket  string      `json:"ticket,omitempty"`
	Note    string      `json:"note,omitempty"`
	Address Address     `json:"address,omitzero"`
	By      string      `json:"by"`
	At      time.Time   `json:"at"`
	State   ReturnState `json:"state"`
	// Parcel is what is written on it; empty before there is a label.
	Parcel      string       `json:"parcel,omitempty"`
	Replacement string       `json:"replacement,omitempty"` // POIID
	Outcome     string       `json:"outcome,omitempty"`     // why it was closed
	Steps       []ReturnStep `json:"steps"`
}

// ReturnStep is one step that was done.
type ReturnStep struct {
	At    time.Time   `json:"at"`
	By    string      `json:"by"`
	State ReturnState `json:"state"`
	Note  string      `json:"note,omitempty"`
}

// Open tells whether the return has no end yet.
func (r Return) Open() bool { return len(r.Next()) > 0 }

// Next lists the steps that can be done now.
func (r Return) Next() (list []Step) {
	for _, m := range moves() {
		if slices.Contains(m.from, r.State) {
			list = append(list, m.step)
		}
	}
	return list
}

// The facts of a return.
type (
	// ReturnAskedFor is its first.
	ReturnAskedFor struct {
		ID     string `json:"id"`
		Device string `json:"device"`
		Reason string `json:"reason,omitempty"`
		Ticket string `json:"ticket,omitempty"`
		By     string `json:"by"`
	}
	// ReturnMoved tells of a step.
	ReturnMoved struct {
		ID          string      `json:"id"`
		Device      string      `json:"device"`
		State       ReturnState `json:"state"`
		Parcel      string      `json:"parcel,omitempty"`
		Replacement string      `json:"replacement,omitempty"`
		Outcome     string      `json:"outcome,omitempty"`
		By          string      `json:"by"`
	}
)

// ReturnAsk asks for a return.
type ReturnAsk struct {
	Device  string // POIID
	Reason  string
	Ticket  string
	Note    string
	Address Address
	By      string
}

// AskReturn makes a return that the operator decides on. The device stays in use until it is sent.
func (d *Desk) AskReturn(ask ReturnAsk) (Return, error) {
	switch {
	case !slices.Contains(ReturnReasons(), ask.Reason):
		return Return{}, invalid("reason", "must be one of %s", strings.Join(ReturnReasons(), ", "))
	case !says(ask.Ticket, 1, maxShort):
		return Return{}, invalid("ticket", "must be the reference of the ticket, of 1 to %d characters", maxShort)
	case !says(ask.Note, 0, maxText):
		return Return{}, invalid("note", "must be text of at most %d characters", maxText)
	}
	if err := ask.Address.check(); err != nil {
		return Return{}, err
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	r, err := d.newReturn(ask)
	if err != nil {
		return Return{}, err
	}
	return r, d.keepReturn(r.At, r, nil, ReturnAskedFor{r.ID, r.Device, r.Reason, r.Ticket, r.By})
}

func (d *Desk) newReturn(ask ReturnAsk) (Return, error) {
	subject, device, err := d.subject(ask.Device)
	if err != nil {
		return Return{}, err
	}
	for _, r := range d.returns {
		if r.Device == ask.Device && r.Open() {
			return Return{}, fmt.Errorf("%w: there is a return of this device: %s", ErrState, r.ID)
		}
	}
	switch {
	case device.Returned != nil:
		return Return{}, fmt.Errorf("%w: the device is on its way back as %s", ErrState, device.Returned.Case)
	case len(d.returns) >= maxJobs:
		return Return{}, fmt.Errorf("%w: there are %d returns", ErrState, maxJobs)
	}
	id, err := d.newID(kindReturn)
	if err != nil {
		return Return{}, err
	}
	now := d.cfg.Now()
	t, _ := d.cfg.Estate.Terminal(subject.TID)
	return Return{
		ID: id, Subject: subject, Name: t.Name, Reason: ask.Reason, Ticket: ask.Ticket, Note: ask.Note, Address: ask.Address, By: ask.By,
		At: now, State: ReturnAsked, Steps: []ReturnStep{{At: now, By: ask.By, State: ReturnAsked}},
	}, nil
}

// TakeBack sends a device back at once, as the operator may: nobody asked, and nobody has to approve.
func (d *Desk) TakeBack(poiid, by, why string) (Return, error) {
	if !says(why, 1, maxText) {
		return Return{}, invalid("why", "must say in 1 to %d characters what is wrong with it", maxText)
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	if device, ok := d.cfg.Estate.Device(poiid); ok && device.Returned != nil {
		for _, r := range d.returns {
			if r.Parcel == device.Returned.Case {
				return r, nil // the same, a second time
			}
		}
	}
	r, err := d.newReturn(ReturnAsk{Device: poiid, Note: why, By: by})
	if err != nil {
		return Return{}, err
	}
	if r.Parcel, err = d.cfg.Estate.NewParcel(); err != nil {
		return Return{}, err
	}
	r.State = ReturnTransit
	r.Steps = []ReturnStep{{At: r.At, By: by, State: ReturnTransit, Note: why}}
	return r, d.keepReturn(r.At, r, d.sending(r.At, r, by), ReturnMoved{ID: r.ID, Device: r.Device, State: r.State, Parcel: r.Parcel, By: by})
}

// sending takes the device out of use.
func (d *Desk) sending(now time.Time, r Return, by string) func(with ...journal.Change) error {
	why := r.Reason
	if why == "" {
		why = r.Note
	}
	return func(with ...journal.Change) error {
		return d.cfg.Estate.SendBack(now, r.Device, estate.Return{By: by, Why: why, Case: r.Parcel}, with...)
	}
}

// ReturnDo is a step of a return.
type ReturnDo struct {
	Step Step
	Note string
	By   string
	// Device goes with StepReplace: the POIID that takes the place. Outcome goes with StepClose.
	Device  string
	Outcome string
}

// Move does a step of a return. What it does to the device and its terminal becomes durable with it.
func (d *Desk) Move(id string, do ReturnDo) (Return, error) {
	if !says(do.Note, 0, maxText) {
		return Return{}, invalid("note", "must be text of at most %d characters", maxText)
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	r, ok := d.returns[id]
	if !ok {
		return r, fmt.Errorf("%w: return", ErrUnknown)
	}
	list := moves()
	i := slices.IndexFunc(list, func(m move) bool { return m.step == do.Step })
	if i < 0 {
		return r, invalid("step", "must be one of %v", Steps())
	}
	if !slices.Contains(list[i].from, r.State) {
		return r, fmt.Errorf("%w: the return is %s; what can be done is %v", ErrState, r.State, r.Next())
	}
	if err := do.check(); err != nil {
		return r, err
	}
	now := d.cfg.Now()
	r.State = list[i].to
	r.Steps = append(slices.Clone(r.Steps), ReturnStep{At: now, By: do.By, State: r.State, Note: do.Note})
	together, err := d.with(now, &r, do)
	if err != nil {
		return r, err
	}
	if err := d.keepReturn(now, r, together, ReturnMoved{r.ID, r.Device, r.State, r.Parcel, r.Replacement, r.Outcome, do.By}); err != nil {
		return r, err
	}
	if r.State == ReturnRepaired && d.cfg.Links.DeviceOnline(r.Device) {
		// It has forgotten no key of its own accord. Where this fails it asks for one with its next link.
		_, _ = d.injectKeys(r.Device, do.By)
	}
	return r, nil
}

// check looks at what goes with a step.
func (do ReturnDo) check() error {
	switch {
	case do.Step == StepRefuse && do.Note == "":
		return invalid("note", "must say why it is refused")
	case (do.Step == StepReplace) != (do.Device != ""):
		return invalid("device", "goes with the step replace, and names the device that takes the place")
	case do.Step == StepClose && do.Outcome != ClosedAccount && do.Outcome != ClosedWrong:
		return invalid("outcome", "must be %s or %s", ClosedAccount, ClosedWrong)
	case do.Step != StepClose && do.Outcome != "":
		return invalid("outcome", "goes with the step close")
	}
	return nil
}

// with is the step of the estate that goes with a step of a return; nil when there is none.
func (d *Desk) with(now time.Time, r *Return, do ReturnDo) (func(with ...journal.Change) error, error) {
	device, tid, by, steps := r.Device, r.TID, do.By, d.cfg.Estate
	switch do.Step {
	case StepLabel:
		var err error
		r.Parcel, err = steps.NewParcel()
		return nil, err
	case StepSend:
		return d.sending(now, *r, by), nil
	case StepRepair:
		return func(with ...journal.Change) error { return steps.Repaired(now, device, tid, by, with...) }, nil
	case StepReplace:
		if tid == "" {
			return nil, fmt.Errorf("%w: the device was bound to no terminal: there is nothing to take over", ErrState)
		}
		r.Replacement = do.Device
		return func(with ...journal.Change) error {
			return steps.Replace(now, estate.Swap{Old: device, New: do.Device, TID: tid, By: by}, with...)
		}, nil
	case StepClose:
		r.Outcome = do.Outcome
		retire := ""
		if do.Outcome == ClosedAccount {
			retire = tid
		}
		return func(with ...journal.Change) error { return steps.Restock(now, device, retire, by, with...) }, nil
	}
	return nil, nil
}

func (d *Desk) keepReturn(now time.Time, r Return, together func(with ...journal.Change) error, fact any) error {
	stream := kindReturn + "/" + r.ID
	c, err := d.change(now, stream, r.scope(), r, fact)
	if err != nil {
		return err
	}
	if together == nil {
		together = d.commit
	}
	if err := together(c); err != nil {
		return err
	}
	d.shown(func() { d.returns[r.ID] = r }, stream)
	return nil
}

// Returns lists the returns, the newest first.
func (d *Desk) Returns() []Return {
	return newest(d, d.returns, func(r Return) time.Time { return r.At }, func(r Return) string { return r.ID })
}

// Return finds a return.
func (d *Desk) Return(id string) (Return, bool) { return found(d, d.returns, id) }

// SuggestedReturn fills in the return of a device whose sensor may be damaged: who asks adds the address.
func (r TamperRequest) SuggestedReturn() (ReturnAsk, bool) {
	if !r.Suspected {
		return ReturnAsk{}, false
	}
	return ReturnAsk{
		Device: r.Device, Reason: "damage", Ticket: r.ID,
		Note: "The tamper alarm came back within 30 days (" + r.Alarm.What + "): a sensor may be damaged.",
	}, true
}
