package multisafepay

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// patchCancel is PAY-11: a PATCH was to cancel an order on a terminal.
func patchCancel() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-11", Code: "stuck_declined_patch_cancel", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder, doctor.NeedCalls}, Rank: doctor.RankOrder, Who: doctor.Developer,
		Action:   doctor.Action{Label: "Open the payment", Href: "/payments/{order}"},
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Symptoms: []string{"order stuck in declined", "cannot cancel", "still on the terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The register cancels with PATCH, which does nothing on a terminal",
				NL: "De kassa annuleert met PATCH, en dat doet op een terminal niets",
				FR: "La caisse annule avec PATCH, ce qui est sans effet sur un terminal",
				IT: "La cassa annulla con PATCH, che su un terminale non fa nulla",
				ES: "La caja cancela con PATCH, que no hace nada en un terminal",
			},
			Shop: doctor.Text{
				EN: "The cash register did not really cancel; press Cancel on the terminal, and tell who maintains the register.",
				NL: "De kassa heeft niet echt geannuleerd; druk op Annuleren op de terminal en meld het aan wie de kassa onderhoudt.",
				FR: "La caisse n'a pas vraiment annulé ; appuyez sur Annuler sur le terminal et prévenez le responsable de la caisse.",
				IT: "La cassa non ha davvero annullato; premi Annulla sul terminale e avvisa chi segue la cassa.",
				ES: "La caja no canceló de verdad; pulse Cancelar en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Send POST /v1/json/orders/{ref}/cancel instead of PATCH with status cancelled.",
				NL: "Stuur POST /v1/json/orders/{ref}/cancel in plaats van PATCH met status cancelled.",
				FR: "Envoyez POST /v1/json/orders/{ref}/cancel au lieu de PATCH avec status cancelled.",
				IT: "Invia POST /v1/json/orders/{ref}/cancel invece di PATCH con status cancelled.",
				ES: "Envíe POST /v1/json/orders/{ref}/cancel en lugar de PATCH con status cancelled.",
			},
		},
		Developer: "PATCH /orders/{ref} answers success with the warning order_unchanged and leaves the order as it is.",
		Runbook:   "The call of the PATCH tells the key and the address; the release of the register that sends it must be changed.",
		Look: func(c *doctor.Chart) doctor.Sign {
			var patch doctor.Call
			for _, e := range c.Of(doctor.OrderPatched) {
				if call, ok := doctor.Read[doctor.Call](e); ok && call.OrderID == c.Order.Ref && (call.Scope == "" || call.Scope == c.Order.Scope) {
					patch, patch.Entry = call, e
				}
			}
			switch {
			case patch.Entry.Seq == 0:
				return doctor.No("no PATCH was to cancel the order")
			case c.Order.End == kassa.CancelledBySale:
				return doctor.No("the order was cancelled with POST afterwards")
			}
			then := "the order is still open: status " + string(c.Order.Status)
			switch {
			case c.Order.Status == kassa.Completed:
				then = "the customer paid after that, at " + past.Instant(c.Order.EndedAt)
			case c.Order.Status.Final():
				then = "the order ended by itself at " + past.Instant(c.Order.EndedAt) + ": " + c.Order.End.Text()
			}
			return doctor.Found(map[string]string{"ref": c.Order.Ref, "order": c.Order.ID()}, called(patch),
				ofOrder(c, c.Order, then, "OrderCompleted", "OrderCancelled", "OrderExpired", "AttemptClosed"))
		},
	}
}
