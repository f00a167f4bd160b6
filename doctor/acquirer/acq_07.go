package acquirer

import (
	"slices"

	"kassa"
	"kassa/doctor"
)

// badAnswers is ACQ-07: an answer of the host could not be trusted: its MAC was wrong, or it was about another
// amount.
func badAnswers() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-07", Code: "acquirer_answers_wrong", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"not completed", "bad MAC"},
		Explains: []string{"outcome_unknown", "outcome_reversed", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer's answer could not be trusted",
				NL: "Het antwoord van de acquirer was niet te vertrouwen",
				FR: "La réponse de l'acquéreur n'était pas fiable",
				IT: "La risposta dell'acquirer non era attendibile",
				ES: "La respuesta del adquirente no era fiable",
			},
			Shop: doctor.Text{
				EN: "The bank's answer was damaged on its way, so the payment is undone; start it again once that is done.",
				NL: "Het antwoord van de bank raakte onderweg beschadigd, dus wordt de betaling ongedaan gemaakt; start daarna opnieuw.",
				FR: "La réponse de la banque a été altérée en route, le paiement est donc annulé ; relancez-le ensuite.",
				IT: "La risposta della banca è stata alterata lungo la via, quindi il pagamento viene annullato; poi avvialo di nuovo.",
				ES: "La respuesta del banco se dañó por el camino, así que el pago se anula; inícielo de nuevo después.",
			},
			Fix: doctor.Text{
				EN: "Compare the MAC key's check value with the acquirer's, and ask what else writes on this line. What cannot be trusted is reversed.",
				NL: "Vergelijk de controlewaarde van de MAC-sleutel met die van de acquirer en vraag wat er nog op deze lijn schrijft. Wat niet te vertrouwen is, wordt geannuleerd.",
				FR: "Comparez la valeur de contrôle de la clé MAC avec celle de l'acquéreur et demandez ce qui écrit d'autre sur cette ligne. Ce qui n'est pas fiable est annulé.",
				IT: "Confronta il valore di controllo della chiave MAC con quello dell'acquirer e chiedi che altro scrive su questa linea. Ciò che non è attendibile viene stornato.",
				ES: "Compare el valor de control de la clave MAC con el del adquirente y pregunte qué más escribe en esta línea. Lo que no es fiable se anula.",
			},
		},
		Runbook: "bad_mac after a key change: the acquirer has the older key. mismatch or unmatched: answers of another terminal, or a replay. malformed: another length header. Treat bad_mac without a key change as an attack.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, e := range slices.Backward(c.Of(doctor.AcquirerAlarm)) {
				a, ok := doctor.Read[doctor.Alarm](e)
				if !ok || a.Kind != "bad_mac" && a.Kind != "mismatch" || a.STAN == "" || a.TID != c.Order.TID {
					continue
				}
				for _, attempt := range c.Order.Attempts {
					for _, auth := range attempt.Authorisations {
						if auth.STAN == a.STAN && auth.State == kassa.HostUnknown {
							return doctor.Found(nil, doctor.Entry(e, "acquirer", "the answer to trace number "+a.STAN+" was dropped: "+a.Kind),
								of(c, auth.Request, "the acquirer gave no other answer", "AuthorisationUnknown"))
						}
					}
				}
			}
			return doctor.No("no answer about this order was dropped")
		},
	}
}
