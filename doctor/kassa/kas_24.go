package kassa

import (
	"kassa"
	"kassa/doctor"
)

// terminalUnknown is KAS-24: calls name a terminal that is not here.
func terminalUnknown() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-24", Code: "terminal_unknown", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 5, Who: doctor.Developer, Action: doctor.Action{Label: "See the terminals", Href: "/terminals"},
		Symptoms: []string{"terminal unknown", "there is no such terminal", "1023"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The call names a terminal that is not here",
				NL: "De aanroep noemt een terminal die hier niet bestaat",
				FR: "L'appel nomme un terminal qui n'existe pas ici",
				IT: "La chiamata nomina un terminale che qui non esiste",
				ES: "La llamada nombra un terminal que aquí no existe",
			},
			Shop: doctor.Text{
				EN: "The cash register is set to a terminal that does not exist here; its supplier has to enter the number on your terminal's screen.",
				NL: "De kassa staat ingesteld op een terminal die hier niet bestaat; de leverancier moet het nummer op het scherm van uw terminal invoeren.",
				FR: "La caisse est réglée sur un terminal qui n'existe pas ici ; son fournisseur doit saisir le numéro affiché par votre terminal.",
				IT: "La cassa è impostata su un terminale che qui non esiste; il fornitore deve inserire il numero mostrato dal tuo terminale.",
				ES: "La caja está configurada con un terminal que aquí no existe; su proveedor debe introducir el número de la pantalla de su terminal.",
			},
			Fix: doctor.Text{
				EN: "Compare the terminal number in the cash register with the list of terminals, letter by letter. One of the other environment is known there only.",
				NL: "Vergelijk het terminalnummer in de kassa letter voor letter met de lijst. Een van de andere omgeving is alleen daar bekend.",
				FR: "Comparez le numéro du terminal dans la caisse avec la liste, lettre par lettre. Celui de l'autre environnement n'est connu que là-bas.",
				IT: "Confronta lettera per lettera il numero del terminale nella cassa con l'elenco. Uno dell'altro ambiente è noto solo lì.",
				ES: "Compare letra por letra el número del terminal en la caja con la lista. Uno del otro entorno solo se conoce allí.",
			},
		},
		Developer: "{route}: terminal {terminal} is not one that this key sees. GET the list of terminals for the right ids.",
		Runbook:   "0 and O, 1 and l are told apart. Look for the number among retired terminals and in the other environment.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, string(kassa.TerminalUnknown))
			if !ok {
				return doctor.No("no call named a terminal that is not here")
			}
			return doctor.Found(args(call, c.Key), said(call))
		},
	}
}
