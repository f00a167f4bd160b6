package poi_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"kassa"
	"kassa/card"
	"kassa/estate"
	"kassa/hsm"
	"kassa/iso8583"
	"kassa/poi"
	"kassa/poilink"
	"kassa/virtual/deck"
	"kassa/virtual/terminal"
)

// duet is our machine and the virtual terminal's, which shares no code with it, wired to each other.
type duet struct {
	t       *testing.T
	desk    *desk
	device  *terminal.Machine
	module  *hsm.Module
	link    poi.LinkID
	up      bool
	engine  []poi.ToEngine
	ended   []terminal.Attempt
	toPOI   []poilink.Frame
	toCloud []poilink.Frame
}

func newDuet(t *testing.T) *duet {
	d := &duet{t: t, desk: newDesk(t)}
	d.desk.estate.devices[poiid] = estate.Device{POIID: poiid}
	delete(d.desk.estate.terminals, poiid)
	random := rand.NewChaCha8([32]byte{3})
	var err error
	d.device, err = terminal.New(terminal.Config{POIID: poiid, Secret: [32]byte{5}}, nil, random)
	must(t, err)
	zone := hsm.Zone{PIN: card.NewKey(bytes.Repeat([]byte{1}, 16)), MAC: card.NewKey(bytes.Repeat([]byte{2}, 16))}
	d.module, err = hsm.NewInMemory(random, zone)
	must(t, err)
	return d
}

// do gives the device an input, and carries frames to and fro until nothing moves.
func (d *duet) do(in terminal.Input) {
	d.t.Helper()
	d.act(d.device.Handle(d.desk.now, in))
	for range 1000 {
		switch {
		case len(d.toCloud) > 0:
			f := d.toCloud[0]
			d.toCloud = d.toCloud[1:]
			if f.Type == poilink.TypeHello {
				d.follow(d.desk.do(poi.Hello{Link: d.link, Nonce: nonceOf(d.link), Hello: *f.Hello}))
			} else {
				d.follow(d.desk.frame(d.link, f))
			}
		case len(d.toPOI) > 0:
			f := d.toPOI[0]
			d.toPOI = d.toPOI[1:]
			d.act(d.device.Handle(d.desk.now, terminal.FrameReceived{Frame: f}))
		default:
			return
		}
	}
	d.t.Fatal("the two never stop talking")
}

func (d *duet) act(outs []terminal.Output) {
	for _, o := range outs {
		switch o := o.(type) {
		case terminal.Send:
			d.toCloud = append(d.toCloud, o.Frame)
		case terminal.Finished:
			d.ended = append(d.ended, o.Attempt)
		case terminal.Connect:
			d.link++
			d.up, d.toCloud = true, nil
			d.act(d.device.Handle(d.desk.now, terminal.LinkUp{}))
			d.toPOI = []poilink.Frame{poi.Challenge(d.desk.now, host, nonceOf(d.link))}
		case terminal.Disconnect:
			d.cut()
		}
	}
}

func (d *duet) cut() {
	d.up, d.toPOI, d.toCloud = false, nil, nil
	d.follow(d.desk.do(poi.Lost{Link: d.link, Reason: "cut"}))
}

// follow does what our machine asks for, as the hub does.
func (d *duet) follow(outs []poi.Output) {
	d.t.Helper()
	devices := d.desk.estate.devices
	for _, o := range outs {
		dev := devices[poiid]
		switch o := o.(type) {
		case poi.Send:
			if o.Frame.Refused != nil {
				d.t.Logf("refused: %s", o.Frame.Refused.Text)
			}
			if d.up && o.Link == d.link {
				d.toPOI = append(d.toPOI, o.Frame)
			}
		case poi.PinKey:
			dev.PublicKey = o.PublicKey
			devices[poiid] = dev
			d.follow(d.desk.do(poi.Pinned{Link: o.Link}))
		case poi.MakeKey:
			k, err := d.module.InjectKey(o.Ephemeral, o.Nonce, 7)
			must(d.t, err)
			dev.IKID, dev.KCV = k.IKID, k.KCV
			devices[poiid] = dev
			d.follow(d.desk.do(poi.KeyMade{Link: o.Link, Keys: poilink.Keys(k)}))
		case poi.CheckKeys:
			dev.Configured = dev.IKID == o.IKID && dev.KCV == o.KCV
			devices[poiid] = dev
			if !dev.Configured {
				d.t.Error("the terminal loaded another key")
			}
			d.follow(d.desk.do(poi.KeysChecked{Link: o.Link, Seq: o.Seq}))
		case poi.DecideActivation:
			term := estate.Terminal{TID: tid, POIID: poiid, Group: "57001", Name: "Counter", Environment: estate.Test}
			d.desk.estate.terminals[poiid] = term
			d.follow(d.desk.do(poi.ActivationDecided{Link: o.Link, Terminal: term}))
		case poi.ToEngine:
			d.engine = append(d.engine, o)
		}
	}
}

func (d *duet) tell(o kassa.NewOrder, e kassa.Effect) {
	d.follow(d.desk.do(poi.Tell{Order: o, Effect: e}))
	d.do(terminal.Tick{})
}

// heard gives the newest input to the engine of a kind.
func heard[I kassa.Input](d *duet) (found I) {
	d.t.Helper()
	for i := len(d.engine) - 1; i >= 0; i-- {
		if in, ok := d.engine[i].Input.(I); ok {
			return in
		}
	}
	d.t.Fatalf("the engine heard no %T: %+v", found, d.engine)
	return found
}

func TestTheVirtualTerminalIsBoardedAndPays(t *testing.T) {
	d := newDuet(t)
	d.do(terminal.PowerOn{})
	d.do(terminal.ActivateWith{Code: "7K3M9QXP"})
	if s := d.device.Status(); !s.Online || !s.Configured || s.TID != tid {
		t.Fatalf("status: %+v", s)
	}
	o := order(1)
	d.tell(o, kassa.Offer{})
	if shown := heard[kassa.ScreenShown](d); shown.Screen != "presentCard" {
		t.Fatalf("screen: %+v", shown)
	}
	visa, err := deck.Parse("visa")
	must(t, err)
	d.do(terminal.CardPresented{Entry: terminal.Tap, Card: visa, ATC: 1})
	ask := heard[kassa.Authorise](d)
	msg := &iso8583.Message{MTI: "0200"}
	must(t, d.module.CompleteSale(msg, hsm.Card{KSN: ask.Sealed.KSN, AAD: []byte(o.ID()), Sealed: ask.Sealed.Track2, PIN: ask.Sealed.PIN}))
	if track := msg.Get(35); len(track) < 16 || track[:6] != ask.Card.BIN {
		t.Error("the secure module opened another card")
	}
	// The answer is lost with the link. The terminal comes back, and has it told again.
	d.up = false
	d.follow(d.desk.do(poi.Tell{Order: o, Effect: kassa.TellAnswer{Answer: kassa.POIAnswer{
		Request: ask.Request, Verdict: kassa.VerdictApproved, Final: true, Auth: &kassa.Authorisation{AuthCode: "A1B2C3"},
	}}}))
	d.cut()
	d.do(terminal.LinkDown{})
	for range 5 {
		if due, ok := d.device.NextDue(); ok && len(d.ended) == 0 {
			d.desk.now = due
			d.do(terminal.Tick{})
		}
	}
	if len(d.ended) != 1 || d.ended[0].Result != terminal.ResultApproved || d.ended[0].AuthCode != "A1B2C3" {
		t.Errorf("the terminal shows %+v", d.ended)
	}
	d.desk.now = d.desk.now.Add(time.Second)
	d.do(terminal.Tick{})
	if s := d.device.Status(); s.Unsent != 0 {
		t.Errorf("%d frames are not acknowledged", s.Unsent)
	}
}
