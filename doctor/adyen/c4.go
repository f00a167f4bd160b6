package adyen

import (
	"slices"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
)

// notApplied is C4: the terminal itself has no cloud connection switched on, though it is enabled for it: it has
// not taken the setting over.
func notApplied() doctor.Rule {
	return doctor.Rule{
		ID: "C4", Code: "websocket_setting_not_applied", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedSettings, doctor.NeedTelemetry}, Rank: doctor.RankTerminal + 1, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "See its settings", Href: "/terminals/{terminal}/settings"},
		Symptoms: []string{"Cloud connection missing", "About this terminal", "WebSocket enabled is red"},
		Explains: []string{"never_delivered", "terminal_offline", "send_failed", "setting_pending"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has not taken over its cloud connection",
				NL: "De terminal heeft zijn cloudverbinding nog niet overgenomen",
				FR: "Le terminal n'a pas encore repris sa connexion cloud",
				IT: "Il terminale non ha ancora ripreso il collegamento al cloud",
				ES: "El terminal aún no ha tomado su conexión a la nube",
			},
			Shop: doctor.Text{
				EN: "Cloud payments are enabled but {name} does not know yet: restart it, then look at Settings, About this terminal.",
				NL: "Cloudbetalingen staan aan, maar {name} weet het nog niet: herstart hem en kijk dan bij Instellingen, Over deze terminal.",
				FR: "Les paiements cloud sont activés mais {name} ne le sait pas encore : redémarrez-le puis ouvrez Paramètres, À propos de ce terminal.",
				IT: "I pagamenti cloud sono abilitati ma {name} non lo sa ancora: riavvialo e guarda in Impostazioni, Informazioni sul terminale.",
				ES: "Los pagos en la nube están activados pero {name} aún no lo sabe: reinícielo y mire en Ajustes, Acerca de este terminal.",
			},
			Fix: doctor.Text{
				EN: "A terminal fetches its settings when it connects; one that refuses this setting has software that is too old.",
				NL: "Een terminal haalt zijn instellingen op als hij verbindt; weigert hij deze, dan is zijn software te oud.",
				FR: "Un terminal charge ses réglages à la connexion ; s'il refuse celui-ci, son logiciel est trop ancien.",
				IT: "Un terminale carica le impostazioni quando si collega; se rifiuta questa, il suo software è troppo vecchio.",
				ES: "Un terminal carga sus ajustes al conectarse; si rechaza este, su software es demasiado antiguo.",
			},
		},
		Runbook: "The record says enabled, the device disabled. Compare the time of the change with its last report; see setting_refused.",
		Look: func(c *doctor.Chart) doctor.Sign {
			s := c.Settings[webSocket]
			t, ok := past.Last(c)
			switch {
			case string(s.Value) == "false":
				return doctor.No("it is not enabled for the terminal at all")
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "it has not told its settings")
			case t.WSEnabled:
				return doctor.No("the terminal says that it is enabled")
			}
			evidence := []doctor.Evidence{past.Reported(t, "the terminal says: WebSocket not enabled"), {Source: "settings", Ref: webSocket, Says: "enabled for the terminal"}}
			for _, e := range slices.Backward(c.Of("SettingsChanged")) {
				if change, ok := doctor.Read[estate.SettingsChanged](e); ok && change.Set[webSocket] != nil {
					if e.At.After(t.At) && c.Now.Sub(e.At) < settleTime && (c.Reach == nil || c.Reach.State == "online") {
						return doctor.No("it was enabled just now")
					}
					evidence[1] = doctor.Entry(e, "settings", evidence[1].Says)
					break
				}
			}
			return doctor.Found(past.Args(c), evidence...)
		},
	}
}

// settleTime is how long a terminal that is online may take over a change of its settings.
const settleTime = 30 * time.Second
