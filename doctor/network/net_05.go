package network

import (
	"kassa/doctor"
)

// outboundBlocked is NET-05: the terminal finds the cloud and cannot connect to it.
func outboundBlocked() doctor.Rule {
	return doctor.Rule{
		ID: "NET-05", Code: "outbound_blocked", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork, Who: doctor.Merchant, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"no connection", "It fails at: connect", "disconnected"},
		Explains: []string{"wifi_lost", "never_delivered", "terminal_offline", "send_failed", "weak_signal", "link_unstable", "smartpad_no_network"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A firewall keeps the terminal from the cloud",
				NL: "Een firewall houdt de terminal weg van de cloud",
				FR: "Un pare-feu empêche le terminal d'atteindre le cloud",
				IT: "Un firewall impedisce al terminale di raggiungere il cloud",
				ES: "Un cortafuegos impide al terminal llegar a la nube",
			},
			Shop: doctor.Text{
				EN: "{name} is on the network, and the network does not let it out to the payment service: call whoever manages your network.",
				NL: "{name} zit op het netwerk, maar het netwerk laat hem niet naar de betaaldienst: bel de beheerder van uw netwerk.",
				FR: "{name} est sur le réseau, mais celui-ci ne le laisse pas joindre le service de paiement : appelez le responsable de votre réseau.",
				IT: "{name} è in rete, ma la rete non lo lascia raggiungere il servizio di pagamento: chiama chi gestisce la rete.",
				ES: "{name} está en la red, pero la red no le deja llegar al servicio de pago: llame a quien gestiona su red.",
			},
			Fix: doctor.Text{
				EN: "Allow outgoing connections to the cloud's host and port (443), by name and not by address.",
				NL: "Sta uitgaande verbindingen naar host en poort (443) van de cloud toe, op naam en niet op adres.",
				FR: "Autorisez les connexions sortantes vers l'hôte et le port (443) du cloud, par nom et non par adresse.",
				IT: "Consenti le connessioni in uscita verso l'host e la porta (443) del cloud, per nome e non per indirizzo.",
				ES: "Permita las conexiones salientes al servidor y puerto (443) de la nube, por nombre y no por dirección.",
			},
		},
		Developer: "The terminal failed at the step connect: TCP. Nothing in the requests causes it.",
		Runbook:   "The name was found, so that DNS is good. When terminals of all shops fail alike, it is this installation's own door: see the status page.",
		Look:      fails("connect"),
	}
}
