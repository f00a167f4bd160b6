package acquirer

import (
	"kassa/doctor"
)

// pinBlocked is RC-75: the PIN was wrong too often, and the issuer takes no more tries.
func pinBlocked() doctor.Rule {
	return doctor.Rule{
		ID: "RC-75", Code: "pin_tries_exceeded", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "75", "PIN tries exceeded"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal", "wrong_pin"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The PIN was wrong too often",
				NL: "De pincode was te vaak onjuist",
				FR: "Le code PIN a été faux trop de fois",
				IT: "Il PIN è stato sbagliato troppe volte",
				ES: "El PIN se ha fallado demasiadas veces",
			},
			Shop: doctor.Text{
				EN: "The bank has blocked this card's PIN after too many tries; ask for another card.",
				NL: "De bank heeft de pincode van deze kaart na te veel pogingen geblokkeerd; vraag om een andere kaart.",
				FR: "La banque a bloqué le code de cette carte après trop d'essais ; demandez une autre carte.",
				IT: "La banca ha bloccato il PIN di questa carta dopo troppi tentativi; chiedi un'altra carta.",
				ES: "El banco ha bloqueado el PIN de esta tarjeta tras demasiados intentos; pida otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "The customer unblocks the PIN at the bank: at a cash machine, in its app or by phone.",
				NL: "De klant deblokkeert de pincode bij de bank: aan een geldautomaat, in de app of telefonisch.",
				FR: "Le client débloque son code auprès de sa banque : à un distributeur, dans son application ou par téléphone.",
				IT: "Il cliente sblocca il PIN presso la banca: a uno sportello automatico, nell'app o per telefono.",
				ES: "El cliente desbloquea el PIN en su banco: en un cajero, en la aplicación o por teléfono.",
			},
		},
		Developer: "The issuer answered {code}. Final for this card.",
		Runbook:   "38 and 75. It blocks the PIN, not always the card: a tap without PIN may still be accepted.",
		Look:      decides("38", "75"),
	}
}
