package multisafepay

import (
	"kassa"
	"kassa/doctor"
)

// cardNotSupported is PAY-05: the terminal or the issuer does not take such a card here.
func cardNotSupported() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-05", Code: "card_not_supported", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 4, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Symptoms: []string{"Card not supported"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "This card is not accepted on the terminal",
				NL: "Deze kaart wordt op de terminal niet geaccepteerd",
				FR: "Cette carte n'est pas acceptée sur le terminal",
				IT: "Questa carta non è accettata sul terminale",
				ES: "Esta tarjeta no se acepta en el terminal",
			},
			Shop: doctor.Text{
				EN: "The terminal does not take this kind of card; ask the customer for another card.",
				NL: "De terminal accepteert dit soort kaart niet; vraag de klant om een andere kaart.",
				FR: "Le terminal n'accepte pas ce type de carte ; demandez une autre carte au client.",
				IT: "Il terminale non accetta questo tipo di carta; chiedi al cliente un'altra carta.",
				ES: "El terminal no acepta este tipo de tarjeta; pida otra tarjeta al cliente.",
			},
			Fix: doctor.Text{
				EN: "When cards of this kind should be taken, ask POS support to add the scheme to the contract of the shop. A damaged chip gives the same screen: try another card of the kind.",
				NL: "Moeten zulke kaarten wel kunnen, vraag de POS-ondersteuning dan het merk aan het contract toe te voegen. Een kapotte chip geeft hetzelfde scherm: probeer een andere kaart van die soort.",
				FR: "Si ces cartes doivent être acceptées, demandez à l'assistance TPE d'ajouter la marque au contrat du magasin. Une puce abîmée donne le même écran : essayez une autre carte du même type.",
				IT: "Se queste carte devono essere accettate, chiedi all'assistenza POS di aggiungere il circuito al contratto. Un chip danneggiato dà la stessa schermata: prova un'altra carta dello stesso tipo.",
				ES: "Si deben aceptarse estas tarjetas, pida al soporte de TPV que añada la marca al contrato. Un chip dañado da la misma pantalla: pruebe otra tarjeta del mismo tipo.",
			},
		},
		Developer: "Nothing in the request can change it; the order stays open for another card.",
		Runbook:   "Without an answer code the terminal refused by itself: none of the applications of the card is on its list. With one, the issuer does not allow it here.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.Status == kassa.Completed {
				return doctor.No("the order is paid")
			}
			if e, ok := screenTold(c, "notSupported"); ok {
				return doctor.Found(nil, doctor.Entry(e, "terminal", "the terminal refused a card by itself: it has no application in common with it, or could not read it"))
			}
			if a := refusal(c); a != nil && a.Reason == kassa.DeclinedCard {
				return doctor.Likely(nil, answered(c, a))
			}
			return doctor.No("no card was refused for its kind")
		},
	}
}
