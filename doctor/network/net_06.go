package network

import (
	"kassa/doctor"
)

// tlsInspected is NET-06: something on the way opens the terminal's encrypted connection, and the terminal does not
// stand that.
func tlsInspected() doctor.Rule {
	return doctor.Rule{
		ID: "NET-06", Code: "tls_inspected", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork, Who: doctor.Merchant, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"no connection", "It fails at: tls", "certificate", "disconnected"},
		Explains: []string{"wifi_lost", "never_delivered", "terminal_offline", "send_failed", "weak_signal", "link_unstable", "smartpad_no_network"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The network opens the terminal's encryption",
				NL: "Het netwerk opent de versleuteling van de terminal",
				FR: "Le réseau intercepte le chiffrement du terminal",
				IT: "La rete apre la cifratura del terminale",
				ES: "La red abre el cifrado del terminal",
			},
			Shop: doctor.Text{
				EN: "Your network looks into {name}'s encrypted connection, which it does not allow: call whoever manages your network.",
				NL: "Uw netwerk kijkt in de versleutelde verbinding van {name} en dat laat hij niet toe: bel de beheerder van uw netwerk.",
				FR: "Votre réseau examine la connexion chiffrée de {name}, qui ne l'accepte pas : appelez le responsable de votre réseau.",
				IT: "La rete guarda dentro la connessione cifrata di {name}, che non lo permette: chiama chi gestisce la rete.",
				ES: "Su red mira dentro de la conexión cifrada de {name}, que no lo permite: llame a quien gestiona su red.",
			},
			Fix: doctor.Text{
				EN: "Exempt the cloud's name from TLS inspection in the firewall, proxy or virus scanner. Then look at the terminal's clock.",
				NL: "Zonder de naam van de cloud uit van TLS-inspectie in firewall, proxy of virusscanner. Kijk daarna naar de klok van de terminal.",
				FR: "Exemptez le nom du cloud de l'inspection TLS du pare-feu, du proxy ou de l'antivirus. Vérifiez ensuite l'horloge du terminal.",
				IT: "Escludi il nome del cloud dall'ispezione TLS di firewall, proxy o antivirus. Poi controlla l'orologio del terminale.",
				ES: "Excluya el nombre de la nube de la inspección TLS del cortafuegos, proxy o antivirus. Mire después el reloj del terminal.",
			},
		},
		Developer: "The terminal failed at the step tls: the certificate that it saw is not the cloud's. Nothing in the requests causes it.",
		Runbook:   "The connection opened and its certificate was refused. Besides inspection it is a clock that is far off (see clock_skew), or a certificate of this installation that has run out: then all terminals fail.",
		Look:      fails("tls"),
	}
}
