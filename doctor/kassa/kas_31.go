package kassa

import (
	"kassa"
	"kassa/doctor"
)

// terminalUnable is KAS-31: the terminal itself said that it cannot take cards, and nothing tells why.
func terminalUnable() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-31", Code: "terminal_unable", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 6, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"terminal not ready", "configuration error"},
		Explains: []string{"config_error"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal says that it cannot take cards",
				NL: "De terminal zegt dat hij geen kaarten kan aannemen",
				FR: "Le terminal dit ne pas pouvoir accepter de cartes",
				IT: "Il terminale dice di non poter accettare carte",
				ES: "El terminal dice que no puede aceptar tarjetas",
			},
			Shop: doctor.Text{
				EN: "The terminal is not ready for cards: restart it, try once more, and call support when it says so again.",
				NL: "De terminal is niet klaar voor kaarten: start hem opnieuw, probeer het nog eens en bel support als hij het weer zegt.",
				FR: "Le terminal n'est pas prêt pour les cartes : redémarrez-le, réessayez une fois, et appelez l'assistance s'il le redit.",
				IT: "Il terminale non è pronto per le carte: riavvialo, riprova una volta e chiama l'assistenza se lo ripete.",
				ES: "El terminal no está listo para tarjetas: reinícielo, pruebe otra vez y llame a soporte si lo repite.",
			},
			Fix: doctor.Text{
				EN: "Look at the terminal's keys, its reader and its alarms on its page; test the connection, which makes it check itself.",
				NL: "Kijk op zijn pagina naar sleutels, lezer en alarmen; test de verbinding, dan controleert hij zichzelf.",
				FR: "Regardez sur sa page ses clés, son lecteur et ses alarmes ; testez la connexion, il se contrôle alors lui-même.",
				IT: "Guarda sulla sua pagina chiavi, lettore e allarmi; prova il collegamento, così si controlla da solo.",
				ES: "Mire en su página sus claves, su lector y sus alarmas; pruebe la conexión, así se comprueba a sí mismo.",
			},
		},
		Developer: "The order ended with poi_unable; nothing was taken.",
		Runbook:   "The terminal answered DeviceOut or NotAllowed. Its telemetry at that time tells which part is out of order.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.End != kassa.POIUnable {
				return doctor.No("the terminal did not refuse the order")
			}
			if c.Tampered || c.Device != nil && !c.Device.Configured {
				return doctor.No("its keys are gone, and it says why")
			}
			return doctor.Likely(nil, ended(c, "the terminal refused the order: it cannot take cards"))
		},
	}
}
