package multisafepay

import (
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// doublePayment is PAY-13: the same purchase was paid twice.
func doublePayment() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-13", Code: "double_payment", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder, doctor.NeedRecent}, Rank: doctor.RankOrder + 1, Who: doctor.Merchant,
		Action:   doctor.Action{Label: "Open the other payment", Href: "/payments/{other}"},
		Symptoms: []string{"double payment", "paid twice", "charged twice"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The customer may have paid twice",
				NL: "De klant heeft misschien twee keer betaald",
				FR: "Le client a peut-être payé deux fois",
				IT: "Il cliente potrebbe aver pagato due volte",
				ES: "El cliente puede haber pagado dos veces",
			},
			Shop: doctor.Text{
				EN: "{amount} was paid twice within {seconds} s; compare the receipts with the customer and refund one of the two.",
				NL: "{amount} is twee keer betaald binnen {seconds} s; vergelijk de bonnen met de klant en betaal er één terug.",
				FR: "{amount} a été payé deux fois en {seconds} s ; comparez les tickets avec le client et remboursez un des deux.",
				IT: "{amount} è stato pagato due volte in {seconds} s; confronta gli scontrini con il cliente e rimborsane uno.",
				ES: "{amount} se pagó dos veces en {seconds} s; compare los recibos con el cliente y devuelva uno de los dos.",
			},
			Fix: doctor.Text{
				EN: "Refund one of {ref} and {second}. The register must wait for a final status, and ask for the order before it charges again.",
				NL: "Betaal {ref} of {second} terug. De kassa moet op een eindstatus wachten en de bestelling opvragen voordat ze opnieuw afrekent.",
				FR: "Remboursez {ref} ou {second}. La caisse doit attendre un statut final et interroger la commande avant d'encaisser de nouveau.",
				IT: "Rimborsa {ref} o {second}. La cassa deve attendere uno stato finale e interrogare l'ordine prima di incassare di nuovo.",
				ES: "Devuelva {ref} o {second}. La caja debe esperar un estado final y consultar el pedido antes de volver a cobrar.",
			},
		},
		Developer: "Two orders of the same amount on one terminal, {ref} and {second}. declined is not final, and a cancel can lose against an approval: GET /orders/{ref} before a repeat.",
		Runbook:   "Compare the cards. The same card, or a cancel that was too late, speaks for one customer; two cards and nothing else for two.",
		Look:      lookDouble,
	}
}

// doubleWithin is how near to each other two payments of one purchase are.
const doubleWithin = 5 * time.Minute

func lookDouble(c *doctor.Chart) doctor.Sign {
	if c.Order.Status != kassa.Completed || c.Order.Kind != kassa.Purchase {
		return doctor.No("the order is no completed payment")
	}
	for i := range c.Recent {
		first, second := c.Order, &c.Recent[i]
		if second.CreatedAt.Before(first.CreatedAt) {
			first, second = second, first
		}
		if !alike(first, second) {
			continue
		}
		why, certain := retried(c, first, second)
		if why == "" {
			continue
		}
		args := map[string]string{
			"amount": second.Amount.String(), "seconds": doctor.Seconds(second.CreatedAt.Sub(first.CreatedAt)), "ref": first.Ref, "second": second.Ref,
			"other": c.Recent[i].ID(),
		}
		evidence := []doctor.Evidence{
			ofOrder(c, first, "order "+first.Ref+" of "+first.Amount.String()+" made at "+past.Instant(first.CreatedAt)+", paid at "+past.Instant(first.EndedAt), "OrderCompleted"),
			ofOrder(c, second, "order "+second.Ref+" of "+second.Amount.String()+" made at "+past.Instant(second.CreatedAt)+", paid at "+past.Instant(second.EndedAt), "OrderCompleted"),
			ofOrder(c, first, why, "CancelRequested", "AttemptClosed", "OrderCompleted"),
		}
		if certain {
			return doctor.Found(args, evidence...)
		}
		return doctor.Likely(args, evidence...)
	}
	return doctor.No("no other payment of that amount on the terminal looks like the same purchase")
}

// alike tells whether two payments may be of one purchase: the same terminal and amount, near in time, neither paid back.
func alike(first, second *kassa.Order) bool {
	return first.Number != second.Number && first.TID != "" && first.TID == second.TID && first.Amount == second.Amount && first.Amount.Minor > 0 &&
		first.Kind == second.Kind && first.Status == kassa.Completed && second.Status == kassa.Completed &&
		second.CreatedAt.Sub(first.CreatedAt) < doubleWithin && !paidBack(first) && !paidBack(second)
}

func paidBack(o *kassa.Order) bool {
	var sum int64
	for _, r := range o.Refunds {
		if r.Counts() {
			sum += r.Amount.Minor
		}
	}
	return sum >= o.Amount.Minor
}

// retried tells what speaks for a repeat of the first order; empty when it looks like two customers. It is certain
// only when the card is the same and the register had a reason to repeat.
func retried(c *doctor.Chart, first, second *kassa.Order) (why string, certain bool) {
	x, y := first.Paid(), second.Paid()
	same := x != nil && y != nil && x.Card.Last4 != "" && x.Card.BIN == y.Card.BIN && x.Card.Last4 == y.Card.Last4
	tooLate := slices.ContainsFunc(c.Calls(), func(call doctor.Call) bool {
		return call.Reason == string(kassa.NotCancellable) && call.OrderID == first.Ref && call.Scope == first.Scope
	})
	declined := slices.ContainsFunc(first.Attempts, func(a kassa.Attempt) bool { return a.Status == kassa.AttemptDeclined })
	switch {
	case first.CancelAsked || tooLate:
		why = "a cancel of order " + first.Ref + " came too late: it was approved"
	case declined && second.CreatedAt.Before(first.EndedAt):
		why = "order " + first.Ref + " was declined first, and the register made another before it had ended"
	case declined && same:
		why = "order " + first.Ref + " was declined first, then paid"
	case same:
		return "both were paid with the card " + cardOf(x), false
	case first.Description != "" && first.Description == second.Description && second.CreatedAt.Before(first.EndedAt):
		return "both are called " + first.Description + ", and the second was made before the first had ended", false
	}
	return why, why != "" && same
}
