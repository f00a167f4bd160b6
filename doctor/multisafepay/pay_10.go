package multisafepay

import (
	"slices"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// softDecline is PAY-10: the issuer wants the PIN or the chip; the order goes on.
func softDecline() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-10", Code: "soft_decline_waiting_pin", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 2, Who: doctor.Shop,
		Explains: []string{"expired_no_card", "stopped_at_terminal", "card_declined_1000", "use_other_interface"},
		Symptoms: []string{"declined then more events", "declined", "Enter PIN"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank asks for the PIN or the chip",
				NL: "De bank vraagt om de pincode of de chip",
				FR: "La banque demande le code ou la puce",
				IT: "La banca chiede il PIN o il chip",
				ES: "El banco pide el PIN o el chip",
			},
			Shop: doctor.Text{
				EN: "The payment is not over: let the customer enter the PIN or insert the card, as the terminal asks.",
				NL: "De betaling is nog niet voorbij: laat de klant de pincode invoeren of de kaart insteken, zoals de terminal vraagt.",
				FR: "Le paiement n'est pas terminé : le client doit saisir son code ou insérer sa carte, comme le terminal le demande.",
				IT: "Il pagamento non è finito: il cliente deve digitare il PIN o inserire la carta, come chiede il terminale.",
				ES: "El pago no ha terminado: el cliente debe introducir el PIN o insertar la tarjeta, como pide el terminal.",
			},
			Fix: doctor.Text{
				EN: "Do not take declined for the end. Keep the order open until its status is completed or cancelled; a new order may charge twice.",
				NL: "Zie declined niet als het einde. Houd de bestelling open tot de status completed of cancelled is; een nieuwe bestelling kan dubbel afschrijven.",
				FR: "Ne prenez pas declined pour la fin. Gardez la commande ouverte jusqu'au statut completed ou cancelled ; une nouvelle commande peut débiter deux fois.",
				IT: "Non considerare declined la fine. Tieni aperto l'ordine fino allo stato completed o cancelled; un nuovo ordine può addebitare due volte.",
				ES: "No tome declined por el final. Mantenga el pedido abierto hasta el estado completed o cancelled; un pedido nuevo puede cobrar dos veces.",
			},
		},
		Developer: "reason_code 4004, response_code {code}: a second transaction follows under the same order_id. Only completed, cancelled and expired are final.",
		Runbook:   "See who ended the order after the soft decline: cancelled_by_sale is the register, inactive is a customer who left.",
		Look:      lookSoft,
	}
}

func lookSoft(c *doctor.Chart) doctor.Sign {
	o := c.Order
	if a := lastAsked(o); o.Status != kassa.Completed && a != nil && soft(a) {
		says := "the order goes on: status " + string(o.Status)
		if o.Status.Final() {
			says = "then the order ended: " + o.End.Text()
		}
		return doctor.Found(map[string]string{"code": codeOf(a)}, answered(c, a), ofOrder(c, o, says, "OrderCancelled", "AttemptOpened", "ScreenReported"))
	}
	if o.Status == kassa.Completed && c.Shows("declined") {
		for i := range o.Attempts {
			if a := o.Attempts[i].Last(); a != nil && soft(a) {
				return doctor.Found(map[string]string{"code": codeOf(a)}, answered(c, a), ofOrder(c, o, "then the customer paid at "+past.Instant(o.EndedAt), "OrderCompleted"))
			}
		}
	}
	return doctor.No("the last answer asked for neither the PIN nor the chip")
}

// soft tells whether an answer asks for more authentication with the same card.
func soft(a *kassa.Authorisation) bool {
	return a.State == kassa.HostDeclined && (a.Reason.Soft() || a.Reason == kassa.None && slices.Contains([]string{"65", "70", "71", "1A"}, a.ResponseCode))
}
