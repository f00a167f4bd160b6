package network

import (
	"kassa/doctor"
)

// dnsBlocked is NET-04: the terminal's network does not tell it where the cloud is.
func dnsBlocked() doctor.Rule {
	return doctor.Rule{
		ID: "NET-04", Code: "dns_blocked", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork, Who: doctor.Merchant, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"no connection", "It fails at: resolve", "disconnected"},
		Explains: []string{"wifi_lost", "never_delivered", "terminal_offline", "send_failed", "weak_signal", "link_unstable", "smartpad_no_network"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal's network does not find the cloud's name",
				NL: "Het netwerk van de terminal vindt de naam van de cloud niet",
				FR: "Le réseau du terminal ne trouve pas le nom du cloud",
				IT: "La rete del terminale non trova il nome del cloud",
				ES: "La red del terminal no encuentra el nombre de la nube",
			},
			Shop: doctor.Text{
				EN: "{name} is on the network but cannot look up the payment service: restart the router, or call whoever manages your network.",
				NL: "{name} zit op het netwerk maar kan de betaaldienst niet opzoeken: herstart de router of bel de beheerder van uw netwerk.",
				FR: "{name} est sur le réseau mais ne peut trouver le service de paiement : redémarrez le routeur ou appelez le responsable de votre réseau.",
				IT: "{name} è in rete ma non riesce a trovare il servizio di pagamento: riavvia il router o chiama chi gestisce la rete.",
				ES: "{name} está en la red pero no encuentra el servicio de pago: reinicie el router o llame a quien gestiona su red.",
			},
			Fix: doctor.Text{
				EN: "Let the terminal use the router's DNS or another one, and take the cloud's name off any block list.",
				NL: "Laat de terminal de DNS van de router of een andere gebruiken en haal de naam van de cloud van blokkeerlijsten.",
				FR: "Laissez le terminal utiliser le DNS du routeur ou un autre, et retirez le nom du cloud des listes de blocage.",
				IT: "Lascia usare al terminale il DNS del router o un altro, e togli il nome del cloud dagli elenchi di blocco.",
				ES: "Deje que el terminal use el DNS del router u otro, y quite el nombre de la nube de las listas de bloqueo.",
			},
		},
		Developer: "The terminal failed at the step resolve: DNS. Nothing in the requests causes it.",
		Runbook:   "DNS is the first step; nothing behind it was tried. A guest network with a log-in page fails here too, and so does a network without internet.",
		Look:      fails("resolve"),
	}
}
