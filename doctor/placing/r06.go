package placing

import "kassa/doctor"

// environmentMismatch is R6: the terminal is in the other environment than its charger.
func environmentMismatch() doctor.Rule {
	return doctor.Rule{
		ID: "R6", Code: "environment_mismatch", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 4, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "never worked since it was installed", "test terminal on production charger"},
		Explains: []string{"serial_unknown", "charger_under_other_cpo", "contract_without_setup", "contactless_not_configured", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal and the charger are in different environments",
				NL: "De terminal en de lader staan in verschillende omgevingen",
				FR: "Le terminal et la borne sont dans des environnements différents",
				IT: "Il terminale e la colonnina sono in ambienti diversi",
				ES: "El terminal y el cargador están en entornos distintos",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Ask {provider} to move terminal {serial}, or add it in the environment that goes with {environment}; settings cannot be copied across.",
				NL: "Vraag {provider} om terminal {serial} te verplaatsen, of voeg hem toe in de omgeving die bij {environment} hoort; instellingen gaan niet mee.",
				FR: "Demandez à {provider} de déplacer le terminal {serial}, ou ajoutez-le dans l'environnement qui va avec {environment} ; les réglages ne se copient pas.",
				IT: "Chiedi a {provider} di spostare il terminale {serial}, o aggiungilo nell'ambiente che va con {environment}; le impostazioni non si copiano.",
				ES: "Pida a {provider} que traslade el terminal {serial}, o añádalo en el entorno que corresponde a {environment}; los ajustes no se copian.",
			},
		},
		Runbook: "Acceptance goes with test, production with production. What was configured in one environment has to be configured anew in the other.",
		Look:    checked("R6", "R5"),
	}
}
