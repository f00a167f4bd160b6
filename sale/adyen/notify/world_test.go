package notify_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/adyen/notify"
	"kassa/sim/disk"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// paper is a secure module of paper.
type paper struct{}

func (paper) LookupHash(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:])
}

func (paper) SealSecret(name string, secret []byte) ([]byte, error) {
	return append([]byte(name+"|"), secret...), nil
}

func (paper) OpenSecret(name string, sealed []byte) ([]byte, error) {
	return bytes.TrimPrefix(sealed, []byte(name+"|")), nil
}

// world is an estate of one account with a shop, a group and an activated terminal, and its journal.
type world struct {
	*testing.T
	*estate.Registry
	*notify.Notifier
	disk     *disk.Disk
	account  estate.Account
	group    estate.Group
	shop     estate.Shop
	terminal estate.Terminal
	versions map[string]uint64
}

// Submit and Streams are the store of the estate.
func (w *world) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	w.disk.Submit(b, done)
	w.disk.Flush(-1)
}

func (w *world) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	return w.disk.Streams(kind, after, limit)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, disk: disk.New(), versions: map[string]uint64{}}
	w.Registry = must[*estate.Registry](t)(estate.Open(w, paper{}, rand.NewChaCha8([32]byte{1}), estate.Test))
	w.account = must[estate.Account](t)(w.MakeAccount(noon, estate.Account{Name: "Koffie BV", Merchant: "KassaMerchant", Company: "KassaCompany"}))
	w.group = must[estate.Group](t)(w.MakeGroup(noon, estate.Group{Account: w.account.ID, Name: "Bar", Merchant: estate.Merchant{Name: "Koffie", MID: "1", Country: "NL"}}))
	w.shop = must[estate.Shop](t)(w.MakeShop(noon, estate.Shop{
		Account: w.account.ID, Reference: "ST-1", Description: "Utrecht", ShopperStatement: "Koffie", Phone: "+31301234567",
		Address: estate.Address{Country: "NL", Line1: "Plein 1", City: "Utrecht", PostalCode: "3511AA"},
	}))
	place, code, err := w.BoardTerminal(noon, w.group.ID, "Bar 1", "")
	if err != nil {
		t.Fatal(err)
	}
	must[estate.Device](t)(w.BoardDevice(noon, "V400m-100000001"))
	n := must[uint32](t)(w.AllocateDeviceNumber(noon, "V400m-100000001"))
	w.fine(w.RecordInjection(noon, "V400m-100000001", n, "0011223300000001", "A1B2C3D4E5"))
	w.fine(w.ConfirmKeys(noon, "V400m-100000001", "0011223300000001", "A1B2C3D4E5"))
	if _, _, refused, err := w.Activate(noon, "V400m-100000001", code); err != nil || refused.Refused() {
		t.Fatalf("activation: %v %v", refused, err)
	}
	w.terminal, _ = w.Terminal(place.TID)
	w.Notifier = &notify.Notifier{
		Environment: "test", Endpoints: w.Registry, Directory: w.Registry, Settings: w.Registry, Records: w.disk, Random: rand.NewChaCha8([32]byte{2}),
	}
	return w
}

func (w *world) fine(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// endpoint adds one of a type.
func (w *world) endpoint(typ string, change func(*estate.Endpoint)) estate.Endpoint {
	w.Helper()
	e := estate.Endpoint{Dialect: estate.DialectAdyen, Account: w.account.ID, Type: typ, URL: "https://till.example/hook", Active: true}
	if change != nil {
		change(&e)
	}
	return must[estate.Endpoint](w)(w.MakeEndpoint(noon, e, ""))
}

// happens stores facts of a stream, and gives them as the journal has them.
func (w *world) happens(stream, kind string, state, fact any) journal.Entry {
	w.Helper()
	kept, payload := must[[]byte](w)(json.Marshal(state)), must[[]byte](w)(json.Marshal(fact))
	last := w.disk.Last()
	w.disk.Submit(journal.Batch{{
		Stream: stream, Expect: w.versions[stream], State: kept,
		Facts: []journal.Fact{{At: noon.Add(time.Duration(w.versions[stream]) * time.Second), Kind: kind, Scope: w.group.ID, Payload: payload}},
	}}, func(_ journal.Receipt, err error) { w.fine(err) })
	w.disk.Flush(-1)
	w.versions[stream]++
	return must[[]journal.Entry](w)(w.disk.Entries(last, 1))[0]
}

// told are the items that the facts of an order call for, at the only endpoint.
func (w *world) told(o kassa.NewOrder, events ...kassa.Event) (items []map[string]any) {
	w.Helper()
	for _, n := range w.rendered(o, events...) {
		items = append(items, w.item(n.Body))
	}
	return items
}

func (w *world) rendered(o kassa.NewOrder, events ...kassa.Event) (list []notify.Notice) {
	w.Helper()
	events = append([]kassa.Event{kassa.OrderCreated{Order: o, Offered: true}}, events...)
	for _, event := range events {
		e := w.happens("order/"+o.ID(), kassa.Kind(event), struct{}{}, event)
		list = append(list, must[[]notify.Notice](w)(w.Render(e))...)
	}
	return list
}

func (w *world) item(body []byte) map[string]any {
	w.Helper()
	var n struct {
		Live  string
		Items []struct {
			Item map[string]any `json:"NotificationRequestItem"`
		} `json:"notificationItems"`
	}
	w.fine(json.Unmarshal(body, &n))
	if n.Live != "false" || len(n.Items) != 1 {
		w.Fatalf("body %s", body)
	}
	return n.Items[0].Item
}

// order is one of this dialect, with what the door keeps of it.
func (w *world) order(number int64, dialect string) kassa.NewOrder {
	return kassa.NewOrder{
		Number: number, Dialect: dialect, Account: w.account.ID, Scope: w.group.ID, Ref: "till-7/0A1B2C3D4E/V400m-100000001", Environment: "test",
		POIID: "V400m-100000001", TID: w.terminal.TID, Amount: kassa.Money{Minor: 2222, Currency: kassa.EUR},
		Door: []byte(`{"poiid":"V400m-100000001","saleID":"till-7","serviceID":"0A1B2C3D4E","merchantReference":"order-1001","store":"ST-1"}`),
	}
}

// card are the facts up to the host's answer.
func card(approved bool) []kassa.Event {
	answer := kassa.AuthorisationAnswered{Request: 1, Approved: approved, ResponseCode: "00", AuthCode: "123456"}
	status := kassa.AttemptApproved
	if !approved {
		answer.ResponseCode, answer.AuthCode, answer.Reason, status = "51", "", kassa.DeclinedFunds, kassa.AttemptDeclined
	}
	return []kassa.Event{
		kassa.AttemptOpened{Number: 1},
		kassa.AuthorisationRequested{Auth: kassa.Authorisation{
			Request: 1, Amount: kassa.Money{Minor: 2222, Currency: kassa.EUR}, Entry: kassa.Contactless,
			Card: kassa.CardFacts{BIN: "541333", Last4: "9999", Brand: "MASTERCARD", Expiry: "2802"},
		}},
		answer,
		kassa.AttemptClosed{Number: 1, Status: status, Reason: answer.Reason},
	}
}

// hmacOf signs as the specification says, and shares no code with what is tested.
func hmacOf(t testing.TB, key, data string) string {
	t.Helper()
	raw, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(data))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedData joins what a signature is over.
func signedData(i map[string]any) string {
	text := func(key string) string { s, _ := i[key].(string); return s }
	a, _ := i["amount"].(map[string]any)
	value, _ := json.Marshal(a["value"])
	return strings.Join([]string{
		text("pspReference"), text("originalReference"), text("merchantAccountCode"), text("merchantReference"), string(value),
		a["currency"].(string), text("eventCode"), text("success"),
	}, ":")
}
