package kassa

import (
	"kassa/doctor"
)

// cloudRestarted is KAS-28: this installation was started just now, and the terminal has not come back yet.
func cloudRestarted() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-28", Code: "cloud_restarted", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal}, Rank: doctor.RankTerminal, Who: doctor.Nobody,
		Symptoms: []string{"unknown", "disconnected"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The service was just restarted",
				NL: "De dienst is net opnieuw gestart",
				FR: "Le service vient de redémarrer",
				IT: "Il servizio è appena stato riavviato",
				ES: "El servicio acaba de reiniciarse",
			},
			Shop: doctor.Text{
				EN: "The payment service was restarted and the terminal connects again by itself; wait a minute.",
				NL: "De betaaldienst is opnieuw gestart en de terminal maakt vanzelf weer verbinding; wacht een minuut.",
				FR: "Le service de paiement a redémarré et le terminal se reconnecte de lui-même ; attendez une minute.",
				IT: "Il servizio di pagamento è stato riavviato e il terminale si ricollega da solo; attendi un minuto.",
				ES: "El servicio de pago se reinició y el terminal se conecta solo; espere un minuto.",
			},
			Fix: doctor.Text{
				EN: "Wait. What stays away for more than two minutes has another cause: ask again then.",
				NL: "Wacht. Wat langer dan twee minuten wegblijft, heeft een andere oorzaak: vraag het dan nog eens.",
				FR: "Attendez. Ce qui reste absent plus de deux minutes a une autre cause : redemandez alors.",
				IT: "Attendi. Ciò che manca per più di due minuti ha un'altra causa: chiedi di nuovo allora.",
				ES: "Espere. Lo que falte más de dos minutos tiene otra causa: vuelva a preguntar entonces.",
			},
			Question: doctor.Text{
				EN: "Was this installation started within the last two minutes?",
				NL: "Is deze installatie in de laatste twee minuten gestart?",
				FR: "Cette installation a-t-elle démarré il y a moins de deux minutes ?",
				IT: "Questa installazione è stata avviata negli ultimi due minuti?",
				ES: "¿Se inició esta instalación en los últimos dos minutos?",
			},
		},
		Developer: "Its state is unknown until it has connected to the process that runs now. Orders are kept, and shown when it is back.",
		Runbook:   "The state is unknown with the reason restarted. Terminals come back within their own back-off, at most a minute.",
	}
}
