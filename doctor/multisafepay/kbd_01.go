package multisafepay

import (
	"kassa/doctor"
)

// keyboardFirstUse is KBD-01: the P2 SE shows an ordinary keyboard for amounts until a language was picked once.
func keyboardFirstUse() doctor.Rule {
	return doctor.Rule{
		ID: "KBD-01", Code: "keyboard_first_use", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 5, Who: doctor.Shop,
		Symptoms: []string{"normal keyboard in manual input", "wrong keyboard", "letters instead of digits"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The keyboard has not been set up yet",
				NL: "Het toetsenbord is nog niet ingesteld",
				FR: "Le clavier n'est pas encore configuré",
				IT: "La tastiera non è ancora impostata",
				ES: "El teclado aún no está configurado",
			},
			Shop: doctor.Text{
				EN: "In Manual input, press the keyboard icon in the bottom corner and choose the language of the set-up once.",
				NL: "Druk in Handmatige invoer op het toetsenbordpictogram in de onderhoek en kies één keer de taal van de installatie.",
				FR: "Dans Saisie manuelle, appuyez sur l'icône de clavier dans le coin inférieur et choisissez une fois la langue d'installation.",
				IT: "In Inserimento manuale premi l'icona della tastiera nell'angolo in basso e scegli una volta la lingua di installazione.",
				ES: "En Entrada manual pulse el icono del teclado en la esquina inferior y elija una vez el idioma de la instalación.",
			},
			Fix: doctor.Text{
				EN: "Pick the keyboard of the set-up language; the choice stays after restarts.",
				NL: "Kies het toetsenbord van de installatietaal; de keuze blijft na herstarten bewaard.",
				FR: "Choisissez le clavier de la langue d'installation ; le choix est conservé après un redémarrage.",
				IT: "Scegli la tastiera della lingua di installazione; la scelta resta dopo i riavvii.",
				ES: "Elija el teclado del idioma de instalación; la elección se conserva tras reiniciar.",
			},
			Question: doctor.Text{
				EN: "Does the terminal show letters where you want to type an amount?",
				NL: "Toont de terminal letters waar u een bedrag wilt typen?",
				FR: "Le terminal affiche-t-il des lettres là où vous voulez saisir un montant ?",
				IT: "Il terminale mostra lettere dove vuoi digitare un importo?",
				ES: "¿Muestra el terminal letras donde quiere escribir un importe?",
			},
		},
		Runbook: "P2 SE, at first use only.",
	}
}
