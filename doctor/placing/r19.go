package placing

import "kassa/doctor"

// terminalOffline is R19: the terminal is offline while its charger is online.
func terminalOffline() doctor.Rule {
	return doctor.Rule{
		ID: "R19", Code: "charger_terminal_offline", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 3, Who: doctor.Shop,
		Symptoms: []string{"terminal is offline", "out of order"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal at the charger is offline",
				NL: "De terminal bij de lader is offline",
				FR: "Le terminal de la borne est hors ligne",
				IT: "Il terminale della colonnina è offline",
				ES: "El terminal del cargador está sin conexión",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Check power, cable or SIM and the signal of terminal {serial}, and restart it; the charger itself is online.",
				NL: "Controleer stroom, kabel of SIM en het signaal van terminal {serial} en herstart hem; de lader zelf is online.",
				FR: "Vérifiez l'alimentation, le câble ou la SIM et le signal du terminal {serial}, puis redémarrez-le ; la borne, elle, est en ligne.",
				IT: "Controlla alimentazione, cavo o SIM e segnale del terminale {serial} e riavvialo; la colonnina è online.",
				ES: "Compruebe la alimentación, el cable o la SIM y la señal del terminal {serial} y reinícielo; el cargador sí está en línea.",
			},
		},
		Runbook: "The site has power, as the charger is online: it is the terminal's own line. A short outage may be within its offline grace.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, s, no := reach(c)
			switch {
			case t == nil:
				return no
			case !*t.Online && *s.Online:
				return doctor.Found(args(c), contact(c, *t.Online, *s.Online)...)
			}
			return doctor.No("the terminal is online, or the charger is offline too")
		},
	}
}
