package adyen

import (
	"slices"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
)

// wishOpen is C11: somebody asked the operator to enable WebSockets, and he has not decided.
func wishOpen() doctor.Rule {
	return doctor.Rule{
		ID: "C11", Code: "websocket_wish_undecided", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedSettings}, Rank: doctor.RankTerminal, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"Enable WebSockets", "WebSockets not enabled"},
		Explains: []string{"cloud_connection_disabled", "never_delivered", "terminal_offline", "send_failed", "websocket_setting_not_applied", "terminal_barred", "setting_pending"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The request to enable cloud payments is waiting",
				NL: "Het verzoek om cloudbetalingen aan te zetten wacht nog",
				FR: "La demande d'activation des paiements cloud est en attente",
				IT: "La richiesta di abilitare i pagamenti cloud è in attesa",
				ES: "La petición de activar los pagos en la nube está pendiente",
			},
			Shop: doctor.Text{
				EN: "Cloud payments for {name} were asked for on {when} and not answered yet; remind support.",
				NL: "Voor {name} zijn op {when} cloudbetalingen aangevraagd en nog niet beantwoord; herinner support eraan.",
				FR: "Les paiements cloud pour {name} ont été demandés le {when}, sans réponse à ce jour ; relancez l'assistance.",
				IT: "I pagamenti cloud per {name} sono stati richiesti il {when} e non c'è ancora risposta; sollecita l'assistenza.",
				ES: "Los pagos en la nube para {name} se pidieron el {when} y no hay respuesta aún; recuérdeselo a soporte.",
			},
			Fix: doctor.Text{
				EN: "The operator decides the request on the terminal's settings page; the terminal takes it over at once.",
				NL: "De beheerder beslist over het verzoek op de instellingenpagina; de terminal neemt het meteen over.",
				FR: "L'exploitant tranche la demande sur la page des réglages ; le terminal la reprend aussitôt.",
				IT: "Il gestore decide la richiesta nella pagina delle impostazioni; il terminale la riprende subito.",
				ES: "El operador decide la petición en la página de ajustes; el terminal la toma enseguida.",
			},
		},
		Runbook: "SettingWished without SettingWishDecided. Check the contract of the account before enabling it.",
		Look: func(c *doctor.Chart) doctor.Sign {
			decided := make(map[string]bool)
			for _, e := range slices.Backward(c.Of("SettingWished", "SettingWishDecided")) {
				wish, ok := doctor.Read[estate.SettingWished](e) // both have the wish
				switch w := wish.Wish; {
				case !ok || w.Setting != webSocket || c.Terminal != nil && w.TID != c.Terminal.TID:
				case e.Kind == "SettingWishDecided":
					decided[w.ID] = true
				case !decided[w.ID]:
					args := past.Args(c)
					args["when"] = past.Instant(e.At)
					return doctor.Found(args, doctor.Entry(e, "settings", w.By+" asked for "+webSocket+", and nobody has decided"))
				}
			}
			return doctor.No("no request about WebSockets is open")
		},
	}
}
