package acquirer

import (
	"kassa/doctor"
)

// noFunds is RC-51: the account behind the card holds less than the amount.
func noFunds() doctor.Rule {
	return doctor.Rule{
		ID: "RC-51", Code: "insufficient_funds", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "51", "insufficient funds"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Not enough money on the card",
				NL: "Te weinig saldo op de kaart",
				FR: "Solde insuffisant sur la carte",
				IT: "Saldo insufficiente sulla carta",
				ES: "Saldo insuficiente en la tarjeta",
			},
			Shop: doctor.Text{
				EN: "The bank says that there is not enough money for this amount; ask for another card, or split the amount.",
				NL: "De bank zegt dat er niet genoeg saldo is voor dit bedrag; vraag om een andere kaart of splits het bedrag.",
				FR: "La banque indique que le solde ne suffit pas pour ce montant ; demandez une autre carte ou partagez le montant.",
				IT: "La banca dice che il saldo non basta per questo importo; chiedi un'altra carta o dividi l'importo.",
				ES: "El banco dice que no hay saldo suficiente para este importe; pida otra tarjeta o divida el importe.",
			},
			Fix: doctor.Text{
				EN: "Another card, a smaller amount, or later; nothing at the terminal needs to change.",
				NL: "Een andere kaart, een kleiner bedrag of later; aan de terminal hoeft niets te veranderen.",
				FR: "Une autre carte, un montant plus petit ou plus tard ; rien n'est à changer sur le terminal.",
				IT: "Un'altra carta, un importo minore o più tardi; sul terminale non c'è nulla da cambiare.",
				ES: "Otra tarjeta, un importe menor o más tarde; no hay que cambiar nada en el terminal.",
			},
		},
		Developer: "The issuer answered {code}. Offer the customer another card in the same order, or cancel it and make a smaller one.",
		Runbook:   "The issuer's decision alone. A debit card with a hold of a petrol pump or hotel is the usual surprise.",
		Look:      decides("51"),
	}
}
