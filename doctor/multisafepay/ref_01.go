package multisafepay

import (
	"fmt"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// refundRefused is REF-01: a refund was refused, with 1034.
func refundRefused() doctor.Rule {
	return doctor.Rule{
		ID: "REF-01", Code: "refund_refused_1034", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder, doctor.NeedCalls}, Rank: doctor.RankOrder + 3, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Open the payment", Href: "/payments/{order}"},
		Symptoms: []string{"1034", "Cannot refund transaction", "refund refused"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The refund was not accepted (1034)",
				NL: "De terugbetaling is niet geaccepteerd (1034)",
				FR: "Le remboursement n'a pas été accepté (1034)",
				IT: "Il rimborso non è stato accettato (1034)",
				ES: "La devolución no fue aceptada (1034)",
			},
			Shop: doctor.Text{
				EN: "Of this payment {left} can still be refunded, the same amount only once in five minutes; check what was refunded already.",
				NL: "Van deze betaling kan nog {left} worden terugbetaald, hetzelfde bedrag maar één keer per vijf minuten; kijk wat al is terugbetaald.",
				FR: "Il reste {left} à rembourser sur ce paiement, et un même montant une seule fois en cinq minutes ; vérifiez ce qui a déjà été remboursé.",
				IT: "Di questo pagamento si può ancora rimborsare {left}, lo stesso importo una sola volta ogni cinque minuti; controlla cosa è già stato rimborsato.",
				ES: "De este pago aún se puede devolver {left}, y un mismo importe solo una vez en cinco minutos; compruebe lo ya devuelto.",
			},
			Fix: doctor.Text{
				EN: "Refund {left} at most, or wait until five minutes have passed since the same amount. A payment that was not completed, or is older than 180 days, cannot be refunded.",
				NL: "Betaal hoogstens {left} terug, of wacht tot vijf minuten na hetzelfde bedrag. Een betaling die niet is voltooid of ouder is dan 180 dagen, kan niet worden terugbetaald.",
				FR: "Remboursez {left} au plus, ou attendez cinq minutes après le même montant. Un paiement non abouti ou de plus de 180 jours n'est pas remboursable.",
				IT: "Rimborsa al massimo {left}, o attendi cinque minuti dallo stesso importo. Un pagamento non concluso o più vecchio di 180 giorni non si può rimborsare.",
				ES: "Devuelva como máximo {left}, o espere cinco minutos desde el mismo importe. Un pago no completado o de más de 180 días no se puede devolver.",
			},
		},
		Developer: "error_code {code}, reason {reason}. amount_refunded of GET /orders/{ref} tells what was paid back; give each refund its own refund_order_id.",
		Runbook:   "The reason tells which: refund_too_high, refund_duplicate, not_refundable, refund_too_late, refund_repeated.",
		Look:      lookRefundRefused,
	}
}

func lookRefundRefused(c *doctor.Chart) doctor.Sign {
	o := c.Order
	call, _, found := lately(c, func(call doctor.Call) bool {
		return call.OrderID == o.Ref && (call.Scope == "" || call.Scope == o.Scope) && refundReason(kassa.Reason(call.Reason))
	})
	if !found {
		return doctor.No("no refund of the order was refused within a day")
	}
	left := o.Amount.Minor
	evidence := []doctor.Evidence{called(call)}
	for _, r := range o.Refunds {
		if r.Counts() {
			left -= r.Amount.Minor
		}
		if r.TransmittedAt.After(call.At) && r.Counts() {
			return doctor.No("a refund has been accepted since, at " + past.Instant(r.TransmittedAt))
		}
	}
	says := "paid " + o.Amount.String() + ", of which " + kassa.Money{Minor: left, Currency: o.Amount.Currency}.String() + " is left"
	if o.Status != kassa.Completed {
		left, says = 0, "the order is not paid: status "+string(o.Status)
	}
	args := map[string]string{
		"left": kassa.Money{Minor: left, Currency: o.Amount.Currency}.String(), "code": fmt.Sprint(call.ErrorCode), "reason": call.Reason, "ref": o.Ref, "order": o.ID(),
	}
	return doctor.Found(args, append(evidence, ofOrder(c, o, says, "RefundTaken", "RefundSettled", "OrderCompleted", "OrderCancelled"))...)
}

// refundReason tells whether a refusal is of a refund.
func refundReason(r kassa.Reason) bool {
	switch r {
	case kassa.RefundTooHigh, kassa.RefundDuplicate, kassa.NotRefundable, kassa.RefundTooLate, kassa.RefundRepeated, kassa.TooManyRefunds:
		return true
	}
	return false
}
