package adyen

import (
	"kassa/doctor"
)

// cloudDisabled is C2: cloud connections are not enabled for the terminal, so that it takes no payments from the
// cloud.
func cloudDisabled() doctor.Rule {
	return doctor.Rule{
		ID: "C2", Code: "cloud_connection_disabled", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedSettings}, Rank: doctor.RankTerminal, Who: doctor.Operator, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "See its settings", Href: "/terminals/{terminal}/settings"},
		Symptoms: []string{"minus", "WebSockets not enabled", "terminal is disconnected", "Failed to send message to POI", "cloud payments are not enabled"},
		Explains: []string{"never_delivered", "terminal_offline", "send_failed", "websocket_setting_not_applied", "connected_list_empty", "terminal_barred", "setting_pending"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Cloud payments are not enabled for this terminal",
				NL: "Cloudbetalingen staan voor deze terminal niet aan",
				FR: "Les paiements par le cloud ne sont pas activés pour ce terminal",
				IT: "I pagamenti dal cloud non sono abilitati per questo terminale",
				ES: "Los pagos desde la nube no están activados para este terminal",
			},
			Shop: doctor.Text{
				EN: "{name} works but takes no payments from the cash register until support has enabled its cloud connection; ask support.",
				NL: "{name} werkt, maar neemt geen betalingen van de kassa aan zolang support de cloudverbinding niet heeft aangezet; vraag support.",
				FR: "{name} fonctionne mais n'accepte aucun paiement de la caisse tant que l'assistance n'a pas activé sa connexion cloud ; contactez-la.",
				IT: "{name} funziona ma non accetta pagamenti dalla cassa finché l'assistenza non abilita il collegamento al cloud; chiedi all'assistenza.",
				ES: "{name} funciona pero no acepta pagos de la caja hasta que soporte active su conexión a la nube; pida ayuda a soporte.",
			},
			Fix: doctor.Text{
				EN: "Set cloud.webSocketEnabled (Settings, Integrations, Enable WebSockets) for it; who may not change that can ask for it there.",
				NL: "Zet cloud.webSocketEnabled aan (Instellingen, Integraties, WebSockets inschakelen); wie dat niet mag, kan het daar aanvragen.",
				FR: "Activez cloud.webSocketEnabled (Paramètres, Intégrations, Activer WebSockets) ; qui n'en a pas le droit peut le demander au même endroit.",
				IT: "Attiva cloud.webSocketEnabled (Impostazioni, Integrazioni, Abilita WebSocket); chi non può cambiarlo può richiederlo lì.",
				ES: "Active cloud.webSocketEnabled (Ajustes, Integraciones, Activar WebSockets); quien no pueda cambiarlo puede pedirlo allí.",
			},
		},
		Developer: "The terminal is not in connectedTerminals and refuses orders: WebSockets are not enabled for it. No retry helps.",
		Runbook:   "The link may be up for management all the same. See at which level the setting is false: terminal, shop, group or account.",
		Look:      offline(webSocket),
	}
}
