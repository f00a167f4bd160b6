package placing

import "kassa/doctor"

// otherOwner is R18: the terminal belongs to another customer.
func otherOwner() doctor.Rule {
	return doctor.Rule{
		ID: "R18", Code: "terminal_of_other_owner", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 6, Who: doctor.Merchant,
		Symptoms: []string{"terminal taken over from another operator"},
		Explains: []string{"onboarding_unfinished", "terminal_not_managed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal still belongs to another customer",
				NL: "De terminal is nog van een andere klant",
				FR: "Le terminal appartient encore à un autre client",
				IT: "Il terminale è ancora di un altro cliente",
				ES: "El terminal sigue siendo de otro cliente",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Let the previous owner send the transfer form for {serial} to {provider}.",
				NL: "Laat de vorige eigenaar het overdrachtsformulier voor {serial} naar {provider} sturen.",
				FR: "Faites envoyer par l'ancien propriétaire le formulaire de transfert pour {serial} à {provider}.",
				IT: "Fai inviare dal precedente proprietario il modulo di trasferimento per {serial} a {provider}.",
				ES: "Haga que el dueño anterior envíe el formulario de traspaso de {serial} a {provider}.",
			},
		},
		Runbook: "The owner in the provider's cloud is compared with the customer of the charger's operator. Only the previous owner can transfer it.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, no := terminal(c)
			want := c.Placing.CPO.Customer
			switch {
			case t == nil:
				return no
			case t.Owner == "" || want == "":
				return doctor.NotKnown(doctor.NeedPlacing, "the owner of the terminal, or the customer, is not known")
			case t.Owner != want:
				return doctor.Found(args(c), says(c, "terminals/"+t.ID, "owned by "+t.Owner+", the customer is "+want))
			}
			return doctor.No("owned by " + t.Owner)
		},
	}
}
