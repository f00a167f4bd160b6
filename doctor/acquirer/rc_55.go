package acquirer

import (
	"kassa/doctor"
)

// wrongPIN is RC-55: the PIN that was typed in is not the card's.
func wrongPIN() doctor.Rule {
	return doctor.Rule{
		ID: "RC-55", Code: "wrong_pin", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"wrong PIN", "PIN wrong, try again", "55"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The PIN was wrong",
				NL: "De pincode was onjuist",
				FR: "Le code PIN était faux",
				IT: "Il PIN era errato",
				ES: "El PIN era incorrecto",
			},
			Shop: doctor.Text{
				EN: "The PIN was wrong; let the customer type it in again, slowly, or use another card.",
				NL: "De pincode was onjuist; laat de klant de code nog eens rustig intoetsen of een andere kaart gebruiken.",
				FR: "Le code PIN était faux ; laissez le client le saisir de nouveau, calmement, ou utiliser une autre carte.",
				IT: "Il PIN era errato; fai inserire di nuovo il codice al cliente, con calma, oppure usa un'altra carta.",
				ES: "El PIN era incorrecto; deje que el cliente lo escriba otra vez, despacio, o use otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "After the third wrong PIN the bank blocks it. Only the cardholder knows the PIN: nobody else types it in.",
				NL: "Na de derde foute pincode blokkeert de bank haar. Alleen de kaarthouder kent de code: niemand anders toetst die in.",
				FR: "Après le troisième code faux, la banque le bloque. Seul le porteur connaît le code : personne d'autre ne le saisit.",
				IT: "Dopo il terzo PIN errato la banca lo blocca. Solo il titolare conosce il PIN: nessun altro lo inserisce.",
				ES: "Tras el tercer PIN erróneo el banco lo bloquea. Solo el titular conoce el PIN: nadie más lo escribe.",
			},
		},
		Developer: "The issuer answered {code}; the order stays open for another PIN until it is cancelled or nobody acts.",
		Runbook:   "When all PINs of a terminal are wrong, on cards of several banks, its key is not the one that the host knows: see acquirer_keys_out_of_step.",
		Look:      decides("55"),
	}
}
