package multisafepay

import (
	"kassa/doctor"
)

// noVirtualKeyboard is KBD-02: the keyboard on the screen of a P2 Smartpad is off after its set-up and after a reset.
func noVirtualKeyboard() doctor.Rule {
	return doctor.Rule{
		ID: "KBD-02", Code: "no_virtual_keyboard", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 6, Who: doctor.Shop,
		Symptoms: []string{"no keyboard", "no on-screen keyboard", "keyboard does not appear"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The on-screen keyboard is switched off",
				NL: "Het schermtoetsenbord staat uit",
				FR: "Le clavier à l'écran est désactivé",
				IT: "La tastiera sullo schermo è disattivata",
				ES: "El teclado en pantalla está desactivado",
			},
			Shop: doctor.Text{
				EN: "Tap a text field, press the keyboard icon, choose the language, switch on Show virtual keyboard and press Done.",
				NL: "Tik op een tekstveld, druk op het toetsenbordpictogram, kies de taal, zet Virtueel toetsenbord tonen aan en druk op Gereed.",
				FR: "Touchez un champ de texte, appuyez sur l'icône de clavier, choisissez la langue, activez Afficher le clavier virtuel et appuyez sur Terminé.",
				IT: "Tocca un campo di testo, premi l'icona della tastiera, scegli la lingua, attiva Mostra tastiera virtuale e premi Fine.",
				ES: "Toque un campo de texto, pulse el icono del teclado, elija el idioma, active Mostrar teclado virtual y pulse Hecho.",
			},
			Fix: doctor.Text{
				EN: "Switch the virtual keyboard on once; it is off again only after a reset.",
				NL: "Zet het virtuele toetsenbord één keer aan; het gaat pas na een reset weer uit.",
				FR: "Activez une fois le clavier virtuel ; il ne se désactive qu'après une réinitialisation.",
				IT: "Attiva una volta la tastiera virtuale; si disattiva solo dopo un ripristino.",
				ES: "Active una vez el teclado virtual; solo se desactiva tras un restablecimiento.",
			},
			Question: doctor.Text{
				EN: "Does no keyboard come up when you tap a text field?",
				NL: "Verschijnt er geen toetsenbord als u op een tekstveld tikt?",
				FR: "Aucun clavier n'apparaît-il quand vous touchez un champ de texte ?",
				IT: "Non compare nessuna tastiera quando tocchi un campo di testo?",
				ES: "¿No aparece ningún teclado al tocar un campo de texto?",
			},
		},
		Runbook: "P2 Smartpad. A keyboard that is plugged in hides the one on the screen.",
	}
}
