package kassa

import (
	"kassa"
	"kassa/doctor"
)

// duplicateReference is KAS-10: an order id is used a second time, for something else.
func duplicateReference() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-10", Code: "duplicate_reference", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key, doctor.Order}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 1, Who: doctor.Developer,
		Symptoms: []string{"1006", "invalid order ID", "invalid transaction ID", "duplicate"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The order number has been used before",
				NL: "Het bestelnummer is al gebruikt",
				FR: "Le numéro de commande a déjà été utilisé",
				IT: "Il numero d'ordine è già stato usato",
				ES: "El número de pedido ya se ha usado",
			},
			Shop: doctor.Text{
				EN: "The cash register sent an order number that was used before; start the payment again, so that it gets a new number.",
				NL: "De kassa stuurde een bestelnummer dat al is gebruikt; start de betaling opnieuw, zodat die een nieuw nummer krijgt.",
				FR: "La caisse a envoyé un numéro de commande déjà utilisé ; relancez le paiement pour qu'il reçoive un nouveau numéro.",
				IT: "La cassa ha inviato un numero d'ordine già usato; avvia di nuovo il pagamento, così riceve un numero nuovo.",
				ES: "La caja envió un número de pedido ya usado; inicie el pago de nuevo para que reciba otro número.",
			},
			Fix: doctor.Text{
				EN: "Give every order an id of its own, also after a decline. The same request again, unchanged, is answered with the first order.",
				NL: "Geef elke bestelling een eigen nummer, ook na een weigering. Hetzelfde verzoek, ongewijzigd, krijgt de eerste bestelling als antwoord.",
				FR: "Donnez à chaque commande son propre numéro, même après un refus. La même requête inchangée reçoit la première commande en réponse.",
				IT: "Dai a ogni ordine un numero proprio, anche dopo un rifiuto. La stessa richiesta invariata riceve in risposta il primo ordine.",
				ES: "Dé a cada pedido su propio número, también tras un rechazo. La misma petición sin cambios recibe el primer pedido como respuesta.",
			},
		},
		Developer: "{route}: order {order} exists with another body, or has ended. Use a new id.",
		Runbook:   "Compare both requests in the call log: a restarted register that counts from one again is the usual cause.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, string(kassa.DuplicateOrder), string(kassa.OrderFinished))
			switch {
			case !ok:
				return doctor.No("no order id came twice")
			case call.Reason == string(kassa.OrderFinished) && call.ErrorCode != 1006:
				return doctor.No("no new order was refused for its id")
			}
			return doctor.Found(args(call, nil), said(call))
		},
	}
}
