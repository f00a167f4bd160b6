package acquirer

import (
	"kassa/doctor"
)

// referToIssuer is RC-01: the issuer wants to be called before it decides, which nobody does at a terminal.
func referToIssuer() doctor.Rule {
	return doctor.Rule{
		ID: "RC-01", Code: "refer_to_issuer", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "01", "02"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank wants its customer to call first",
				NL: "De bank wil dat haar klant eerst belt",
				FR: "La banque veut que son client l'appelle d'abord",
				IT: "La banca vuole che il suo cliente chiami prima",
				ES: "El banco quiere que su cliente llame antes",
			},
			Shop: doctor.Text{
				EN: "The customer's bank did not decide by itself; ask for another card, and let the customer call the bank.",
				NL: "De bank van de klant besliste niet zelf; vraag om een andere kaart en laat de klant zijn bank bellen.",
				FR: "La banque du client n'a pas tranché d'elle-même ; demandez une autre carte et invitez le client à appeler sa banque.",
				IT: "La banca del cliente non ha deciso da sola; chiedi un'altra carta e invita il cliente a chiamare la banca.",
				ES: "El banco del cliente no decidió por sí mismo; pida otra tarjeta y que el cliente llame a su banco.",
			},
			Fix: doctor.Text{
				EN: "Take another card or another way to pay; the same card is refused again until the customer has spoken to the bank.",
				NL: "Neem een andere kaart of betaalwijze; dezelfde kaart wordt opnieuw geweigerd tot de klant met de bank heeft gesproken.",
				FR: "Acceptez une autre carte ou un autre moyen de paiement ; la même carte sera refusée tant que le client n'aura pas parlé à sa banque.",
				IT: "Accetta un'altra carta o un altro modo di pagare; la stessa carta sarà rifiutata finché il cliente non avrà parlato con la banca.",
				ES: "Acepte otra tarjeta u otra forma de pago; la misma será rechazada hasta que el cliente hable con su banco.",
			},
		},
		Developer: "The issuer answered {code} (refer to card issuer). It is final for this card: do not send it again by yourself.",
		Runbook:   "01 and 02 are referrals. There is no voice authorisation here: another card, or the customer calls the number on its back.",
		Look:      decides("01", "02"),
	}
}
