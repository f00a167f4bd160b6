package placing

import "kassa/doctor"

// otherCPO is R8: the charger is under another operator than agreed.
func otherCPO() doctor.Rule {
	return doctor.Rule{
		ID: "R8", Code: "charger_under_other_cpo", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 6, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work"},
		Explains: []string{"contract_without_setup", "contactless_not_configured", "onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charger is under an operator that takes no cards here",
				NL: "De lader valt onder een exploitant die hier geen kaarten aanneemt",
				FR: "La borne dépend d'un exploitant qui n'accepte pas les cartes ici",
				IT: "La colonnina è di un gestore che qui non accetta carte",
				ES: "El cargador es de un operador que aquí no acepta tarjetas",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Move the charger to the operator that contactless payment was agreed for, or request a set-up for {cpo} in {environment}.",
				NL: "Verplaats de lader naar de exploitant waarvoor contactloos betalen is afgesproken, of vraag het aan voor {cpo} in {environment}.",
				FR: "Rattachez la borne à l'exploitant convenu pour le paiement sans contact, ou demandez-le pour {cpo} dans {environment}.",
				IT: "Sposta la colonnina al gestore concordato per il contactless, o richiedilo per {cpo} in {environment}.",
				ES: "Traslade el cargador al operador acordado para el pago sin contacto, o solicítelo para {cpo} en {environment}.",
			},
		},
		Runbook: "The external id of the charger's operator is compared with those of the set-ups, to the letter, in the same environment.",
		Look:    checked("R8"),
	}
}
