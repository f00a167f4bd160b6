package multisafepay

import (
	"kassa/doctor"
)

// hookForbidden is HOOK-03: something before the receiver lets nobody in.
func hookForbidden() doctor.Rule {
	return doctor.Rule{
		ID: "HOOK-03", Code: "webhook_forbidden", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Webhook, doctor.Order},
		Needs: []doctor.Need{doctor.NeedHooks}, Rank: doctor.RankHook + 5, Who: doctor.Developer,
		Action:   doctor.Action{Label: "Send it again", Href: "/webhooks"},
		Symptoms: []string{"403", "401", "login"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Something at the webhook address keeps Kassa out",
				NL: "Het webhookadres laat Kassa niet toe",
				FR: "L'adresse du webhook refuse l'accès à Kassa",
				IT: "L'indirizzo del webhook non fa entrare Kassa",
				ES: "La dirección del webhook no deja entrar a Kassa",
			},
			Shop: doctor.Text{
				EN: "The payment itself is fine, but the register was not told of it; look at the terminal for the result and tell who maintains the register.",
				NL: "De betaling zelf is goed, maar de kassa heeft er geen bericht van; kijk op de terminal voor de uitslag en meld het aan wie de kassa onderhoudt.",
				FR: "Le paiement lui-même est en ordre, mais la caisse n'en a pas été informée ; voyez le résultat sur le terminal et prévenez le responsable de la caisse.",
				IT: "Il pagamento in sé è a posto, ma la cassa non ne è stata informata; guarda il risultato sul terminale e avvisa chi segue la cassa.",
				ES: "El pago en sí está bien, pero la caja no recibió el aviso; mire el resultado en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Let the sender through: {url} answered {status}. A login page, a firewall or an address filter stands before it; the signature in the header Auth tells who it is.",
				NL: "Laat de afzender door: {url} antwoordde {status}. Er staat een inlogpagina, firewall of adresfilter voor; de handtekening in de header Auth zegt wie het is.",
				FR: "Laissez passer l'expéditeur : {url} a répondu {status}. Une page de connexion, un pare-feu ou un filtre d'adresses le bloque ; la signature de l'en-tête Auth l'identifie.",
				IT: "Lascia passare il mittente: {url} ha risposto {status}. Una pagina di accesso, un firewall o un filtro di indirizzi lo blocca; la firma nell'intestazione Auth dice chi è.",
				ES: "Deje pasar al remitente: {url} respondió {status}. Lo bloquea una página de acceso, un cortafuegos o un filtro de direcciones; la firma de la cabecera Auth dice quién es.",
			},
		},
		Developer: "HTTP {status} from {url}. Check the signature of the header Auth in place of a login.",
		Runbook:   "Shops that are still closed to the public (maintenance mode, basic auth) answer so.",
		Look: func(c *doctor.Chart) doctor.Sign {
			return lastTryIs(c, "the last reply asked for no login", func(_ doctor.Hook, t doctor.Try) bool { return t.Status == 401 || t.Status == 403 || t.Status == 407 })
		},
	}
}
