package adyen

import (
	"fmt"
	"strconv"

	"kassa/doctor"
)

// listEmpty is C8: no terminal of the account is connected. An empty list alone does not tell whether they are off
// or not enabled; the evidence does.
func listEmpty() doctor.Rule {
	return doctor.Rule{
		ID: "C8", Code: "connected_list_empty", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Key, doctor.Installation}, Needs: []doctor.Need{doctor.NeedFleet}, Rank: doctor.RankNetwork + 1, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "See the terminals", Href: "/terminals"},
		Symptoms: []string{"uniqueTerminalIds", "connectedTerminals is empty", "no terminals"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "None of the terminals is connected",
				NL: "Geen van de terminals is verbonden",
				FR: "Aucun des terminaux n'est connecté",
				IT: "Nessuno dei terminali è collegato",
				ES: "Ninguno de los terminales está conectado",
			},
			Shop: doctor.Text{
				EN: "None of your {count} terminals is connected: check that they are on, then your internet connection.",
				NL: "Geen van uw {count} terminals is verbonden: controleer of ze aan staan en daarna uw internetverbinding.",
				FR: "Aucun de vos {count} terminaux n'est connecté : vérifiez qu'ils sont allumés, puis votre connexion Internet.",
				IT: "Nessuno dei tuoi {count} terminali è collegato: controlla che siano accesi e poi la connessione a internet.",
				ES: "Ninguno de sus {count} terminales está conectado: compruebe que están encendidos y luego su conexión a internet.",
			},
			Fix: doctor.Text{
				EN: "Ask about one of them: its own page tells whether it is off, without network, or not enabled for the cloud.",
				NL: "Vraag naar een ervan: zijn pagina zegt of hij uit staat, geen netwerk heeft of niet is aangezet voor de cloud.",
				FR: "Interrogez l'un d'eux : sa page dit s'il est éteint, sans réseau ou non activé pour le cloud.",
				IT: "Chiedi di uno di essi: la sua pagina dice se è spento, senza rete o non abilitato al cloud.",
				ES: "Pregunte por uno de ellos: su página dice si está apagado, sin red o no activado para la nube.",
			},
		},
		Developer: "uniqueTerminalIds is empty since all {count} terminals are offline, and not for want of permission.",
		Runbook:   "All of an account at once: one router, one provider, or a setting at the account's level. The answer's details object separates off, not enabled and unknown.",
		Look: func(c *doctor.Chart) doctor.Sign {
			f := c.Fleet
			switch {
			case f.Terminals == 0:
				return doctor.No("there is no terminal")
			case f.Offline < f.Terminals:
				return doctor.No(fmt.Sprintf("%d of %d terminals are connected", f.Terminals-f.Offline, f.Terminals))
			}
			args := map[string]string{"count": strconv.Itoa(f.Terminals)}
			return doctor.Found(args, c.Recorded("link", "links/1", "all "+args["count"]+" terminals are offline", "LinkDown"))
		},
	}
}
