package kassa

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// readerOut is KAS-21: the terminal's card reader is out of order.
func readerOut() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-21", Code: "card_reader_out", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankTerminal, Who: doctor.Shop, Contact: doctor.PointOfSale, Action: doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Symptoms: []string{"card not read", "card reader", "order cancelled by itself"},
		Explains: []string{"expired_no_card", "use_magstripe", "stopped_at_terminal", "config_error"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card reader is out of order",
				NL: "De kaartlezer is defect",
				FR: "Le lecteur de cartes est hors service",
				IT: "Il lettore di carte è fuori servizio",
				ES: "El lector de tarjetas está averiado",
			},
			Shop: doctor.Text{
				EN: "{name} cannot read cards: restart it, and use another terminal when that does not help.",
				NL: "{name} kan geen kaarten lezen: start hem opnieuw en gebruik een andere terminal als dat niet helpt.",
				FR: "{name} ne peut pas lire les cartes : redémarrez-le et utilisez un autre terminal si cela n'aide pas.",
				IT: "{name} non riesce a leggere le carte: riavvialo e, se non basta, usa un altro terminale.",
				ES: "{name} no puede leer tarjetas: reinícielo y, si no ayuda, use otro terminal.",
			},
			Fix: doctor.Text{
				EN: "Look for something stuck in the chip slot. When the reader stays out of order after a restart, return the device.",
				NL: "Kijk of er iets in de chipgleuf zit. Blijft de lezer na een herstart defect, stuur het toestel dan terug.",
				FR: "Vérifiez qu'aucun objet n'est coincé dans la fente. Si le lecteur reste hors service après un redémarrage, renvoyez l'appareil.",
				IT: "Controlla che nella fessura non ci sia nulla. Se il lettore resta fuori servizio dopo un riavvio, restituisci il dispositivo.",
				ES: "Mire si hay algo atascado en la ranura. Si el lector sigue averiado tras reiniciar, devuelva el equipo.",
			},
		},
		Developer: "The terminal shows orders and reads no card: they end for want of one.",
		Runbook:   "Telemetry says cardReader false. It is not for want of a card that its orders end: see when it began, and start a return when a restart changes nothing.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, ok := past.Last(c)
			switch o := past.Order(c); {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "the terminal had not told how it is by then")
			case t.CardReader:
				return doctor.No("its card reader was well at " + past.Instant(t.At))
			case o != nil && (o.Status == kassa.Completed || len(o.Attempts) > 0 && o.Attempt().Last() != nil):
				return doctor.No("a card was read all the same")
			}
			return doctor.Found(past.Args(c), past.Reported(t, "its card reader is out of order"))
		},
	}
}
