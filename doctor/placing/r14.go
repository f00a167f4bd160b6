package placing

import "kassa/doctor"

// crossedKey is R14: the key is that of another environment.
func crossedKey() doctor.Rule {
	return doctor.Rule{
		ID: "R14", Code: "provider_key_crossed", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 1, Who: doctor.Operator,
		Symptoms: []string{"terminal at the charger does not work"},
		Explains: []string{"provider_key_refused", "serial_unknown", "environment_mismatch", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The key for the provider is of its other environment",
				NL: "De sleutel voor de aanbieder is van zijn andere omgeving",
				FR: "La clé pour le fournisseur est celle de son autre environnement",
				IT: "La chiave per il fornitore è dell'altro suo ambiente",
				ES: "La clave para el proveedor es de su otro entorno",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Store the key that {provider} issued for the environment that goes with {environment}.",
				NL: "Bewaar de sleutel die {provider} uitgaf voor de omgeving die bij {environment} hoort.",
				FR: "Enregistrez la clé que {provider} a émise pour l'environnement qui va avec {environment}.",
				IT: "Salva la chiave che {provider} ha emesso per l'ambiente che va con {environment}.",
				ES: "Guarde la clave que {provider} emitió para el entorno que corresponde a {environment}.",
			},
		},
		Runbook: "Test and production keys look alike. Correct the provider environment, and ask the provider again.",
		Look: func(c *doctor.Chart) doctor.Sign {
			p, no := beside(c)
			switch {
			case p == nil:
				return no
			case p.KeyOf == "" && p.APIBase == "":
				return doctor.No("the provider has no interface that needs a key")
			case p.KeyOf == "":
				return doctor.NotKnown(doctor.NeedPlacing, "it is not known which environment the key was issued for")
			case p.KeyOf != p.ID:
				return doctor.Found(args(c), says(c, "provider-environments/"+p.ID, "its key was issued for "+p.KeyOf))
			}
			return doctor.No("the key was issued for this environment")
		},
	}
}
