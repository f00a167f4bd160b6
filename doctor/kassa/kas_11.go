package kassa

import (
	"slices"

	"kassa/doctor"
)

// fromBrowser is KAS-11: a page in a browser calls the API. Browsers block that, and the page would show the key to
// everybody.
func fromBrowser() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-11", Code: "cors_from_browser", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key, doctor.Order}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 2, Who: doctor.Developer,
		Symptoms: []string{"CORS", "Access-Control-Allow-Origin", "failed to fetch"},
		Explains: []string{"event_stream_closed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A web page calls the API directly",
				NL: "Een webpagina roept de API rechtstreeks aan",
				FR: "Une page web appelle l'API directement",
				IT: "Una pagina web chiama direttamente l'API",
				ES: "Una página web llama directamente a la API",
			},
			Shop: doctor.Text{
				EN: "The cash register's web page talks to the payment service itself, which browsers block; its supplier has to change that.",
				NL: "De webpagina van de kassa praat zelf met de betaaldienst, wat browsers tegenhouden; de leverancier moet dat wijzigen.",
				FR: "La page web de la caisse parle elle-même au service de paiement, ce que les navigateurs bloquent ; son fournisseur doit le changer.",
				IT: "La pagina web della cassa parla direttamente con il servizio di pagamento, cosa che i browser bloccano; il fornitore deve cambiarla.",
				ES: "La página web de la caja habla directamente con el servicio de pago, y los navegadores lo bloquean; su proveedor debe cambiarlo.",
			},
			Fix: doctor.Text{
				EN: "Call the API from your own server, and let the page call that. Replace the key: who opened the page {origin} has seen it.",
				NL: "Roep de API aan vanaf uw eigen server en laat de pagina die aanroepen. Vervang de sleutel: wie {origin} opende, heeft hem gezien.",
				FR: "Appelez l'API depuis votre serveur et faites appeler celui-ci par la page. Remplacez la clé : qui a ouvert {origin} l'a vue.",
				IT: "Chiama l'API dal tuo server e fai chiamare quello alla pagina. Sostituisci la chiave: chi ha aperto {origin} l'ha vista.",
				ES: "Llame a la API desde su servidor y que la página llame a este. Sustituya la clave: quien abrió {origin} la ha visto.",
			},
		},
		Developer: "{route} came with Origin {origin}. A browser needs your back end between; only event streams may be read from a page, with their own token.",
		Runbook:   "The call's User-Agent and Origin prove it. The key is public from the first visitor on: rotate it.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, call := range slices.Backward(c.Calls()) {
				own := c.Subject.Kind != doctor.Key || c.Key == nil || c.Key.ID == "" || call.Key == c.Key.ID
				if call.Origin == "" || call.Dialect == "native" || !own || c.Now.Sub(call.At) > day {
					continue
				}
				a := args(call, nil)
				a["origin"] = call.Origin
				e := said(call)
				e.Says += ", from a page of " + call.Origin
				return doctor.Found(a, e)
			}
			return doctor.No("no call came from a browser's page")
		},
	}
}
