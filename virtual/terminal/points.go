package terminal

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal/paint"
	"kassa/virtual/terminal/words"
)

// maxCharges is how many charging sessions an unattended terminal remembers.
const maxCharges = 32

// Charge is a charging session as the journal knows it.
type Charge struct {
	poilink.Charging
	// Salt and Mark tell the card that paid apart from others, on this device only.
	Salt []byte `json:"salt,omitempty"`
	Mark []byte `json:"mark,omitempty"`
}

func (d *durable) charge(reference string) *Charge {
	for i := range d.Charges {
		if reference != "" && d.Charges[i].Reference == reference {
			return &d.Charges[i]
		}
	}
	return nil
}

// chargeAt is the session that goes on at a point.
func (d *durable) chargeAt(p poilink.Point) *Charge {
	for i := len(d.Charges) - 1; i >= 0; i-- {
		if c := &d.Charges[i]; c.EVSE == p.EVSE && c.Connector == p.Connector && c.State != poilink.ChargingPaying && !c.State.Ended() {
			return c
		}
	}
	return nil
}

// endOthers ends the sessions that the cloud does not know any more: they ended while it could not tell.
func (d *durable) endOthers(known []string) {
	for i := range d.Charges {
		if c := &d.Charges[i]; known != nil && c.State != poilink.ChargingPaying && !c.State.Ended() && !slices.Contains(known, c.Reference) {
			c.State = poilink.ChargingFinished
		}
	}
}

// applySold follows what is sold, and its sessions.
func (d *durable) applySold(r Record) {
	switch {
	case r.Kind == RecordSells && r.Frame != nil:
		d.Sells = r.Frame.Sells
		d.endOthers(r.Frame.Sells.Sessions)
	case r.Kind == RecordMarked && r.Charge != nil:
		c := d.keepCharge(r.Charge.Charging.Reference)
		c.Salt, c.Mark = r.Charge.Salt, r.Charge.Mark
	case r.Kind == RecordCharging && r.Frame != nil && r.Frame.Charging != nil:
		next := *r.Frame.Charging
		d.dropWish(poilink.TypeChosen, next.Answers)
		d.dropWish(poilink.TypeStop, next.Answers)
		if next.Reference != "" && next.State != poilink.ChargingRefused {
			next.Answers = ""
			d.keepCharge(next.Reference).Charging = next
		}
	}
}

func (d *durable) keepCharge(reference string) *Charge {
	if c := d.charge(reference); c != nil {
		return c
	}
	c := Charge{Charging: poilink.Charging{Reference: reference, State: poilink.ChargingPaying}}
	if d.Charges = append(d.Charges, c); len(d.Charges) > maxCharges { // one that ended goes first
		i := max(0, slices.IndexFunc(d.Charges, func(c Charge) bool { return c.State.Ended() }))
		d.Charges = slices.Delete(d.Charges, i, i+1)
	}
	return d.charge(reference)
}

func (m *Machine) takeSells(f poilink.Frame) {
	f.Seq, f.Ack = 0, 0
	m.persist(Record{Kind: RecordSells, Frame: &f})
	m.soldAnew()
}

// takeCharging takes the cloud's word on a session, and its answer to a choice or a stop.
func (m *Machine) takeCharging(f poilink.Frame) {
	f.Seq, f.Ack = 0, 0
	c := *f.Charging
	choice := c.Answers != "" && m.d.wishOf(poilink.TypeChosen, c.Answers) != nil
	m.persist(Record{Kind: RecordCharging, Frame: &f})
	if c.Answers != "" {
		m.emit(Told{ID: c.Answers, Accepted: c.State != poilink.ChargingRefused, Text: clip(c.Text, maxLabel)})
	}
	switch {
	case choice && c.State == poilink.ChargingRefused:
		m.stopOwnStarting()
		if m.v.stage == stageNone {
			m.show(m.resultScreen(ResultRefused, orText(c.Text, m.say("This charger cannot be used now"))))
			m.after(timerScreen, endShown)
		}
		return
	case choice:
		m.v.charge = c.Reference
		if m.v.stage == stageStarting { // the payment follows; who waits too long sees the chargers again
			m.v.stage = stageNone
			m.after(timerScreen, menuTimeout)
		}
		return
	case c.Answers != "" && c.Text != "":
		m.v.said = clip(c.Text, maxLabel)
	}
	m.soldAnew()
}

// soldAnew brings what has changed onto a screen that says it.
func (m *Machine) soldAnew() {
	if n := m.v.screen.Name; m.v.stage != stageNone || n != ScreenPoints && n != ScreenPoint && n != ScreenCharging && n != ScreenIdle && n != ScreenStarting {
		return
	}
	m.showSold()
}

// showSold shows a session, a point, or all of them, by where the driver is.
func (m *Machine) showSold() {
	c, p := m.d.charge(m.v.charge), m.point(m.v.point)
	switch {
	case c != nil && c.State != poilink.ChargingPaying:
		m.show(m.chargingScreen(*c))
	case p != nil:
		m.show(m.pointScreen(*p))
	default:
		m.show(m.pointsScreen())
	}
}

func pointID(p poilink.Point) string { return p.EVSE + "/" + p.Connector }

func (m *Machine) point(id string) *poilink.Point {
	if m.d.Sells == nil {
		return nil
	}
	for i := range m.d.Sells.Points {
		if p := &m.d.Sells.Points[i]; pointID(*p) == id {
			return p
		}
	}
	return nil
}

func (m *Machine) statusWord(p poilink.Point) string {
	switch {
	case m.d.chargeAt(p) != nil:
		return m.say("Charging")
	case p.Status == poilink.PointAvailable:
		return m.say("Available")
	case p.Status == poilink.PointOccupied:
		return m.say("Occupied")
	case p.Status == poilink.PointReserved:
		return m.say("Reserved")
	case p.Status == poilink.PointOffline:
		return m.say("Charger offline")
	}
	return m.say("Out of service")
}

// help is the line with the number to ring.
func (m *Machine) help(s *Screen) {
	if m.d.Sells != nil && m.d.Sells.HelpPhone != "" {
		s.Lines = append(s.Lines, m.say("Help: %s", clip(m.d.Sells.HelpPhone, 30)))
	}
}

func (m *Machine) pointsScreen() Screen {
	s := Screen{Name: ScreenPoints, Title: m.say("Choose your charger")}
	if m.online() {
		s.Wants = []Entry{Tap} // the card of a session that goes on ends it
	} else {
		s.Error = m.say("No connection: charging cannot be started")
	}
	if m.d.Sells == nil || len(m.d.Sells.Points) == 0 {
		s.Title, s.Wants = m.say("No charger is connected"), nil
	} else {
		for _, p := range m.d.Sells.Points {
			s.Items = append(s.Items, Item{ID: "point:" + pointID(p), Label: pointLabel(p), Value: m.statusWord(p)})
		}
	}
	m.help(&s)
	s.Items = append(s.Items, Item{ID: "language", Label: languageName(m.language()), Value: "›"})
	return s
}

func pointLabel(p poilink.Point) string {
	label := clip(cmp.Or(p.Label, p.EVSE), 60)
	if p.Plug != "" {
		label += " · " + clip(p.Plug, 30)
	}
	return label
}

// pointScreen says what a point costs and what will be held, before a card is asked for.
func (m *Machine) pointScreen(p poilink.Point) Screen {
	s := Screen{Name: ScreenPoint, Title: pointLabel(p)}
	for _, l := range sorted(p.Prices) {
		s.Items = append(s.Items, Item{ID: "row", Label: m.unit(l), Value: clip(p.Currency+" "+l.Price, 30)})
	}
	switch {
	case !m.online():
		s.Error = m.say("No connection: charging cannot be started")
		m.help(&s)
	case p.Status != poilink.PointAvailable:
		s.Error = m.statusWord(p)
		m.help(&s)
	case p.HoldMinor > 0:
		s.Items = append(s.Items, Item{ID: "row", Label: m.say("We hold on your card"), Value: money(p.HoldMinor, p.Currency)})
		s.Lines = append(s.Lines, m.say("You pay only for what you charge; the rest is released."))
	default:
		s.Lines = append(s.Lines, m.say("Charging here is free of charge"))
	}
	if m.online() && p.Status == poilink.PointAvailable {
		s.Items = append(s.Items, m.item("start", "Continue"))
	}
	s.Items = append(s.Items, m.item("back", "Back"))
	return s
}

// sorted puts components in the order of Regulation (EU) 2023/1804, article 5(4).
func sorted(list []poilink.PriceLine) []poilink.PriceLine {
	order := []poilink.PriceUnit{poilink.PerKWh, poilink.PerMinute, poilink.PerSession, poilink.PerIdle, poilink.PerReserving}
	return slices.SortedStableFunc(slices.Values(list), func(a, b poilink.PriceLine) int {
		return cmp.Compare(slices.Index(order, a.Per), slices.Index(order, b.Per))
	})
}

func (m *Machine) unit(l poilink.PriceLine) string {
	text := string(l.Per)
	switch l.Per {
	case poilink.PerKWh:
		text = m.say("per kWh")
	case poilink.PerMinute:
		text = m.say("per minute")
	case poilink.PerSession:
		text = m.say("per session")
	case poilink.PerIdle:
		text = m.say("per minute without charging")
	case poilink.PerReserving:
		text = m.say("per minute reserved")
	}
	if l.FromMinutes > 0 {
		text += " (" + m.say("after %s min", strconv.Itoa(l.FromMinutes)) + ")"
	}
	return text
}

func (m *Machine) chargingScreen(c Charge) Screen {
	s := Screen{Name: ScreenCharging, Page: string(c.State), Error: m.v.said}
	row := func(label, value string) { s.Items = append(s.Items, Item{ID: "row", Label: label, Value: value}) }
	if p := m.point(c.EVSE + "/" + c.Connector); p != nil {
		s.Lines = append(s.Lines, pointLabel(*p))
		if c.HeldMinor > 0 && c.HeldMinor < p.HoldMinor && !c.State.Ended() {
			s.Lines = append(s.Lines, m.say("Your bank allows up to %s", money(c.HeldMinor, c.Currency)))
		}
	}
	if c.State != poilink.ChargingStarting && c.State != poilink.ChargingFailed {
		row(m.say("Energy"), strconv.FormatInt(c.WattHours/1000, 10)+"."+strconv.FormatInt(c.WattHours%1000/100, 10)+" kWh")
		row(m.say("Time"), strconv.FormatInt(m.minutes(c), 10)+" min")
	}
	switch c.State {
	case poilink.ChargingStarting:
		s.Title = m.say("Plug in your car")
		s.Lines = append(s.Lines, m.say("Charging starts in a moment"))
	case poilink.ChargingFinished:
		s.Title, s.Blocks = m.say("Thank you"), receiptCode(c.ReceiptURL)
		row(m.say("Paid"), money(c.CostMinor, c.Currency))
	case poilink.ChargingFailed:
		s.Title = m.say("Charging did not start")
		s.Lines = append(s.Lines, orText(c.Text, m.say("No money was taken")))
		m.help(&s)
	case poilink.ChargingStopping:
		s.Title = m.say("Stopping")
		s.Lines = append(s.Lines, m.say("Please wait"))
	default:
		s.Title = m.say("Charging")
		row(m.say("Cost so far"), money(c.CostMinor, c.Currency))
	}
	if c.HeldMinor > 0 && !c.State.Ended() {
		row(m.say("We hold on your card"), money(c.HeldMinor, c.Currency))
	}
	if c.State.Ended() && c.ReleasedMinor > 0 {
		row(m.say("Released"), money(c.ReleasedMinor, c.Currency))
	}
	m.stopOffered(&s, c)
	s.Items = append(s.Items, m.item("list", "Other chargers"))
	return s
}

func (m *Machine) stopOffered(s *Screen, c Charge) {
	switch {
	case c.State != poilink.ChargingStarting && c.State != poilink.ChargingActive:
		return
	case !m.online():
		s.Error = m.say("No connection: unplug the car to stop")
		return
	}
	s.Wants = []Entry{Tap}
	s.Lines = append(s.Lines, m.say("Tap the same card to stop"))
	s.Items = append(s.Items, m.item("stop", "Stop charging"))
}

// minutes is how long a session takes, by the cloud's instants as far as they are known.
func (m *Machine) minutes(c Charge) int64 {
	end := c.EndedMS
	if end == 0 {
		end = m.now.UnixMilli()
	}
	if c.StartedMS == 0 || end < c.StartedMS {
		return 0
	}
	return int64(time.Duration(end-c.StartedMS) * time.Millisecond / time.Minute)
}

// receiptCode is the driver's receipt as a QR code.
func receiptCode(url string) []paint.Block {
	picture, err := paint.Barcode("QRCode", url)
	if url == "" || err != nil {
		return nil
	}
	return []paint.Block{{Picture: picture}}
}

// language is the driver's own, else that of the terminal.
func (m *Machine) language() string { return cmp.Or(m.v.driver, m.setting(setLanguage)) }

func languageName(code string) string {
	switch code {
	case "nl":
		return "Nederlands"
	case "fr":
		return "Français"
	case "it":
		return "Italiano"
	case "es":
		return "Español"
	}
	return "English"
}

// pointTouched is what a driver touches.
func (m *Machine) pointTouched(id string) {
	m.v.said = ""
	switch verb, arg, _ := strings.Cut(id, ":"); verb {
	case "language":
		list := words.Languages()
		m.v.driver = list[(slices.Index(list, m.language())+1)%len(list)]
	case "point":
		m.v.point, m.v.charge = arg, ""
		if p := m.point(arg); p != nil {
			if c := m.d.chargeAt(*p); c != nil {
				m.v.charge = c.Reference
			}
		}
	case "start":
		if p := m.point(m.v.point); p != nil {
			m.v.said = m.mayCharge(*p)
			if _, problem := m.chooseCharger(p.EVSE, p.Connector, ""); problem == "" {
				return
			}
		}
	case "stop":
		if _, problem := m.stopCharging(m.v.charge, poilink.StopByButton); problem != "" {
			m.v.said = problem
		}
	case "cancel":
		m.cancel("Cancelled at the terminal")
		return
	case "back", "list", "close":
		m.v.point, m.v.charge = "", ""
	}
	m.showSold()
	m.after(timerScreen, menuTimeout)
}

func (m *Machine) mayCharge(p poilink.Point) string {
	switch {
	case !m.online():
		return m.say("No connection: charging cannot be started")
	case p.Status != poilink.PointAvailable || m.d.chargeAt(p) != nil:
		return m.statusWord(p)
	case m.v.device == nil:
		return m.unready()
	case m.d.Open != nil || m.d.choosing() != nil:
		return m.say("Another payment is on the screen")
	}
	return ""
}

func (d *durable) choosing() *Wish {
	for i := range d.Wishes {
		if d.Wishes[i].Frame.Chosen != nil {
			return &d.Wishes[i]
		}
	}
	return nil
}

// chooseCharger asks the cloud for a session at a point.
func (m *Machine) chooseCharger(evse, connector, language string) (id, problem string) {
	p := m.point(evse + "/" + connector)
	switch {
	case !m.model().Unattended || p == nil:
		return "", m.say("There is no such charger here")
	case language != "" && !slices.Contains(words.Languages(), language):
		return "", m.say("This is not a language of this terminal")
	}
	if problem = m.mayCharge(*p); problem != "" {
		return "", problem
	}
	m.v.driver = cmp.Or(language, m.v.driver)
	m.v.point, m.v.charge, m.v.said = pointID(*p), "", ""
	id, problem = m.wishFor("C-", func(id string) poilink.Frame {
		return poilink.Frame{Type: poilink.TypeChosen, Chosen: &poilink.Chosen{ID: id, EVSE: evse, Connector: connector, Language: m.language()}}
	})
	if problem == "" {
		m.stop(timerScreen)
		m.v.stage = stageStarting
		m.showChoosing(*p)
	}
	return id, problem
}

func (m *Machine) showChoosing(p poilink.Point) {
	m.show(Screen{Name: ScreenStarting, Title: m.say("Starting"), Lines: []string{pointLabel(p), m.say("Please wait")}, AmountMinor: p.HoldMinor, Currency: p.Currency})
}

// stopCharging asks the cloud to end a session.
func (m *Machine) stopCharging(reference string, by poilink.StopBy) (id, problem string) {
	c := m.d.charge(reference)
	switch {
	case c == nil || c.State != poilink.ChargingStarting && c.State != poilink.ChargingActive:
		return "", m.say("Nothing is charging here")
	case !m.online():
		return "", m.say("No connection: unplug the car to stop")
	}
	for _, w := range m.d.Wishes {
		if w.Frame.Stop != nil && w.Frame.Stop.Reference == reference {
			return w.id(), "" // it is on its way
		}
	}
	return m.wishFor("T-", func(id string) poilink.Frame {
		return poilink.Frame{Type: poilink.TypeStop, Stop: &poilink.Stop{ID: id, Reference: reference, By: by}}
	})
}

// tapped is a card at a terminal that asks for none: the one that paid ends its session.
func (m *Machine) tapped(in CardPresented) {
	if !wants(m.v.screen, in.Entry) || m.has(FaultReader) {
		return
	}
	said := m.say("This card pays for no session here")
	for _, c := range m.d.Charges {
		if c.State.Ended() || len(c.Mark) == 0 || !m.marks(c, in.Card.PAN) || c.State == poilink.ChargingPaying {
			continue
		}
		m.v.charge = c.Reference
		if _, said = m.stopCharging(c.Reference, poilink.StopByCard); said == "" {
			m.v.said = ""
			m.showSold()
			m.emit(Finished{Attempt{Result: ResultStopping, Exchange: c.Exchange, Text: m.say("Stopping")}})
			return
		}
		break
	}
	m.v.said = said
	s := m.v.screen
	s.Error = said
	m.show(s)
	m.emit(Finished{Attempt{Result: ResultDeclined, Text: said}})
}

// holdLines is what a card is held to the reader for.
func (m *Machine) holdLines(e *Exchange) []string {
	if e.Type != nexo.PaymentFirstReservation {
		return nil
	}
	return []string{m.say("We hold %s on your card", money(e.AmountMinor, e.Currency)), m.say("You pay only for what you charge; the rest is released.")}
}
