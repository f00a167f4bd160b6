package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

// device is one virtual terminal: its journal, the machine that runs on it, its link, and the
// person in front of it.
type device struct {
	w       *world
	n       int
	poiid   string
	tid     string
	config  terminal.Config
	journal [][]byte
	kept    int               // records of its activation, which are never forgotten
	machine *terminal.Machine // nil while it has no current
	life    int
	ahead   time.Duration // its wall clock is wrong by this
	begun   time.Duration // and was when its life began, which is what that life goes by
	link    *poiLink
	dials   int
	screen  terminal.Screen
	shown   int // counts the screens
	armed   time.Time
	sentSeq uint64
	forgot  bool // its journal was set back: then it may ask again for what it had done
	person  person
	starts  map[string]*started // by reference
}

func newDevice(w *world, n int) *device {
	d := &device{w: w, n: n, poiid: fmt.Sprintf("P2-%06d", n), tid: tidOf(n), starts: make(map[string]*started)}
	d.config = terminal.Config{POIID: d.poiid, ActivationCode: codeOf(d.tid)}
	_, _ = w.Read(d.config.Secret[:])
	d.person.d = d
	w.kassa.estate.board(n, d.poiid)
	return d
}

// start gives it current: the journal is all it remembers. A clock that was set shows from here on.
func (d *device) start() {
	if d.machine != nil {
		return
	}
	records := make([]terminal.Record, len(d.journal))
	for i, raw := range d.journal {
		if err := json.Unmarshal(raw, &records[i]); err != nil {
			d.w.books.wrong(lost, "", "a terminal's journal does not decode: "+err.Error())
			return
		}
	}
	m, err := terminal.New(d.config, records, d.w)
	if err != nil {
		d.w.books.wrong(lost, "", "a terminal does not start: "+err.Error())
		return
	}
	d.life++
	d.machine, d.armed, d.begun = m, time.Time{}, d.ahead
	d.w.note(d.poiid, "starts", "")
	if s := m.Status(); s.Exchange != "" && d.life > 1 {
		d.w.mark(TerminalResumed)
	}
	if len(d.journal) > 40 {
		d.compact()
	}
	d.handle(terminal.PowerOn{})
}

// compact replaces the journal by what it adds up to, by rename.
func (d *device) compact() {
	raw, err := json.Marshal(d.machine.Snapshot())
	if err != nil {
		d.w.books.wrong(lost, "", "a snapshot does not encode: "+err.Error())
		return
	}
	d.journal, d.kept = [][]byte{raw}, 1
	d.w.mark(JournalCompacted)
}

func (d *device) clock() time.Time { return d.w.now.Add(d.begun) }

func (d *device) handle(in terminal.Input) {
	if d.machine == nil {
		return
	}
	life := d.life
	for _, o := range d.machine.Handle(d.clock(), in) {
		d.do(o)
		if d.machine == nil || d.life != life {
			return
		}
	}
	d.arm()
}

func (d *device) do(o terminal.Output) {
	switch o := o.(type) {
	case terminal.Persist:
		d.persist(o.Record)
	case terminal.Send:
		d.send(o.Frame)
	case terminal.Connect:
		d.connect()
	case terminal.Disconnect:
		d.hangUp()
	case terminal.Show:
		d.screen = o.Screen
		d.shown++
		d.w.note(d.poiid, "shows", string(o.Screen.Name)+" "+o.Screen.Error)
		d.person.sees(o.Screen)
	case terminal.Print:
		d.w.books.printed(d, o.Receipt)
	case terminal.Finished:
		d.w.books.finished(d, o.Attempt)
	case terminal.Ordered:
		d.ordered(o.Outcome)
	}
}

func (d *device) persist(r terminal.Record) {
	if d.w.strikes(TerminalCrashBefore) {
		d.crash()
		return
	}
	raw, err := json.Marshal(r)
	if err != nil {
		d.w.books.wrong(lost, "", "a journal record does not encode: "+err.Error())
		return
	}
	d.journal = append(d.journal, raw)
	d.w.books.journalled(d, r)
	if d.w.strikes(TerminalCrashAfter) {
		d.crash()
	}
}

// forget loses the last records, which were durable: the storage was swapped or set back. What the
// terminal was told then must still not be paid twice, nor shown as paid when it is not.
func (d *device) forget() {
	d.forgot = true
	d.journal = d.journal[:max(d.kept, len(d.journal)-1-d.w.chance.IntN(12))]
	d.crash()
}

// crash is the plug pulled.
func (d *device) crash() {
	d.w.note(d.poiid, "dies", "")
	d.machine = nil
	d.screen = terminal.Screen{Name: terminal.ScreenOff}
	d.shown++
	d.hangUp()
	d.w.after(d.w.between(500*time.Millisecond, 25*time.Second), d.start)
}

func (d *device) send(f poilink.Frame) {
	if d.link == nil {
		return
	}
	raw, err := poilink.Encode(f)
	if err != nil {
		d.w.books.wrong(lost, "", "a terminal's frame does not encode: "+err.Error())
		return
	}
	if f.Seq > 0 {
		if f.Seq <= d.sentSeq {
			d.w.mark(TerminalResent)
		}
		d.sentSeq = max(d.sentSeq, f.Seq)
	}
	if f.Type != poilink.TypePing {
		d.w.note(d.poiid, "sends", string(f.Type))
	}
	d.link.toKassa(raw, f.Type.Sequenced())
}

func (d *device) hangUp() {
	d.dials++
	if d.link != nil {
		d.link.closeAtDevice()
		d.link = nil
	}
}

// connect makes a link, or does not.
func (d *device) connect() {
	d.hangUp()
	dial, w := d.dials, d.w
	w.after(w.between(5*time.Millisecond, 100*time.Millisecond), func() {
		if d.machine == nil || d.dials != dial {
			return
		}
		l := w.kassa.life
		if l == nil || w.strikes(POIRefused) {
			d.handle(terminal.LinkDown{})
			return
		}
		w.kassa.links++
		d.link = &poiLink{w: w, id: w.kassa.links, device: d, life: l, atDevice: true, atKassa: true}
		d.handle(terminal.LinkUp{})
		if d.link != nil {
			l.accept(d.link)
		}
	})
}

func (d *device) frame(l *poiLink, raw []byte) {
	if d.link != l {
		return
	}
	f, err := poilink.Decode(raw)
	if err != nil {
		d.w.books.wrong(lost, "", "a terminal got what is no frame: "+err.Error())
		return
	}
	if f.Type != poilink.TypePong {
		d.w.note(d.poiid, "gets", string(f.Type))
	}
	d.handle(terminal.FrameReceived{Frame: f})
}

func (d *device) linkDown(l *poiLink) {
	if d.link == l {
		d.link = nil
		d.dials++
		d.handle(terminal.LinkDown{})
	}
}

func (d *device) arm() {
	due, ok := d.machine.NextDue()
	if !ok || due.Equal(d.armed) {
		return
	}
	d.armed = due
	life := d.life
	d.w.after(due.Sub(d.clock()), func() {
		if d.life == life && d.machine != nil && d.armed.Equal(due) {
			d.armed = time.Time{}
			d.handle(terminal.Tick{})
		}
	})
}

// accident lets somebody set one of the terminal's own faults for a while.
func (d *device) accident() {
	if d.machine == nil {
		return
	}
	if d.w.strikes(TerminalForgets) {
		d.forget()
		return
	}
	if !d.w.strikes(TerminalFault) {
		return
	}
	kinds := []terminal.Fault{
		terminal.FaultCutLink, terminal.FaultDropAnswer, terminal.FaultPowerOff, terminal.FaultDelay, terminal.FaultDoubleTap,
	}
	f := kinds[d.w.chance.IntN(len(kinds))]
	d.w.note(d.poiid, "fault", string(f))
	d.handle(terminal.FaultSet{Fault: f})
	d.w.after(d.w.between(3*time.Second, 40*time.Second), func() { d.handle(terminal.FaultClear{Fault: f}) })
}

func (d *device) heal() {
	for _, f := range terminal.Faults() {
		d.handle(terminal.FaultClear{Fault: f.Name})
	}
}

func (d *device) inService() bool {
	if d.machine == nil {
		return false
	}
	s := d.machine.Status()
	return s.Online && s.TID != "" && s.Unsent == 0
}

func (d *device) busy() string {
	if d.machine == nil {
		return "is off"
	}
	s := d.machine.Status()
	switch {
	case s.Exchange != "":
		return "has " + s.Exchange + " open, and shows " + string(s.Screen.Name)
	case s.Starting != "":
		return "still starts " + s.Starting
	case !s.Online:
		return "is not online"
	case s.Unsent > 0:
		return "has frames to send"
	}
	return ""
}
