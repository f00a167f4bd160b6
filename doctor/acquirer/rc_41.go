package acquirer

import (
	"fmt"

	"kassa"
	"kassa/doctor"
)

// cardReported is RC-41: the issuer wants the card back, as lost, stolen or suspected. The customer is never told.
func cardReported() doctor.Rule {
	return doctor.Rule{
		ID: "RC-41", Code: "card_reported", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "pick up card"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank allows no payments with this card",
				NL: "De bank staat geen betalingen met deze kaart toe",
				FR: "La banque n'autorise aucun paiement avec cette carte",
				IT: "La banca non consente pagamenti con questa carta",
				ES: "El banco no permite pagos con esta tarjeta",
			},
			Shop: doctor.Text{
				EN: "The bank declined this card; ask for another way to pay, and say nothing more about it.",
				NL: "De bank heeft deze kaart geweigerd; vraag om een andere betaalwijze en zeg er verder niets over.",
				FR: "La banque a refusé cette carte ; demandez un autre moyen de paiement, sans autre commentaire.",
				IT: "La banca ha rifiutato questa carta; chiedi un altro modo di pagare e non aggiungere altro.",
				ES: "El banco rechazó esta tarjeta; pida otra forma de pago y no diga nada más al respecto.",
			},
			Fix: doctor.Text{
				EN: "Do not try this card again, do not keep it, and do not tell the customer a reason: the bank settles it with its customer.",
				NL: "Probeer deze kaart niet opnieuw, houd haar niet in en noem de klant geen reden: de bank regelt het met haar klant.",
				FR: "Ne réessayez pas cette carte, ne la retenez pas et ne donnez pas de raison au client : la banque s'en occupe avec lui.",
				IT: "Non riprovare questa carta, non trattenerla e non dire al cliente un motivo: la banca se ne occupa con lui.",
				ES: "No vuelva a probar esta tarjeta, no la retenga y no dé ningún motivo al cliente: el banco lo resuelve con él.",
			},
		},
		Developer: "A final decline for this card. Show no reason to the customer, and do not repeat it.",
		Runbook:   "A pick-up answer (04, 07, 34, 41, 43 or 59; the code is on the order's page for those who may see it). Nobody at the counter is told which. Nothing at the terminal is wrong.",
		Look: func(c *doctor.Chart) doctor.Sign {
			auth, no := refused(c)
			switch {
			case auth == nil:
				return doctor.No(no)
			case auth.Reason != kassa.DeclinedPickUp:
				return doctor.No("the issuer does not want the card back")
			}
			says := fmt.Sprintf("the issuer allows nothing with %s …%s", auth.Card.Brand, auth.Card.Last4)
			return doctor.Found(nil, of(c, auth.Request, says, "AuthorisationAnswered"))
		},
	}
}
