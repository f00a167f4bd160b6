package native

import "net/http"

// Status is the state of the installation's parts.
type Status struct {
	Acquirer  AcquirerStatus `json:"acquirer"`
	Terminals TerminalCount  `json:"terminals"`
	Store     StoreStatus    `json:"store"`
}

// StoreStatus counts what this process has made durable: batches share commits, and how many do is
// what group commit is worth.
type StoreStatus struct {
	Commits uint64 `json:"commits"`
	Batches uint64 `json:"batches"`
}

// AcquirerStatus counts the links to the acquirer.
type AcquirerStatus struct {
	SignedOn int `json:"signedOn"`
}

// TerminalCount counts the terminals that the caller sees, by their reach.
type TerminalCount struct {
	Activated int `json:"activated"`
	Online    int `json:"online"`
	Stale     int `json:"stale"`
	Offline   int `json:"offline"`
	Unknown   int `json:"unknown"`
}

func (h *Handler) status(w http.ResponseWriter, c *call) *problem {
	s := Status{Acquirer: h.Parts.Acquirer(), Store: h.Parts.Store()}
	for _, t := range h.terminalsOf(c.caller) {
		if t.POIID == "" {
			continue
		}
		s.Terminals.Activated++
		switch h.Links.Reach(t.TID).State {
		case "online":
			s.Terminals.Online++
		case "stale":
			s.Terminals.Stale++
		case "offline":
			s.Terminals.Offline++
		default:
			s.Terminals.Unknown++
		}
	}
	return answer(w, http.StatusOK, s)
}
