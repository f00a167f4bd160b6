package clinic

import (
	"encoding/json"
	"strings"
	"sync"

	"kassa/charging"
	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

// Limits of the index: what an examination looks back at, and what is remembered of an installation.
const (
	perSubject  = 48
	maxSubjects = 100_000
	maxTail     = 20_000 // facts of a shared stream read back at the start
	maxBack     = 50_000 // facts of the whole journal read back at the start
	maxModels   = 1000   // of devices
)

// index finds the facts of shared streams again by what they are about. A stream that many subjects share cannot be
// searched while somebody waits.
type index struct {
	mu   sync.RWMutex
	seqs map[string][]uint64 // the newest last
	at   uint64              // read up to here
	// newest is the newest program that devices of a model have reported.
	newest map[string]string
}

func newIndex() *index {
	return &index{seqs: make(map[string][]uint64), newest: make(map[string]string)}
}

// reported notes what program a device of a model has.
func (x *index) reported(e journal.Entry) {
	t, ok := doctor.Read[doctor.Telemetry](e)
	v, numbered := doctor.VersionOf(t.Software)
	if !ok || !numbered {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	last, known := doctor.VersionOf(x.newest[t.Model])
	if (known && last.Older(v)) || (!known && len(x.newest) < maxModels) {
		x.newest[t.Model] = t.Software
	}
}

// programOf is the newest program that devices of a model have reported.
func (x *index) programOf(model string) string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.newest[model]
}

// load reads back the tails of the shared streams and the end of the journal.
func (x *index) load(r Records, f Feed) error {
	last := f.Last()
	from := uint64(0)
	if last > maxBack {
		from = last - maxBack
	}
	for _, stream := range []string{estate.LinksStream, callsStream, acquirerStream, statusStream} {
		tail, err := r.StreamTail(stream, maxTail)
		if err != nil {
			return err
		}
		for _, e := range tail {
			if e.Seq <= from {
				x.add(e)
			}
		}
	}
	x.at = from
	return x.catchUp(f, last, nil)
}

// The streams that many subjects share.
const (
	callsStream    = "calls/refused"
	acquirerStream = "acquirer/1"
	statusStream   = "status/1"
)

const entriesPage = 2000

// catchUp reads the journal up to a number, and tells each fact.
func (x *index) catchUp(f Feed, last uint64, each func(journal.Entry)) error {
	for x.at < last {
		page, err := f.Entries(x.at, entriesPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, e := range page {
			x.add(e)
			x.at = e.Seq
			if each != nil {
				each(e)
			}
		}
	}
	return nil
}

// add notes what a fact is about.
func (x *index) add(e journal.Entry) {
	if e.Kind == doctor.TelemetryReported {
		x.reported(e)
		return
	}
	subjects := about(e)
	if len(subjects) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range subjects {
		list, known := x.seqs[s]
		if !known && len(x.seqs) >= maxSubjects {
			for old := range x.seqs { // any one: what is looked at is looked at soon
				delete(x.seqs, old)
				break
			}
		}
		if len(list) >= perSubject {
			copy(list, list[1:])
			list = list[:perSubject-1]
		}
		x.seqs[s] = append(list, e.Seq)
	}
}

// of gives the numbers of the facts about a subject, the newest last.
func (x *index) of(subject string) []uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return append([]uint64(nil), x.seqs[subject]...)
}

// about tells what a fact of a shared stream, or one of an order or webhook, is about.
func about(e journal.Entry) (list []string) {
	add := func(kind, id string) {
		if id != "" {
			list = append(list, kind+":"+id)
		}
	}
	switch journal.Kind(e.Stream) {
	case "links":
		var body struct{ POIID, TID string }
		if json.Unmarshal(e.Payload, &body) == nil {
			add("poi", body.POIID)
			add("tid", body.TID)
		}
	case "calls":
		var c doctor.Call
		var left doctor.StreamLeft
		if json.Unmarshal(e.Payload, &c) != nil || json.Unmarshal(e.Payload, &left) != nil {
			return nil
		}
		add("ref", c.OrderID)
		add("stream", left.Order)
		add("tid", c.TerminalID)
		add("key", c.Key)
		add("hint", c.Hint)
		add("calls", c.Account)
		list = append(list, "calls")
	case "acquirer":
		list = append(list, "acquirer")
		var a doctor.Alarm
		if json.Unmarshal(e.Payload, &a) == nil && e.Kind == doctor.AcquirerAlarm {
			add("alarm", a.Order)
			if a.Order == "" && a.TID != "" { // of an answer that could not be believed: whose it was its trace number tells
				add("trace", a.TID+"/"+a.STAN)
			}
		}
	case "wish":
		var body struct{ Wish struct{ TID string } }
		if json.Unmarshal(e.Payload, &body) == nil {
			add("tid", body.Wish.TID)
		}
	case "charging":
		var chosen charging.ChargingChosen
		if e.Kind == "ChargingChosen" && json.Unmarshal(e.Payload, &chosen) == nil {
			add("charges", chosen.New.TerminalID)
		}
	case "status":
		list = append(list, "status")
	case "webhook":
		var r doctor.TryReport
		if json.Unmarshal(e.Payload, &r) == nil {
			add("hook", e.Scope)
			add("hookorder", strings.TrimPrefix(r.Order, "order/"))
			add("endpoint", r.Endpoint)
		}
	case "order":
		switch e.Kind {
		case "OrderCreated":
			var body struct{ Order struct{ TID string } }
			if json.Unmarshal(e.Payload, &body) == nil {
				add("orders", body.Order.TID)
			}
		case "OrderClaimed":
			var body struct{ TID string }
			if json.Unmarshal(e.Payload, &body) == nil {
				add("orders", body.TID)
			}
		}
	}
	return list
}
