package multisafepay_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/journal"
	"kassa/sale/multisafepay"
)

// TestSameOrderAgainSaysTheSame: the first answer includes its warnings, whatever has changed since.
func TestSameOrderAgainSaysTheSame(t *testing.T) {
	w := newWorld(t)
	body := fmt.Sprintf(plainOrder, "warned")
	w.till.busy = true
	w.offline[terminalID] = true
	first := w.mustCreate(body).Raw
	w.till.busy = false
	w.offline[terminalID] = false
	if got := w.mustCreate(body).Raw; got != first {
		t.Errorf("the terminal is connected now:\n%s\n%s", first, got)
	}
	w.feed(w.stream("warned"), kassa.POIFreed{})
	if got := w.mustCreate(body).Raw; got != first {
		t.Errorf("the order has its turn now:\n%s\n%s", first, got)
	}
	w.feed(w.stream("warned"), shown())
	if got := w.mustCreate(body).Raw; got != first {
		t.Errorf("the order is shown now:\n%s\n%s", first, got)
	}
	body = fmt.Sprintf(plainOrder, "not-warned")
	first = w.mustCreate(body).Raw
	w.offline[terminalID] = true
	w.feed(w.stream("not-warned"), shown())
	if got := w.mustCreate(body).Raw; got != first || strings.Contains(first, "warnings") {
		t.Errorf("the terminal has gone now:\n%s\n%s", first, got)
	}
}

// TestKeptCanBeReadAgain: what is kept with an order is completed, and so has more values than were
// sent. Nothing may be accepted that cannot be shown, or the webhook's address would be lost.
func TestKeptCanBeReadAgain(t *testing.T) {
	w := newWorld(t)
	for _, items := range []int{10, 60, 100} {
		for _, numbers := range []int{15_000, 18_500, 19_300, 19_800} {
			id := fmt.Sprintf("kept-%d-%d", items, numbers)
			list := `{"options":[` + strings.Repeat("1,", numbers-1) + `1]}` + strings.Repeat(`,{}`, items-1)
			body := fmt.Sprintf(`{"payment_options":{"notification_url":"http://127.0.0.1/"},"shopping_cart":{"items":[%s]},`, list) +
				fmt.Sprintf(plainOrder, id)[1:]
			got := w.call("POST", "/v1/json/orders", groupKey, body)
			if got.Status != 200 {
				continue // refused in words is well
			}
			if again := w.call("GET", "/v1/json/orders/"+id, groupKey, ""); again.Data["shopping_cart"] == nil {
				t.Errorf("%s: accepted, and its cart and webhook are lost", id)
			}
		}
	}
}

// TestByTransactionIDAmongMany: how much else happens does not hide an order.
func TestByTransactionIDAmongMany(t *testing.T) {
	w := newWorld(t)
	noise := func(name string) {
		facts := make([]journal.Fact, 200)
		for i := range facts {
			facts[i] = journal.Fact{At: w.till.clock(), Kind: "Noise", Payload: []byte("{}")}
		}
		for i := range 300 {
			stream := fmt.Sprintf("noise/%s-%d", name, i)
			if err := w.record.commit(journal.Batch{{Stream: stream, State: []byte("{}"), Facts: facts}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	stream := w.order("needle")
	noise("before")
	w.feed(stream, shown())
	noise("after")
	o, _, err := w.till.Find(t.Context(), "multisafepay", "100", "needle")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.call("GET", fmt.Sprintf("/v1/json/orders/%d", o.Attempts[0].Number), groupKey, ""); got.Data["order_id"] != "needle" {
		t.Errorf("%s", got.Raw)
	}
}

// unread is a body that nobody may touch.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestBodyThatSaysItIsTooLongIsNotRead(t *testing.T) {
	w := newWorld(t)
	r := httptest.NewRequest("POST", "/v1/json/orders", unread{t})
	r.ContentLength = 10 << 20
	r.Header.Set("api_key", groupKey)
	if got := w.send(r); got.Status != 413 {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
}

// TestKeyInTheWrongPlaceIsNotKept: clients mix up the two strings that they copy from a dashboard.
func TestKeyInTheWrongPlaceIsNotKept(t *testing.T) {
	w := newWorld(t)
	w.call("GET", "/v1/json/orders/"+groupKey, "", "")
	w.call("POST", "/v1/json/orders", groupKey, with("gateway_info", `{"terminal_id":"`+groupKey+`"}`))
	w.call("POST", "/v1/json/orders", otherKey, with("order_id", `"`+accountKey+`"`))
	if s := fmt.Sprintf("%+v", w.refused); len(w.refused) != 3 || strings.Contains(s, groupKey) || strings.Contains(s, accountKey) {
		t.Errorf("refused calls keep a key: %s", s)
	}
}

// TestWhatWasKeptIsGone: an order whose keep cannot be read may have had a webhook, which is then
// an error and not silence.
func TestWhatWasKeptIsGone(t *testing.T) {
	w := newWorld(t)
	o, reason, err := w.till.Create(t.Context(), kassa.NewOrder{
		Dialect: multisafepay.Dialect, Account: "1", Scope: "100", Ref: "gone", Fingerprint: "x", TID: terminalID, POIID: "P400-1",
		Amount: kassa.Money{Minor: 1, Currency: kassa.EUR}, Door: []byte(`["notification_url"]`),
	})
	if err != nil || reason != kassa.None {
		t.Fatal(reason, err)
	}
	w.feed("order/"+o.ID(), kassa.Cancel{})
	entries, err := w.record.Entries(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.notifier().Render(entries[len(entries)-1]); err == nil {
		t.Error("the webhook is lost in silence")
	}
	if got := w.call("GET", "/v1/json/orders/gone", groupKey, ""); got.Status != 200 || got.Data["status"] != "cancelled" {
		t.Errorf("%s", got.Raw)
	}
}

// TestRefundWithTheSameIDAgain: a client that lost the answer may ask long after the five minutes
// in which an equal amount is taken for a repeat.
func TestRefundWithTheSameIDAgain(t *testing.T) {
	w := newWorld(t)
	w.feed(w.order("paid"), shown(), tap(1), approved(1))
	refund := func(id string) reply {
		return w.call("POST", "/v1/json/orders/paid/refunds", groupKey, `{"currency":"EUR","amount":100,"refund_order_id":"`+id+`"}`)
	}
	if got := refund("r-1"); got.Status != 200 {
		t.Fatal(got.Raw)
	}
	w.till.mu.Lock()
	w.till.now = w.till.now.Add(time.Hour)
	w.till.mu.Unlock()
	if got := refund("r-1"); got.Status != 404 || got.Code != 1034 || !strings.Contains(got.Info, "refund_order_id") {
		t.Errorf("the same refund_order_id again: %d %s", got.Status, got.Raw)
	}
	w.till.mu.Lock()
	w.till.now = w.till.now.Add(time.Hour)
	w.till.mu.Unlock()
	if got := refund("r-2"); got.Status != 200 {
		t.Errorf("another refund_order_id: %s", got.Raw)
	}
	if got := w.call("GET", "/v1/json/orders/paid", groupKey, "").Data["amount_refunded"]; got != 200.0 {
		t.Errorf("amount_refunded %v", got)
	}
}
