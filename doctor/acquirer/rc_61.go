package acquirer

import (
	"kassa/doctor"
)

// overLimit is RC-61: the amount, or the number of payments of the day, is over what the issuer allows the card.
func overLimit() doctor.Rule {
	return doctor.Rule{
		ID: "RC-61", Code: "card_limit_exceeded", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "61", "over limit"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The amount is over the card's limit",
				NL: "Het bedrag is hoger dan de limiet van de kaart",
				FR: "Le montant dépasse la limite de la carte",
				IT: "L'importo supera il limite della carta",
				ES: "El importe supera el límite de la tarjeta",
			},
			Shop: doctor.Text{
				EN: "The bank's limit for this card is reached; ask for another card, or split the amount.",
				NL: "De limiet van de bank voor deze kaart is bereikt; vraag om een andere kaart of splits het bedrag.",
				FR: "La limite fixée par la banque pour cette carte est atteinte ; demandez une autre carte ou partagez le montant.",
				IT: "Il limite della banca per questa carta è raggiunto; chiedi un'altra carta o dividi l'importo.",
				ES: "Se ha alcanzado el límite del banco para esta tarjeta; pida otra tarjeta o divida el importe.",
			},
			Fix: doctor.Text{
				EN: "The customer may raise the limit in the bank's app and try again; the limit starts anew the next day or week.",
				NL: "De klant kan de limiet in de app van de bank verhogen en het opnieuw proberen; de limiet begint de volgende dag of week opnieuw.",
				FR: "Le client peut relever la limite dans l'application de sa banque et réessayer ; la limite repart le jour ou la semaine suivante.",
				IT: "Il cliente può alzare il limite nell'app della banca e riprovare; il limite riparte il giorno o la settimana dopo.",
				ES: "El cliente puede subir el límite en la aplicación del banco y volver a intentarlo; el límite empieza de nuevo al día o a la semana siguiente.",
			},
		},
		Developer: "The issuer answered {code}: an amount or frequency limit of the card.",
		Runbook:   "61, and 65 on a chip. 65 on a tap is another thing: the issuer asks for a PIN (soft decline).",
		Look:      decides("61", "65"),
	}
}
