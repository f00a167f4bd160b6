package placing

import "kassa/doctor"

// contractWithoutSetup is R9: a contract that needs a set-up of its own has none.
func contractWithoutSetup() doctor.Rule {
	return doctor.Rule{
		ID: "R9", Code: "contract_without_setup", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 6, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "works at some operators only"},
		Explains: []string{"contactless_not_configured", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charger's contract has no contactless set-up of its own",
				NL: "Het contract van de lader heeft geen eigen contactloze inrichting",
				FR: "Le contrat de la borne n'a pas sa propre configuration sans contact",
				IT: "Il contratto della colonnina non ha una propria configurazione contactless",
				ES: "El contrato del cargador no tiene su propia configuración sin contacto",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Request contactless payment for the contract of {station} by itself; contracts are set up one by one.",
				NL: "Vraag contactloos betalen apart aan voor het contract van {station}; contracten worden een voor een ingericht.",
				FR: "Demandez le paiement sans contact pour le contrat de {station} lui-même ; les contrats se configurent un par un.",
				IT: "Richiedi il contactless proprio per il contratto di {station}; i contratti si configurano uno a uno.",
				ES: "Solicite el pago sin contacto para el contrato de {station} en particular; los contratos se configuran uno a uno.",
			},
		},
		Runbook: "A customer with several operators is set up by contract; a set-up of the operator does not cover a contract that wants its own.",
		Look:    checked("R9"),
	}
}
