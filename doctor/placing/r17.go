package placing

import (
	"cmp"
	"strconv"

	"kassa/doctor"
	"kassa/operator"
)

// leadTime is R17: the activation takes no longer than usual.
func leadTime() doctor.Rule {
	return doctor.Rule{
		ID: "R17", Code: "activation_lead_time", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 7, Who: doctor.Nobody,
		Symptoms: []string{"terminal registered and not active yet"},
		Explains: []string{"onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The provider is still activating the terminal",
				NL: "De aanbieder is de terminal nog aan het activeren",
				FR: "Le fournisseur est encore en train d'activer le terminal",
				IT: "Il fornitore sta ancora attivando il terminale",
				ES: "El proveedor aún está activando el terminal",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Wait: an activation takes up to {days} working days. Ask {provider} after that.",
				NL: "Wacht: een activering duurt tot {days} werkdagen. Vraag het daarna aan {provider}.",
				FR: "Attendez : une activation prend jusqu'à {days} jours ouvrés. Demandez ensuite à {provider}.",
				IT: "Attendi: un'attivazione richiede fino a {days} giorni lavorativi. Poi chiedi a {provider}.",
				ES: "Espere: una activación tarda hasta {days} días laborables. Después pregunte a {provider}.",
			},
		},
		Runbook: "Monday to Friday count; holidays are not known here. After the lead time it is an unfinished onboarding (R11).",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, no := terminal(c)
			switch {
			case t == nil:
				return no
			case t.Activation == operator.ActivationUnknown, t.Activation == operator.Registered && t.ActivationAt.IsZero():
				return doctor.NotKnown(doctor.NeedPlacing, "it is not known since when the terminal is registered")
			case t.Activation != operator.Registered:
				return doctor.No("the terminal is " + string(t.Activation))
			}
			lead := cmp.Or(c.Placing.Provider.LeadDays, usualLead)
			if n := workingDays(t.ActivationAt, c.Now); n < lead {
				named := args(c)
				named["days"] = strconv.Itoa(lead)
				e := says(c, "terminals/"+t.ID, "registered "+strconv.Itoa(n)+" working days ago")
				e.At = t.ActivationAt
				return doctor.Found(named, e)
			}
			return doctor.No("it was registered longer ago than an activation takes")
		},
	}
}
