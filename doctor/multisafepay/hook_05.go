package multisafepay

import (
	"strings"

	"kassa/doctor"
)

// hookURLRejected is HOOK-05: the address may not be called, or does not speak TLS as it must.
func hookURLRejected() doctor.Rule {
	return doctor.Rule{
		ID: "HOOK-05", Code: "webhook_url_rejected", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Webhook, doctor.Order, doctor.Key},
		Rank: doctor.RankHook + 2, Who: doctor.Developer,
		Action:   doctor.Action{Label: "Change the address", Href: "/webhooks"},
		Symptoms: []string{"webhook not received", "nothing received", "notification_url"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The webhook address cannot be used",
				NL: "Het webhookadres kan niet worden gebruikt",
				FR: "L'adresse du webhook est inutilisable",
				IT: "L'indirizzo del webhook non si può usare",
				ES: "La dirección del webhook no se puede usar",
			},
			Shop: doctor.Text{
				EN: "The payment itself is fine, but the register was not told of it; look at the terminal for the result and tell who maintains the register.",
				NL: "De betaling zelf is goed, maar de kassa heeft er geen bericht van; kijk op de terminal voor de uitslag en meld het aan wie de kassa onderhoudt.",
				FR: "Le paiement lui-même est en ordre, mais la caisse n'en a pas été informée ; voyez le résultat sur le terminal et prévenez le responsable de la caisse.",
				IT: "Il pagamento in sé è a posto, ma la cassa non ne è stata informata; guarda il risultato sul terminale e avvisa chi segue la cassa.",
				ES: "El pago en sí está bien, pero la caja no recibió el aviso; mire el resultado en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Use an https address of a public host with a valid certificate and TLS 1.2 or newer; the evidence tells what is wrong with this one.",
				NL: "Gebruik een https-adres van een openbare host met een geldig certificaat en TLS 1.2 of nieuwer; het bewijs zegt wat er aan dit adres mankeert.",
				FR: "Utilisez une adresse https d'un hôte public, avec un certificat valide et TLS 1.2 ou plus récent ; la preuve dit ce qui ne va pas avec celle-ci.",
				IT: "Usa un indirizzo https di un host pubblico, con un certificato valido e TLS 1.2 o più recente; la prova dice che cosa non va in questo.",
				ES: "Use una dirección https de un host público, con un certificado válido y TLS 1.2 o más reciente; la prueba dice qué falla en esta.",
			},
		},
		Developer: "{failure}. In the live environment: https, no IP address of a private network, ports 443, 80 and 8443 only.",
		Runbook:   "A refused payment_options.notification_url is in the refused calls; a certificate that has run out shows in the tries.",
		Look:      lookHookURL,
	}
}

func lookHookURL(c *doctor.Chart) doctor.Sign {
	call, mended, found := lately(c, func(call doctor.Call) bool { return call.Reason == "webhook_url_invalid" })
	if found && !mended && c.Subject.Kind != doctor.Webhook {
		return doctor.Found(map[string]string{"failure": call.ErrorInfo}, called(call))
	}
	if c.Subject.Kind == doctor.Key {
		return doctor.No("no webhook address was refused within a day")
	}
	if !c.Has(doctor.NeedHooks) {
		return doctor.NotKnown(doctor.NeedHooks, "where webhooks go")
	}
	for _, h := range c.Hooks {
		if h.Problem != "" {
			return doctor.Found(map[string]string{"failure": h.Problem}, doctor.Evidence{Source: "webhook", Ref: h.Endpoint, Says: h.URL + ": " + h.Problem})
		}
	}
	sign := lastTryIs(c, "the last try met no trouble with the address itself", func(_ doctor.Hook, t doctor.Try) bool {
		return t.Status == 0 && (strings.Contains(t.Failure, "TLS") || strings.Contains(t.Failure, "certificate") || strings.HasPrefix(t.Failure, "the URL"))
	})
	return sign
}
