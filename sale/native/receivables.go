package native

import (
	"encoding/json"
	"net/http"
	"strings"

	"kassa/charging"
)

// receivableRoutes are those to what sessions cost and nobody has paid yet.
func receivableRoutes() []route {
	return []route{
		{"GET", "charging-receivables", ordersRead, "open group before limit", false, (*Handler).listReceivables, nil},
		{"POST", "charging-sessions/{charge}/collections", paymentsRefund, "", false, (*Handler).collectCharge, nil},
		{"POST", "charging-sessions/{charge}/disputes", paymentsRefund, "", false, (*Handler).disputeCharge, nil},
		{"POST", "charging-sessions/{charge}/write-off", paymentsRefund, "", true, (*Handler).writeOffCharge, nil},
	}
}

// listReceivables lists them by reference: those that are open, those that are not, or all.
func (h *Handler) listReceivables(w http.ResponseWriter, c *call) *problem {
	q := c.query
	limit, refused := limitOf(q, defaultPage, maxPage)
	if refused != nil {
		return refused
	}
	scopes, refused := h.groupsNamed(c, q.Get("group"))
	if refused != nil {
		return refused
	}
	open := q.Get("open")
	if open != "" && open != "true" && open != "false" {
		return badInput(mistake{Parameter: "open", Detail: "must be true or false"})
	}
	before := q.Get("before")
	if before != "" {
		before = "receivable/" + before
	}
	list, next, err := h.receivables(scopes, open, before, limit)
	if err != nil {
		return unreadable("the receivables could not be read")
	}
	return answer(w, http.StatusOK, page{Data: list, HasMore: next != "", Next: next})
}

func (h *Handler) receivables(scopes []string, open, before string, limit int) (list []charging.Receivable, next string, err error) {
	list = []charging.Receivable{}
	for scanned := 0; scanned < maxScan; {
		streams, err := h.Records.Newest("receivable", scopes, before, maxPage)
		if err != nil {
			return nil, "", err
		}
		for _, s := range streams {
			var r charging.Receivable
			if err := json.Unmarshal(s.State, &r); err != nil {
				return nil, "", err
			}
			if open == "" || open == "true" == (r.Open > 0) {
				if len(list) == limit {
					return list, strings.TrimPrefix(before, "receivable/"), nil
				}
				r.Account, r.Group = h.shown(accountID, r.Account), h.shown(groupID, r.Group)
				list = append(list, r)
			}
			before = s.ID
		}
		if scanned += len(streams); len(streams) < maxPage {
			return list, "", nil
		}
	}
	return list, strings.TrimPrefix(before, "receivable/"), nil
}

// collectCharge notes a part that came in another way; its ref is its identity, so that a repeat is harmless.
func (h *Handler) collectCharge(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Ref    string `json:"ref"`
		Amount int64  `json:"amount"`
		How    string `json:"how"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if len(body.How) > maxReference {
		return badInput(mistake{Pointer: "/how", Detail: "is too long"})
	}
	return h.giveCharge(w, c, charging.Collect{Ref: body.Ref, Amount: body.Amount, How: body.How})
}

func (h *Handler) writeOffCharge(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Reason string `json:"reason"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	return h.giveCharge(w, c, charging.WriteOff{Reason: body.Reason})
}

// disputeCharge notes a chargeback; its ref is its identity.
func (h *Handler) disputeCharge(w http.ResponseWriter, c *call) *problem {
	var body struct {
		Ref    string `json:"ref"`
		Amount int64  `json:"amount"`
		Why    string `json:"why"`
	}
	if refused := c.body(w, &body); refused != nil {
		return refused
	}
	if len(body.Why) > maxReference {
		return badInput(mistake{Pointer: "/why", Detail: "is too long"})
	}
	return h.giveCharge(w, c, charging.Dispute{Ref: body.Ref, Amount: body.Amount, Why: body.Why})
}
