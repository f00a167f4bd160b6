package multisafepay

import (
	"kassa"
	"kassa/doctor"
)

// useMagstripe is PAY-08: the chip could not be read.
func useMagstripe() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-08", Code: "use_magstripe", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 7, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Symptoms: []string{"Use Magstripe", "Swipe card"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The chip of the card cannot be read",
				NL: "De chip van de kaart kan niet worden gelezen",
				FR: "La puce de la carte est illisible",
				IT: "Il chip della carta non si legge",
				ES: "No se puede leer el chip de la tarjeta",
			},
			Shop: doctor.Text{
				EN: "The chip cannot be read; swipe the card with its magnetic stripe, or ask for another card.",
				NL: "De chip is niet te lezen; haal de magneetstrip door de lezer of vraag om een andere kaart.",
				FR: "La puce est illisible ; passez la bande magnétique de la carte ou demandez une autre carte.",
				IT: "Il chip non si legge; striscia la banda magnetica o chiedi un'altra carta.",
				ES: "No se puede leer el chip; pase la banda magnética o pida otra tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Clean the slot of the reader. When it happens with several cards, call POS support: the reader may be worn.",
				NL: "Maak de gleuf van de lezer schoon. Gebeurt het met meerdere kaarten, bel dan de POS-ondersteuning: de lezer kan versleten zijn.",
				FR: "Nettoyez la fente du lecteur. Si cela arrive avec plusieurs cartes, appelez l'assistance TPE : le lecteur est peut-être usé.",
				IT: "Pulisci la fessura del lettore. Se succede con più carte, chiama l'assistenza POS: il lettore può essere consumato.",
				ES: "Limpie la ranura del lector. Si ocurre con varias tarjetas, llame al soporte de TPV: el lector puede estar gastado.",
			},
		},
		Developer: "card_entry_mode is MAGSTRIPE after a fallback; issuers decline it more often.",
		Runbook:   "Three reads of the chip failed. See whether other cards were inserted well on this terminal since.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.Status == kassa.Completed {
				return doctor.No("the order is paid")
			}
			if e, ok := screenTold(c, "swipeCard"); ok {
				return doctor.Found(nil, doctor.Entry(e, "terminal", "the chip could not be read three times; the terminal asks for the stripe"))
			}
			if a := refusal(c); a != nil && a.Entry == kassa.Fallback {
				return doctor.Likely(nil, answered(c, a))
			}
			return doctor.No("no chip failed to be read")
		},
	}
}
