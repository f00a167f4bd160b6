package multisafepay

import (
	"strings"

	"kassa/doctor"
	"kassa/doctor/past"
)

// creditRefused is REF-04: a refund without a payment was refused.
func creditRefused() doctor.Rule {
	return doctor.Rule{
		ID: "REF-04", Code: "unreferenced_refund_refused", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Key, doctor.Order},
		Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 6, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"unreferenced refund refused", "unreferenced_refund"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A refund without a payment is not allowed here",
				NL: "Terugbetalen zonder betaling mag hier niet",
				FR: "Un remboursement sans paiement n'est pas autorisé ici",
				IT: "Un rimborso senza pagamento qui non è consentito",
				ES: "Aquí no se permite devolver sin un pago",
			},
			Shop: doctor.Text{
				EN: "Refund from the payment itself, in History or in the register; a refund without a payment is not switched on, or the amount is too high.",
				NL: "Betaal terug vanuit de betaling zelf, in de geschiedenis of op de kassa; terugbetalen zonder betaling staat niet aan, of het bedrag is te hoog.",
				FR: "Remboursez à partir du paiement lui-même, dans l'historique ou sur la caisse ; le remboursement sans paiement n'est pas activé, ou le montant est trop élevé.",
				IT: "Rimborsa dal pagamento stesso, nella cronologia o in cassa; il rimborso senza pagamento non è attivo, o l'importo è troppo alto.",
				ES: "Devuelva desde el propio pago, en el historial o en la caja; la devolución sin pago no está activada o el importe es demasiado alto.",
			},
			Fix: doctor.Text{
				EN: "Have refunds without a payment switched on for the terminal group, with a limit that is high enough. The limit is {limit} now.",
				NL: "Laat terugbetalen zonder betaling voor de terminalgroep aanzetten, met een limiet die hoog genoeg is. De limiet is nu {limit}.",
				FR: "Faites activer le remboursement sans paiement pour le groupe de terminaux, avec une limite suffisante. La limite est actuellement de {limit}.",
				IT: "Fai attivare il rimborso senza pagamento per il gruppo di terminali, con un limite sufficiente. Il limite ora è {limit}.",
				ES: "Haga activar la devolución sin pago para el grupo de terminales, con un límite suficiente. El límite es ahora {limit}.",
			},
		},
		Developer: "type unreferenced_refund; creditLimit of the group is the most that one may be, 0 for none at all.",
		Runbook:   "creditLimit of the group tells; the risk team raises it.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, mended, found := lately(c, func(call doctor.Call) bool {
				return strings.Contains(call.ErrorInfo, "refund without a payment") || strings.Contains(call.ErrorInfo, "refunds without a payment")
			})
			switch {
			case !found:
				return doctor.No("no refund without a payment was refused within a day")
			case mended:
				return doctor.No("orders have been accepted since the refusal at " + past.Instant(call.At))
			}
			args, evidence := map[string]string{"limit": "-"}, []doctor.Evidence{called(call)}
			if c.Group != nil && (call.Scope == "" || call.Scope == c.Group.ID) {
				args["limit"] = cents(c.Group.CreditLimit) + " EUR"
				evidence = append(evidence, doctor.Evidence{Source: "estate", Ref: c.Group.ID, Says: "creditLimit of the group is " + args["limit"]})
			}
			return doctor.Found(args, evidence...)
		},
	}
}
