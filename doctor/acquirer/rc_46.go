package acquirer

import (
	"kassa/doctor"
)

// accountClosed is RC-46: the account behind the card is closed, or its holder has stopped such payments.
func accountClosed() doctor.Rule {
	return doctor.Rule{
		ID: "RC-46", Code: "card_account_closed", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "46"},
		Explains: []string{"card_declined_1000", "card_not_supported", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card's account is closed",
				NL: "De rekening van de kaart is gesloten",
				FR: "Le compte de la carte est fermé",
				IT: "Il conto della carta è chiuso",
				ES: "La cuenta de la tarjeta está cerrada",
			},
			Shop: doctor.Text{
				EN: "The account of this card is closed at the bank; ask for another card.",
				NL: "De rekening bij deze kaart is bij de bank gesloten; vraag om een andere kaart.",
				FR: "Le compte de cette carte est fermé à la banque ; demandez une autre carte.",
				IT: "Il conto di questa carta è chiuso presso la banca; chiedi un'altra carta.",
				ES: "La cuenta de esta tarjeta está cerrada en el banco; pida otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Take another card; this one will not work again.",
				NL: "Neem een andere kaart; deze zal niet meer werken.",
				FR: "Prenez une autre carte ; celle-ci ne fonctionnera plus.",
				IT: "Prendi un'altra carta; questa non funzionerà più.",
				ES: "Use otra tarjeta; esta ya no volverá a funcionar.",
			},
		},
		Developer: "The issuer answered {code}. Final for this card: stop subscriptions on it.",
		Runbook:   "46 is a closed account, R0, R1 and R3 are payments that the cardholder has revoked.",
		Look:      decides("46", "R0", "R1", "R3"),
	}
}
