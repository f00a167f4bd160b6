package acquirer

import (
	"kassa/doctor"
)

// notForThisCard is RC-57: the issuer lets this card make no such payment.
func notForThisCard() doctor.Rule {
	return doctor.Rule{
		ID: "RC-57", Code: "card_not_permitted", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"card not supported", "57", "62"},
		Explains: []string{"card_not_supported", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "This card may not be used for this payment",
				NL: "Deze kaart mag voor deze betaling niet worden gebruikt",
				FR: "Cette carte n'est pas autorisée pour ce paiement",
				IT: "Questa carta non è ammessa per questo pagamento",
				ES: "Esta tarjeta no está permitida para este pago",
			},
			Shop: doctor.Text{
				EN: "The bank does not allow this kind of payment with this card; ask for another card.",
				NL: "De bank staat dit soort betalingen met deze kaart niet toe; vraag om een andere kaart.",
				FR: "La banque n'autorise pas ce type de paiement avec cette carte ; demandez une autre carte.",
				IT: "La banca non consente questo tipo di pagamento con questa carta; chiedi un'altra carta.",
				ES: "El banco no permite este tipo de pago con esta tarjeta; pida otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "The customer can ask the bank to allow it: payments abroad, online or in this trade may be switched off.",
				NL: "De klant kan de bank vragen het toe te staan: betalen in het buitenland, online of in deze branche kan uit staan.",
				FR: "Le client peut demander à sa banque de l'autoriser : les paiements à l'étranger, en ligne ou dans ce secteur peuvent être désactivés.",
				IT: "Il cliente può chiedere alla banca di consentirlo: i pagamenti all'estero, online o in questo settore possono essere disattivati.",
				ES: "El cliente puede pedir al banco que lo permita: los pagos en el extranjero, en línea o en este sector pueden estar desactivados.",
			},
		},
		Developer: "The issuer answered {code}. Final for this card.",
		Runbook:   "57 is the card's own rights, 62 a restriction such as the country or the trade (MCC). When all cards of a brand answer 57, the brand is not in the merchant's contract: POS support.",
		Look:      decides("57", "62"),
	}
}
