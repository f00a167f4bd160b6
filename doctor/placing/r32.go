package placing

import (
	"strings"

	"kassa/doctor"
)

// noScreen is R32: a terminal without a screen is to be driven over OCPI.
func noScreen() doctor.Rule {
	return doctor.Rule{
		ID: "R32", Code: "terminal_without_screen", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 8, Who: doctor.Merchant,
		Symptoms: []string{"terminal shows no choice of chargers"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has no screen, and what is asked of it needs one",
				NL: "De terminal heeft geen scherm, en wat ervan gevraagd wordt heeft er een nodig",
				FR: "Le terminal n'a pas d'écran, et ce qu'on lui demande en exige un",
				IT: "Il terminale non ha uno schermo, e ciò che gli è chiesto lo richiede",
				ES: "El terminal no tiene pantalla, y lo que se le pide la necesita",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Place a terminal with a screen at {station} (Apollo, Apollo Max or Polar), or drive this one without OCPI.",
				NL: "Plaats bij {station} een terminal met scherm (Apollo, Apollo Max of Polar), of stuur deze zonder OCPI aan.",
				FR: "Placez à {station} un terminal à écran (Apollo, Apollo Max ou Polar), ou pilotez celui-ci sans OCPI.",
				IT: "Metti a {station} un terminale con schermo (Apollo, Apollo Max o Polar), o guida questo senza OCPI.",
				ES: "Coloque en {station} un terminal con pantalla (Apollo, Apollo Max o Polar), o controle este sin OCPI.",
			},
		},
		Runbook: "Only families with a screen can show prices and a choice of chargers. An operator with a country code and a party id is driven over OCPI.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, no := terminal(c)
			switch {
			case t == nil:
				return no
			case t.Family == "":
				return doctor.NotKnown(doctor.NeedPlacing, "the family of the terminal is not known")
			case !strings.EqualFold(t.Family, "p6x"):
				return doctor.No("family " + t.Family + " is no P6x")
			case c.Placing.CPO.PartyID != "":
				return doctor.Found(args(c), says(c, "terminals/"+t.ID, "family "+t.Family+", and the operator is "+c.Placing.CPO.CountryCode+"-"+c.Placing.CPO.PartyID+" in OCPI"))
			}
			return doctor.No("nothing is asked of it over OCPI")
		},
	}
}
