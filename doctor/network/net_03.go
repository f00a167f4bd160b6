package network

import (
	"fmt"
	"slices"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// idleCut is NET-03: something on the way cuts the connection after the same time, again and again.
func idleCut() doctor.Rule {
	return doctor.Rule{
		ID: "NET-03", Code: "firewall_idle_cut", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork, Who: doctor.Merchant, Contact: doctor.GeneralSupport,
		Symptoms: []string{"connection unstable", "disconnected", "keeps disconnecting"},
		Explains: []string{"link_unstable", "wifi_lost", "never_delivered", "terminal_offline", "send_failed", "weak_signal", "daily_reboot"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A firewall cuts the connection every {seconds} seconds",
				NL: "Een firewall verbreekt de verbinding elke {seconds} seconden",
				FR: "Un pare-feu coupe la connexion toutes les {seconds} secondes",
				IT: "Un firewall interrompe il collegamento ogni {seconds} secondi",
				ES: "Un cortafuegos corta la conexión cada {seconds} segundos",
			},
			Shop: doctor.Text{
				EN: "{name} loses its connection every {seconds} seconds: whoever manages your network must let the connection stay open.",
				NL: "{name} verliest elke {seconds} seconden de verbinding: de beheerder van uw netwerk moet de verbinding open laten staan.",
				FR: "{name} perd sa connexion toutes les {seconds} secondes : le responsable de votre réseau doit la laisser ouverte.",
				IT: "{name} perde il collegamento ogni {seconds} secondi: chi gestisce la rete deve lasciarlo aperto.",
				ES: "{name} pierde la conexión cada {seconds} segundos: quien gestiona su red debe dejarla abierta.",
			},
			Fix: doctor.Text{
				EN: "Raise the firewall's or proxy's time-out for idle and for long connections to an hour at least, and let WebSocket pings through.",
				NL: "Zet de time-out van de firewall of proxy voor stille en lange verbindingen op minstens een uur en laat WebSocket-pings door.",
				FR: "Portez à une heure au moins le délai du pare-feu ou du proxy pour les connexions longues ou inactives, et laissez passer les pings WebSocket.",
				IT: "Porta ad almeno un'ora il limite del firewall o proxy per le connessioni inattive e lunghe, e lascia passare i ping WebSocket.",
				ES: "Suba a una hora al menos el límite del cortafuegos o proxy para conexiones inactivas y largas, y deje pasar los pings de WebSocket.",
			},
		},
		Developer: "Nothing in the requests causes it: the terminal's own link lives {seconds} s each time.",
		Runbook:   "The lives of its last links are alike to within a few seconds. 60 and 300 s are usual limits of proxies, 1800 and 3600 s of firewalls. A radio does not break to the second.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !past.NeedsLink(c) {
				return past.LinkWasThere()
			}
			_, until := past.Span(c)
			var lives []past.Gap
			for _, g := range slices.Backward(past.Gaps(c)) {
				if g.From.After(until) {
					continue
				}
				if !g.Broke() || g.Opened.IsZero() || !alike(g, lives, c.Heartbeat) {
					break
				}
				lives = append(lives, g)
			}
			if len(lives) < leastLives || until.Sub(lives[0].From) > max(past.Recently, 2*life(lives[0])) {
				return doctor.No("its links did not end after the same time again and again")
			}
			args := past.Args(c)
			args["seconds"] = doctor.Seconds(life(lives[0]).Round(time.Second))
			evidence := make([]doctor.Evidence, 0, len(lives))
			for _, g := range lives[:min(len(lives), 5)] {
				evidence = append(evidence, doctor.Entry(g.Down, "link", fmt.Sprintf("a link ended after %s: %s", life(g).Round(time.Second), g.Reason)))
			}
			if len(lives) > leastLives {
				return doctor.Found(args, evidence...)
			}
			return doctor.Likely(args, evidence...)
		},
	}
}

// leastLives is how many links must have lived equally long; with more it is certain.
const leastLives = 3

func life(g past.Gap) time.Duration { return g.From.Sub(g.Opened) }

// alike tells whether a link lived as long as others, to a fiftieth or half a heartbeat. One that died before its
// third heartbeat never worked.
func alike(g past.Gap, others []past.Gap, heartbeat time.Duration) bool {
	if life(g) < 3*heartbeat {
		return false
	}
	for _, o := range others {
		if (life(g) - life(o)).Abs() > max(heartbeat/2, life(o)/50) {
			return false
		}
	}
	return true
}
