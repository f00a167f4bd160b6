package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Logs are the tasks that collect the logs of terminals.
type Logs interface {
	Tasks() []LogTask
	// Make makes a draft and gives its id; Release lets it run. The text of an error is for whoever asked.
	Make(ask NewLogTask) (string, error)
	Release(id string) error
	Lines(id, serial string) ([]LogLine, error)
	// File is the lines of one device as people read them.
	File(id, serial string) ([]byte, error)
}

// NewLogTask is what somebody asks for; From and Until are zero for the last two hours.
type NewLogTask struct {
	Serials     []string
	From, Until time.Time
}

// LogTask is one task with its progress.
type LogTask struct {
	ID, Kind, State, Reason, By string
	At, From, Until, Expires    time.Time
	Lines                       int
	Devices                     []LogDevice
}

// LogDevice is how far a task is with one device.
type LogDevice struct {
	Serial, TID, State, Reason string
	Lines, Left, Gaps          int
}

// LogLine is one line; Order is the payment that it belongs to.
type LogLine struct {
	N                 uint64
	At                time.Time
	Part, Text, Order string
}

// Badge is the state of a task.
func (t LogTask) Badge() Badge { return logBadge(t.State) }

// Badge is how far the task is with the device.
func (d LogDevice) Badge() Badge { return logBadge(d.State) }

// Draft tells whether the task waits for its release.
func (t LogTask) Draft() bool { return t.State == "draft" }

func logBadge(state string) Badge {
	switch state {
	case "ready":
		return Badge{"Ready", "check", good}
	case "failed":
		return Badge{"Failed", "cross", bad}
	case "collecting":
		return Badge{"Collecting", "spin", warn}
	case "draft":
		return Badge{"Draft", "dash", ""}
	case "released", "waiting":
		return Badge{"Waiting", "clock", warn}
	}
	return Badge{"Expired", "dash", ""}
}

type logsView struct {
	frame
	Tasks   []LogTask
	Devices []Terminal
	Chosen  string
	Wrong   string // what was wrong with what was asked for
}

type logView struct {
	frame
	LogTask
	Serial  string // whose lines are shown
	Rows    []logRow
	Skipped int
}

// logRow is a line; First tells that a payment begins with it.
type logRow struct {
	LogLine
	First bool
}

// maxLogRows bounds a page; the file has all lines.
const maxLogRows = 2000

func (h *Handler) logs(w http.ResponseWriter, r *http.Request) { h.showLogs(w, r, http.StatusOK, "") }

func (h *Handler) showLogs(w http.ResponseWriter, r *http.Request, status int, wrong string) {
	if h.Logs == nil {
		h.nothing(w, r)
		return
	}
	v := logsView{frame: h.frame("Logs", "terminals"), Tasks: h.Logs.Tasks(), Chosen: r.FormValue("serial"), Wrong: wrong}
	v.Tasks = v.Tasks[:min(len(v.Tasks), maxRows)]
	for _, t := range h.Estate.Terminals() {
		if t.POIID != "" && len(v.Devices) < maxRows {
			v.Devices = append(v.Devices, t)
		}
	}
	h.render(w, status, "logs.html", &v)
}

// newLog makes a draft out of the form. Its times are UTC, as the page says.
func (h *Handler) newLog(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if h.Logs == nil || r.ParseForm() != nil {
		h.missing(w, "The form could not be read", "Load the page before it again.")
		return
	}
	var ask NewLogTask
	ask.Serials = r.PostForm["serial"]
	for field, to := range map[string]*time.Time{"from": &ask.From, "until": &ask.Until} {
		text := strings.TrimSpace(r.PostForm.Get(field))
		if text == "" || r.PostForm.Get("kind") != "recording" {
			continue
		}
		at, err := time.Parse("2006-01-02T15:04", text)
		if err != nil {
			h.showLogs(w, r, http.StatusBadRequest, field+": must be an instant like 2026-12-01T09:00, in UTC")
			return
		}
		*to = at
	}
	if r.PostForm.Get("kind") == "recording" && (ask.From.IsZero() || ask.Until.IsZero()) {
		h.showLogs(w, r, http.StatusBadRequest, "from: a recording needs its start and its end")
		return
	}
	id, err := h.Logs.Make(ask)
	if err != nil {
		h.showLogs(w, r, http.StatusBadRequest, err.Error())
		return
	}
	http.Redirect(w, r, "/logs/"+url.PathEscape(id), http.StatusSeeOther)
}

func (h *Handler) logTask(r *http.Request) (LogTask, bool) {
	if h.Logs == nil {
		return LogTask{}, false
	}
	all := h.Logs.Tasks()
	i := slices.IndexFunc(all, func(t LogTask) bool { return t.ID == r.PathValue("id") })
	if i < 0 {
		return LogTask{}, false
	}
	return all[i], true
}

func (h *Handler) releaseLog(w http.ResponseWriter, r *http.Request) {
	t, ok := h.logTask(r)
	if !ok {
		h.missing(w, "There is no such log task", "The list of logs has all that are kept.")
		return
	}
	if err := h.Logs.Release(t.ID); err != nil {
		h.showLogs(w, r, http.StatusConflict, err.Error())
		return
	}
	http.Redirect(w, r, "/logs/"+url.PathEscape(t.ID), http.StatusSeeOther)
}

// log is the page of one task, with the lines of one of its devices.
func (h *Handler) log(w http.ResponseWriter, r *http.Request) {
	t, ok := h.logTask(r)
	if !ok {
		h.missing(w, "There is no such log task", "The list of logs has all that are kept.")
		return
	}
	v := logView{frame: h.frame("Log", "terminals"), LogTask: t, Serial: r.FormValue("device")}
	for _, d := range t.Devices {
		if v.Serial == "" && d.Lines > 0 {
			v.Serial = d.Serial
		}
	}
	if v.Serial != "" && t.State != "expired" {
		lines, err := h.Logs.Lines(t.ID, v.Serial)
		if err != nil {
			h.missing(w, "The log of "+clip(maskCards(v.Serial))+" could not be read", "The task lists its devices.")
			return
		}
		v.Skipped = max(0, len(lines)-maxLogRows)
		order := ""
		for _, l := range lines[v.Skipped:] {
			v.Rows = append(v.Rows, logRow{l, l.Order != "" && l.Order != order})
			order = l.Order
		}
	}
	h.render(w, http.StatusOK, "log.html", &v)
}

func (h *Handler) logFile(w http.ResponseWriter, r *http.Request) {
	t, ok := h.logTask(r)
	var file []byte
	err := fmt.Errorf("no task")
	if ok {
		file, err = h.Logs.File(t.ID, r.PathValue("serial"))
	}
	if err != nil {
		h.missing(w, "There is no such log", "The list of logs has all that are kept.")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", r.PathValue("serial")+"-"+t.ID+".log"))
	_, _ = w.Write(file) // the reader may be gone
}
