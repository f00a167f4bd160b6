package placing

import (
	"slices"

	"kassa/doctor"
)

// notManaged is R15: we see the terminal and may not manage it.
func notManaged() doctor.Rule {
	return doctor.Rule{
		ID: "R15", Code: "terminal_not_managed", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 8, Who: doctor.Merchant,
		Symptoms: []string{"terminal is listed and cannot be configured"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is shared with this platform, but not to manage",
				NL: "De terminal is met dit platform gedeeld, maar niet om te beheren",
				FR: "Le terminal est partagé avec cette plateforme, mais pas pour le gérer",
				IT: "Il terminale è condiviso con questa piattaforma, ma non per gestirlo",
				ES: "El terminal se comparte con esta plataforma, pero no para gestionarlo",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Ask the owner of terminal {serial} to let this platform manage it at {provider}, besides seeing it.",
				NL: "Vraag de eigenaar van terminal {serial} om dit platform hem bij {provider} te laten beheren, en niet alleen te zien.",
				FR: "Demandez au propriétaire du terminal {serial} de laisser cette plateforme le gérer chez {provider}, en plus de le voir.",
				IT: "Chiedi al proprietario del terminale {serial} di far gestire il terminale a questa piattaforma presso {provider}, oltre a vederlo.",
				ES: "Pida al dueño del terminal {serial} que deje a esta plataforma gestionarlo en {provider}, además de verlo.",
			},
		},
		Runbook: "Both rights are needed: see and manage. They are given in the provider's portal, by the owner.",
		Look: func(c *doctor.Chart) doctor.Sign {
			p, no := beside(c)
			t, unseen := terminal(c)
			switch {
			case p == nil:
				return no
			case t == nil:
				return unseen
			case p.As == "" || len(t.VisibleTo)+len(t.ManagedBy) == 0:
				return doctor.NotKnown(doctor.NeedPlacing, "the provider does not tell with whom it is shared")
			case slices.Contains(t.VisibleTo, p.As) && !slices.Contains(t.ManagedBy, p.As):
				return doctor.Found(args(c), says(c, "terminals/"+t.ID, "visible to "+p.As+", managed by "+orNobody(t.ManagedBy)))
			case !slices.Contains(t.ManagedBy, p.As):
				return doctor.NotKnown(doctor.NeedPlacing, "it is not shared with us at all")
			}
			return doctor.No(p.As + " may manage it")
		},
	}
}
