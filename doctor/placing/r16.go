package placing

import (
	"slices"
	"strings"

	"kassa/doctor"
)

// noMerchant is R16: there is no merchant account, or at an acquirer that the family does not have.
func noMerchant() doctor.Rule {
	return doctor.Rule{
		ID: "R16", Code: "no_merchant_account", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 7, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "merchant not boarded"},
		Explains: []string{"onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "There is no merchant account that the terminal can use",
				NL: "Er is geen merchantaccount dat de terminal kan gebruiken",
				FR: "Il n'y a pas de compte marchand que le terminal puisse utiliser",
				IT: "Non c'è un conto esercente che il terminale possa usare",
				ES: "No hay una cuenta de comercio que el terminal pueda usar",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Board the merchant at an acquirer that the terminal's family supports; this takes weeks. Then enter its merchant id for {station}.",
				NL: "Meld de merchant aan bij een acquirer die de terminalfamilie ondersteunt; dat duurt weken. Vul dan het merchant-id in voor {station}.",
				FR: "Inscrivez le marchand chez un acquéreur que la famille du terminal prend en charge ; cela prend des semaines. Indiquez ensuite son identifiant pour {station}.",
				IT: "Registra l'esercente presso un acquirer supportato dalla famiglia del terminale; richiede settimane. Poi inserisci il suo id per {station}.",
				ES: "Registre el comercio en un adquirente que admita la familia del terminal; tarda semanas. Luego introduzca su id para {station}.",
			},
		},
		Runbook: "The merchant id comes from the acquirer. Each family of terminals works with some acquirers only.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, no := terminal(c)
			s := c.Placing.Setup
			switch {
			case t == nil:
				return no
			case s == nil:
				return doctor.NotKnown(doctor.NeedPlacing, "there is no set-up that would name the merchant")
			case t.MerchantID == "" && s.MerchantID == "":
				return doctor.Found(args(c), says(c, "setups/"+s.ID, "neither the set-up nor the terminal has a merchant id"))
			}
			supported := acquirersOf(t.Family)
			switch {
			case s.Acquirer == "" || supported == nil:
				return doctor.NotKnown(doctor.NeedPlacing, "the acquirer, or what the family supports, is not known")
			case !slices.ContainsFunc(supported, func(a string) bool { return strings.EqualFold(a, s.Acquirer) }):
				return doctor.Found(args(c), says(c, "setups/"+s.ID, "acquirer "+s.Acquirer+" is not one of family "+t.Family+": "+strings.Join(supported, ", ")))
			}
			return doctor.No("merchant at " + s.Acquirer + ", which the family supports")
		},
	}
}
