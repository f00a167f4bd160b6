package placing

import "kassa/doctor"

// inBothEnvironments is R5: the serial is in both environments of the provider.
func inBothEnvironments() doctor.Rule {
	return doctor.Rule{
		ID: "R5", Code: "serial_in_both_environments", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 4, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "never worked since it was installed"},
		Explains: []string{"serial_unknown", "charger_under_other_cpo", "contract_without_setup", "contactless_not_configured", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is in two environments of its provider",
				NL: "De terminal staat in twee omgevingen van zijn aanbieder",
				FR: "Le terminal est dans deux environnements de son fournisseur",
				IT: "Il terminale è in due ambienti del suo fornitore",
				ES: "El terminal está en dos entornos de su proveedor",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Ask {provider} to take serial {serial} out of one of its environments.",
				NL: "Vraag {provider} om serienummer {serial} uit een van zijn omgevingen te halen.",
				FR: "Demandez à {provider} de retirer le numéro {serial} d'un de ses environnements.",
				IT: "Chiedi a {provider} di togliere il numero {serial} da uno dei suoi ambienti.",
				ES: "Pida a {provider} que retire el número {serial} de uno de sus entornos.",
			},
		},
		Runbook: "Test and production of a provider share nothing: a serial in both is registered wrongly, and which one answers is chance.",
		Look:    checked("R5"),
	}
}
