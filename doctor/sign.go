package doctor

import (
	"strconv"
	"time"

	"kassa/journal"
)

// State is whether a cause is there.
type State string

// The states. The zero value is Unknown: what is not known is never a pass.
const (
	Unknown State = ""
	Absent  State = "absent"
	Present State = "present"
)

// Sign is what a rule sees on a chart.
type Sign struct {
	State State
	// Certain tells that nothing else explains the evidence.
	Certain bool
	// Evidence is what it rests on: Present without any is a mistake of the rule, and is taken for Unknown.
	Evidence []Evidence
	// Because says why it is absent, or not known; in English, as a fact: "heartbeat 3 s before the order".
	Because string
	// Missing is what would have to be known.
	Missing Need
	// Args fill the {names} of the rule's texts.
	Args map[string]string
}

// Found is a cause that is there for certain.
func Found(args map[string]string, evidence ...Evidence) Sign {
	return Sign{State: Present, Certain: true, Args: args, Evidence: evidence}
}

// Likely is a cause that explains what is seen, as something else may too.
func Likely(args map[string]string, evidence ...Evidence) Sign {
	return Sign{State: Present, Args: args, Evidence: evidence}
}

// No is a cause that is not there.
func No(because string) Sign { return Sign{State: Absent, Because: because} }

// NotKnown is a cause of which nothing can be said, for want of something.
func NotKnown(missing Need, because string) Sign { return Sign{Missing: missing, Because: because} }

// Evidence is one fact that a finding rests on.
type Evidence struct {
	At time.Time `json:"at,omitzero"`
	// Source is where the fact comes from: estate, link, terminal, telemetry, order, call, key, settings,
	// environment, acquirer, webhook, stream or status.
	Source string `json:"source"`
	// Seq is its number in the journal, Ref the id of what it is about; either may be empty.
	Seq  uint64 `json:"seq,omitempty"`
	Ref  string `json:"ref,omitempty"`
	Says string `json:"says"`
}

// Entry makes evidence of an entry of the journal.
func Entry(e journal.Entry, source, says string) Evidence {
	return Evidence{At: e.At, Source: source, Seq: e.Seq, Ref: e.Stream, Says: says}
}

// Seconds says a span in whole seconds.
func Seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
