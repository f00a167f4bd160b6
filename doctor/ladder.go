package doctor

import (
	"slices"
)

// Result is how a rung of the ladder ended.
type Result string

// The results. A skipped rung says nothing about the terminal.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Skipped Result = "skipped"
)

// Rung is one step of the connection test, in the order in which each depends on those before.
type Rung struct {
	N      int    `json:"n"`
	Name   string `json:"name"`
	Title  string `json:"title"`
	Result Result `json:"result"`
	// MS is how long it took to find out, in milliseconds.
	MS       int64      `json:"ms"`
	Detail   string     `json:"detail"`
	Evidence []Evidence `json:"evidence,omitempty"`
	// Reason and Fix are those of a rung that failed.
	Reason string `json:"reason,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

// Verdict is what the ladder ends in.
type Verdict struct {
	Verdict   string `json:"verdict"` // Connected or Disconnected
	Connected bool   `json:"connected"`
	// Rung is the first one that failed, 0 when none did; Reason, Headline and Fix are its own.
	Rung     int    `json:"rung,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Headline string `json:"headline"`
	Fix      string `json:"fix,omitempty"`
}

// The two verdicts, in the words that terminals and their manuals use.
const (
	Connected    = "Terminal is connected"
	Disconnected = "Terminal is disconnected"
)

// The numbers of the rungs.
const (
	RungRecord = iota + 1
	RungAssigned
	RungSocket
	RungHeartbeat
	RungPing
	RungTerminal
	RungCloud
	RungKeys
	RungAcquirer
	RungDryRun
	RungWebhook
)

// rung is one line of the ladder. A check says what it found; an empty reason is a pass.
type rung struct {
	name, title string
	check       func(Facts) finding
}

// finding is what a check says.
type finding struct {
	detail   string
	evidence []Evidence
	reason   string
	fix      string
	skipped  bool
}

func rungs() []rung {
	return []rung{
		{"record", "The terminal is known here", checkRecord},
		{"assigned", "It is assigned and not blocked", checkAssigned},
		{"socket", "It has opened a connection", checkSocket},
		{"heartbeat", "It has been heard of lately", checkHeartbeat},
		{"ping", "It answers three pings", checkPing},
		{"terminal", "Its own checks are good", checkTerminal},
		{"cloud", "Cloud payments are switched on", checkCloud},
		{"keys", "It has its keys, and reports its software", checkKeys},
		{"acquirer", "The acquirer can be reached", checkAcquirer},
		{"dry_run", "A payment without an amount", func(Facts) finding {
			return finding{detail: "not part of this test: it would put something on the terminal's screen", skipped: true}
		}},
		{"webhook", "The webhook endpoint answers", checkWebhook},
	}
}

// Rungs is how many rungs the ladder has.
func Rungs() int { return len(rungs()) }

// Rise gives a rung, from 1, as the facts have it. Those that earlier rungs look at must be among them;
// before gives the rungs that were climbed: once one has failed, what depends on it is skipped.
func Rise(n int, f Facts, before []Rung) Rung {
	line := rungs()[n-1]
	r := Rung{N: n, Name: line.name, Title: line.title, Result: Pass}
	if failed := slices.IndexFunc(before, func(r Rung) bool { return r.Result == Fail }); failed >= 0 {
		r.Result, r.Detail = Skipped, "not looked at: "+before[failed].Name+" failed before"
		return r
	}
	found := line.check(f)
	r.Detail, r.Evidence = found.detail, found.evidence
	switch {
	case found.skipped:
		r.Result = Skipped
	case found.reason != "":
		r.Result, r.Reason, r.Fix = Fail, found.reason, found.fix
	}
	return r
}

// Ladder gives all rungs for facts that are all there.
func Ladder(f Facts) (list []Rung) {
	for n := range rungs() {
		list = append(list, Rise(n+1, f, list))
	}
	return list
}

// Conclude gives the verdict. Connected is what answers and is switched on: what fails above that is
// the headline, but breaks no connection.
func Conclude(f Facts, list []Rung) Verdict {
	v := Verdict{Verdict: Disconnected, Headline: "everything that was looked at is good"}
	failed := slices.IndexFunc(list, func(r Rung) bool { return r.Result == Fail })
	if failed >= 0 {
		r := list[failed]
		v.Rung, v.Reason, v.Headline, v.Fix = r.N, r.Reason, r.Detail, r.Fix
	}
	if (failed < 0 || list[failed].N > RungPing) && f.CloudMode && f.WebSocket {
		v.Connected, v.Verdict = true, Connected
	}
	return v
}

// Failed tells whether one of some rungs failed.
func Failed(list []Rung) bool {
	return slices.ContainsFunc(list, func(r Rung) bool { return r.Result == Fail })
}
