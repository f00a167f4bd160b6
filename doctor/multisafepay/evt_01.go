package multisafepay

import (
	"kassa/doctor"
)

// corsFromBrowser is EVT-01: a web page calls the API itself.
func corsFromBrowser() doctor.Rule {
	return doctor.Rule{
		ID: "EVT-01", Code: "cors_from_browser", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Key, doctor.Order, doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 7, Who: doctor.Developer,
		Symptoms: []string{"CORS", "blocked by CORS policy"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A web page calls the API from the browser",
				NL: "Een webpagina roept de API vanuit de browser aan",
				FR: "Une page web appelle l'API depuis le navigateur",
				IT: "Una pagina web chiama l'API dal browser",
				ES: "Una página web llama a la API desde el navegador",
			},
			Shop: doctor.Text{
				EN: "The page of the cash register cannot reach the payment service; tell who maintains the register.",
				NL: "De pagina van de kassa kan de betaaldienst niet bereiken; meld het aan wie de kassa onderhoudt.",
				FR: "La page de la caisse ne peut pas joindre le service de paiement ; prévenez le responsable de la caisse.",
				IT: "La pagina della cassa non raggiunge il servizio di pagamento; avvisa chi segue la cassa.",
				ES: "La página de la caja no puede llegar al servicio de pago; avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Call the API from a server, where the key stays secret; a browser may open the event stream alone, with its token.",
				NL: "Roep de API aan vanaf een server, waar de sleutel geheim blijft; een browser mag alleen de eventstream openen, met het token.",
				FR: "Appelez l'API depuis un serveur, où la clé reste secrète ; un navigateur ne peut ouvrir que le flux d'événements, avec son jeton.",
				IT: "Chiama l'API da un server, dove la chiave resta segreta; un browser può aprire solo il flusso di eventi, con il suo token.",
				ES: "Llame a la API desde un servidor, donde la clave queda en secreto; un navegador solo puede abrir el flujo de eventos, con su token.",
			},
		},
		Developer: "The refused request has an Origin header: a browser sent it. A key in a page is known to everybody who opens the page; make a new one.",
		Runbook:   "The origin tells the page. When a key was sent with it, revoke that key.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, _, found := lately(c, func(call doctor.Call) bool { return call.Origin != "" && call.Dialect != "native" })
			if !found {
				return doctor.No("no refused call came from a page in a browser")
			}
			origin := doctor.Entry(call.Entry, "call", "Origin "+call.Origin+", User-Agent "+call.Agent)
			return doctor.Likely(nil, called(call), origin)
		},
	}
}
