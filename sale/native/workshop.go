package native

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"kassa/estate"
)

// Workshop is the jobs around devices. What a method returned without an error is durable; a *JobProblem says why
// something was not done. Ids of devices, terminals, accounts and groups are bare.
type Workshop interface {
	Alarms
	DeveloperCodes
	Returns
	Injections
}

// Alarms are the requests after a tamper alarm.
type Alarms interface {
	TamperRequests() []TamperRequest
	AskUnlock(device, code, note string, picture []byte, by string) (TamperRequest, error)
	TamperPicture(id string) (kind string, picture []byte, err error)
	// DecideUnlock gives the unlock code where it approves; anyway is for a sensor that may be damaged.
	DecideUnlock(id, by string, approve, anyway bool, why string) (r TamperRequest, code string, err error)
	Inspected(device, by string) error
}

// DeveloperCodes are the codes of developer mode.
type DeveloperCodes interface {
	DeveloperCodes() []DeveloperCode
	// DeviceBySerial finds a device by its TUSN or its POIID.
	DeviceBySerial(tusn string) (estate.Device, bool)
	AskDeveloperCode(tusn, reason string, understood bool, by string) (c DeveloperCode, code string, err error)
}

// Returns are the devices that somebody wants to send back.
type Returns interface {
	Returns() []Return
	AskReturn(device string, ask NewReturn, by string) (Return, error)
	MoveReturn(id string, step ReturnStep, by string) (Return, error)
	// TakeBack sends a device back at once.
	TakeBack(device, by, why string) error
}

// Injections give devices an initial key.
type Injections interface {
	InjectKeys(device, by string) (estate.Injection, error)
}

// JobProblem says why a job was not done.
type JobProblem struct {
	Code  string // of the problem
	Field string // into the body, where one is wrong
	Text  string
}

func (p *JobProblem) Error() string { return p.Text }

// jobProblem is the refusal of a job.
func jobProblem(err error, what string) *problem {
	why, ok := errors.AsType[*JobProblem](err)
	switch {
	case !ok:
		return estateProblem(err, what)
	case why.Field != "":
		return badInput(mistake{Pointer: "/" + why.Field, Detail: why.Text})
	}
	p := fault("wrong_state", why.Text)
	switch why.Code {
	case "sensor_suspected":
		p = fault("sensor_suspected", why.Text)
	case "developer_mode_in_live":
		p = fault("developer_mode_in_live", why.Text)
	case "not_found":
		p = fault("not_found", why.Text)
	}
	return p
}

// workshopRoutes are those to the jobs around devices.
func workshopRoutes() []route {
	return []route{
		{"GET", "tamper-requests", terminalsRead, "device state after limit", false, (*Handler).listTampers, nil},
		{"POST", "tamper-requests", terminalsManage, "", true, (*Handler).askUnlock, nil},
		{"GET", "tamper-requests/{tamper}", terminalsRead, "", false, (*Handler).showTamper, nil},
		{"GET", "tamper-requests/{tamper}/picture", terminalsRead, "", false, (*Handler).tamperPicture, nil},
		{"POST", "tamper-requests/{tamper}/approve", devicesService, "", true, (*Handler).approveUnlock, nil},
		{"POST", "tamper-requests/{tamper}/refuse", devicesService, "", true, (*Handler).refuseUnlock, nil},
		{"GET", "developer-codes", terminalsRead, "device state after limit", false, (*Handler).listDeveloperCodes, nil},
		{"POST", "developer-codes", devicesService, "", true, (*Handler).askDeveloperCode, nil},
		{"GET", "developer-codes/{devcode}", terminalsRead, "", false, (*Handler).showDeveloperCode, nil},
		{"GET", "returns", terminalsRead, "device state after limit", false, (*Handler).listReturns, nil},
		{"POST", "returns", terminalsManage, "", true, (*Handler).askReturn, nil},
		{"GET", "returns/{return}", terminalsRead, "", false, (*Handler).showReturn, nil},
		{"POST", "returns/{return}/steps", terminalsManage, "", true, (*Handler).moveReturn, nil},
		{"GET", "devices/{device}/key-injection", terminalsRead, "", false, (*Handler).showInjection, nil},
		{"POST", "devices/{device}/key-injection", devicesService, "", true, (*Handler).injectKeys, nil},
	}
}

// Owner is the device that a job is about, with whose it was when the job began.
type Owner struct {
	Device   string `json:"device"`
	POIID    string `json:"poiid"`
	Terminal string `json:"terminal,omitempty"`
	Account  string `json:"account,omitempty"`
	Group    string `json:"group,omitempty"`
}

// owned is an owner as the API shows it.
func (h *Handler) owned(o Owner) Owner {
	o.Device, o.Terminal = h.shown(deviceID, o.Device), h.shown(terminalID, o.Terminal)
	o.Account, o.Group = h.shown(accountID, o.Account), h.shown(groupID, o.Group)
	return o
}

// seesJob: a job goes with the account and the group that the device had then.
func seesJob(who Caller, o Owner) bool {
	return who.operator() || o.Account != "" && who.sees(o.Account, o.Group)
}

// jobsOf answers with the jobs that a query asks for, the newest first.
func jobsOf[T any](h *Handler, w http.ResponseWriter, c *call, list []T, of func(T) (id, state string, o Owner), show func(T) any) *problem {
	limit, refused := limitOf(c.query, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	device, refused := h.bare(deviceID, c.query.Get("device"))
	if refused != nil {
		return refused
	}
	after, skip := c.query.Get("after"), c.query.Has("after")
	shown, rows, last := page{Data: []any{}}, []any{}, ""
	for _, v := range list {
		id, state, o := of(v)
		if skip {
			skip = id != after
			continue
		}
		if !seesJob(c.caller, o) || device != "" && o.Device != device || c.query.Has("state") && state != c.query.Get("state") {
			continue
		}
		if len(rows) == limit {
			shown.HasMore, shown.Next = true, last
			break
		}
		rows, last = append(rows, show(v)), id
	}
	shown.Data = rows
	return answer(w, http.StatusOK, shown)
}

// jobIn finds a job that the path names.
func jobIn[T any](c *call, name string, list []T, of func(T) (id, state string, o Owner)) (T, *problem) {
	i := slices.IndexFunc(list, func(v T) bool {
		id, _, o := of(v)
		return id == c.path[name] && seesJob(c.caller, o)
	})
	if i < 0 {
		var none T
		return none, noSuch("job")
	}
	return list[i], nil
}

// deviceNamed is the device that a body names by itself or by its terminal.
func (h *Handler) deviceNamed(c *call, device, terminal string) (string, *problem) {
	if (device == "") == (terminal == "") {
		return "", badInput(mistake{Pointer: "/device", Detail: "name either the device or its terminal"})
	}
	if terminal != "" {
		t, refused := h.terminalIn(c, terminal)
		if refused != nil {
			return "", inBody(refused, "/terminal")
		}
		if t.POIID == "" {
			return "", badInput(mistake{Pointer: "/terminal", Detail: "no device is bound to this terminal"})
		}
		return t.POIID, nil
	}
	id, refused := h.bare(deviceID, device)
	if refused != nil {
		return "", inBody(refused, "/device")
	}
	d, ok := h.Registry.Device(id)
	if !ok || !h.seesDevice(c.caller, d) {
		return "", badInput(mistake{Pointer: "/device", Detail: "there is no such device"})
	}
	return d.POIID, nil
}

// Injection is how a device came to its initial key, or why it has none.
type Injection struct {
	Device     string                `json:"device"`
	Configured bool                  `json:"configured"`
	KCV        string                `json:"kcv,omitempty"` // of the key that the device holds
	State      estate.InjectionState `json:"state,omitempty"`
	Reason     string                `json:"reason,omitempty"`
	Words      string                `json:"words,omitempty"` // the reason for people
	By         string                `json:"by,omitempty"`
	At         time.Time             `json:"at,omitzero"`
	Ended      time.Time             `json:"ended,omitzero"`
}

func (h *Handler) injection(d estate.Device) Injection {
	shown := Injection{Device: h.shown(deviceID, d.POIID), Configured: d.Configured}
	if d.Configured {
		shown.KCV = d.KCV
	}
	if d.Injection == nil {
		return shown
	}
	i := d.Injection.As(h.Now())
	shown.State, shown.Reason, shown.Words, shown.By, shown.At, shown.Ended = i.State, string(i.Reason), i.Reason.Text(), i.By, i.At, i.Ended
	return shown
}

func (h *Handler) showInjection(w http.ResponseWriter, c *call) *problem {
	d, refused := h.deviceIn(c)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.injection(d))
}

// injectKeys asks a device for a new initial key. Why it cannot have one is in the answer, and in the record.
func (h *Handler) injectKeys(w http.ResponseWriter, c *call) *problem {
	d, refused := h.deviceIn(c)
	if refused != nil {
		return refused
	}
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	if _, err := h.Workshop.InjectKeys(d.POIID, c.actor()); err != nil {
		return jobProblem(err, "key injection")
	}
	d, _ = h.Registry.Device(d.POIID)
	return answer(w, http.StatusCreated, h.injection(d))
}
