package adyen

import (
	"kassa/doctor"
)

// apiOff is C10: the first red item of the device's Diagnostics page is "API enabled".
func apiOff() doctor.Rule {
	return doctor.Rule{
		ID: "C10", Code: "terminal_api_disabled", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedSettings}, Rank: doctor.RankTerminal, Who: doctor.Merchant, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "See its settings", Href: "/terminals/{terminal}/settings"},
		Symptoms: []string{"API enabled is red", "Diagnostics", "Terminal API", "cloud payments are switched off"},
		Explains: []string{"never_delivered", "terminal_offline", "send_failed", "connected_list_empty", "terminal_barred", "setting_pending"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The Terminal API is switched off for this terminal",
				NL: "De Terminal API staat voor deze terminal uit",
				FR: "L'API de terminal est désactivée pour ce terminal",
				IT: "La Terminal API è disattivata per questo terminale",
				ES: "La API de terminal está desactivada para este terminal",
			},
			Shop: doctor.Text{
				EN: "{name} takes no payments from the cash register because that is switched off; ask your administrator to switch it on.",
				NL: "{name} neemt geen betalingen van de kassa aan omdat dat uit staat; vraag uw beheerder het aan te zetten.",
				FR: "{name} n'accepte pas de paiements de la caisse, car c'est désactivé ; demandez à votre administrateur de l'activer.",
				IT: "{name} non accetta pagamenti dalla cassa perché è disattivato; chiedi all'amministratore di attivarlo.",
				ES: "{name} no acepta pagos de la caja porque está desactivado; pida a su administrador que lo active.",
			},
			Fix: doctor.Text{
				EN: "Set cloud.apiEnabled to true at the level where it was switched off. Its Diagnostics page then shows three green items.",
				NL: "Zet cloud.apiEnabled op true op het niveau waar het is uitgezet. De diagnosepagina toont dan drie groene regels.",
				FR: "Mettez cloud.apiEnabled à true au niveau où il a été désactivé. La page Diagnostic montre alors trois lignes vertes.",
				IT: "Imposta cloud.apiEnabled su true al livello in cui è stato disattivato. La pagina Diagnostica mostra allora tre voci verdi.",
				ES: "Ponga cloud.apiEnabled en true en el nivel donde se desactivó. La página de diagnóstico mostrará entonces tres líneas verdes.",
			},
		},
		Developer: "Orders for the terminal are refused and it is not in connectedTerminals: cloud.apiEnabled is false. No retry helps.",
		Runbook:   "Diagnostics, Terminal API: API enabled red is this rule, WebSocket enabled red is cloud_connection_disabled, WebSocket connection red is the network.",
		Look:      offline(terminal),
	}
}
