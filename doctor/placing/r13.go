package placing

import (
	"strconv"

	"kassa/doctor"
)

// keyRefused is R13: the provider refuses our key.
func keyRefused() doctor.Rule {
	return doctor.Rule{
		ID: "R13", Code: "provider_key_refused", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 1, Who: doctor.Operator,
		Symptoms: []string{"terminal at the charger does not work", "401", "403"},
		Explains: []string{"environment_mismatch", "serial_unknown", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The provider refuses the key of this platform",
				NL: "De aanbieder weigert de sleutel van dit platform",
				FR: "Le fournisseur refuse la clé de cette plateforme",
				IT: "Il fornitore rifiuta la chiave di questa piattaforma",
				ES: "El proveedor rechaza la clave de esta plataforma",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Replace the key for {provider} with one that was issued for this environment.",
				NL: "Vervang de sleutel voor {provider} door een die voor deze omgeving is uitgegeven.",
				FR: "Remplacez la clé pour {provider} par une clé émise pour cet environnement.",
				IT: "Sostituisci la chiave per {provider} con una emessa per questo ambiente.",
				ES: "Sustituya la clave para {provider} por una emitida para este entorno.",
			},
		},
		Runbook: "401 is a wrong or rotated key, 403 one that may not do this. What the provider's environment was thought to hold is not known meanwhile.",
		Look: func(c *doctor.Chart) doctor.Sign {
			p, no := beside(c)
			if p == nil {
				return no
			}
			switch p.Answered {
			case 0:
				if p.APIBase == "" {
					return doctor.No("the provider has no interface that would be asked")
				}
				return doctor.NotKnown(doctor.NeedPlacing, "nobody has asked the provider with our key")
			case 401, 403: // HTTP: unauthorised, forbidden
				return doctor.Found(args(c), says(c, "provider-environments/"+p.ID, "the provider answers "+strconv.Itoa(p.Answered)+" to our key"))
			}
			return doctor.No("the provider answered " + strconv.Itoa(p.Answered) + " to our key")
		},
	}
}
