package sim

import (
	"encoding/json"
	"time"

	"kassa/virtual/host"
)

// hostNode is the acquirer's host and the issuers, with their ledger on a disk of their own.
type hostNode struct {
	w       *world
	machine *host.Machine // nil while it is down
	life    int
	ahead   time.Duration // its wall clock is wrong by this
	begun   time.Duration // and was when its life began, which is what that life goes by
	ledger  [][]byte
	links   []*hostLink
	armed   time.Time
}

func (h *hostNode) clock() time.Time { return h.w.now.Add(h.begun) }

func (h *hostNode) start() {
	keys := host.Keys{PIN: h.w.stock.zone.PIN, MAC: h.w.stock.zone.MAC}
	m, err := host.NewMachine(host.Config{Keys: keys})
	if err != nil {
		h.w.books.wrong(lost, "", "the host does not start: "+err.Error())
		return
	}
	for _, r := range h.records() {
		if err := m.Restore(r); err != nil {
			h.w.books.wrong(lost, "", "the host's ledger does not restore: "+err.Error())
			return
		}
	}
	h.life++
	h.machine, h.armed, h.begun = m, time.Time{}, h.ahead
	h.w.note("host", "starts", "")
}

func (h *hostNode) records() []host.Record {
	out := make([]host.Record, len(h.ledger))
	for i, raw := range h.ledger {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			h.w.books.wrong(lost, "", "the host's ledger does not decode")
		}
	}
	return out
}

func (h *hostNode) handle(in host.Input) {
	if h.machine == nil {
		return
	}
	for _, o := range h.machine.Handle(h.clock(), in) {
		if h.machine == nil {
			return
		}
		switch o := o.(type) {
		case host.Persist:
			h.persist(o.Record)
		case host.Send:
			if l := h.link(o.Conn); l != nil {
				l.answer(o.Frame)
			}
		case host.Raw: // what is no frame ends the connection where it is read
			if l := h.link(o.Conn); l != nil {
				l.up.through(h.w, time.Millisecond, l.closeAtHost)
			}
		case host.CloseConn:
			if l := h.link(o.Conn); l != nil {
				l.up.through(h.w, time.Millisecond, l.closeAtHost)
			}
		}
	}
	h.arm()
}

func (h *hostNode) persist(r host.Record) {
	if h.w.strikes(HostCrashBefore) {
		h.crash()
		return
	}
	raw, err := json.Marshal(r)
	if err != nil {
		h.w.books.wrong(lost, "", "a ledger record does not encode")
		return
	}
	h.ledger = append(h.ledger, raw)
	h.w.note("host", "writes", string(r.Kind)+" "+r.TID+" "+r.STAN+" rc="+r.RC+" "+r.Lifecycle)
	if h.w.strikes(HostCrashAfter) {
		h.crash()
	}
}

func (h *hostNode) link(id uint64) *hostLink {
	for _, l := range h.links {
		if l.id == id && l.atHost {
			return l
		}
	}
	return nil
}

func (h *hostNode) crash() {
	h.w.note("host", "dies", "")
	h.machine = nil
	for _, l := range h.links {
		if l.atHost {
			l.atHost = false
			l.tellKassa()
		}
	}
	h.links = nil
	h.w.after(h.w.between(100*time.Millisecond, 15*time.Second), h.start)
}

func (h *hostNode) arm() {
	due, ok := time.Time{}, false
	if h.machine != nil {
		due, ok = h.machine.NextDue()
	}
	if !ok || due.Equal(h.armed) {
		return
	}
	h.armed = due
	life := h.life
	h.w.after(due.Sub(h.clock()), func() {
		if h.life == life && h.machine != nil {
			h.armed = time.Time{}
			h.handle(host.Tick{})
		}
	})
}

// accident lets somebody set one of the host's own faults.
func (h *hostNode) accident() {
	if h.machine == nil || !h.w.strikes(HostFault) {
		return
	}
	kinds := []host.Fault{
		{Kind: host.FaultDropNextAnswer}, {Kind: host.FaultClose}, {Kind: host.FaultBadMAC}, {Kind: host.FaultSignOff},
		{Kind: host.FaultDelay, Count: 1, DelayMS: 18_000},
	}
	f := kinds[h.w.chance.IntN(len(kinds))]
	if f.Kind == host.FaultSignOff {
		for _, l := range h.links {
			l.signedOff = true
		}
	}
	h.w.note("host", "fault", string(f.Kind))
	h.handle(host.SetFault{Fault: f})
}

func (h *hostNode) heal() { h.handle(host.ClearFaults{}) }

func (h *hostNode) busy() string {
	if h.machine == nil {
		return "is down"
	}
	if _, waiting := h.machine.NextDue(); waiting {
		return "has answers to send"
	}
	return ""
}

func (h *hostNode) open(l *hostLink) {
	h.links = append(h.links, l)
	h.handle(host.Opened{Conn: l.id})
}
