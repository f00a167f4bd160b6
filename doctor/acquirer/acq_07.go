package acquirer

import (
	"time"

	"kassa/doctor"
)

// badAnswers is ACQ-07: answers of the host cannot be trusted: a wrong MAC, another amount, or no message at all.
func badAnswers() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-07", Code: "acquirer_answers_wrong", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Installation}, Needs: []doctor.Need{doctor.NeedAcquirer}, Rank: doctor.RankAcquirer + 1, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"bad MAC", "malformed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Answers of the acquirer cannot be trusted",
				NL: "Antwoorden van de acquirer zijn niet te vertrouwen",
				FR: "Les réponses de l'acquéreur ne sont pas fiables",
				IT: "Le risposte dell'acquirer non sono attendibili",
				ES: "Las respuestas del adquirente no son fiables",
			},
			Shop: doctor.Text{
				EN: "Some payments end without an answer at the moment; look at an order before you charge again.",
				NL: "Sommige betalingen eindigen op dit moment zonder antwoord; kijk naar de bestelling voordat u opnieuw afrekent.",
				FR: "Certains paiements se terminent sans réponse en ce moment ; regardez la commande avant de débiter de nouveau.",
				IT: "Al momento alcuni pagamenti finiscono senza risposta; guarda l'ordine prima di addebitare di nuovo.",
				ES: "Algunos pagos terminan sin respuesta en este momento; mire el pedido antes de volver a cobrar.",
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
			a, evidence, ok := alarm(noOrder(c), "bad_mac", "mismatch", "unmatched", "malformed")
			switch {
			case !ok:
				return doctor.No("no alarm about an answer of the acquirer")
			case c.Now.Sub(evidence.At) > alarmCounts:
				return doctor.No("the last such alarm, " + a.Kind + ", is longer ago")
			}
			return doctor.Found(nil, evidence)
		},
	}
}

// alarmCounts is how long an alarm about the line says something of the present.
const alarmCounts = time.Hour

// noOrder is the chart without its order: alarms about the line belong to all.
func noOrder(c *doctor.Chart) *doctor.Chart {
	line := *c
	line.Order = nil
	return &line
}
