package placing

import "kassa/doctor"

// siteOffline is R21: both are offline.
func siteOffline() doctor.Rule {
	return doctor.Rule{
		ID: "R21", Code: "site_offline", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 2, Who: doctor.Shop,
		Symptoms: []string{"charger and terminal are dead"},
		Explains: []string{"charger_terminal_offline", "charger_offline", "starts_fail", "charger_status_stale", "reader_stuck"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The site has no power or no network",
				NL: "De locatie heeft geen stroom of geen netwerk",
				FR: "Le site n'a pas de courant ou pas de réseau",
				IT: "Il sito è senza corrente o senza rete",
				ES: "El sitio no tiene corriente o red",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Check the power and the uplink of the site: charger {station} and terminal {serial} are both offline.",
				NL: "Controleer stroom en uplink van de locatie: lader {station} en terminal {serial} zijn allebei offline.",
				FR: "Vérifiez le courant et la liaison du site : la borne {station} et le terminal {serial} sont tous deux hors ligne.",
				IT: "Controlla corrente e uplink del sito: colonnina {station} e terminale {serial} sono entrambi offline.",
				ES: "Compruebe la corriente y el enlace del sitio: el cargador {station} y el terminal {serial} están ambos sin conexión.",
			},
		},
		Runbook: "Two devices with lines of their own seldom fail together. Ask whether the site has power, then look at the router.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, s, no := reach(c)
			switch {
			case t == nil:
				return no
			case !*t.Online && !*s.Online:
				return doctor.Likely(args(c), contact(c, *t.Online, *s.Online)...)
			}
			return doctor.No("the terminal or the charger is online")
		},
	}
}
