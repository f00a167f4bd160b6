package acquirer

import (
	"fmt"
	"slices"

	"kassa"
	"kassa/doctor"
)

// acquirerDown is ACQ-01: no link to the acquirer is signed on, so that nobody can be asked.
func acquirerDown() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-01", Code: "acquirer_down", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order, doctor.Terminal, doctor.Installation}, Needs: []doctor.Need{doctor.NeedAcquirer}, Rank: doctor.RankAcquirer, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"not completed", "acquirer unreachable", "no answer from the bank", "1000 card declined"},
		Explains: []string{"outcome_unknown", "outcome_reversed", "component_down", "card_declined_1000", "issuer_unavailable", "host_malfunction", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer cannot be reached",
				NL: "De acquirer is niet bereikbaar",
				FR: "L'acquéreur est injoignable",
				IT: "L'acquirer non è raggiungibile",
				ES: "No se puede contactar con el adquirente",
			},
			Shop: doctor.Text{
				EN: "Card payments are down for everybody at the moment, your terminal is fine; take cash, or try again in a few minutes.",
				NL: "Kaartbetalingen liggen op dit moment voor iedereen plat, uw terminal is in orde; neem contant geld of probeer het over enkele minuten opnieuw.",
				FR: "Les paiements par carte sont interrompus pour tous en ce moment, votre terminal est en ordre ; encaissez en espèces ou réessayez dans quelques minutes.",
				IT: "I pagamenti con carta al momento sono interrotti per tutti, il terminale è a posto; accetta contanti o riprova tra qualche minuto.",
				ES: "Los pagos con tarjeta están interrumpidos para todos en este momento, su terminal está bien; cobre en efectivo o inténtelo en unos minutos.",
			},
			Fix: doctor.Text{
				EN: "There is nothing to do at the shop. The operator looks at the acquirer's link: address, line, sign-on and keys.",
				NL: "In de winkel is niets te doen. De beheerder kijkt naar de verbinding met de acquirer: adres, lijn, aanmelding en sleutels.",
				FR: "Il n'y a rien à faire au magasin. L'exploitant vérifie la liaison avec l'acquéreur : adresse, ligne, connexion et clés.",
				IT: "In negozio non c'è nulla da fare. Il gestore controlla il collegamento con l'acquirer: indirizzo, linea, accesso e chiavi.",
				ES: "En la tienda no hay nada que hacer. El operador revisa el enlace con el adquirente: dirección, línea, conexión y claves.",
			},
		},
		Developer: "No request can leave for the acquirer. Orders end with acquirer_unreachable and nothing is taken; try again when /status says operational.",
		Runbook:   "See the AcquirerLink entries: unreachable is the network, closed right after connected the other side's list of addresses, signed_off their maintenance. Reversals are repeated by themselves.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if o := c.Order; c.Subject.Kind == doctor.Order && o != nil {
				return downFor(c, o)
			}
			if c.Acquirer.SignedOn > 0 {
				return doctor.No(fmt.Sprintf("signed on to the acquirer on %d links", c.Acquirer.SignedOn))
			}
			e := c.Recorded("acquirer", "acquirer/1", "no link to the acquirer is signed on", doctor.AcquirerLink)
			return doctor.Found(nil, e)
		},
	}
}

// downFor looks at one order: whether its request could not leave for want of a link.
func downFor(c *doctor.Chart, o *kassa.Order) doctor.Sign {
	auth := lastTry(o)
	switch {
	case o.Status == kassa.Completed:
		return doctor.No("the order was paid")
	case auth == nil:
		return doctor.No("the acquirer was not asked")
	case auth.State != kassa.HostNotSent || auth.Reason != kassa.AcquirerUnreachable:
		return doctor.No("no request stayed here for want of the acquirer's link")
	}
	evidence := []doctor.Evidence{of(c, auth.Request, "the request never left: no link to the acquirer", "AuthorisationNotSent")}
	for _, e := range slices.Backward(c.Of(doctor.AcquirerLink)) {
		if change, ok := doctor.Read[doctor.LinkChange](e); ok && !e.At.After(auth.TransmittedAt) {
			if change.SignedOn == 0 {
				evidence = append(evidence, doctor.Entry(e, "acquirer", "the last link to the acquirer was "+change.State))
			}
			break
		}
	}
	return doctor.Found(nil, evidence...)
}
