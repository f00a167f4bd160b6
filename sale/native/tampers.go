package native

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kassa/estate"
)

// maxPictureBody is the largest body of a request with a picture: 2 MiB in base 64, and the rest.
const maxPictureBody = (2<<20)/3*4 + 64<<10

// TamperRequest asks for the unlock code of a device that has raised a tamper alarm.
type TamperRequest struct {
	ID   string `json:"id"`
	Type string `json:"type"` // P Serial Tamper
	Owner
	State string `json:"state"`
	// Code is what the screen says, Alarm what the device reported; Matches tells whether they agree.
	Code    string        `json:"code"`
	Alarm   estate.Tamper `json:"alarm"`
	Matches bool          `json:"matches"`
	Note    string        `json:"note,omitempty"`
	// Picture is the path of the picture that came with it.
	Picture string    `json:"picture,omitempty"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	// Suspected tells that the alarm came back within 30 days, so that a sensor may be damaged. Suggested is the return
	// that it calls for: POST it to /returns with an address.
	Suspected bool       `json:"suspected"`
	Suggested *NewReturn `json:"suggestedReturn,omitempty"`
	DecidedBy string     `json:"decidedBy,omitempty"`
	DecidedAt time.Time  `json:"decidedAt,omitzero"`
	Why       string     `json:"why,omitempty"`
	// UnlockCode is there in the one answer that gives it.
	UnlockCode  string    `json:"unlockCode,omitempty"`
	Expires     time.Time `json:"expires,omitzero"`
	WrongCodes  int       `json:"wrongCodes,omitempty"`
	LockedUntil time.Time `json:"lockedUntil,omitzero"`
	UnlockedAt  time.Time `json:"unlockedAt,omitzero"`
	ClearedAt   time.Time `json:"clearedAt,omitzero"`
	// Ready tells that the alarm is over and the device has a key again.
	Ready bool `json:"ready"`
}

func tamperOf(r TamperRequest) (id, state string, o Owner) { return r.ID, r.State, r.Owner }

func (h *Handler) tamper(r TamperRequest) any {
	d, known := h.Registry.Device(r.Device)
	r.Ready = r.State == "cleared" && known && d.Configured && d.Tampered == nil
	if r.Picture != "" {
		r.Picture = Prefix + "tamper-requests/" + r.ID + "/picture"
	}
	if r.Suggested != nil {
		r.Suggested.Device = h.shown(deviceID, r.Suggested.Device)
	}
	r.Owner = h.owned(r.Owner)
	return r
}

func (h *Handler) listTampers(w http.ResponseWriter, c *call) *problem {
	return jobsOf(h, w, c, h.Workshop.TamperRequests(), tamperOf, h.tamper)
}

func (h *Handler) tamperIn(c *call) (TamperRequest, *problem) {
	return jobIn(c, "tamper", h.Workshop.TamperRequests(), tamperOf)
}

func (h *Handler) showTamper(w http.ResponseWriter, c *call) *problem {
	r, refused := h.tamperIn(c)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.tamper(r))
}

// askUnlock asks for the unlock code of a device, with the code on its screen and a picture of it.
func (h *Handler) askUnlock(w http.ResponseWriter, c *call) *problem {
	var in struct {
		Device   string `json:"device"`
		Terminal string `json:"terminal"`
		Code     string `json:"code"`
		Picture  []byte `json:"picture"`
		Note     string `json:"note"`
	}
	if refused := c.bodyUpTo(w, &in, maxPictureBody); refused != nil {
		return refused
	}
	device, refused := h.deviceNamed(c, in.Device, in.Terminal)
	if refused != nil {
		return refused
	}
	r, err := h.Workshop.AskUnlock(device, in.Code, in.Note, in.Picture, c.actor())
	if err != nil {
		return jobProblem(err, "request")
	}
	return answer(w, http.StatusCreated, h.tamper(r))
}

func (h *Handler) tamperPicture(w http.ResponseWriter, c *call) *problem {
	r, refused := h.tamperIn(c)
	if refused != nil {
		return refused
	}
	kind, picture, err := h.Workshop.TamperPicture(r.ID)
	if err != nil {
		return jobProblem(err, "picture")
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(picture)))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, no-store")
	_, _ = w.Write(picture) // a client that went away is told nothing
	return nil
}

// approveUnlock gives the unlock code, in this one answer.
func (h *Handler) approveUnlock(w http.ResponseWriter, c *call) *problem {
	var in struct {
		Anyway bool `json:"anyway"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	return h.decideUnlock(w, c, true, in.Anyway, "")
}

func (h *Handler) refuseUnlock(w http.ResponseWriter, c *call) *problem {
	var in struct {
		Why string `json:"why"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if in.Why == "" || len(in.Why) > maxDescription {
		return badInput(mistake{Pointer: "/why", Detail: fmt.Sprintf("must say in 1 to %d bytes why", maxDescription)})
	}
	return h.decideUnlock(w, c, false, false, in.Why)
}

func (h *Handler) decideUnlock(w http.ResponseWriter, c *call, approve, anyway bool, why string) *problem {
	r, refused := h.tamperIn(c)
	if refused != nil {
		return refused
	}
	r, code, err := h.Workshop.DecideUnlock(r.ID, c.actor(), approve, anyway, why)
	if err != nil {
		return jobProblem(err, "decision")
	}
	if approve {
		r.UnlockCode = onceHidden
		h.once(c, h.tamper(r))
		r.UnlockCode = code
	}
	return answer(w, http.StatusOK, h.tamper(r))
}

// DeveloperCode is a code with which a device goes into developer mode.
type DeveloperCode struct {
	ID   string `json:"id"`
	TUSN string `json:"tusn"`
	Owner
	State  string `json:"state"` // issued, used, void or expired
	Reason string `json:"reason"`
	// Code is there in the one answer that gives it.
	Code       string    `json:"code,omitempty"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Expires    time.Time `json:"expires"`
	WrongCodes int       `json:"wrongCodes,omitempty"`
	UsedAt     time.Time `json:"usedAt,omitzero"`
	Warning    string    `json:"warning"`
}

// developerWarning goes with each code.
const developerWarning = "developer mode is never left: the device is not PCI compliant any more, and takes no live payments"

func developerCodeOf(d DeveloperCode) (id, state string, o Owner) { return d.ID, d.State, d.Owner }

func (h *Handler) developerCode(d DeveloperCode) any {
	d.Owner, d.Warning = h.owned(d.Owner), developerWarning
	return d
}

func (h *Handler) listDeveloperCodes(w http.ResponseWriter, c *call) *problem {
	return jobsOf(h, w, c, h.Workshop.DeveloperCodes(), developerCodeOf, h.developerCode)
}

func (h *Handler) showDeveloperCode(w http.ResponseWriter, c *call) *problem {
	d, refused := jobIn(c, "devcode", h.Workshop.DeveloperCodes(), developerCodeOf)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.developerCode(d))
}

// askDeveloperCode gives a code for the device with a TUSN, in this one answer.
func (h *Handler) askDeveloperCode(w http.ResponseWriter, c *call) *problem {
	var in struct {
		TUSN       string `json:"tusn"`
		Reason     string `json:"reason"`
		Understood bool   `json:"understood"`
	}
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	d, ok := h.Workshop.DeviceBySerial(in.TUSN)
	if ok && !h.seesDevice(c.caller, d) || !ok && h.Environment != estate.Live {
		return badInput(mistake{Pointer: "/tusn", Detail: "must be the serial number of a device, or its [model]-[serial]"})
	}
	made, code, err := h.Workshop.AskDeveloperCode(in.TUSN, in.Reason, in.Understood, c.actor())
	if err != nil {
		return jobProblem(err, "code")
	}
	made.Code = onceHidden
	h.once(c, h.developerCode(made))
	made.Code = code
	return answer(w, http.StatusCreated, h.developerCode(made))
}
