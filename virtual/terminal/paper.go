package terminal

import (
	"slices"

	"kassa/nexo"
	"kassa/virtual/terminal/paint"
)

// PaperKind is what a paper is about; empty is a payment.
type PaperKind string

// The kinds of paper.
const (
	PaperRefund PaperKind = "refund"
	PaperTotals PaperKind = "totals"
	// PaperDocument is what a register prints.
	PaperDocument PaperKind = "document"
)

// PaperState is where a receipt is; empty is on the roll.
type PaperState string

// The states of a receipt that is not on the roll.
const (
	PaperHeld    PaperState = "held"    // nobody wanted it on paper
	PaperWaiting PaperState = "waiting" // the roll was at its end
)

// PaperRow is a line of two columns.
type PaperRow struct {
	Left  string `json:"left"`
	Right string `json:"right,omitempty"`
}

// canPrint tells whether there is a printer, in the device or beside it.
func (m *Machine) canPrint() bool { return m.model().Printer || m.setting(setPrinter) != "" }

// paperState decides what becomes of a receipt that is wanted on paper, or not.
func (m *Machine) paperState(wanted bool) PaperState {
	switch {
	case !wanted || !m.canPrint():
		return PaperHeld
	case m.has(FaultPaperOut):
		return PaperWaiting
	}
	return ""
}

// emitPaper lets a receipt out that has been written down.
func (m *Machine) emitPaper(r *Receipt) {
	if r != nil && r.State == "" {
		m.emit(Print{*r})
	}
}

// printNow prints what somebody asks for.
func (m *Machine) printNow(r *Receipt) {
	r.State = m.paperState(true)
	m.persist(Record{Kind: RecordPaper, Receipt: r})
	m.emitPaper(r)
	if p := m.v.place; p != nil && r.State == PaperWaiting {
		p.problem = m.say("The printer is out of paper")
	} else if p != nil {
		p.problem = ""
	}
	m.showPlace()
}

// paperOf is the newest receipt of an exchange.
func (m *Machine) paperOf(exchange string) (Receipt, bool) {
	for i := len(m.d.Receipts) - 1; i >= 0; i-- {
		if r := m.d.Receipts[i]; r.Exchange == exchange && r.Kind == "" {
			return r, true
		}
	}
	return Receipt{}, false
}

// printCopy prints a receipt once more, or for the first time where it was held back.
func (m *Machine) printCopy(exchange string) (problem string) {
	r, ok := m.paperOf(exchange)
	switch {
	case !ok:
		return m.say("There is no receipt of this payment")
	case !m.canPrint():
		return m.say("This terminal has no printer")
	}
	r.Copy = r.Copy || r.State == ""
	m.printNow(&r)
	return ""
}

// paperIn lets out what waited for paper.
func (m *Machine) paperIn() {
	if m.has(FaultPaperOut) || !m.canPrint() {
		return
	}
	waiting := slices.DeleteFunc(slices.Clone(m.d.Receipts), func(r Receipt) bool { return r.State != PaperWaiting })
	if len(waiting) == 0 {
		return
	}
	m.persist(Record{Kind: RecordPaper})
	for _, r := range waiting {
		r.State = ""
		m.emit(Print{r})
	}
	if m.v.on && m.v.place != nil {
		m.v.place.problem = ""
		m.showPlace()
	}
}

// applyPaper notes a receipt, or that all that waited are printed.
func (d *durable) applyPaper(r *Receipt) {
	if r != nil {
		d.Receipts = lastOf(append(d.Receipts, *r), maxReceipts)
		d.fade()
		return
	}
	for i := range d.Receipts {
		if d.Receipts[i].State == PaperWaiting {
			d.Receipts[i].State = ""
		}
	}
}

// fade takes what older documents say, so that the memory of the roll has an end.
func (d *durable) fade() {
	left := maxRoll
	for i := len(d.Receipts) - 1; i >= 0; i-- {
		r := &d.Receipts[i]
		if left -= r.Size; left < 0 && r.Size > 0 && i < len(d.Receipts)-1 {
			r.Size, r.Blocks = 0, []paint.Block{{Spans: []paint.Span{{Text: "[…]"}}}}
		}
	}
}

// onRoll are the receipts that are on paper.
func (d *durable) onRoll() []Receipt {
	return slices.DeleteFunc(slices.Clone(d.Receipts), func(r Receipt) bool { return r.State != "" })
}

// wantsPaper tells whether the receipt of a payment comes out by itself.
func (m *Machine) wantsPaper(e *Exchange, result Result) bool {
	if e.Printing != nil {
		return *e.Printing
	}
	return m.printsBy(e, result)
}

// resultItems is what a result offers: its receipt, and to close it where nothing else does.
func (m *Machine) resultItems(r *Receipt) []Item {
	var items []Item
	if r != nil && m.is(setManualReceipt) {
		if r.State == PaperHeld && m.canPrint() {
			items = append(items, m.item("print:"+r.Exchange, "Print receipt"))
		}
		if r.Result == ResultApproved {
			items = append(items, m.item("mail:"+r.Exchange, "E-mail receipt"))
		}
	}
	if m.closeAfter() == 0 {
		items = append(items, m.item("close", "Close order"))
	}
	return items
}

// printsBy looks at what the administrator set for an outcome, the merchant's copy and the shopper's: either
// lets the receipt come out. Without it the terminal's own setting decides.
func (m *Machine) printsBy(e *Exchange, result Result) bool {
	outcome := map[Result]string{ResultApproved: "Approved", ResultDeclined: "Refused"}[result]
	if outcome == "" {
		outcome = "Cancelled"
	}
	if e.Type == nexo.PaymentRefund && outcome != "Cancelled" {
		outcome = "Refund" + outcome
	}
	merchant, shopper := m.setting(keptPrint+"merchant"+outcome), m.setting(keptPrint+"shopper"+outcome)
	if merchant == "" && shopper == "" {
		return m.is(setAutoPrint)
	}
	return merchant == on || shopper == on
}
