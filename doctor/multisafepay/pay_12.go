package multisafepay

import (
	"kassa"
	"kassa/doctor"
)

// nobodyActed is PAY-12: an order ends by itself after 60 s without anybody at the terminal.
func nobodyActed() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-12", Code: "expired_no_card", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 5, Who: doctor.Shop,
		Symptoms: []string{"order cancelled by itself", "cancelled"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Nobody presented a card in time", NL: "Niemand bood op tijd een kaart aan", FR: "Personne n'a présenté de carte à temps",
				IT: "Nessuno ha presentato una carta in tempo", ES: "Nadie presentó una tarjeta a tiempo",
			},
			Shop: doctor.Text{
				EN: "The terminal waited {seconds} s for a card and then gave up; start the payment again.",
				NL: "De terminal wachtte {seconds} s op een kaart en stopte toen; start de betaling opnieuw.",
				FR: "Le terminal a attendu une carte pendant {seconds} s puis a abandonné ; relancez le paiement.",
				IT: "Il terminale ha atteso una carta per {seconds} s e poi ha rinunciato; avvia di nuovo il pagamento.",
				ES: "El terminal esperó una tarjeta durante {seconds} s y después abandonó; inicie el pago de nuevo.",
			},
			Fix: doctor.Text{
				EN: "Start a new order when the customer is ready.", NL: "Start een nieuwe bestelling als de klant klaar is.",
				FR: "Créez une nouvelle commande quand le client est prêt.", IT: "Crea un nuovo ordine quando il cliente è pronto.",
				ES: "Cree un pedido nuevo cuando el cliente esté listo.",
			},
		},
		Developer: "The order ended with reason inactive after {seconds} s; a repeat needs a new order_id.",
		Runbook:   "See ShownAt and the end of the order. When it happens often, the register asks before the customer is there.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.End != kassa.Inactive {
				return doctor.No("the order did not end for want of a card")
			}
			if a := lastAsked(c.Order); a != nil {
				return doctor.No("a card was presented: " + cardOf(a))
			}
			args := map[string]string{"seconds": doctor.Seconds(c.Order.Inactivity)}
			return doctor.Found(args, c.Recorded("order", "order/"+c.Order.ID(), "shown, and nobody acted for "+args["seconds"]+" s", "OrderCancelled", "OrderExpired"))
		},
	}
}
