package multisafepay

import (
	"kassa"
	"kassa/doctor"
)

// useOtherInterface is PAY-06: the card cannot be paid with contactless.
func useOtherInterface() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-06", Code: "use_other_interface", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 5, Who: doctor.Shop,
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Symptoms: []string{"Use a different interface", "insert card"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card must be inserted",
				NL: "De kaart moet worden ingestoken",
				FR: "La carte doit être insérée",
				IT: "La carta va inserita",
				ES: "Hay que insertar la tarjeta",
			},
			Shop: doctor.Text{
				EN: "This card does not work contactless here; let the customer insert it with the chip first.",
				NL: "Deze kaart werkt hier niet contactloos; laat de klant haar met de chip in de lezer steken.",
				FR: "Cette carte ne fonctionne pas sans contact ici ; le client doit l'insérer, puce en avant.",
				IT: "Questa carta qui non funziona contactless; il cliente deve inserirla dal lato del chip.",
				ES: "Esta tarjeta no funciona aquí sin contacto; el cliente debe insertarla con el chip por delante.",
			},
			Fix: doctor.Text{
				EN: "Start the payment again if it has ended, and insert the card. Another card may work contactless.",
				NL: "Start de betaling opnieuw als ze is beëindigd en steek de kaart in. Een andere kaart werkt misschien wel contactloos.",
				FR: "Relancez le paiement s'il est terminé et insérez la carte. Une autre carte peut fonctionner sans contact.",
				IT: "Avvia di nuovo il pagamento se è terminato e inserisci la carta. Un'altra carta può funzionare contactless.",
				ES: "Inicie de nuevo el pago si ha terminado e inserte la tarjeta. Otra tarjeta quizá funcione sin contacto.",
			},
		},
		Developer: "The order stays open while the customer inserts the card; do not start another one.",
		Runbook:   "The terminal asked for the chip before any authorisation was made: the card allows no contactless payment, or none of this amount.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.Status == kassa.Completed {
				return doctor.No("the order is paid")
			}
			e, ok := screenTold(c, "insertCard")
			if !ok {
				return doctor.No("the terminal asked for no other interface")
			}
			if a := lastAsked(c.Order); a != nil && a.Reason.Soft() {
				return doctor.No("the issuer asked for it, after " + cardOf(a))
			}
			return doctor.Found(nil, doctor.Entry(e, "terminal", "the terminal asked for the chip before anything was sent to the bank"))
		},
	}
}
