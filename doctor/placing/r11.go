package placing

import "kassa/doctor"

// onboardingUnfinished is R11: the provider has not finished with the terminal.
func onboardingUnfinished() doctor.Rule {
	return doctor.Rule{
		ID: "R11", Code: "onboarding_unfinished", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 8, Who: doctor.Merchant,
		Symptoms: []string{"terminal at the charger does not work", "configured and still dead"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The provider has not finished setting the terminal up",
				NL: "De aanbieder is niet klaar met het inrichten van de terminal",
				FR: "Le fournisseur n'a pas fini de configurer le terminal",
				IT: "Il fornitore non ha finito di configurare il terminale",
				ES: "El proveedor no ha terminado de configurar el terminal",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Ask {provider} to check that terminal {serial} is activated and configured in the environment for {environment}, and look for it in the portal of that one.",
				NL: "Vraag {provider} na te gaan of terminal {serial} geactiveerd en ingericht is in de omgeving voor {environment}, en zoek hem daar in het portaal.",
				FR: "Demandez à {provider} de vérifier que le terminal {serial} est activé et configuré dans l'environnement pour {environment}, et cherchez-le dans ce portail.",
				IT: "Chiedi a {provider} di controllare che il terminale {serial} sia attivato e configurato nell'ambiente per {environment}, e cercalo in quel portale.",
				ES: "Pida a {provider} que compruebe que el terminal {serial} está activado y configurado en el entorno para {environment}, y búsquelo en ese portal.",
			},
		},
		Runbook: "Everything on the platform's side was looked at before. Name the environment when you ask: the portals are separate.",
		Look:    checked("R11"),
	}
}
