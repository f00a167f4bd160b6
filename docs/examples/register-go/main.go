// A cash register in one file, which speaks the Terminal API.
//
//	kassa dev --env kassa.env          # in another terminal
//	set -a; . ./kassa.env; set +a
//	go run ./docs/examples/register-go pay 12.50
//	go run ./docs/examples/register-go refund TRANSACTION 5.00
//	go run ./docs/examples/register-go ask "Would you like a receipt?"
//
// What is being paid is in open.json before it is sent. When the answer is lost, or the program killed,
// resume asks the terminal what became of it; nothing else is possible until that is known.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"kassa/nexo"
	"kassa/terminalapi"
)

const usage = "usage: register-go pay AMOUNT | refund TRANSACTION [AMOUNT] | resume | show TEXT | ask QUESTION | number PROMPT"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "register:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	r := register{open: "open.json", Client: &terminalapi.Client{BaseURL: os.Getenv("KASSA_URL"), Key: os.Getenv("KASSA_ADYEN_KEY"),
		Merchant: os.Getenv("KASSA_ADYEN_MERCHANT"), POIID: os.Getenv("KASSA_POIID"), SaleID: "register-go"}}
	if r.BaseURL == "" || r.Key == "" || r.POIID == "" {
		return errors.New("KASSA_URL, KASSA_ADYEN_KEY and KASSA_POIID say where Kassa is; kassa dev --env FILE writes them")
	}
	command, args := strings.Join(args[:min(1, len(args))], ""), args[min(1, len(args)):]
	switch {
	case command == "pay" && len(args) == 1:
		return r.pay(ctx, args[0])
	case command == "refund" && (len(args) == 1 || len(args) == 2):
		return r.refund(ctx, args)
	case command == "resume" && len(args) == 0:
		return r.resume(ctx)
	case command == "show" && len(args) == 1:
		return r.Display(ctx, terminalapi.Lines(args[0]))
	case command == "ask" && len(args) == 1:
		yes, err := r.Confirm(ctx, terminalapi.Question{Title: args[0], Wait: time.Minute}, "No", "Yes")
		return told(err, yes)
	case command == "number" && len(args) == 1:
		number, err := r.Digits(ctx, terminalapi.Question{Title: args[0], Wait: time.Minute, MinLength: 1, MaxLength: 10})
		return told(err, number)
	}
	return errors.New(usage)
}

func told(err error, answer any) error {
	if err == nil {
		fmt.Println(answer)
	}
	return err
}

type register struct {
	*terminalapi.Client
	open string // the file with the request whose outcome is not known
}

// keep stores a request before it is sent. A second one is refused while the first is open.
func (r register) keep(ref terminalapi.Reference) error {
	f, err := os.OpenFile(r.open, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return errors.New("an earlier payment or refund is open: resume first")
	}
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(f).Encode(ref), f.Sync(), f.Close())
}

// settle forgets the open request, unless its outcome is still unknown.
func (r register) settle(err error) error {
	var unknown *terminalapi.Unknown
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w\nkeep the goods, and resume", err)
	}
	return errors.Join(err, os.Remove(r.open))
}

func (r register) pay(ctx context.Context, amount string) error {
	minor, err := cents(amount)
	if err != nil {
		return err
	}
	id := terminalapi.NewServiceID()
	if err := r.keep(r.Reference(nexo.CategoryPayment, id)); err != nil {
		return err
	}
	paid, err := r.Pay(ctx, terminalapi.Payment{ServiceID: id, Reference: "order-" + id, Amount: terminalapi.Amount{Minor: minor, Currency: "EUR"}})
	return r.settle(r.paid(paid, err))
}

func (r register) paid(p terminalapi.Paid, err error) error {
	if err != nil {
		return err
	}
	fmt.Println("paid", p.Authorised, p.Card.Brand, p.Card.MaskedPAN, "transaction", p.Transaction.ID)
	return nil
}

func (r register) refund(ctx context.Context, args []string) error {
	refund := terminalapi.Refund{ServiceID: terminalapi.NewServiceID(), Of: terminalapi.Transaction{ID: args[0], At: time.Now()}}
	refund.Reference = "refund-" + refund.ServiceID
	if len(args) == 2 {
		minor, err := cents(args[1])
		if err != nil {
			return err
		}
		refund.Amount = terminalapi.Amount{Minor: minor, Currency: "EUR"}
	}
	if err := r.keep(r.Reference(terminalapi.CategoryReversal, refund.ServiceID)); err != nil {
		return err
	}
	done, err := r.Refund(ctx, refund)
	return r.settle(r.refunded(done, err))
}

func (r register) refunded(d terminalapi.Refunded, err error) error {
	if err != nil {
		return err
	}
	fmt.Println("refund taken on:", d.PSPReference)
	return nil
}

// resume finds out what became of the open request.
func (r register) resume(ctx context.Context) error {
	raw, err := os.ReadFile(r.open)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("nothing is open")
	}
	var ref terminalapi.Reference
	if err := errors.Join(err, json.Unmarshal(raw, &ref)); err != nil {
		return err
	}
	outcome, err := r.Resolve(ctx, ref)
	switch {
	case err != nil:
	case ref.Category == nexo.CategoryPayment:
		err = r.paid(outcome.Paid())
	default:
		err = r.refunded(outcome.Refunded())
	}
	return r.settle(err)
}

// cents reads an amount as people type it, such as 12.50 or 12.
func cents(text string) (int64, error) {
	whole, part, found := strings.Cut(strings.ReplaceAll(text, ",", "."), ".")
	minor, err := strconv.ParseUint(whole+part, 10, 40)
	if err != nil || found && len(part) != 2 {
		return 0, fmt.Errorf("%q is no amount", text)
	}
	if !found {
		minor *= 100
	}
	return int64(minor), nil
}
