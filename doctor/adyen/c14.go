package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// webSocketFiltered is C14: the terminal reaches the cloud's door, and what it sends over its WebSocket does not
// come through.
func webSocketFiltered() doctor.Rule {
	return doctor.Rule{
		ID: "C14", Code: "websocket_filtered", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork, Who: doctor.Merchant, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"WebSocket connection is red", "It fails at: write", "It fails at: read", "network prerequisites"},
		Explains: []string{"never_delivered", "wifi_lost", "terminal_offline", "send_failed", "weak_signal", "link_unstable", "smartpad_no_network", "terminal_silent"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The network does not let the terminal's WebSocket through",
				NL: "Het netwerk laat de WebSocket van de terminal niet door",
				FR: "Le réseau ne laisse pas passer le WebSocket du terminal",
				IT: "La rete non lascia passare il WebSocket del terminale",
				ES: "La red no deja pasar el WebSocket del terminal",
			},
			Shop: doctor.Text{
				EN: "{name} reaches the payment service, but your network swallows what they say: call whoever manages your network.",
				NL: "{name} bereikt de betaaldienst, maar uw netwerk slikt in wat ze zeggen: bel de beheerder van uw netwerk.",
				FR: "{name} joint le service de paiement, mais votre réseau avale leurs messages : appelez le responsable de votre réseau.",
				IT: "{name} raggiunge il servizio di pagamento, ma la rete inghiotte i messaggi: chiama chi gestisce la rete.",
				ES: "{name} llega al servicio de pago, pero su red se traga los mensajes: llame a quien gestiona su red.",
			},
			Fix: doctor.Text{
				EN: "Let outgoing port 443 through by DNS name, without a proxy that does not know WebSockets; port 8443 within the shop.",
				NL: "Laat uitgaand poort 443 op DNS-naam door, zonder proxy die geen WebSockets kent; poort 8443 binnen de winkel.",
				FR: "Laissez passer le port 443 sortant par nom DNS, sans proxy ignorant les WebSockets ; le port 8443 dans le magasin.",
				IT: "Lascia passare la porta 443 in uscita per nome DNS, senza un proxy che non conosce i WebSocket; la porta 8443 nel negozio.",
				ES: "Deje pasar el puerto 443 de salida por nombre DNS, sin un proxy que no conozca WebSockets; el 8443 dentro de la tienda.",
			},
		},
		Developer: "The terminal failed at the step write or read, behind TLS. Nothing in the requests causes it.",
		Runbook:   "DNS, TCP and TLS are good. A proxy that answers the upgrade itself, a firewall that looks at the content, or a radio that sleeps.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !past.NeedsLink(c) {
				return past.LinkWasThere()
			}
			f, ok := past.Failed(c)
			switch {
			case !ok:
				return doctor.No("its messages come through, or it has not told otherwise")
			case f.Step != "write" && f.Step != "read":
				return doctor.No("it failed at the step " + f.Step)
			}
			evidence := []doctor.Evidence{f.Evidence}
			if g, away := past.Without(c); away {
				evidence = append(evidence, g.Evidence())
			}
			return doctor.Found(past.Args(c), evidence...)
		},
	}
}
