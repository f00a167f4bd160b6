package acquirer

import (
	"kassa/doctor"
)

// issuerAway is RC-91: the issuer cannot decide now.
func issuerAway() doctor.Rule {
	return doctor.Rule{
		ID: "RC-91", Code: "issuer_unavailable", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Nobody, Contact: doctor.GeneralSupport,
		Symptoms: []string{"1000 card declined", "card declined", "91", "issuer unavailable"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The customer's bank cannot be reached",
				NL: "De bank van de klant is niet bereikbaar",
				FR: "La banque du client est injoignable",
				IT: "La banca del cliente non è raggiungibile",
				ES: "No se puede contactar con el banco del cliente",
			},
			Shop: doctor.Text{
				EN: "The customer's bank does not answer at the moment; try again in a few minutes, or ask for a card of another bank.",
				NL: "De bank van de klant antwoordt nu niet; probeer het over enkele minuten opnieuw of vraag om een kaart van een andere bank.",
				FR: "La banque du client ne répond pas pour le moment ; réessayez dans quelques minutes ou demandez la carte d'une autre banque.",
				IT: "La banca del cliente al momento non risponde; riprova tra qualche minuto o chiedi la carta di un'altra banca.",
				ES: "El banco del cliente no responde en este momento; inténtelo en unos minutos o pida la tarjeta de otro banco.",
			},
			Fix: doctor.Text{
				EN: "Nothing at the terminal is wrong. It passes when the bank is back.",
				NL: "Aan de terminal mankeert niets. Het gaat over als de bank er weer is.",
				FR: "Le terminal n'a aucun défaut. Cela passe quand la banque est de retour.",
				IT: "Il terminale non ha alcun difetto. Passa quando la banca torna disponibile.",
				ES: "El terminal está bien. Pasará cuando el banco vuelva a estar disponible.",
			},
		},
		Developer: "The issuer answered {code}. Nothing was taken; the same card may be tried again later.",
		Runbook:   "91 is the issuer, 86 its PIN check, 19 asks to send again. Cards of one bank only: wait. Cards of all banks: the acquirer, see host_malfunction and acquirer_down.",
		Look:      decides("91", "86", "19"),
	}
}
