package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// silent is C13: the terminal is on and linked, and does not answer.
func silent() doctor.Rule {
	return doctor.Rule{
		ID: "C13", Code: "terminal_silent", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork + 3, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Restart it", Href: "/terminals/{terminal}"},
		Symptoms: []string{"on but not connected", "does not answer", "no answer"},
		Explains: []string{"list_status_stale", "never_delivered", "no_response_from_poi"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is on but does not answer",
				NL: "De terminal staat aan maar antwoordt niet",
				FR: "Le terminal est allumé mais ne répond pas",
				IT: "Il terminale è acceso ma non risponde",
				ES: "El terminal está encendido pero no responde",
			},
			Shop: doctor.Text{
				EN: "{name} has a connection but does not answer: restart it, hold the power button for 3 seconds.",
				NL: "{name} heeft verbinding maar antwoordt niet: herstart hem, houd de aan-uitknop 3 seconden ingedrukt.",
				FR: "{name} a une connexion mais ne répond pas : redémarrez-le en maintenant le bouton d'alimentation 3 secondes.",
				IT: "{name} ha un collegamento ma non risponde: riavvialo tenendo premuto il pulsante di accensione per 3 secondi.",
				ES: "{name} tiene conexión pero no responde: reinícielo manteniendo pulsado el botón de encendido 3 segundos.",
			},
			Fix: doctor.Text{
				EN: "When a restart does not help, the network loses what is sent: try another network, and look for a firewall between.",
				NL: "Helpt een herstart niet, dan verliest het netwerk wat wordt verstuurd: probeer een ander netwerk en zoek een firewall ertussen.",
				FR: "Si un redémarrage n'aide pas, le réseau perd ce qui est envoyé : essayez un autre réseau et cherchez un pare-feu.",
				IT: "Se il riavvio non basta, la rete perde ciò che viene inviato: prova un'altra rete e cerca un firewall in mezzo.",
				ES: "Si reiniciar no ayuda, la red pierde lo que se envía: pruebe otra red y busque un cortafuegos en medio.",
			},
		},
		Developer: "The link is open and silent. Do not send the payment elsewhere before its outcome is known.",
		Runbook:   "stale: a heartbeat is missing. It becomes offline by itself when nothing comes for long. mute and deaf faults, a sleeping radio and half-open TCP look alike.",
		Look: func(c *doctor.Chart) doctor.Sign {
			r := c.Reach
			switch {
			case r.State == "stale":
				return doctor.Found(past.Args(c), state(c, "its link is open, and its heartbeat is missing"),
					doctor.Evidence{At: r.Seen, Source: "link", Ref: past.Device(c), Says: "it was last heard of"})
			case r.Linked && c.Probe != nil && c.Probe.Failed != "":
				return doctor.Found(past.Args(c), doctor.Evidence{At: c.Probe.At, Source: "terminal", Ref: past.Device(c), Says: "it did not answer a check: " + c.Probe.Failed})
			}
			return doctor.No("it answers, or has no link")
		},
	}
}
