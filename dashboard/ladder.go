package dashboard

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"kassa/doctor"
)

// ladderView is the page of a connection test, for browsers without scripts.
type ladderView struct {
	frame
	Terminal
	Rungs   []doctor.Rung
	Verdict doctor.Verdict
}

// test climbs the ladder of the connection test. A script gets each rung as it is known, a line of JSON each;
// a form gets a page when all is known.
func (h *Handler) test(w http.ResponseWriter, r *http.Request) {
	tid := r.PathValue("tid")
	all := h.Estate.Terminals()
	i := slices.IndexFunc(all, func(t Terminal) bool { return t.TID == tid })
	if i < 0 || h.Test == nil {
		h.missing(w, "There is no terminal "+clip(maskCards(tid)), "The list of terminals has a search.")
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "application/x-ndjson") {
		v := ladderView{frame: h.frame("Connection test", "terminals"), Terminal: all[i]}
		var ok bool
		if v.Verdict, ok = h.Test(r.Context(), tid, func(rung doctor.Rung) bool { v.Rungs = append(v.Rungs, rung); return true }); !ok {
			h.failed(w, "The test could not be made")
			return
		}
		h.render(w, http.StatusOK, "ladder.html", &v)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	s := stream{w: w, flush: http.NewResponseController(w).Flush}
	line := func(v any) bool {
		text, err := json.Marshal(v)
		return err == nil && s.send(string(text)+"\n") == nil
	}
	if verdict, ok := h.Test(r.Context(), tid, func(rung doctor.Rung) bool { return line(rung) }); ok {
		line(verdict)
	}
}
