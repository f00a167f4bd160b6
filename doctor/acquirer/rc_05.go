package acquirer

import (
	"kassa"
	"kassa/doctor"
)

// declinedByIssuer is RC-05: the issuer declined and gave no reason. Codes that say no more than that are here too.
func declinedByIssuer() doctor.Rule {
	return doctor.Rule{
		ID: "RC-05", Code: "issuer_declined", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 5, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"1000 card declined", "card declined", "05", "do not honour"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The customer's bank declined without a reason",
				NL: "De bank van de klant weigerde zonder reden",
				FR: "La banque du client a refusé sans donner de raison",
				IT: "La banca del cliente ha rifiutato senza dare un motivo",
				ES: "El banco del cliente rechazó el pago sin dar un motivo",
			},
			Shop: doctor.Text{
				EN: "The customer's bank declined this card and does not say why; try once more with the chip, or ask for another card.",
				NL: "De bank van de klant weigerde deze kaart en zegt niet waarom; probeer het nog één keer met de chip of vraag om een andere kaart.",
				FR: "La banque du client a refusé cette carte sans dire pourquoi ; réessayez une fois avec la puce ou demandez une autre carte.",
				IT: "La banca del cliente ha rifiutato questa carta senza dire perché; riprova una volta con il chip o chiedi un'altra carta.",
				ES: "El banco del cliente rechazó esta tarjeta sin decir por qué; inténtelo una vez más con el chip o pida otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Only the customer can ask the bank for the reason. When every card is declined, it is not the cards: ask support.",
				NL: "Alleen de klant kan de bank naar de reden vragen. Wordt elke kaart geweigerd, dan ligt het niet aan de kaarten: vraag support.",
				FR: "Seul le client peut demander la raison à sa banque. Si toutes les cartes sont refusées, la cause est ailleurs : contactez l'assistance.",
				IT: "Solo il cliente può chiedere il motivo alla banca. Se ogni carta è rifiutata, non dipende dalle carte: chiedi all'assistenza.",
				ES: "Solo el cliente puede preguntar el motivo a su banco. Si se rechazan todas las tarjetas, no son las tarjetas: pida ayuda a soporte.",
			},
		},
		Developer: "The issuer answered {code}. One more try is reasonable, a loop is not: schemes charge for repeated attempts.",
		Runbook:   "Compare with other cards of the same issuer and with other terminals. Only this card: the customer's bank. Many cards: the acquirer, see acquirer_down and the status page.",
		Look: func(c *doctor.Chart) doctor.Sign {
			auth, no := refused(c)
			switch {
			case auth == nil:
				return doctor.No(no)
			case auth.Reason != kassa.Declined || !plain(auth.ResponseCode):
				return doctor.No("the answer " + auth.ResponseCode + " tells more")
			}
			return answered(c, auth)
		},
	}
}

// plain tells whether a response code is no other rule's.
func plain(code string) bool {
	switch code {
	case "78", "94":
		return false
	}
	return true
}
