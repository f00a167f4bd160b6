package acquirer

import (
	"kassa/doctor"
)

// functionRefused is RC-12: the acquirer or the issuer does not offer such a transaction.
func functionRefused() doctor.Rule {
	return doctor.Rule{
		ID: "RC-12", Code: "acquirer_refuses_function", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 1, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "12", "40", "invalid transaction"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The payment network does not offer this kind of transaction",
				NL: "Het betaalnetwerk biedt dit soort transactie niet aan",
				FR: "Le réseau de paiement ne propose pas ce type d'opération",
				IT: "La rete di pagamento non offre questo tipo di operazione",
				ES: "La red de pagos no ofrece este tipo de operación",
			},
			Shop: doctor.Text{
				EN: "This kind of payment is not possible with this card here; ask for another card and tell support.",
				NL: "Dit soort betaling kan hier niet met deze kaart; vraag om een andere kaart en meld het bij support.",
				FR: "Ce type de paiement n'est pas possible ici avec cette carte ; demandez une autre carte et prévenez l'assistance.",
				IT: "Questo tipo di pagamento qui non è possibile con questa carta; chiedi un'altra carta e avvisa l'assistenza.",
				ES: "Este tipo de pago no es posible aquí con esta tarjeta; pida otra tarjeta y avise a soporte.",
			},
			Fix: doctor.Text{
				EN: "See whether the contract with the acquirer covers it (holds, refunds to a card, card checks), and have it enabled for merchant id {mid}.",
				NL: "Kijk of het contract met de acquirer dit dekt (reserveringen, terugbetalingen op een kaart, kaartcontroles) en laat het aanzetten voor handelaarsnummer {mid}.",
				FR: "Vérifiez que le contrat avec l'acquéreur le prévoit (préautorisations, crédits, contrôles de carte) et faites-le activer pour le numéro {mid}.",
				IT: "Verifica che il contratto con l'acquirer lo preveda (preautorizzazioni, accrediti, controlli carta) e fallo attivare per il codice {mid}.",
				ES: "Compruebe si el contrato con el adquirente lo cubre (retenciones, abonos a tarjeta, comprobaciones) y pida que lo activen para el comercio {mid}.",
			},
		},
		Developer: "The host answered {code}: this transaction type is not offered for merchant id {mid} or for this card.",
		Runbook:   "12 invalid transaction, 40 function not supported. One card: its issuer. All cards: the acquirer's profile of this merchant.",
		Look:      misconfigured("12", "40"),
	}
}
