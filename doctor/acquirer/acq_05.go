package acquirer

import (
	"kassa"
	"kassa/doctor"
)

// reversalRefused is ACQ-05: the acquirer does not take a reversal back, or does not answer it. Money may be held
// until people settle it.
func reversalRefused() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-05", Code: "reversal_refused", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"reversal refused", "not completed"},
		Explains: []string{"outcome_unknown", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer does not confirm that the payment is undone",
				NL: "De acquirer bevestigt niet dat de betaling ongedaan is gemaakt",
				FR: "L'acquéreur ne confirme pas l'annulation du paiement",
				IT: "L'acquirer non conferma l'annullamento del pagamento",
				ES: "El adquirente no confirma la anulación del pago",
			},
			Shop: doctor.Text{
				EN: "The payment is not taken and is still being undone; do not charge this card again for it, the operator is told.",
				NL: "De betaling is niet gedaan en wordt nog ongedaan gemaakt; belast deze kaart er niet opnieuw voor, de beheerder is gewaarschuwd.",
				FR: "Le paiement n'est pas encaissé et son annulation est en cours ; ne débitez pas de nouveau cette carte, l'exploitant est prévenu.",
				IT: "Il pagamento non è incassato e l'annullamento è in corso; non addebitare di nuovo questa carta, il gestore è avvisato.",
				ES: "El pago no se ha cobrado y aún se está anulando; no vuelva a cobrar en esta tarjeta, el operador está avisado.",
			},
			Fix: doctor.Text{
				EN: "Give the acquirer the trace number {stan} of terminal {tid} and let it release the amount by hand. Kassa goes on repeating.",
				NL: "Geef de acquirer volgnummer {stan} van terminal {tid} en laat het bedrag met de hand vrijgeven. Kassa blijft herhalen.",
				FR: "Donnez à l'acquéreur le numéro {stan} du terminal {tid} et faites libérer le montant à la main. Kassa continue de répéter.",
				IT: "Dai all'acquirer il numero {stan} del terminale {tid} e fai liberare l'importo a mano. Kassa continua a ripetere.",
				ES: "Dé al adquirente el número {stan} del terminal {tid} y pida que libere el importe a mano. Kassa sigue repitiendo.",
			},
		},
		Developer: "The order is not paid. Its reversal is still owed: no refund is needed, and none is possible.",
		Runbook:   "reversal_refused: the host answered with a code that is no acknowledgement. reversal_stuck: it does not answer. Ask the acquirer for both messages by STAN and date.",
		Look: func(c *doctor.Chart) doctor.Sign {
			a, evidence, ok := alarm(c, "reversal_refused", "reversal_stuck")
			switch {
			case !ok:
				return doctor.No("no alarm about a reversal of this order")
			case !owed(c.Order):
				return doctor.No("all its reversals are acknowledged")
			}
			return doctor.Found(map[string]string{"stan": a.STAN, "tid": c.Order.TID}, evidence)
		},
	}
}

// owed tells whether a reversal of the order is not acknowledged.
func owed(o *kassa.Order) bool {
	for _, attempt := range o.Attempts {
		for _, a := range attempt.Authorisations {
			if a.Reversal.Owed() {
				return true
			}
		}
	}
	return false
}
