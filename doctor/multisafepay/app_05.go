package multisafepay

import (
	"kassa/doctor"
)

// noRecurringToken is APP-05: a first payment gives no token.
func noRecurringToken() doctor.Rule {
	return doctor.Rule{
		ID: "APP-05", Code: "recurring_off", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Rank: doctor.RankHook + 8, Who: doctor.Merchant, Contact: doctor.GeneralSupport,
		Symptoms: []string{"no token", "no recurring_id"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal makes no tokens for later payments",
				NL: "De terminal maakt geen tokens voor latere betalingen",
				FR: "Le terminal ne crée pas de jetons pour des paiements ultérieurs",
				IT: "Il terminale non crea token per pagamenti successivi",
				ES: "El terminal no crea tokens para pagos posteriores",
			},
			Shop: doctor.Text{
				EN: "The payment is fine; to charge this customer again later, Recurring payment must be switched on first.",
				NL: "De betaling is goed; om later opnieuw af te rekenen moet eerst Terugkerende betaling aan staan.",
				FR: "Le paiement est en ordre ; pour débiter ce client plus tard, il faut d'abord activer Paiement récurrent.",
				IT: "Il pagamento è a posto; per addebitare di nuovo il cliente va prima attivato Pagamento ricorrente.",
				ES: "El pago está bien; para volver a cobrar más tarde hay que activar antes Pago recurrente.",
			},
			Fix: doctor.Text{
				EN: "Switch Recurring payment on in the settings of the terminal, and send recurring_model and customer.reference with the first payment.",
				NL: "Zet Terugkerende betaling aan in de instellingen van de terminal en stuur recurring_model en customer.reference mee met de eerste betaling.",
				FR: "Activez Paiement récurrent dans les réglages du terminal, et envoyez recurring_model et customer.reference avec le premier paiement.",
				IT: "Attiva Pagamento ricorrente nelle impostazioni del terminale e invia recurring_model e customer.reference con il primo pagamento.",
				ES: "Active Pago recurrente en los ajustes del terminal y envíe recurring_model y customer.reference con el primer pago.",
			},
			Question: doctor.Text{
				EN: "Is recurring_id empty in an order that was sent with recurring_model?",
				NL: "Is recurring_id leeg in een bestelling die met recurring_model is verstuurd?",
				FR: "recurring_id est-il vide dans une commande envoyée avec recurring_model ?",
				IT: "recurring_id è vuoto in un ordine inviato con recurring_model?",
				ES: "¿Está vacío recurring_id en un pedido enviado con recurring_model?",
			},
		},
		Runbook: "The account must have tokens switched on too.",
	}
}
