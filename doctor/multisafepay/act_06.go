package multisafepay

import (
	"kassa/doctor"
)

// boundElsewhere is ACT-06: a device that is to serve another group must be unbound first, which wipes it.
func boundElsewhere() doctor.Rule {
	return doctor.Rule{
		ID: "ACT-06", Code: "bound_elsewhere", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 1, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"move the terminal to another group", "This terminal is activated already. Unbind it first", "unbind"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The device is still bound to another terminal",
				NL: "Het apparaat is nog aan een andere terminal gekoppeld",
				FR: "L'appareil est encore lié à un autre terminal",
				IT: "Il dispositivo è ancora associato a un altro terminale",
				ES: "El dispositivo sigue vinculado a otro terminal",
			},
			Shop: doctor.Text{
				EN: "To use the device for another group, open Settings, Security, type the PIN and press Unbind; its history is wiped.",
				NL: "Om het apparaat voor een andere groep te gebruiken opent u Instellingen, Beveiliging, typt u de pincode en drukt u op Ontkoppelen; de geschiedenis wordt gewist.",
				FR: "Pour utiliser l'appareil avec un autre groupe, ouvrez Paramètres, Sécurité, saisissez le code PIN et appuyez sur Dissocier ; son historique est effacé.",
				IT: "Per usare il dispositivo con un altro gruppo apri Impostazioni, Sicurezza, digita il PIN e premi Dissocia; la cronologia viene cancellata.",
				ES: "Para usar el dispositivo con otro grupo abra Ajustes, Seguridad, escriba el PIN y pulse Desvincular; su historial se borra.",
			},
			Fix: doctor.Text{
				EN: "Unbind the device, make an activation code in the other group, and activate it there. Moving the terminal in the dashboard keeps the device bound.",
				NL: "Ontkoppel het apparaat, maak in de andere groep een activeringscode en activeer het daar. Verplaatsen in het dashboard laat het apparaat gekoppeld.",
				FR: "Dissociez l'appareil, créez un code d'activation dans l'autre groupe et activez-le là. Le déplacement dans le tableau de bord conserve l'association.",
				IT: "Dissocia il dispositivo, crea un codice di attivazione nell'altro gruppo e attivalo lì. Lo spostamento nel pannello mantiene l'associazione.",
				ES: "Desvincule el dispositivo, cree un código de activación en el otro grupo y actívelo allí. Moverlo en el panel mantiene el vínculo.",
			},
			Question: doctor.Text{
				EN: "Do you want to use this device for another group or account?",
				NL: "Wilt u dit apparaat voor een andere groep of een ander account gebruiken?",
				FR: "Voulez-vous utiliser cet appareil pour un autre groupe ou compte ?",
				IT: "Vuoi usare questo dispositivo per un altro gruppo o account?",
				ES: "¿Quiere usar este dispositivo para otro grupo u otra cuenta?",
			},
		},
		Runbook: "Within one account a move (terminals, move) is enough and keeps the history; unbind only to leave the account.",
	}
}
