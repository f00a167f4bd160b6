package adyen

import (
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// listStale is C1: what a list shows of a terminal is older than what the terminal itself says.
func listStale() doctor.Rule {
	return doctor.Rule{
		ID: "C1", Code: "list_status_stale", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankOrder + 8, Who: doctor.Shop, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"cloud symbol", "the list says connected", "list says online"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The list shows an older state than the terminal has",
				NL: "De lijst toont een oudere status dan de terminal heeft",
				FR: "La liste montre un état plus ancien que celui du terminal",
				IT: "L'elenco mostra uno stato più vecchio di quello del terminale",
				ES: "La lista muestra un estado más antiguo que el del terminal",
			},
			Shop: doctor.Text{
				EN: "Do not go by the list: press Check connection on {name}'s page, that asks the terminal itself.",
				NL: "Ga niet af op de lijst: druk op Verbinding controleren op de pagina van {name}, dat vraagt het de terminal zelf.",
				FR: "Ne vous fiez pas à la liste : appuyez sur Vérifier la connexion sur la page de {name}, cela interroge le terminal lui-même.",
				IT: "Non basarti sull'elenco: premi Verifica connessione sulla pagina di {name}, così si chiede al terminale stesso.",
				ES: "No se guíe por la lista: pulse Comprobar conexión en la página de {name}, así se pregunta al propio terminal.",
			},
			Fix: doctor.Text{
				EN: "Reload the list; a link that is cut without a word shows only when the next heartbeat is missing.",
				NL: "Laad de lijst opnieuw; een verbinding die zonder bericht wegvalt, is pas te zien als de volgende hartslag ontbreekt.",
				FR: "Rechargez la liste ; une liaison coupée sans un mot ne se voit qu'au prochain signal manquant.",
				IT: "Ricarica l'elenco; un collegamento caduto senza avviso si vede solo quando manca il segnale successivo.",
				ES: "Recargue la lista; un enlace cortado sin aviso solo se ve cuando falta la siguiente señal.",
			},
		},
		Runbook: "The live answer counts, the list is its last known state. Heartbeats come every few seconds; an age of more than two of them is old.",
		Look: func(c *doctor.Chart) doctor.Sign {
			r, p := c.Reach, c.Probe
			quiet := c.Now.Sub(r.Seen)
			switch {
			case r.State != "online" && (c.Shows("cloud symbol") || c.Shows("list says connected") || c.Shows("list says online")):
				return doctor.Found(past.Args(c), state(c, "it is "+r.State+" now: "+r.Reason))
			case p != nil && p.Failed == "" && len(p.Checks) > 0 && r.State != "online" && !r.Linked:
				return doctor.Found(past.Args(c), state(c, "the list says "+r.State),
					doctor.Evidence{At: p.At, Source: "terminal", Ref: past.Device(c), Says: "the terminal answered the check"})
			case r.State == "online" && c.Heartbeat > 0 && !r.Seen.IsZero() && quiet > 2*c.Heartbeat:
				return doctor.Found(past.Args(c), state(c, "the list says online"),
					doctor.Evidence{At: r.Seen, Source: "link", Ref: past.Device(c), Says: "it was last heard of " + quiet.Round(time.Second).String() + " ago"})
			}
			return doctor.No("the list is as new as the last heartbeat")
		},
	}
}
