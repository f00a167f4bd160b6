package poi_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
	"kassa/poi"
	"kassa/poilink"
)

// chargers sells two points and remembers what was chosen.
type chargers struct {
	mu     sync.Mutex
	status poilink.PointStatus
	open   []poilink.Charging
	asked  []string
	broken bool
}

func (c *chargers) Offer(string) (poilink.Sells, []poilink.Charging, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return poilink.Sells{HelpPhone: "+31 20 555 0100", Points: []poilink.Point{
		{EVSE: "E1", Connector: "1", Label: "Bay 1", Status: c.status, HoldMinor: 5000, Currency: "EUR"},
	}}, append([]poilink.Charging(nil), c.open...), true
}

func (c *chargers) Choose(_ context.Context, t estate.Terminal, q poilink.Chosen) (poilink.Charging, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked = append(c.asked, q.ID); c.broken {
		return poilink.Charging{}, errors.New("the store is gone")
	}
	return poilink.Charging{Reference: "REF-" + q.EVSE + "-" + t.TID, EVSE: q.EVSE, Connector: q.Connector, State: poilink.ChargingPaying}, nil
}

func (c *chargers) Stop(_ context.Context, _ estate.Terminal, s poilink.Stop) (poilink.Charging, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return poilink.Charging{Reference: s.Reference, State: poilink.ChargingStopping}, nil
}

func (c *chargers) set(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

// sold is a cloud whose terminal sells.
func sold(t *testing.T) (*cloud, *chargers) {
	sells := &chargers{status: poilink.PointAvailable}
	c := newCloud(t, func(cfg *poi.Config) { cfg.Points = sells })
	c.run()
	return c, sells
}

// TestWhatIsSoldIsTheLatestWord: over each link, with every change, and one frame in the place of those before.
func TestWhatIsSoldIsTheLatestWord(t *testing.T) {
	c, sells := sold(t)
	s := c.board()
	c.hub.Offered(tid)
	f := s.read()
	if f.Sells == nil || f.Seq == 0 || f.Sells.Points[0].Status != poilink.PointAvailable || f.Sells.Points[0].HoldMinor != 5000 {
		t.Fatalf("the terminal hears %+v", f)
	}
	c.hub.Offered(tid)
	s.ping() // nothing has changed, and nothing comes before the pong
	must(t, s.conn.Close())
	c.stands(poi.Offline, poi.ReasonLinkLost)
	sells.set(func() {
		sells.status = poilink.PointOffline
		sells.open = []poilink.Charging{{Reference: "R1", EVSE: "E1", Connector: "1", State: poilink.ChargingActive, WattHours: 1200}}
	})
	c.hub.Offered(tid)
	s = c.dial(1)
	s.welcome()
	var last *poilink.Sells
	for f = s.read(); f.Charging == nil; f = s.read() {
		last = f.Sells
	}
	if last == nil || last.Points[0].Status != poilink.PointOffline {
		t.Errorf("over the next link: %+v", last)
	}
	if f.Charging.Reference != "R1" || f.Charging.WattHours != 1200 {
		t.Errorf("the session that goes on: %+v", f.Charging)
	}
	sells.set(func() { sells.open[0].WattHours = 2400 })
	c.hub.Offered(tid)
	if f = s.read(); f.Charging == nil || f.Charging.WattHours != 2400 {
		t.Errorf("how far it is: %+v", f)
	}
}

// TestAChoiceIsAnsweredOverTheLink: acknowledged and answered with its id; what could not be kept is neither.
func TestAChoiceIsAnsweredOverTheLink(t *testing.T) {
	c, sells := sold(t)
	s := c.board()
	c.hub.Offered(tid)
	if f := s.read(); f.Sells == nil {
		t.Fatalf("first %+v", f)
	}
	chosen := func(seq uint64, id string) poilink.Frame {
		return poilink.Frame{Type: poilink.TypeChosen, Seq: seq, Chosen: &poilink.Chosen{ID: id, EVSE: "E1", Connector: "1", Language: "fr"}}
	}
	s.write(chosen(2, "C1"))
	f := s.read()
	if f.Charging == nil || f.Charging.Answers != "C1" || f.Charging.Reference != "REF-E1-"+tid || f.Charging.State != poilink.ChargingPaying || f.Ack < 2 {
		t.Fatalf("answered %+v %+v", f, f.Charging)
	}
	s.write(poilink.Frame{Type: poilink.TypeStop, Seq: 3, Stop: &poilink.Stop{ID: "T1", Reference: f.Charging.Reference, By: poilink.StopByCard}})
	if f = s.read(); f.Charging == nil || f.Charging.Answers != "T1" || f.Charging.State != poilink.ChargingStopping {
		t.Fatalf("stopped %+v", f)
	}
	sells.set(func() { sells.broken = true })
	s.write(chosen(4, "C2"))
	if f = s.read(); f.Refused == nil || f.Refused.Code != poilink.RefusedOverloaded || f.Ack >= 4 {
		t.Fatalf("what could not be kept: %+v", f)
	}
	until(t, func() bool { return !c.hub.Online(tid) })
	sells.set(func() { sells.broken = false })
	s = c.dial(1)
	s.welcome()
	s.write(chosen(4, "C2"))
	for f = s.read(); f.Charging == nil || f.Charging.Answers != "C2"; f = s.read() {
	}
}

func TestChoicesAndStopsThatBreakARule(t *testing.T) {
	for _, test := range []struct {
		frame poilink.Frame
		want  string
	}{
		{poilink.Frame{Type: poilink.TypeChosen, Seq: 1, Chosen: &poilink.Chosen{EVSE: "E", Connector: "1"}}, "chosen: id is not 1 to 50 characters"},
		{poilink.Frame{Type: poilink.TypeChosen, Seq: 1, Chosen: &poilink.Chosen{ID: "4111111111111111", EVSE: "E", Connector: "1"}}, "chosen: id is not 1 to 50 characters"},
		{poilink.Frame{Type: poilink.TypeChosen, Seq: 1, Chosen: &poilink.Chosen{ID: "C", Connector: "1"}}, "chosen: evse is not 1 to 50 characters"},
		{poilink.Frame{Type: poilink.TypeChosen, Seq: 1, Chosen: &poilink.Chosen{ID: "C", EVSE: "E"}}, "chosen: connector is not 1 to 36 characters"},
		{poilink.Frame{Type: poilink.TypeStop, Seq: 1, Stop: &poilink.Stop{ID: "T", By: poilink.StopByCard}}, "stop: reference is not 1 to 36 characters"},
		{poilink.Frame{Type: poilink.TypeStop, Seq: 1, Stop: &poilink.Stop{ID: "T", Reference: "R", By: "foot"}}, "stop: by is unknown"},
	} {
		d := newDesk(t)
		d.open(1)
		out := d.frame(1, test.frame)
		if r := refusal(t, out, 1); r.Code != poilink.RefusedBadFrame || r.Text != test.want {
			t.Errorf("%+v, want %q", r, test.want)
		}
		if len(all[poi.Ask](out)) > 0 {
			t.Errorf("%s: and it is asked", test.want)
		}
	}
}

// TestAHoldIsAReservation: the POI is told that the amount is held and the price taken later.
func TestAHoldIsAReservation(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	o := order(1)
	o.Capture = kassa.CaptureLater
	offered := sent(d.do(poi.Tell{Order: o, Effect: kassa.Offer{}}), 1)
	if len(offered) == 0 {
		t.Fatal("nothing is offered")
	}
	if got := message(t, offered[0]).PaymentRequest.Kind(); got != nexo.PaymentFirstReservation {
		t.Errorf("the payment type is %s", got)
	}
}
