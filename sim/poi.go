package sim

import (
	"fmt"
	"strings"
	"time"

	"kassa"
	"kassa/engine"
	"kassa/estate"
	"kassa/poi"
	"kassa/poilink"
)

// cloudHost is the cloud's own name on the POI link.
const cloudHost = "sim.kassa"

// poiConn is Kassa's end of a POI link: before the hello it belongs to no POI.
type poiConn struct {
	link  *poiLink
	nonce []byte
	poiid string
}

// accept takes a new connection of a terminal.
func (l *life) accept(link *poiLink) {
	nonce := make([]byte, 32)
	_, _ = l.w.Read(nonce)
	c := &poiConn{link: link, nonce: nonce}
	l.poiConns[link.id] = c
	l.sendDown(c, poi.Challenge(l.clock(), cloudHost, nonce))
	l.w.after(10*time.Second, func() {
		if !l.dead && c.poiid == "" {
			link.closeAtKassa()
			delete(l.poiConns, link.id)
		}
	})
}

func (l *life) sendDown(c *poiConn, f poilink.Frame) {
	raw, err := poilink.Encode(f)
	if err != nil {
		l.w.books.wrong(lost, "", "a frame does not encode: "+err.Error())
		return
	}
	l.w.books.down(c.poiid, f)
	c.link.toDevice(raw, f.Type.Sequenced())
}

// poiFrame takes what arrived on a link.
func (l *life) poiFrame(id uint64, raw []byte) {
	c := l.poiConns[id]
	if c == nil || l.dead {
		return
	}
	f, err := poilink.Decode(raw)
	link := poi.LinkID(id)
	switch {
	case err != nil && c.poiid == "":
		c.link.closeAtKassa()
		delete(l.poiConns, id)
	case err != nil:
		l.toPOI(c.poiid, poi.Malformed{Link: link, Text: err.Error()})
	case c.poiid == "" && f.Type == poilink.TypeHello:
		c.poiid = f.Hello.POIID
		l.toPOI(c.poiid, poi.Hello{Link: link, Nonce: c.nonce, Hello: *f.Hello})
	case c.poiid != "":
		l.toPOI(c.poiid, poi.Arrived{Link: link, Frame: f})
	}
}

func (l *life) poiDown(id uint64) {
	c := l.poiConns[id]
	if c == nil || l.dead {
		return
	}
	delete(l.poiConns, id)
	if c.poiid != "" {
		l.toPOI(c.poiid, poi.Lost{Link: poi.LinkID(id), Reason: "the connection ended"})
	}
}

func (l *life) toPOI(poiid string, in poi.Input) {
	l.poiBox.put(func() {
		m := l.pois[poiid]
		if m == nil {
			m = poi.NewMachine(poi.Rules{Host: cloudHost, Heartbeat: heartbeat, Directory: l.k.estate}, poiid)
			l.pois[poiid] = m
		}
		for _, out := range m.Handle(l.clock(), in) {
			l.doPOI(poiid, out)
		}
		due, ok := m.NextDue()
		l.arm(poiid, due, ok, func() { l.toPOI(poiid, poi.Tick{}) })
	})
}

// tell gives an effect of the engine to the POI that it is for.
func (l *life) tell(out engine.ToPOI) {
	poiid := out.Order.POIID
	if t, ok := l.k.estate.Terminal(out.Order.TID); ok {
		poiid = t.POIID
	}
	if poiid != "" {
		l.toPOI(poiid, poi.Tell{Order: out.Order, Effect: out.Effect})
	}
}

func (l *life) doPOI(poiid string, out poi.Output) {
	switch out := out.(type) {
	case poi.Send:
		if c := l.poiConns[uint64(out.Link)]; c != nil {
			l.sendDown(c, out.Frame)
		}
	case poi.Close:
		l.closePOI(poiid, out)
	case poi.ToEngine:
		l.ask(func(t engine.Ticket) engine.Input {
			return engine.FromPOI{Ticket: t, TID: out.TID, Order: out.Order, Input: out.Input}
		}, func(r engine.Reply) {
			if r.Err == nil {
				l.toPOI(poiid, poi.Settled{Seq: out.Seq})
			}
		})
	case poi.Ask:
		l.counter(poiid, out)
	case poi.Mode:
		l.toEngine(engine.POIMode{TID: out.TID, Own: out.Own})
	case poi.Connected:
		l.connected(engine.POIConnected{TID: out.TID, POIID: poiid, Open: out.Open})
	case poi.PinKey:
		l.k.estate.pin(poiid, out.PublicKey)
		l.toPOI(poiid, poi.Pinned{Link: out.Link})
	case poi.MakeKey:
		l.makeKey(poiid, out)
	case poi.CheckKeys:
		l.k.estate.configured(poiid)
		l.toPOI(poiid, poi.KeysChecked{Link: out.Link, Seq: out.Seq})
	case poi.DecideActivation:
		l.toPOI(poiid, l.k.estate.activate(poiid, out))
	}
}

func (l *life) connected(in engine.POIConnected) {
	l.engineBox.put(func() {
		outputs := l.engine.Handle(l.clock(), in)
		for _, out := range outputs {
			if to, ok := out.(engine.ToPOI); ok {
				if _, decided := to.Effect.(kassa.TellDecision); decided {
					l.w.mark(DecisionOnHello)
				}
			}
		}
		l.do(outputs)
		l.armEngine()
	})
}

// closePOI ends a link. What still comes on one that is closed in order is read for a moment.
func (l *life) closePOI(poiid string, out poi.Close) {
	wait := time.Duration(0)
	if !out.Now {
		wait = 2 * time.Second
	}
	l.w.after(wait, func() {
		id := uint64(out.Link)
		if c := l.poiConns[id]; c != nil && !l.dead {
			delete(l.poiConns, id)
			c.link.closeAtKassa()
			l.toPOI(poiid, poi.Lost{Link: out.Link, Reason: "closed"})
		}
	})
}

func (l *life) makeKey(poiid string, out poi.MakeKey) {
	number := l.k.estate.nextNumber()
	made, err := l.k.module.InjectKey(out.Ephemeral, out.Nonce, number)
	if err == nil {
		l.k.estate.keyed(poiid, number, made.IKID, made.KCV)
	}
	l.toPOI(poiid, poi.KeyMade{Link: out.Link, Err: err, Keys: poilink.Keys{
		Ephemeral: made.Ephemeral, Block: made.Block, IKID: made.IKID, KCV: made.KCV,
	}})
}

// estateBook is who and what there is: one group, and a terminal for every device.
type estateBook struct {
	group     estate.Group
	devices   map[string]*estate.Device
	terminals map[string]*estate.Terminal
	number    uint32
}

func newEstate() *estateBook {
	return &estateBook{
		group: estate.Group{
			ID: "100", Account: "10", Name: "Bar",
			Merchant: estate.Merchant{Name: "Bar", Address: "Kade 1", City: "Utrecht", Country: "NL", MID: "MID000000000001", MCC: "5812"},
		},
		devices: make(map[string]*estate.Device), terminals: make(map[string]*estate.Terminal),
	}
}

func tidOf(n int) string       { return fmt.Sprintf("SIM%05d", n) }
func codeOf(tid string) string { return "code" + tid }

func (e *estateBook) board(n int, poiid string) {
	tid := tidOf(n)
	e.devices[poiid] = &estate.Device{POIID: poiid}
	e.terminals[tid] = &estate.Terminal{TID: tid, Group: "100", Account: "10", Name: "Bar", Environment: estate.Test}
}

// Device, TerminalByPOIID, Terminal and Group are the directory of package poi.
func (e *estateBook) Device(poiid string) (estate.Device, bool) {
	if d := e.devices[poiid]; d != nil {
		return *d, true
	}
	return estate.Device{}, false
}

// TerminalByPOIID finds the terminal that a device is bound to.
func (e *estateBook) TerminalByPOIID(poiid string) (estate.Terminal, bool) {
	if d := e.devices[poiid]; d != nil && d.TID != "" {
		return *e.terminals[d.TID], true
	}
	return estate.Terminal{}, false
}

// Terminal finds a terminal.
func (e *estateBook) Terminal(tid string) (estate.Terminal, bool) {
	if t := e.terminals[tid]; t != nil {
		return *t, true
	}
	return estate.Terminal{}, false
}

// Group finds the group.
func (e *estateBook) Group(id string) (estate.Group, bool) { return e.group, id == e.group.ID }

func (e *estateBook) pin(poiid string, key []byte) { e.devices[poiid].PublicKey = key }
func (e *estateBook) configured(poiid string)      { e.devices[poiid].Configured = true }

func (e *estateBook) nextNumber() uint32 {
	e.number++
	return e.number
}

func (e *estateBook) keyed(poiid string, number uint32, ikid, kcv string) {
	d := e.devices[poiid]
	d.Number, d.IKID, d.KCV, d.Configured = number, ikid, kcv, false
}

func (e *estateBook) activate(poiid string, in poi.DecideActivation) poi.ActivationDecided {
	t := e.terminals[strings.TrimPrefix(in.Code, codeOf(""))]
	if t != nil {
		t.POIID, e.devices[poiid].TID = poiid, t.TID
		return poi.ActivationDecided{Link: in.Link, Terminal: *t, Group: e.group}
	}
	return poi.ActivationDecided{Link: in.Link, Refusal: estate.Refusal{Code: estate.RefusedWrongCode}}
}
