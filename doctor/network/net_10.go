package network

import (
	"slices"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
)

// cloneSuspected is NET-10: two links with the same device's key were alive at once: somebody may have copied it.
func cloneSuspected() doctor.Rule {
	return doctor.Rule{
		ID: "NET-10", Code: "clone_suspected", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankTerminal, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"replaced", "disconnected", "connection unstable"},
		Explains: []string{"link_unstable", "wifi_lost", "terminal_offline", "send_failed", "key_replay", "terminal_silent", "firewall_idle_cut"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Two devices answer as this terminal",
				NL: "Twee toestellen melden zich als deze terminal",
				FR: "Deux appareils se présentent comme ce terminal",
				IT: "Due dispositivi si presentano come questo terminale",
				ES: "Dos equipos se presentan como este terminal",
			},
			Shop: doctor.Text{
				EN: "A second device uses the identity of {name}: stop taking cards on it, keep it aside, and call support.",
				NL: "Een tweede toestel gebruikt de identiteit van {name}: neem er geen kaarten meer op aan, leg het apart en bel support.",
				FR: "Un second appareil utilise l'identité de {name} : n'y acceptez plus de carte, mettez-le de côté et appelez l'assistance.",
				IT: "Un secondo dispositivo usa l'identità di {name}: non accettarvi più carte, mettilo da parte e chiama l'assistenza.",
				ES: "Un segundo equipo usa la identidad de {name}: no acepte más tarjetas en él, apártelo y llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Block the terminal, find both devices by their addresses ({address}), and board it anew with new keys. A simulator that was started twice does it too.",
				NL: "Blokkeer de terminal, zoek beide toestellen via hun adressen ({address}) en neem hem opnieuw op met nieuwe sleutels. Ook een dubbel gestarte simulator doet dit.",
				FR: "Bloquez le terminal, trouvez les deux appareils par leurs adresses ({address}) et réenregistrez-le avec de nouvelles clés. Un simulateur lancé deux fois le fait aussi.",
				IT: "Blocca il terminale, trova entrambi i dispositivi dagli indirizzi ({address}) e registralo di nuovo con chiavi nuove. Anche un simulatore avviato due volte lo causa.",
				ES: "Bloquee el terminal, busque ambos equipos por sus direcciones ({address}) y dé de alta el terminal con claves nuevas. Un simulador iniciado dos veces también lo causa.",
			},
		},
		Developer: "The terminal's link is replaced by another holder of its key; orders go to the newest link.",
		Runbook:   "CloneSuspected has both addresses. The same address twice is most often one host with two processes; different ones are an alarm: treat the key as stolen.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, e := range slices.Backward(c.Of("CloneSuspected")) {
				clone, ok := doctor.Read[estate.CloneSuspected](e)
				if !ok || clone.POIID != past.Device(c) || c.Now.Sub(e.At) > alarmLasts {
					continue
				}
				args := past.Args(c)
				args["address"] = clone.Address + ", " + clone.OlderAddress
				return doctor.Found(args, doctor.Entry(e, "link", "two links with its key were alive at once, from "+args["address"]))
			}
			return doctor.No("no two links with its key were alive at once within a day")
		},
	}
}

// alarmLasts is how long an alarm about a key stands.
const alarmLasts = 24 * time.Hour
