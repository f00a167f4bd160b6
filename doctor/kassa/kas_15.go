package kassa

import (
	"strconv"

	"kassa/doctor"
)

// deliveriesParked is KAS-15: webhooks were given up after their last try; nobody is told by itself any more.
func deliveriesParked() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-15", Code: "deliveries_parked", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Installation}, Needs: []doctor.Need{doctor.NeedHooks}, Rank: doctor.RankHook + 8, Who: doctor.Developer, Action: doctor.Action{Label: "See the deliveries", Href: "/webhooks"},
		Symptoms: []string{"webhook not received", "deliveries parked"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Webhooks were given up after many tries",
				NL: "Webhooks zijn na veel pogingen opgegeven",
				FR: "Des webhooks ont été abandonnés après de nombreux essais",
				IT: "Dei webhook sono stati abbandonati dopo molti tentativi",
				ES: "Se abandonaron webhooks tras muchos intentos",
			},
			Shop: doctor.Text{
				EN: "The web shop was not told of {count} results; payments are right here, its supplier has to fetch them.",
				NL: "De webwinkel heeft {count} resultaten niet gekregen; hier kloppen de betalingen, de leverancier moet ze ophalen.",
				FR: "La boutique n'a pas reçu {count} résultats ; les paiements sont justes ici, son fournisseur doit les récupérer.",
				IT: "Il negozio online non ha ricevuto {count} esiti; qui i pagamenti sono giusti, il fornitore deve recuperarli.",
				ES: "La tienda no recibió {count} resultados; aquí los pagos son correctos, su proveedor debe recuperarlos.",
			},
			Fix: doctor.Text{
				EN: "Mend the address {url} first, then send the parked deliveries again: one press sends them all, in order.",
				NL: "Herstel eerst het adres {url} en verstuur dan de geparkeerde berichten opnieuw: één druk stuurt ze alle in volgorde.",
				FR: "Réparez d'abord l'adresse {url}, puis renvoyez les messages mis de côté : une pression les envoie tous, dans l'ordre.",
				IT: "Ripara prima l'indirizzo {url}, poi invia di nuovo i messaggi accantonati: una pressione li invia tutti, in ordine.",
				ES: "Repare primero la dirección {url} y reenvíe después los mensajes apartados: una pulsación los envía todos, en orden.",
			},
		},
		Developer: "{count} deliveries to {url} are parked. Acknowledge with 200 in 10 s; a repeat has the same id, so that it may come twice.",
		Runbook:   "WebhookParked is the last try of each. The rule about the answer itself (webhook_…) tells what to change.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, hook := range c.Hooks {
				if hook.Parked == 0 {
					continue
				}
				args := map[string]string{"url": hook.URL, "count": strconv.Itoa(hook.Parked)}
				return doctor.Found(args, c.Recorded("webhook", hook.URL, args["count"]+" deliveries to "+hook.URL+" are parked", doctor.WebhookParked))
			}
			return doctor.No("no delivery is parked")
		},
	}
}
