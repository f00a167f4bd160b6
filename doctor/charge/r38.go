package charge

import (
	"kassa/charging"
	"kassa/doctor"
)

// confirmationRejected is R38: the operator rejected the word on what was captured.
func confirmationRejected() doctor.Rule {
	return doctor.Rule{
		ID: "R38", Code: "confirmation_rejected", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankHook, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"FAC rejected", "invoice without card data"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The operator rejected the payment confirmation",
				NL: "De exploitant weigerde de betaalbevestiging",
				FR: "L'exploitant a rejeté la confirmation de paiement",
				IT: "Il gestore ha rifiutato la conferma di pagamento",
				ES: "El operador rechazó la confirmación del pago",
			},
			Shop: doctor.Text{
				EN: "The payment is done and the charge point operator does not take the word on it, so its invoice may say that nothing was paid.",
				NL: "De betaling is gedaan en de exploitant neemt de bevestiging niet aan, dus zijn factuur kan zeggen dat er niets is betaald.",
				FR: "Le paiement est fait et l'exploitant n'accepte pas sa confirmation : sa facture peut indiquer que rien n'a été payé.",
				IT: "Il pagamento è fatto e il gestore non accetta la conferma: la sua fattura può dire che nulla è stato pagato.",
				ES: "El pago está hecho y el operador no acepta la confirmación: su factura puede decir que no se ha pagado nada.",
			},
			Fix: doctor.Text{
				EN: "Set the quirks of the connection: the shape of prices (2.2.1 or 2.3.0) and the words that the peer knows; then send the confirmation again.",
				NL: "Stel de eigenaardigheden van de verbinding in: de vorm van prijzen (2.2.1 of 2.3.0) en de woorden die de andere kant kent; stuur de bevestiging dan opnieuw.",
				FR: "Réglez les particularités de la connexion : la forme des prix (2.2.1 ou 2.3.0) et les mots que l'autre côté connaît ; renvoyez ensuite la confirmation.",
				IT: "Imposta le particolarità della connessione: la forma dei prezzi (2.2.1 o 2.3.0) e le parole che l'altra parte conosce; poi invia di nuovo la conferma.",
				ES: "Ajuste las peculiaridades de la conexión: la forma de los precios (2.2.1 o 2.3.0) y las palabras que la otra parte conoce; luego envíe de nuevo la confirmación.",
			},
		},
		Developer: "POST financial-advice-confirmations was answered: {reply}",
		Runbook:   "The answer names the field. Price is excl_vat/incl_vat in 2.2.1 and before_taxes/taxes in 2.3.0; some peers speak one and want the other. The operator can also pull the confirmation.",
		Look: func(c *doctor.Chart) doctor.Sign {
			s, no := session(c)
			if s == nil {
				return no
			}
			for i := len(s.Confirmations) - 1; i >= 0; i-- {
				switch f := s.Confirmations[i]; f.State {
				case charging.SendingRejected:
					says := "the operator rejected the confirmation " + f.ID + ": " + f.Reply
					return doctor.Found(map[string]string{"reply": f.Reply}, doctor.Evidence{At: f.At, Source: "operator", Ref: "charging/" + s.Ref, Says: says})
				case charging.SendingAccepted:
					return doctor.No("the operator has taken the last confirmation")
				}
			}
			return doctor.No("no confirmation was rejected")
		},
	}
}
