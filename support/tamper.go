package support

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// TamperType is what a request after a tamper alarm is called.
const TamperType = "P Serial Tamper"

// Limits of an unlock code. 8 digits and five tries in a quarter of an hour: who guesses for the 24 hours that a
// code lives meets it with a chance of one in 200,000.
const (
	unlockDigits = 8
	unlockLife   = 24 * time.Hour
	wrongCodes   = 5
	lockFor      = 15 * time.Minute
)

// TamperState is how far a request is.
type TamperState string

// The states of a request.
const (
	TamperAsked    TamperState = "asked"
	TamperRefused  TamperState = "refused"
	TamperApproved TamperState = "approved" // there is an unlock code
	TamperUnlocked TamperState = "unlocked" // it was entered; the device restarts
	TamperCleared  TamperState = "cleared"  // the device is without an alarm, and gets a key
)

// TamperRequest asks for the unlock code of a device that has raised a tamper alarm.
type TamperRequest struct {
	ID string `json:"id"`
	Subject
	// Code is what the screen says, Alarm what the device reported.
	Code  string        `json:"code"`
	Alarm estate.Tamper `json:"alarm"`
	Note  string        `json:"note,omitempty"`
	// Picture is the type of the picture that came with it; empty without one.
	Picture string      `json:"picture,omitempty"`
	By      string      `json:"by"`
	At      time.Time   `json:"at"`
	State   TamperState `json:"state"`
	// Suspected tells that the alarm came back within 30 days: the sensor may be damaged.
	Suspected bool      `json:"suspected,omitempty"`
	DecidedBy string    `json:"decidedBy,omitempty"`
	DecidedAt time.Time `json:"decidedAt,omitzero"`
	Why       string    `json:"why,omitempty"`
	// CodeHash is the keyed hash of the unlock code, Expires when it is void.
	CodeHash string    `json:"codeHash,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
	// Wrong counts the wrong codes of all times, LockedUntil is when the next one is looked at.
	Wrong       int       `json:"wrong,omitempty"`
	LockedUntil time.Time `json:"lockedUntil,omitzero"`
	UnlockedAt  time.Time `json:"unlockedAt,omitzero"`
	ClearedAt   time.Time `json:"clearedAt,omitzero"`
	ClearedBy   string    `json:"clearedBy,omitempty"`
}

// Open tells whether somebody has still to do something.
func (r TamperRequest) Open() bool {
	return r.State == TamperAsked || r.State == TamperApproved || r.State == TamperUnlocked
}

// stands tells whether the alarm that a request is about is the one that the device has now.
func (d *Desk) stands(r TamperRequest) bool {
	device, _ := d.cfg.Estate.Device(r.Device)
	return device.Tampered != nil && device.Tampered.At.Equal(r.Alarm.At) && device.Tampered.Number == r.Alarm.Number
}

// now is a request as it stands: with its alarm it is over too, however that ended, and so is its code. A new alarm
// wants a request of its own.
func (d *Desk) now(r TamperRequest) TamperRequest {
	if r.Open() && !d.stands(r) {
		r.State, r.CodeHash = TamperCleared, ""
	}
	return r
}

// Matches tells whether the code on the screen is that of the alarm which the device reported.
func (r TamperRequest) Matches() bool {
	first, _, _ := strings.Cut(r.Alarm.What, " ")
	return strings.EqualFold(first, r.Code)
}

// The facts of a request. None holds the code or the picture.
type (
	// TamperRequested is its first.
	TamperRequested struct {
		ID        string `json:"id"`
		Device    string `json:"device"`
		Code      string `json:"code"`
		Picture   bool   `json:"picture,omitempty"`
		Suspected bool   `json:"suspected,omitempty"`
		By        string `json:"by"`
	}
	// TamperDecided tells what the operator said.
	TamperDecided struct {
		ID       string    `json:"id"`
		Device   string    `json:"device"`
		Approved bool      `json:"approved"`
		Expires  time.Time `json:"expires,omitzero"`
		Why      string    `json:"why,omitempty"`
		By       string    `json:"by"`
	}
	// TamperCodeWrong tells that another code was typed in.
	TamperCodeWrong struct {
		ID     string `json:"id"`
		Device string `json:"device"`
		Wrong  int    `json:"wrong"`
		Locked bool   `json:"locked,omitempty"`
	}
	// TamperCodeUsed tells that the unlock code was entered at the device.
	TamperCodeUsed struct {
		ID     string `json:"id"`
		Device string `json:"device"`
	}
	// TamperClosed tells that the device stands without an alarm again.
	TamperClosed struct {
		ID     string `json:"id"`
		Device string `json:"device"`
		By     string `json:"by"`
	}
)

// TamperAsk is what somebody asks for after an alarm.
type TamperAsk struct {
	Device  string // POIID
	Code    string
	Note    string
	Picture []byte
	By      string
}

var codeForm = regexp.MustCompile(`^0x[0-9A-F]{2}$`)

// AskUnlock makes a request for a device that has raised an alarm. A device has one that is open.
func (d *Desk) AskUnlock(ask TamperAsk) (TamperRequest, error) {
	ask.Code = strings.Replace(strings.ToUpper(strings.TrimSpace(ask.Code)), "0X", "0x", 1)
	kind := ""
	switch {
	case !codeForm.MatchString(ask.Code):
		return TamperRequest{}, invalid("code", "must be the code on the screen, like 0x10")
	case !says(ask.Note, 0, maxText):
		return TamperRequest{}, invalid("note", "must be text of at most %d characters", maxText)
	case len(ask.Picture) > 0:
		var err error
		if kind, err = pictureType(ask.Picture); err != nil {
			return TamperRequest{}, err
		}
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	subject, device, err := d.subject(ask.Device)
	if err != nil {
		return TamperRequest{}, err
	}
	if device.Tampered == nil {
		return TamperRequest{}, fmt.Errorf("%w: the device has raised no alarm", ErrState)
	}
	for _, r := range d.tampers {
		if r.Device == ask.Device && d.now(r).Open() {
			return TamperRequest{}, fmt.Errorf("%w: there is a request for this device: %s", ErrState, r.ID)
		}
	}
	if len(d.tampers) >= maxJobs {
		return TamperRequest{}, fmt.Errorf("%w: there are %d requests", ErrState, maxJobs)
	}
	id, err := d.newID(kindTamper)
	if err != nil {
		return TamperRequest{}, err
	}
	now := d.cfg.Now()
	r := TamperRequest{
		ID: id, Subject: subject, Code: ask.Code, Alarm: *device.Tampered, Note: ask.Note, Picture: kind, By: ask.By, At: now,
		State: TamperAsked, Suspected: device.SensorSuspected(),
	}
	var with []journal.Change
	if kind != "" {
		if with, err = d.keepPicture(r, ask.Picture); err != nil {
			return TamperRequest{}, err
		}
	}
	return r, d.keepTamper(now, r, nil, with, TamperRequested{id, r.Device, r.Code, kind != "", r.Suspected, r.By})
}

// keepTamper makes a step of a request durable, by itself or with a step of the estate, and then visible.
func (d *Desk) keepTamper(now time.Time, r TamperRequest, together func(with ...journal.Change) error, more []journal.Change, fact any) error {
	stream := kindTamper + "/" + r.ID
	c, err := d.change(now, stream, r.scope(), r, fact)
	if err != nil {
		return err
	}
	if together == nil {
		together = d.commit
	}
	if err := together(append([]journal.Change{c}, more...)...); err != nil {
		return err
	}
	d.shown(func() { d.tampers[r.ID] = r }, stream)
	return nil
}

// TamperRequests lists the requests, the newest first.
func (d *Desk) TamperRequests() []TamperRequest {
	list := newest(d, d.tampers, func(r TamperRequest) time.Time { return r.At }, func(r TamperRequest) string { return r.ID })
	for i := range list {
		list[i] = d.now(list[i])
	}
	return list
}

// TamperRequest finds a request.
func (d *Desk) TamperRequest(id string) (TamperRequest, bool) {
	r, ok := found(d, d.tampers, id)
	return d.now(r), ok
}

// Approve gives a request an unlock code, here and never again; a former one is void. For an alarm that came back
// soon it is ErrSensor, unless somebody wants it anyway.
func (d *Desk) Approve(id, by string, anyway bool) (r TamperRequest, code string, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	r, ok := d.tampers[id]
	r = d.now(r)
	switch {
	case !ok:
		return r, "", fmt.Errorf("%w: request", ErrUnknown)
	case r.State != TamperAsked && r.State != TamperApproved:
		return r, "", fmt.Errorf("%w: the request is %s", ErrState, r.State)
	case r.Suspected && !anyway:
		return r, "", ErrSensor
	}
	if code, err = d.draw("0123456789", unlockDigits); err != nil {
		return r, "", err
	}
	now := d.cfg.Now()
	r.State, r.DecidedBy, r.DecidedAt = TamperApproved, by, now
	r.CodeHash, r.Expires = d.hash(kindTamper, r.Device, code), now.Add(unlockLife)
	return r, code, d.keepTamper(now, r, nil, nil, TamperDecided{id, r.Device, true, r.Expires, "", by})
}

// Refuse closes a request without a code.
func (d *Desk) Refuse(id, by, why string) (TamperRequest, error) {
	if !says(why, 1, maxText) {
		return TamperRequest{}, invalid("why", "must be text of 1 to %d characters", maxText)
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	r, ok := d.tampers[id]
	r = d.now(r)
	switch {
	case !ok:
		return r, fmt.Errorf("%w: request", ErrUnknown)
	case r.State != TamperAsked && r.State != TamperApproved:
		return r, fmt.Errorf("%w: the request is %s", ErrState, r.State)
	}
	at := d.cfg.Now()
	r.State, r.DecidedBy, r.DecidedAt, r.Why, r.CodeHash = TamperRefused, by, at, why, ""
	return r, d.keepTamper(at, r, nil, nil, TamperDecided{ID: id, Device: r.Device, Why: why, By: by})
}

// Verdict answers a code that was typed in at a device.
type Verdict struct {
	Accepted   bool
	Reason     Reason // why not, in a word
	Text       string // why not, for people
	RetryAfter time.Duration
}

// Reason is why a code was not accepted.
type Reason string

// The reasons.
const (
	NoCode      Reason = "no_code" // there is none for this device
	WrongCode   Reason = "wrong"
	CodeLocked  Reason = "locked" // too many wrong ones: the next is looked at after RetryAfter
	CodeVoided  Reason = "void"   // too many wrong ones: it is worth nothing any more
	CodeExpired Reason = "expired"
	NotInLive   Reason = "live"
)

// Unlock takes the unlock code that was typed in at a device. One that was accepted is accepted again until the device
// has restarted without its alarm: its answer may be lost. After that it is worth nothing.
func (d *Desk) Unlock(poiid, code string) (Verdict, error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	r, ok := d.unlockable(poiid)
	now := d.cfg.Now()
	right := ok && d.hash(kindTamper, poiid, code) == r.CodeHash
	switch {
	case !ok:
		return Verdict{Reason: NoCode, Text: "There is no unlock code for this device. Ask support"}, nil
	case now.Before(r.LockedUntil):
		return Verdict{Reason: CodeLocked, Text: "Too many wrong codes. Wait 15 minutes", RetryAfter: r.LockedUntil.Sub(now)}, nil
	case right && r.State == TamperUnlocked:
		return Verdict{Accepted: true}, nil
	case !now.Before(r.Expires):
		return Verdict{Reason: CodeExpired, Text: "This unlock code has expired. Ask for a new one"}, nil
	case !right:
		return d.wrongUnlock(now, r)
	}
	r.State, r.UnlockedAt = TamperUnlocked, now
	return Verdict{Accepted: true}, d.keepTamper(now, r, nil, nil, TamperCodeUsed{r.ID, poiid})
}

// unlockable finds the request of a device that has a code for the alarm which stands.
func (d *Desk) unlockable(poiid string) (TamperRequest, bool) {
	for _, r := range d.tampers {
		if r = d.now(r); r.Device == poiid && (r.State == TamperApproved || r.State == TamperUnlocked) {
			return r, true
		}
	}
	return TamperRequest{}, false
}

// wrongUnlock counts before it answers, so that neither a crash nor a restart of the device gives another try.
func (d *Desk) wrongUnlock(now time.Time, r TamperRequest) (Verdict, error) {
	r.Wrong++
	v := Verdict{Reason: WrongCode, Text: "Wrong unlock code"}
	locked := r.Wrong%wrongCodes == 0
	if locked {
		r.LockedUntil = now.Add(lockFor)
		v = Verdict{Reason: CodeLocked, Text: "Too many wrong codes. Wait 15 minutes", RetryAfter: lockFor}
	}
	return v, d.keepTamper(now, r, nil, nil, TamperCodeWrong{r.ID, r.Device, r.Wrong, locked})
}

// Recovered ends the alarm of a device that came back without one after its unlock code was entered. Of any other
// device it believes nothing.
func (d *Desk) Recovered(poiid string) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	r, ok := d.unlockable(poiid)
	if !ok || r.State != TamperUnlocked {
		return nil
	}
	return d.cleared(r, r.DecidedBy)
}

// Inspected ends the alarm of a device that somebody has looked at, with its request if it has one.
func (d *Desk) Inspected(poiid, by string) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	for _, r := range d.tampers {
		if r.Device == poiid && d.now(r).Open() {
			return d.cleared(r, by)
		}
	}
	return d.cfg.Estate.Unlocked(d.cfg.Now(), poiid, by)
}

func (d *Desk) cleared(r TamperRequest, by string) error {
	now := d.cfg.Now()
	r.State, r.ClearedAt, r.ClearedBy, r.CodeHash = TamperCleared, now, by, ""
	return d.keepTamper(now, r, func(with ...journal.Change) error {
		return d.cfg.Estate.Unlocked(now, r.Device, by, with...)
	}, nil, TamperClosed{r.ID, r.Device, by})
}
