package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// orderIDRejected is PAY-15: the order id is too long or has other characters.
func orderIDRejected() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-15", Code: "order_id_rejected", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Key, doctor.Order},
		Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 6, Who: doctor.Developer,
		Symptoms: []string{"order_id rejected", "order_id must be"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The order number is not accepted",
				NL: "Het bestelnummer wordt niet geaccepteerd",
				FR: "Le numéro de commande n'est pas accepté",
				IT: "Il numero d'ordine non è accettato",
				ES: "El número de pedido no se acepta",
			},
			Shop: doctor.Text{
				EN: "The cash register sends an order number that is not allowed; no payment was started, tell who maintains the register.",
				NL: "De kassa stuurt een bestelnummer dat niet mag; er is geen betaling gestart, meld het aan wie de kassa onderhoudt.",
				FR: "La caisse envoie un numéro de commande non autorisé ; aucun paiement n'a été lancé, prévenez le responsable de la caisse.",
				IT: "La cassa invia un numero d'ordine non consentito; nessun pagamento è partito, avvisa chi segue la cassa.",
				ES: "La caja envía un número de pedido no permitido; no se inició ningún pago, avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Use 1 to 50 characters out of A-Z, a-z, 0-9, /, -, _ and . for order_id.",
				NL: "Gebruik voor order_id 1 tot 50 tekens uit A-Z, a-z, 0-9, /, -, _ en .",
				FR: "Utilisez pour order_id de 1 à 50 caractères parmi A-Z, a-z, 0-9, /, -, _ et .",
				IT: "Usa per order_id da 1 a 50 caratteri tra A-Z, a-z, 0-9, /, -, _ e .",
				ES: "Use en order_id de 1 a 50 caracteres entre A-Z, a-z, 0-9, /, -, _ y .",
			},
		},
		Developer: "Field order_id; nothing was stored, so that the same purchase can be sent again with another id.",
		Runbook:   "The call tells the key and the address. Spaces, # and umlauts are the usual ones.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, mended, found := lately(c, func(call doctor.Call) bool { return call.Reason == "validation" && call.Field == "order_id" })
			switch {
			case !found:
				return doctor.No("no order id was refused within a day")
			case mended:
				return doctor.No("orders have been accepted since the refusal at " + past.Instant(call.At))
			}
			return doctor.Found(nil, called(call))
		},
	}
}
