package poi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/nexo"
	"kassa/poi"
	"kassa/poilink"

	"github.com/google/go-cmp/cmp"
)

func (d *desk) tell(o kassa.NewOrder, e kassa.Effect) poilink.Frame {
	d.t.Helper()
	frames := sent(d.do(poi.Tell{Order: o, Effect: e}), 1)
	if len(frames) != 1 {
		d.t.Fatalf("%T: %+v", e, frames)
	}
	return frames[0]
}

func TestAnOfferIsANexoPaymentRequest(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	o := order(1)
	f := d.tell(o, kassa.Offer{})
	want := nexo.Message{
		Header: nexo.Header{
			ProtocolVersion: "3.0", MessageClass: "Service", MessageCategory: "Payment", MessageType: "Request",
			ServiceID: o.ID(), SaleID: "kassa", POIID: poiid,
		},
		PaymentRequest: &nexo.PaymentRequest{
			SaleData: nexo.SaleData{
				SaleTransactionID: nexo.TransactionID{TransactionID: o.ID(), TimeStamp: "2026-11-21T12:00:00Z"},
				SaleReferenceID:   "order-1",
			},
			PaymentTransaction: nexo.PaymentTransaction{
				AmountsReq: nexo.AmountsReq{Currency: "EUR", RequestedAmountMinor: 1250},
				SaleItem:   []nexo.SaleItem{{ItemID: 1, ProductLabel: "2 coffees"}},
			},
		},
	}
	if diff := cmp.Diff(want, message(t, f)); diff != "" {
		t.Errorf("PaymentRequest (-want +got):\n%s", diff)
	}
	if f.Seq != 1 || f.ValidForMS != 60_000 || len(o.ID()) > 10 {
		t.Errorf("seq %d, valid for %d ms, ServiceID %q", f.Seq, f.ValidForMS, o.ID())
	}
	long := order(2)
	long.Lifetime = 24 * time.Hour
	if f := d.tell(long, kassa.Offer{}); f.ValidForMS != 300_000 {
		t.Errorf("a long life is valid for %d ms", f.ValidForMS)
	}
}

func TestAnAbortNamesItsExchange(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	o := order(1)
	msg := message(t, d.tell(o, kassa.TellAbort{Reason: kassa.CancelledBySale}))
	if msg.Header.MessageCategory != nexo.CategoryAbort || msg.AbortRequest == nil ||
		msg.AbortRequest.MessageReference.ServiceID != o.ID() || msg.AbortRequest.AbortReason == "" {
		t.Errorf("abort: %+v", msg)
	}
}

func TestAnswers(t *testing.T) {
	contactless := &kassa.Authorisation{
		Entry: kassa.Contactless, Card: kassa.CardFacts{SingleTap: true}, STAN: "000123", RRN: "632512000123",
		ResponseCode: "xx", AuthCode: "A1B2C3", EMVAnswer: []byte{0x8A, 2, '0', '0'},
	}
	noSingleTap := &kassa.Authorisation{Entry: kassa.Contactless}
	for _, test := range []struct {
		name string
		is   kassa.POIAnswer
		want poilink.AuthorisationResponse
	}{
		{"approved", kassa.POIAnswer{Verdict: kassa.VerdictApproved, Auth: contactless, Final: true},
			poilink.AuthorisationResponse{Verdict: "approved", Text: "Approved", AuthCode: "A1B2C3", Final: true}},
		{"host approved", kassa.POIAnswer{Verdict: kassa.VerdictHostApproved, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "hostApproved", AuthCode: "A1B2C3"}},
		{"declined", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.DeclinedFunds, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "1000 card declined"}},
		{"not supported", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.DeclinedCard, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "Card not supported"}},
		{"configuration", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.Configuration, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "Configuration error. Try again"}},
		{"wrong PIN", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.WrongPIN, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "PIN wrong, try again", Action: "PINR"}},
		{"wrong PIN, last", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.WrongPIN, LastTry: true, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "PIN wrong, last try", Action: "PINL"}},
		{"wrong PIN, over", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.WrongPIN, Auth: contactless, Final: true},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "PIN wrong, try again", Final: true}},
		{"soft, PIN", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.SoftDeclinePIN, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "Enter PIN", Action: "PINQ"}},
		{"soft, PIN, no single tap", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.SoftDeclinePIN, Auth: noSingleTap},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "Use a different interface", Action: "FLFW"}},
		{"soft, insert", kassa.POIAnswer{Verdict: kassa.VerdictDeclined, Reason: kassa.SoftDeclineInsert, Auth: contactless},
			poilink.AuthorisationResponse{Verdict: "declined", Text: "Use a different interface", Action: "FLFW"}},
		{"not completed, late approval", kassa.POIAnswer{Verdict: kassa.VerdictNotCompleted, Reason: kassa.NotCompleted, Auth: contactless, Final: true},
			poilink.AuthorisationResponse{Verdict: "notCompleted", Text: "Not completed", Final: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1)
			o := order(1)
			test.is.Request = 3
			want := test.want
			want.Exchange, want.Request = o.ID(), 3
			want.STAN, want.RRN = test.is.Auth.STAN, test.is.Auth.RRN
			want.ResponseCode, want.EMV = test.is.Auth.ResponseCode, test.is.Auth.EMVAnswer
			got := d.tell(o, kassa.TellAnswer{Answer: test.is}).AuthorisationResponse
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecisions(t *testing.T) {
	auth := &kassa.Authorisation{STAN: "000123", RRN: "632512000123", AuthCode: "A1B2C3"}
	for name, test := range map[string]struct {
		is   kassa.POIAnswer
		want poilink.Decision
	}{
		"approved": {kassa.POIAnswer{Request: 2, Verdict: kassa.VerdictApproved, Auth: auth, Final: true},
			poilink.Decision{Request: 2, Verdict: "approved", Text: "Approved", AuthCode: "A1B2C3", RRN: auth.RRN, STAN: auth.STAN}},
		"reversed": {kassa.POIAnswer{Request: 2, Verdict: kassa.VerdictNotCompleted, Reason: kassa.CardRefused, Auth: auth, Final: true},
			poilink.Decision{Request: 2, Verdict: "notCompleted", Text: "Not completed", RRN: auth.RRN, STAN: auth.STAN}},
		"unknown": {kassa.POIAnswer{Verdict: kassa.VerdictCancelled, Reason: kassa.OrderUnknown, Final: true},
			poilink.Decision{Verdict: "cancelled", Text: "Cancelled: the order is not known"}},
	} {
		d := newDesk(t)
		d.open(1)
		test.want.Exchange = order(1).ID()
		if diff := cmp.Diff(&test.want, d.tell(order(1), kassa.TellDecision{Answer: test.is}).Decision); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The reasons that a terminal can hear have words of their own, and none tells the customer what
// the issuer thinks of him.
func TestEveryReasonHasALineThatTellsNothingOfTheCustomer(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	for i, r := range kassa.Reasons() {
		f := d.tell(order(int64(i)), kassa.TellDecision{Answer: kassa.POIAnswer{Verdict: kassa.VerdictCancelled, Reason: r}})
		line := f.Decision.Text
		if line == "" || len(line) > 40 {
			t.Errorf("%s: line %q", r, line)
		}
		for _, word := range []string{"fund", "stolen", "lost", "fraud", "limit", "expired"} {
			if strings.Contains(strings.ToLower(line), word) {
				t.Errorf("%s: %q says why", r, line)
			}
		}
		d.frame(1, poilink.Frame{Type: poilink.TypeAck, Ack: f.Seq})
	}
}

func TestEverythingDownFitsItsFrame(t *testing.T) {
	d := newDesk(t)
	d.open(1)
	o := order(1)
	o.Description = strings.Repeat("€", 200)
	for _, e := range []kassa.Effect{
		kassa.Offer{}, kassa.TellAbort{}, kassa.TellDecision{}, kassa.TellAnswer{Answer: kassa.POIAnswer{Auth: &kassa.Authorisation{EMVAnswer: make([]byte, 255)}}},
	} {
		f := d.tell(o, e)
		data, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poilink.Decode(data); err != nil {
			t.Errorf("%T: %v", e, err)
		}
		if len(data) > 8<<10 {
			t.Errorf("%T has %d bytes", e, len(data))
		}
	}
}
