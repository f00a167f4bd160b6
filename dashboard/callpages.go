package dashboard

import (
	"net/http"
	"strconv"
	"strings"
)

type callsView struct {
	frame
	Rows []Call
	Q    string
	Only string // "failed", or empty for all
	More string
}

func (h *Handler) calls(w http.ResponseWriter, r *http.Request) {
	v := callsView{frame: h.frame("API calls", "calls"), Q: readSearch(r).Q}
	v.OnCalls = true
	if r.URL.Query().Get("only") == "failed" {
		v.Only = "failed"
	}
	before, _ := strconv.ParseUint(r.URL.Query().Get("before"), 10, 63) // what is no number is the newest
	rows := h.Config.Calls.Newest(before, perPage+1, func(c Call) bool { return c.fits(v.Q) && (v.Only == "" || c.Status >= 400) })
	if len(rows) > perPage {
		rows = rows[:perPage]
		s := search{Q: v.Q}
		v.More = s.at("/calls/", strconv.FormatUint(rows[perPage-1].Number, 10))
		if v.Only != "" {
			v.More += "&only=" + v.Only
		}
	}
	v.Rows = rows
	h.render(w, http.StatusOK, "calls.html", &v)
}

// fits tells whether a call has a text in its path, its order, its status, its key or its request id.
func (c Call) fits(q string) bool {
	low := strings.ToLower(q)
	return strings.Contains(strings.ToLower(strings.Join([]string{c.Method + " " + c.Path, c.Ref, strconv.Itoa(c.Status), c.Key.Hint, c.Request}, "\n")), low)
}

type callView struct {
	frame
	Call
}

func (h *Handler) oneCall(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseUint(r.PathValue("number"), 10, 63)
	call, ok := h.Config.Calls.Find(number)
	if err != nil || !ok {
		h.missing(w, "This call is not kept any more", "The newest calls are kept in memory while the cloud runs.")
		return
	}
	v := callView{h.frame(call.Method+" "+call.Path, "calls"), call}
	v.OnCalls = call.Open
	h.render(w, http.StatusOK, "call.html", &v)
}

// StatusBadge is a call's HTTP status with its tone.
func (c Call) StatusBadge() Badge {
	word := strconv.Itoa(c.Status)
	switch {
	case c.Broken:
		return Badge{word + " broken off", "cross", bad}
	case c.Open:
		return Badge{word + " open", "spin", busy}
	case c.Status >= 500:
		return Badge{word, "alert", bad}
	case c.Status >= 400:
		return Badge{word, "cross", warn}
	}
	return Badge{word, "check", good}
}

// Said is the sentence with which a call was refused.
func (c Call) Said() string {
	if c.Status < 400 {
		return ""
	}
	return errorInfo(c.Got.Text)
}

// EventsToken tells that what was shown as a key can be the token of an event stream.
func (c Call) EventsToken() bool { return strings.HasPrefix(c.Path, "/events/") }
