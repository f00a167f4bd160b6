package multisafepay

import (
	"kassa/doctor"
)

// hookRedirects is HOOK-02: the address leads to another one.
func hookRedirects() doctor.Rule {
	return doctor.Rule{
		ID: "HOOK-02", Code: "webhook_redirects", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Webhook, doctor.Order},
		Needs: []doctor.Need{doctor.NeedHooks}, Rank: doctor.RankHook + 4, Who: doctor.Developer,
		Action:   doctor.Action{Label: "Send it again", Href: "/webhooks"},
		Symptoms: []string{"301", "302", "redirect"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The webhook address redirects",
				NL: "Het webhookadres verwijst door",
				FR: "L'adresse du webhook redirige",
				IT: "L'indirizzo del webhook reindirizza",
				ES: "La dirección del webhook redirige",
			},
			Shop: doctor.Text{
				EN: "The payment itself is fine, but the register was not told of it; look at the terminal for the result and tell who maintains the register.",
				NL: "De betaling zelf is goed, maar de kassa heeft er geen bericht van; kijk op de terminal voor de uitslag en meld het aan wie de kassa onderhoudt.",
				FR: "Le paiement lui-même est en ordre, mais la caisse n'en a pas été informée ; voyez le résultat sur le terminal et prévenez le responsable de la caisse.",
				IT: "Il pagamento in sé è a posto, ma la cassa non ne è stata informata; guarda il risultato sul terminale e avvisa chi segue la cassa.",
				ES: "El pago en sí está bien, pero la caja no recibió el aviso; mire el resultado en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Set the final address: a webhook follows no redirect. {url} answered {status}; often http to https, or a missing slash.",
				NL: "Stel het eindadres in: een webhook volgt geen doorverwijzing. {url} antwoordde {status}; vaak http naar https, of een ontbrekende slash.",
				FR: "Indiquez l'adresse finale : un webhook ne suit pas les redirections. {url} a répondu {status} ; souvent http vers https, ou une barre oblique manquante.",
				IT: "Imposta l'indirizzo finale: un webhook non segue i reindirizzamenti. {url} ha risposto {status}; spesso da http a https, o manca una barra.",
				ES: "Indique la dirección final: un webhook no sigue redirecciones. {url} respondió {status}; a menudo de http a https, o falta una barra.",
			},
		},
		Developer: "HTTP {status} from {url}. A redirect could lead the signed body anywhere, so that none is followed.",
		Runbook:   "Open the address as the sender does (POST) and take the Location of the answer for the new one.",
		Look: func(c *doctor.Chart) doctor.Sign {
			return lastTryIs(c, "the last reply was no redirect", func(_ doctor.Hook, t doctor.Try) bool { return t.Status >= 300 && t.Status < 400 })
		},
	}
}
