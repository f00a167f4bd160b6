package estate_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"kassa/estate"
	"kassa/journal"
	"kassa/sim/disk"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// record is a disk that commits at once and may be shared by goroutines.
type record struct {
	mu   sync.Mutex
	disk *disk.Disk
	fail error
}

func (r *record) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		done(journal.Receipt{}, r.fail)
		return
	}
	r.disk.Submit(b, done)
	r.disk.Flush(-1)
}

func (r *record) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk.Streams(kind, after, limit)
}

// vault is a secure module of paper.
type vault struct{}

func (vault) LookupHash(secret []byte) string {
	mac := hmac.New(sha256.New, []byte("paper"))
	mac.Write(secret)
	return hex.EncodeToString(mac.Sum(nil))
}

func (vault) SealSecret(name string, secret []byte) ([]byte, error) {
	sealed := bytes.Clone(secret)
	for i := range sealed {
		sealed[i] ^= 0xA5
	}
	return append([]byte(name+"|"), sealed...), nil
}

func (vault) OpenSecret(name string, sealed []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, []byte(name+"|"))
	if !ok {
		return nil, errors.New("sealed under another name")
	}
	plain = bytes.Clone(plain)
	for i := range plain {
		plain[i] ^= 0xA5
	}
	return plain, nil
}

func newDisk() *disk.Disk { return disk.New() }

func source(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func openOn(t *testing.T, r *record) *estate.Registry {
	t.Helper()
	reg, err := estate.Open(r, vault{}, source(1), estate.Test)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return reg
}

type world struct {
	t     *testing.T
	store *record
	*estate.Registry
	group estate.Group
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: &record{disk: disk.New()}}
	w.Registry = openOn(t, w.store)
	a, err := w.MakeAccount(noon, estate.Account{Name: "Koffie BV"})
	must(t, err)
	w.group, err = w.MakeGroup(noon, estate.Group{Account: a.ID, Name: "Amsterdam", Merchant: estate.Merchant{Name: "Koffie", MID: "000000000012345"}})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// configured boards a device and takes it up to a confirmed initial key.
func (w *world) configured(poiid string) {
	w.t.Helper()
	_, err := w.BoardDevice(noon, poiid)
	must(w.t, err)
	w.keyed(poiid)
}

// keyed takes a boarded device up to a confirmed initial key.
func (w *world) keyed(poiid string) {
	w.t.Helper()
	n, err := w.AllocateDeviceNumber(noon, poiid)
	must(w.t, err)
	must(w.t, w.RecordInjection(noon, poiid, n, "0011223300000001", "A1B2C3D4E5"))
	must(w.t, w.ConfirmKeys(noon, poiid, "0011223300000001", "A1B2C3D4E5"))
}

func (w *world) facts() []journal.Entry {
	w.t.Helper()
	entries, err := w.store.disk.Entries(0, 10_000)
	must(w.t, err)
	return entries
}

func (w *world) kinds() (kinds []string) {
	for _, e := range w.facts() {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestEstateIsTheSameAfterReopening(t *testing.T) {
	w := newWorld(t)
	term, code, err := w.BoardTerminal(noon, w.group.ID, "Counter 1", "")
	must(t, err)
	_, _, err = w.BoardTerminal(noon, w.group.ID, "Counter 2", "00000ABC")
	must(t, err)
	w.configured("VT1-000001")
	must(t, w.PinDeviceKey(noon, "VT1-000001", make([]byte, 32)))
	key, clear, err := w.MakeKey(noon, estate.NewKey{Account: w.group.Account, Group: w.group.ID, Role: estate.RoleAdmin})
	must(t, err)
	_, _, refusal, err := w.Activate(noon, "VT1-000001", code)
	must(t, err)
	if refusal.Refused() {
		t.Fatalf("activation refused: %s", refusal.Text())
	}
	must(t, w.NoteLinkUp(noon, estate.LinkUp{POIID: "VT1-000001", Epoch: 1}))

	again := openOn(t, w.store)
	for name, pair := range map[string][2]any{
		"accounts":  {w.Accounts(), again.Accounts()},
		"groups":    {w.Groups(w.group.Account), again.Groups(w.group.Account)},
		"terminals": {w.Terminals(w.group.ID), again.Terminals(w.group.ID)},
		"devices":   {w.Devices(), again.Devices()},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s after reopening (-before +after):\n%s", name, diff)
		}
	}
	if got, problem := again.Identify(noon, clear, ""); problem != "" || got.Hash != key.Hash {
		t.Errorf("key after reopening: %v, %v", got.Hint, problem)
	}
	if got, ok := again.TerminalByPOIID("VT1-000001"); !ok || got.TID != term.TID {
		t.Errorf("terminal of the device after reopening: %q", got.TID)
	}
	must(t, again.NoteLinkDown(noon, estate.LinkDown{POIID: "VT1-000001", Epoch: 1, Reason: "shutdown"}))
	want := []string{
		"AccountMade", "GroupMade", "TerminalBoarded", "TerminalBoarded", "DeviceBoarded", "DeviceNumberTaken", "KeyInjected",
		"KeysConfirmed", "DeviceKeyPinned", "KeyMade", "TerminalActivated", "LinkUp", "KeyUsed", "LinkDown",
	}
	if diff := cmp.Diff(want, w.kinds()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestNothingInClearIsKept(t *testing.T) {
	w := newWorld(t)
	_, code, err := w.BoardTerminal(noon, w.group.ID, "Counter", "")
	must(t, err)
	_, clear, err := w.MakeKey(noon, estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin})
	must(t, err)
	w.configured("VT1-1")
	_, _, _, err = w.Activate(noon, "VT1-1", "QQQQQQQQ")
	must(t, err)
	var kept bytes.Buffer
	for _, kind := range []string{"account", "group", "terminal", "device", "key"} {
		streams, err := w.store.Streams(kind, "", 100)
		must(t, err)
		for _, s := range streams {
			kept.WriteString(s.ID)
			kept.Write(s.State)
		}
	}
	for _, e := range w.facts() {
		kept.Write(e.Payload)
	}
	for what, secret := range map[string]string{"activation code": code, "key": clear, "tried code": "QQQQQQQQ"} {
		if strings.Contains(kept.String(), secret) {
			t.Errorf("the %s is kept in clear", what)
		}
	}
}

func TestWhatIsNotDurableIsNotVisible(t *testing.T) {
	w := newWorld(t)
	w.store.fail = errors.New("disk full")
	if _, err := w.BoardDevice(noon, "VT1-1"); err == nil {
		t.Fatal("boarded on a broken disk")
	}
	if _, ok := w.Device("VT1-1"); ok {
		t.Error("a device that was never written is visible")
	}
	if _, _, err := w.MakeKey(noon, estate.NewKey{Role: estate.RoleOperator}); err == nil {
		t.Error("key made on a broken disk")
	}
	w.store.fail = nil
	_, err := w.BoardDevice(noon, "VT1-1")
	must(t, err)
}

func TestRefusedBoarding(t *testing.T) {
	w := newWorld(t)
	_, err := w.BoardDevice(noon, "VT1-1")
	must(t, err)
	_, _, err = w.BoardTerminal(noon, w.group.ID, "x", "00000ABC")
	must(t, err)
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"device twice":     {func() error { _, err := w.BoardDevice(noon, "VT1-1"); return err }, estate.ErrExists},
		"POIID form":       {func() error { _, err := w.BoardDevice(noon, "VT1"); return err }, estate.ErrInvalid},
		"POIID with slash": {func() error { _, err := w.BoardDevice(noon, "VT1-1/../x"); return err }, estate.ErrInvalid},
		"TID twice":        {func() error { _, _, err := w.BoardTerminal(noon, w.group.ID, "x", "00000ABC"); return err }, estate.ErrExists},
		"TID form":         {func() error { _, _, err := w.BoardTerminal(noon, w.group.ID, "x", "ABC"); return err }, estate.ErrInvalid},
		"group unknown":    {func() error { _, _, err := w.BoardTerminal(noon, "1", "x", ""); return err }, estate.ErrUnknown},
		"no name":          {func() error { _, _, err := w.BoardTerminal(noon, w.group.ID, "", ""); return err }, estate.ErrInvalid},
		"account unknown":  {func() error { _, err := w.MakeGroup(noon, estate.Group{Account: "9", Name: "x"}); return err }, estate.ErrUnknown},
		"group id form": {func() error {
			_, err := w.MakeGroup(noon, estate.Group{ID: "x1", Account: w.group.Account, Name: "x"})
			return err
		}, estate.ErrInvalid},
		"group id twice": {func() error { _, err := w.MakeGroup(noon, w.group); return err }, estate.ErrExists},
		"key of other's": {func() error {
			_, _, err := w.MakeKey(noon, estate.NewKey{Account: "9", Group: w.group.ID, Role: estate.RoleAdmin})
			return err
		}, estate.ErrUnknown},
		"key without scope": {func() error { _, _, err := w.MakeKey(noon, estate.NewKey{Role: estate.RoleAdmin}); return err }, estate.ErrUnknown},
		"key short":         {func() error { return w.PinDeviceKey(noon, "VT1-1", []byte{1}) }, estate.ErrInvalid},
		"pin unknown":       {func() error { return w.PinDeviceKey(noon, "VT1-2", make([]byte, 32)) }, estate.ErrUnknown},
		"number of another": {func() error { return w.RecordInjection(noon, "VT1-1", 77, "00", "00") }, estate.ErrUnknown},
		"link unknown":      {func() error { return w.NoteLinkUp(noon, estate.LinkUp{POIID: "VT1-2"}) }, estate.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.do(); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestDeviceKeyIsPinnedOnce(t *testing.T) {
	w := newWorld(t)
	_, err := w.BoardDevice(noon, "VT1-1")
	must(t, err)
	first, second := make([]byte, 32), append(make([]byte, 31), 1)
	must(t, w.PinDeviceKey(noon, "VT1-1", first))
	must(t, w.PinDeviceKey(noon, "VT1-1", first))
	if err := w.PinDeviceKey(noon, "VT1-1", second); !errors.Is(err, estate.ErrMismatch) {
		t.Errorf("another key: %v", err)
	}
	if d, _ := w.Device("VT1-1"); !bytes.Equal(d.PublicKey, first) {
		t.Error("the pinned key changed")
	}
}

func TestDeviceNumbersNeverRepeat(t *testing.T) {
	w := newWorld(t)
	seen := make(map[uint32]bool)
	for _, poiid := range []string{"VT1-1", "VT1-2"} {
		_, err := w.BoardDevice(noon, poiid)
		must(t, err)
	}
	reg := w.Registry
	for i := range 20 {
		n, err := reg.AllocateDeviceNumber(noon, []string{"VT1-1", "VT1-2"}[i%2])
		must(t, err)
		if n == 0 || seen[n] {
			t.Fatalf("number %d again", n)
		}
		seen[n] = true
		if i%5 == 4 {
			reg = openOn(t, w.store)
		}
	}
}

func TestConfirmKeysComparesWithWhatWasSent(t *testing.T) {
	w := newWorld(t)
	_, err := w.BoardDevice(noon, "VT1-1")
	must(t, err)
	if err := w.ConfirmKeys(noon, "VT1-1", "0011223300000001", "AA"); !errors.Is(err, estate.ErrMismatch) {
		t.Errorf("confirmed a key that was never sent: %v", err)
	}
	n, err := w.AllocateDeviceNumber(noon, "VT1-1")
	must(t, err)
	must(t, w.RecordInjection(noon, "VT1-1", n, "0011223300000001", "A1B2C3D4E5"))
	for _, wrong := range [][2]string{{"0011223300000001", "A1B2C3D4E6"}, {"0011223300000002", "A1B2C3D4E5"}, {"", ""}} {
		if err := w.ConfirmKeys(noon, "VT1-1", wrong[0], wrong[1]); !errors.Is(err, estate.ErrMismatch) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	must(t, w.ConfirmKeys(noon, "VT1-1", "0011223300000001", "a1b2c3d4e5"))
	if d, _ := w.Device("VT1-1"); !d.Configured {
		t.Error("not configured after the right value")
	}
	n, err = w.AllocateDeviceNumber(noon, "VT1-1")
	must(t, err)
	must(t, w.RecordInjection(noon, "VT1-1", n, "0011223300000002", "FFFFFFFFFF"))
	if d, _ := w.Device("VT1-1"); d.Configured {
		t.Error("configured while a new key is on its way")
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	_, old, err := w.MakeKey(noon, estate.NewKey{Account: w.group.Account, Group: w.group.ID, Role: estate.RoleAdmin})
	must(t, err)
	k, clear, err := w.MakeKey(noon.Add(time.Second), estate.NewKey{Account: w.group.Account, Group: w.group.ID, Role: estate.RoleAdmin})
	must(t, err)
	if len(clear) != 40 || !strings.HasPrefix(clear, "test_") || !strings.HasSuffix(clear, k.Hint) {
		t.Errorf("key %q with hint %q: want 40 characters that begin with test_", clear, k.Hint)
	}
	for _, good := range []string{clear, " " + clear + "\n", old} {
		if got, problem := w.Identify(noon, good, "192.0.2.1"); problem != "" || got.Group != w.group.ID || got.Role != estate.RoleAdmin {
			t.Errorf("Identify(%q): %+v, %v", good, got, problem)
		}
	}
	for _, bad := range []string{"", "x", clear[:39], clear + "x", strings.ToUpper(clear), strings.Repeat("k", 1<<20)} {
		if _, problem := w.Identify(noon, bad, ""); problem != estate.KeyUnknown {
			t.Errorf("a key of %d characters was taken", len(bad))
		}
	}
	signing, err := w.OpenKeyOf(noon, w.group.ID)
	must(t, err)
	if signing != clear {
		t.Error("the signing key is not the newest")
	}
	if _, err := w.OpenKeyOf(noon, "1"); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("key of an unknown group: %v", err)
	}
}

func TestGroupsChange(t *testing.T) {
	w := newWorld(t)
	got, err := w.ChangeGroup(noon, w.group.ID, func(g *estate.Group) {
		g.Name, g.WebhookURL = "Utrecht", "https://till.example/hook"
		g.ID, g.Account = "1", "2"
		g.CreditLimit, g.CardChecks, g.Fees = 6000, true, []estate.Fee{{Method: "VISA", FixedMinor: 10, BasisPoints: 150}}
	})
	must(t, err)
	want := w.group
	want.Name, want.WebhookURL = "Utrecht", "https://till.example/hook"
	want.CreditLimit, want.CardChecks, want.Fees = 6000, true, []estate.Fee{{Method: "VISA", FixedMinor: 10, BasisPoints: 150}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the changed group:\n%s", diff)
	}
	again := openOn(t, w.store)
	if got, _ := again.Group(w.group.ID); !cmp.Equal(got, want) {
		t.Errorf("after reopening: %+v", got)
	}
	if _, err := w.ChangeGroup(noon, w.group.ID, func(*estate.Group) {}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"AccountMade", "GroupMade", "GroupChanged"}, w.kinds()); diff != "" {
		t.Errorf("facts, of which a change of nothing is none:\n%s", diff)
	}
	for name, change := range map[string]func(*estate.Group){
		"no name":  func(g *estate.Group) { g.Name = "" },
		"long URL": func(g *estate.Group) { g.WebhookURL = strings.Repeat("x", 3000) },
		"credit":   func(g *estate.Group) { g.CreditLimit = -1 },
		"fee":      func(g *estate.Group) { g.Fees[0].BasisPoints = 10_001 },
		"fixed":    func(g *estate.Group) { g.Fees[0].FixedMinor = -1 },
		"method":   func(g *estate.Group) { g.Fees[0].Method = "V ISA" },
		"twice":    func(g *estate.Group) { g.Fees = append(g.Fees, g.Fees[0]) },
	} {
		if _, err := w.ChangeGroup(noon, w.group.ID, change); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.ChangeGroup(noon, "9", func(*estate.Group) {}); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("an unknown group: %v", err)
	}
	if got, _ := w.Group(w.group.ID); !cmp.Equal(got, want) {
		t.Errorf("after refused changes: %+v", got)
	}
}

func TestFees(t *testing.T) {
	fee := estate.Fee{FixedMinor: 10, BasisPoints: 150, MinimumMinor: 12}
	for minor, want := range map[int64]int64{
		1: 12, 166: 12, 167: 13, 1250: 29, 1233: 28, 1234: 29, 999_999_999_999: 15_000_000_010,
	} {
		if got := fee.Of(minor); got != want {
			t.Errorf("the fee of %d cents is %d, want %d", minor, got, want)
		}
	}
}

func TestProviderOfATerminal(t *testing.T) {
	w := newWorld(t)
	ctap, code, err := w.BoardCTAP(noon, w.group.ID, "Counter")
	must(t, err)
	smart, _, err := w.BoardTerminal(noon, w.group.ID, "Counter 2", "")
	must(t, err)
	if ctap.Provider != estate.CTAP || smart.Provider != "" || code == "" {
		t.Errorf("providers %q and %q", ctap.Provider, smart.Provider)
	}
	if got, _ := openOn(t, w.store).Terminal(ctap.TID); got.Provider != estate.CTAP {
		t.Errorf("after reopening: %q", got.Provider)
	}
}

// TestNamesAreOneLine: a name that ends a line, or steers a terminal, is none.
func TestNamesAreOneLine(t *testing.T) {
	w := newWorld(t)
	before := len(w.facts())
	for _, bad := range []string{"Bar\r\nBcc: eve@example.com", "Bar\x1b[2J", "Bar\x00", "Bar\u2028x", "Bar\xff", "Bar\u0085"} {
		_, _, terminal := w.BoardTerminal(noon, w.group.ID, bad, "")
		_, account := w.MakeAccount(noon, estate.Account{Name: bad})
		_, group := w.MakeGroup(noon, estate.Group{Account: w.group.Account, Name: bad})
		_, merchant := w.ChangeGroup(noon, w.group.ID, func(g *estate.Group) { g.Merchant.City = bad })
		_, mid := w.ChangeGroup(noon, w.group.ID, func(g *estate.Group) { g.Merchant.MID = bad[:4] + bad[len(bad)-1:] + "\n" })
		_, shop := w.MakeShop(noon, estate.Shop{Account: w.group.Account, Description: bad})
		_, line := w.MakeShop(noon, estate.Shop{Account: w.group.Account, Description: "Bar", Address: estate.Address{City: bad}})
		_, _, key := w.MakeKey(noon, estate.NewKey{Account: w.group.Account, Role: estate.RoleAdmin, Name: bad})
		for what, err := range map[string]error{
			"terminal": terminal, "account": account, "group": group, "merchant": merchant, "MID": mid, "shop": shop, "address": line, "key": key,
		} {
			if !errors.Is(err, estate.ErrInvalid) {
				t.Errorf("%s %q: %v", what, bad, err)
			}
		}
	}
	if got := len(w.facts()); got != before {
		t.Errorf("%d facts more", got-before)
	}
	if _, _, err := w.BoardTerminal(noon, w.group.ID, "Café – 北京 🍺", ""); err != nil {
		t.Error(err)
	}
}
