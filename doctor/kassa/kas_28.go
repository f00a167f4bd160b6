package kassa

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// cloudRestarted is KAS-28: this installation was started just now, and the terminal has not come back yet.
func cloudRestarted() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-28", Code: "cloud_restarted", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankTerminal, Who: doctor.Nobody,
		Symptoms: []string{"unknown", "disconnected"},
		Explains: []string{"terminal_offline", "list_status_stale", "terminal_silent"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The service was just restarted",
				NL: "De dienst is net opnieuw gestart",
				FR: "Le service vient de redémarrer",
				IT: "Il servizio è appena stato riavviato",
				ES: "El servicio acaba de reiniciarse",
			},
			Shop: doctor.Text{
				EN: "The payment service was restarted and {name} connects again by itself; wait a minute.",
				NL: "De betaaldienst is opnieuw gestart en {name} maakt vanzelf weer verbinding; wacht een minuut.",
				FR: "Le service de paiement a redémarré et {name} se reconnecte de lui-même ; attendez une minute.",
				IT: "Il servizio di pagamento è stato riavviato e {name} si ricollega da solo; attendi un minuto.",
				ES: "El servicio de pago se reinició y {name} se conecta solo; espere un minuto.",
			},
			Fix: doctor.Text{
				EN: "Wait. What stays away for more than two minutes has another cause: ask again then.",
				NL: "Wacht. Wat langer dan twee minuten wegblijft, heeft een andere oorzaak: vraag het dan nog eens.",
				FR: "Attendez. Ce qui reste absent plus de deux minutes a une autre cause : redemandez alors.",
				IT: "Attendi. Ciò che manca per più di due minuti ha un'altra causa: chiedi di nuovo allora.",
				ES: "Espere. Lo que falte más de dos minutos tiene otra causa: vuelva a preguntar entonces.",
			},
		},
		Developer: "Its state is unknown until it has connected to the process that runs now. Orders are kept, and shown when it is back.",
		Runbook:   "The state is unknown with the reason restarted. Terminals come back within their own back-off, at most a minute.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Reach.State != "unknown" {
				return doctor.No("its state is " + c.Reach.State)
			}
			return doctor.Found(past.Args(c), doctor.Evidence{At: c.Reach.Since, Source: "link", Ref: past.Device(c), Says: "it has not come back since this installation was started"})
		},
	}
}
