package sim

import (
	"fmt"
	"slices"
	"time"

	"kassa/card"
	"kassa/hsm"
	"kassa/virtual/deck"
	"kassa/virtual/terminal"
)

// The size of one seed.
const (
	fewestDevices, mostDevices = 2, 4
	fewestSales, mostSales     = 5, 11
	leastFaults, mostFaults    = 90 * time.Second, 4 * time.Minute
	// healing bounds the second phase: what has not ended by then is open. It is far above every
	// pause between two tries.
	healing = 45 * time.Minute
	// afterwards is how long it must stay quiet: longer than the latest answer of the host.
	afterwards = 90 * time.Second
	maxSteps   = 400_000
)

// Instants of the links. The heartbeat and the longest pause are those of an installation that was
// set up with care; only the speed of the healing depends on them.
const (
	heartbeat = 10 * time.Second
	repeatMax = 40 * time.Second
)

// stock is what all seeds share: the cards and the keys between host and Kassa. It never changes.
type stock struct {
	cards map[string]deck.Card
	zone  hsm.Zone
}

func newStock() stock {
	s := stock{cards: make(map[string]deck.Card)}
	for _, c := range deck.All() {
		s.cards[c.ID()] = c
	}
	var pin, mac [16]byte
	for i := range 16 {
		pin[i], mac[i] = byte(0x10+i), byte(0xA0+i)
	}
	s.zone = hsm.Zone{PIN: card.NewKey(pin[:]), MAC: card.NewKey(mac[:])}
	return s
}

// world is one seed: all parties and what lies between them.
type world struct {
	*scheduler
	seed    uint64
	stock   stock
	bug     bug
	weather *weather
	marks   map[Mark]int

	kassa   *kassaNode
	host    *hostNode
	devices []*device
	sales   []*sale
	atc     map[string]uint16
	books   *books
}

func newWorld(seed uint64, stock stock, b bug) (*world, error) {
	w := &world{
		scheduler: newScheduler(seed), seed: seed, stock: stock, bug: b,
		marks: make(map[Mark]int), atc: make(map[string]uint16),
	}
	w.weather = newWeather(w.scheduler)
	w.books = newBooks(w)
	w.host = &hostNode{w: w}
	var err error
	if w.kassa, err = newKassa(w); err != nil {
		return nil, err
	}
	for n := range fewestDevices + w.chance.IntN(mostDevices-fewestDevices+1) {
		w.devices = append(w.devices, newDevice(w, n+1))
	}
	return w, nil
}

// live runs both phases. What went wrong is in the books afterwards.
func (w *world) live() {
	w.prepare()
	faults := w.between(leastFaults, mostFaults)
	end := w.now.Add(faults)
	for range fewestSales + w.chance.IntN(mostSales-fewestSales+1) {
		w.after(w.between(0, faults*2/3), w.newSale)
	}
	w.visitors(faults * 2 / 3)
	w.accidents(end)
	if !w.run(end, maxSteps) {
		w.books.wrong(open, "", "the parties never stop talking")
		return
	}
	w.heal()
	w.settle()
}

// prepare brings everything up and the terminals into service, before any fault.
func (w *world) prepare() {
	w.weather.calm = true
	w.host.start()
	w.kassa.start()
	for _, d := range w.devices {
		d.start()
	}
	for range 60 {
		w.run(w.now.Add(time.Second), maxSteps)
		if !slices.ContainsFunc(w.devices, func(d *device) bool { return !d.inService() }) && w.kassa.life.acquirer.SignedOn() > 0 {
			break
		}
	}
	for _, d := range w.devices {
		if w.often(0.4) {
			d.handle(terminal.SettingChanged{ID: "tipping", Value: "on"})
		}
		d.handle(terminal.SettingChanged{ID: "allowRefunds", Value: "on"})
		d.kept = len(d.journal)
	}
	w.weather.calm = false
}

// accidents are the faults that nobody's message brings about.
func (w *world) accidents(end time.Time) {
	const every = 15 * time.Second
	w.after(w.between(0, every), func() {
		if w.now.After(end) {
			return
		}
		switch {
		case w.strikes(KassaCrash):
			w.kassa.crash("pulled")
		case w.strikes(KassaStop):
			w.kassa.stop()
		}
		w.clocks()
		w.devices[w.chance.IntN(len(w.devices))].accident()
		w.host.accident()
		w.accidents(end)
	})
}

// clocks sets wall clocks forward or back.
func (w *world) clocks() {
	for _, f := range []Fault{ClockForward, ClockBack} {
		if !w.strikes(f) {
			continue
		}
		by := w.between(time.Second, 24*time.Hour)
		if f == ClockBack {
			by = -by
		}
		switch w.chance.IntN(3) {
		case 0:
			w.kassa.ahead += by
		case 1:
			w.host.ahead += by
		default:
			w.devices[w.chance.IntN(len(w.devices))].ahead += by
		}
	}
}

// heal ends every fault. What is down comes back by itself.
func (w *world) heal() {
	w.note("world", "heals", "")
	w.weather.calm = true
	for _, d := range w.devices {
		d.heal()
	}
	w.host.heal()
}

// settle waits until all is quiet, and stays so.
func (w *world) settle() {
	limit := w.now.Add(healing)
	quietSince := time.Time{}
	for w.now.Before(limit) {
		if !w.run(w.now.Add(5*time.Second), maxSteps) {
			break
		}
		if w.now.Sub(limit.Add(-healing))%time.Minute == 0 {
			w.help()
		}
		switch {
		case !w.quiet():
			quietSince = time.Time{}
		case quietSince.IsZero():
			quietSince = w.now
		case w.now.Sub(quietSince) >= afterwards:
			return
		}
	}
	w.books.wrong(open, "", "not quiet after healing: "+w.busy())
}

// help is somebody who switches a terminal off and on when it stands there with an order that has
// ended. Only a device whose storage was set back needs it: it has forgotten what it had asked.
func (w *world) help() {
	for _, d := range w.devices {
		if d.machine == nil || !d.forgot {
			continue
		}
		if o, ok := w.books.order(d.machine.Status().Exchange); ok && o.final() {
			d.crash()
		}
	}
}

func (w *world) quiet() bool { return w.busy() == "" }

// busy names the first thing that still goes on.
func (w *world) busy() string {
	for _, s := range w.sales {
		if !s.done || s.cancels {
			return fmt.Sprintf("the register still works on %s: %s", s.ref, s.doing)
		}
	}
	for _, d := range w.devices {
		if why := d.busy(); why != "" {
			return d.poiid + " " + why
		}
	}
	if why := w.host.busy(); why != "" {
		return "the host " + why
	}
	return w.kassa.busy()
}
