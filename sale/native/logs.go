package native

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// LogTasks collects the logs of terminals. What a method returned without an error is durable; a *JobProblem says why
// something was not done. Ids of devices, terminals, accounts and groups are bare.
type LogTasks interface {
	LogTasks() []LogTask
	MakeLogTask(ask NewLogTask, by string) (LogTask, error)
	ReleaseLogTask(id, by string) (LogTask, error)
	LogLines(id, device string) ([]LogLine, error)
	// LogText is lines as people read them.
	LogText(lines []LogLine) []byte
}

// LogTask is a task that collects the logs of one or more devices.
type LogTask struct {
	ID         string      `json:"id"`
	Type       string      `json:"type"`
	Kind       string      `json:"kind"`
	Account    string      `json:"account"`
	Group      string      `json:"group,omitempty"`
	State      string      `json:"state"`
	Reason     string      `json:"reason,omitempty"`
	By         string      `json:"by"`
	At         time.Time   `json:"at"`
	From       time.Time   `json:"from,omitzero"`
	Until      time.Time   `json:"until,omitzero"`
	ReleasedBy string      `json:"releasedBy,omitempty"`
	ReleasedAt time.Time   `json:"releasedAt,omitzero"`
	EndedAt    time.Time   `json:"endedAt,omitzero"`
	ExpiresAt  time.Time   `json:"expiresAt,omitzero"`
	Lines      int         `json:"lines"`
	Devices    []LogDevice `json:"devices"`
}

// LogDevice is how far a task is with one device.
type LogDevice struct {
	Device   string `json:"device"`
	POIID    string `json:"poiid"`
	Terminal string `json:"terminal"`
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Lines    int    `json:"lines"`
	Left     int    `json:"left,omitempty"`
	Gaps     int    `json:"gaps,omitempty"`
}

// LogLine is one line of a log.
type LogLine struct {
	N     uint64    `json:"n"`
	At    time.Time `json:"at"`
	Part  string    `json:"part"`
	Text  string    `json:"text"`
	Order string    `json:"order,omitempty"`
}

// NewLogTask asks for logs.
type NewLogTask struct {
	Type    string    `json:"type"`
	Kind    string    `json:"kind"`
	Serials []string  `json:"serials"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
}

// maxSerials is more than a task takes, so that the task says how many it takes.
const maxSerials = 100

// logRoutes are those to the logs of terminals.
func logRoutes() []route {
	return []route{
		{"GET", "log-tasks", terminalsRead, "state after limit", false, (*Handler).listLogTasks, nil},
		{"POST", "log-tasks", terminalsManage, "", true, (*Handler).makeLogTask, nil},
		{"GET", "log-tasks/{logtask}", terminalsRead, "", false, (*Handler).showLogTask, nil},
		{"POST", "log-tasks/{logtask}/release", terminalsManage, "", true, (*Handler).releaseLogTask, nil},
		{"GET", "log-tasks/{logtask}/devices/{device}", terminalsRead, "format", false, (*Handler).logLines, nil},
	}
}

func logTaskOf(t LogTask) (id, state string, o Owner) {
	return t.ID, t.State, Owner{Account: t.Account, Group: t.Group}
}

func (h *Handler) logTask(t LogTask) any {
	t.Account, t.Group, t.Devices = h.shown(accountID, t.Account), h.shown(groupID, t.Group), slices.Clone(t.Devices)
	for i, d := range t.Devices {
		t.Devices[i].Device, t.Devices[i].Terminal = h.shown(deviceID, d.Device), h.shown(terminalID, d.Terminal)
	}
	return t
}

func (h *Handler) listLogTasks(w http.ResponseWriter, c *call) *problem {
	return jobsOf(h, w, c, h.Logs.LogTasks(), logTaskOf, h.logTask)
}

func (h *Handler) showLogTask(w http.ResponseWriter, c *call) *problem {
	t, refused := jobIn(c, "logtask", h.Logs.LogTasks(), logTaskOf)
	if refused != nil {
		return refused
	}
	return answer(w, http.StatusOK, h.logTask(t))
}

// makeLogTask makes a draft: nothing is collected before its release.
func (h *Handler) makeLogTask(w http.ResponseWriter, c *call) *problem {
	var in NewLogTask
	if refused := c.body(w, &in); refused != nil {
		return refused
	}
	if len(in.Serials) > maxSerials {
		return badInput(mistake{Pointer: "/serials", Detail: fmt.Sprintf("has more than %d devices", maxSerials)})
	}
	for i, serial := range in.Serials {
		id, refused := h.bare(deviceID, serial)
		if refused != nil {
			return inBody(refused, fmt.Sprintf("/serials/%d", i))
		}
		d, ok := h.Registry.Device(id)
		if !ok || !h.seesDevice(c.caller, d) {
			return badInput(mistake{Pointer: fmt.Sprintf("/serials/%d", i), Detail: "there is no such device"})
		}
		in.Serials[i] = d.POIID
	}
	t, err := h.Logs.MakeLogTask(in, c.actor())
	if err != nil {
		return jobProblem(err, "log task")
	}
	return answer(w, http.StatusCreated, h.logTask(t))
}

func (h *Handler) releaseLogTask(w http.ResponseWriter, c *call) *problem {
	t, refused := jobIn(c, "logtask", h.Logs.LogTasks(), logTaskOf)
	if refused != nil {
		return refused
	}
	if refused := c.body(w, &struct{}{}); refused != nil {
		return refused
	}
	released, err := h.Logs.ReleaseLogTask(t.ID, c.actor())
	if err != nil {
		return jobProblem(err, "log task")
	}
	return answer(w, http.StatusOK, h.logTask(released))
}

// logLines gives the lines of one device so far, or with format=text the file.
func (h *Handler) logLines(w http.ResponseWriter, c *call) *problem {
	t, refused := jobIn(c, "logtask", h.Logs.LogTasks(), logTaskOf)
	if refused != nil {
		return refused
	}
	device, refused := h.bare(deviceID, c.path["device"])
	if refused != nil {
		return refused
	}
	if f := c.query.Get("format"); f != "" && f != "json" && f != "text" {
		return badInput(mistake{Parameter: "format", Detail: "must be json or text"})
	}
	lines, err := h.Logs.LogLines(t.ID, device)
	if err != nil {
		return jobProblem(err, "log")
	}
	if c.query.Get("format") == "text" {
		return sent(w, "text/plain; charset=utf-8", device+"-"+t.ID+".log", h.Logs.LogText(lines))
	}
	return answer(w, http.StatusOK, page{Data: lines})
}
