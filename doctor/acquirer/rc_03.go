package acquirer

import (
	"kassa/doctor"
)

// merchantUnknown is RC-03: the acquirer does not know the merchant id (DE42) that the order was sent with.
func merchantUnknown() doctor.Rule {
	return doctor.Rule{
		ID: "RC-03", Code: "acquirer_knows_no_merchant", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 1, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "03", "invalid merchant"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer does not know this merchant number",
				NL: "De acquirer kent dit handelaarsnummer niet",
				FR: "L'acquéreur ne connaît pas ce numéro de commerçant",
				IT: "L'acquirer non conosce questo codice esercente",
				ES: "El adquirente no conoce este número de comercio",
			},
			Shop: doctor.Text{
				EN: "The terminal is set up with a merchant number that the payment network does not know; no card will work, so call support.",
				NL: "De terminal is ingesteld met een handelaarsnummer dat het betaalnetwerk niet kent; geen kaart zal werken, bel dus support.",
				FR: "Le terminal est réglé avec un numéro de commerçant inconnu du réseau de paiement ; aucune carte ne marchera, appelez l'assistance.",
				IT: "Il terminale è impostato con un codice esercente che la rete di pagamento non conosce; nessuna carta funzionerà, chiama l'assistenza.",
				ES: "El terminal está configurado con un número de comercio que la red de pagos no conoce; ninguna tarjeta funcionará, llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Set the merchant id {mid} of the group to the one in the acquirer's contract, or have the acquirer activate it.",
				NL: "Zet het handelaarsnummer {mid} van de groep op dat uit het contract met de acquirer, of laat de acquirer het activeren.",
				FR: "Remplacez le numéro de commerçant {mid} du groupe par celui du contrat avec l'acquéreur, ou faites-le activer.",
				IT: "Imposta il codice esercente {mid} del gruppo su quello del contratto con l'acquirer, oppure fallo attivare.",
				ES: "Cambie el número de comercio {mid} del grupo por el del contrato con el adquirente, o pida que lo activen.",
			},
		},
		Developer: "The host answered {code} for merchant id {mid}. No card can succeed; nothing in the request is wrong.",
		Runbook:   "Compare the group's MID with the acquirer's boarding letter. A new merchant is often known there only the next working day.",
		Look:      misconfigured("03"),
	}
}
