package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kassa"
	"kassa/iso8583"
	"kassa/journal"
	"kassa/poilink"
	"kassa/sim/disk"
	"kassa/virtual/terminal"
)

// class says what kind of wrong something is.
type class string

const (
	lost    class = "lost"    // something acknowledged or taken is not where it should be
	doubled class = "doubled" // something happened twice that may happen once
	open    class = "open"    // something never ended
)

// Problem is one thing that is wrong.
type Problem struct {
	Class string
	Order string
	Text  string
}

func (p Problem) String() string { return p.Class + ": " + p.Order + ": " + p.Text }

// books are the checker's own: what it saw pass, independent of what the parties keep.
type books struct {
	w        *world
	profile  *iso8583.Profile
	problems []Problem
	sales    map[string]int                        // 0200 sales sent, by TID, STAN and DE7
	known    map[string]bool                       // sales that the host said it has had before, likewise
	names    map[string]string                     // TID, STAN and day: the one request that had it
	last     map[string]string                     // TID: the STAN of its newest sale
	answers  map[string]uint64                     // exchange and request: the seq that told its answer last
	ends     map[string]map[string]terminal.Result // POIID, exchange: how it ended there
	prompts  map[string]int                        // POIID and exchange: how often it was opened
	receipts []receiptSeen
	tips     map[string][]int64 // exchange: what the terminal's customer gave
	paidBack map[string]string  // id of a refund that a terminal was told is accepted: its exchange
}

type receiptSeen struct {
	d *device
	r terminal.Receipt
}

func newBooks(w *world) *books {
	return &books{
		w: w, profile: iso8583.Kassa87(), sales: make(map[string]int), known: make(map[string]bool), names: make(map[string]string),
		last: make(map[string]string), answers: make(map[string]uint64), ends: make(map[string]map[string]terminal.Result), prompts: make(map[string]int),
		tips: make(map[string][]int64), paidBack: make(map[string]string),
	}
}

const maxProblems = 20

func (b *books) wrong(c class, order, text string) {
	b.w.note("WRONG", string(c), order+": "+text)
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, Problem{Class: string(c), Order: order, Text: text})
	}
}

// booked is an order as the checker reads it from the disk.
type booked struct {
	Number int64     `json:"number"`
	Ref    string    `json:"ref"`
	TID    string    `json:"tid"`
	Amount money     `json:"amount"`
	Tip    money     `json:"tip"`
	Kind   string    `json:"kind"`
	Away   string    `json:"channel"` // not empty: the card was typed in
	Later  string    `json:"capture"` // not empty: held, and captured later
	Once   bool      `json:"oneTry"`
	Status string    `json:"status"`
	End    string    `json:"end"`
	Parked string    `json:"parked"`
	EndAt  time.Time `json:"endedAt"`

	Attempts []struct {
		Status         string        `json:"status"`
		Reason         string        `json:"reason"`
		Authorisations []bookedTried `json:"authorisations"`
	} `json:"attempts"`
	Refunds  []bookedRefund `json:"refunds"`
	Captures []bookedRefund `json:"captures"`
	Hold     *struct {
		Closed  string `json:"closed"`
		Release *struct {
			Amount         money     `json:"amount"`
			AcknowledgedAt time.Time `json:"acknowledgedAt"`
		} `json:"release"`
	} `json:"hold"`
}

type money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

type bookedTried struct {
	Request  int    `json:"request"`
	STAN     string `json:"stan"`
	RRN      string `json:"rrn"`
	Amount   money  `json:"amount"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Reversal *struct {
		AcknowledgedAt time.Time `json:"acknowledgedAt"`
	} `json:"reversal"`
}

// bookedRefund is a refund or a capture.
type bookedRefund struct {
	Number  int64  `json:"number"`
	Ref     string `json:"ref"`
	Amount  money  `json:"amount"`
	STAN    string `json:"stan"`
	Status  string `json:"status"`
	Asked   bool   `json:"cancelAsked"`
	Refused string `json:"voidRefused"`
}

func (o booked) final() bool {
	return o.Status == "completed" || o.Status == "cancelled" || o.Status == "expired"
}

func (o booked) tries() []bookedTried {
	var all []bookedTried
	for _, a := range o.Attempts {
		all = append(all, a.Authorisations...)
	}
	return all
}

func (b *books) order(id string) (booked, bool) {
	s, ok, err := b.w.kassa.disk.Load("order/" + id)
	if err != nil || !ok {
		return booked{}, false
	}
	return b.read(s)
}

func (b *books) read(s journal.Stream) (booked, bool) {
	var o booked
	if err := json.Unmarshal(s.State, &o); err != nil {
		b.wrong(lost, s.ID, "its state does not decode")
		return booked{}, false
	}
	return o, true
}

// orderByRef is what the register's door reads.
func (b *books) orderByRef(ref string) (kassa.Order, bool) {
	s, ok, err := b.w.kassa.disk.Find(ref)
	if err != nil || !ok {
		return kassa.Order{}, false
	}
	var o kassa.Order
	return o, json.Unmarshal(s.State, &o) == nil
}

// heard sees every answer of the host that reaches Kassa: to a sale that it has had before, the
// stored answer may be fetched.
func (b *books) heard(frame []byte) {
	if m, err := b.profile.Unpack(frame); err == nil && m.Get(39) == "94" {
		b.known[strings.TrimRight(m.Get(41), " ")+m.Get(11)+m.Get(7)] = true
	}
}

// sent sees every frame that Kassa writes to the host, before the network does anything to it.
func (b *books) sent(frame []byte) {
	m, err := b.profile.Unpack(frame)
	if err != nil {
		b.wrong(lost, "", "Kassa sent what is no message")
		return
	}
	tid, stan, at := strings.TrimRight(m.Get(41), " "), m.Get(11), m.Get(7)
	private, _ := iso8583.ParsePrivate(m.Get(48))
	order := private[iso8583.TagLifecycle]
	b.w.note("acquirer", "sends", m.MTI+" "+tid+" "+stan+" "+order)
	switch m.MTI {
	case "0421":
		b.w.mark(ReversalRepeated)
	case "0201":
		b.w.mark(RefundRepeated)
	case "0221":
		b.w.mark(CaptureRepeated)
	}
	if m.MTI[1] != '1' && m.MTI[1] != '2' {
		return
	}
	day := tid + "|" + stan + "|" + at[:4]
	request := at + "|" + m.Get(37) + "|" + m.Get(4) + "|" + m.Get(3)
	if had, ok := b.names[day]; ok && had != request {
		b.wrong(doubled, order, "STAN "+stan+" of "+tid+" names two requests of one day")
	}
	b.names[day] = request
	b.durable(order, m)
	if !m.Has(35) && !m.Has(2) { // it is about no card, and may be repeated
		return
	}
	if before := b.last[tid]; before > stan {
		b.w.mark(STANWrapped)
	}
	b.last[tid] = stan
	if m.MTI[3] == '1' && b.known[tid+stan+at] {
		b.w.mark(AnswerFetched)
		return
	}
	if b.sales[tid+stan+at]++; b.sales[tid+stan+at] > 1 {
		b.wrong(doubled, order, "the authorisation with STAN "+stan+" was sent twice")
	}
}

// durable checks that what identifies a request is on the disk before the request leaves.
func (b *books) durable(order string, m *iso8583.Message) {
	o, ok := b.order(order)
	if ok && !m.Has(35) && !m.Has(2) {
		for _, r := range append(o.Refunds, o.Captures...) {
			if r.STAN == m.Get(11) {
				return
			}
		}
	}
	for _, t := range o.tries() {
		if t.STAN == m.Get(11) && t.RRN == m.Get(37) {
			return
		}
	}
	b.wrong(lost, order, "a request left before it was durable: STAN "+m.Get(11))
}

// down sees every frame that Kassa sends to a terminal.
func (b *books) down(poiid string, f poilink.Frame) {
	switch {
	case f.AuthorisationResponse != nil:
		key := fmt.Sprint(poiid, f.AuthorisationResponse.Exchange, "/", f.AuthorisationResponse.Request)
		if b.answers[key] != 0 && f.Seq > b.answers[key] {
			b.w.mark(AnswerRetold)
		}
		b.answers[key] = f.Seq
		b.w.note("poi", "tells", f.AuthorisationResponse.Exchange+" "+string(f.AuthorisationResponse.Verdict))
	case f.Decision != nil:
		b.w.note("poi", "decides", f.Decision.Exchange+" "+string(f.Decision.Verdict))
	}
}

// restarts sees what a new life of Kassa finds.
func (b *books) restarts(d *disk.Disk) {
	_ = d.OpenStreams("order", func(s journal.Stream) error {
		o, _ := b.read(s)
		if o.Tip.Minor > 0 && len(o.tries()) == 0 {
			b.w.mark(RestartTipped)
		}
		switch o.Status {
		case "unclaimed":
			b.w.mark(RestartUnclaimed)
		case "authorising":
			b.w.mark(RestartAuthorising)
			if o.Away != "" {
				b.w.mark(RestartEntered)
			}
		case "completing":
			b.w.mark(RestartCompleting)
		}
		for _, t := range o.tries() {
			if t.Reversal != nil && t.Reversal.AcknowledgedAt.IsZero() {
				b.w.mark(RestartOwing)
			}
		}
		for _, r := range o.Refunds {
			switch r.Status {
			case "accepted":
				b.w.mark(RestartRefunding)
			case "voiding":
				b.w.mark(RestartVoiding)
			}
		}
		for _, c := range o.Captures {
			if c.Status == "accepted" {
				b.w.mark(RestartCapturing)
			}
		}
		if h := o.Hold; h != nil && h.Release != nil && h.Release.AcknowledgedAt.IsZero() {
			b.w.mark(RestartReleasing)
		}
		return nil
	})
}

// journalled sees every record that a terminal has made durable.
func (b *books) journalled(d *device, r terminal.Record) {
	if r.Wish != nil && r.Wish.Frame.Start != nil {
		d.starts[r.Wish.Frame.Start.Reference].asked = true
	}
	if a := r.RefundAnswer; a != nil && a.Accepted {
		b.paidBack[a.ID] = a.Exchange
	}
	if r.Frame != nil && r.Frame.Tip != nil {
		t := r.Frame.Tip
		b.tips[t.Exchange] = append(b.tips[t.Exchange], t.AmountMinor)
	}
	switch {
	case r.Open != nil:
		if b.prompts[d.poiid+r.Open.ID]++; b.prompts[d.poiid+r.Open.ID] > 1 && !d.forgot {
			b.wrong(doubled, r.Open.ID, "the terminal asked for a card twice for one order")
		}
	case r.End != nil:
		of := b.ends[d.poiid]
		if of == nil {
			of = make(map[string]terminal.Result)
			b.ends[d.poiid] = of
		}
		if before, ok := of[r.End.Exchange]; ok && !d.forgot {
			b.wrong(doubled, r.End.Exchange, "it ended twice at the terminal: "+string(before)+", "+string(r.End.Result))
		}
		if of[r.End.Exchange] != terminal.ResultApproved { // what was shown once stays shown
			of[r.End.Exchange] = r.End.Result
		}
		b.w.note(d.poiid, "ends", r.End.Exchange+" "+string(r.End.Result))
	}
	if r.Receipt != nil {
		b.receipts = append(b.receipts, receiptSeen{d, *r.Receipt})
	}
}

// printed sees the paper.
func (b *books) printed(d *device, r terminal.Receipt) {
	b.receipts = append(b.receipts, receiptSeen{d, r})
}

// finished sees what the person in front of the terminal is shown. Approved is shown only for what
// is durably paid.
func (b *books) finished(_ *device, a terminal.Attempt) {
	switch a.Result {
	case terminal.ResultUnknown:
		b.w.mark(ResultLost)
	case terminal.ResultApproved:
		if o, ok := b.order(a.Exchange); !ok || o.Status != "completed" {
			b.wrong(lost, a.Exchange, "the terminal shows approved for what is not completed")
		}
	}
}
