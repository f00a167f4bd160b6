package acquirer

import (
	"kassa"
	"kassa/doctor"
)

// outcomeReversed is ACQ-03: the acquirer did not answer in a usable way, and the payment has been undone.
func outcomeReversed() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-03", Code: "outcome_reversed", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 2, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"not completed", "no answer", "did not receive a response"},
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank's answer got lost, and the payment was undone",
				NL: "Het antwoord van de bank ging verloren en de betaling is ongedaan gemaakt",
				FR: "La réponse de la banque s'est perdue et le paiement a été annulé",
				IT: "La risposta della banca è andata persa e il pagamento è stato annullato",
				ES: "La respuesta del banco se perdió y el pago fue anulado",
			},
			Shop: doctor.Text{
				EN: "Nothing was taken: the bank's answer did not arrive in time and the payment was undone; start it again.",
				NL: "Er is niets afgeschreven: het antwoord van de bank kwam niet op tijd en de betaling is ongedaan gemaakt; start die opnieuw.",
				FR: "Rien n'a été débité : la réponse de la banque n'est pas arrivée à temps et le paiement a été annulé ; relancez-le.",
				IT: "Non è stato addebitato nulla: la risposta della banca non è arrivata in tempo e il pagamento è stato annullato; avvialo di nuovo.",
				ES: "No se cobró nada: la respuesta del banco no llegó a tiempo y el pago fue anulado; inícielo de nuevo.",
			},
			Fix: doctor.Text{
				EN: "Make a new order. When it happens often, the line to the acquirer is slow or lossy: the operator looks at its alarms.",
				NL: "Maak een nieuwe bestelling. Gebeurt het vaak, dan is de lijn naar de acquirer traag of onbetrouwbaar: de beheerder kijkt naar de alarmen.",
				FR: "Créez une nouvelle commande. Si cela arrive souvent, la ligne vers l'acquéreur est lente ou instable : l'exploitant regarde ses alarmes.",
				IT: "Crea un nuovo ordine. Se succede spesso, la linea verso l'acquirer è lenta o instabile: il gestore guarda gli allarmi.",
				ES: "Cree un pedido nuevo. Si ocurre a menudo, la línea con el adquirente es lenta o inestable: el operador mira sus alarmas.",
			},
		},
		Developer: "The order ended with not_completed. The reversal (reason {reason}) was acknowledged: it is safe to charge again, with a new order.",
		Runbook:   "4021 is a time-out, 4020 an answer that could not be trusted (MAC, amount, malformed): then see the alarms. A late approval is kept as LateAnswerKept and changes nothing.",
		Look: func(c *doctor.Chart) doctor.Sign {
			auth := lastTry(c.Order)
			switch {
			case c.Order.Status == kassa.Completed:
				return doctor.No("the order was paid")
			case auth == nil || auth.State != kassa.HostUnknown:
				return doctor.No("the acquirer's answers are known")
			case auth.Reversal == nil || auth.Reversal.Owed():
				return doctor.No("the request is not undone yet")
			}
			args := map[string]string{"reason": string(auth.Reversal.Reason)}
			evidence := []doctor.Evidence{of(c, auth.Request, "the acquirer gave no usable answer", "AuthorisationUnknown"),
				of(c, auth.Request, "the acquirer acknowledged the reversal", "ReversalAcknowledged")}
			if e, ok := c.Last("LateAnswerKept"); ok {
				evidence = append(evidence, doctor.Entry(e, "acquirer", "its answer came too late to count"))
			}
			return doctor.Found(args, evidence...)
		},
	}
}
