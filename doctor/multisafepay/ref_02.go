package multisafepay

import (
	"fmt"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// refundReserved is REF-02: a refund waits for the host.
func refundReserved() doctor.Rule {
	return doctor.Rule{
		ID: "REF-02", Code: "refund_reserved", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 5, Who: doctor.Nobody, Contact: doctor.GeneralSupport,
		Action:   doctor.Action{Label: "Open the payment", Href: "/payments/{order}"},
		Symptoms: []string{"refund stays reserved", "reserved"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The refund is reserved and not yet sent on",
				NL: "De terugbetaling is gereserveerd en nog niet verwerkt",
				FR: "Le remboursement est réservé et pas encore traité",
				IT: "Il rimborso è riservato e non ancora eseguito",
				ES: "La devolución está reservada y aún no se ha tramitado",
			},
			Shop: doctor.Text{
				EN: "The refund of {amount} is on its way; tell the customer that it takes longer, and do not refund again.",
				NL: "De terugbetaling van {amount} is onderweg; zeg de klant dat het langer duurt en betaal niet nog eens terug.",
				FR: "Le remboursement de {amount} est en cours ; dites au client que cela prend plus de temps et ne remboursez pas une deuxième fois.",
				IT: "Il rimborso di {amount} è in corso; di' al cliente che ci vuole più tempo e non rimborsare di nuovo.",
				ES: "La devolución de {amount} está en camino; diga al cliente que tarda más y no la repita.",
			},
			Fix: doctor.Text{
				EN: "Nothing needs to be done: it is repeated until the bank answers. When it is still reserved the next day, see that the balance of the account covers it.",
				NL: "Er hoeft niets te gebeuren: ze wordt herhaald tot de bank antwoordt. Is ze de volgende dag nog gereserveerd, kijk dan of het saldo toereikend is.",
				FR: "Rien à faire : il est répété jusqu'à la réponse de la banque. S'il est encore réservé le lendemain, vérifiez que le solde du compte suffit.",
				IT: "Non occorre fare nulla: viene ripetuto finché la banca risponde. Se il giorno dopo è ancora riservato, controlla che il saldo del conto basti.",
				ES: "No hay que hacer nada: se repite hasta que el banco responde. Si al día siguiente sigue reservada, compruebe que el saldo de la cuenta alcanza.",
			},
		},
		Developer: "The refund is one of related_transactions with status reserved; a webhook tells when that changes. PATCH it to void to take it back.",
		Runbook:   "See whether the link to the acquirer is signed on, and since when the refund has had no answer.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, r := range c.Order.Refunds {
				age := c.Now.Sub(r.TransmittedAt)
				if r.Status != kassa.RefundAccepted || age < time.Minute {
					continue
				}
				args := map[string]string{"amount": r.Amount.String(), "order": c.Order.ID()}
				evidence := []doctor.Evidence{ofOrder(c, c.Order, "refund of "+r.Amount.String()+" taken at "+past.Instant(r.TransmittedAt)+", without an answer for "+doctor.Seconds(age)+" s", "RefundTaken")}
				if c.Acquirer != nil {
					evidence = append(evidence, doctor.Evidence{At: c.Acquirer.Since, Source: "acquirer", Says: fmt.Sprintf("%d links to the acquirer are signed on", c.Acquirer.SignedOn)})
				}
				return doctor.Found(args, evidence...)
			}
			return doctor.No("no refund of the order waits for an answer")
		},
	}
}
