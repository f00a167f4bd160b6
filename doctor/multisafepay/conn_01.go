package multisafepay

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// How many links must break before a connection counts as unstable: in an hour, or in a day.
const (
	lostInHour = 3
	lostInDay  = 6
)

// linkUnstable is CONN-01: the connection comes and goes. One loss is nothing: the terminal comes back by itself.
func linkUnstable() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-01", Code: "link_unstable", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork + 5, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"connection unstable", "terminal keeps disconnecting", "disconnected", "no connection to the server"},
		Explains: []string{"never_delivered", "wifi_lost", "terminal_offline", "send_failed", "cloud_icon_missing"},
		Action:   doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal's connection keeps breaking", NL: "De verbinding van de terminal valt steeds weg",
				FR: "La connexion du terminal se coupe sans cesse", IT: "Il collegamento del terminale cade di continuo",
				ES: "La conexión del terminal se corta una y otra vez",
			},
			Shop: doctor.Text{
				EN: "{name} lost its connection {times} times in a short while: put it closer to the router, check the router's cables and restart the router.",
				NL: "{name} raakte in korte tijd {times} keer de verbinding kwijt: zet hem dichter bij de router, controleer de kabels van de router en start de router opnieuw.",
				FR: "{name} a perdu sa connexion {times} fois en peu de temps : rapprochez-le du routeur, vérifiez les câbles du routeur et redémarrez celui-ci.",
				IT: "{name} ha perso il collegamento {times} volte in poco tempo: avvicinalo al router, controlla i cavi del router e riavvialo.",
				ES: "{name} perdió la conexión {times} veces en poco tiempo: acérquelo al router, revise los cables del router y reinícielo.",
			},
			Fix: doctor.Text{
				EN: "Check the router's cabling and the strength of the network at the terminal; use a cable where the model has a port for one.",
				NL: "Controleer de bekabeling van de router en de sterkte van het netwerk bij de terminal; gebruik een kabel als het model er een aansluiting voor heeft.",
				FR: "Vérifiez le câblage du routeur et la force du réseau à l'endroit du terminal ; utilisez un câble si le modèle a une prise.",
				IT: "Controlla il cablaggio del router e la forza della rete presso il terminale; usa un cavo se il modello ha una presa.",
				ES: "Revise el cableado del router y la intensidad de la red junto al terminal; use un cable si el modelo tiene una toma.",
			},
		},
		Developer: "The terminal's link broke {times} times around this order; an order that waits is delivered when it is back, within its lifetime.",
		Runbook: "Look at the LinkDown entries: regular intervals point to a firewall that cuts idle connections, a low signal to the Wi-Fi, " +
			"losses of all terminals of the shop at the same instants to the router or the line.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !wantsLink(c) {
				return past.LinkWasThere()
			}
			_, until := past.Span(c)
			all := losses(c, until.Add(-day), until)
			off := append(powerless(c, all), rekeyed(c, all)...) // the end of its link says nothing of the network then
			all = slices.DeleteFunc(all, func(g past.Gap) bool {
				return slices.ContainsFunc(off, func(o past.Gap) bool { return o.From.Equal(g.From) })
			})
			lost, within := slices.DeleteFunc(slices.Clone(all), func(g past.Gap) bool { return !g.From.After(until.Add(-time.Hour)) }), "hour"
			switch {
			case len(lost) >= lostInHour:
			case len(all) >= lostInDay:
				lost, within = all, "day"
			case len(off) > 0:
				return doctor.No(fmt.Sprintf("%d links broke within an hour, and in %d gaps of the day it was without power or got other keys", len(lost), len(off)))
			default:
				return doctor.No(fmt.Sprintf("%d links broke within an hour; %d would be a pattern", len(lost), lostInHour))
			}
			args := about(c)
			args["times"] = strconv.Itoa(len(lost))
			evidence := []doctor.Evidence{{At: until, Source: "link", Ref: past.Device(c), Says: fmt.Sprintf("%d links broke within the %s before", len(lost), within)}}
			for _, g := range lost[max(0, len(lost)-5):] {
				evidence = append(evidence, g.Evidence())
			}
			if t, ok := past.Last(c); ok && t.Network != "" {
				evidence = append(evidence, past.Reported(t, "network "+t.Network+past.Signal(t)))
			}
			return doctor.Found(args, evidence...)
		},
	}
}
