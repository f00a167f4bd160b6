package adyen_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"kassa"
	"kassa/sale/adyen"
)

func TestEveryReasonHasItsRow(t *testing.T) {
	conditions := []string{
		"Aborted", "Busy", "Cancel", "DeviceOut", "InProgress", "InsertedCard", "InvalidCard", "LoggedOut", "MessageFormat", "NotAllowed",
		"NotFound", "PaymentRestriction", "Refusal", "UnavailableDevice", "UnavailableService", "UnreachableHost", "WrongPIN",
	}
	for _, r := range kassa.Reasons() {
		condition, _, message, advice, ok := adyen.WireReason(r)
		if !ok || message == "" || advice == "" || !slices.Contains(conditions, condition) {
			t.Errorf("%s: condition %q, message %q, advice %q", r, condition, message, advice)
		}
	}
	if _, _, _, _, ok := adyen.WireReason("no such reason"); ok {
		t.Error("a reason that is none has a row")
	}
}

// declineRow is a line of Adyen's table of test amounts.
type declineRow struct {
	End                                    int64
	Code                                   string
	Reason                                 kassa.Reason
	ErrorCondition, RefusalReason, Message string
}

// TestDeclines: what the issuer answers to each test amount reads as Adyen's table says.
func TestDeclines(t *testing.T) {
	raw, err := os.ReadFile("testdata/declines.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []declineRow
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(w *world) {
		for _, row := range rows {
			w.issuer(decline(row.Code, row.Reason))
			id := fmt.Sprint(row.End)
			r := w.pay(id, "order-"+id, "41."+id[1:])
			f := form(w.t, r.additional("Payment"))
			if r.result("Payment") != "Failure "+row.ErrorCondition || f.Get("refusalReason") != row.RefusalReason || f.Get("message") != row.Message {
				t.Errorf("%d: %s", row.End, r.Raw)
			}
			if f.Get("kassa.reason") != string(row.Reason) || f.Get("kassa.advice") == "" || f.Get("kassa.responseCode") != row.Code {
				t.Errorf("%d: %v", row.End, f)
			}
			if r.in("Payment", "PaymentResult", "AmountsResp") != nil || r.in("Payment", "PaymentResult", "OnlineFlag") != true {
				t.Errorf("%d: result %v", row.End, r.in("Payment", "PaymentResult"))
			}
		}
	})
}

// TestWrongPINThenCancel: the terminal asks again, and only who gives up ends it.
func TestWrongPINThenCancel(t *testing.T) {
	for reason, want := range map[kassa.Reason][3]string{
		kassa.WrongPIN:          {"WrongPIN", "129 Invalid online PIN", "INVALID_PIN"},
		kassa.SoftDeclinePIN:    {"Cancel", "102 Shopper cancelled pin entry", "Shopper cancelled pin entry"},
		kassa.SoftDeclineInsert: {"Cancel", "219 Shopper cancelled ctls fallback", "219 Shopper cancelled ctls fallback"},
	} {
		inWorld(t, func(w *world) {
			w.issuer(func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input {
				return kassa.HostAnswered{Request: a.Request, ResponseCode: "55", Reason: reason}
			})
			w.customer(func(o kassa.NewOrder) {
				w.show(o)
				w.present(o, 1, kassa.Contactless, kassa.CVMOnlinePIN)
			})
			paying := w.later(func() reply { return w.pay("1", "order-1", "10") })
			o, ok, err := w.engine.Find(w.t.Context(), "adyen", "100", "till-7/1/"+poiid)
			if err != nil || !ok || o.Status.Final() {
				w.t.Fatalf("the order ended after one wrong PIN: %v %v %s", ok, err, o.Status)
			}
			w.fromPOI(o.NewOrder, kassa.POIEnded{Reason: kassa.CancelledAtPOI})
			r := <-paying
			f := form(w.t, r.additional("Payment"))
			if r.result("Payment") != "Failure "+want[0] || f.Get("refusalReason") != want[1] || f.Get("message") != want[2] {
				t.Errorf("%s: %s", reason, r.Raw)
			}
		})
	}
}

// TestAnApprovalThatTheChipUndoes is not an approval, and its reversal is owed.
func TestAnApprovalThatTheChipUndoes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.customer(func(o kassa.NewOrder) {
			w.show(o)
			w.present(o, 1, kassa.Chip, kassa.CVMOnlinePIN)
		})
		w.issuer(func(o kassa.NewOrder, a kassa.Authorisation) kassa.Input {
			w.engine.FromAcquirer(o.ID(), approve(o, a))
			go w.fromPOI(o, kassa.CardCompleted{Request: a.Request, Outcome: kassa.CardGone})
			return nil
		})
		r := w.pay("1", "order-1", "10")
		f := form(w.t, r.additional("Payment"))
		if r.result("Payment") != "Failure Cancel" || f.Get("refusalReason") != "Approved" || f.Get("message") != "APPROVED" || w.sent("SendReversal") != 1 {
			t.Errorf("%d reversals: %s", w.sent("SendReversal"), r.Raw)
		}
		w.want(r, "Payment", []string{"PaymentResult", "AuthenticationMethod"}, []any{"OnlinePIN"})
		w.want(r, "Payment", []string{"PaymentResult", "PaymentInstrumentData", "CardData", "EntryMode"}, []any{"ICC"})
	})
}
