package multisafepay

import (
	"kassa/doctor"
)

// returnNeeded is RMA-01: a part that is broken is sent back, and only after somebody asked for it.
func returnNeeded() doctor.Rule {
	return doctor.Rule{
		ID: "RMA-01", Code: "return_needed", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 9, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"return device", "broken screen", "keyboard broken", "scanner broken", "chip reader broken", "damaged", "wrong terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The device must be sent back",
				NL: "Het apparaat moet retour",
				FR: "L'appareil doit être renvoyé",
				IT: "Il dispositivo va restituito",
				ES: "El dispositivo debe devolverse",
			},
			Shop: doctor.Text{
				EN: "Something on the terminal is broken: ask for a return on its page and wait for the ticket before you send it.",
				NL: "Er is iets aan de terminal kapot: vraag op zijn pagina een retour aan en wacht op het ticket voordat u hem opstuurt.",
				FR: "Une pièce du terminal est cassée : demandez un retour sur sa page et attendez le ticket avant de l'envoyer.",
				IT: "Qualcosa del terminale è rotto: chiedi un reso sulla sua pagina e attendi il ticket prima di spedirlo.",
				ES: "Algo del terminal está roto: pida una devolución en su página y espere el tique antes de enviarlo.",
			},
			Fix: doctor.Text{
				EN: "Make a return with account, serial, address, reason and ticket reference; it ends repaired, replaced or closed.",
				NL: "Maak een retour met account, serienummer, adres, reden en ticketnummer; die eindigt met reparatie, vervanging of sluiting.",
				FR: "Créez un retour avec le compte, le numéro de série, l'adresse, le motif et la référence du ticket ; il se termine par une réparation, un remplacement ou une clôture.",
				IT: "Crea un reso con account, numero di serie, indirizzo, motivo e riferimento del ticket; si conclude con riparazione, sostituzione o chiusura.",
				ES: "Cree una devolución con cuenta, número de serie, dirección, motivo y referencia del tique; termina en reparación, sustitución o cierre.",
			},
			Question: doctor.Text{
				EN: "Is a part broken that a restart and a charge did not mend: display, keyboard, printer, scanner, battery, chip reader or network?",
				NL: "Is er een onderdeel kapot dat na herstarten en opladen niet werkt: scherm, toetsenbord, printer, scanner, batterij, chiplezer of netwerk?",
				FR: "Une pièce reste-t-elle en panne après un redémarrage et une charge : écran, clavier, imprimante, scanner, batterie, lecteur de puce ou réseau ?",
				IT: "C'è una parte guasta che un riavvio e una ricarica non hanno sistemato: schermo, tastiera, stampante, scanner, batteria, lettore chip o rete?",
				ES: "¿Hay una pieza averiada que ni un reinicio ni una carga han arreglado: pantalla, teclado, impresora, escáner, batería, lector de chip o red?",
			},
		},
		Runbook: "Returns are made on request only. A replacement takes over name, group, shop and settings.",
	}
}
