package estate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kassa/estate"

	"github.com/google/go-cmp/cmp"
)

// active is a terminal with a device.
func (w *world) active(poiid string) (estate.Terminal, string) {
	w.t.Helper()
	w.configured(poiid)
	_, code := w.board("Counter of " + poiid)
	term, no := w.activate(noon, poiid, code)
	if no.Refused() {
		w.t.Fatalf("activation: %q", no.Code)
	}
	return term, code
}

func TestTheLifeOfATerminal(t *testing.T) {
	w := newWorld(t)
	term, _ := w.board("Counter")
	tid := term.TID
	life := func(want estate.LifeState, mayNot string) {
		t.Helper()
		for _, r := range []*estate.Registry{w.Registry, openOn(t, w.store)} {
			got, _ := r.Terminal(tid)
			if state, _ := r.Life(tid); state != want {
				t.Errorf("life is %s, want %s", state, want)
			}
			if ok, why := got.May(); ok != (mayNot == "") || !strings.Contains(why, mayNot) {
				t.Errorf("%s: may %v, %q", want, ok, why)
			}
		}
	}
	life(estate.LifeBoarded, "")
	must(t, w.Block(noon, tid, "key_1", "stolen"))
	life(estate.LifeBlocked, "blocked: stolen")
	must(t, w.Block(noon, tid, "key_2", "again"))
	must(t, w.Unblock(noon, tid, "key_1", "found"))
	life(estate.LifeBoarded, "")
	must(t, w.ToInventory(noon, tid, "key_1"))
	life(estate.LifeInventory, "inventory")
	must(t, w.MoveTerminal(noon, tid, estate.Place{Group: w.group.ID}, "key_1"))
	before, _ := w.Desired(tid)
	must(t, w.SetDeveloperMode(noon, tid, true, "key_1"))
	if version, values := w.Desired(tid); version <= before || string(values["device.developerMode"]) != "true" {
		t.Errorf("the terminal is not told of developer mode: version %d after %d, %s", version, before, values["device.developerMode"])
	}
	life(estate.LifeDeveloper, "")
	if err := w.SetDeveloperMode(noon, tid, false, "key_1"); !errors.Is(err, estate.ErrState) {
		t.Errorf("developer mode was left: %v", err)
	}
	life(estate.LifeDeveloper, "")
	must(t, w.RetireTerminal(noon, tid))
	life(estate.LifeRetired, "retired")
	for name, err := range map[string]error{
		"block": w.Block(noon, tid, "", ""), "move": w.MoveTerminal(noon, tid, estate.Place{Group: w.group.ID}, ""),
		"inventory": w.ToInventory(noon, tid, ""), "developer": w.SetDeveloperMode(noon, tid, true, ""),
	} {
		if !errors.Is(err, estate.ErrUnknown) {
			t.Errorf("%s of a retired terminal: %v", name, err)
		}
	}
	want := []string{
		"AccountMade", "GroupMade", "TerminalBoarded", "TerminalBlocked", "TerminalUnblocked", "TerminalMoved", "TerminalMoved",
		"DeveloperModeSet", "TerminalRetired",
	}
	if diff := cmp.Diff(want, w.kinds()); diff != "" {
		t.Errorf("facts, of which a second block is none (-want +got):\n%s", diff)
	}
}

func TestDeveloperModeTakesNoLivePayments(t *testing.T) {
	got := estate.Terminal{TID: "1", Developer: true, Environment: estate.Live}
	if ok, why := got.May(); ok || !strings.Contains(why, "developer") {
		t.Errorf("live: %v %q", ok, why)
	}
}

func TestATerminalMovesWithinItsAccount(t *testing.T) {
	w := newWorld(t)
	term, _ := w.active("VT1-1")
	other, err := w.MakeGroup(noon, estate.Group{Account: w.group.Account, Name: "Utrecht"})
	must(t, err)
	b, err := w.MakeAccount(noon, estate.Account{Name: "Thee BV"})
	must(t, err)
	foreign, err := w.MakeGroup(noon, estate.Group{Account: b.ID, Name: "Elsewhere"})
	must(t, err)
	theirs, err := w.MakeShop(noon, estate.Shop{Account: b.ID, Description: "x"})
	must(t, err)
	for name, to := range map[string]estate.Place{
		"another account's group": {Group: foreign.ID}, "another account's shop": {Group: other.ID, Shop: theirs.ID},
		"no group": {}, "a shop that is not there": {Group: other.ID, Shop: "STTX"},
	} {
		if err := w.MoveTerminal(noon, term.TID, to, ""); !errors.Is(err, estate.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, w.MoveTerminal(noon, term.TID, estate.Place{Group: other.ID}, "key_1"))
	if got, _ := w.TerminalByPOIID("VT1-1"); got.Group != other.ID || got.POIID != "VT1-1" {
		t.Errorf("moved: %+v", got)
	}
	if len(w.Terminals(w.group.ID)) != 0 || len(w.Terminals(other.ID)) != 1 || len(w.TerminalsOf(w.group.Account)) != 1 {
		t.Error("the lists do not follow")
	}
}

func TestAnUnboundDeviceForgets(t *testing.T) {
	w := newWorld(t)
	term, code := w.active("VT1-1")
	ctx, cancel := context.WithCancel(t.Context())
	changes := w.Watch(ctx)
	fresh, err := w.Unbind(noon.Add(time.Hour), term.TID, "key_1")
	must(t, err)
	seen := map[estate.Change]bool{<-changes: true, <-changes: true}
	if !seen[estate.Change{Kind: "terminal", ID: term.TID}] || !seen[estate.Change{Kind: "device", ID: "VT1-1"}] {
		t.Errorf("who watches hears %v", seen)
	}
	cancel()
	for range changes { //nolint:revive // it is closed
	}
	d, _ := w.Device("VT1-1")
	if d.TID != "" || d.Unbound.IsZero() || !d.Configured || d.Account != w.group.Account {
		t.Errorf("the device: %+v", d)
	}
	if _, ok := w.TerminalByPOIID("VT1-1"); ok {
		t.Error("the device still is a terminal")
	}
	if _, no := w.activate(noon, "VT1-1", code); no.Code != estate.RefusedWrongCode {
		t.Errorf("the former code: %q", no.Code)
	}
	if _, err := w.Unbind(noon, term.TID, ""); !errors.Is(err, estate.ErrState) {
		t.Errorf("unbound twice: %v", err)
	}
	if got, no := w.activate(noon, "VT1-1", fresh); no.Refused() || got.TID != term.TID {
		t.Errorf("the new code: %q", no.Code)
	}
}

func TestWhyADeviceIsNotActivated(t *testing.T) {
	w := newWorld(t)
	b, err := w.MakeAccount(noon, estate.Account{Name: "Thee BV"})
	must(t, err)
	for poiid, test := range map[string]struct {
		want estate.RefusalCode
		make func(tid, poiid string)
		at   time.Duration
	}{
		"VT1-1": {estate.RefusedExpiredCode, func(string, string) {}, 30 * 24 * time.Hour},
		"VT1-2": {"", func(string, string) {}, 30*24*time.Hour - 1},
		"VT1-3": {estate.RefusedBlocked, func(tid, _ string) { must(t, w.Block(noon, tid, "", "x")) }, 0},
		"VT1-4": {estate.RefusedTampered, func(_, poiid string) { must(t, w.MarkTampered(noon, poiid, "case opened", 0)) }, 0},
		"VT1-5": {estate.RefusedReturned, func(_, poiid string) {
			_, err := w.ReturnDevice(noon, poiid, "", "broken")
			must(t, err)
		}, 0},
		"VT1-6": {estate.RefusedOtherAccount, func(_, poiid string) { must(t, w.AssignDevice(noon, poiid, b.ID, "")) }, 0},
	} {
		w.configured(poiid)
		term, code := w.board("Counter")
		test.make(term.TID, poiid)
		before := len(w.facts())
		_, no := w.activate(noon.Add(test.at), poiid, code)
		if no.Code != test.want || no.Refused() && (no.Text() == "" || w.kinds()[before] != "ActivationRefused") {
			t.Errorf("%s: %q (%s), facts %v", poiid, no.Code, no.Text(), w.kinds()[before:])
		}
	}
}

func TestCountriesThatAreNotOffered(t *testing.T) {
	w := newWorld(t)
	partner := func(on bool) {
		_, err := w.ChangeAccount(noon, w.group.Account, func(a *estate.Account) { a.Partner = on })
		must(t, err)
	}
	in := func(country string) error {
		g, err := w.MakeGroup(noon, estate.Group{Account: w.group.Account, Name: country, Merchant: estate.Merchant{Country: country}})
		must(t, err)
		_, _, err = w.BoardTerminal(noon, g.ID, "Counter", "")
		return err
	}
	for country, offered := range map[string][2]bool{ // to all, to partners
		"NL": {true, true}, "BE": {true, true}, "IT": {false, true}, "ES": {false, true}, "DE": {false, false}, "FR": {false, false},
	} {
		for i, want := range offered {
			partner(i == 1)
			if err := in(country); (err == nil) != want || err != nil && !errors.Is(err, estate.ErrCountry) {
				t.Errorf("%s, partner %v: %v", country, i == 1, err)
			}
		}
	}
	partner(true)
	g, err := w.MakeGroup(noon, estate.Group{Account: w.group.Account, Name: "Roma", Merchant: estate.Merchant{Country: "IT"}})
	must(t, err)
	_, code, err := w.BoardTerminal(noon, g.ID, "Counter", "")
	must(t, err)
	partner(false)
	w.configured("VT1-1")
	if _, no := w.activate(noon, "VT1-1", code); no.Code != estate.RefusedCountry || no.Text() == "" {
		t.Errorf("activated in a country that is offered no more: %q", no.Code)
	}
}

func TestTamperedAndReturnedDevices(t *testing.T) {
	w := newWorld(t)
	term, _ := w.active("VT1-1")
	must(t, w.MarkTampered(noon, "VT1-1", "mesh broken", 0))
	d, _ := w.Device("VT1-1")
	got, _ := w.Terminal(term.TID)
	if ok, why := got.May(); ok || !strings.Contains(why, "tamper") || d.Configured || d.IKID != "" {
		t.Errorf("tampered: may %v %q, device %+v", ok, why, d)
	}
	if state, _ := w.LifeOfDevice("VT1-1"); state != estate.LifeTampered {
		t.Errorf("its life: %s", state)
	}
	must(t, w.ClearTamper(noon, "VT1-1", "key_1"))
	if d, _ := w.Device("VT1-1"); d.Configured || d.Tampered != nil {
		t.Errorf("inspected, it needs new keys: %+v", d)
	}
	rma, err := w.ReturnDevice(noon, "VT1-1", "key_1", "display")
	must(t, err)
	if again, _ := w.ReturnDevice(noon, "VT1-1", "key_1", "display"); again != rma || !strings.HasPrefix(rma, "RMAT") {
		t.Errorf("cases %q and %q", rma, again)
	}
	for range 2 {
		if state, _ := w.LifeOfDevice("VT1-1"); state != estate.LifeReturned {
			t.Errorf("returned, its life is %s", state)
		}
		if got, _ := w.Terminal(term.TID); got.POIID != "" || got.Retired {
			t.Errorf("its terminal: %+v", got)
		}
		w.Registry = openOn(t, w.store)
	}
	_, err = w.RenewCode(noon, term.TID)
	must(t, err)
	if d, err := w.BoardDevice(noon, "VT1-1"); err != nil || d.Returned != nil || len(d.PublicKey) != 0 {
		t.Errorf("boarded again: %+v %v", d, err)
	}
	for name, err := range map[string]error{
		"assign":   w.AssignDevice(noon, "VT1-9", "", ""),
		"tamper":   w.MarkTampered(noon, "VT1-9", "", 0),
		"to whom?": w.AssignDevice(noon, "VT1-1", "9", ""),
	} {
		if !errors.Is(err, estate.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.active("VT1-2")
	if err := w.AssignDevice(noon, "VT1-2", "", ""); !errors.Is(err, estate.ErrState) {
		t.Errorf("the device of a terminal changes hands: %v", err)
	}
}

func TestBoardingByCSV(t *testing.T) {
	w := newWorld(t)
	s := w.shop("damrak")
	const header = "poiid,name,group,shop,provider\n"
	good := header + "P2-1,Bar 1," + w.group.ID + ",damrak,\nP2-2,\"Bar, 2\"," + w.group.ID + "," + s.ID + ",ctap\n,Bar 3," + w.group.ID + ",,SMARTPOS\n"
	before := len(w.facts())
	rows, err := w.BoardCSV(noon, w.group.Account, strings.NewReader(good), true, "")
	if err != nil || len(rows) != 3 || rows[0].Code != "" || len(w.facts()) != before {
		t.Fatalf("dry run: %+v %v", rows, err)
	}
	rows, err = w.BoardCSV(noon, w.group.Account, strings.NewReader(good), false, "key_1")
	must(t, err)
	for i, row := range rows {
		term, ok := w.Terminal(row.TID)
		if !ok || row.Code == "" || term.Name != row.Name || (term.Provider == estate.CTAP) != (i == 1) || (term.Shop == s.ID) != (i < 2) || row.Line != i+2 {
			t.Errorf("row %+v made %+v", row, term)
		}
	}
	if d, _ := w.Device("P2-1"); d.Account != w.group.Account {
		t.Errorf("its device: %+v", d)
	}
	before = len(w.facts())
	bad := header + "P2-1,Known,GROUP,,\nP2-7,Good,GROUP,,\nP2-7,Twice,GROUP,,\n,,GROUP,,\n,No shop,GROUP,nowhere,\n,No group,9,,\n,Kind,GROUP,,PAX\n"
	rows, err = w.BoardCSV(noon, w.group.Account, strings.NewReader(strings.ReplaceAll(bad, "GROUP", w.group.ID)), false, "")
	if !errors.Is(err, estate.ErrInvalid) || len(rows) != 7 || len(w.facts()) != before {
		t.Fatalf("bad rows: %v %+v", err, rows)
	}
	for i, words := range []string{"exists", "", "line 3", "name", "nowhere", "group", "provider"} {
		if (rows[i].Error == "") != (words == "") || !strings.Contains(rows[i].Error, words) || rows[i].Code != "" {
			t.Errorf("row %d: %q, want %q", i, rows[i].Error, words)
		}
	}
	b, err := w.MakeAccount(noon, estate.Account{Name: "Thee BV"})
	must(t, err)
	if rows, err := w.BoardCSV(noon, b.ID, strings.NewReader(header+",x,"+w.group.ID+",,\n"), false, ""); err == nil || !strings.Contains(rows[0].Error, "group") {
		t.Errorf("another account's group: %+v %v", rows, err)
	}
	for name, text := range map[string]string{
		"empty": "", "no rows": header, "columns": "serial,name\nx,y\n", "wide": "name,group\na,b,c\n",
		"quotes": header + "\"x\n", "many": header + strings.Repeat(",x,"+w.group.ID+",,\n", 901), "long": header + strings.Repeat("x", 2<<20),
	} {
		if _, err := w.BoardCSV(noon, "", strings.NewReader(text), false, ""); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNineHundredRowsAreBoardedTogether(t *testing.T) {
	w := newWorld(t)
	var b strings.Builder
	b.WriteString("name,group,poiid\n")
	for i := range 900 {
		b.WriteString("Bar," + w.group.ID + ",P2-X" + strings.Repeat("1", i%10) + string(rune('A'+i/26%26)) + string(rune('A'+i%26)) + string(rune('A'+i/676)) + "\n")
	}
	rows, err := w.BoardCSV(noon, "", strings.NewReader(b.String()), false, "")
	must(t, err)
	codes := make(map[string]bool)
	for _, row := range rows {
		codes[row.Code] = true
	}
	if len(codes) != 900 || len(w.Terminals(w.group.ID)) != 900 || len(openOn(t, w.store).Devices()) != 900 {
		t.Errorf("%d codes, %d terminals", len(codes), len(w.Terminals(w.group.ID)))
	}
}

// TestWhatIsWrongWithADeviceStaysWithIt: neither another activation nor a return or a retirement, which are
// the merchant's, stands for the inspection that an alarm or developer mode calls for.
func TestWhatIsWrongWithADeviceStaysWithIt(t *testing.T) {
	w := newWorld(t)
	term, _ := w.active("VT1-1")
	must(t, w.SetDeveloperMode(noon, term.TID, true, "key_1"))
	code, err := w.Unbind(noon, term.TID, "key_2")
	must(t, err)
	w.Registry = openOn(t, w.store)
	if again, no := w.activate(noon, "VT1-1", code); no.Refused() || !again.Developer {
		t.Errorf("activated again: %+v %v", again, no)
	}
	must(t, w.MarkTampered(noon, "VT1-1", "mesh broken", 0))
	for name, out := range map[string]func() error{
		"returned": func() error { _, err := w.ReturnDevice(noon, "VT1-1", "key_2", "display"); return err },
		"retired": func() error {
			if d, _ := w.Device("VT1-1"); d.TID != "" {
				_, err := w.Unbind(noon, d.TID, "key_2")
				must(t, err)
			}
			_, code := w.board("Another")
			must(t, w.ClearTamper(noon, "VT1-1", "key_1"))
			w.keyed("VT1-1")
			other, no := w.activate(noon, "VT1-1", code)
			must(t, w.MarkTampered(noon, "VT1-1", "mesh broken", 0))
			if no.Refused() {
				t.Fatal(no.Code)
			}
			return w.RetireTerminal(noon, other.TID)
		},
	} {
		must(t, out())
		if d, err := w.BoardDevice(noon, "VT1-1"); err != nil || d.Tampered == nil {
			t.Errorf("%s and boarded again: %+v %v", name, d, err)
		}
	}
}
