package multisafepay

import (
	"kassa"
	"kassa/doctor"
)

// configurationError is PAY-04: the acquirer, or the terminal itself, cannot take this payment as it is set up.
func configurationError() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-04", Code: "config_error", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 3, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Action:   doctor.Action{Label: "Open the terminal", Href: "/terminals/{terminal}"},
		Explains: []string{"expired_no_card", "stopped_at_terminal", "card_declined_1000", "card_not_supported"},
		Symptoms: []string{"Configuration error. Try again", "configuration error"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal or the shop is not set up for this payment",
				NL: "De terminal of de winkel is niet ingesteld voor deze betaling",
				FR: "Le terminal ou le magasin n'est pas configuré pour ce paiement",
				IT: "Il terminale o il negozio non è configurato per questo pagamento",
				ES: "El terminal o la tienda no está configurado para este pago",
			},
			Shop: doctor.Text{
				EN: "The payment failed because of a setting, not because of the card; take another way to pay and call POS support.",
				NL: "De betaling mislukte door een instelling, niet door de kaart; laat anders betalen en bel de POS-ondersteuning.",
				FR: "Le paiement a échoué à cause d'un réglage, pas de la carte ; proposez un autre moyen de paiement et appelez l'assistance TPE.",
				IT: "Il pagamento non è riuscito per un'impostazione, non per la carta; proponi un altro modo di pagare e chiama l'assistenza POS.",
				ES: "El pago falló por un ajuste, no por la tarjeta; ofrezca otra forma de pago y llame al soporte de TPV.",
			},
			Fix: doctor.Text{
				EN: "Have the merchant and terminal data at the acquirer, the payment methods and the keys of the terminal checked. Give answer code {code}.",
				NL: "Laat de gegevens van winkel en terminal bij de acquirer, de betaalmethoden en de sleutels van de terminal nakijken. Noem antwoordcode {code}.",
				FR: "Faites vérifier les données du magasin et du terminal chez l'acquéreur, les moyens de paiement et les clés du terminal. Indiquez le code de réponse {code}.",
				IT: "Fai controllare i dati del negozio e del terminale presso l'acquirer, i metodi di pagamento e le chiavi del terminale. Indica il codice di risposta {code}.",
				ES: "Haga comprobar los datos de la tienda y del terminal en el adquirente, los métodos de pago y las claves del terminal. Indique el código de respuesta {code}.",
			},
		},
		Developer: "payment_details.response_code is {code}; a repeat with the same terminal gives the same answer.",
		Runbook:   "Answer codes 03, 12, 13, 30, 40, 58, 81, 88 and 89 are about the merchant or the terminal. Without a code the terminal itself stopped: look at its keys.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.Status == kassa.Completed {
				return doctor.No("the order is paid")
			}
			if e, ok := screenTold(c, "configError"); ok {
				return doctor.Found(map[string]string{"code": "-", "terminal": c.Order.TID}, doctor.Entry(e, "terminal", "the terminal ended a card by itself: it is not set up to take any"))
			}
			a := refusal(c)
			if a != nil && (a.Reason == kassa.Configuration || a.Reason == kassa.KeyReplay || a.Reason == kassa.CardDataUnreadable) {
				return doctor.Found(map[string]string{"code": codeOf(a), "terminal": c.Order.TID}, answered(c, a))
			}
			return doctor.No("no answer was about the setup of the merchant or the terminal")
		},
	}
}

// codeOf is the answer code of an authorisation, or a dash when there was no answer.
func codeOf(a *kassa.Authorisation) string {
	if a.ResponseCode == "" {
		return "-"
	}
	return a.ResponseCode
}
