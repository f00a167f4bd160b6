package acquirer

import (
	"kassa/doctor"
)

// unknownNumber is RC-14: no issuer knows the card, or none can be reached for it.
func unknownNumber() doctor.Rule {
	return doctor.Rule{
		ID: "RC-14", Code: "card_number_unknown", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"card not supported", "14", "15", "invalid card number"},
		Explains: []string{"card_not_supported", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "No bank knows this card",
				NL: "Geen bank kent deze kaart",
				FR: "Aucune banque ne connaît cette carte",
				IT: "Nessuna banca conosce questa carta",
				ES: "Ningún banco conoce esta tarjeta",
			},
			Shop: doctor.Text{
				EN: "This card is not known to any bank that we can reach; ask for another card.",
				NL: "Deze kaart is bij geen bank bekend die wij kunnen bereiken; vraag om een andere kaart.",
				FR: "Cette carte n'est connue d'aucune banque que nous pouvons joindre ; demandez une autre carte.",
				IT: "Questa carta non è nota a nessuna banca raggiungibile; chiedi un'altra carta.",
				ES: "Esta tarjeta no la conoce ningún banco al que lleguemos; pida otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Another card. A gift, loyalty or fuel card looks like a payment card and is none.",
				NL: "Een andere kaart. Een cadeau-, klanten- of tankkaart lijkt op een betaalkaart en is er geen.",
				FR: "Une autre carte. Une carte cadeau, de fidélité ou de carburant ressemble à une carte de paiement sans en être une.",
				IT: "Un'altra carta. Una carta regalo, fedeltà o carburante sembra una carta di pagamento e non lo è.",
				ES: "Otra tarjeta. Una tarjeta regalo, de fidelidad o de combustible parece de pago y no lo es.",
			},
		},
		Developer: "The issuer answered {code}. Final for this card.",
		Runbook:   "14 and 15: no such number, no such issuer. 31 and 92: the acquirer has no way to the issuer; when many cards of one bank answer so, tell the acquirer.",
		Look:      decides("14", "15", "31", "92"),
	}
}
