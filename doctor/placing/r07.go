package placing

import "kassa/doctor"

// serialUnknown is R7: no environment of the provider knows the serial.
func serialUnknown() doctor.Rule {
	return doctor.Rule{
		ID: "R7", Code: "serial_unknown", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 5, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "serial not found"},
		Explains: []string{"charger_under_other_cpo", "contract_without_setup", "contactless_not_configured", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The provider knows no terminal with this serial",
				NL: "De aanbieder kent geen terminal met dit serienummer",
				FR: "Le fournisseur ne connaît aucun terminal de ce numéro",
				IT: "Il fornitore non conosce un terminale con questo numero",
				ES: "El proveedor no conoce ningún terminal con este número",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Read the serial on the terminal again (entered: {serial}); register it with {provider}; let its owner share it with this platform.",
				NL: "Lees het serienummer opnieuw van de terminal (ingevoerd: {serial}); meld hem aan bij {provider}; laat de eigenaar hem met dit platform delen.",
				FR: "Relisez le numéro sur le terminal (saisi : {serial}) ; enregistrez-le auprès de {provider} ; faites-le partager avec cette plateforme par son propriétaire.",
				IT: "Rileggi il numero sul terminale (inserito: {serial}); registralo presso {provider}; fallo condividere con questa piattaforma dal proprietario.",
				ES: "Lea otra vez el número del terminal (introducido: {serial}); regístrelo en {provider}; haga que su dueño lo comparta con esta plataforma.",
			},
		},
		Runbook: "Compare what was entered with the label. A terminal that is not shared with our account looks as if it were not there.",
		Look:    checked("R7"),
	}
}
