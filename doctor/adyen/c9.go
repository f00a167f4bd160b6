package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// iconMissing is C9: the terminal's top bar shows no cloud: it is on, and has no link for payments.
func iconMissing() doctor.Rule {
	return doctor.Rule{
		ID: "C9", Code: "cloud_icon_missing", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankOrder + 8, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"no cloud icon", "cloud icon missing"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Without the cloud icon the terminal gets no payments",
				NL: "Zonder wolkpictogram krijgt de terminal geen betalingen",
				FR: "Sans l'icône de nuage, le terminal ne reçoit pas de paiements",
				IT: "Senza l'icona della nuvola il terminale non riceve pagamenti",
				ES: "Sin el icono de la nube el terminal no recibe pagos",
			},
			Shop: doctor.Text{
				EN: "{name} is on but not linked to us: open its Diagnostics, Terminal API, and look for the first red line.",
				NL: "{name} staat aan maar is niet met ons verbonden: open Diagnose, Terminal API en zoek de eerste rode regel.",
				FR: "{name} est allumé mais pas relié à nous : ouvrez Diagnostic, Terminal API, et cherchez la première ligne rouge.",
				IT: "{name} è acceso ma non collegato a noi: apri Diagnostica, Terminal API, e cerca la prima riga rossa.",
				ES: "{name} está encendido pero sin enlace con nosotros: abra Diagnóstico, Terminal API, y busque la primera línea roja.",
			},
			Fix: doctor.Text{
				EN: "API enabled or WebSocket enabled red is a setting, WebSocket connection red is the network or a firewall.",
				NL: "Is API of WebSocket enabled rood, dan is het een instelling; is WebSocket connection rood, dan het netwerk of een firewall.",
				FR: "API ou WebSocket enabled en rouge : un réglage ; WebSocket connection en rouge : le réseau ou un pare-feu.",
				IT: "API o WebSocket enabled in rosso è un'impostazione, WebSocket connection in rosso è la rete o un firewall.",
				ES: "API o WebSocket enabled en rojo es un ajuste; WebSocket connection en rojo es la red o un cortafuegos.",
			},
		},
		Runbook: "The icon is the link itself. What stands behind this finding says why the link is missing; with a link for management alone it is a setting.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !c.Shows("cloud icon") {
				return doctor.No("nobody misses the cloud icon")
			}
			r := c.Reach
			if r.State == "online" {
				return doctor.No("its link is up")
			}
			evidence := []doctor.Evidence{state(c, "it is "+r.State+": "+r.Reason)}
			if g, ok := past.Without(c); ok {
				evidence = append(evidence, g.Evidence())
			}
			return doctor.Found(past.Args(c), evidence...)
		},
	}
}
