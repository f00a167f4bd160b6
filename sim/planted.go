package sim

import (
	"encoding/json"
	"time"

	"kassa"
	"kassa/acquirer"
	"kassa/engine"
	"kassa/journal"
	"kassa/sim/disk"
)

// bug is a fault of the shell around the production machines, planted to show that it would be
// found. Its zero value is the shell as it should be.
type bug struct {
	// read stands between the engine and the store.
	read func(*disk.Disk) engine.Reader
	// to and from stand between the engine and the acquirer's side.
	to   func(l *life, out engine.ToAcquirer)
	from func(l *life, out acquirer.Outcome)
	// hasty tells the engine that a batch is durable as soon as it is handed over.
	hasty bool
	// start follows every start.
	start func(l *life)
}

func (b bug) reader(d *disk.Disk) engine.Reader {
	if b.read != nil {
		return b.read(d)
	}
	return d
}

func (b bug) toAcquirer(l *life, out engine.ToAcquirer) {
	if b.to != nil {
		b.to(l, out)
		return
	}
	l.effect(out)
}

func (b bug) fromAcquirer(l *life, out acquirer.Outcome) {
	if b.from != nil {
		b.from(l, out)
		return
	}
	l.outcome(out)
}

func (b bug) early(l *life, c engine.Commit) bool {
	if b.hasty {
		l.toEngine(engine.Committed{Token: c.Token})
	}
	return b.hasty
}

func (b bug) started(l *life) {
	if b.start != nil {
		b.start(l)
	}
}

// Planted lists the bugs by name.
func Planted() []string {
	return []string{"reversal-skipped", "stan-reused", "effect-before-append", "late-approval-honoured", "once-only-repeated",
		"release-skipped", "capture-renumbered", "void-believed"}
}

// newBug plants a bug, for one seed.
func newBug(name string) (bug, bool) {
	switch name {
	case "":
		return bug{}, true
	case "reversal-skipped":
		return reversalSkipped(), true
	case "stan-reused":
		return bug{read: func(d *disk.Disk) engine.Reader { return forgetful{d} }}, true
	case "effect-before-append":
		return bug{hasty: true}, true
	case "late-approval-honoured":
		return lateApprovalHonoured(), true
	case "once-only-repeated":
		return onceOnlyRepeated(), true
	case "release-skipped":
		return releaseSkipped(), true
	case "capture-renumbered":
		return captureRenumbered(), true
	case "void-believed":
		return voidBelieved(), true
	}
	return bug{}, false
}

// reversalSkipped takes a reversal for done without sending it.
func reversalSkipped() bug {
	return bug{to: func(l *life, out engine.ToAcquirer) {
		e, ok := out.Effect.(kassa.SendReversal)
		if !ok {
			l.effect(out)
			return
		}
		l.outcome(acquirer.Outcome{
			Order: out.Order.ID(), Input: kassa.ReversalAnswered{Request: e.Auth.Request, ResponseCode: "00"},
		})
	}}
}

// releaseSkipped takes a release for done without sending it.
func releaseSkipped() bug {
	return bug{to: func(l *life, out engine.ToAcquirer) {
		if _, ok := out.Effect.(kassa.SendRelease); ok {
			l.outcome(acquirer.Outcome{Order: out.Order.ID(), Input: kassa.ReleaseAnswered{ResponseCode: "00"}})
			return
		}
		l.effect(out)
	}}
}

// captureRenumbered sends a capture that a dead process may have sent as if it were a new one.
func captureRenumbered() bug {
	return bug{to: func(l *life, out engine.ToAcquirer) {
		if e, ok := out.Effect.(kassa.SendCapture); ok && e.Again {
			e.Again, e.Capture.TransmittedAt = false, e.Capture.TransmittedAt.Add(time.Second)
			out.Effect = e
		}
		l.effect(out)
	}}
}

// voidBelieved takes every answer to the reversal of a refund for a yes.
func voidBelieved() bug {
	return bug{from: func(l *life, out acquirer.Outcome) {
		if in, ok := out.Input.(kassa.RefundVoidAnswered); ok {
			in.Reason = kassa.None
			out.Input = in
		}
		l.outcome(out)
	}}
}

// forgetful is a store that has lost the last STAN of each terminal over a restart.
type forgetful struct{ *disk.Disk }

func (f forgetful) Load(id string) (journal.Stream, bool, error) {
	s, ok, err := f.Disk.Load(id)
	if err != nil || !ok || journal.Kind(id) != "poi" {
		return s, ok, err
	}
	var state map[string]json.RawMessage
	var stan int
	if json.Unmarshal(s.State, &state) == nil && json.Unmarshal(state["stan"], &stan) == nil {
		state["stan"], _ = json.Marshal(max(0, stan-1))
		s.State, _ = json.Marshal(state)
	}
	return s, ok, err
}

// lateApprovalHonoured waits with each reversal, and forgets it when an approval comes after all.
func lateApprovalHonoured() bug {
	const wait = 10 * time.Second
	held := make(map[string]kassa.SendReversal)
	return bug{
		to: func(l *life, out engine.ToAcquirer) {
			e, ok := out.Effect.(kassa.SendReversal)
			if !ok {
				l.effect(out)
				return
			}
			id := out.Order.ID()
			held[id] = e
			l.w.after(wait, func() {
				if _, still := held[id]; still && !l.dead {
					delete(held, id)
					l.effect(out)
				}
			})
		},
		from: func(l *life, out acquirer.Outcome) {
			late, ok := out.Input.(kassa.LateAnswer)
			if e, waits := held[out.Order]; ok && waits && late.Approved {
				delete(held, out.Order)
				out.Input = kassa.ReversalAnswered{Request: e.Auth.Request, ResponseCode: "00"}
			}
			l.outcome(out)
		},
	}
}

// onceOnlyRepeated hands an authorisation without an outcome over again after a restart.
func onceOnlyRepeated() bug {
	var open []engine.ToAcquirer
	return bug{
		to: func(l *life, out engine.ToAcquirer) {
			if _, ok := out.Effect.(kassa.SendAuthorisation); ok {
				open = append(open, out)
			}
			l.effect(out)
		},
		from: func(l *life, out acquirer.Outcome) {
			kept := open[:0]
			for _, o := range open {
				if o.Order.ID() != out.Order {
					kept = append(kept, o)
				}
			}
			open = kept
			l.outcome(out)
		},
		start: func(l *life) {
			again := open
			open = nil
			l.w.after(2*time.Second, func() {
				for _, o := range again {
					if !l.dead {
						l.effect(o)
					}
				}
			})
		},
	}
}
