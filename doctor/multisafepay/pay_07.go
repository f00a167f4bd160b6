package multisafepay

import (
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
)

// declined1000 is PAY-07: the host said no, and no more than that.
func declined1000() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-07", Code: "card_declined_1000", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 6, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Symptoms: []string{"1000 card declined", "1000", "declined"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card was declined (1000)",
				NL: "De kaart is geweigerd (1000)",
				FR: "La carte a été refusée (1000)",
				IT: "La carta è stata rifiutata (1000)",
				ES: "La tarjeta fue rechazada (1000)",
			},
			Shop: doctor.Text{
				EN: "The card was declined; ask the customer for another card or another way to pay.",
				NL: "De kaart is geweigerd; vraag de klant om een andere kaart of een andere manier van betalen.",
				FR: "La carte a été refusée ; demandez au client une autre carte ou un autre moyen de paiement.",
				IT: "La carta è stata rifiutata; chiedi al cliente un'altra carta o un altro modo di pagare.",
				ES: "La tarjeta fue rechazada; pida al cliente otra tarjeta u otra forma de pago.",
			},
			Fix: doctor.Text{
				EN: "One card: the customer asks the bank. Many cards of one kind: have support check how that payment method is set up. Answer code {code}.",
				NL: "Eén kaart: de klant vraagt het de bank. Veel kaarten van één soort: laat de ondersteuning de instelling van die betaalmethode nakijken. Antwoordcode {code}.",
				FR: "Une seule carte : le client s'adresse à sa banque. Plusieurs cartes d'un même type : faites vérifier la configuration de ce moyen de paiement. Code de réponse {code}.",
				IT: "Una sola carta: il cliente chiede alla banca. Molte carte dello stesso tipo: fai controllare la configurazione di quel metodo di pagamento. Codice di risposta {code}.",
				ES: "Una sola tarjeta: el cliente pregunta a su banco. Muchas del mismo tipo: haga revisar la configuración de ese método de pago. Código de respuesta {code}.",
			},
		},
		Developer: "status declined is not final: the customer may try another card. payment_details.response_code is {code}.",
		Runbook:   "See whether other cards of the brand are declined on this terminal too. Without an answer code the chip itself said no.",
		Look:      lookDeclined,
	}
}

func lookDeclined(c *doctor.Chart) doctor.Sign {
	if c.Order.Status == kassa.Completed {
		return doctor.No("the order is paid")
	}
	if e, ok := screenTold(c, "cardDeclined"); ok {
		return doctor.Found(map[string]string{"code": "-"}, doctor.Entry(e, "terminal", "the chip of the card said no by itself; nothing was sent to the bank"))
	}
	a := refusal(c)
	if a == nil || !saysNoMore(a) {
		return doctor.No("no card was declined without a nearer reason")
	}
	args := map[string]string{"code": codeOf(a)}
	evidence := []doctor.Evidence{answered(c, a)}
	if others := alsoDeclined(c, a); len(others) > 1 {
		return doctor.Found(args, append(evidence, others...)...)
	}
	return doctor.Likely(args, evidence...)
}

// saysNoMore tells whether an answer is one that the screen shows as 1000.
func saysNoMore(a *kassa.Authorisation) bool {
	switch a.Reason {
	case kassa.Declined, kassa.DeclinedReferral, kassa.DeclinedFunds, kassa.DeclinedPickUp, kassa.DeclinedExpired,
		kassa.DeclinedLimit, kassa.DeclinedSecurity, kassa.DeclinedUnavailable, kassa.PINTriesExceeded:
		return true
	}
	return false
}

// alsoDeclined lists other cards of the brand that the same terminal had the same answer for within an hour. It is
// empty when one of the brand was paid with: then it is the card.
func alsoDeclined(c *doctor.Chart, a *kassa.Authorisation) (list []doctor.Evidence) {
	seen := []string{a.Card.BIN + a.Card.Last4}
	for i := range c.Recent {
		o := &c.Recent[i]
		b := lastAsked(o)
		if b == nil || b.Card.Brand != a.Card.Brand || a.TransmittedAt.Sub(b.TransmittedAt).Abs() > time.Hour {
			continue
		}
		if b.State == kassa.HostApproved {
			return nil
		}
		if card := b.Card.BIN + b.Card.Last4; b.ResponseCode == a.ResponseCode && !slices.Contains(seen, card) {
			seen = append(seen, card)
			list = append(list, doctor.Evidence{At: b.TransmittedAt, Source: "acquirer", Ref: streamOf(o), Says: cardOf(b) + ": answer code " + codeOf(b) + " too"})
		}
	}
	return list
}
