package estate

import (
	"fmt"
	"time"
)

// RetireTerminal takes a terminal out of use for good, with the device that is bound to it: its key is
// no longer pinned, and it is unknown until it is boarded again. The TID is never given to another
// terminal, so that its orders stay its own.
func (r *Registry) RetireTerminal(now time.Time, tid string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	t, ok := r.terminals[tid]
	if !ok || t.Retired {
		return fmt.Errorf("%w: terminal", ErrUnknown)
	}
	d, bound := r.devices[t.POIID]
	told := fact{t.Group, TerminalRetired{TID: tid, POIID: t.POIID}}
	t.Retired, t.CodeHash, t.POIID = true, "", ""
	changes := []journaled{{
		stream: "terminal/" + tid, state: t, facts: []fact{told}, show: func() { r.showTerminal(t) },
	}}
	if bound {
		gone := Device{POIID: d.POIID, Number: d.Number, Retired: true, Tampered: d.Tampered, Former: d.Former, Developer: t.Developer}
		changes = append(changes, r.deviceChange(gone))
	}
	return r.write(now, changes...)
}
