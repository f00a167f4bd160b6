package placing

import "kassa/doctor"

// notConfigured is R10: the contactless set-up is not configured.
func notConfigured() doctor.Rule {
	return doctor.Rule{
		ID: "R10", Code: "contactless_not_configured", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 7, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "contactless is not offered"},
		Explains: []string{"onboarding_unfinished"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Contactless payment is not configured for the charger",
				NL: "Contactloos betalen is niet ingericht voor de lader",
				FR: "Le paiement sans contact n'est pas configuré pour la borne",
				IT: "Il contactless non è configurato per la colonnina",
				ES: "El pago sin contacto no está configurado para el cargador",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Request it: name the environment {environment} and the operator's external id {cpo}.",
				NL: "Vraag het aan: noem de omgeving {environment} en het externe id {cpo} van de exploitant.",
				FR: "Demandez-le : indiquez l'environnement {environment} et l'identifiant externe {cpo} de l'exploitant.",
				IT: "Richiedilo: indica l'ambiente {environment} e l'id esterno {cpo} del gestore.",
				ES: "Solicítelo: indique el entorno {environment} y el id externo {cpo} del operador.",
			},
		},
		Runbook: "Requested means that somebody is at it; ask the success manager. Disabled was switched off by somebody.",
		Look:    checked("R10"),
	}
}
