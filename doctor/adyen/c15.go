package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// sendFailed is C15: a request was rejected at once, since the terminal had no link.
func sendFailed() doctor.Rule {
	return doctor.Rule{
		ID: "C15", Code: "send_failed", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankNetwork + 9, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"Failed to send message to POI", "There may be a network issue", "Terminal is not reachable", "UnreachableHost"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The request could not be sent to the terminal",
				NL: "Het verzoek kon niet naar de terminal worden gestuurd",
				FR: "La demande n'a pas pu être envoyée au terminal",
				IT: "La richiesta non ha potuto essere inviata al terminale",
				ES: "La petición no pudo enviarse al terminal",
			},
			Shop: doctor.Text{
				EN: "{name} was not connected when the payment was sent, and nothing was taken; connect it and start the payment again.",
				NL: "{name} was niet verbonden toen de betaling werd verstuurd en er is niets afgeschreven; verbind hem en start de betaling opnieuw.",
				FR: "{name} n'était pas connecté quand le paiement a été envoyé et rien n'a été débité ; connectez-le et relancez le paiement.",
				IT: "{name} non era collegato quando il pagamento è stato inviato e nulla è stato addebitato; collegalo e avvia di nuovo il pagamento.",
				ES: "{name} no estaba conectado al enviarse el pago y no se cobró nada; conéctelo e inicie el pago de nuevo.",
			},
			Fix: doctor.Text{
				EN: "See the other findings about the terminal: this one is only how its missing link looks from the cash register.",
				NL: "Kijk naar de andere bevindingen over de terminal: deze is alleen hoe de ontbrekende verbinding er vanuit de kassa uitziet.",
				FR: "Voyez les autres constats sur le terminal : celui-ci n'est que l'effet, vu de la caisse, de sa liaison manquante.",
				IT: "Guarda gli altri riscontri sul terminale: questo è solo l'effetto, visto dalla cassa, del collegamento mancante.",
				ES: "Mire los demás hallazgos del terminal: este es solo cómo se ve desde la caja la falta de enlace.",
			},
		},
		Developer: "{route} was rejected before it left (\"Failed to send message to POI\"): nothing was started, a new request with a new ServiceID is safe.",
		Runbook:   "The link was down at send time. When the terminal is online now, look at its links around the time of the call.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "poi_unreachable")
			switch {
			case !ok:
				return doctor.No("no request failed to reach the terminal")
			case past.Order(c) == nil && reachedSince(c, call):
				return doctor.No("requests have reached it since")
			}
			args := past.Args(c)
			args["route"] = call.Route
			return doctor.Found(args, said(call))
		},
	}
}
