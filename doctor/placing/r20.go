package placing

import "kassa/doctor"

// stationOffline is R20: the charger is offline while its terminal is online.
func stationOffline() doctor.Rule {
	return doctor.Rule{
		ID: "R20", Code: "charger_offline", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 3, Who: doctor.Merchant,
		Symptoms: []string{"charger offline", "sale refused at the charger"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charger is offline",
				NL: "De lader is offline",
				FR: "La borne est hors ligne",
				IT: "La colonnina è offline",
				ES: "El cargador está sin conexión",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Restore the connection of charger {station}; until then its terminal {serial} refuses sales.",
				NL: "Herstel de verbinding van lader {station}; tot dan weigert zijn terminal {serial} verkopen.",
				FR: "Rétablissez la connexion de la borne {station} ; d'ici là son terminal {serial} refuse les ventes.",
				IT: "Ripristina la connessione della colonnina {station}; fino ad allora il suo terminale {serial} rifiuta le vendite.",
				ES: "Restablezca la conexión del cargador {station}; hasta entonces su terminal {serial} rechaza las ventas.",
			},
		},
		Runbook: "The terminal is online and right to refuse: no money is held for a charger that cannot start.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, s, no := reach(c)
			switch {
			case t == nil:
				return no
			case *t.Online && !*s.Online:
				return doctor.Found(args(c), contact(c, *t.Online, *s.Online)...)
			}
			return doctor.No("the charger is online, or the terminal is offline too")
		},
	}
}
