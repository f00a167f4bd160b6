package acquirer

import (
	"kassa/doctor"
)

// amountRefused is RC-13: the host takes no such amount.
func amountRefused() doctor.Rule {
	return doctor.Rule{
		ID: "RC-13", Code: "acquirer_refuses_amount", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 1, Who: doctor.Developer, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "13", "invalid amount"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The payment network does not accept this amount",
				NL: "Het betaalnetwerk accepteert dit bedrag niet",
				FR: "Le réseau de paiement n'accepte pas ce montant",
				IT: "La rete di pagamento non accetta questo importo",
				ES: "La red de pagos no acepta este importe",
			},
			Shop: doctor.Text{
				EN: "The amount is not one that the payment network accepts; check it, and start the payment again with the right amount.",
				NL: "Het bedrag wordt door het betaalnetwerk niet geaccepteerd; controleer het en start de betaling opnieuw met het juiste bedrag.",
				FR: "Le réseau de paiement n'accepte pas ce montant ; vérifiez-le et relancez le paiement avec le bon montant.",
				IT: "La rete di pagamento non accetta questo importo; controllalo e avvia di nuovo il pagamento con l'importo giusto.",
				ES: "La red de pagos no acepta este importe; revíselo e inicie el pago de nuevo con el importe correcto.",
			},
			Fix: doctor.Text{
				EN: "Amounts are whole cents. Look for an amount of zero, one that is too high for the contract, or a capture above its hold.",
				NL: "Bedragen zijn hele centen. Zoek een bedrag van nul, een te hoog bedrag voor het contract of een inning boven de reservering.",
				FR: "Les montants sont en centimes entiers. Cherchez un montant nul, trop élevé pour le contrat ou une capture supérieure à la préautorisation.",
				IT: "Gli importi sono in centesimi interi. Cerca un importo pari a zero, troppo alto per il contratto o un incasso oltre la preautorizzazione.",
				ES: "Los importes son céntimos enteros. Busque un importe de cero, demasiado alto para el contrato o un cobro superior a la retención.",
			},
		},
		Developer: "The host answered {code} to the amount {amount}.",
		Runbook:   "The amount field (DE4) was valid for Kassa. Ask the acquirer for the floor and the ceiling of merchant id {mid}.",
		Look:      misconfigured("13"),
	}
}
