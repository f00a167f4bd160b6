package multisafepay

import (
	"kassa/doctor"
)

// eventsBlockedByBrowser is EVT-01: a browser does not let a web page read the event stream.
func eventsBlockedByBrowser() doctor.Rule {
	return doctor.Rule{
		ID: "EVT-01", Code: "event_stream_cors", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order, doctor.Key},
		Rank: doctor.RankHook + 2, Who: doctor.Developer,
		Symptoms: []string{"CORS", "blocked by CORS policy", "event stream"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The browser blocks the event stream",
				NL: "De browser blokkeert de eventstream",
				FR: "Le navigateur bloque le flux d'événements",
				IT: "Il browser blocca il flusso di eventi",
				ES: "El navegador bloquea el flujo de eventos",
			},
			Shop: doctor.Text{
				EN: "The page of the cash register does not follow the payment; look at the terminal for the result and tell who maintains the register.",
				NL: "De pagina van de kassa volgt de betaling niet; kijk op de terminal voor de uitslag en meld het aan wie de kassa onderhoudt.",
				FR: "La page de la caisse ne suit pas le paiement ; voyez le résultat sur le terminal et prévenez le responsable de la caisse.",
				IT: "La pagina della cassa non segue il pagamento; guarda il risultato sul terminale e avvisa chi segue la cassa.",
				ES: "La página de la caja no sigue el pago; mire el resultado en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Open events_stream_url with the events_token alone: this installation lets pages read it. Every other call belongs on a server; a proxy in between must pass the CORS headers on.",
				NL: "Open events_stream_url alleen met het events_token: deze installatie laat pagina's dat lezen. Elke andere aanroep hoort op een server; een proxy ertussen moet de CORS-headers doorgeven.",
				FR: "Ouvrez events_stream_url avec le seul events_token : cette installation permet aux pages de le lire. Tout autre appel doit venir d'un serveur ; un proxy intermédiaire doit transmettre les en-têtes CORS.",
				IT: "Apri events_stream_url con il solo events_token: questa installazione permette alle pagine di leggerlo. Ogni altra chiamata spetta a un server; un proxy in mezzo deve passare le intestazioni CORS.",
				ES: "Abra events_stream_url solo con el events_token: esta instalación deja que las páginas lo lean. Las demás llamadas van en un servidor; un proxy intermedio debe dejar pasar las cabeceras CORS.",
			},
			Question: doctor.Text{
				EN: "Does the console of the browser name CORS and the event stream?",
				NL: "Noemt de console van de browser CORS en de eventstream?",
				FR: "La console du navigateur mentionne-t-elle CORS et le flux d'événements ?",
				IT: "La console del browser nomina CORS e il flusso di eventi?",
				ES: "¿La consola del navegador menciona CORS y el flujo de eventos?",
			},
		},
		Developer: "GET events_stream_url answers with Access-Control-Allow-Origin: *. At MultiSafepay itself it does not: there a backend proxy is needed.",
		Runbook:   "Open the stream with curl: when that works, a proxy or the page is the cause.",
	}
}
