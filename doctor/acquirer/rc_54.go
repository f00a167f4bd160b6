package acquirer

import (
	"kassa/doctor"
)

// expiredCard is RC-54: the card is past its date.
func expiredCard() doctor.Rule {
	return doctor.Rule{
		ID: "RC-54", Code: "card_expired", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "54", "expired card"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card has expired",
				NL: "De kaart is verlopen",
				FR: "La carte est périmée",
				IT: "La carta è scaduta",
				ES: "La tarjeta ha caducado",
			},
			Shop: doctor.Text{
				EN: "This card is past its expiry date; ask for the customer's new card.",
				NL: "De vervaldatum van deze kaart is voorbij; vraag naar de nieuwe kaart van de klant.",
				FR: "La date de validité de cette carte est dépassée ; demandez la nouvelle carte du client.",
				IT: "La data di scadenza di questa carta è passata; chiedi la carta nuova del cliente.",
				ES: "La fecha de caducidad de esta tarjeta ha pasado; pida al cliente su tarjeta nueva.",
			},
			Fix: doctor.Text{
				EN: "Take another card. When the date printed on it is good, the bank has replaced the card and the customer must ask there.",
				NL: "Neem een andere kaart. Is de gedrukte datum nog goed, dan heeft de bank de kaart vervangen en moet de klant het daar vragen.",
				FR: "Prenez une autre carte. Si la date imprimée est encore bonne, la banque a remplacé la carte et le client doit l'interroger.",
				IT: "Prendi un'altra carta. Se la data stampata è ancora valida, la banca ha sostituito la carta e il cliente deve chiedere lì.",
				ES: "Use otra tarjeta. Si la fecha impresa aún es válida, el banco ha sustituido la tarjeta y el cliente debe preguntar allí.",
			},
		},
		Developer: "The issuer answered {code}. Final for this card.",
		Runbook:   "33 and 54. A wrong clock of the terminal does not cause it: the issuer looks at its own records.",
		Look:      decides("33", "54"),
	}
}
