package placing

import "kassa/doctor"

// providerDown is R1: the provider of the terminals has an outage.
func providerDown() doctor.Rule {
	return doctor.Rule{
		ID: "R1", Code: "provider_outage", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 0, Who: doctor.Nobody,
		Symptoms: []string{"terminal at the charger does not work", "all terminals are dead"},
		Explains: []string{"provider_key_refused", "environment_mismatch", "serial_in_both_environments", "serial_unknown", "charger_under_other_cpo", "contract_without_setup", "contactless_not_configured", "onboarding_unfinished", "charger_terminal_offline", "site_offline"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The provider of the terminals has an outage",
				NL: "De aanbieder van de terminals heeft een storing",
				FR: "Le fournisseur des terminaux est en panne",
				IT: "Il fornitore dei terminali ha un guasto",
				ES: "El proveedor de los terminales tiene una avería",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Wait, and follow the status page of {provider}; change nothing at the terminal.",
				NL: "Wacht en volg de statuspagina van {provider}; verander niets aan de terminal.",
				FR: "Attendez et suivez la page d'état de {provider} ; ne changez rien au terminal.",
				IT: "Attendi e segui la pagina di stato di {provider}; non cambiare nulla sul terminale.",
				ES: "Espere y siga la página de estado de {provider}; no cambie nada en el terminal.",
			},
		},
		Runbook: "Look at the provider's status page. Half of its terminals lost in five minutes, and at least three, count as an outage without an incident.",
		Look:    checked("R1"),
	}
}
