package multisafepay

import (
	"strings"

	"kassa/doctor"
)

// hookAddressWrong is HOOK-04: nothing answers at the address, or what answers fails.
func hookAddressWrong() doctor.Rule {
	return doctor.Rule{
		ID: "HOOK-04", Code: "webhook_address_wrong", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Webhook, doctor.Order},
		Needs: []doctor.Need{doctor.NeedHooks}, Rank: doctor.RankHook + 6, Who: doctor.Developer,
		Action:   doctor.Action{Label: "Send it again", Href: "/webhooks"},
		Symptoms: []string{"404", "500", "503", "webhook not received"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The webhook address does not answer as it should",
				NL: "Het webhookadres antwoordt niet zoals het hoort",
				FR: "L'adresse du webhook ne répond pas correctement",
				IT: "L'indirizzo del webhook non risponde come dovrebbe",
				ES: "La dirección del webhook no responde como debe",
			},
			Shop: doctor.Text{
				EN: "The payment itself is fine, but the register was not told of it; look at the terminal for the result and tell who maintains the register.",
				NL: "De betaling zelf is goed, maar de kassa heeft er geen bericht van; kijk op de terminal voor de uitslag en meld het aan wie de kassa onderhoudt.",
				FR: "Le paiement lui-même est en ordre, mais la caisse n'en a pas été informée ; voyez le résultat sur le terminal et prévenez le responsable de la caisse.",
				IT: "Il pagamento in sé è a posto, ma la cassa non ne è stata informata; guarda il risultato sul terminale e avvisa chi segue la cassa.",
				ES: "El pago en sí está bien, pero la caja no recibió el aviso; mire el resultado en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Correct the address {url}, or mend the program behind it; the evidence tells what it answered.",
				NL: "Verbeter het adres {url} of herstel het programma erachter; het bewijs noemt het antwoord.",
				FR: "Corrigez l'adresse {url} ou réparez le programme qui est derrière ; la preuve indique sa réponse.",
				IT: "Correggi l'indirizzo {url} o ripara il programma che c'è dietro; la prova dice che cosa ha risposto.",
				ES: "Corrija la dirección {url} o arregle el programa que hay detrás; la prueba dice qué respondió.",
			},
		},
		Developer: "{url}: HTTP {status} (0 for no reply), {failure}. The tries go on by themselves; see the delivery for the next one.",
		Runbook:   "404 is the address, 500 the program, 502 and 503 a program that is down, no reply a server that is down or a name that is wrong.",
		Look: func(c *doctor.Chart) doctor.Sign {
			return lastTryIs(c, "the last reply was no error, and there was one", func(_ doctor.Hook, t doctor.Try) bool {
				return t.Status >= 400 && t.Status != 401 && t.Status != 403 && t.Status != 407 || t.Status == 0 && unanswered(t.Failure)
			})
		},
	}
}

// unanswered tells whether a try without a reply failed for want of a receiver, and not for its address or for TLS.
func unanswered(failure string) bool {
	for _, part := range []string{"refused: nothing listens", "no reply within", "cannot be reached", "broke before", "in the DNS", "could not be looked up", "no reply in HTTP"} {
		if strings.Contains(failure, part) {
			return true
		}
	}
	return false
}
