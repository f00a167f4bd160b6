package kassa

import (
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// poweredOff is KAS-01: somebody switched the terminal off, and it has not been switched on again.
func poweredOff() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-01", Code: "terminal_powered_off", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankTerminal, Who: doctor.Shop, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"terminal is off", "disconnected", "failed to send message to POI", "dark screen"},
		Explains: []string{"never_delivered", "wifi_lost", "terminal_offline", "send_failed", "smartpad_no_network", "smartpad_power_cable", "router_of_shop", "terminal_was_off"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is switched off",
				NL: "De terminal staat uit",
				FR: "Le terminal est éteint",
				IT: "Il terminale è spento",
				ES: "El terminal está apagado",
			},
			Shop: doctor.Text{
				EN: "{name} was switched off: hold its power button for 3 seconds, and wait until the start screen is there.",
				NL: "{name} is uitgezet: houd de aan-uitknop 3 seconden ingedrukt en wacht tot het beginscherm er is.",
				FR: "{name} a été éteint : maintenez le bouton d'alimentation 3 secondes et attendez l'écran d'accueil.",
				IT: "{name} è stato spento: tieni premuto il pulsante di accensione per 3 secondi e attendi la schermata iniziale.",
				ES: "{name} fue apagado: mantenga pulsado el botón de encendido 3 segundos y espere a la pantalla inicial.",
			},
			Fix: doctor.Text{
				EN: "Switch it on. When it was nobody's wish, see whether its battery is charged and the setting that switches it off at night.",
				NL: "Zet hem aan. Was het niet de bedoeling, kijk dan of de batterij is geladen en naar de instelling die hem 's nachts uitzet.",
				FR: "Allumez-le. Si personne ne l'a voulu, vérifiez la charge de la batterie et le réglage qui l'éteint la nuit.",
				IT: "Accendilo. Se nessuno lo ha voluto, controlla la carica della batteria e l'impostazione che lo spegne di notte.",
				ES: "Enciéndalo. Si nadie lo quiso, compruebe la carga de la batería y el ajuste que lo apaga por la noche.",
			},
		},
		Developer: "The terminal said goodbye and is off. Orders for it wait until they expire.",
		Runbook:   "The device closed its link itself, with the word shutdown: no fault of the network. A restart ends within two minutes; one that lasts longer did not come back.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !past.NeedsLink(c) {
				return past.LinkWasThere()
			}
			g, ok := past.Without(c)
			switch {
			case !ok:
				return doctor.No("it had a link")
			case g.Reason == past.Restart && g.Until.IsZero() && c.Now.Sub(g.From) > restartTime:
				return doctor.Likely(past.Args(c), g.Evidence())
			case g.Reason != past.Shutdown:
				return doctor.No("its link did not end by switching off: " + g.Reason)
			case past.Order(c) == nil && !g.Until.IsZero():
				return doctor.No("it has been switched on again")
			}
			return doctor.Found(past.Args(c), g.Evidence())
		},
	}
}

// restartTime is how long a restart takes at most.
const restartTime = 3 * time.Minute
