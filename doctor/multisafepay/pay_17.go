package multisafepay

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// cannotCancelNow is PAY-17: the payment was decided before the cancel came.
func cannotCancelNow() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-17", Code: "cannot_cancel_now", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder, doctor.NeedCalls}, Rank: doctor.RankOrder + 4, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Refund it", Href: "/payments/{order}"},
		Symptoms: []string{"cannot cancel", "order cannot be cancelled"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "It was too late to cancel",
				NL: "Annuleren kwam te laat",
				FR: "L'annulation est arrivée trop tard",
				IT: "L'annullamento è arrivato troppo tardi",
				ES: "La cancelación llegó demasiado tarde",
			},
			Shop: doctor.Text{
				EN: "The payment of {amount} was already approved when it was cancelled; refund it if the customer does not want it.",
				NL: "De betaling van {amount} was al goedgekeurd toen er werd geannuleerd; betaal haar terug als de klant haar niet wil.",
				FR: "Le paiement de {amount} était déjà approuvé au moment de l'annulation ; remboursez-le si le client n'en veut pas.",
				IT: "Il pagamento di {amount} era già approvato quando è stato annullato; rimborsalo se il cliente non lo vuole.",
				ES: "El pago de {amount} ya estaba aprobado cuando se canceló; devuélvalo si el cliente no lo quiere.",
			},
			Fix: doctor.Text{
				EN: "An order can be cancelled while the terminal waits for the card. After that wait for the result, and refund.",
				NL: "Een bestelling kan worden geannuleerd zolang de terminal op de kaart wacht. Wacht daarna op de uitslag en betaal terug.",
				FR: "Une commande peut être annulée tant que le terminal attend la carte. Ensuite, attendez le résultat et remboursez.",
				IT: "Un ordine si può annullare finché il terminale attende la carta. Dopo, attendi il risultato e rimborsa.",
				ES: "Un pedido se puede cancelar mientras el terminal espera la tarjeta. Después, espere el resultado y devuélvalo.",
			},
		},
		Developer: "POST /orders/{ref}/cancel loses against an approval: read the status of the order before money is taken again.",
		Runbook:   "Compare the instants of the cancel and of the answer of the host.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o := c.Order
			args := map[string]string{"amount": o.Amount.String(), "ref": o.Ref, "order": o.ID()}
			paid := ofOrder(c, o, "status "+string(o.Status)+" since "+past.Instant(o.EndedAt), "OrderCompleted", "OrderCancelled", "OrderExpired")
			call, _, found := lately(c, func(call doctor.Call) bool {
				return call.Reason == string(kassa.NotCancellable) && call.OrderID == o.Ref && call.Scope == o.Scope
			})
			switch {
			case found:
				return doctor.Found(args, called(call), paid)
			case o.CancelAsked && o.Status == kassa.Completed:
				return doctor.Found(args, ofOrder(c, o, "a cancel was asked for while the bank decided", "CancelRequested"), paid)
			}
			return doctor.No("no cancel of the order came too late")
		},
	}
}
