package native

import (
	"slices"
	"strings"

	"kassa/journal"
)

// record keeps a refused call for diagnosis.
func (h *Handler) record(c *call, p *problem) {
	if h.Refused == nil {
		return
	}
	kept := journal.RefusedCall{
		At: h.Now(), Dialect: "native", Account: c.caller.Account, Scope: c.caller.Group, Route: "unknown",
		OrderID: c.path["order"], TerminalID: bareID(c.path["terminal"]), Reason: p.Code, Status: p.Status, ErrorInfo: p.Detail,
	}
	if c.route != nil {
		kept.Route = c.route.method + " " + c.route.path
	}
	if len(p.Errors) > 0 {
		m := p.Errors[0]
		kept.Field = strings.Trim(m.Pointer+m.Parameter+m.Header, `"`)
	}
	switch {
	case p.Code == "unauthorised":
		kept.Reason = journal.ReasonKey
	case p.Code == "invalid_input":
		kept.Reason = journal.ReasonValidation
	case c.route == nil && slices.Contains([]string{"not_found", "method_not_allowed"}, p.Code):
		kept.Reason = journal.ReasonRoute
	}
	h.Refused(c.Request, kept)
}

// bareID is an id without its prefix and environment.
func bareID(id string) string { return id[strings.LastIndexByte(id, '_')+1:] }
