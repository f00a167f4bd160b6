package support

import (
	"fmt"
	"strings"
	"time"

	"kassa/estate"
	"kassa/journal"
)

// Limits of a developer code. Four digits are few: after five wrong ones the code is void.
const (
	developerDigits = 4
	developerLife   = 24 * time.Hour
)

// CodeState is how far a developer code is.
type CodeState string

// The states of a code.
const (
	CodeIssued CodeState = "issued"
	CodeUsed   CodeState = "used"
	CodeVoid   CodeState = "void"    // another one took its place, or too many wrong ones were typed
	CodeOver   CodeState = "expired" // nobody typed it in time
)

// DeveloperCode is a code with which a device goes into developer mode.
type DeveloperCode struct {
	ID   string `json:"id"`
	TUSN string `json:"tusn"`
	Subject
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Hash    string    `json:"hash,omitempty"`
	Expires time.Time `json:"expires"`
	Wrong   int       `json:"wrong,omitempty"`
	State   CodeState `json:"state"`
	UsedAt  time.Time `json:"usedAt,omitzero"`
}

// As tells how the code stands at an instant.
func (c DeveloperCode) As(now time.Time) DeveloperCode {
	if c.State == CodeIssued && !now.Before(c.Expires) {
		c.State = CodeOver
	}
	return c
}

// The facts of a code. None holds it.
type (
	// DeveloperCodeIssued is its first.
	DeveloperCodeIssued struct {
		ID      string    `json:"id"`
		Device  string    `json:"device"`
		Reason  string    `json:"reason"`
		By      string    `json:"by"`
		Expires time.Time `json:"expires"`
	}
	// DeveloperCodeWrong tells that another code was typed in.
	DeveloperCodeWrong struct {
		ID     string `json:"id"`
		Device string `json:"device"`
		Wrong  int    `json:"wrong"`
		Void   bool   `json:"void,omitempty"`
	}
	// DeveloperCodeReplaced tells that a newer code took its place.
	DeveloperCodeReplaced struct {
		ID     string `json:"id"`
		Device string `json:"device"`
	}
	// DeveloperCodeUsed tells that it was typed in.
	DeveloperCodeUsed struct {
		ID     string `json:"id"`
		Device string `json:"device"`
	}
)

// TUSN is the serial number of a device without its model.
func TUSN(poiid string) string {
	_, serial, _ := strings.Cut(poiid, "-")
	return serial
}

// bySerial finds the device of a TUSN, or of a whole POIID.
func (d *Desk) bySerial(tusn string) (string, error) {
	if _, ok := d.cfg.Estate.Device(tusn); ok {
		return tusn, nil
	}
	hit := ""
	for _, device := range d.cfg.Estate.Devices() {
		if TUSN(device.POIID) != tusn || tusn == "" {
			continue
		}
		if hit != "" {
			return "", invalid("tusn", "several models have this serial number; give it as [model]-[serial]")
		}
		hit = device.POIID
	}
	if hit == "" {
		return "", fmt.Errorf("%w: device", ErrUnknown)
	}
	return hit, nil
}

// DeviceBySerial finds a device by its TUSN or its POIID.
func (d *Desk) DeviceBySerial(tusn string) (estate.Device, bool) {
	poiid, err := d.bySerial(tusn)
	if err != nil {
		return estate.Device{}, false
	}
	return d.cfg.Estate.Device(poiid)
}

// CodeAsk asks for a developer code.
type CodeAsk struct {
	TUSN   string
	Reason string
	// Understood tells that who asks knows what it does: it is for ever, and the device is not PCI compliant any more.
	Understood bool
	By         string
}

// AskDeveloperCode gives a code for a device, here and never again; a former one is void. In the live environment it
// is ErrLive.
func (d *Desk) AskDeveloperCode(ask CodeAsk) (c DeveloperCode, code string, err error) {
	switch {
	case d.cfg.Environment == estate.Live:
		return c, "", ErrLive
	case !says(ask.Reason, 1, maxText):
		return c, "", invalid("reason", "must say in 1 to %d characters what it is for", maxText)
	case !ask.Understood:
		return c, "", invalid("understood", "must be true: developer mode is never left, and the device is not PCI compliant any more")
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	poiid, err := d.bySerial(ask.TUSN)
	if err != nil {
		return c, "", err
	}
	subject, device, err := d.subject(poiid)
	switch {
	case err != nil:
		return c, "", err
	case d.cfg.Estate.InDeveloperMode(poiid):
		return c, "", fmt.Errorf("%w: the device is in developer mode", ErrState)
	case device.Tampered != nil || device.Returned != nil:
		return c, "", fmt.Errorf("%w: the device has raised an alarm, or is on its way back", ErrState)
	case len(d.codes) >= maxJobs:
		return c, "", fmt.Errorf("%w: there are %d codes", ErrState, maxJobs)
	}
	id, err := d.newID(kindCode)
	if err != nil {
		return c, "", err
	}
	if code, err = d.draw("0123456789", developerDigits); err != nil {
		return c, "", err
	}
	now := d.cfg.Now()
	c = DeveloperCode{
		ID: id, TUSN: TUSN(poiid), Subject: subject, Reason: ask.Reason, By: ask.By, At: now, Hash: d.hash(kindCode, poiid, code),
		Expires: now.Add(developerLife), State: CodeIssued,
	}
	return c, code, d.issue(now, c)
}

// issue keeps a code, and with it that the former one is void.
func (d *Desk) issue(now time.Time, c DeveloperCode) error {
	first, err := d.change(now, kindCode+"/"+c.ID, c.scope(), c, DeveloperCodeIssued{c.ID, c.Device, c.Reason, c.By, c.Expires})
	if err != nil {
		return err
	}
	batch, streams := []journal.Change{first}, []string{first.Stream}
	former, had := d.issued(c.Device)
	if had {
		former.State, former.Hash = CodeVoid, ""
		void, err := d.change(now, kindCode+"/"+former.ID, former.scope(), former, DeveloperCodeReplaced{former.ID, former.Device})
		if err != nil {
			return err
		}
		batch, streams = append(batch, void), append(streams, void.Stream)
	}
	if err := d.commit(batch...); err != nil {
		return err
	}
	d.shown(func() {
		d.codes[c.ID] = c
		if had {
			d.codes[former.ID] = former
		}
	}, streams...)
	return nil
}

func (d *Desk) issued(poiid string) (DeveloperCode, bool) {
	for _, c := range d.codes {
		if c.Device == poiid && c.State == CodeIssued {
			return c, true
		}
	}
	return DeveloperCode{}, false
}

// DeveloperCodes lists the codes, the newest first.
func (d *Desk) DeveloperCodes() []DeveloperCode {
	list := newest(d, d.codes, func(c DeveloperCode) time.Time { return c.At }, func(c DeveloperCode) string { return c.ID })
	for i := range list {
		list[i] = list[i].As(d.cfg.Now())
	}
	return list
}

// DeveloperCode finds a code.
func (d *Desk) DeveloperCode(id string) (DeveloperCode, bool) {
	c, ok := found(d, d.codes, id)
	return c.As(d.cfg.Now()), ok
}

// DeveloperMode takes the code that was typed in at a device. One that was used is accepted again: its answer may be
// lost, and the device is in developer mode all the same.
func (d *Desk) DeveloperMode(poiid, code string) (Verdict, error) {
	if d.cfg.Environment == estate.Live {
		return Verdict{Reason: NotInLive, Text: "There is no developer mode in the live environment"}, nil
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	now, hash := d.cfg.Now(), d.hash(kindCode, poiid, code)
	c, ok := d.issued(poiid)
	switch {
	case !ok && d.usedHere(poiid, hash):
		return Verdict{Accepted: true}, nil
	case !ok:
		return Verdict{Reason: NoCode, Text: "There is no developer code for this device. Ask for one with its TUSN"}, nil
	case !now.Before(c.Expires):
		return Verdict{Reason: CodeExpired, Text: "This developer code has expired. Ask for a new one"}, nil
	case c.Hash != hash:
		return d.wrongDeveloper(now, c)
	}
	c.State, c.UsedAt = CodeUsed, now
	return Verdict{Accepted: true}, d.keepCode(now, c, func(with ...journal.Change) error {
		return d.cfg.Estate.EnterDeveloperMode(now, poiid, c.By, with...)
	}, DeveloperCodeUsed{c.ID, poiid})
}

// usedHere tells whether a device is in developer mode by this code.
func (d *Desk) usedHere(poiid, hash string) bool {
	for _, c := range d.codes {
		if c.Device == poiid && c.State == CodeUsed && c.Hash == hash {
			return d.cfg.Estate.InDeveloperMode(poiid)
		}
	}
	return false
}

func (d *Desk) wrongDeveloper(now time.Time, c DeveloperCode) (Verdict, error) {
	c.Wrong++
	v := Verdict{Reason: WrongCode, Text: "Wrong developer code"}
	void := c.Wrong >= wrongCodes
	if void {
		c.State, c.Hash = CodeVoid, ""
		v.Reason, v.Text = CodeVoided, "Too many wrong codes. Ask for a new one"
	}
	return v, d.keepCode(now, c, nil, DeveloperCodeWrong{c.ID, c.Device, c.Wrong, void})
}

func (d *Desk) keepCode(now time.Time, c DeveloperCode, together func(with ...journal.Change) error, fact any) error {
	stream := kindCode + "/" + c.ID
	change, err := d.change(now, stream, c.scope(), c, fact)
	if err != nil {
		return err
	}
	if together == nil {
		together = d.commit
	}
	if err := together(change); err != nil {
		return err
	}
	d.shown(func() { d.codes[c.ID] = c }, stream)
	return nil
}
