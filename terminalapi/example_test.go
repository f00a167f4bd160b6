package terminalapi_test

import (
	"context"
	"errors"
	"fmt"

	"kassa/nexo"
	"kassa/terminalapi"
)

func ExampleClient_Pay() {
	server := newCloud(answer("Payment", "Service", approved))
	defer server.Close()
	client := &terminalapi.Client{BaseURL: server.URL, Key: "test_key", POIID: "V400m-100000001", SaleID: "till-7"}

	payment := terminalapi.Payment{ServiceID: terminalapi.NewServiceID(), Reference: "order-1001", Amount: terminalapi.Amount{Minor: 2222, Currency: "EUR"}}
	// Store payment.ServiceID here, before it is sent.
	paid, err := client.Pay(context.Background(), payment)
	if err != nil {
		fmt.Println("not paid:", err)
		return
	}
	fmt.Println(paid.Authorised, paid.Card.Brand, paid.Card.MaskedPAN, paid.Transaction.PSPReference())
	// Output: EUR 22.22 mc 541333 **** 9999 KASSA00000000001
}

func ExampleClient_Pay_declined() {
	server := newCloud(answer("Payment", "Service", declined))
	defer server.Close()
	_, err := server.client().Pay(context.Background(), terminalapi.Payment{Reference: "order-1", Amount: terminalapi.Amount{Minor: 124, Currency: "EUR"}})
	var failure *terminalapi.Failure
	if errors.As(err, &failure) {
		fmt.Println(failure.Condition, failure.RefusalReason)
	}
	// Output: Refusal 210 Not enough balance
}

// The answer to a payment is lost. It is not sent again: the terminal is asked what became of it.
func ExampleClient_Resolve() {
	status := func(body string) string { return answer("TransactionStatus", "Service", body) }
	server := newCloud("" /* the line drops */, status(running), status(found))
	defer server.Close()
	client := server.client()

	paid, err := client.Pay(context.Background(), terminalapi.Payment{ServiceID: "0A1B2C3D4E", Reference: "order-1001", Amount: terminalapi.Amount{Minor: 2222, Currency: "EUR"}})
	var unknown *terminalapi.Unknown
	if errors.As(err, &unknown) {
		fmt.Println("unknown")
		var outcome terminalapi.Outcome
		if outcome, err = client.Resolve(context.Background(), unknown.Reference); err == nil {
			paid, err = outcome.Paid()
		}
	}
	var never *terminalapi.NotFound
	switch {
	case errors.As(err, &never):
		fmt.Println("it never arrived: a new payment is safe")
	case err != nil:
		fmt.Println("not paid:", err)
	default:
		fmt.Println("paid", paid.Authorised)
	}
	// Output:
	// unknown
	// paid EUR 22.22
}

func ExampleClient_Refund() {
	server := newCloud(answer("Reversal", "Service", refunded))
	defer server.Close()
	refund, err := server.client().Refund(context.Background(), terminalapi.Refund{
		Of: terminalapi.Transaction{ID: "ks01001772359200001.KASSA00000000001"}, Reference: "refund-1001", Amount: terminalapi.Amount{Minor: 500, Currency: "EUR"}})
	fmt.Println(refund.PSPReference, err)
	// Output: KASSA00000000009 <nil>
}

// Another register keeps the terminal busy: its payment is ended.
func ExampleClient_Abort() {
	server := newCloud(answer("Payment", "Service", busy), "ok")
	defer server.Close()
	client := server.client()
	_, err := client.Pay(context.Background(), terminalapi.Payment{Reference: "order-2", Amount: terminalapi.Amount{Minor: 100, Currency: "EUR"}})
	var failure *terminalapi.Failure
	if errors.As(err, &failure) && failure.Busy != "" {
		fmt.Println("busy with", failure.Busy)
		fmt.Println(client.Abort(context.Background(), client.Reference(nexo.CategoryPayment, failure.Busy)))
	}
	// Output:
	// busy with 0A1B2C3D4E
	// <nil>
}

func ExampleClient_Confirm() {
	server := newCloud(input(`{"InputCommand":"GetConfirmation","ConfirmedFlag":true}`))
	defer server.Close()
	yes, err := server.client().Confirm(context.Background(), terminalapi.Question{Title: "Receipt?", Text: "By e-mail"}, "No", "Yes")
	fmt.Println(yes, err)
	// Output: true <nil>
}

func ExampleClient_Menu() {
	server := newCloud(input(`{"InputCommand":"GetMenuEntry","MenuEntryNumber":[0,1]}`))
	defer server.Close()
	i, err := server.client().Menu(context.Background(), terminalapi.Question{Title: "Which bag?"}, "Paper", "Cloth")
	fmt.Println(i, err)
	// Output: 1 <nil>
}

func ExampleClient_Diagnose() {
	server := newCloud(answer("Diagnosis", "Service", diagnosis))
	defer server.Close()
	d, err := server.client().Diagnose(context.Background(), true)
	fmt.Println(d.Status, d.Printer, d.Hosts["0"], d.Additional["batteryLevel"], err)
	// Output: OK OK true 100% <nil>
}

func ExampleReject() {
	server := newCloud(rejected(disconnected))
	defer server.Close()
	err := server.client().Display(context.Background(), terminalapi.Lines("Welcome"))
	var reject *terminalapi.Reject
	if errors.As(err, &reject) {
		fmt.Println(reject.Cause)
	}
	// Output: not connected
}

func ExampleParseAdditional() {
	a := terminalapi.ParseAdditional("message=NOT_ENOUGH_BALANCE&refusalReason=210%20Not%20enough%20balance")
	b := terminalapi.ParseAdditional("eyJhZGRpdGlvbmFsRGF0YSI6eyJyZWZ1c2FsUmVhc29uIjoiMjEwIE5vdCBlbm91Z2ggYmFsYW5jZSJ9fQ==")
	fmt.Println(a["refusalReason"] == b["refusalReason"], a["message"])
	// Output: true NOT_ENOUGH_BALANCE
}
